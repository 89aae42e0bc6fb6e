//! The one door: inputs in, decisions out.
//!
//! [`State::step`] takes inputs strictly in order. Timers that are due fire before the input that passes them, so the
//! same inputs always give the same entries: live, in tests, in a backtest, in a replay on another machine.

pub mod attached;
mod audit;
pub mod changes;
mod claims;
mod deleted;
pub mod explain;
mod flap;
mod heartbeat;
mod hours;
mod inhibit;
mod judge;
mod kept;
mod merge;
mod people;
mod policy_change;
mod prompts;
mod publish;
mod reply;
mod review;
mod roles;
pub mod shadow;
mod split;
pub mod standing;
pub mod state;
mod storm;
mod taken;
mod tell;
mod time;
pub mod timers;
mod trial;
mod turn;
mod undo;
mod withdraw;

pub use changes::{Answer, BeatRow, Changes, Deleted, Evidence, Loaded};
pub use shadow::Shadow;
pub use standing::Standing;
pub use state::State;

use crate::alert::Batch;
use crate::alert::event::Events;
use crate::alert::reconcile::Poll;
use crate::audit::AdminAct;
use crate::directory::Directory;
use crate::ids::{DeliveryId, IncidentId};
use crate::incident::Command;
use crate::policy::PolicySource;

/// Everything that can change anything.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A message with alerts.
    Alerts(Batch),
    /// What an Alertmanager's event recorder tells.
    Events(Events),
    /// What an Alertmanager lists, where it differs from what we know.
    Poll(Poll),
    /// A person's command.
    Command(Command),
    /// What became of a delivery, where it matters to the incident.
    Outcome(DeliveryOutcome),
    /// The configuration changed.
    Policy(Box<PolicySource>),
    /// People, squads, or who is on duty changed.
    Directory(Box<Directory>),
    /// Somebody did something outside of incidents, for the audit log.
    Acted(AdminAct),
    /// Time passed.
    Tick,
    /// The program started: nobody listened for a while.
    Started,
}

/// What became of a delivery, where it matters to the incident.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DeliveryOutcome {
    /// Which.
    pub delivery: DeliveryId,
    /// About which incident.
    pub incident: IncidentId,
    /// To whom.
    pub receiver: String,
    /// To which person there, if to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// What it told, in one word.
    pub notice: String,
    /// How it ended.
    pub end: DeliveryEnd,
}

/// How a delivery ended.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "end", rename_all = "snake_case")]
pub enum DeliveryEnd {
    /// A thread starts here.
    ThreadStarted {
        /// Id at the receiver.
        remote_id: String,
    },
    /// A post stands where it was to go.
    Published {
        /// Where people read it, or the branch it is on.
        address: String,
    },
    /// Given up.
    Lost {
        /// Why.
        because: String,
    },
    /// Not sent any more, because somebody decided so after a restore; nobody is told but the timeline.
    Dropped {
        /// Why.
        because: String,
    },
    /// The receiver is misconfigured: the notice waits, somebody must act.
    Blocked {
        /// Why.
        because: String,
    },
    /// The receiver is not reached for too long: the notice waits, and somebody else is told.
    Late {
        /// Why.
        because: String,
    },
}
