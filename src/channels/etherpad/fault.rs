//! What went wrong with a pad, and whether trying again can help.

use crate::channels::{innermost, refused_certificate};
use domain::delivery::Outcome;
use std::fmt;

/// Why a pad could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It does not answer, or not in words we know; later it may.
    Down(String),
    /// It lets us in no more, because of something about this visit; the next one may work.
    Kicked(String),
    /// It does not let us in: somebody has to mend the configuration.
    Refused(String),
}

impl Fault {
    /// For the breaker.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Down(because) | Self::Kicked(because) => {
                Outcome::Retry { because: because.clone(), after: None, unsure: true }
            }
            Self::Refused(because) => Outcome::Misconfigured { because: because.clone() },
        }
    }

    /// Of a request without an answer. Without its address, which names a pad that nobody should guess.
    pub(super) fn lost(error: &reqwest::Error) -> Self {
        if let Some(because) = refused_certificate(error) {
            return Self::Refused(format!("TLS: {because}"));
        }
        let cause = innermost(error);
        if cause.is::<reqwest::Error>() {
            return Self::Down("the Etherpad does not answer".to_owned());
        }
        Self::Down(format!("the Etherpad does not answer: {cause}"))
    }

    /// Of an answer that is none.
    pub(super) fn status(status: u16, what: &str) -> Self {
        match status {
            401 | 403 => Self::Refused(format!("{what} is not open to us (HTTP {status})")),
            // The server was started anew in between, and knows nothing of this visit.
            400 => Self::Kicked(format!("{what} does not know this visit (HTTP 400)")),
            404 => Self::Refused(format!("there is no {what} (HTTP 404); is this an Etherpad?")),
            300..=399 => Self::Refused(format!("{what} is elsewhere (HTTP {status}): write the address it leads to")),
            _ => Self::Down(format!("{what} answers HTTP {status}")),
        }
    }

    /// Of an answer that came too late.
    pub(super) fn late() -> Self {
        Self::Down("the Etherpad does not answer in time".to_owned())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Down(because) | Self::Kicked(because) | Self::Refused(because) => f.write_str(because),
        }
    }
}
