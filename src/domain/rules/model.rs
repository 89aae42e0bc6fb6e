//! Rule files as they are written. Strict: an unknown key is an error. What they mean stands in `docs/rules.md`.

use super::trial::model::RuleTest;
use crate::alert::Pairs;
use crate::alert::matcher::MatcherText;
use crate::duration::Duration;
use crate::incident::Severity;
use crate::interval::NamedIntervals;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One rule file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    /// Rules that share labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// Which incidents keep which others from being declared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inhibit_rules: Vec<InhibitModel>,
    /// Named times, for `mute_time_intervals` and `active_time_intervals`; those of the configuration are known too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub time_intervals: Vec<NamedIntervals>,
    /// Files whose rules the tests of this file play, relative to it; its own rules are always played.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rule_files: Vec<String>,
    /// Tests of the rules; they change nothing that is decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<RuleTest>,
}

/// An open incident with `source_matchers` keeps those with `target_matchers` from being declared: their alerts become
/// its evidence. Matched against incident labels, as Alertmanager does with those of alerts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InhibitModel {
    /// Labels of the incident that is open.
    pub source_matchers: Vec<MatcherText>,
    /// Labels of those that are not declared beside it.
    pub target_matchers: Vec<MatcherText>,
    /// Labels whose values must be the same in both.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub equal: Vec<String>,
}

/// Rules that share labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Labels of every incident its rules declare.
    #[serde(default, skip_serializing_if = "Pairs::is_empty")]
    pub labels: Pairs,
    /// Its rules.
    pub rules: Vec<RuleModel>,
}

/// One rule: when to declare an incident, and how it lives.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleModel {
    /// Name of the rule; becomes the label `incident` of its incidents.
    pub incident: String,
    /// Title of its incidents: a template over `labels`, `severity` and `alerts`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Who is affected, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub general_impact: Option<String>,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook_url: Option<String>,
    /// Labels that split the rule into incidents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub correlate_by: Vec<String>,
    /// Whether it declares, or only records what it would have declared.
    #[serde(default, skip_serializing_if = "Mode::is_live")]
    pub mode: Mode,
    /// When it declares.
    pub when: ConditionModel,
    /// Alerts attached as evidence, but not counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gather: Vec<MatcherText>,
    /// How bad its incidents are.
    #[serde(default)]
    pub severity: SeverityModel,
    /// Labels of its incidents.
    #[serde(default, skip_serializing_if = "Pairs::is_empty")]
    pub labels: Pairs,
    /// Whether its incidents start suspected or confirmed.
    #[serde(default)]
    pub declare_as: DeclareAs,
    /// When a suspected incident becomes confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<ConfirmModel>,
    /// When a suspected, untouched incident is called off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_off: Option<CallOffModel>,
    /// When a clear incident is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolve: Option<ResolveModel>,
    /// Back within this time, it is the same incident.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopen_within: Option<Duration>,
    /// After a human call-off, the same evidence does not declare again for this long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cooldown: Option<Duration>,
    /// Declares within these times only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub active_time_intervals: Vec<String>,
    /// Does not declare within these times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mute_time_intervals: Vec<String>,
    /// Squad that is asked first, by role.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<String, String>,
    /// Who is told; else the route tree.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receivers: Vec<String>,
    /// Template per notice: `declared: my-template`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub templates: BTreeMap<String, String>,
}

/// Whether a rule declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It does.
    #[default]
    Live,
    /// It records what it would have declared, and tells nobody.
    Shadow,
}

impl Mode {
    fn is_live(&self) -> bool {
        *self == Self::Live
    }
}

/// Exactly one of `alerts`, `absent`, `all`, `any`, `some`, `not`; each with `for`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionModel {
    /// Firing alerts that match all of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alerts: Option<Vec<MatcherText>>,
    /// How many of them; 1 if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u32>,
    /// Count distinct values of these labels instead of alerts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distinct: Option<Vec<String>>,
    /// What is counted; not beside `distinct`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<CountOf>,
    /// Count also what fired within this time and is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Duration>,
    /// Count also alerts that a silence or an inhibition mutes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub count_silenced: bool,
    /// No alert fires that matches all of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent: Option<Vec<MatcherText>>,
    /// All parts are true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all: Option<Vec<ConditionModel>>,
    /// One part is true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub any: Option<Vec<ConditionModel>>,
    /// At least so many parts are true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub some: Option<SomeModel>,
    /// The part is false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not: Option<Box<ConditionModel>>,
    /// Continuously, for this long.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub held_for: Option<Duration>,
}

/// What `alerts` counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountOf {
    /// Alerts; the default.
    Alerts,
    /// Times that an alert fired, anew each time; with `within`.
    Episodes,
}

/// At least so many of these.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SomeModel {
    /// How many.
    pub at_least: u32,
    /// Of which.
    pub of: Vec<ConditionModel>,
}

/// How bad the incidents of a rule are: fixed, or read from a label; and what makes them worse.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeverityModel {
    /// Always this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<Severity>,
    /// Read from this label of the evidence, the highest counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_label: Option<String>,
    /// Values of the label; ours stand for themselves.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub map: BTreeMap<String, Severity>,
    /// Where nothing else says; major if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Severity>,
    /// What makes it worse.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raise: Vec<RaiseModel>,
}

/// What makes an incident worse.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RaiseModel {
    /// How bad it is then.
    pub to: Severity,
    /// When.
    pub when: ConditionModel,
}

/// How incidents of a rule start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeclareAs {
    /// The team is told; the public is not.
    #[default]
    Suspected,
    /// Everyone is told.
    Confirmed,
}

/// When a suspected incident becomes confirmed; either suffices.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmModel {
    /// After `when` of the rule was true for this long since the declaration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Duration>,
    /// When this is true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<ConditionModel>,
}

/// When a suspected incident that nobody touched is called off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallOffModel {
    /// After no evidence fired for this long.
    pub if_clear_for: Duration,
    /// In words; a template over `duration`, `alerts` and `labels`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// When a clear incident is over.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolveModel {
    /// Ask people to resolve it after it was clear for this long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub propose_after: Option<Duration>,
    /// Resolve it after it was clear for this long; never, if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automatic_after: Option<Duration>,
}
