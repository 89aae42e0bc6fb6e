//! What decisions are made by: rules, receivers, templates and times, as one value that is itself an input.

pub(crate) mod check;
mod heartbeats;
mod inhibit;
mod intervals;
pub mod lonely;
pub mod pads;
pub mod postmortems;
mod receiver;
pub mod rituals;
mod route;
pub mod status_messages;
pub mod watchdog;

use crate::alert::Pairs;
use crate::alert::matcher::MatcherText;
use crate::document::Audience;
use crate::duration::Duration;
use crate::incident::Incident;
use crate::incident::roles::MANAGER;
use crate::interval::{Intervals, NamedIntervals};
use crate::notice::template::Templates;
use crate::rules::compile::Mistake;
use crate::rules::model::{InhibitModel, RuleFile};
use crate::rules::{Rule, RuleSet};
use crate::verbs::Spelling;
pub use pads::Pads;
pub use postmortems::{Postmortems, SectionSpec};
pub use receiver::{Joining, ReceiverKind, ReceiverSpec, Subject, Writing};
pub use rituals::{Rituals, RoleSpec};
use serde::{Deserialize, Serialize};
use status_messages::StatusMessages;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What mistakes call the configuration file, whose name only the shell knows.
pub const CONFIG: &str = "config";

/// A [`PolicySource`] that was checked and compiled: what the engine decides by.
#[derive(Debug)]
pub struct Policy {
    /// As it was read.
    pub source: Arc<PolicySource>,
    /// Rules, ready to be evaluated.
    pub rules: RuleSet,
    /// Templates, ready to be rendered.
    pub templates: Arc<Templates>,
    /// Which incidents keep which others from being declared.
    pub inhibitions: Vec<InhibitModel>,
    /// Named times by name, ready to be asked.
    pub intervals: BTreeMap<String, Intervals>,
}

impl Policy {
    /// Compiles and checks everything, or says all that is wrong.
    pub fn compile(source: PolicySource) -> Result<Self, Vec<Mistake>> {
        Self::compile_by(source, |source, files| Templates::compile(source, files).map(Arc::new))
    }

    /// The same with rule files that differ in anything but names of rules and templates, at the price of the rules alone:
    /// for trying out thousands of variants.
    pub fn with_rule_files(&self, rule_files: Vec<NamedRuleFile>) -> Result<Self, Vec<Mistake>> {
        let source = PolicySource { rule_files, ..(*self.source).clone() };
        Self::compile_by(source, |_, _| Ok(Arc::clone(&self.templates)))
    }

    fn compile_by(
        source: PolicySource,
        templates: impl FnOnce(&PolicySource, &[NamedRuleFile]) -> Result<Arc<Templates>, Vec<Mistake>>,
    ) -> Result<Self, Vec<Mistake>> {
        // Nothing stops at the first mistake: people want every one at once.
        let mut mistakes = Vec::new();
        let mut all = |wrong: Vec<Mistake>| mistakes.extend(wrong);
        let files = match watchdog::built_in(&source) {
            Some(file) => Cow::Owned([source.rule_files.as_slice(), &[file]].concat()),
            None => Cow::Borrowed(source.rule_files.as_slice()),
        };
        let rules = RuleSet::compile(&files).map_err(&mut all).unwrap_or_default();
        let templates = templates(&source, &files).map_err(&mut all).unwrap_or_default();
        all(check::names(&source, &rules));
        let names: Vec<&str> = source.receivers.iter().map(|receiver| receiver.name.as_str()).collect();
        all(source.postmortem.mistakes(&names));
        let (inhibitions, wrong) = inhibit::inhibitions(&source);
        mistakes.extend(wrong);
        let (intervals, wrong) = intervals::intervals(&source);
        mistakes.extend(wrong);
        mistakes.extend(heartbeats::check(&source));
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        Ok(Self { source: Arc::new(source), rules, templates, inhibitions, intervals })
    }

    /// Nothing is declared and nobody is told.
    pub fn empty() -> Self {
        Self {
            source: Arc::default(),
            rules: RuleSet::default(),
            templates: Arc::default(),
            inhibitions: Vec::new(),
            intervals: BTreeMap::new(),
        }
    }

    /// Who is told of an incident with these labels: those the rule names, else those of the route tree. Where neither
    /// names anyone, everyone is told: better once too often than nobody.
    pub fn receivers_for(&self, rule: Option<&Rule>, labels: &Pairs) -> Vec<String> {
        let named = rule.map(|rule| rule.model.receivers.as_slice()).unwrap_or_default();
        if !named.is_empty() {
            return named.to_vec();
        }
        let routed = self.source.route.receivers_for(labels);
        if !routed.is_empty() {
            return routed;
        }
        let routed = self.source.receivers.iter().filter(|receiver| receiver.is_routed());
        routed.map(|receiver| receiver.name.clone()).collect()
    }

    /// The squad that is asked to lead an incident of this rule, or of one declared by hand.
    pub fn squad_for(&self, rule: Option<&Rule>) -> String {
        let named = rule.and_then(|rule| rule.model.roles.get(MANAGER));
        named.unwrap_or(&self.source.rituals.squad).clone()
    }

