//! What may be wrong with a rule besides its conditions.

use super::conditions::name_problem;
use super::model::{Group, RuleModel, SeverityModel};
use crate::alert::drill::DRILL_LABEL;

/// Label that names the rule on its incidents; nobody else may set it.
pub(super) const INCIDENT_LABEL: &str = "incident";

/// Place and problem of each mistake in a group, without its rules.
pub(super) fn group(group: &Group) -> Vec<(String, String)> {
    let mut wrong = Vec::new();
    if group.name.is_empty() {
        wrong.push(mistake(".name", "is empty; name the group"));
    }
    if group.labels.get(INCIDENT_LABEL).is_some() {
        wrong.push(mistake(".labels", "sets `incident`; the name of each rule does"));
    }
    if group.labels.get(DRILL_LABEL).is_some() {
        wrong.push(mistake(".labels", "sets the mark of drills; what is real must not have it"));
    }
    wrong
}

/// Place and problem of each mistake in a rule, without its conditions.
pub(super) fn rule(rule: &RuleModel) -> Vec<(String, String)> {
    let mut wrong = Vec::new();
    if rule.incident.trim().is_empty() {
        wrong.push(mistake(".incident", "is empty; name the rule"));
    }
    if rule.labels.get(INCIDENT_LABEL).is_some() {
        wrong.push(mistake(".labels", "sets `incident`; the name of the rule does"));
    }
    if rule.labels.get(DRILL_LABEL).is_some() {
        wrong.push(mistake(".labels", "sets the mark of drills; what is real must not have it"));
    }
    if rule.correlate_by.iter().any(|name| name == DRILL_LABEL) {
        let problem = "names the mark of drills, which keeps them apart by itself; leave it out".to_owned();
        wrong.push((".correlate_by".to_owned(), problem));
    }
    // `correlate_by: []` is the way to say "one incident".
    let problem = name_problem(&rule.correlate_by).filter(|_| !rule.correlate_by.is_empty());
    wrong.extend(problem.map(|problem| (".correlate_by".to_owned(), problem)));
    wrong.extend(severity(&rule.severity));
    if rule.confirm.as_ref().is_some_and(|confirm| confirm.after.is_none() && confirm.when.is_none()) {
        wrong.push(mistake(".confirm", "says nothing; write `after`, `when`, or both"));
    }
    wrong.extend(resolve(rule));
    wrong
}

/// Place and problem of what is allowed, but not what its author seems to expect.
pub(super) fn doubts(rule: &RuleModel) -> Vec<(String, String)> {
    let shown = "is no template: `{{` is shown as it stands; write plain words";
    let impact = rule.general_impact.iter().filter(|impact| impact.contains("{{"));
    impact.map(|_| mistake(".general_impact", shown)).collect()
}

fn severity(severity: &SeverityModel) -> Option<(String, String)> {
    let by_label = severity.from_label.is_some() || !severity.map.is_empty() || severity.default.is_some();
    if severity.fixed.is_some() && by_label {
        return Some(mistake(
            ".severity",
            "is `fixed`, so `from_label`, `map` and `default` say nothing; take one side out",
        ));
    }
    if severity.from_label.is_none() && !severity.map.is_empty() {
        return Some(mistake(".severity.map", "maps no label; add `from_label`, for example `from_label: severity`"));
    }
    if severity.from_label.as_deref() == Some("") {
        return Some(mistake(".severity.from_label", "is empty; write the name of a label"));
    }
    None
}

fn resolve(rule: &RuleModel) -> Option<(String, String)> {
    let resolve = rule.resolve.as_ref()?;
    match (resolve.propose_after, resolve.automatic_after) {
        (None, None) => Some(mistake(".resolve", "says nothing; write `propose_after`, `automatic_after`, or both")),
        (Some(propose), Some(automatic)) if automatic <= propose => {
            let problem = format!(
                "`automatic_after` {automatic} is not later than `propose_after` {propose}: nobody could answer"
            );
            Some(mistake(".resolve", problem))
        }
        _ => None,
    }
}

fn mistake(path: &str, problem: impl Into<String>) -> (String, String) {
    (path.to_owned(), problem.into())
}
