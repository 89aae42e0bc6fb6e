//! What time alone does to alerts.

use super::episode::Effect;
use super::{Table, Taken, episode, index};
use crate::alert::{Alert, AlertState, ResolvedBecause};
use crate::ids::AlertId;
use crate::incident::entry::Change;
use crate::policy::Timing;
use chrono::{DateTime, Utc};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Deadline {
    // A contest is over, or an `endsAt` passed.
    Exact,
    Stale,
    Forget,
}

impl Table {
    /// When the next alert changes by itself; first of three sorted sets, whatever the number of alerts.
    pub fn next_due(&self, timing: &Timing) -> Option<DateTime<Utc>> {
        self.next(timing).map(|(due, _, _)| due)
    }

    /// Does what is due by now, in the order of the deadlines: contested ends become firing again; alerts end that are
    /// past their `endsAt`, or were not heard of for `alert_timeout`; what is long over is forgotten.
    pub fn due(&mut self, at: DateTime<Utc>, timing: &Timing) -> Taken {
        let mut taken = Taken::default();
        while let Some((due, deadline, id)) = self.next(timing).filter(|(due, _, _)| *due <= at) {
            let effect = match deadline {
                Deadline::Exact => self.replace(id, |alert| exact(alert, due)),
                Deadline::Stale => self.replace(id, |alert| over(alert, due, ResolvedBecause::Stale)),
                Deadline::Forget => {
                    self.forget(id);
                    taken.forgotten.push(id);
                    None
                }
            };
            // No number that people judge us by counts practice.
            let is_drill = self.get(id).is_some_and(Alert::is_drill);
            match effect {
                Some(effect) if is_drill => taken.tell(id, effect),
                Some(effect) => taken.note(id, effect),
                None => {}
            }
        }
        // A row that is deleted is not written before.
        taken.forgotten.sort_unstable();
        let forgotten = &taken.forgotten;
        taken.changed.retain(|id| forgotten.binary_search(id).is_err());
        taken.tidied()
    }

    fn next(&self, timing: &Timing) -> Option<(DateTime<Utc>, Deadline, AlertId)> {
        let after = |wait: crate::duration::Duration, deadline| {
            move |(at, id): (DateTime<Utc>, AlertId)| (at + wait.delta(), deadline, id)
        };
        let exact = self.index.first_exact().map(|(at, id)| (at, Deadline::Exact, id));
        let stale = self.index.first_heard().map(after(timing.alert_timeout, Deadline::Stale));
        let forget = self.index.first_over().map(after(timing.forget_resolved, Deadline::Forget));
        [exact, stale, forget].into_iter().flatten().min()
    }

    fn forget(&mut self, id: AlertId) {
        let Some(alert) = self.alerts.remove(&id) else { return };
        let (source, _) = self.source(&alert.key.source);
        self.by_key.remove(&(source, alert.key.fingerprint));
        self.index.remove(id, index::places(source, &alert, self.pins.contains_key(&id)));
    }
}

fn exact(alert: &mut Alert, due: DateTime<Utc>) -> Effect {
    let AlertState::Resolved { ends_at, because, .. } = alert.state else {
        return over(alert, due, ResolvedBecause::Expired);
    };
    alert.last_seen = due;
    // Nobody says any more that it fires.
    if alert.expires_at.is_some_and(|end| end <= due) {
        alert.expires_at = None;
        alert.state = episode::resolved(ends_at, because);
        return Effect::Kept;
    }
    alert.state = AlertState::Firing;
    Effect::Changed(Change::Firing)
}

fn over(alert: &mut Alert, due: DateTime<Utc>, because: ResolvedBecause) -> Effect {
    alert.state = episode::resolved(due, because);
    alert.expires_at = None;
    alert.last_seen = due;
    Effect::Changed(Change::Resolved(because))
}
