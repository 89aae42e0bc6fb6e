//! A scenario as it is written: alerts that begin and end, what people are told meanwhile, and what they are expected to
//! do. What it means stands in `docs/drills.md`.

use crate::alert::Pairs;
use crate::duration::Duration;
use crate::incident::roles::RoleName;
use serde::{Deserialize, Serialize};

/// A drill, planned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioModel {
    /// Its name; each run adds its time.
    pub drill: String,
    /// What is practised, in a line.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// How long it goes on at most; up to the last alert and the last thing expected, if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Duration>,
    /// Alerts of nothing.
    pub alerts: Vec<AlertModel>,
    /// What is said to whoever runs it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<NoteModel>,
    /// What people are expected to do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<ExpectModel>,
}

/// An alert that begins and ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertModel {
    /// Its labels, as in tests of rules: `{alertname="Down", instance="a"}`.
    pub series: String,
    /// Texts for people.
    #[serde(default, skip_serializing_if = "Pairs::is_empty")]
    pub annotations: Pairs,
    /// When it begins, from the start of the drill.
    #[serde(default)]
    pub at: Duration,
    /// How long it fires.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Duration>,
    /// When it ends, from the start of the drill. Neither: it fires until the drill is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Duration>,
}

/// Words for whoever runs the drill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoteModel {
    /// When.
    #[serde(default)]
    pub at: Duration,
    /// What.
    pub text: String,
}

/// Something people are expected to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectModel {
    /// What.
    pub act: ExpectedAct,
    /// For `take` and `handover`: of which role; `take` means the manager if not said, `handover` any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleName>,
    /// On an incident of this rule; on any of the drill, if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// So long after the declaration; `declare` after the first alert.
    pub within: Duration,
}

/// What can be expected: the words of the verbs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExpectedAct {
    /// An incident is declared, by a rule or by somebody.
    Declare,
    /// Somebody says that they saw it.
    Ack,
    /// Somebody has a role.
    Take,
    /// Somebody says that it is real.
    Confirm,
    /// Somebody tells everyone something.
    Update,
    /// A hand-over is accepted.
    HandOver,
    /// Somebody says how bad it is.
    Severity,
    /// Somebody writes something down for the team.
    Note,
    /// Somebody says that it is over.
    Resolve,
    /// Somebody says that it was nothing.
    CallOff,
}

impl ExpectedAct {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Declare => "declare",
            Self::Ack => "ack",
            Self::Take => "take",
            Self::Confirm => "confirm",
            Self::Update => "update",
            Self::HandOver => "handover",
            Self::Severity => "severity",
            Self::Note => "note",
            Self::Resolve => "resolve",
            Self::CallOff => "calloff",
        }
    }
}
