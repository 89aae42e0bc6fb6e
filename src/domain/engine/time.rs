//! What time brings to incidents.

use super::turn::Turn;
use crate::duration::Duration;
use crate::ids::IncidentId;
use crate::incident::due::{self, Due};
use crate::incident::{Actor, CallOffCode, Fact};
use crate::notice::phrase::unheard;
use crate::notice::template;
use chrono::{DateTime, Utc};
use std::sync::Arc;

impl Turn<'_> {
    pub(super) fn incident_due(&mut self, id: IncidentId) {
        self.changed.insert(id);
        let Some(incident) = self.state.incidents.get(&id) else { return self.kept_due(id) };
        if let Some(closed_at) = incident.stage.closed_at() {
            let over = self.state.let_go_at(incident, closed_at) <= self.at;
            // One thing at a time: what is said here is written down before it leaves.
            if !self.remind_of_post_mortem(id) && !self.withdraw_message(id) && over {
                self.let_go(id);
            }
            return;
        }
        // Each of these removes its own deadline, so this comes to rest.
        while let Some(incident) = self.state.incidents.get(&id)
            && let Some((_, due)) = self.state.next_of_incident(incident).filter(|(at, _)| *at <= self.at)
        {
            self.do_due(id, due);
        }
    }

    fn do_due(&mut self, id: IncidentId, due: Due) {
        let Some(incident) = self.state.incidents.get(&id) else { return };
        let clear_for = Duration::between(incident.clear_since.unwrap_or(self.at), self.at);
        match due {
            Due::Role(due) => self.role_due(id, due),
            Due::Steady => self.record(id, Actor::Rule, Fact::Steady),
            Due::SayAlerts => self.record_alerts(id, &[]),
            Due::TellAlerts => self.tell_alerts(id),
            Due::Confirm => {
                let held = Duration::between(incident.opened_at, self.at);
                let because = format!("its condition has held for {}", held.rough());
                self.record(id, Actor::Rule, Fact::Confirmed { because, next_by: None });
            }
            Due::CallOff => self.call_off(id, clear_for),
            // Nobody can answer in no time: where both are due, as after flapping, its rule resolves it.
            Due::ProposeResolve if self.resolves_now(id) => self.do_due(id, Due::Resolve),
            Due::ProposeResolve => self.record(id, Actor::Rule, Fact::ResolveProposed { clear_for }),
            Due::Resolve => {
                let because = format!("no alert has fired for {}", clear_for.rough());
                let because = self.doubted(id, because);
                self.record(id, Actor::Rule, Fact::Resolved { because });
            }
            Due::Prompt(_) => self.prompt(id),
        }
    }

    fn resolves_now(&self, id: IncidentId) -> bool {
        let Some(incident) = self.state.incidents.get(&id) else { return false };
        let rule = self.state.subject_of(incident).map(|subject| self.state.policy.rules.rule(subject.rule));
        let end = incident.clear_since.and_then(|since| due::end_if_clear_from(since, incident, rule));
        end.is_some_and(|(at, due)| due == Due::Resolve && at <= self.at)
    }

    // An end that follows from silence is never told as if somebody had seen it.
    fn doubted(&self, id: IncidentId, words: String) -> String {
        let alerts = self.state.attached.alerts(id).filter_map(|alert| self.state.alerts.get(alert));
        match unheard(alerts) {
            Some(doubt) => format!("{words}, but {doubt}"),
            None => words,
        }
    }

    pub(super) fn tell_if_due(&mut self, id: IncidentId) {
        let Some(incident) = self.state.incidents.get(&id) else { return };
        let due = |(at, due): &(DateTime<Utc>, Due)| *due == Due::TellAlerts && *at <= self.at;
        if self.state.dues_of_incident(incident).iter().any(due) {
            self.tell_alerts(id);
        }
    }

    fn tell_alerts(&mut self, id: IncidentId) {
        let at = self.at;
        self.tell.insert(id);
        self.tally(id, |tally| {
            tally.untold = false;
            tally.told_at = Some(at);
        });
    }

    fn call_off(&mut self, id: IncidentId, clear_for: Duration) {
        let policy = Arc::clone(&self.state.policy);
        let Some(incident) = self.state.incidents.get(&id) else { return };
        let words = match self.state.subject_of(incident) {
            Some(subject) => {
                let alerts = self.state.shown_alerts(id);
                template::call_off_reason(
                    &policy,
                    policy.rules.rule(subject.rule),
                    clear_for,
                    &incident.labels,
                    &alerts,
                )
            }
            None => template::Words { text: format!("no alert has fired for {}", clear_for.rough()), failure: None },
        };
        // It came and went by itself, and nobody saw more of it.
        let reason = self.doubted(id, words.text);
        self.record(id, Actor::Rule, Fact::CalledOff { code: CallOffCode::Flapping, reason });
        self.report(id, words.failure);
    }

    // A closed incident lets the table forget its alerts first, and leaves the memory later; pages read it from the store.
    fn let_go(&mut self, id: IncidentId) {
        if self.state.released.insert(id) {
            for alert in self.state.attached.alerts(id).collect::<Vec<_>>() {
                self.state.alerts.unpin(alert);
            }
            return;
        }
        self.state.released.remove(&id);
        self.state.attached.forget(id);
        let Some(incident) = self.state.incidents.remove(&id) else { return };
        self.changed.remove(&id);
        self.state.unclaim(&incident);
        self.keep(incident);
    }
}
