//! What is expected of incidents against what became of them. What a test does not say is not compared.

use super::model::{ExpectIncident, ExpectState};
use crate::alert::Pairs;
use crate::incident::{Incident, Stage};

/// Compares, in the order of declaration; `None` if all is as expected, else the incidents as a test would expect them:
/// by the keys that this one names, and those it does not know of in full.
pub fn difference(expected: &[ExpectIncident], got: &[&Incident]) -> Option<Vec<ExpectIncident>> {
    let known = expected.iter().zip(got).map(|(expected, incident)| by_keys_of(expected, incident));
    let surplus = got.iter().skip(expected.len()).map(|incident| whole(incident));
    let found: Vec<ExpectIncident> = known.chain(surplus).collect();
    (expected != found).then_some(found)
}

fn by_keys_of(expected: &ExpectIncident, incident: &Incident) -> ExpectIncident {
    let whole = whole(incident);
    let names: Vec<&str> = expected.exp_labels.iter().map(|(name, _)| name).collect();
    ExpectIncident {
        exp_state: expected.exp_state.and(whole.exp_state),
        exp_severity: expected.exp_severity.and(whole.exp_severity),
        exp_labels: whole.exp_labels.only(&names),
        exp_title: expected.exp_title.as_ref().and(whole.exp_title),
        exp_alerts: expected.exp_alerts.and(whole.exp_alerts),
        exp_proposed: expected.exp_proposed.and(whole.exp_proposed),
    }
}

fn whole(incident: &Incident) -> ExpectIncident {
    ExpectIncident {
        exp_state: Some(state(incident)),
        exp_severity: Some(incident.severity),
        exp_labels: Pairs::labels(incident.labels.iter()),
        exp_title: Some(incident.title.clone()),
        exp_alerts: Some(incident.tally.alerts),
        exp_proposed: Some(incident.proposed_at.is_some()),
    }
}

fn state(incident: &Incident) -> ExpectState {
    match incident.stage {
        Stage::Suspected => ExpectState::Suspected,
        Stage::Confirmed => ExpectState::Confirmed,
        Stage::CalledOff { .. } => ExpectState::CalledOff,
        // Nothing merges in a test.
        Stage::Resolved { .. } | Stage::Merged { .. } => ExpectState::Resolved,
    }
}
