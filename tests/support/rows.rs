//! The rows of a store, in memory: what the engine would find after a restart.

use chrono::{DateTime, Utc};
use domain::alert::{Alert, Pairs};
use domain::audit::{Head, Sealed};
use domain::directory::Directory;
use domain::engine::state::{REMEMBER_ANSWERS, REMEMBER_CLOSED};
use domain::engine::{Answer, BeatRow, Changes, Evidence, Loaded, Shadow};
use domain::ids::{AlertId, IncidentId, InputSeq};
use domain::incident::{Entry, Incident};
use domain::policy::PolicySource;
use domain::rules::eval::HoldRow;
use std::collections::BTreeMap;

/// Everything that was committed.
#[derive(Default, Clone)]
pub struct Rows {
    position: InputSeq,
    at: Option<DateTime<Utc>>,
    began_at: Option<DateTime<Utc>>,
    alerts: BTreeMap<AlertId, Alert>,
    incidents: BTreeMap<IncidentId, Incident>,
    evidence: Vec<Evidence>,
    holds: BTreeMap<(String, Pairs), HoldRow>,
    pub shadows: BTreeMap<u64, Shadow>,
    beats: BTreeMap<String, BeatRow>,
    answers: Vec<Answer>,
    policy: Option<PolicySource>,
    directory: Option<Directory>,
    audit: Head,
    last_incident: u64,
    last_alert: u64,
    last_delivery: u64,
    pub entries: Vec<Entry>,
}

impl Rows {
    /// Commits.
    pub fn absorb(&mut self, changes: &Changes) {
        assert!(changes.position >= self.position, "commits go forward");
        self.position = changes.position;
        self.at = changes.at;
        self.began_at = self.began_at.or(changes.began_at);
        for (id, alert) in &changes.alerts {
            self.last_alert = self.last_alert.max(id.0);
            match alert {
                Some(alert) => drop(self.alerts.insert(*id, alert.clone())),
                None => drop(self.alerts.remove(id)),
            }
        }
        self.incidents.extend(changes.incidents.clone());
        self.incidents.retain(|id, _| !changes.deleted.contains_key(id));
        self.last_incident = self.last_incident.max(changes.numbers_given);
        self.last_incident = self.last_incident.max(changes.incidents.keys().next_back().map_or(0, |id| id.0));
        self.evidence.retain(|evidence| !changes.detached.contains(&(evidence.incident, evidence.alert)));
        self.evidence.extend(&changes.evidence);
        for (key, row) in &changes.holds {
            match row {
                Some(row) => drop(self.holds.insert(key.clone(), row.clone())),
                None => drop(self.holds.remove(key)),
            }
        }
        self.shadows.extend(changes.shadows.clone());
        for (name, row) in &changes.beats {
            match row {
                Some(row) => drop(self.beats.insert(name.clone(), row.clone())),
                None => drop(self.beats.remove(name)),
            }
        }
        for answer in &changes.answers {
            let known = self.answers.iter().any(|a| a.key == answer.key && a.at + REMEMBER_ANSWERS > answer.at);
            if !known {
                self.answers.push(answer.clone());
            }
        }
        if let Some(policy) = &changes.policy {
            self.policy = Some(PolicySource::clone(policy));
        }
        if let Some(directory) = &changes.directory {
            self.directory = Some(Directory::clone(directory));
        }
        if let Some(delivery) = changes.deliveries.last() {
            self.last_delivery = delivery.id.0;
        }
        self.audit = changes.audit.last().map_or(self.audit, Sealed::head);
        self.entries.extend(changes.entries.clone());
    }

    /// An incident, however long ago it ended.
    pub fn incident(&self, id: IncidentId) -> Option<Incident> {
        self.incidents.get(&id).cloned()
    }

    /// Incidents, newest first.
    pub fn incidents(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.values().rev()
    }

    /// What a start would find.
    pub fn loaded(&self, now: DateTime<Utc>) -> Loaded {
        let lately = |incident: &Incident| incident.stage.closed_at().is_none_or(|at| at + REMEMBER_CLOSED > now);
        let remembered = |incident: &&Incident| lately(incident) || incident.has_left();
        let incidents: Vec<Incident> = self.incidents.values().filter(remembered).cloned().collect();
        let of_those = |e: &&Evidence| incidents.iter().any(|incident| incident.id == e.incident);
        Loaded {
            position: self.position,
            at: self.at,
            began_at: self.began_at,
            alerts: self.alerts.values().cloned().collect(),
            evidence: self.evidence.iter().filter(of_those).copied().collect(),
            holds: self.holds.values().cloned().collect(),
            shadows: self.shadows.values().cloned().collect(),
            last_shadow: self.shadows.keys().next_back().copied().unwrap_or_default(),
            beats: self.beats.values().cloned().collect(),
            answers: self
                .answers
                .iter()
                .filter(|answer| answer.key.is_some() && Some(answer.at + REMEMBER_ANSWERS) > self.at)
                .cloned()
                .collect(),
            policy: self.policy.clone(),
            directory: self.directory.clone(),
            audit: self.audit,
            last_incident: self.last_incident,
            last_alert: self.last_alert,
            last_delivery: self.last_delivery,
            incidents,
        }
    }
}
