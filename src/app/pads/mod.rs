//! Mirrors incidents to pads, and brings back what people write there. A pad that is down changes nothing else: nobody waits
//! for this loop.

mod keeper;
mod pass;
mod people;
mod running;

pub use keeper::Keeper;
pub use pass::{Passed, Trouble};
pub use running::Pads;

use crate::app::inbox::Inbox;
use crate::channels::etherpad::Etherpad;
use crate::clock::Clock;
use crate::config::Config;
use crate::store::Store;
use arc_swap::ArcSwap;
use chrono::{DateTime, TimeDelta, Utc};
use domain::delivery::breaker::Standing;
use domain::ids::IncidentId;
use std::sync::Arc;
use std::time::Duration;

/// After a change, others that follow it share its visit.
pub const SETTLE: TimeDelta = TimeDelta::seconds(2);

/// The pad of an open incident is looked at this often: people write there, and time passes.
pub const LOOK_EVERY: TimeDelta = TimeDelta::seconds(20);

/// A marked line is taken once it stays as it is for so long: somebody may still be typing.
pub const NOTE_SETTLES: TimeDelta = TimeDelta::seconds(5);

/// So long after the end of an incident its pad is still looked at.
pub const LOOK_AFTER_END: TimeDelta = TimeDelta::hours(1);

/// How often by then.
pub const LOOK_EVERY_AFTER_END: TimeDelta = TimeDelta::minutes(2);

/// After a failure, doubled with each one that follows.
pub const RETRY_FIRST: TimeDelta = TimeDelta::seconds(5);

/// Longest wait after a failure.
pub const RETRY_MAX: TimeDelta = TimeDelta::minutes(5);

/// Visits at once, each to another pad.
pub const VISITS_MAX: usize = 4;

/// Longest a pad may take, with all of its visits.
pub const PASS_SECONDS_MAX: u64 = 120;

/// Visits that one change of a pad may take, where one message does not hold it.
pub const PIECES_MAX: usize = 30;

/// Between two of them: a server takes ten messages a second from one address, and we are not alone.
pub const PIECES_PAUSE: Duration = Duration::from_millis(400);

/// Longest text of people that is kept of one pad, in bytes.
pub const PEOPLE_BYTES_MAX: usize = 100_000;

/// What the loop needs.
pub struct Shared {
    /// Where incidents are, and what is remembered of pads.
    pub store: Arc<dyn Store>,
    /// Where notes go.
    pub inbox: Arc<Inbox>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The configuration in force.
    pub config: Arc<ArcSwap<Config>>,
    /// Who counts.
    pub told: Box<dyn Fn(&Event) + Send + Sync>,
}

/// What happened to a pad.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It was found, or made, as it should be.
    Well {
        /// Whose.
        incident: IncidentId,
        /// Whether something was written.
        written: bool,
        /// When.
        at: DateTime<Utc>,
    },
    /// It was not reached, or not written.
    Failed {
        /// Whose.
        incident: IncidentId,
        /// Why, in one word: `down`, `kicked`, `refused`, `store`, `busy`.
        reason: &'static str,
    },
    /// How the server stands from now on.
    Stands(Standing),
}

/// A server and what is mirrored there.
#[derive(Clone)]
pub struct Setup {
    /// The client.
    pub etherpad: Arc<Etherpad>,
    /// Names, and who reads them.
    pub pads: domain::policy::Pads,
}
