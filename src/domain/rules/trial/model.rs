//! Tests of rules as they are written: the habits of `promtool test rules`. What they mean stands in `docs/rules.md`.

use crate::alert::Pairs;
use crate::duration::Duration;
use crate::incident::{CallOffCode, Severity};
use serde::{Deserialize, Serialize};

/// One test: alerts over time, what people do, and what the rules make of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleTest {
    /// Its name.
    pub name: String,
    /// Time between two values of a series; 1m if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Duration>,
    /// When it plays, for time intervals: RFC 3339; an instant long ago if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// Alerts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_alerts: Vec<SeriesModel>,
    /// What people do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<ActionModel>,
    /// What is expected, when.
    pub incident_rule_test: Vec<ExpectModel>,
}

/// One alert over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesModel {
    /// Its labels: `{alertname="Down", instance="a"}`.
    pub series: String,
    /// One value per interval: `1` fires, `0` is over, `_` is not reported, `s` fires and is silenced; `1x3` is four of
    /// them and `_x3` three, as in promtool. What is silenced before it was ever heard of is not known: Alertmanager tells
    /// it when the silence ends.
    pub values: String,
}

/// What a person does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionModel {
    /// When.
    pub at: Duration,
    /// To the newest incident of this rule.
    pub incident: String,
    /// What.
    pub action: ActionKind,
    /// For `call_off`; `other` if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CallOffCode>,
    /// For `severity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Severity>,
}

/// What a person can do in a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Says that it was nothing.
    CallOff,
    /// Takes a role: somebody is at it.
    TakeRole,
    /// Says that it is real.
    Confirm,
    /// Posts an update.
    Update,
    /// Writes a note.
    Note,
    /// Says how bad it is.
    Severity,
    /// Says that it is over.
    Resolve,
    /// Opens it again.
    Reopen,
}

/// What is expected at a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectModel {
    /// When.
    pub eval_time: Duration,
    /// Of which rule.
    pub incident: String,
    /// Its incidents so far, in the order they were declared; none if not said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exp_incidents: Vec<ExpectIncident>,
}

/// What an incident is expected to be; what is not said is not compared.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectIncident {
    /// `suspected`, `confirmed`, `called_off` or `resolved`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp_state: Option<ExpectState>,
    /// How bad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp_severity: Option<Severity>,
    /// Labels it has, among others.
    #[serde(default, skip_serializing_if = "Pairs::is_empty")]
    pub exp_labels: Pairs,
    /// Its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp_title: Option<String>,
    /// Number of alerts it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp_alerts: Option<u32>,
    /// Whether a resolve was proposed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp_proposed: Option<bool>,
}

/// Where an incident is expected to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpectState {
    /// Declared early.
    Suspected,
    /// Real.
    Confirmed,
    /// Nothing.
    CalledOff,
    /// Over.
    Resolved,
}
