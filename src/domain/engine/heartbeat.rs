//! Heartbeats: alerts that must be heard of again and again. After two intervals of silence the engine raises an alert of
//! its own; the next beat ends it. What was missed while we were down or asleep is not counted.

use super::changes::{BeatRow, Changes};
use super::state::State;
use super::timers::Timer;
use super::turn::Turn;
use crate::alert::matcher::MatcherText;
use crate::alert::{Alert, Batch, Fingerprint, OWN_SOURCE, Observation, Pairs, SourceName, Status};
use crate::duration::Duration;
use crate::policy::Heartbeat;
use crate::policy::watchdog::{HEARTBEAT_LABEL, HEARTBEAT_MISSING};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;
use std::sync::Arc;

impl State {
    /// Sets the clocks of all heartbeats; after a start, and when they are configured anew.
    pub(super) fn set_beat_timers(&mut self) {
        let names: Vec<String> = self.beats.keys().cloned().collect();
        names.iter().for_each(|name| self.set_beat_timer(name));
    }

    fn set_beat_timer(&mut self, name: &str) {
        let due = self.beat_due(name);
        self.timers.set(Timer::Heartbeat(name.to_owned()), due);
    }

    fn beat_due(&self, name: &str) -> Option<DateTime<Utc>> {
        let row = self.beats.get(name).filter(|row| !row.missing)?;
        Some(row.silent_from + self.patience(name)?)
    }

    // One beat may be lost, or late.
    fn patience(&self, name: &str) -> Option<TimeDelta> {
        let heartbeat = self.policy.source.heartbeats.iter().find(|heartbeat| heartbeat.name == name)?;
        Some(heartbeat.interval.delta() * 2)
    }

    /// We start: beats that came meanwhile were heard by nobody.
    pub(super) fn forgive_all(&mut self, at: DateTime<Utc>, changes: &mut Changes) {
        let names: Vec<String> = self.beats.keys().cloned().collect();
        names.iter().for_each(|name| self.forgive(name, at, changes));
    }

    /// A deadline that passed long ago without anybody looking: the machine slept, or its clock jumped. A clock that runs
    /// looks when it is due.
    pub(super) fn forgive_gaps(&mut self, at: DateTime<Utc>, changes: &mut Changes) {
        if self.beats.is_empty() {
            return;
        }
        let slept = |name: &&String| {
            let late = self.patience(name).map(|patience| patience / 2);
            self.beat_due(name).zip(late).is_some_and(|(due, late)| due + late < at)
        };
        let names: Vec<String> = self.beats.keys().filter(slept).cloned().collect();
        names.iter().for_each(|name| self.forgive(name, at, changes));
    }

    fn forgive(&mut self, name: &str, at: DateTime<Utc>, changes: &mut Changes) {
        if let Some(row) = self.beats.get_mut(name).filter(|row| !row.missing && row.silent_from < at) {
            row.silent_from = at;
            changes.beats.insert(name.to_owned(), Some(row.clone()));
        }
        self.set_beat_timer(name);
    }
}

impl Turn<'_> {
    /// A message may carry a beat.
    pub(super) fn hear_beats(&mut self, batch: &Batch) {
        let policy = Arc::clone(&self.state.policy);
        for heartbeat in &policy.source.heartbeats {
            let firing = batch.observations.iter().filter(|seen| seen.status == Status::Firing);
            if firing.into_iter().any(|seen| is_beat(heartbeat, &seen.labels)) {
                self.beat(&heartbeat.name);
            }
        }
    }

    fn beat(&mut self, name: &str) {
        let Some(row) = self.state.beats.get_mut(name) else { return };
        let was_missing = std::mem::take(&mut row.missing);
        row.last = Some(self.at);
        row.silent_from = self.at;
        self.out.beats.insert(name.to_owned(), Some(row.clone()));
        self.state.set_beat_timer(name);
        if was_missing {
            self.tell_table(name, Status::Resolved, Pairs::default());
        }
    }

    /// Nothing was heard of it for too long.
    pub(super) fn beat_missing(&mut self, name: &str) {
        let Some(row) = self.state.beats.get_mut(name) else { return };
        row.missing = true;
        self.out.beats.insert(name.to_owned(), Some(row.clone()));
        let silent = Duration::between(row.last.unwrap_or(row.known_since), self.at).rough();
        let summary = format!("no {name} for {silent}: monitoring is blind");
        self.tell_table(name, Status::Firing, Pairs::new([("summary", summary)]));
    }

    /// Heartbeats are configured anew: those that are gone are missed no more.
    pub(super) fn beats_changed(&mut self) {
        let policy = Arc::clone(&self.state.policy);
        let names: BTreeSet<&str> = policy.source.heartbeats.iter().map(|heartbeat| heartbeat.name.as_str()).collect();
        let gone: Vec<String> =
            self.state.beats.keys().filter(|name| !names.contains(name.as_str())).cloned().collect();
        for name in gone {
            let row = self.state.beats.remove(&name);
            self.out.beats.insert(name.clone(), None);
            self.state.timers.set(Timer::Heartbeat(name.clone()), None);
            if row.is_some_and(|row| row.missing) {
                self.tell_table(&name, Status::Resolved, Pairs::default());
            }
        }
        for name in names {
            if !self.state.beats.contains_key(name) {
                let row = BeatRow {
                    name: name.to_owned(),
                    known_since: self.at,
                    last: None,
                    silent_from: self.at,
                    missing: false,
                };
                self.out.beats.insert(name.to_owned(), Some(row.clone()));
                self.state.beats.insert(name.to_owned(), row);
            }
        }
        self.state.set_beat_timers();
    }

    // Our own alert goes the way of all others.
    fn tell_table(&mut self, name: &str, status: Status, annotations: Pairs) {
        // No severity: a rule for all that is critical would declare it beside the one that knows what it means.
        let labels = Pairs::labels([("alertname", HEARTBEAT_MISSING), (HEARTBEAT_LABEL, name)]);
        let source = SourceName::from(OWN_SOURCE);
        let fingerprint = Fingerprint::of(&labels);
        let key = crate::alert::AlertKey { source: source.clone(), fingerprint };
        let known = self.state.alerts.by_key(&key);
        let observation = Observation {
            status,
            fingerprint,
            annotations: known
                .filter(|_| annotations.is_empty())
                .map_or(annotations, |alert| alert.annotations.clone()),
            starts_at: match status {
                Status::Firing => Some(self.at),
                Status::Resolved => known.map(|alert: &Alert| alert.starts_at),
            },
            ends_at: (status == Status::Resolved).then_some(self.at),
            generator_url: "".into(),
            labels,
        };
        let batch = Batch { source, group: None, truncated: 0, observations: vec![observation] };
        let timing = self.state.policy.source.timing.clone();
        let taken = self.state.alerts.take(&batch, self.at, &timing);
        self.alerts_changed(taken);
    }
}

fn is_beat(heartbeat: &Heartbeat, labels: &Pairs) -> bool {
    heartbeat.matchers.iter().flat_map(MatcherText::matchers).all(|matcher| matcher.matches_labels(labels))
}
