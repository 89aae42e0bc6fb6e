//! What fires now, counted.

use super::slot::Items;
use crate::alert::{Alert, Pairs};
use crate::ids::AlertId;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// The alerts that count in one slot of one subject; adding and taking away cost the same however many there are.
#[derive(Debug, Clone)]
pub(in crate::rules) struct Firing {
    alerts: BTreeMap<AlertId, DateTime<Utc>>,
    counted: Counted,
}

// What is counted, by start.
#[derive(Debug, Clone)]
enum Counted {
    Alerts(BTreeSet<(DateTime<Utc>, AlertId)>),
    Tuples {
        /// Names of the labels.
        of: Box<[String]>,
        /// Each with the start of its first alert.
        starts: BTreeSet<(DateTime<Utc>, Pairs)>,
        alerts: BTreeMap<Pairs, BTreeSet<(DateTime<Utc>, AlertId)>>,
    },
}

impl Firing {
    /// Nothing yet.
    pub fn new(items: &Items) -> Self {
        let counted = match items {
            // An alert fires in one episode at a time.
            Items::Alerts | Items::Episodes => Counted::Alerts(BTreeSet::new()),
            Items::Distinct(of) => Counted::Tuples { of: of.clone(), starts: BTreeSet::new(), alerts: BTreeMap::new() },
        };
        Self { alerts: BTreeMap::new(), counted }
    }

    /// Counts this alert, from its start; again is no change, with another start it is another episode.
    pub fn add(&mut self, alert: &Alert) {
        let known = self.alerts.insert(alert.id, alert.starts_at);
        if known == Some(alert.starts_at) {
            return;
        }
        if let Some(start) = known {
            self.counted.remove(alert, start);
        }
        self.counted.add(alert);
    }

    /// Counts it no more.
    pub fn remove(&mut self, alert: &Alert) {
        if let Some(start) = self.alerts.remove(&alert.id) {
            self.counted.remove(alert, start);
        }
    }

    pub fn has(&self, alert: AlertId) -> bool {
        self.alerts.contains_key(&alert)
    }

    pub fn alerts(&self) -> impl Iterator<Item = AlertId> {
        self.alerts.keys().copied()
    }

    pub fn len(&self) -> usize {
        match &self.counted {
            Counted::Alerts(starts) => starts.len(),
            Counted::Tuples { starts, .. } => starts.len(),
        }
    }

    pub fn start(&self, place: usize) -> Option<DateTime<Utc>> {
        match &self.counted {
            Counted::Alerts(starts) => starts.iter().nth(place).map(|(start, _)| *start),
            Counted::Tuples { starts, .. } => starts.iter().nth(place).map(|(start, _)| *start),
        }
    }
}

impl Counted {
    fn add(&mut self, alert: &Alert) {
        let item = (alert.starts_at, alert.id);
        self.change(alert, |alerts| {
            alerts.insert(item);
        });
    }

    fn remove(&mut self, alert: &Alert, start: DateTime<Utc>) {
        let item = (start, alert.id);
        self.change(alert, |alerts| {
            alerts.remove(&item);
        });
    }

    fn change(&mut self, alert: &Alert, change: impl FnOnce(&mut BTreeSet<(DateTime<Utc>, AlertId)>)) {
        match self {
            Self::Alerts(alerts) => change(alerts),
            Self::Tuples { of, starts, alerts } => {
                let tuple = alert.labels.only(of);
                let group = alerts.entry(tuple.clone()).or_default();
                let before = group.first().map(|(start, _)| *start);
                change(group);
                let after = group.first().map(|(start, _)| *start);
                if after.is_none() {
                    alerts.remove(&tuple);
                }
                if before == after {
                    return;
                }
                if let Some(before) = before {
                    starts.remove(&(before, tuple.clone()));
                }
                if let Some(after) = after {
                    starts.insert((after, tuple));
                }
            }
        }
    }
}
