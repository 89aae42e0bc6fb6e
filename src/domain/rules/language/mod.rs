//! The language as a table: every key with its kind, its default and one sentence. The reference page, the schema for
//! editors and the messages of `check rules` are made from it; a test holds it to what serde reads.

mod condition;
mod file;
mod limits;
mod rule;
#[cfg(test)]
mod tests;
mod text;
mod trial;

pub use condition::{CONDITION, SOME};
pub use file::{DAY_TIMES, GROUP, INHIBIT, NAMED_INTERVALS, RULE_FILE, TIME_INTERVAL};
pub use limits::{LIMITS, Limit};
pub use rule::{CALL_OFF, CONFIRM, RAISE, RESOLVE, RULE, SEVERITY};
pub use text::Text;
pub use trial::{ACTION, EXPECT, EXPECT_INCIDENT, SERIES, TEST};

use std::collections::BTreeMap;

/// A mapping of the language.
#[derive(Debug)]
pub struct Object {
    /// What it is called: `rule`.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub says: &'static str,
    /// Whether its keys mean something only together, as those of a condition: where one is misspelt, nothing more can
    /// be said about the others.
    pub together: bool,
    /// Its keys, in the order of the page.
    pub keys: &'static [Key],
    /// What is wrong with its texts together, by their keys, where each alone is right.
    pub check: fn(&BTreeMap<String, String>) -> Result<(), String>,
}

/// One key of a mapping.
#[derive(Debug)]
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// What stands under it.
    pub kind: Kind,
    /// Whether it must be there.
    pub need: Need,
    /// What it means: Markdown, one sentence or two.
    pub says: &'static str,
}

/// Whether a key must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It must.
    Required,
    /// It need not.
    Optional,
    /// Without it, this holds; as it would be written, or in words.
    Default(&'static str),
}

/// What stands under a key.
#[derive(Debug)]
pub enum Kind {
    /// A text of some form.
    Text(&'static Text),
    /// A whole number.
    Number {
        /// The smallest.
        min: u32,
        /// The largest.
        max: u32,
    },
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A mapping with these keys.
    Object(&'static Object),
    /// A list.
    List(&'static Kind),
    /// A list that would say the opposite of what it seems to, if it was empty.
    Some(&'static Kind),
    /// Any keys, each with such a value.
    Map(&'static Kind),
}

/// Every mapping there is, in the order of the page.
pub const OBJECTS: [&Object; 19] = [
    &RULE_FILE,
    &GROUP,
    &RULE,
    &CONDITION,
    &SOME,
    &SEVERITY,
    &RAISE,
    &CONFIRM,
    &CALL_OFF,
    &RESOLVE,
    &INHIBIT,
    &NAMED_INTERVALS,
    &TIME_INTERVAL,
    &DAY_TIMES,
    &TEST,
    &SERIES,
    &ACTION,
    &EXPECT,
    &EXPECT_INCIDENT,
];

impl Key {
    const fn required(name: &'static str, kind: Kind, says: &'static str) -> Self {
        Self { name, kind, need: Need::Required, says }
    }

    const fn optional(name: &'static str, kind: Kind, says: &'static str) -> Self {
        Self { name, kind, need: Need::Optional, says }
    }

    const fn default(name: &'static str, kind: Kind, default: &'static str, says: &'static str) -> Self {
        Self { name, kind, need: Need::Default(default), says }
    }
}

/// For mappings whose keys are right if each alone is.
const fn each_alone(_: &BTreeMap<String, String>) -> Result<(), String> {
    Ok(())
}

impl Object {
    /// The key of this name.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}
