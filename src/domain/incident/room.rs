//! The room of an incident, in which people work: beside the timeline, the parts of the state document they write, to-dos, who follows,
//! what was promised, what was asked, and what they did lately and may undo.

use super::entry::ReviewFact;
use super::promise::Promise;
use super::{Actor, CallOffCode};
use crate::alert::Pairs;
use crate::ids::{AlertId, IncidentId, InputSeq};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A part of the state document that people write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// A paragraph on top.
    Summary,
    /// Who is affected.
    Impact,
    /// When it is over: one criterion a line.
    ExitCriteria,
    /// Dashboards, tickets, command posts: `label https://…`, one a line.
    Links,
}

/// When a part was last written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edition {
    /// Number of the entry that wrote it: its version. Nothing written is version 0.
    pub version: u32,
    /// By whom.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Todo {
    /// Its number within the incident, from 1.
    pub number: u32,
    /// What.
    pub text: String,
    /// Who does it, if anyone said so.
    pub owner: Option<String>,
    /// Who added it.
    pub by: String,
    /// When it was added.
    pub at: DateTime<Utc>,
    /// When it was done, and by whom.
    pub done: Option<(DateTime<Utc>, String)>,
}

/// What the program asks people, so that they need not think of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// Who is affected?
    Scope,
    /// The state document has not been touched for a while.
    Stale,
    /// How long it goes on by now; to the manager.
    CallOut,
    /// Somebody has had a role for long, or their duty ends: hand it over?
    HandOver,
    /// The promised update is due soon; to Communications.
    Promise,
}

impl Prompt {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Scope, Self::Stale, Self::CallOut, Self::HandOver, Self::Promise];

    /// The word in metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Scope => "scope",
            Self::Stale => "stale",
            Self::CallOut => "call_out",
            Self::HandOver => "hand_over",
            Self::Promise => "promise",
        }
    }
}

/// What was promised to the public, and whether it was kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Promises {
    /// The promise made last; `None` before the first, or where nothing was promised.
    pub promised: Option<Promise>,
    /// Updates that came in time.
    pub kept: u32,
    /// Promises that passed without an update.
    pub missed: u32,
    /// The promise that was missed last: each is missed once.
    pub missed_by: Option<DateTime<Utc>>,
    /// When that was said.
    pub missed_at: Option<DateTime<Utc>>,
    /// The promise that Communications was reminded of last.
    pub reminded_of: Option<DateTime<Utc>>,
}

/// An incident that is part of another one, and what it stood for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Which.
    pub incident: IncidentId,
    /// The rule that declared it; `None` when a person did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Values of the rule's `correlate_by`.
    pub correlation: Pairs,
    /// It stood for all that its rule would declare.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub storm: bool,
    /// Its labels: what they kept from being declared is kept so.
    pub labels: Pairs,
    /// Since which input it is part of this one.
    pub since: InputSeq,
}

/// Alerts that were split off, with the rules that are not to take them back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Took {
    /// The rules that what they left stood for.
    pub rules: BTreeSet<String>,
    /// The alerts.
    pub alerts: BTreeSet<AlertId>,
}

/// How the incident that this one is part of was called off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalledOffWith {
    /// Why, in one word.
    pub code: CallOffCode,
    /// By whom.
    pub by: Actor,
}

/// Something a person did, for `undo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// Who.
    pub person: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The command.
    pub input: InputSeq,
    /// Number of its entry.
    pub entry: u32,
    /// What takes it back, or why nothing can.
    pub undo: Result<Undo, Lasting>,
}

/// What can't be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lasting {
    /// Everybody was told that there is an incident.
    Declared,
    /// Everybody was told that it is real.
    Confirmed,
    /// Everybody was told something.
    Updated,
    /// Everybody was told that it goes on.
    Reopened,
    /// Two people agreed on it.
    HandedOver,
    /// An offer has had its answer.
    Answered,
    /// Alerts and receivers have moved.
    Merged,
    /// Alerts have moved, and everybody was told.
    Split,
    /// It is on its way to the public.
    Published,
    /// It takes something back itself.
    Undid,
    /// Another word says the opposite.
    Decided,
}

