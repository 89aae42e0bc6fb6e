//! Changed alerts of an incident: counted at once, told in the timeline and to people at a pace they can read.

use super::attached::{EVIDENCE_MAX, Fires};
use super::claims::Stand;
use super::turn::Turn;
use crate::alert::{Alert, AlertState};
use crate::ids::{AlertId, IncidentId};
use crate::incident::due::{self, SAY_EVERY};
use crate::incident::entry::{ALERTS_NAMED_MAX, AlertChange, AlertsChanged, Change};
use crate::incident::{Actor, Fact, Incident};

impl Turn<'_> {
    /// Counts what happened to the alerts of each incident, and says it where it is time to.
    pub(super) fn settle_alerts(&mut self) {
        for (id, changes) in std::mem::take(&mut self.news) {
            for (alert, _) in &changes {
                let open = self.state.alerts.get(*alert).is_some_and(|alert| alert.state.is_open());
                self.state.attached.set(id, *alert, if open { Fires::Yes } else { Fires::No });
            }
            self.changed.insert(id);
            self.weighed.insert(id);
            match self.count(id) {
                Some(before) => self.say(id, &changes, before),
                // Its timeline is closed; should it be reopened, they are said then.
                None => self.leave_unsaid(id, changes.len()),
            }
        }
    }

    // Updates the tally; says how it was before, for an open incident.
    fn count(&mut self, id: IncidentId) -> Option<Clear> {
        let (firing, alerts) = self.state.attached.count(id);
        let truncated = self.truncated;
        let incident = self.state.incidents.get_mut(&id)?;
        incident.tally.firing = u32::try_from(firing).unwrap_or(u32::MAX);
        incident.tally.alerts = u32::try_from(alerts).unwrap_or(u32::MAX);
        // Whatever is beyond the limit fires uncounted.
        incident.tally.truncated |= truncated || alerts >= EVIDENCE_MAX;
        let was = if incident.clear_since.is_some() { Clear::Yes } else { Clear::No };
        incident.stage.is_open().then_some(was)
    }

    fn say(&mut self, id: IncidentId, changes: &[(AlertId, Change)], before: Clear) {
        let Some(incident) = self.state.incidents.get(&id) else { return };
        let declared_now = incident.opened_at == self.at;
        let is_clear = self.is_clear(incident);
        let turned = matches!((before, is_clear), (Clear::No, Clear::Yes) | (Clear::Yes, Clear::No));
        let pause_over = incident.tally.said_at.is_none_or(|said_at| said_at + SAY_EVERY <= self.at);
        if !(turned || pause_over || declared_now) {
            self.leave_unsaid(id, changes.len());
            self.tally(id, |tally| tally.untold = true);
            return;
        }
        self.record_alerts(id, changes);
        if !declared_now {
            self.tally(id, |tally| tally.untold = true);
        }
        // Once it is clear, the end of it is the next thing to tell.
        if !matches!((before, is_clear), (Clear::No, Clear::Yes)) {
            // What is due to be told is told with this entry, not a moment later by itself.
            self.tell_if_due(id);
        }
    }

    fn leave_unsaid(&mut self, id: IncidentId, changes: usize) {
        let changes = u32::try_from(changes).unwrap_or(u32::MAX);
        self.tally(id, |tally| tally.unsaid = tally.unsaid.saturating_add(changes));
    }

    /// Says what happened to its alerts while it was closed.
    pub(super) fn say_unsaid(&mut self, id: IncidentId) {
        if self.state.incidents.get(&id).is_some_and(|incident| incident.tally.unsaid > 0) {
            self.record_alerts(id, &[]);
        }
    }

    /// One entry for these changes and for those that were only counted so far.
    pub(super) fn record_alerts(&mut self, id: IncidentId, changes: &[(AlertId, Change)]) {
        let Some(incident) = self.state.incidents.get(&id) else { return };
        let tally = incident.tally.clone();
        let named: Vec<AlertChange> = changes
            .iter()
            .take(ALERTS_NAMED_MAX)
            .filter_map(|(alert, change)| self.state.alerts.get(*alert).map(|alert| named(alert, *change)))
            .collect();
        let unnamed = changes.len() - named.len();
        let fact = Fact::Alerts(AlertsChanged {
            named,
            more: tally.unsaid.saturating_add(u32::try_from(unnamed).unwrap_or(u32::MAX)),
            firing: tally.firing,
            alerts: tally.alerts,
            truncated: tally.truncated,
        });
        self.record(id, Actor::Rule, fact);
        let at = self.at;
        self.tally(id, |tally| {
            tally.unsaid = 0;
            tally.said_at = Some(at);
        });
    }

    // An incident is clear when no attached alert is known to fire, and none counts for its rule that was too many to
    // attach. That its condition is no longer true says nothing, unless it can be true without any alert.
    fn is_clear(&self, incident: &Incident) -> Clear {
        if incident.tally.firing > 0 {
            return Clear::No;
        }
        let rules = &self.state.policy.rules;
        let fires = |alert: AlertId| self.state.alerts.get(alert).is_some_and(|alert| alert.state.is_open());
        let too_many = (incident.tally.alerts as usize) >= EVIDENCE_MAX;
        let goes_on = |stand: &Stand| {
            let standing = rules.rule(stand.subject.rule).is_standing();
            let more = || self.state.evaluator.evidence(rules, &stand.subject, usize::MAX).into_iter().any(fires);
            (standing && self.state.when_holds(&stand.subject, stand.storm)) || (too_many && more())
        };
        if self.state.stands_for(incident).iter().any(goes_on) { Clear::No } else { Clear::Yes }
    }

    /// Counts anew, and says so: alerts have left it.
    pub(super) fn recount(&mut self, id: IncidentId) {
        self.count(id);
        self.record_alerts(id, &[]);
        self.weighed.insert(id);
    }

    /// Says of every incident whose alerts changed, or that needs none, whether it is clear now and was not before; and the
    /// other way.
    pub(super) fn settle_clear(&mut self) {
        for id in std::mem::take(&mut self.weighed) {
            let Some(incident) = self.state.incidents.get(&id).filter(|incident| incident.stage.is_open()) else {
                continue;
            };
            match (incident.clear_since, self.is_clear(incident)) {
                (None, Clear::Yes) => self.record_clear(id),
                (Some(_), Clear::No) => self.record_not_clear(id),
                (None, Clear::No) | (Some(_), Clear::Yes) => {}
            }
        }
        self.changed.clone().into_iter().for_each(|id| self.note_flapping(id, 0));
    }

    fn record_not_clear(&mut self, id: IncidentId) {
        let Some(incident) = self.state.incidents.get(&id) else { return };
        let because = match (self.still_true(incident), self.state.subject_of(incident)) {
            (Some(because), _) => because,
            (None, Some(subject)) => self.state.evaluator.explain(&self.state.policy.rules, &subject, self.at).reason(),
            (None, None) => String::new(),
        };
        self.record(id, Actor::Rule, Fact::NotClear { because });
    }

    fn record_clear(&mut self, id: IncidentId) {
        // First, so that what follows counts with the longer waits.
        self.note_flapping(id, 1);
        let at = self.at;
        let then = self.state.incidents.get(&id).and_then(|incident| {
            let subject = self.state.subject_of(incident);
            let rule = subject.map(|subject| self.state.policy.rules.rule(subject.rule));
            due::end_if_clear_from(at, incident, rule).map(|(then, _)| then)
        });
        self.record(id, Actor::Rule, Fact::Clear { then });
    }

    pub(super) fn tally(&mut self, id: IncidentId, change: impl FnOnce(&mut crate::incident::Tally)) {
        if let Some(incident) = self.state.incidents.get_mut(&id) {
            change(&mut incident.tally);
        }
        self.changed.insert(id);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Clear {
    Yes,
    No,
}

fn named(alert: &Alert, change: Change) -> AlertChange {
    AlertChange {
        alert: alert.id,
        source: alert.key.source.clone(),
        fingerprint: alert.key.fingerprint,
        name: alert.name(),
        summary: alert.summary(),
        change,
        by: match (&alert.state, change) {
            (AlertState::Muted { by }, Change::Muted) => by.clone(),
            _ => Vec::new(),
        },
    }
}
