//! Notices: which fact is told to whom, and in which words.

pub mod builtin;
pub mod plan;
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
