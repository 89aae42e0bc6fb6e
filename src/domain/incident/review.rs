//! What people write and decide about an incident for its post mortem, and what they want to do better: a part of its fold.

use super::{Incident, Stage};
use crate::policy::Postmortems;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most action items of one incident.
pub const ACTIONS_MAX: usize = 100;
/// Most incidents kept for what is left to do about them, beside those that ended lately.
pub const KEPT_MAX: usize = 200;
/// They are kept for this long after their end, the last time that somebody worked on them, or the day of their last action
/// item.
pub const KEPT_FOR: TimeDelta = TimeDelta::days(90);

/// What people write and decide afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Review {
    /// Sections of the post mortem, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sections: BTreeMap<String, Written>,
    /// Entries that are in its file, or are not, whatever they tell.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub shown: BTreeMap<u32, Shown>,
    /// Other words for entries.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub corrected: BTreeMap<u32, Correction>,
    /// Action items, in the order they were added.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Action>,
    /// How many there ever were.
    pub actions_ever: u32,
    /// When somebody asked for a post mortem, where none would be owed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<DateTime<Utc>>,
    /// Nobody has to write one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waived: Option<Waived>,
    /// Who was reminded of it last, and when.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub reminded: BTreeMap<Reminder, DateTime<Utc>>,
    /// When somebody last worked on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worked_at: Option<DateTime<Utc>>,
    /// Nobody is reminded any more, until somebody works on it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub left: bool,
}

/// A section, as it was written last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Its text, in Markdown.
    pub text: String,
    /// Number of the entry that wrote it: its version. Nothing written is version 0.
    pub version: u32,
    /// By whom.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Whether an entry is in the file of the post mortem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// It is.
    Public,
    /// It is not.
    Private,
}

/// Other words for an entry. The entry itself stays as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The words.
    pub text: String,
    /// By whom.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Something that is to be better afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionItem {
    /// What.
    pub text: String,
    /// Who does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The last day on which it is not late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<NaiveDate>,
    /// Where more of it is: `http` or `https`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// An action item, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// Its number within the incident, from 1.
    pub number: u32,
    /// What it is.
    pub item: ActionItem,
    /// Who added it.
    pub by: String,
    /// When it was added.
    pub at: DateTime<Utc>,
    /// When and how it ended, and by whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<ActionEnd>,
}

/// The end of an action item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionEnd {
    /// How.
    pub how: Ended,
    /// By whom.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// How an action item ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum Ended {
    /// It is done.
    Done,
    /// It will not be done.
    Dropped {
        /// Why, in words.
        because: String,
    },
    /// Another incident, which this one is part of now, has it.
    Moved,
}

/// Nobody has to write a post mortem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waived {
    /// Why, in words.
    pub because: String,
    /// By whom.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Who is reminded of a post mortem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reminder {
    /// Whoever writes it: communications, or who holds that role with others.
    Writer,
    /// The incident manager: it is late.
    Manager,
}

impl Shown {
    /// The word people use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
        }
    }
}

impl Action {
    /// Whether it is still to be done.
    pub fn is_open(&self) -> bool {
        self.end.is_none()
    }

    /// Whether it is to be done, and its day is over.
    pub fn is_late(&self, at: DateTime<Utc>, policy: &Postmortems) -> bool {
        self.is_open() && self.item.due.is_some_and(|due| policy.late_from(due) <= at)
    }

    /// Where it stands, in a word.
    pub fn state(&self) -> &'static str {
        match self.end.as_ref().map(|end| &end.how) {
            None => "open",
            Some(Ended::Done) => "done",
            Some(Ended::Dropped { .. }) => "dropped",
            Some(Ended::Moved) => "moved",
        }
    }
}

impl Review {
    /// An action item.
    pub fn action(&self, number: u32) -> Option<&Action> {
        self.actions.iter().find(|action| action.number == number)
    }

    /// Those that are to be done.
    pub fn open_actions(&self) -> impl Iterator<Item = &Action> {
        self.actions.iter().filter(|action| action.is_open())
    }

    /// The version of a section; 0 before anybody wrote it.
    pub fn version(&self, section: &str) -> u32 {
        self.sections.get(section).map_or(0, |written| written.version)
    }
}

impl Incident {
    /// Since when its post mortem is owed, if it is: for what was real and is over, or for what somebody asked one; until it is
    /// published, or somebody says that there will be none.
    pub fn owes_since(&self) -> Option<DateTime<Utc>> {
        let ended_at = match self.stage {
            Stage::Resolved { at } => at,
            Stage::CalledOff { at, .. } => at,
            Stage::Suspected | Stage::Confirmed | Stage::Merged { .. } => return None,
        };
        let real = matches!(self.stage, Stage::Resolved { .. }) && self.public_from.is_some();
        let asked = self.review.asked_at;
        // Of a drill nothing is published.
        let wanted = (real || asked.is_some()) && !self.drill;
        let written = self.published.values().any(|published| published.at >= ended_at);
        let waived = self.review.waived.as_ref().is_some_and(|waived| waived.at >= ended_at);
        let since = asked.map_or(ended_at, |asked| asked.max(ended_at));
        (wanted && !written && !waived).then_some(since)
    }

    /// Until when its post mortem is due, if it is owed.
    pub fn post_mortem_due(&self, policy: &Postmortems) -> Option<DateTime<Utc>> {
        policy.due(self.severity, self.owes_since()?)
    }

    /// When the next reminder of its post mortem is due, and whose.
    pub fn next_reminder(&self, policy: &Postmortems) -> Option<(DateTime<Utc>, Reminder)> {
        let since = self.owes_since()?;
        let due = policy.due(self.severity, since)?;
        let reminded = |whom| self.review.reminded.get(&whom).copied().filter(|at| *at >= since);
        let Some(writer) = reminded(Reminder::Writer) else {
            return Some(((due - policy.remind_before.delta()).max(since), Reminder::Writer));
        };
        // Whoever was reminded late has as long as anybody before it is told to somebody else.
        let manager = (due + policy.manager_after()).max(writer + policy.manager_after());
        reminded(Reminder::Manager).is_none().then_some((manager, Reminder::Manager))
    }

    /// Whether something is left to do about it: a post mortem, or action items.
    pub fn has_left(&self) -> bool {
        let here = !matches!(self.stage, Stage::Merged { .. });
        here && !self.review.left && (self.owes_since().is_some() || self.review.open_actions().next().is_some())
    }

    /// Until when it is kept for that.
    pub fn kept_until(&self) -> Option<DateTime<Utc>> {
        let ended_at = self.stage.closed_at()?;
        let days = self.review.open_actions().filter_map(|action| action.item.due);
        let last_day = days.max().map(|day| day.and_time(chrono::NaiveTime::MIN).and_utc());
        let from = ended_at.max(self.review.worked_at.unwrap_or(ended_at)).max(last_day.unwrap_or(ended_at));
        from.checked_add_signed(KEPT_FOR)
    }
}
