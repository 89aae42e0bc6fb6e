//! Channels: each puts one delivery where people are. Adding one means a file here, its config, and a line in `open`.

pub mod blog;
pub mod chat;
pub mod console;
pub mod email;
pub mod etherpad;
pub mod fault;
pub mod http_client;
pub mod irc;
pub mod matrix;
pub mod obs;
pub mod peer;
mod roots;
pub mod slack;
pub mod webhook;

use crate::clock::SystemClock;
use crate::config::{Address, Receiver};
use async_trait::async_trait;
use blog::BlogChannel;
use chat::ChatChannel;
use chrono::{DateTime, Utc};
use console::{Console, ConsoleChannel};
use domain::delivery::{Delivery, Outcome};
use email::EmailChannel;
use irc::{IrcChannel, Networks};
use matrix::MatrixChannel;
use obs::ObsChannel;
use slack::SlackChannel;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use webhook::WebhookChannel;

/// One attempt at one delivery.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// What to tell; the same words on every attempt.
    pub delivery: Delivery,
    /// Which attempt, starting with 1.
    pub number: u32,
    /// When the first attempt began: where to look for what an unsure one left behind.
    pub first_attempt_at: DateTime<Utc>,
    /// Where the thread starts, if its root was accepted.
    pub thread: Option<String>,
    /// Whether an earlier attempt may have been accepted: look first, if the receiver lets us.
    pub unsure: bool,
}

/// A way to tell people.
#[async_trait]
pub trait Channel: Send + Sync + 'static {
    /// Tries once, within its own deadlines; never longer than the lease ([`SEND_SECONDS_MAX`]).
    async fn send(&self, attempt: &Attempt) -> Outcome;

    /// Who of several recipients a notice did not reach that was sent to the others, and why. Said once.
    fn missed(&self, _delivery: &Delivery) -> Option<String> {
        None
    }

    /// Looks whether notices would arrive, without telling anybody: logs in, and finds where they would go. Never longer
    /// than [`SEND_SECONDS_MAX`]. Where there is nothing to look at, nothing is found.
    async fn look(&self) -> Vec<Finding> {
        Vec::new()
    }

    /// How its connection stands, where one is kept; none where each notice connects anew, or nothing was to be told yet.
    fn link(&self) -> Option<Link> {
        None
    }
}

/// How a connection that is kept stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// Notices can leave.
    Up,
    /// They can't, and why.
    Down(String),
}

/// What was found in looking whether notices would arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// As it should be: `logged in as earlybell`.
    Well(String),
    /// They would not, or not all of them, and what to do about it.
    Wrong(String),
}

/// Longest an attempt may take; the lease is longer.
pub const SEND_SECONDS_MAX: u64 = 25;

/// How long a channel waits for the other side.
#[derive(Debug, Clone, Copy)]
pub struct Deadlines {
    /// Until a connection stands.
    pub connect: Duration,
    /// For one question and its answer.
    pub step: Duration,
    /// For the whole attempt.
    pub attempt: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            step: Duration::from_secs(20),
            // A second less than promised: the outcome has to be written while the lease holds.
            attempt: Duration::from_secs(SEND_SECONDS_MAX - 1),
        }
    }
}

/// Makes the channel of a receiver; what it must remember it keeps under `storage`. Nothing is connected yet; an error is a
/// mistake in the configuration.
pub fn open(
    receiver: &Receiver,
    console: &Console,
    networks: &Networks,
    storage: &Path,
) -> Result<Arc<dyn Channel>, String> {
    let named = |because: String| format!("receiver `{}`: {because}", receiver.spec.name);
    Ok(match &receiver.address {
        Address::Console => Arc::new(ConsoleChannel::new(console.clone())),
        Address::Email(config) => Arc::new(EmailChannel::new(config, Deadlines::default()).map_err(named)?),
        Address::Slack(config) => {
            let http = http_client::client().map_err(|error| named(error.to_string()))?;
            Arc::new(SlackChannel::new(config, http, Deadlines::default()).map_err(named)?)
        }
        Address::Irc(config) => {
            let name = &receiver.spec.name;
            Arc::new(IrcChannel::new(name, config, networks, storage, Deadlines::default()).map_err(named)?)
        }
        Address::Obs(config) => {
            let http = http_client::trusting(config.ca_file.as_deref()).map_err(named)?;
            Arc::new(ObsChannel::new(config, http, Deadlines::default()).map_err(named)?)
        }
        Address::Blog(config) => {
            let name = &receiver.spec.name;
            let http = http_client::client().map_err(|error| named(error.to_string()))?;
            Arc::new(BlogChannel::new(name, config, storage, http, Deadlines::default()).map_err(named)?)
        }
        Address::Chat(config) => {
            let http = http_client::client().map_err(|error| named(error.to_string()))?;
            Arc::new(ChatChannel::new(config, http, Deadlines::default()).map_err(named)?)
        }
        Address::Matrix(config) => {
            let http = http_client::trusting(config.ca_file.as_deref()).map_err(named)?;
            Arc::new(MatrixChannel::new(config, http, Deadlines::default()).map_err(named)?)
        }
        Address::Webhook(config) => {
            let http = http_client::client().map_err(|error| named(error.to_string()))?;
            let (deadlines, clock) = (Deadlines::default(), Arc::new(SystemClock));
            Arc::new(WebhookChannel::new(config, http, deadlines, clock).map_err(named)?)
        }
    })
}

/// Why the other side's certificate was refused, if that is what went wrong: a retry won't help, somebody has to look.
fn refused_certificate(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let mut error: &(dyn std::error::Error + 'static) = error;
        // An io::Error does not name what it wraps as its source, only that thing's source; and it may wrap another one.
        while let Some(inner) = error.downcast_ref::<std::io::Error>().and_then(|io| io.get_ref()) {
            error = inner;
        }
        if let Some(rustls::Error::InvalidCertificate(_) | rustls::Error::PeerIncompatible(_)) = error.downcast_ref() {
            return Some(error.to_string());
        }
        cause = error.source();
    }
    None
}

/// The innermost cause says what is wrong; the ones around it say "error sending request", or name an address.
fn innermost<'a>(error: &'a (dyn std::error::Error + 'static)) -> &'a (dyn std::error::Error + 'static) {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause
}
