//! How incidents look as status messages of an Open Build Service.

use crate::delivery::status::{MessageScope, MessageSeverity};
use crate::duration::Duration;
use crate::incident::Severity;
use serde::{Deserialize, Serialize};

/// What a receiver that keeps a status message shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StatusMessages {
    /// Who sees it.
    pub scope: MessageScope,
    /// Of a minor incident.
    pub minor: MessageSeverity,
    /// Of a major one.
    pub major: MessageSeverity,
    /// Of a critical one.
    pub critical: MessageSeverity,
    /// What becomes of the message when it was nothing.
    pub called_off: CalledOffMessage,
    /// How long after the end of an incident its message is deleted; never, if it says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdraw_after: Option<Duration>,
}

/// Longest wait until a message is deleted: so long an incident that ended is in memory.
pub const WITHDRAW_AFTER_MAX: Duration = Duration::hours(7 * 24);

/// What becomes of the message of an incident that is called off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalledOffMessage {
    /// It stays, is green, and says why: whoever saw the alarm can read that it was none.
    Tell,
    /// It is deleted.
    Withdraw,
}

impl Default for StatusMessages {
    fn default() -> Self {
        Self {
            scope: MessageScope::AllUsers,
            minor: MessageSeverity::Yellow,
            major: MessageSeverity::Red,
            critical: MessageSeverity::Red,
            called_off: CalledOffMessage::Tell,
            withdraw_after: None,
        }
    }
}

impl StatusMessages {
    /// How bad an incident looks while it is open.
    pub fn severity(&self, severity: Severity) -> MessageSeverity {
        match severity {
            Severity::Minor => self.minor,
            Severity::Major => self.major,
            Severity::Critical => self.critical,
        }
    }
}
