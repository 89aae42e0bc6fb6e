//! What somebody may do: roles of access. What they do in an incident is another question (`incident::roles`).

use serde::{Deserialize, Serialize};

/// What somebody may do here; each may do what those before it may, but for `Ingest`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Send alerts for one source; nothing else.
    Ingest,
    /// Read.
    Viewer,
    /// Declare, take a role, say, note, confirm; and end what they lead.
    Responder,
    /// Change severity, call off, resolve, reopen, merge whatever they do not lead, too.
    Manager,
    /// People, tokens, reload too.
    Admin,
}

impl Role {
    /// All, from the least.
    pub const ALL: [Self; 5] = [Self::Ingest, Self::Viewer, Self::Responder, Self::Manager, Self::Admin];

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Viewer => "viewer",
            Self::Responder => "responder",
            Self::Manager => "manager",
            Self::Admin => "admin",
        }
    }

    /// Reads one of the words.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == text)
    }
}
