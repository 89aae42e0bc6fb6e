//! What went wrong on a network, and what it means for a notice.

use super::format::plain;
use super::line::Line;
use crate::config::Sent;
use domain::delivery::Outcome;
use domain::text::clean_line;
use std::time::Duration;

/// Longest words of a server that are kept, in bytes.
const QUOTE_BYTES_MAX: usize = 400;

/// Something went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What kind of thing.
    pub kind: FaultKind,
    /// In words.
    pub because: String,
    /// Whether lines may have been read by people all the same.
    pub unsure: bool,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// No connection any more, or not for long: it is tried again.
    Gone,
    /// Nobody answers at its address.
    Unreached,
    /// Too many connections of ours, says the server.
    Throttled,
    /// Logging in failed: trying again soon would lock the account.
    Login,
    /// The network does not want us.
    Banned,
    /// A channel, nick or certificate is not as configured.
    Setup,
}

impl Fault {
    /// Of this kind, before anything was said.
    pub fn new(kind: FaultKind, because: impl Into<String>) -> Self {
        Self { kind, because: because.into(), unsure: false }
    }

    /// As it may be read by people: what we sent is hidden before it is cut, or half of it would be left.
    pub fn quoted(self, sent: &Sent) -> Self {
        Self { because: clean_line(&sent.hidden_in(&plain(&self.because)), QUOTE_BYTES_MAX), ..self }
    }

    /// The connection is gone.
    pub fn gone(because: impl Into<String>) -> Self {
        Self::new(FaultKind::Gone, because)
    }

    /// No connection came about.
    pub fn unreached(because: impl Into<String>) -> Self {
        Self::new(FaultKind::Unreached, because)
    }

    /// What `ERROR`, or a refusal before the welcome, means.
    pub fn of_error(line: &Line) -> Self {
        let said = line.said();
        let lower = said.to_lowercase();
        let any = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let kind =
            if line.command == "465" || any(&["k-line", "g-line", "d-line", "z-line", "klined", "glined", "banned"]) {
                FaultKind::Banned
            } else if any(&["throttle", "too fast", "too many", "reconnect"]) {
                FaultKind::Throttled
            } else {
                FaultKind::Gone
            };
        Self::new(kind, format!("the server ends the connection: {said}"))
    }

    /// A server's word about a channel that we speak to, if it is a refusal.
    pub fn of_refusal(line: &Line) -> Option<Self> {
        let cure = match line.command.as_str() {
            "404" => "give our nick voice, or take away +m, +n or a ban",
            "401" | "403" | "476" => "there is no such channel",
            "442" => "we are not in it",
            "477" => "it takes registered nicks only: log in with `sasl`",
            "482" => "give our nick operator status, or take away +t",
            // 437: InspIRCd takes one change of a topic in a second.
            "415" | "416" | "437" | "439" | "480" | "263" => {
                return Some(Self::gone(format!("not now: {}", line.said())));
            }
            _ => return None,
        };
        Some(Self::new(FaultKind::Setup, format!("{} ({cure})", line.said())))
    }

    /// Why a channel can't be joined, if that is what a line says.
    pub fn of_join(line: &Line) -> Option<Self> {
        let cure = match line.command.as_str() {
            "471" => "it is full",
            "473" => "it is for the invited only: /invite our nick, or +I it",
            "474" => "our nick is banned there",
            "475" => "it has a key, and we know none",
            "477" | "520" => "it takes registered nicks only: log in with `sasl`",
            "489" => "it takes TLS only",
            "403" | "405" | "407" | "437" | "476" | "479" => "it can't be joined",
            _ => return None,
        };
        Some(Self::new(FaultKind::Setup, format!("can't join {} ({cure})", line.said())))
    }

    /// The same, after something was said that may have got there.
    pub fn unsure(mut self) -> Self {
        self.unsure = true;
        self
    }

    /// What it means for a notice; `after` is when the network is tried again.
    pub fn outcome(self, after: Option<Duration>) -> Outcome {
        let Self { kind, because, unsure } = self;
        match kind {
            // Nobody asked us to wait: the receiver is out of reach.
            FaultKind::Gone | FaultKind::Unreached => Outcome::Retry { because, after: None, unsure },
            FaultKind::Throttled => Outcome::Retry { because, after, unsure },
            // What may have been read is no matter of the configuration alone: it must be known as doubtful.
            _ if unsure => Outcome::Retry { because, after, unsure },
            FaultKind::Login | FaultKind::Banned | FaultKind::Setup => Outcome::Misconfigured { because },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Line::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn the_end_of_a_connection_has_a_reason() {
        for (said, kind) in [
            ("ERROR :Closing Link: 127.0.0.1 (K-Lined: spam)", FaultKind::Banned),
            (":x 465 bot :You are banned from this server", FaultKind::Banned),
            ("ERROR :Trying to reconnect too fast, throttled", FaultKind::Throttled),
            ("ERROR :Closing Link: (Ping timeout)", FaultKind::Gone),
            ("ERROR :Excess Flood", FaultKind::Gone),
        ] {
            assert_eq!(Fault::of_error(&line(said)).kind, kind, "{said}");
        }
    }

    #[test]
    fn refusals_say_what_to_do() {
        let fault = Fault::of_refusal(&line(":x 404 bot #x :Cannot send to channel")).unwrap();
        assert_eq!(
            fault.outcome(None),
            Outcome::Misconfigured {
                because: "#x Cannot send to channel (give our nick voice, or take away +m, +n or a ban)".into()
            }
        );
        assert_eq!(Fault::of_refusal(&line(":x 366 bot #x :End")), None);
        let fault = Fault::of_join(&line(":x 477 bot #x :Need to be registered")).unwrap();
        assert!(fault.because.contains("log in with `sasl`"));
        assert!(matches!(fault.unsure().outcome(None), Outcome::Retry { unsure: true, .. }));
    }
}
