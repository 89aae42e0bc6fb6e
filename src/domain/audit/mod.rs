//! The audit log: who did what, where, when, and what it changed, as a chain in which every record's hash covers the one
//! before. It is decided here, so that a replay gives the same chain and its head can stand in a notice: whoever holds
//! such a notice can tell that nothing before it was changed since.

pub mod canonical;
pub mod chain;
pub mod diff;
mod words;

pub use chain::{Break, Chain, Known};
pub use words::{short, what};

use crate::access::Role;
use crate::ids::{IncidentId, InputSeq};
use crate::incident::{Actor, Surface};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One act of somebody, done or refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its place in the chain, starting with 1, without gaps.
    pub number: u64,
    /// When the input that asked for it arrived.
    pub at: DateTime<Utc>,
    /// That input.
    pub input: InputSeq,
    /// Who, and where they said it.
    pub actor: Actor,
    /// What they may do; `None` for whoever was not let in, and for the program itself.
    pub access: Option<Role>,
    /// What they asked for, in a line; never a secret.
    pub what: String,
    /// On which incident, if on one.
    pub incident: Option<IncidentId>,
    /// What is different since.
    pub changes: Vec<Difference>,
    /// Whether it was done.
    pub outcome: Outcome,
}

/// Something that is different since an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What: `severity`, `role incident_manager`, …; of another incident than the one named, `INC-7 stage`.
    pub field: String,
    /// As it was; empty where there was nothing.
    pub before: String,
    /// As it is; empty where there is nothing any more.
    pub after: String,
}

/// What became of an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was not.
    Refused {
        /// Why, in words.
        because: String,
    },
}

/// SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Hash(pub [u8; 32]);

/// A record with its hash, which covers the hash of the record before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// The record.
    #[serde(flatten)]
    pub record: Record,
    /// Its hash.
    pub hash: Hash,
}

/// The newest record of a chain: covers all of it. Number 0 with a hash of zeros is the chain without records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Head {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: Hash,
}

/// Something somebody did outside of incidents: signed in, made a token, reloaded the configuration. The shell does it
/// and tells; nothing is decided about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminAct {
    /// Who, and where. [`Actor::Rule`] where it was the program itself, or nobody we know: what a stranger types as
    /// their name may be a password.
    pub actor: Actor,
    /// What they may do; `None` for whoever was not let in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Role>,
    /// What they did, in a line; never a secret: `token 3f9a revoked`.
    pub what: String,
    /// As it was; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub before: String,
    /// As it is; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub after: String,
    /// Why it was not done; `None` if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// What the engine must know of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
}

/// What an act outside of incidents changes for the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// A closed incident is deleted, with all that hangs on it.
    Delete {
        /// Which.
        incident: IncidentId,
    },
    /// A number above all others is given away: to an incident that comes from elsewhere, or to nobody.
    TakeNumber {
        /// At least this one.
        at_least: u64,
    },
}

/// The field of a difference that an [`AdminAct`] tells: its words say of what.
pub const WHOLE: &str = "it";

/// Longest `what`, field, or value, in bytes: longer texts are cut, and named by their SHA-256.
pub const TEXT_BYTES_MAX: usize = 240;

/// Most differences of one record; more are counted in the last one.
pub const CHANGES_MAX: usize = 64;

impl Head {
    /// Adds a record behind this head.
    pub fn seal(self, record: Record) -> Sealed {
        let hash = canonical::hash(self.hash, &record);
        Sealed { record, hash }
    }

    /// As people say it in a notice: `audit 118, 5f2c9e0a7b3d4c11`. Nothing, while there are no records.
    pub fn words(self) -> Option<String> {
        (self.number > 0).then(|| format!("audit {}, {}", self.number, self.hash.first()))
    }
}

impl Sealed {
    /// The head of a chain that ends here.
    pub fn head(&self) -> Head {
        Head { number: self.record.number, hash: self.hash }
    }
}

impl Difference {
    /// A difference of this field; long texts are cut.
    pub fn new(field: &str, before: &str, after: &str) -> Self {
        Self { field: short(field), before: short(before), after: short(after) }
    }
}

impl AdminAct {
    /// Somebody did something.
    pub fn done(actor: Actor, access: Role, what: &str) -> Self {
        let access = Some(access);
        Self {
            actor,
            access,
            what: what.to_owned(),
            before: String::new(),
            after: String::new(),
            refused: None,
            effect: None,
        }
    }

    /// The engine must know of it.
    #[must_use]
    pub fn with(self, effect: Effect) -> Self {
        Self { effect: Some(effect), ..self }
    }

    /// From what to what.
    #[must_use]
    pub fn from_to(self, before: &str, after: &str) -> Self {
        Self { before: before.to_owned(), after: after.to_owned(), ..self }
    }

    /// It was tried, and refused.
    #[must_use]
    pub fn refused(self, because: &str) -> Self {
        Self { refused: Some(because.to_owned()), ..self }
    }
}

impl Outcome {
    /// In one word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused { .. } => "refused",
        }
    }

    /// Why it was refused; empty if it was not.
    pub fn because(&self) -> &str {
        match self {
            Self::Done => "",
            Self::Refused { because } => because,
        }
    }

    /// From the words it is stored as.
    pub fn parse(word: &str, because: &str) -> Option<Self> {
        match word {
            "done" => Some(Self::Done),
            "refused" => Some(Self::Refused { because: because.to_owned() }),
            _ => None,
        }
    }
}

/// The word for where somebody acted; `program` where nobody did.
pub fn surface_word(actor: &Actor) -> &'static str {
    match actor {
        Actor::Rule => "program",
        Actor::Person { on: Surface::Api, .. } => "api",
        Actor::Person { on: Surface::Cli, .. } => "cli",
        Actor::Person { on: Surface::Web, .. } => "web",
        Actor::Person { on: Surface::Slack, .. } => "slack",
        Actor::Person { on: Surface::Irc, .. } => "irc",
        Actor::Person { on: Surface::Pad, .. } => "pad",
    }
}

/// The other way.
pub fn actor(name: &str, surface: &str) -> Option<Actor> {
    let on = match surface {
        "program" => return Some(Actor::Rule),
        "api" => Surface::Api,
        "cli" => Surface::Cli,
        "web" => Surface::Web,
        "slack" => Surface::Slack,
        "irc" => Surface::Irc,
        "pad" => Surface::Pad,
        _ => return None,
    };
    Some(Actor::person(name, on))
}

impl Hash {
    /// Its first 16 hex digits: enough to compare by eye, too many to be met by trying.
    pub fn first(&self) -> String {
        self.to_string()[..16].to_owned()
    }

    /// Reads 64 hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            let digits = text.get(2 * at..2 * at + 2).filter(|digits| !digits.starts_with('+'))?;
            *byte = u8::from_str_radix(digits, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("a hash has 64 hex digits"))
    }
}

#[cfg(test)]
mod tests;
