//! Inhibition: an open incident keeps others from being declared beside it, and takes their alerts as evidence.

use super::attached::EVIDENCE_MAX;
use super::changes::Evidence;
use super::state::State;
use super::turn::Turn;
use crate::alert::Pairs;
use crate::alert::drill::{DRILL_LABEL, is_drill};
use crate::ids::{AlertId, IncidentId};
use crate::incident::{Actor, Fact, Incident};
use crate::rules::{Rule, Subject};
use std::sync::Arc;

/// Labels of an incident of this rule with this key.
pub(super) fn incident_labels(rule: &Rule, key: &Pairs) -> Pairs {
    Pairs::labels(key.iter().chain(rule.labels.iter()))
}

// Practice keeps nothing real back, and nothing real takes the alerts of practice; nor does one drill those of another.
fn are_of_one_world(incident: &Incident, key: &Pairs) -> bool {
    incident.drill == is_drill(key) && incident.drill_name() == key.get(DRILL_LABEL)
}

impl State {
    /// The open incident that keeps one with this key from being declared; of several the oldest.
    pub(super) fn inhibited_by(&self, rule: &Rule, key: &Pairs) -> Option<IncidentId> {
        if self.policy.inhibitions.is_empty() {
            return None;
        }
        let target = incident_labels(rule, key);
        let open = self.incidents.values().filter(|incident| incident.stage.is_open());
        let mut open = open.filter(|incident| are_of_one_world(incident, key));
        open.find(|source| self.inhibits(source, rule, &target)).map(|source| source.id)
    }

    // An incident says nothing to others of its own rule: those are told apart by their correlation labels. What its parts
    // kept back is kept back; what was split off says nothing to the rule it comes from.
    fn inhibits(&self, source: &Incident, rule: &Rule, target: &Pairs) -> bool {
        let keeps = |labels: &Pairs| self.policy.inhibitions.iter().any(|inhibition| inhibition.keeps(labels, target));
        let own = source.rule.as_ref().map(|rule| rule.name.as_str());
        let comes_from = || source.room.took.iter().any(|took| took.rules.contains(&*rule.name));
        let is_own = own == Some(&*rule.name) || (source.room.split_from.is_some() && comes_from());
        let mut parts = source.room.members.iter().filter(|member| member.rule.as_deref() != Some(&*rule.name));
        (!is_own && keeps(&source.labels)) || parts.any(|part| !part.labels.is_empty() && keeps(&part.labels))
    }
}

impl Turn<'_> {
    /// Its alerts become evidence of the incident that keeps it from being declared, which says so once.
    pub(super) fn inhibit(&mut self, by: IncidentId, subject: &Subject, alerts: &[(AlertId, bool)]) {
        let policy = Arc::clone(&self.state.policy);
        let rule = policy.rules.rule(subject.rule);
        let Some(source) = self.state.incidents.get(&by) else { return };
        if source.inhibits.contains(&(rule.name.to_string(), subject.key.clone())) {
            let alerts: Vec<AlertId> = alerts.iter().map(|(alert, _)| *alert).collect();
            self.attach_beside(by, subject, &alerts);
            return;
        }
        let because = self.state.evaluator.explain(&policy.rules, subject, self.at).reason();
        let fact = Fact::Inhibits { rule: rule.name.to_string(), correlation: subject.key.clone(), because };
        self.record(by, Actor::Rule, fact);
        let evidence = self.state.evaluator.evidence(&policy.rules, subject, EVIDENCE_MAX);
        self.attach_beside(by, subject, &evidence);
    }

    /// Attaches alerts that its own rule does not count.
    fn attach_beside(&mut self, incident: IncidentId, subject: &Subject, alerts: &[AlertId]) {
        let split = self.state.was_split(subject);
        for alert in alerts {
            if !(split && self.state.taken_by(*alert, subject, self.at).is_some()) {
                self.attach(Evidence { incident, alert: *alert, counted: false });
            }
        }
    }

    /// Those that this incident keeps from being declared, or kept, are judged again: it opened, or it is over.
    pub(super) fn touch_inhibited(&mut self, id: IncidentId) {
        let state = &*self.state;
        if state.policy.inhibitions.is_empty() {
            return;
        }
        let Some(source) = state.incidents.get(&id) else { return };
        let kept = |subject: &&Subject| {
            if !are_of_one_world(source, &subject.key) {
                return false;
            }
            let rule = state.policy.rules.rule(subject.rule);
            state.inhibits(source, rule, &incident_labels(rule, &subject.key))
        };
        let subjects: Vec<Subject> = state.holding.iter().filter(kept).cloned().collect();
        for subject in subjects {
            self.touched.entry(subject).or_default();
        }
    }
}
