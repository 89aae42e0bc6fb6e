//! Claims lane heads under a lease and hands them to their channels: one worker per receiver, none waits for another.

mod departed;
pub mod ending;
pub mod observe;
mod one;
pub mod release;
pub mod running;
pub mod trial;
pub mod worker;

pub use crate::channels::Link;
pub use observe::{Event, Observer};
pub use running::{Deliveries, Served};
pub use worker::{Step, Worker};

use crate::app::inbox::Inbox;
use crate::channels::SEND_SECONDS_MAX;
use crate::clock::Clock;
use crate::store::Store;
use chrono::TimeDelta;
use std::sync::Arc;
use std::time::Duration;

/// How long an attempt keeps others away; after it, somebody else may try. Where one process owns the store, a start
/// takes over at once.
pub const LEASE_SECONDS: u32 = 30;

/// Attempts of one receiver that run at once, each about another incident.
pub const CLAIM_MAX: usize = 16;

/// Looks for due deliveries at least this often, rung or not.
pub const POLL_SECONDS: u64 = 10;

/// How long a stop waits for attempts under way; others find their leases over.
pub const STOP_SECONDS_MAX: u64 = 10;

/// What every worker needs.
pub struct Shared {
    /// Where deliveries wait.
    pub store: Arc<dyn Store>,
    /// Where reports go.
    pub inbox: Arc<Inbox>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Who counts.
    pub observer: Observer,
    /// How long and how many.
    pub limits: Limits,
}

/// How long and how many.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Attempts of one receiver at once.
    pub claim_max: usize,
    /// See [`LEASE_SECONDS`].
    pub lease: TimeDelta,
    /// Longest an attempt may take, whatever the channel does.
    pub send: Duration,
    /// See [`POLL_SECONDS`].
    pub poll: Duration,
    /// See [`STOP_SECONDS_MAX`].
    pub stop: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            claim_max: CLAIM_MAX,
            lease: TimeDelta::seconds(i64::from(LEASE_SECONDS)),
            send: Duration::from_secs(SEND_SECONDS_MAX),
            poll: Duration::from_secs(POLL_SECONDS),
            stop: Duration::from_secs(STOP_SECONDS_MAX),
        }
    }
}
