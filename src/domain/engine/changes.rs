//! What a run of inputs changed, as rows: one commit; and what is read back at start.

use super::shadow::Shadow;
use crate::alert::table::Counts;
use crate::alert::{Alert, Pairs};
use crate::audit::{Head, Sealed};
use crate::delivery::Delivery;
use crate::directory::Directory;
use crate::ids::{AlertId, IncidentId, InputSeq};
use crate::incident::{Entry, Incident, Reply};
use crate::policy::PolicySource;
use crate::rules::eval::HoldRow;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Rows to write in one transaction. Later inputs of one run overwrite the rows of earlier ones.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// The last input that is in here.
    pub position: InputSeq,
    /// Its arrival time: the engine's clock.
    pub at: Option<DateTime<Utc>>,
    /// The time of the very first input, if it is in here.
    pub began_at: Option<DateTime<Utc>>,
    /// New timeline entries, in order.
    pub entries: Vec<Entry>,
    /// New deliveries, in order.
    pub deliveries: Vec<Delivery>,
    /// Alerts that are new or changed; `None` is forgotten.
    pub alerts: BTreeMap<AlertId, Option<Alert>>,
    /// Incidents that are new or changed.
    pub incidents: BTreeMap<IncidentId, Incident>,
    /// Alerts that left incidents. They are taken away before the next ones are attached.
    pub detached: BTreeSet<(IncidentId, AlertId)>,
    /// Alerts newly attached to incidents.
    pub evidence: Vec<Evidence>,
    /// Running `for`s by rule and correlation key; `None` is over.
    pub holds: BTreeMap<(String, Pairs), Option<HoldRow>>,
    /// What rules on trial would have declared, new or changed.
    pub shadows: BTreeMap<u64, Shadow>,
    /// Heartbeats by name, where something changed; `None` is configured no more.
    pub beats: BTreeMap<String, Option<BeatRow>>,
    /// Answers to commands, in order.
    pub answers: Vec<Answer>,
    /// New records of the audit log, in order.
    pub audit: Vec<Sealed>,
    /// The configuration in force, if it changed.
    pub policy: Option<Arc<PolicySource>>,
    /// Who is there, if that changed.
    pub directory: Option<Arc<Directory>>,
    /// Closed incidents that somebody deleted, with who did and when.
    pub deleted: BTreeMap<IncidentId, Deleted>,
    /// Numbers of incidents up to this are given away, whether there is such an incident or not.
    pub numbers_given: u64,
    /// How many alerts did what; for the metrics only, no row.
    pub counts: Counts,
}

/// That an incident was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deleted {
    /// By whom.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// An alert attached to an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Evidence {
    /// To which incident.
    pub incident: IncidentId,
    /// Which alert.
    pub alert: AlertId,
    /// Whether it counted for the rule, or was gathered only.
    pub counted: bool,
}

/// How a heartbeat stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeatRow {
    /// Its name.
    pub name: String,
    /// When it was first configured.
    pub known_since: DateTime<Utc>,
    /// The last beat.
    pub last: Option<DateTime<Utc>>,
    /// From when on its silence is counted: the last beat, or since when anybody listens.
    pub silent_from: DateTime<Utc>,
    /// Whether our alert about it fires.
    pub missing: bool,
}

/// The answer to a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Of which input.
    pub input: InputSeq,
    /// Its idempotency key; repeats are answered the same for a day.
    pub key: Option<String>,
    /// The answer.
    pub reply: Reply,
    /// When.
    pub at: DateTime<Utc>,
}

/// What the store holds at start, to go on from. Also written down now and then, so that a replay has where to begin.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Loaded {
    /// The last input that was decided.
    pub position: InputSeq,
    /// Its time.
    pub at: Option<DateTime<Utc>>,
    /// The time of the very first input ever.
    pub began_at: Option<DateTime<Utc>>,
    /// Known alerts.
    pub alerts: Vec<Alert>,
    /// Open incidents, and those closed recently enough to be reopened or to hold a cooldown.
    pub incidents: Vec<Incident>,
    /// Alerts of these incidents.
    pub evidence: Vec<Evidence>,
    /// Running `for`s.
    pub holds: Vec<HoldRow>,
    /// What rules on trial would have declared: open, or ended lately.
    pub shadows: Vec<Shadow>,
    /// Heartbeats.
    pub beats: Vec<BeatRow>,
    /// Answers to commands with a key, of the last day.
    pub answers: Vec<Answer>,
    /// The newest record of the audit log.
    pub audit: Head,
    /// The configuration in force.
    pub policy: Option<PolicySource>,
    /// Who is there.
    pub directory: Option<Directory>,
    /// Highest numbers ever given: incidents, alerts, deliveries.
    pub last_incident: u64,
    /// Highest alert row ever given.
    pub last_alert: u64,
    /// Highest delivery number ever given.
    pub last_delivery: u64,
    /// Highest number ever given to what a rule on trial would have declared.
    pub last_shadow: u64,
}

impl Changes {
    /// How many rows this is, roughly: a commit is cut where it gets too large.
    pub fn rows(&self) -> usize {
        self.entries.len()
            + self.deliveries.len()
            + self.alerts.len()
            + self.incidents.len()
            + self.evidence.len()
            + self.detached.len()
            + self.shadows.len()
            + self.audit.len()
    }
}
