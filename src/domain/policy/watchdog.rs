//! The rule that declares missing heartbeats, where no rule file has one of its name.

use super::{NamedRuleFile, PolicySource};
use crate::alert::matcher::MatcherText;
use crate::incident::Severity;
use crate::rules::model::{ConditionModel, Group, RuleFile, RuleModel, SeverityModel};

/// Name of the rule.
pub const MONITORING_BLIND: &str = "MonitoringBlind";
/// Name of the alert that the engine raises for a heartbeat that is missing.
pub const HEARTBEAT_MISSING: &str = "HeartbeatMissing";
/// Its label that names the heartbeat.
pub const HEARTBEAT_LABEL: &str = "heartbeat";

/// The built-in rule, where heartbeats are configured and nobody wrote their own.
pub(super) fn built_in(source: &PolicySource) -> Option<NamedRuleFile> {
    let mut rules = source.rule_files.iter().flat_map(|file| &file.file.groups).flat_map(|group| &group.rules);
    if source.heartbeats.is_empty() || rules.any(|rule| rule.incident == MONITORING_BLIND) {
        return None;
    }
    let matcher = MatcherText::try_from(format!("alertname = {HEARTBEAT_MISSING}")).ok()?;
    let rule = RuleModel {
        incident: MONITORING_BLIND.to_owned(),
        title: Some(format!("monitoring is blind: no {{{{ labels.{HEARTBEAT_LABEL} }}}}")),
        correlate_by: vec![HEARTBEAT_LABEL.to_owned()],
        when: ConditionModel { alerts: Some(vec![matcher]), ..ConditionModel::default() },
        severity: SeverityModel { fixed: Some(Severity::Critical), ..SeverityModel::default() },
        ..RuleModel::default()
    };
    let group = Group { name: "heartbeats".to_owned(), labels: Default::default(), rules: vec![rule] };
    Some(NamedRuleFile { name: "built-in".to_owned(), file: RuleFile { groups: vec![group], ..RuleFile::default() } })
}
