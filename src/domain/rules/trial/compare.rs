//! What is expected of incidents against what became of them. What a test does not say is not compared.

use super::model::{ExpectIncident, ExpectState};
use crate::incident::{Incident, Stage};

/// One incident as a test writes it: keys and values, in the order of the keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shown(pub Vec<(&'static str, String)>);

/// Compares, in the order of declaration; `None` if all is as expected, else both sides, with the same keys where both
/// have an incident.
pub fn difference(expected: &[ExpectIncident], got: &[&Incident]) -> Option<(Vec<Shown>, Vec<Shown>)> {
    let wanted: Vec<Shown> = expected.iter().map(|expected| said(expected)).collect();
    let matching = expected.iter().zip(got).map(|(expected, incident)| seen(expected, incident));
    let surplus = got.iter().skip(expected.len()).map(|incident| all(incident));
    let found: Vec<Shown> = matching.chain(surplus).collect();
    (wanted != found).then_some((wanted, found))
}

fn said(expected: &ExpectIncident) -> Shown {
    let mut shown = Vec::new();
    shown.extend(expected.exp_state.map(|state| ("exp_state", word(state).to_owned())));
    shown.extend(expected.exp_severity.map(|severity| ("exp_severity", severity.to_string())));
    if !expected.exp_labels.is_empty() {
        shown.push(("exp_labels", flow(expected.exp_labels.iter())));
    }
    shown.extend(expected.exp_title.as_ref().map(|title| ("exp_title", format!("{title:?}"))));
    shown.extend(expected.exp_alerts.map(|alerts| ("exp_alerts", alerts.to_string())));
    shown.extend(expected.exp_proposed.map(|proposed| ("exp_proposed", proposed.to_string())));
    Shown(shown)
}

// The incident, by the keys that the test names.
fn seen(expected: &ExpectIncident, incident: &Incident) -> Shown {
    let mut shown = Vec::new();
    shown.extend(expected.exp_state.map(|_| ("exp_state", word(state(incident)).to_owned())));
    shown.extend(expected.exp_severity.map(|_| ("exp_severity", incident.severity.to_string())));
    if !expected.exp_labels.is_empty() {
        let names = expected.exp_labels.iter().map(|(name, _)| name);
        shown.push(("exp_labels", flow(names.filter_map(|name| Some((name, incident.labels.get(name)?))))));
    }
    shown.extend(expected.exp_title.as_ref().map(|_| ("exp_title", format!("{:?}", incident.title))));
    shown.extend(expected.exp_alerts.map(|_| ("exp_alerts", incident.tally.alerts.to_string())));
    shown.extend(expected.exp_proposed.map(|_| ("exp_proposed", incident.proposed_at.is_some().to_string())));
    Shown(shown)
}

// One that was not expected at all.
fn all(incident: &Incident) -> Shown {
    Shown(vec![
        ("exp_state", word(state(incident)).to_owned()),
        ("exp_severity", incident.severity.to_string()),
        ("exp_labels", flow(incident.labels.iter())),
        ("exp_title", format!("{:?}", incident.title)),
        ("exp_alerts", incident.tally.alerts.to_string()),
    ])
}

fn state(incident: &Incident) -> ExpectState {
    match incident.stage {
        Stage::Suspected => ExpectState::Suspected,
        Stage::Confirmed => ExpectState::Confirmed,
        Stage::CalledOff { .. } => ExpectState::CalledOff,
        Stage::Resolved { .. } => ExpectState::Resolved,
    }
}

fn word(state: ExpectState) -> &'static str {
    match state {
        ExpectState::Suspected => "suspected",
        ExpectState::Confirmed => "confirmed",
        ExpectState::CalledOff => "called_off",
        ExpectState::Resolved => "resolved",
    }
}

fn flow<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}: {value}")).collect();
    if pairs.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", pairs.join(", ")) }
}
