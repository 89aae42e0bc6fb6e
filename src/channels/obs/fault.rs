//! What an answer of an Open Build Service, or its absence, means for a notice.

use super::xml::Answer;
use crate::channels::fault::Fault as Plain;
use crate::channels::peer::{QUOTE_BYTES_MAX, WAIT_MAX};
use domain::delivery::Outcome;
use domain::text;
use std::time::Duration;

/// Something went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// As with anybody; but a 500 there does not mean that it was not done.
    Plain(Plain),
    /// There is no message of this number, or no way to change one.
    Gone(String),
}

impl From<Plain> for Fault {
    fn from(fault: Plain) -> Self {
        Self::Plain(fault)
    }
}

/// The parts of an answer that decide.
#[derive(Debug, Clone)]
pub struct Answered {
    /// HTTP status.
    pub status: u16,
    /// `Retry-After`, if it is a number.
    pub retry_after_seconds: Option<u64>,
    /// The body; what is quoted of it is without what we sent.
    pub answer: Answer,
}

impl Answered {
    /// Whether it did what was asked.
    pub fn is_done(&self) -> bool {
        let ok = |code: &str| code == "ok";
        let known = match &self.answer {
            Answer::Messages(_) => true,
            Answer::Status { code, .. } => ok(code),
            Answer::Other => false,
        };
        (200..300).contains(&self.status) && known
    }

    /// What is wrong with it.
    pub fn fault(&self) -> Fault {
        let because = self.words();
        let after = self.retry_after_seconds.map(|seconds| Duration::from_secs(seconds).min(WAIT_MAX));
        let plain = match self.status {
            // Mostly the page of somebody in between, in front of what was done or not.
            200..300 | 408 => Plain::Unknown(because),
            400 | 413 | 414 => Plain::Never(because),
            401 => Plain::Setup(format!("{because}; is the password right, and the account one of its own?")),
            403 => Plain::Setup(format!("{because}; the account needs the role Staff, before 2.11 Admin")),
            404 => return Fault::Gone(because),
            429 => Plain::NotDone { because, after },
            // The proxy in front of it says so itself.
            503 if self.is_maintenance() => Plain::NotDone { because, after },
            500.. => Plain::Unknown(because),
            _ => Plain::Setup(because),
        };
        plain.into()
    }

    // `maintainance` is how the proxy of build.opensuse.org writes it.
    fn is_maintenance(&self) -> bool {
        matches!(&self.answer, Answer::Status { code, .. } if matches!(code.as_str(), "maintainance" | "maintenance"))
    }

    fn words(&self) -> String {
        let status = self.status;
        let said = match &self.answer {
            Answer::Status { code, summary } => format!("the Open Build Service answers {status} {code}: {summary}"),
            _ if (200..300).contains(&status) => {
                format!("the Open Build Service answers {status}, but with no status message")
            }
            _ => format!("the Open Build Service answers {status}"),
        };
        text::clean_line(&said, QUOTE_BYTES_MAX)
    }
}

impl Fault {
    /// What it means for the notice.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Plain(fault) => fault.outcome(),
            Self::Gone(because) => {
                Outcome::Misconfigured { because: format!("{because}; is `api_url` the address of its API?") }
            }
        }
    }

    /// In words.
    pub fn because(&self) -> &str {
        match self {
            Self::Plain(fault) => fault.because(),
            Self::Gone(because) => because,
        }
    }
}
