//! What people can do afterwards: write the post mortem, and see that things get better.

use crate::incident::review::Shown;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What people can do about an incident for its post mortem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum ReviewAct {
    /// Write a section of it.
    Section {
        /// Which.
        section: String,
        /// In Markdown; empty to clear it.
        text: String,
        /// The version that was read: refused if somebody wrote since. `None` overwrites.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<u32>,
    },
    /// Have an entry in its file, or not.
    Mark {
        /// Its number.
        entry: u32,
        /// Which; by what it tells, if not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shown: Option<Shown>,
    },
    /// Give an entry other words.
    Correct {
        /// Its number.
        entry: u32,
        /// The words; empty: its own.
        text: String,
    },
    /// Something is to be better.
    Action {
        /// What.
        text: String,
        /// By whom.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<String>,
        /// Until when.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<DueDate>,
        /// Where more of it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<String>,
    },
    /// It is another one; what is not said stays, and what is empty is none.
    ActionEdit {
        /// Its number.
        action: u32,
        /// What.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// By whom.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<String>,
        /// Until when.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<DueDate>,
        /// Where more of it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<String>,
    },
    /// It is done.
    ActionDone {
        /// Its number.
        action: u32,
    },
    /// It will not be done.
    ActionDrop {
        /// Its number.
        action: u32,
        /// Why, in words.
        because: String,
    },
    /// A post mortem is wanted.
    Ask,
    /// Nobody has to write one.
    Waive {
        /// Why, in words.
        because: String,
    },
}

/// A day as people write it, or none: `2026-12-01`, `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DueDate(pub Option<NaiveDate>);

impl DueDate {
    /// Reads one.
    ///
    /// # Errors
    /// It is none; says how they are written.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() || text.eq_ignore_ascii_case("none") {
            return Ok(Self(None));
        }
        let wrong = |_| format!("`{}` is no day; write it as 2026-12-01", crate::text::clean_line(text, 40));
        NaiveDate::parse_from_str(text, "%Y-%m-%d").map(|day| Self(Some(day))).map_err(wrong)
    }
}

impl TryFrom<String> for DueDate {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<DueDate> for String {
    fn from(due: DueDate) -> Self {
        due.0.map_or_else(|| "none".to_owned(), |day| day.format("%Y-%m-%d").to_string())
    }
}
