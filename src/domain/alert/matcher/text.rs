//! Matchers as they stand in files: the text is kept, so that it is printed as it was written.

use super::{Matcher, parse};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One or several matchers as written, known to parse: `severity =~ "critical|page", job = "api"`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MatcherText {
    text: String,
    matchers: Arc<[Matcher]>,
    warning: Option<String>,
}

impl MatcherText {
    /// As written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What it means; all of them must match.
    pub fn matchers(&self) -> &[Matcher] {
        &self.matchers
    }

    /// What to write instead, if only the classic grammar understands it, or understands it differently.
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }
}

impl PartialEq for MatcherText {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for MatcherText {}

impl TryFrom<String> for MatcherText {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parsed = parse(&text).map_err(|error| format!("not a matcher: `{text}`: {error}"))?;
        Ok(Self { text, matchers: parsed.matchers.into(), warning: parsed.warning })
    }
}

impl From<MatcherText> for String {
    fn from(matcher: MatcherText) -> Self {
        matcher.text
    }
}