/// What takes something back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "undo", rename_all = "snake_case")]
pub enum Undo {
    /// A role goes back to who had it, or to nobody.
    Role {
        /// Which.
        role: super::roles::RoleName,
        /// Who got it.
        now: String,
        /// Who had it.
        to: Option<String>,
    },
    /// An offer is taken back.
    Offer {
        /// Of which role.
        role: super::roles::RoleName,
    },
    /// The severity it had.
    Severity {
        /// What it became.
        now: super::Severity,
        /// What it was.
        to: super::Severity,
        /// What a person had lowered it from, before.
        lowered_from: Option<super::Severity>,
    },
    /// A part of the document as it was.
    Part {
        /// Which.
        part: Part,
        /// Its text.
        text: String,
    },
    /// Words nobody but the team has seen.
    Note,
    /// That somebody has seen it.
    Ack,
    /// A to-do as it was: gone, or open again.
    Todo {
        /// Its number.
        todo: u32,
        /// Whether it was there before.
        was_there: bool,
    },
    /// It goes on.
    Reopen,
    /// Following, or not, as before.
    Follow {
        /// Whether they followed.
        before: bool,
    },
    /// Something of the post mortem, or an action item, as it was.
    Review {
        /// What makes it so.
        back: ReviewFact,
    },
}

/// What people keep about an incident; a part of its fold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Room {
    /// When it is over, in words of people.
    pub exit_criteria: String,
    /// Dashboards, tickets, command posts.
    pub links: String,
    /// When each part was last written.
    pub editions: BTreeMap<Part, Edition>,
    /// To-dos, in the order they were added.
    pub todos: Vec<Todo>,
    /// How many there ever were.
    pub todos_ever: u32,
    /// Who wants to hear of it personally.
    pub followers: BTreeSet<String>,
    /// Who saw it, and when.
    pub acknowledged: BTreeMap<String, DateTime<Utc>>,
    /// The last sign of each person.
    pub signs: BTreeMap<String, DateTime<Utc>>,
    /// What was promised.
    pub promises: Promises,
    /// When each question was last asked.
    pub prompted: BTreeMap<Prompt, DateTime<Utc>>,
    /// What people did within the last minutes, oldest first.
    pub deeds: Vec<Deed>,
    /// Entries that were taken back.
    pub retracted: BTreeSet<u32>,
    /// Incidents that are part of this one.
    pub members: Vec<Member>,
    /// Receivers that came with them, and from which entry on they hear of this one.
    pub joined: BTreeMap<String, u32>,
    /// Incidents that some of its alerts became.
    pub split_into: BTreeSet<IncidentId>,
    /// What it was split off itself.
    pub split_from: Option<IncidentId>,
    /// Alerts that it, or its parts, took along then: while it is open, they don't go back.
    pub took: Vec<Took>,
    /// The incident that this one is part of was called off.
    pub called_off_with: Option<CalledOffWith>,
}

impl Promises {
    /// Whether the promise made last was missed, and no update has come since.
    pub fn is_broken(&self) -> bool {
        self.promised.is_some_and(|promise| self.missed_by == Some(promise.by))
    }
}

/// Most deeds remembered.
pub const DEEDS_MAX: usize = 50;
/// Most to-dos of one incident.
pub const TODOS_MAX: usize = 200;
/// Most people who follow one incident.
pub const FOLLOWERS_MAX: usize = 200;

impl Part {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Summary, Self::Impact, Self::ExitCriteria, Self::Links];

    /// The word people use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Impact => "impact",
            Self::ExitCriteria => "exit-criteria",
            Self::Links => "links",
        }
    }

    /// Reads one of the words.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.word() == text)
    }
}
