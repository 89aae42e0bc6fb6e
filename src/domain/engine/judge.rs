//! What follows when a rule has judged: declare, attach, raise, confirm, reopen, or keep quiet for the cooldown.

use super::attached::EVIDENCE_MAX;
use super::changes::Evidence;
use super::inhibit::incident_labels;
use super::standing::Standing;
use super::turn::Turn;
use crate::alert::Pairs;
use crate::ids::{AlertId, IncidentId};
use crate::incident::{Actor, Fact, Incident, RuleRef, Severity, Stage};
use crate::notice::plan::ALERTS_SHOWN_MAX;
use crate::notice::template;
use crate::rules::model::{DeclareAs, Mode};
use crate::rules::{Subject, Verdict};
use std::sync::Arc;

// What a new incident stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    ForItself,
    // In a storm: for all of its rule that follow.
    ForAll,
}

impl Turn<'_> {
    /// Judges a subject; `alerts` are the firing ones that touched it, and whether each counted.
    pub(super) fn judge(&mut self, subject: &Subject, alerts: &[(AlertId, bool)]) {
        let policy = Arc::clone(&self.state.policy);
        let verdict = self.state.evaluator.judge(&policy.rules, subject, self.at);
        self.store_holds(subject);
        self.state.remember_verdict(subject, verdict.when);
        let standing = self.state.standing(subject, verdict.when, self.at);
        let on_trial = policy.rules.rule(subject.rule).model.mode == Mode::Shadow;
        // Practice proves nothing of a rule.
        if on_trial && !subject.is_drill() {
            self.follow_shadow(subject, &verdict, &standing);
        }
        match standing {
            Standing::Attached { incident } => self.go_on(incident, subject, alerts, &verdict),
            // A rule on trial leaves no trace in what people see.
            Standing::Inhibited { by } if !on_trial => self.inhibit(by, subject, alerts),
            Standing::Reopens { incident } => self.reopen(incident, subject, &verdict),
            Standing::Storm { by } => self.join_storm(by, subject, &verdict),
            Standing::StormBegins => self.declare(subject, &verdict, Stands::ForAll),
            Standing::New => self.declare(subject, &verdict, Stands::ForItself),
            Standing::BelowThreshold
            | Standing::SplitOff { .. }
            | Standing::Inhibited { .. }
            | Standing::Muted { .. }
            | Standing::Inactive { .. }
            | Standing::Holding { .. }
            | Standing::Spent { .. }
            | Standing::Cooldown { .. }
            | Standing::Shadow => {}
        }
        self.state.set_subject_timer(subject, verdict.due, verdict.when);
    }

    pub(super) fn go_on(&mut self, id: IncidentId, subject: &Subject, alerts: &[(AlertId, bool)], verdict: &Verdict) {
        let alerts = &self.belonging(subject, alerts);
        for (alert, counted) in alerts {
            self.attach(Evidence { incident: id, alert: *alert, counted: *counted });
        }
        // Those that are evidence make it as bad as they would have, had they come before the declaration.
        let (rules, evaluator) = (&self.state.policy.rules, &self.state.evaluator);
        let alerts = alerts.iter().map(|(alert, _)| *alert);
        let new: Vec<AlertId> = alerts.filter(|alert| evaluator.is_evidence(rules, subject, *alert)).collect();
        self.raise(id, subject, &new, verdict.raise);
        let suspected = self.state.incidents.get(&id).is_some_and(|incident| incident.stage == Stage::Suspected);
        if verdict.confirm && suspected {
            let rule = &self.state.policy.rules.rule(subject.rule).name;
            let because = format!("rule {rule} confirms it");
            self.record(id, Actor::Rule, Fact::Confirmed { because, next_by: None });
        }
        // Without any alert, whether it is clear hangs on `when`.
        if self.state.policy.rules.rule(subject.rule).is_standing() {
            self.changed.insert(id);
            self.weighed.insert(id);
        }
        // Whether `when` holds moves the deadline of `confirm.after`.
        self.state.set_incident_timer(id);
    }

    // But for those that were split off; with those that come back from there.
    fn belonging(&self, subject: &Subject, alerts: &[(AlertId, bool)]) -> Vec<(AlertId, bool)> {
        if !self.state.was_split(subject) {
            return alerts.to_vec();
        }
        let stays = |(alert, _): &&(AlertId, bool)| self.state.taken_by(*alert, subject, self.at).is_none();
        let back = self.state.evidence(subject, self.at).into_iter().map(|alert| (alert, true));
        alerts.iter().filter(stays).copied().chain(back).collect()
    }

    // `alerts` are those that are new to it: the others have had their say, and severity only rises.
    fn raise(&mut self, id: IncidentId, subject: &Subject, alerts: &[AlertId], raise: Option<Severity>) {
        let policy = Arc::clone(&self.state.policy);
        let Some(incident) = self.state.incidents.get(&id) else { return };
        let rule = policy.rules.rule(subject.rule);
        let from = incident.severity;
        let mapped = rule.severity_of(alerts.iter().filter_map(|alert| self.state.alerts.get(*alert)));
        let to = raise.map_or(mapped, |raise| raise.max(mapped));
        // A person may have lowered it; only what is worse than anything seen so far raises it again.
        let lowered = incident.lowered_from.is_some_and(|before| to <= before);
        if to > from && !lowered {
            let because = match raise {
                Some(raised) if raised == to => format!("rule {} raises it", rule.name),
                _ => "its alerts say so".to_owned(),
            };
            self.record(id, Actor::Rule, Fact::Severity { from, to, because, next_by: None });
        }
    }

    fn declare(&mut self, subject: &Subject, verdict: &Verdict, stands: Stands) {
        let policy = Arc::clone(&self.state.policy);
        let rule = policy.rules.rule(subject.rule);
        let evidence = self.state.evidence(subject, self.at);
        let alerts: Vec<_> = evidence.iter().filter_map(|id| self.state.alerts.get(*id)).collect();
        let correlation = if stands == Stands::ForAll { Pairs::default() } else { subject.key.clone() };
        let labels = incident_labels(rule, &correlation);
        let severity = rule.severity_of(alerts.iter().copied()).max(verdict.raise.unwrap_or(Severity::Minor));
        let shown = &alerts[..alerts.len().min(ALERTS_SHOWN_MAX)];
        let title = match stands {
            Stands::ForItself => template::title(&policy, rule, severity, &labels, shown),
            Stands::ForAll => template::Words { text: format!("{}: many at once", rule.name), failure: None },
        };
        let explanation = self.state.evaluator.explain(&policy.rules, subject, self.at);
        let fact = Fact::Declared {
            title: title.text,
            impact: rule.model.general_impact.clone().unwrap_or_default(),
            severity,
            confirmed: rule.model.declare_as == DeclareAs::Confirmed || verdict.confirm,
            rule: Some(RuleRef { name: rule.name.to_string(), version: rule.version }),
            correlation,
            receivers: policy.receivers_for(Some(rule), &labels),
            labels,
            first_alert_at: alerts.iter().map(|alert| alert.starts_at).min(),
            because: self.because(&rule.name, &explanation.reason(), stands),
            explanation: Some(explanation),
            storm: stands == Stands::ForAll,
            drill: subject.is_drill(),
            squad: policy.squad_for(Some(rule)),
            next_by: None,
        };
        let id = self.state.next_incident_id();
        self.record(id, Actor::Rule, fact);
        self.attach_all(id, subject, &evidence);
        self.report(id, title.failure);
    }

    fn because(&self, rule: &str, reason: &str, stands: Stands) -> String {
        let enough = self.state.policy.source.timing.storm_after;
        match stands {
            Stands::ForItself => format!("rule {rule}: {reason}"),
            Stands::ForAll => format!(
                "a storm: rule {rule} has declared {enough} incidents within an hour, and what follows is told here; {reason}"
            ),
        }
    }

    fn reopen(&mut self, id: IncidentId, subject: &Subject, verdict: &Verdict) {
        let policy = Arc::clone(&self.state.policy);
        let explanation = self.state.evaluator.explain(&policy.rules, subject, self.at);
        let was_real = self.state.incidents.get(&id).is_some_and(|incident: &Incident| incident.confirmed_at.is_some());
        let because = format!("it is back: {}", explanation.reason());
        self.record(id, Actor::Rule, Fact::Reopened { because, confirmed: was_real || verdict.confirm, next_by: None });
        let evidence = self.state.evidence(subject, self.at);
        self.attach_all(id, subject, &evidence);
        self.raise(id, subject, &evidence, verdict.raise);
    }

    fn attach_all(&mut self, incident: IncidentId, subject: &Subject, evidence: &[AlertId]) {
        for alert in evidence {
            self.attach(Evidence { incident, alert: *alert, counted: true });
        }
        let policy = Arc::clone(&self.state.policy);
        let split = self.state.was_split(subject);
        for alert in self.state.evaluator.beside(&policy.rules, subject, EVIDENCE_MAX) {
            let open = self.state.alerts.get(alert).is_some_and(|alert| alert.state.is_open());
            if open && !(split && self.state.taken_by(alert, subject, self.at).is_some()) {
                self.attach(Evidence { incident, alert, counted: true });
            }
        }
        for alert in self.state.evaluator.gathered(&policy.rules, subject, EVIDENCE_MAX) {
            if !(split && self.state.taken_by(alert, subject, self.at).is_some()) {
                self.attach(Evidence { incident, alert, counted: false });
            }
        }
    }

    fn store_holds(&mut self, subject: &Subject) {
        let policy = Arc::clone(&self.state.policy);
        let name = policy.rules.rule(subject.rule).name.to_string();
        let row = self.state.evaluator.holds(&policy.rules, subject);
        let key = (name, subject.key.clone());
        if self.state.stored_holds.get(&key) == row.as_ref() {
            return;
        }
        match &row {
            Some(row) => drop(self.state.stored_holds.insert(key.clone(), row.clone())),
            None => drop(self.state.stored_holds.remove(&key)),
        }
        self.out.holds.insert(key, row);
    }

    pub(super) fn report(&mut self, id: IncidentId, failure: Option<template::TemplateFailure>) {
        if let Some(failure) = failure {
            let fact = Fact::TemplateFailed { template: failure.template, because: failure.because };
            self.record(id, Actor::Rule, fact);
        }
    }
}

#[cfg(test)]
mod tests;
