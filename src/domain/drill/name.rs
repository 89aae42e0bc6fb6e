//! The name of a drill: a label value, a word of a URL, and what people type to stop it.

use crate::alert::Pairs;
use crate::alert::drill::DRILL_LABEL;
use crate::ids::IncidentId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest name, in bytes.
pub const NAME_BYTES_MAX: usize = 64;

/// The name of a drill.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DrillName(String);

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no name of a drill; write 1 to {NAME_BYTES_MAX} letters, digits, `-` or `_`")]
pub struct NotAName {
    text: String,
}

impl DrillName {
    /// Reads a name: letters, digits, `-` and `_`, and something else than a sign first, so that no command takes it for
    /// an option.
    pub fn parse(text: &str) -> Result<Self, NotAName> {
        let fits = (1..=NAME_BYTES_MAX).contains(&text.len());
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if fits && plain && !text.starts_with(['-', '_']) {
            return Ok(Self(text.to_owned()));
        }
        Err(NotAName { text: crate::text::clean_line(text, 2 * NAME_BYTES_MAX) })
    }

    /// Of a drill that somebody declares by hand, and gives no name.
    pub fn by_hand(incident: IncidentId) -> Self {
        Self(format!("by-hand-{}", incident.0))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// These labels, with the mark of this drill.
    pub fn mark(&self, labels: &Pairs) -> Pairs {
        Pairs::labels(labels.iter().chain([(DRILL_LABEL, self.as_str())]))
    }
}

impl fmt::Display for DrillName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for DrillName {
    type Error = NotAName;

    fn try_from(text: String) -> Result<Self, NotAName> {
        Self::parse(&text)
    }
}

impl From<DrillName> for String {
    fn from(name: DrillName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::{DrillName, NAME_BYTES_MAX};
    use crate::alert::Pairs;

    #[test]
    fn a_name_is_a_word_that_fits_everywhere() {
        for name in ["march", "frontend-down_2", "2026", &"x".repeat(NAME_BYTES_MAX)] {
            assert_eq!(DrillName::parse(name).unwrap().as_str(), name);
        }
        let long = "x".repeat(NAME_BYTES_MAX + 1);
        for name in ["", "-march", "_x", "a b", "a/b", "a\nb", "März", "a.b", &long] {
            let said = DrillName::parse(name).unwrap_err().to_string();
            assert!(said.contains("is no name of a drill") && !said.contains('\n'), "{said}");
        }
    }

    #[test]
    fn its_mark_cannot_be_another_one() {
        let labels = Pairs::labels([("alertname", "Down"), ("earlybell_drill", "other")]);
        let marked = DrillName::parse("march").unwrap().mark(&labels);
        assert_eq!(marked.to_string(), r#"{alertname="Down", earlybell_drill="march"}"#);
    }
}
