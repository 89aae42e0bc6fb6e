//! Something went wrong on the way to a receiver, and what it means for what was sent.

use domain::delivery::Outcome;
use std::time::Duration;

/// Something went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Nothing was done; it may work later.
    NotDone {
        /// In words.
        because: String,
        /// The wait that was asked for.
        after: Option<Duration>,
    },
    /// It may have been done.
    Unknown(String),
    /// It can't work as configured.
    Setup(String),
    /// This one never works.
    Never(String),
}

impl Fault {
    /// Nothing was done, and nobody said when to come again.
    pub fn not_done(because: impl Into<String>) -> Self {
        Self::NotDone { because: because.into(), after: None }
    }

    /// What it means for what was sent.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::NotDone { because, after } => Outcome::Retry { because, after, unsure: false },
            Self::Unknown(because) => Outcome::Retry { because, after: None, unsure: true },
            Self::Setup(because) => Outcome::Misconfigured { because },
            Self::Never(because) => Outcome::Fatal { because },
        }
    }

    /// What went wrong, in words.
    pub fn because(&self) -> &str {
        match self {
            Self::NotDone { because, .. } | Self::Unknown(because) | Self::Setup(because) | Self::Never(because) => {
                because
            }
        }
    }
}
