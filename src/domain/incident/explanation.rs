//! Why a rule says what it says: the condition tree with what each part saw.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One node of an evaluated condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// How it stands.
    pub verdict: Mark,
    /// In words: `2 of 2 alerts match alertname = Down`.
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
    /// What made it true, in one line: the conditions at its ends that are met.
    pub fn reason(&self) -> String {
        let mut met = Vec::new();
        self.met(&mut met);
        met.join("; ")
    }

    fn met<'a>(&'a self, found: &mut Vec<&'a str>) {
        if self.verdict != Mark::Met {
            return;
        }
        if self.parts.is_empty() {
            found.push(&self.text);
        }
        self.parts.iter().for_each(|part| part.met(found));
    }

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

#[cfg(test)]
mod tests {
    use super::{Explanation, Mark};

    #[test]
    fn names_what_is_met_and_nothing_else() {
        let leaf = |verdict, text: &str| Explanation { verdict, text: text.to_owned(), parts: Vec::new() };
        let both = vec![leaf(Mark::Met, "2 of 2 alerts"), leaf(Mark::Met, "1 of 1 probes")];
        let all = Explanation { verdict: Mark::Met, text: "2 of 2 conditions met".to_owned(), parts: both };
        let any = vec![leaf(Mark::Holding, "held 1m of 2m"), all, leaf(Mark::NotMet, "0 of 1 alerts")];
        let root = Explanation { verdict: Mark::Met, text: "1 of 3 conditions met".to_owned(), parts: any };
        assert_eq!(root.reason(), "2 of 2 alerts; 1 of 1 probes");
        assert!(root.to_string().contains("  [~] held 1m of 2m\n  [x] 2 of 2 conditions met\n    [x] 2 of 2 alerts"));
    }
}
