//! What people write and decide afterwards, as facts.

use crate::incident::review::{ActionItem, Ended, Reminder, Shown};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A step of what is done about an incident for its post mortem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "review", rename_all = "snake_case")]
pub enum ReviewFact {
    /// A section of the post mortem was written.
    Written {
        /// Which.
        section: String,
        /// Its text now; empty clears it.
        text: String,
    },
    /// An entry is in its file, or is not.
    Shown {
        /// Its number.
        entry: u32,
        /// Which; by what it tells, if not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shown: Option<Shown>,
    },
    /// An entry has other words.
    Corrected {
        /// Its number.
        entry: u32,
        /// The words; empty: its own.
        text: String,
    },
    /// Something is to be better.
    ActionAdded {
        /// Its number.
        action: u32,
        /// What.
        item: ActionItem,
    },
    /// It is another one now.
    ActionChanged {
        /// Its number.
        action: u32,
        /// What.
        item: ActionItem,
    },
    /// It need not be done any more.
    ActionEnded {
        /// Its number.
        action: u32,
        /// How.
        end: Ended,
    },
    /// It is to be done after all.
    ActionReopened {
        /// Its number.
        action: u32,
    },
    /// It was told that these are late.
    ActionsLate {
        /// Their numbers.
        actions: Vec<u32>,
    },
    /// A post mortem is wanted.
    Asked,
    /// Nobody has to write one.
    Waived {
        /// Why, in words.
        because: String,
    },
    /// Somebody was reminded to write it.
    Reminded {
        /// Who.
        whom: Reminder,
        /// Until when it is due.
        due: DateTime<Utc>,
    },
    /// Nobody is reminded any more.
    Left {
        /// Why, in words.
        because: String,
    },
}
