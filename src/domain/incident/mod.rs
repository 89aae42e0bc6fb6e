//! The incident: its state, the facts that make it, and what people and rules may do to it.

pub mod act;
pub mod apply;
pub mod command;
pub mod compare;
pub mod decide;
pub mod due;
pub mod entry;
pub mod explanation;
pub mod judgement;
pub mod promise;
pub mod publication;
pub mod review;
pub mod roles;
pub mod room;
pub mod steps;
mod told;

pub use act::Act;
pub use command::{Actor, Command, Refusal, Reply, Surface};
pub use entry::{CallOffCode, Entry, Fact};
pub use explanation::Explanation;

use roles::Roles;
use room::Room;

use crate::alert::Pairs;
use crate::alert::drill::DRILL_LABEL;
use crate::audit::Head;
use publication::Published;
use review::Review;

use crate::ids::{DeliveryId, IncidentId, InputSeq};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How bad it is; rises by rule, falls only by a human.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// A few users, or a part.
    Minor,
    /// Nearly every user.
    Major,
    /// The service is down.
    Critical,
}

/// Where an incident stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    /// Declared early by a rule; the team knows, the public does not.
    Suspected,
    /// It is real.
    Confirmed,
    /// It was nothing.
    CalledOff {
        /// When.
        at: DateTime<Utc>,
        /// In one word, for the statistics.
        code: CallOffCode,
        /// In words, for everyone who saw the alarm.
        reason: String,
    },
    /// Service is back.
    Resolved {
        /// When.
        at: DateTime<Utc>,
    },
    /// It is part of another one.
    Merged {
        /// When.
        at: DateTime<Utc>,
        /// Which one it is part of.
        into: IncidentId,
    },
}

/// Which rule declared an incident, and which version of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleRef {
    /// Its `incident:` name.
    pub name: String,
    /// Hash of the rule as it was then.
    pub version: u64,
}

/// An incident: the fold of its entries ([`apply::apply`]), and a [`Tally`] of its alerts, which would flood the timeline
/// in a storm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Its number.
    pub id: IncidentId,
    /// Where it stands.
    pub stage: Stage,
    /// One line.
    pub title: String,
    /// A paragraph, kept by people.
    pub summary: String,
    /// Who is affected, in words; empty until the rule or a person says so.
    pub impact: String,
    /// How bad it is.
    pub severity: Severity,
    /// A person found it less bad than this: only what is worse raises it again.
    pub lowered_from: Option<Severity>,
    /// The rule that declared it; `None` when a person did.
    pub rule: Option<RuleRef>,
    /// Values of the rule's `correlate_by`.
    pub correlation: Pairs,
    /// Stands for all that its rule would declare, which are too many.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub storm: bool,
    /// Labels of the rule and its group, for routing and inhibition.
    pub labels: Pairs,
    /// Whether a person has acted on it; the rule may no longer call it off.
    pub touched: bool,
    /// Who is told; fixed when declared.
    pub receivers: Vec<String>,
    /// Start of its first alert.
    pub first_alert_at: Option<DateTime<Utc>>,
    /// When it was declared.
    pub declared_at: DateTime<Utc>,
    /// Who declared it.
    pub declared_by: Actor,
    /// Why, in words.
    pub because: String,
    /// When it was confirmed.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// The entry that first confirmed it: from there on public receivers have a thread, whatever comes later.
    pub public_from: Option<u32>,
    /// Who ended it, while it is over.
    pub closed_by: Option<Actor>,
    /// Number of times it was reopened.
    pub reopened: u32,
    /// When it was declared or last reopened.
    pub opened_at: DateTime<Utc>,
    /// By which input that was.
    #[serde(default)]
    pub opened_by: InputSeq,
    /// When people were last asked to resolve it, since it is clear.
    pub proposed_at: Option<DateTime<Utc>>,
    /// Its alerts in numbers; follows the alerts, not the entries.
    pub tally: Tally,
    /// Since when no attached alert fires.
    pub clear_since: Option<DateTime<Utc>>,
    /// When it became clear, ceased to be, or came back, within the hour before the last of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<DateTime<Utc>>,
    /// Since when its alerts come and go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flapping_since: Option<DateTime<Utc>>,
    /// What it keeps from being declared: each is said once.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub inhibits: BTreeSet<(String, Pairs)>,
    /// The newest public update.
    pub last_update: Option<LastUpdate>,
    /// Where each receiver's thread starts, once its first notice was accepted.
    pub threads: BTreeMap<String, String>,
    /// Receivers that refuse everything until somebody mends their configuration.
    pub blocked: BTreeSet<String>,
    /// Receivers in whose place others were told, if there are any: those hear of it until its end.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub stood_in_for: BTreeSet<String>,
    /// Receivers whose status message was deleted since it is over.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub withdrawn: BTreeSet<String>,
    /// Notices that were given up.
    pub lost: BTreeSet<DeliveryId>,
    /// Where its post mortem stands, by receiver.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub published: BTreeMap<String, Published>,
    /// Nothing is wrong: people practise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub drill: bool,
    /// The newest record of the audit log when it ended, while it is over; stands beside the fold, like the tally.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit_head: Option<Head>,
    /// Who does what.
    #[serde(default)]
    pub roles: Roles,
    /// What people keep about it.
    #[serde(default)]
    pub room: Room,
    /// What they write and decide about it afterwards.
    #[serde(default)]
    pub review: Review,
    /// Number of entries so far.
    pub entries: u32,
    /// Time of the newest entry.
    pub changed_at: DateTime<Utc>,
}

