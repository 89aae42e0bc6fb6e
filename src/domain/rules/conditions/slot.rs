//! Where alerts are counted: what counts there, and what does now.

use super::firing::Firing;
use super::within::Window;
use crate::alert::{Alert, AlertState};
use crate::duration::Duration;
use crate::ids::AlertId;
use crate::rules::matching::TestIx;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// What is counted in one place. Leaves that ask for the same share it, whatever number they ask for.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::rules) struct Slot {
    /// Matchers.
    pub tests: Vec<TestIx>,
    pub(super) items: Items,
    pub(super) silenced: Silenced,
    /// How far back, if not only now.
    pub within: Option<Duration>,
}

/// What is one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rules) enum Items {
    /// Each alert.
    Alerts,
    /// Each distinct set of values of these labels.
    Distinct(Box<[String]>),
    /// Each time that an alert fires.
    Episodes,
}

/// Whether alerts count that a silence or an inhibition mutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rules) enum Silenced {
    /// They do.
    Count,
    /// They do not.
    Ignored,
}

/// What counts in one slot of one subject.
#[derive(Debug, Clone)]
pub(in crate::rules) enum Count {
    /// Alerts that fire.
    Firing(Firing),
    /// Those that were firing within a time, too.
    Within(Box<Window>),
}

impl Slot {
    /// Counts nothing yet.
    pub fn count(&self) -> Count {
        match self.within {
            None => Count::Firing(Firing::new(&self.items)),
            Some(within) => Count::Within(Box::new(Window::new(within, &self.items))),
        }
    }

    /// Whether an alert that matches fires, as this slot sees it.
    pub fn fires(&self, alert: &Alert) -> bool {
        match &alert.state {
            AlertState::Firing => true,
            AlertState::Muted { .. } => self.silenced == Silenced::Count,
            AlertState::Unreported { .. } | AlertState::Resolved { .. } => false,
        }
    }

    /// Whether an alert that matches counts at this time.
    pub fn takes(&self, alert: &Alert, at: DateTime<Utc>) -> bool {
        self.fires(alert) || self.past(alert, at).next().is_some()
    }

    // Starts and ends of what is over, and counts still.
    fn past(&self, alert: &Alert, at: DateTime<Utc>) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> {
        let within = self.within.map(Duration::delta);
        let counts = move |muted: bool| !muted || self.silenced == Silenced::Count;
        let spans = alert.past.iter().filter(move |span| counts(span.muted));
        let reaches = move |until: DateTime<Utc>| within.is_some_and(|within| until + within > at);
        spans.filter(move |span| reaches(span.until)).map(|span| (span.starts_at, span.until))
    }

    // By start of the episode: its end, or none while it fires.
    fn spans(&self, alert: &Alert, at: DateTime<Utc>) -> BTreeMap<DateTime<Utc>, Option<DateTime<Utc>>> {
        let mut spans = BTreeMap::new();
        for (start, until) in self.past(alert, at) {
            let known = spans.entry(start).or_insert(Some(until));
            *known = (*known).max(Some(until));
        }
        if self.fires(alert) {
            spans.insert(alert.starts_at, None);
        }
        spans
    }
}

impl Count {
    /// What an alert that matches says now; again is no change.
    pub fn set(&mut self, slot: &Slot, alert: &Alert, at: DateTime<Utc>) {
        match self {
            Self::Firing(firing) if slot.fires(alert) => firing.add(alert),
            Self::Firing(firing) => firing.remove(alert),
            Self::Within(window) => window.set(alert, slot.spans(alert, at)),
        }
    }

    /// Forgets what no longer counts at this time.
    pub fn expire(&mut self, at: DateTime<Utc>) {
        if let Self::Within(window) = self {
            window.expire(at);
        }
    }

    /// Whether it holds nothing that [`Count::expire`] would forget.
    pub fn is_current(&self, at: DateTime<Utc>) -> bool {
        match self {
            Self::Firing(_) => true,
            Self::Within(window) => window.is_current(at),
        }
    }

    /// Whether this alert counts here.
    pub fn has(&self, alert: AlertId) -> bool {
        match self {
            Self::Firing(firing) => firing.has(alert),
            Self::Within(window) => window.has(alert),
        }
    }

    /// Whether no alert counts here.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether an alert that counts here fires now.
    pub fn fires(&self) -> bool {
        match self {
            Self::Firing(firing) => firing.len() > 0,
            Self::Within(window) => window.fires(),
        }
    }

    /// The alerts that count, in the order of their rows.
    pub fn alerts(&self) -> Box<dyn Iterator<Item = AlertId> + '_> {
        match self {
            Self::Firing(firing) => Box::new(firing.alerts()),
            Self::Within(window) => Box::new(window.alerts()),
        }
    }

    /// How many items there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Firing(firing) => firing.len(),
            Self::Within(window) => window.len(),
        }
    }

    /// When there were more than `place` items.
    pub(super) fn start(&self, place: usize) -> Option<DateTime<Utc>> {
        match self {
            Self::Firing(firing) => firing.start(place),
            Self::Within(window) => window.start(place),
        }
    }

    /// When it should be asked again whether there are this many, if no alert changes before.
    pub(super) fn next(&self, at_least: usize) -> Option<DateTime<Utc>> {
        match self {
            Self::Firing(_) => None,
            Self::Within(window) => window.next(at_least),
        }
    }
}
