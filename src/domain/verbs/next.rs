//! What somebody types next, and what for; written as each surface writes commands.

use super::{Spelling, Verb};
use crate::ids::IncidentId;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What to type next: to undo it, or instead of what was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    /// What for, in words: `to undo`.
    pub why: Cow<'static, str>,
    /// The verb.
    pub verb: Verb,
    /// On which incident.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    /// What follows.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub rest: Cow<'static, str>,
}

impl Next {
    /// A verb on an incident.
    pub fn on(why: &'static str, verb: Verb, incident: IncidentId) -> Self {
        Self { why: why.into(), verb, incident: Some(incident), rest: "".into() }
    }

    /// A verb alone.
    pub fn alone(why: &'static str, verb: Verb) -> Self {
        Self { why: why.into(), verb, incident: None, rest: "".into() }
    }

    /// With these words behind it.
    pub fn with(self, rest: impl Into<Cow<'static, str>>) -> Self {
        Self { rest: rest.into(), ..self }
    }

    /// The command.
    pub fn line(&self, spelling: &Spelling) -> String {
        spelling.line(self.verb, self.incident, &self.rest)
    }
}