/// Turns are counted for this long; a flapping incident is steady after it passed without one, and people hear of it no
/// more often.
pub const FLAPPING_WINDOW: TimeDelta = TimeDelta::hours(1);

/// Most turns remembered; `flapping_after` is cut to it.
pub const TURNS_KEPT_MAX: usize = 100;

/// The alerts of an incident in numbers, and how much of their changes the timeline and the people know.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Known to fire, muted ones included.
    pub firing: u32,
    /// Attached so far.
    pub alerts: u32,
    /// Changes that no timeline entry tells yet.
    pub unsaid: u32,
    /// When the timeline last told changes.
    pub said_at: Option<DateTime<Utc>>,
    /// Whether something changed that no notice told yet.
    pub untold: bool,
    /// When a notice last told changes; the declaration counts.
    pub told_at: Option<DateTime<Utc>>,
    /// Whether a message about them was cut off by `max_alerts`: the numbers are lower bounds.
    pub truncated: bool,
}

/// The newest thing said in public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastUpdate {
    /// When.
    pub at: DateTime<Utc>,
    /// In these words.
    pub text: String,
    /// When the next one was promised.
    pub next_by: Option<DateTime<Utc>>,
}

impl Incident {
    /// What people call it: `INC-42`, or `DRILL INC-42`. Nobody must take a drill for the real thing, wherever they read of
    /// it.
    pub fn name(&self) -> String {
        let drill = if self.drill { "DRILL " } else { "" };
        format!("{drill}{}", self.id)
    }

    /// Which drill it belongs to; `None` for what is real.
    pub fn drill_name(&self) -> Option<&str> {
        self.labels.get(DRILL_LABEL).filter(|_| self.drill)
    }

    /// A part of its state document, as people wrote it last.
    pub fn part(&self, part: room::Part) -> &str {
        match part {
            room::Part::Summary => &self.summary,
            room::Part::Impact => &self.impact,
            room::Part::ExitCriteria => &self.room.exit_criteria,
            room::Part::Links => &self.room.links,
        }
    }

    /// When a person last said something that everybody can read: an update, or a part of the state document. Notes are
    /// for the team.
    pub fn last_word_of_people(&self) -> Option<DateTime<Utc>> {
        let edited = self.room.editions.values().map(|edition| edition.at);
        edited.chain(self.last_update.as_ref().map(|update| update.at)).max()
    }

    /// Whether everybody may know of it: what was only suspected is for the team.
    pub fn is_public(&self) -> bool {
        self.public_from.is_some() && self.stage != Stage::Suspected
    }

    /// How often it turned within the hour before this time.
    pub fn turns_since(&self, at: DateTime<Utc>) -> usize {
        self.turns.iter().filter(|turn| **turn > at - FLAPPING_WINDOW).count()
    }
}

impl Stage {
    /// Still going on.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Suspected | Self::Confirmed)
    }

    /// When it ended.
    pub fn closed_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Suspected | Self::Confirmed => None,
            Self::CalledOff { at, .. } | Self::Resolved { at } | Self::Merged { at, .. } => Some(*at),
        }
    }

    /// In words, for people and for the `stage` column.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Suspected => "suspected",
            Self::Confirmed => "confirmed",
            Self::CalledOff { .. } => "called off",
            Self::Resolved { .. } => "resolved",
            Self::Merged { .. } => "merged",
        }
    }
}

impl Severity {
    /// All, from the least.
    pub const ALL: [Self; 3] = [Self::Minor, Self::Major, Self::Critical];

    /// Reads one of the three words.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.word() == text)
    }

    /// The word people use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
