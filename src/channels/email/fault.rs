//! What an SMTP server's refusal, or its silence, means for a notice.

use crate::channels::refused_certificate;
use domain::delivery::Outcome;
use domain::text;
use lettre::transport::smtp::Error;

/// Longest answer of a server that is looked at, in bytes; what is quoted of it is shorter.
const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// How far a transaction came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Looking up the name and connecting.
    Connect,
    /// The server's greeting and EHLO.
    Greeting,
    /// TLS.
    Tls,
    /// AUTH.
    Auth,
    /// MAIL FROM.
    Sender,
    /// RCPT TO.
    Recipient,
    /// DATA.
    Data,
    /// The mail itself and the final dot.
    Content,
}

impl Stage {
    fn word(self) -> &'static str {
        match self {
            Self::Connect => "connecting",
            Self::Greeting => "the greeting",
            Self::Tls => "TLS",
            Self::Auth => "AUTH",
            Self::Sender => "MAIL FROM",
            Self::Recipient => "RCPT TO",
            Self::Data => "DATA",
            Self::Content => "the final dot",
        }
    }

    // What the server refuses here, it refuses for every notice.
    fn is_about_us(self) -> bool {
        match self {
            Self::Connect | Self::Greeting | Self::Tls | Self::Auth | Self::Sender => true,
            Self::Recipient | Self::Data | Self::Content => false,
        }
    }
}

/// Something went wrong.
#[derive(Debug)]
pub struct Fault {
    /// Where.
    pub stage: Stage,
    /// What.
    pub kind: FaultKind,
    /// In words.
    pub because: String,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The server answered with this code.
    Answer(u16),
    /// It can't work as configured.
    Setup,
    /// The server takes mail for others only after AUTH, or from another place; or it does not know the recipient, and says
    /// so in the same words.
    Denied,
    /// No answer, or none that can be read.
    Silence,
}

impl Fault {
    /// From the other side, or the library.
    pub fn new(stage: Stage, error: &Error) -> Self {
        let refused = refused_certificate(error);
        let kind = match error.status().map(u16::from) {
            // Authentication is required or failed, whenever it is said.
            Some(530 | 534 | 535 | 538) => FaultKind::Setup,
            Some(500..) if denies_us(error) => FaultKind::Denied,
            Some(code) => FaultKind::Answer(code),
            // lettre's own refusals: no STARTTLS offered, no mechanism in common.
            None if refused.is_some() || (error.is_client() && stage.is_about_us()) => FaultKind::Setup,
            None => FaultKind::Silence,
        };
        Self { stage, kind, because: words(stage, &refused.unwrap_or_else(|| error.to_string())) }
    }

    /// From the socket.
    pub fn io(stage: Stage, error: &std::io::Error) -> Self {
        let refused = refused_certificate(error);
        let kind = if refused.is_some() { FaultKind::Setup } else { FaultKind::Silence };
        Self { stage, kind, because: words(stage, &refused.unwrap_or_else(|| error.to_string())) }
    }

    /// Time is over.
    pub fn late(stage: Stage) -> Self {
        Self { stage, kind: FaultKind::Silence, because: words(stage, "no answer in time") }
    }

    /// The same for a mail to one person: that their address is not taken is no mistake in everybody's configuration.
    pub fn outcome_of_one(self) -> Outcome {
        match self.kind {
            FaultKind::Denied if self.stage == Stage::Recipient => Outcome::Fatal { because: self.because },
            _ => self.outcome(),
        }
    }

    /// What it means for the notice.
    pub fn outcome(self) -> Outcome {
        let because = self.because;
        match self.kind {
            FaultKind::Setup | FaultKind::Denied => Outcome::Misconfigured { because },
            FaultKind::Answer(500..) if self.stage.is_about_us() => Outcome::Misconfigured { because },
            FaultKind::Answer(500..) => Outcome::Fatal { because },
            FaultKind::Answer(_) => Outcome::Retry { because, after: None, unsure: false },
            // After the final dot the server may have taken it and only its answer got lost.
            FaultKind::Silence => Outcome::Retry { because, after: None, unsure: self.stage == Stage::Content },
        }
    }
}

// "Relay access denied", "Recipient address rejected: Access denied": it takes mail for others only after AUTH, or from
// another place. There is no code for it.
fn denies_us(error: &Error) -> bool {
    let said = error.to_string().to_lowercase();
    said.contains("relay") || said.contains("access denied")
}

fn words(stage: Stage, what: &str) -> String {
    text::clean_line(&format!("{}: {what}", stage.word()), ANSWER_BYTES_MAX)
}
