//! IRC: against a server that misbehaves, against real ones, and with people who type into a channel.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../support/attempts.rs"]
mod attempts;
mod bad_days;
mod client;
mod networks;
mod nickserv;
#[path = "../support/page.rs"]
mod page;
#[path = "../support/program.rs"]
mod program;
mod real;
mod scripted;
mod whole;

use attempts::{class, first};
use chrono::DateTime;
use domain::delivery::{Content, Lane, Outcome};
use domain::notice::NoticeKind;
use earlybell::channels::irc::{IrcChannel, Networks, Waits};
use earlybell::channels::{Attempt, Deadlines};
use earlybell::config::{IrcConfig, IrcFlood, IrcLogin, IrcMessage, IrcNetwork};
use std::time::Duration;

/// Why it was not sent.
fn because(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Sent { .. } => "",
        Outcome::Retry { because, .. } | Outcome::Fatal { because } | Outcome::Misconfigured { because } => because,
    }
}

/// Channels of a server on this machine, without TLS or login, as fast as it can.
fn config(port: u16, channels: &[&str]) -> IrcConfig {
    let network = IrcNetwork {
        server: format!("127.0.0.1:{port}"),
        tls: false,
        ca_file: None,
        nick: "bell".into(),
        username: "bell".into(),
        realname: "Earlybell".into(),
        login: IrcLogin::None,
        flood: Some(IrcFlood { burst: 50, every: Duration::from_millis(1) }),
    };
    let channels = channels.iter().map(|&channel| channel.into()).collect();
    IrcConfig { network, channels, message: IrcMessage::Notice, topic: true, capture: false }
}

/// Waits that no test has to wait for.
fn soon() -> Waits {
    let soon = Duration::from_millis(20);
    Waits { blip: soon, first: soon, longest: soon, ..Waits::default() }
}

/// A receiver of this configuration, and its networks.
fn open(config: &IrcConfig) -> (IrcChannel, Networks, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (networks, _) = Networks::waiting(soon());
    let channel = IrcChannel::new("team-irc", config, &networks, folder.path(), Deadlines::default()).unwrap();
    (channel, networks, folder)
}

fn attempt(lane: Lane, notice: NoticeKind, number: u64, subject: &str, body: &str) -> Attempt {
    let at = DateTime::from_timestamp(1_795_331_460, 0).unwrap();
    let content = Content { subject: subject.into(), body: body.into() };
    first("team-irc", number, (lane, notice), content, at)
}

fn declared() -> Attempt {
    attempt(Lane::Root, NoticeKind::Declared, 1, "INC-42 suspected (major): web", "One.\nTwo.")
}

fn board(mark: &str) -> Attempt {
    attempt(Lane::Put, NoticeKind::Board, 2, mark, "")
}

fn again(attempt: &Attempt) -> Attempt {
    Attempt { number: attempt.number + 1, unsure: true, ..attempt.clone() }
}
