//! Deadlines, one per subject and per incident: the earliest fires first, ties in a fixed order.

use crate::ids::IncidentId;
use crate::rules::Subject;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// Who waits for a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// A `for` of a rule.
    Subject(Subject),
    /// Something an incident is due for.
    Incident(IncidentId),
    /// A heartbeat is missing then.
    Heartbeat(String),
    /// Action items that are late are told then.
    Actions,
}

/// All deadlines.
#[derive(Debug, Default)]
pub struct Timers {
    queue: BTreeSet<(DateTime<Utc>, Timer)>,
    set: BTreeMap<Timer, DateTime<Utc>>,
}

impl Timers {
    /// Sets, moves or (with `None`) clears the one deadline of a timer.
    pub fn set(&mut self, timer: Timer, at: Option<DateTime<Utc>>) {
        if self.set.get(&timer).copied() == at {
            return;
        }
        if let Some(before) = self.set.remove(&timer) {
            self.queue.remove(&(before, timer.clone()));
        }
        if let Some(at) = at {
            self.set.insert(timer.clone(), at);
            self.queue.insert((at, timer));
        }
    }

    /// The deadline of a timer.
    pub fn of(&self, timer: &Timer) -> Option<DateTime<Utc>> {
        self.set.get(timer).copied()
    }

    /// The earliest deadline.
    pub fn next(&self) -> Option<DateTime<Utc>> {
        self.queue.first().map(|(at, _)| *at)
    }

    /// Takes the earliest timer that is due at this time.
    pub fn pop(&mut self, now: DateTime<Utc>) -> Option<Timer> {
        if self.next()? > now {
            return None;
        }
        let (_, timer) = self.queue.pop_first()?;
        self.set.remove(&timer);
        Some(timer)
    }

    /// Forgets the timers of all rules; their subjects are numbered anew.
    pub fn clear_subjects(&mut self) {
        self.queue.retain(|(_, timer)| !matches!(timer, Timer::Subject(_)));
        self.set.retain(|timer, _| !matches!(timer, Timer::Subject(_)));
    }
}
