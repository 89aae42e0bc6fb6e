//! Channels: each puts one delivery where people are. Adding one means a file here, its config, and a line in `open`.

pub mod console;
pub mod email;
pub mod slack;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::delivery::{Delivery, Outcome};

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
}

/// Longest an attempt may take; the lease is longer.
pub const SEND_SECONDS_MAX: u64 = 25;
