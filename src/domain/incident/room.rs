//! The room of an incident, in which people work: beside the timeline, the parts of the state document they write, to-dos, who follows,
//! what was promised, what was asked, and what they did lately and may undo.

use crate::ids::{AlertId, IncidentId};
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

/// What was promised to the public, and whether it was kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Promises {
    /// Updates that came in time.
    pub kept: u32,
    /// Promises that passed without an update.
    pub missed: u32,
    /// The promise that was missed last: each is missed once.
    pub missed_by: Option<DateTime<Utc>>,
    /// The promise that Communications was reminded of last.
    pub reminded_of: Option<DateTime<Utc>>,
}

/// Something a person did, for `undo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// Who.
    pub person: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Number of its entry.
    pub entry: u32,
    /// What takes it back; `None` where nothing can.
    pub undo: Option<Undo>,
}

/// What takes something back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "undo", rename_all = "snake_case")]
pub enum Undo {
    /// A role goes back to who had it, or to nobody.
    Role {
        /// Which.
        role: super::roles::RoleName,
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
        /// Which.
        to: super::Severity,
    },
    /// A part of the document as it was.
    Part {
        /// Which.
        part: Part,
        /// Its text.
        text: String,
    },
    /// Words nobody but the team has seen.
    Entry {
        /// Number of the entry.
        number: u32,
    },
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
    /// Entries whose words were taken back.
    pub retracted: BTreeSet<u32>,
    /// Incidents that were merged into this one.
    pub merged: BTreeSet<IncidentId>,
    /// Rules and keys of those: what they would have got comes here.
    pub stands_for: BTreeSet<(String, crate::alert::Pairs)>,
    /// Alerts that a person split off: they don't come back here.
    pub split_off: BTreeSet<AlertId>,
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
