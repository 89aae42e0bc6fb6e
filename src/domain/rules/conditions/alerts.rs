//! `alerts`: at least so many alerts, or distinct values of their labels, match and count.

use super::Sight;
use crate::alert::{Alert, Pairs};
use crate::ids::AlertId;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// The leaf: how many of what stands in a slot.
#[derive(Debug)]
pub(in crate::rules) struct Alerts {
    pub(super) slot: usize,
    pub(super) at_least: usize,
    pub(super) distinct: Vec<String>,
    /// Its matchers as written.
    pub(super) matchers: String,
}

impl Alerts {
    /// Where its alerts are counted.
    pub(super) fn slot(&self) -> usize {
        self.slot
    }

    /// Since the start of the alert that made them enough, whenever we heard of it: waits of Alertmanager and our
    /// restarts cost nothing.
    pub(super) fn true_from(&self, sight: &Sight<'_>) -> Option<DateTime<Utc>> {
        sight.counts[self.slot].start(self.at_least - 1)
    }

    pub(super) fn explain(&self, sight: &Sight<'_>) -> String {
        let counted = sight.counts[self.slot].len();
        let needed = self.at_least;
        let one = if self.distinct.is_empty() { "alert".to_owned() } else { self.distinct.join(", ") };
        let many = if self.distinct.is_empty() { "alerts".to_owned() } else { format!("distinct {one}") };
        let matchers = &self.matchers;
        match (counted, needed) {
            (0, 1) => format!("no {one} matches {matchers}"),
            (1, 1) => format!("1 {one} matches {matchers}"),
            (_, 1) => format!("{counted} {many} match {matchers}"),
            // `7 of 2` would read like a fault.
            _ if counted > needed => format!("{counted} {many} match {matchers} ({needed} needed)"),
            _ => format!("{counted} of {needed} {many} match {matchers}"),
        }
    }
}

/// The alerts that count in one slot of one subject; adding and taking away cost the same however many there are.
#[derive(Debug)]
pub(in crate::rules) struct Count {
    alerts: BTreeMap<AlertId, DateTime<Utc>>,
    items: Items,
}

// What is counted, by start.
#[derive(Debug)]
enum Items {
    Alerts(BTreeSet<(DateTime<Utc>, AlertId)>),
    Tuples {
        /// Names of the labels.
        of: Box<[String]>,
        /// Each with the start of its first alert.
        starts: BTreeSet<(DateTime<Utc>, Pairs)>,
        alerts: BTreeMap<Pairs, BTreeSet<(DateTime<Utc>, AlertId)>>,
    },
}

impl Count {
    /// Nothing yet; counts alerts, or distinct values of these labels.
    pub fn new(distinct: &[String]) -> Self {
        let items = if distinct.is_empty() {
            Items::Alerts(BTreeSet::new())
        } else {
            Items::Tuples { of: distinct.into(), starts: BTreeSet::new(), alerts: BTreeMap::new() }
        };
        Self { alerts: BTreeMap::new(), items }
    }

    /// Counts this alert, from its start; again is no change, with another start it is another episode.
    pub fn add(&mut self, alert: &Alert) {
        let known = self.alerts.insert(alert.id, alert.starts_at);
        if known == Some(alert.starts_at) {
            return;
        }
        if let Some(start) = known {
            self.items.remove(alert, start);
        }
        self.items.add(alert);
    }

    /// Counts it no more.
    pub fn remove(&mut self, alert: &Alert) {
        if let Some(start) = self.alerts.remove(&alert.id) {
            self.items.remove(alert, start);
        }
    }

    /// Whether this alert counts here.
    pub fn has(&self, alert: AlertId) -> bool {
        self.alerts.contains_key(&alert)
    }

    /// Whether no alert counts here.
    pub fn is_empty(&self) -> bool {
        self.alerts.is_empty()
    }

    /// Those that count, in the order of their rows.
    pub fn alerts(&self) -> impl Iterator<Item = AlertId> {
        self.alerts.keys().copied()
    }

    // How many items there are.
    fn len(&self) -> usize {
        match &self.items {
            Items::Alerts(starts) => starts.len(),
            Items::Tuples { starts, .. } => starts.len(),
        }
    }

    // When there were more than `place` items.
    fn start(&self, place: usize) -> Option<DateTime<Utc>> {
        match &self.items {
            Items::Alerts(starts) => starts.iter().nth(place).map(|(start, _)| *start),
            Items::Tuples { starts, .. } => starts.iter().nth(place).map(|(start, _)| *start),
        }
    }
}

impl Items {
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
