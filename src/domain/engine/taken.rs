//! Alerts that were split off stay with the incident that took them along: while it is open, and for the cooldown if a person
//! found that they were nothing.

use super::attached::EVIDENCE_MAX;
use super::state::State;
use super::turn::Turn;
use crate::ids::{AlertId, IncidentId};
use crate::incident::Incident;
use crate::rules::Subject;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

impl State {
    /// The incident that keeps this alert from what stands for this subject.
    pub(super) fn taken_by(&self, alert: AlertId, subject: &Subject, at: DateTime<Utc>) -> Option<IncidentId> {
        let keeps = |taker: &&Incident| {
            taker.stage.is_open() || self.quiet_until(taker, subject).is_some_and(|until| at < until)
        };
        self.takers_of(alert, subject).find(keeps).map(|taker| taker.id)
    }

    /// The alerts that count for this subject's `when` now, but for those that were split off.
    pub(super) fn evidence(&self, subject: &Subject, at: DateTime<Utc>) -> Vec<AlertId> {
        let mut evidence = self.evaluator.evidence(&self.policy.rules, subject, EVIDENCE_MAX);
        if self.was_split(subject) {
            evidence.retain(|alert| self.taken_by(*alert, subject, at).is_none());
        }
        evidence
    }

    /// Who has all of them, if nothing is left.
    pub(super) fn all_taken_by(&self, subject: &Subject, at: DateTime<Utc>) -> Option<IncidentId> {
        let rule = self.policy.rules.rule(subject.rule);
        // What is true without any alert is true whoever has them.
        if rule.is_standing() || !self.was_split(subject) {
            return None;
        }
        let evidence = self.evaluator.evidence(&self.policy.rules, subject, EVIDENCE_MAX);
        let takers = evidence.iter().map(|alert| self.taken_by(*alert, subject, at)).collect::<Option<Vec<_>>>()?;
        takers.first().copied()
    }

    /// When some of them may come back.
    pub(super) fn taken_edges(&self, subject: &Subject) -> Vec<DateTime<Utc>> {
        if !self.was_split(subject) {
            return Vec::new();
        }
        let evidence = self.evaluator.evidence(&self.policy.rules, subject, EVIDENCE_MAX);
        let takers = evidence.iter().flat_map(|alert| self.takers_of(*alert, subject));
        takers.filter_map(|taker| self.quiet_until(taker, subject)).collect()
    }

    /// Whether any alert of this subject's rule was ever split off.
    pub(super) fn was_split(&self, subject: &Subject) -> bool {
        let name = &*self.policy.rules.rule(subject.rule).name;
        let mut takers = self.takers.iter().filter_map(|id| self.incidents.get(id));
        takers.any(|taker| taker.room.took.iter().any(|took| took.rules.contains(name)))
    }

    fn takers_of(&self, alert: AlertId, subject: &Subject) -> impl Iterator<Item = &Incident> {
        let rule = self.policy.rules.rule(subject.rule);
        let own = self.newest(rule, &subject.key);
        // Once it came back, it stays.
        let back = own.is_some_and(|own| own.stage.is_open() && self.attached.contains(own.id, alert));
        let own = own.map(|own| own.id);
        let holders = self.attached.incidents(alert).filter(move |id| !back && Some(*id) != own);
        holders.filter_map(|id| self.incidents.get(&id)).filter(move |holder| {
            let mut took = holder.room.took.iter();
            took.any(|took| took.alerts.contains(&alert) && took.rules.contains(&*rule.name))
        })
    }
}

impl Turn<'_> {
    /// Those that lost alerts to an incident are judged again: it opened, or it is over.
    pub(super) fn touch_taken(&mut self, id: IncidentId) {
        let state = &*self.state;
        let Some(taker) = state.incidents.get(&id) else { return };
        let mut subjects: BTreeSet<Subject> = BTreeSet::new();
        for took in &taker.room.took {
            for alert in took.alerts.iter().filter_map(|alert| state.alerts.get(*alert)) {
                let touches = state.evaluator.touches(&state.policy.rules, alert).into_iter();
                let of_those = |subject: &Subject| took.rules.contains(&*state.policy.rules.rule(subject.rule).name);
                subjects.extend(touches.map(|touch| touch.subject).filter(of_those));
            }
        }
        for subject in subjects {
            self.touched.entry(subject).or_default();
        }
    }
}
