//! Which alerts belong to which incidents.

use super::changes::Evidence;
use crate::ids::{AlertId, IncidentId};
use std::collections::{BTreeMap, BTreeSet};

/// Most alerts attached to one incident; a storm beyond it is counted by its rule, not kept one by one.
pub const EVIDENCE_MAX: usize = 20_000;

/// Alerts by incident, and incidents by alert.
#[derive(Debug, Default)]
pub struct Attached {
    by_incident: BTreeMap<IncidentId, BTreeMap<AlertId, bool>>,
    by_alert: BTreeMap<AlertId, BTreeSet<IncidentId>>,
}

impl Attached {
    /// Attaches; `false` if it was already, or if the incident has [`EVIDENCE_MAX`].
    pub fn insert(&mut self, evidence: Evidence) -> bool {
        let alerts = self.by_incident.entry(evidence.incident).or_default();
        if alerts.contains_key(&evidence.alert) || alerts.len() >= EVIDENCE_MAX {
            return false;
        }
        alerts.insert(evidence.alert, evidence.counted);
        self.by_alert.entry(evidence.alert).or_default().insert(evidence.incident);
        true
    }

    /// Alerts of an incident, in the order of their rows.
    pub fn alerts(&self, incident: IncidentId) -> impl Iterator<Item = AlertId> {
        self.by_incident.get(&incident).into_iter().flat_map(|alerts| alerts.keys().copied())
    }

    /// Alerts that counted for the rule, not only gathered ones.
    pub fn counted(&self, incident: IncidentId) -> impl Iterator<Item = AlertId> {
        let alerts = self.by_incident.get(&incident).into_iter().flatten();
        alerts.filter(|(_, counted)| **counted).map(|(alert, _)| *alert)
    }

    /// Whether this alert belongs to this incident.
    pub fn contains(&self, incident: IncidentId, alert: AlertId) -> bool {
        self.by_incident.get(&incident).is_some_and(|alerts| alerts.contains_key(&alert))
    }

    /// Incidents that this alert belongs to.
    pub fn incidents(&self, alert: AlertId) -> impl Iterator<Item = IncidentId> {
        self.by_alert.get(&alert).into_iter().flatten().copied()
    }

    /// Forgets a closed incident.
    pub fn forget(&mut self, incident: IncidentId) {
        for alert in self.by_incident.remove(&incident).unwrap_or_default().into_keys() {
            if let Some(incidents) = self.by_alert.get_mut(&alert) {
                incidents.remove(&incident);
                if incidents.is_empty() {
                    self.by_alert.remove(&alert);
                }
            }
        }
    }
}
