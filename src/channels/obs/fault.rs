//! What an answer of an Open Build Service, or its absence, means for a notice.

use super::xml::Answer;
use domain::delivery::Outcome;
use domain::text;
use std::time::Duration;

/// Longest answer that is quoted, in bytes.
const QUOTE_BYTES_MAX: usize = 300;

/// Longest wait that is believed.
const WAIT_MAX: Duration = Duration::from_secs(3600);

/// Something went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It did not get there, or was turned away at the door: nothing was done.
    NotDone {
        /// In words.
        because: String,
        /// The wait that was asked for.
        after: Option<Duration>,
    },
    /// It may have been done: a 500 there does not mean that it was not.
    Unknown(String),
    /// There is no message of this number, or no way to change one.
    Gone(String),
    /// It can't work as configured.
    Setup(String),
    /// This one request never works.
    Never(String),
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
        match self.status {
            // Mostly the page of somebody in between, in front of what was done or not.
            200..300 | 408 => Fault::Unknown(because),
            400 | 413 | 414 => Fault::Never(because),
            401 => Fault::Setup(format!("{because}; is the password right, and the account one of its own?")),
            403 => Fault::Setup(format!("{because}; the account needs the role Staff, before 2.11 Admin")),
            404 => Fault::Gone(because),
            429 => Fault::NotDone { because, after },
            // The proxy in front of it says so itself.
            503 if self.is_maintenance() => Fault::NotDone { because, after },
            500.. => Fault::Unknown(because),
            _ => Fault::Setup(because),
        }
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
            Self::NotDone { because, after } => Outcome::Retry { because, after, unsure: false },
            Self::Unknown(because) => Outcome::Retry { because, after: None, unsure: true },
            Self::Gone(because) => {
                Outcome::Misconfigured { because: format!("{because}; is `api_url` the address of its API?") }
            }
            Self::Setup(because) => Outcome::Misconfigured { because },
            Self::Never(because) => Outcome::Fatal { because },
        }
    }

    /// In words.
    pub fn because(&self) -> &str {
        match self {
            Self::NotDone { because, .. }
            | Self::Unknown(because)
            | Self::Gone(because)
            | Self::Setup(because)
            | Self::Never(because) => because,
        }
    }
}