    /// Where this reader finds the pad of an incident, if it has one.
    pub fn pad(&self, incident: &Incident, reader: Audience) -> Option<String> {
        self.source.pads.as_ref()?.address(incident, reader)
    }

    /// How commands are written to a receiver.
    pub fn spelling(&self, receiver: &str) -> Spelling {
        self.source.commands.get(receiver).map_or_else(Spelling::cli, |word| Spelling::chat(word))
    }

    /// The receiver of this name.
    pub fn receiver(&self, name: &str) -> Option<&ReceiverSpec> {
        self.source.receivers.iter().find(|receiver| receiver.name == name)
    }
}

/// Everything from the configuration that changes a decision. Stored as an input when it changes, so that a replay
/// decides by what was in force then. No secrets and no addresses: those belong to the shell.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PolicySource {
    /// Rule files by name, in the order they apply.
    pub rule_files: Vec<NamedRuleFile>,
    /// Who can be told.
    pub receivers: Vec<ReceiverSpec>,
    /// Who is told in the place of a receiver that can't be reached, by its name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fallbacks: BTreeMap<String, String>,
    /// Who is told, by incident labels.
    pub route: Route,
    /// Operators' templates by name; the built-in ones are always there.
    pub templates: BTreeMap<String, String>,
    /// Where people find the pages, without a trailing slash.
    pub external_url: String,
    /// Waits and graces.
    pub timing: Timing,
    /// Named times of the configuration; those of rule files are known beside them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub time_intervals: Vec<NamedIntervals>,
    /// Which incidents keep which others from being declared; those of rule files hold beside them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inhibit_rules: Vec<InhibitModel>,
    /// Alerts that must be heard of again and again: their silence is an alert of our own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub heartbeats: Vec<Heartbeat>,
    /// Roles of an incident and their duties; those of the protocol if not said.
    #[serde(default = "rituals::default_roles")]
    pub roles: Vec<RoleSpec>,
    /// How people are reminded.
    #[serde(default)]
    pub rituals: Rituals,
    /// What is written afterwards, and until when.
    #[serde(default)]
    pub postmortem: Postmortems,
    /// What receivers that keep a status message show, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub status_messages: BTreeMap<String, StatusMessages>,
    /// What people type before a verb where a receiver's notices are read, by its name: `/incident`. Elsewhere it is the
    /// command line.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub commands: BTreeMap<String, String>,
    /// Where incidents are mirrored to pads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pads: Option<Pads>,
}

/// Alerts that must be heard of again and again, such as Prometheus' `Watchdog`. After two intervals of silence Earlybell
/// raises an alert of its own, `HeartbeatMissing`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    /// Its name; the label `heartbeat` of the alert.
    pub name: String,
    /// Which alerts it is.
    pub matchers: Vec<MatcherText>,
    /// How often it comes at least: the `repeat_interval` of its route in Alertmanager.
    pub interval: Duration,
}

/// A rule file and the name errors call it by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NamedRuleFile {
    /// Its path as configured.
    pub name: String,
    /// Its content.
    pub file: RuleFile,
}

/// The route tree, as in Alertmanager, on incident labels.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Who is told here; inherited where not said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receivers: Vec<String>,
    /// Whom it applies to; the root applies to all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matchers: Vec<MatcherText>,
    /// Whether later siblings are tried too.
    #[serde(default, rename = "continue", skip_serializing_if = "std::ops::Not::not")]
    pub go_on: bool,
    /// Narrower routes; the first that matches wins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
}

/// Waits and graces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timing {
    /// A late `firing` of a resolved episode is believed after this, unless the next message or the poll settles it
    /// before: `group_interval` + `peer_timeout` × (replicas − 1), and a little.
    pub contest: Duration,
    /// A firing alert not heard of for this long counts as resolved, `stale`.
    pub alert_timeout: Duration,
    /// Back within this time, it is the same incident; a rule may say otherwise.
    pub reopen_within: Duration,
    /// After a human call-off, the same evidence does not declare again; a rule may say otherwise.
    pub cooldown: Duration,
    /// Least time between two notices about changed alerts of one incident.
    pub update_interval: Duration,
    /// Promise of the next update: critical in its first two hours.
    pub promise_critical: Duration,
    /// Promise of the next update: others.
    pub promise: Duration,
    /// Promise of the next update: after two hours.
    pub promise_later: Duration,
    /// Resolved alerts are forgotten after this.
    pub forget_resolved: Duration,
    /// How many incidents one rule may declare within an hour; what comes after that is one incident: a storm.
    pub storm_after: u32,
    /// An incident whose alerts came and went this often within an hour is flapping: people hear of it once in a while.
    pub flapping_after: u32,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            contest: Duration::minutes(6),
            alert_timeout: Duration::hours(12),
            reopen_within: Duration::minutes(30),
            cooldown: Duration::hours(1),
            update_interval: Duration::minutes(10),
            promise_critical: Duration::minutes(20),
            promise: Duration::minutes(30),
            promise_later: Duration::minutes(60),
            forget_resolved: Duration::hours(24),
            storm_after: 5,
            flapping_after: 6,
        }
    }
}
