//! Which alerts belong to which incidents, and which of them are open.

use super::changes::Evidence;
use crate::ids::{AlertId, IncidentId};
use std::collections::{BTreeMap, BTreeSet};

/// Most alerts attached to one incident; a storm beyond it is counted by its rule, not kept one by one.
pub const EVIDENCE_MAX: usize = 20_000;

/// Alerts by incident, and incidents by alert.
#[derive(Debug, Default)]
pub struct Attached {
    by_incident: BTreeMap<IncidentId, Members>,
    by_alert: BTreeMap<AlertId, BTreeSet<IncidentId>>,
}

#[derive(Debug, Default)]
struct Members {
    all: BTreeSet<AlertId>,
    open: BTreeSet<AlertId>,
}

/// Whether an attached alert is known to fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fires {
    /// It does, muted or not.
    Yes,
    /// It is over.
    No,
}

impl Attached {
    /// Attaches; `false` if it was already, or if the incident has [`EVIDENCE_MAX`].
    pub fn insert(&mut self, evidence: Evidence) -> bool {
        let members = self.by_incident.entry(evidence.incident).or_default();
        if members.all.len() >= EVIDENCE_MAX || !members.all.insert(evidence.alert) {
            return false;
        }
        self.by_alert.entry(evidence.alert).or_default().insert(evidence.incident);
        true
    }

    /// Takes an alert away; `false` if it was not attached.
    pub fn remove(&mut self, incident: IncidentId, alert: AlertId) -> bool {
        let Some(members) = self.by_incident.get_mut(&incident) else { return false };
        members.open.remove(&alert);
        let was = members.all.remove(&alert);
        self.forget_alert(incident, alert);
        was
    }

    fn forget_alert(&mut self, incident: IncidentId, alert: AlertId) {
        let Some(incidents) = self.by_alert.get_mut(&alert) else { return };
        incidents.remove(&incident);
        if incidents.is_empty() {
            self.by_alert.remove(&alert);
        }
    }

    /// Notes whether an attached alert fires.
    pub fn set(&mut self, incident: IncidentId, alert: AlertId, fires: Fires) {
        let Some(members) = self.by_incident.get_mut(&incident).filter(|members| members.all.contains(&alert)) else {
            return;
        };
        match fires {
            Fires::Yes => members.open.insert(alert),
            Fires::No => members.open.remove(&alert),
        };
    }

    /// Alerts of an incident, in the order of their rows.
    pub fn alerts(&self, incident: IncidentId) -> impl Iterator<Item = AlertId> {
        self.by_incident.get(&incident).into_iter().flat_map(|members| members.all.iter().copied())
    }

    /// Alerts of an incident, open ones first.
    pub fn open_first(&self, incident: IncidentId) -> impl Iterator<Item = AlertId> {
        self.by_incident.get(&incident).into_iter().flat_map(|members| {
            let over = members.all.iter().filter(|alert| !members.open.contains(alert));
            members.open.iter().chain(over).copied()
        })
    }

    /// How many are known to fire, and how many there are.
    pub fn count(&self, incident: IncidentId) -> (usize, usize) {
        self.by_incident.get(&incident).map_or((0, 0), |members| (members.open.len(), members.all.len()))
    }

    /// Whether this alert belongs to this incident.
    pub fn contains(&self, incident: IncidentId, alert: AlertId) -> bool {
        self.by_incident.get(&incident).is_some_and(|members| members.all.contains(&alert))
    }

    /// Incidents that this alert belongs to.
    pub fn incidents(&self, alert: AlertId) -> impl Iterator<Item = IncidentId> {
        self.by_alert.get(&alert).into_iter().flatten().copied()
    }

    /// Forgets a closed incident.
    pub fn forget(&mut self, incident: IncidentId) {
        for alert in self.by_incident.remove(&incident).unwrap_or_default().all {
            self.forget_alert(incident, alert);
        }
    }
}
