//! Matchers in Alertmanager's grammar: UTF-8 first, the classic one as fallback.

mod classic;
mod print;
mod text;
mod utf8;

pub use text::MatcherText;

use super::Pairs;
use super::regex::{Pattern, RegexError, literal_alternatives};
use std::cmp::Ordering;
use std::fmt;

/// How a matcher compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Op {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    Matches,
    /// `!~`
    NotMatches,
}

/// One comparison with one label: `severity=~"critical|page"`.
#[derive(Debug, Clone)]
pub struct Matcher {
    /// Name of the label.
    pub name: String,
    /// How it compares.
    pub op: Op,
    /// A text, or a pattern that the whole value must match.
    pub value: String,
    // Of `=~` and `!~` only.
    pattern: Option<Pattern>,
}

/// What a text of matchers means. All of them must match.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parsed {
    /// In the order of the text.
    pub matchers: Vec<Matcher>,
    /// The text is understood, but differently by the two grammars, or by the older one only: what to write instead.
    pub warning: Option<String>,
}

/// Why a text is no list of matchers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MatcherError {
    /// Neither grammar knows it.
    #[error("{0}")]
    Grammar(String),
    /// The value of `=~` or `!~` is no pattern.
    #[error(transparent)]
    Regex(#[from] RegexError),
}

/// Reads `a="x", b=~"y|z"`, in braces or not, as Alertmanager does by default: by the UTF-8 grammar; where only the
/// classic grammar understands it, or understands it differently, by that one, with a warning.
pub fn parse(text: &str) -> Result<Parsed, MatcherError> {
    let classic = classic::parse(text);
    // Compiling a pattern is what takes time, and the two mostly agree.
    let utf8 = utf8::parse(text, classic.as_deref().unwrap_or_default());
    let (matchers, warning) = match (utf8, classic) {
        (Err(_), Err(error)) => return Err(error),
        (Err(error), Ok(classic)) => {
            let warning = format!(
                "incompatible with the UTF-8 grammar ({error}), read by the classic one; write {}",
                canonical(&classic)
            );
            (classic, Some(warning))
        }
        (Ok(utf8), Err(_)) => (utf8, None),
        // Alertmanager compares a missing list with an empty one here, and finds that they differ.
        (Ok(utf8), Ok(classic)) if utf8 != classic || utf8.is_empty() => {
            let warning = format!(
                "disagreement: {} by the UTF-8 grammar, read by the classic one as {}",
                canonical(&utf8),
                canonical(&classic)
            );
            (classic, Some(warning))
        }
        (Ok(utf8), Ok(_)) => (utf8, None),
    };
    Ok(Parsed { matchers, warning })
}

/// Reads by the UTF-8 grammar alone: Alertmanager with `--enable-feature=utf8-strict-mode`.
pub fn parse_strict(text: &str) -> Result<Vec<Matcher>, MatcherError> {
    utf8::parse(text, &[])
}

/// Reads by the classic grammar alone: Alertmanager before 0.27.
pub fn parse_classic(text: &str) -> Result<Vec<Matcher>, MatcherError> {
    classic::parse(text)
}

/// As Alertmanager prints them: sorted, quoted, in braces.
pub fn canonical(matchers: &[Matcher]) -> String {
    let mut sorted: Vec<&Matcher> = matchers.iter().collect();
    sorted.sort();
    let texts: Vec<String> = sorted.iter().map(ToString::to_string).collect();
    format!("{{{}}}", texts.join(","))
}

/// Whether all of them match; a label that is missing is empty.
pub fn all_match(matchers: &[Matcher], labels: &Pairs) -> bool {
    matchers.iter().all(|matcher| matcher.matches_labels(labels))
}

impl Matcher {
    /// Compiles the pattern, if the operator wants one.
    pub fn new(name: impl Into<String>, op: Op, value: impl Into<String>) -> Result<Self, RegexError> {
        let value = value.into();
        let pattern = match op {
            Op::Equal | Op::NotEqual => None,
            Op::Matches | Op::NotMatches => Some(Pattern::new(&value)?),
        };
        Ok(Self { name: name.into(), op, value, pattern })
    }

    /// Whether this value of the label matches.
    pub fn matches(&self, value: &str) -> bool {
        match &self.pattern {
            Some(pattern) => pattern.matches(value) == (self.op == Op::Matches),
            None => (self.value == value) == (self.op == Op::Equal),
        }
    }

    /// Whether these labels match; a label that is missing is empty.
    pub fn matches_labels(&self, labels: &Pairs) -> bool {
        self.matches(labels.value(&self.name))
    }

    /// The only values that match, if they are few and a missing label is not among them: what an index can hold.
    pub fn words(&self) -> Option<Vec<String>> {
        match self.op {
            Op::Equal if !self.value.is_empty() => Some(vec![self.value.clone()]),
            Op::Matches => literal_alternatives(&self.value),
            Op::Equal | Op::NotEqual | Op::NotMatches => None,
        }
    }

    fn identity(&self) -> (&str, &str, Op) {
        (&self.name, &self.value, self.op)
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for Matcher {}

impl Ord for Matcher {
    fn cmp(&self, other: &Self) -> Ordering {
        self.identity().cmp(&other.identity())
    }
}

impl PartialOrd for Matcher {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl std::hash::Hash for Matcher {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Matches => "=~",
            Self::NotMatches => "!~",
        })
    }
}

/// As Alertmanager prints it; a name that the classic grammar would not know is quoted.
impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.chars().any(utf8::is_reserved) {
            return write!(f, "{}{}{}", print::go_quoted(&self.name), self.op, print::go_quoted(&self.value));
        }
        write!(f, "{}{}\"{}\"", self.name, self.op, print::escaped(&self.value))
    }
}

#[cfg(test)]
mod tests;
