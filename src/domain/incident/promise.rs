//! Promises: whoever is told something is told when they hear more. What was said stays said: a promise is part of the
//! fact that made it, and no other configuration moves it later.

use super::{Fact, Incident, Severity};
use crate::policy::Timing;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// A critical incident promises sooner updates in this time after its declaration; after it, all promise later ones.
const FIRST_HOURS: TimeDelta = TimeDelta::hours(2);

/// That an update comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// By when.
    pub by: DateTime<Utc>,
}

/// How long people wait for the next update after what is said at this time, if nobody says otherwise. `None`: nothing
/// is promised.
pub fn wait(severity: Severity, opened_at: DateTime<Utc>, at: DateTime<Utc>, timing: &Timing) -> Option<TimeDelta> {
    let wait = match (at - opened_at < FIRST_HOURS, severity) {
        (true, Severity::Critical) => timing.promise_critical,
        (true, Severity::Major | Severity::Minor) => timing.promise,
        (false, _) => timing.promise_later,
    };
    Some(wait.delta()).filter(|wait| !wait.is_zero())
}

/// Whether an update of this time keeps what was promised. In the last moment it is missed already.
pub fn keeps(promised: Option<DateTime<Utc>>, at: DateTime<Utc>) -> bool {
    promised.is_some_and(|by| at < by)
}

impl Incident {
    /// The promise that waits to be kept, or was missed and not made anew. Nothing is promised of what is over.
    pub fn promised(&self) -> Option<Promise> {
        self.room.promises.promised.filter(|_| self.stage.is_open())
    }
}

/// The fact with the promise that goes with it: what tells everyone says when they hear more. `incident` is as it stands
/// before; `None` if this declares it.
pub fn with_promise(mut fact: Fact, incident: Option<&Incident>, at: DateTime<Utc>, timing: &Timing) -> Fact {
    let by = made_by(&fact, incident, at, timing);
    if let Fact::Declared { next_by, .. }
    | Fact::Confirmed { next_by, .. }
    | Fact::Severity { next_by, .. }
    | Fact::Reopened { next_by, .. } = &mut fact
    {
        *next_by = next_by.or(by);
    }
    fact
}

fn made_by(fact: &Fact, incident: Option<&Incident>, at: DateTime<Utc>, timing: &Timing) -> Option<DateTime<Utc>> {
    let opened_at = incident.map_or(at, |incident| incident.opened_at);
    match (fact, incident) {
        (Fact::Declared { severity, .. }, _) => wait(*severity, at, at, timing).map(|wait| at + wait),
        (Fact::Reopened { .. }, Some(incident)) => wait(incident.severity, at, at, timing).map(|wait| at + wait),
        (Fact::Confirmed { .. }, Some(incident)) => {
            wait(incident.severity, opened_at, at, timing).map(|wait| at + wait)
        }
        // Worse than thought: people hear of it sooner than they were told. A promise that has passed is not mended by it.
        (Fact::Severity { from, to, .. }, Some(incident)) if to > from => {
            let before = incident.promised().filter(|promise| promise.by > at)?;
            let sooner = at + wait(*to, opened_at, at, timing)?;
            (sooner < before.by).then_some(sooner)
        }
        _ => None,
    }
}
