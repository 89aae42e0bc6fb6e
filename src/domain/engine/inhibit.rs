//! Inhibition: an open incident keeps others from being declared beside it, and takes their alerts as evidence.

use super::attached::EVIDENCE_MAX;
use super::changes::Evidence;
use super::state::State;
use super::turn::Turn;
use crate::alert::Pairs;
use crate::ids::{AlertId, IncidentId};
use crate::incident::{Actor, Fact, Incident};
use crate::rules::{Rule, Subject};
use std::sync::Arc;

/// Labels of an incident of this rule with this key.
pub(super) fn incident_labels(rule: &Rule, key: &Pairs) -> Pairs {
    Pairs::labels(key.iter().chain(rule.labels.iter()))
}

impl State {
    /// The open incident that keeps one with this key from being declared; of several the oldest.
    pub(super) fn inhibited_by(&self, rule: &Rule, key: &Pairs) -> Option<IncidentId> {
        if self.policy.inhibitions.is_empty() {
            return None;
        }
        let target = incident_labels(rule, key);
        let mut open = self.incidents.values().filter(|incident| incident.stage.is_open());
        open.find(|source| self.inhibits(source, rule, &target)).map(|source| source.id)
    }

    // An incident says nothing to others of its own rule: those are told apart by their correlation labels.
    fn inhibits(&self, source: &Incident, rule: &Rule, target: &Pairs) -> bool {
        let own = source.rule.as_ref().is_some_and(|declared| *declared.name == *rule.name);
        !own && self.policy.inhibitions.iter().any(|inhibition| inhibition.keeps(&source.labels, target))
    }
}

impl Turn<'_> {
    /// Its alerts become evidence of the incident that keeps it from being declared, which says so once.
    pub(super) fn inhibit(&mut self, by: IncidentId, subject: &Subject, alerts: &[(AlertId, bool)]) {
        let policy = Arc::clone(&self.state.policy);
        let rule = policy.rules.rule(subject.rule);
        let Some(source) = self.state.incidents.get(&by) else { return };
        if source.inhibits.contains(&(rule.name.to_string(), subject.key.clone())) {
            self.attach_beside(by, alerts.iter().map(|(alert, _)| *alert));
            return;
        }
        let because = self.state.evaluator.explain(&policy.rules, subject, self.at).reason();
        let fact = Fact::Inhibits { rule: rule.name.to_string(), correlation: subject.key.clone(), because };
        self.record(by, Actor::Rule, fact);
        let evidence = self.state.evaluator.evidence(&policy.rules, subject, EVIDENCE_MAX);
        self.attach_beside(by, evidence.into_iter());
    }

    /// Attaches alerts that its own rule does not count.
    pub(super) fn attach_beside(&mut self, incident: IncidentId, alerts: impl Iterator<Item = AlertId>) {
        for alert in alerts {
            self.attach(Evidence { incident, alert, counted: false });
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
            let rule = state.policy.rules.rule(subject.rule);
            state.inhibits(source, rule, &incident_labels(rule, &subject.key))
        };
        let subjects: Vec<Subject> = state.holding.iter().filter(kept).cloned().collect();
        for subject in subjects {
            self.touched.entry(subject).or_default();
        }
    }
}
