//! Why an incident was nothing.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why an incident was nothing, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallOffCode {
    /// Another incident covers it.
    Duplicate,
    /// It came and went by itself.
    Flapping,
    /// Somebody was working on it.
    PlannedWork,
    /// The monitoring was wrong.
    MonitoringFault,
    /// Nobody noticed.
    NoUserImpact,
    /// A test.
    Test,
    /// Anything else; the words say what.
    Other,
}

impl CallOffCode {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Duplicate,
        Self::Flapping,
        Self::PlannedWork,
        Self::MonitoringFault,
        Self::NoUserImpact,
        Self::Test,
        Self::Other,
    ];

    /// Reads one of the words.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.word() == text)
    }

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::Flapping => "flapping",
            Self::PlannedWork => "planned-work",
            Self::MonitoringFault => "monitoring-fault",
            Self::NoUserImpact => "no-user-impact",
            Self::Test => "test",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for CallOffCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
