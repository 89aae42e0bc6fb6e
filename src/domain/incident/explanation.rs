//! Why a rule says what it says: the condition tree with what each part saw.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One node of an evaluated condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// How it stands.
    pub verdict: Mark,
    /// In words: `2 of 2 alerts matching alertname = Down`.
    pub text: String,
    /// Its parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Explanation>,
}

/// How a node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// True, and held for long enough.
    Met,
    /// True, but its `for` still runs.
    Holding,
    /// Not true.
    NotMet,
}

impl Mark {
    /// `[x]`, `[~]` or `[ ]`.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Met => "[x]",
            Self::Holding => "[~]",
            Self::NotMet => "[ ]",
        }
    }
}

impl Explanation {
    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        writeln!(f, "{:indent$}{} {}", "", self.verdict.sign(), self.text, indent = depth * 2)?;
        self.parts.iter().try_for_each(|part| part.write(f, depth + 1))
    }
}

/// One line per node, parts indented.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}
