//! Notices: which fact is told to whom, and in which words.

pub mod builtin;
pub mod escape;
pub mod layout;
pub mod phrase;
pub mod plan;
#[cfg(test)]
mod story;
pub mod telling;
pub mod template;

use serde::{Deserialize, Serialize};

/// What a notice tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// An incident was declared.
    Declared,
    /// Something changed, or somebody said something in public.
    Updated,
    /// It is real.
    Confirmed,
    /// It was nothing.
    CalledOff,
    /// Service is back.
    Resolved,
    /// It came back.
    Reopened,
    /// A notice to another receiver was lost.
    LossReport,
    /// The root message, edited in place.
    Board,
}

impl NoticeKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Declared,
        Self::Updated,
        Self::Confirmed,
        Self::CalledOff,
        Self::Resolved,
        Self::Reopened,
        Self::LossReport,
        Self::Board,
    ];

    /// Reads one of the words.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == text)
    }

    /// The word in templates' names, keys and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Updated => "updated",
            Self::Confirmed => "confirmed",
            Self::CalledOff => "called_off",
            Self::Resolved => "resolved",
            Self::Reopened => "reopened",
            Self::LossReport => "loss_report",
            Self::Board => "board",
        }
    }
}
