//! What people can do.

mod review;

pub use review::{DueDate, ReviewAct};

use super::roles::RoleName;
use super::room::Part;
use super::{CallOffCode, Severity};
use crate::alert::Pairs;
use crate::alert::matcher::MatcherText;
use crate::duration::Duration;
use crate::ids::{AlertId, IncidentId};
use serde::{Deserialize, Serialize};

/// What people can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case")]
pub enum Act {
    /// Declare an incident; it is confirmed.
    Declare {
        /// One line.
        title: String,
        /// How bad; major if not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        severity: Option<Severity>,
        /// Who is affected.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        impact: String,
        /// Labels for routing.
        #[serde(default, skip_serializing_if = "Pairs::is_empty")]
        labels: Pairs,
        /// Nothing is wrong: people practise.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        drill: bool,
    },
    /// I have seen it.
    Ack {
        /// In words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// I do this.
    Take {
        /// Which role.
        role: RoleName,
    },
    /// Somebody does this.
    Assign {
        /// Which role.
        role: RoleName,
        /// Who.
        person: String,
    },
    /// I want somebody to go on with my role.
    HandOver {
        /// Which role.
        role: RoleName,
        /// Who.
        person: String,
    },
    /// I go on with what was offered to me.
    Accept {
        /// Which role, if more than one was offered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<RoleName>,
    },
    /// I can't.
    Decline {
        /// Which role, if more than one was offered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<RoleName>,
    },
    /// It is real.
    Confirm {
        /// In words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// Say something in public.
    Update {
        /// The words.
        text: String,
        /// Who is affected.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        impact: Option<String>,
        /// When the next update comes; by default as the severity asks.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next_in: Option<Duration>,
    },
    /// Note something for the team.
    Note {
        /// The words.
        text: String,
    },
    /// Rewrite a part of the state document.
    Edit {
        /// Which.
        part: Part,
        /// The words; empty to clear it.
        text: String,
        /// The version that was read: refused if somebody wrote since. `None` overwrites.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<u32>,
    },
    /// Something is to be done.
    Todo {
        /// What.
        text: String,
        /// By whom.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<String>,
    },
    /// It is done.
    Done {
        /// Number of the to-do.
        todo: u32,
    },
    /// Tell me personally.
    Follow,
    /// Don't any more.
    Unfollow,
    /// Take back what I did last.
    Undo,
    /// It is part of another one.
    Merge {
        /// Which.
        into: IncidentId,
        /// In words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// Some of its alerts are an incident of their own.
    Split {
        /// Title of the new one.
        title: String,
        /// Which alerts: those whose labels match.
        matchers: Vec<MatcherText>,
        /// Which alerts: these rows, where they were picked one by one; matchers are not asked then.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        alerts: Vec<AlertId>,
    },
    /// Change how bad it is.
    Severity {
        /// Now.
        to: Severity,
        /// In words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// It was nothing.
    CallOff {
        /// In one word.
        code: CallOffCode,
        /// In words; told to everyone who saw the alarm.
        reason: String,
    },
    /// Service is back.
    Resolve {
        /// In words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// Carry the post mortem to the blog.
    Publish {
        /// The file, as it is to stand there.
        text: String,
        /// Where it goes in the repository; by its date and category if not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        path: Option<String>,
        /// Although sections are not filled.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        anyway: bool,
    },
    /// Write the post mortem, or what is to be better.
    Review(ReviewAct),
    /// An alert that fired long before we began counts from now on.
    Adopt {
        /// Its row.
        alert: AlertId,
    },
    /// It came back.
    Reopen {
        /// In words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
}
