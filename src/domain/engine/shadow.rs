//! Rules on trial (`mode: shadow`): judged as any other, and what they would have declared is written down. Nobody is told.

use super::standing::Standing;
use super::state::State;
use super::turn::Turn;
use crate::alert::Pairs;
use crate::ids::AlertId;
use crate::incident::Severity;
use crate::notice::plan::ALERTS_SHOWN_MAX;
use crate::notice::template;
use crate::rules::model::Mode;
use crate::rules::{Rule, Subject, Verdict};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Most alerts remembered of one shadow; it ends when none of them fires.
pub const SHADOW_ALERTS_MAX: usize = 1_000;

/// What a rule on trial would have declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shadow {
    /// Its number.
    pub id: u64,
    /// Name of the rule.
    pub rule: String,
    /// Version of the rule.
    pub version: u64,
    /// Values of `correlate_by`.
    pub correlation: Pairs,
    /// When it would have been declared.
    pub from: DateTime<Utc>,
    /// When it would have ended.
    pub until: Option<DateTime<Utc>>,
    /// How bad it would have been, at worst.
    pub severity: Severity,
    /// Its title.
    pub title: String,
    /// Why, in words.
    pub because: String,
    /// Its alerts, the first [`SHADOW_ALERTS_MAX`] of them.
    pub alerts: BTreeSet<AlertId>,
    /// How often it would have been reopened.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reopened: u32,
    /// Since when none of its alerts fires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clear_since: Option<DateTime<Utc>>,
}

impl State {
    /// What rules on trial would have declared: open now, or back so soon that it would be reopened.
    pub fn shadows(&self) -> impl Iterator<Item = &Shadow> {
        self.shadows.values()
    }

    /// When a shadow of this subject ends if it stays clear, or is over for good.
    pub(super) fn shadow_edge(&self, subject: &Subject) -> Option<DateTime<Utc>> {
        let rule = self.policy.rules.rule(subject.rule);
        let shadow = self.shadows.get(&shadow_key(rule, subject))?;
        match (shadow.until, shadow.clear_since) {
            (Some(until), _) => Some(until + self.reopen_within(rule)),
            (None, Some(since)) => Some(since + lasts(rule)),
            (None, None) => None,
        }
    }

    /// Subjects with shadows: they are judged also when no alert touches them.
    pub(super) fn shadow_subjects(&self) -> Vec<Subject> {
        let rules = &self.policy.rules;
        let subject = |(name, key): &(String, Pairs)| Some(Subject { rule: rules.by_name(name)?, key: key.clone() });
        self.shadows.keys().filter_map(subject).collect()
    }

    /// Those that were over for good before a restart are not remembered.
    pub(super) fn restore_shadows(&mut self, stored: Vec<Shadow>) {
        for shadow in stored {
            let rule = self.policy.rules.by_name(&shadow.rule).map(|ix| self.policy.rules.rule(ix));
            let over = rule.zip(shadow.until).is_some_and(|(rule, until)| until + self.reopen_within(rule) <= self.at);
            let on_trial = rule.is_some_and(|rule| rule.model.mode == Mode::Shadow);
            if on_trial && !over {
                self.shadows.insert((shadow.rule.clone(), shadow.correlation.clone()), shadow);
            }
        }
    }

    fn reopen_within(&self, rule: &Rule) -> TimeDelta {
        rule.model.reopen_within.unwrap_or(self.policy.source.timing.reopen_within).delta()
    }

    // Whether something that counts for it fires.
    fn is_alive(&self, alerts: &BTreeSet<AlertId>, subject: &Subject, when: bool) -> bool {
        let fires = |alert: &AlertId| self.alerts.get(*alert).is_some_and(|alert| alert.state.is_open());
        alerts.iter().any(fires) || (when && self.policy.rules.rule(subject.rule).is_standing())
    }
}

impl Turn<'_> {
    /// Follows what a rule on trial would have declared.
    pub(super) fn follow_shadow(&mut self, subject: &Subject, verdict: &Verdict, standing: &Standing) {
        let policy = Arc::clone(&self.state.policy);
        let rule = policy.rules.rule(subject.rule);
        let key = shadow_key(rule, subject);
        let known = self.state.shadows.get(&key).cloned();
        let holds = *standing == Standing::Shadow;
        let next = match known.clone() {
            Some(shadow) => match shadow.until {
                None => Some(shadow),
                Some(until) if holds && self.state.anything_since(subject, until, self.at) => {
                    Some(self.again(shadow, until, rule, subject, verdict))
                }
                Some(until) if until + self.state.reopen_within(rule) <= self.at => None,
                Some(_) => return,
            },
            None if holds => Some(self.new_shadow(rule, subject, verdict)),
            None => return,
        };
        let Some(shadow) = next else {
            self.state.shadows.remove(&key);
            return;
        };
        let shadow = self.lived(shadow, rule, subject, verdict);
        if known.as_ref() != Some(&shadow) {
            self.out.shadows.insert(shadow.id, shadow.clone());
            self.state.shadows.insert(key, shadow);
        }
    }

    /// Rules that are no longer on trial end what they would have declared.
    pub(super) fn end_shadows(&mut self) {
        let rules = &self.state.policy.rules;
        let on_trial = |name: &str| rules.by_name(name).is_some_and(|rule| rules.rule(rule).model.mode == Mode::Shadow);
        let over: Vec<(String, Pairs)> =
            self.state.shadows.keys().filter(|(rule, _)| !on_trial(rule)).cloned().collect();
        for key in over {
            let Some(mut shadow) = self.state.shadows.remove(&key) else { continue };
            if shadow.until.is_none() {
                shadow.until = Some(self.at);
                self.out.shadows.insert(shadow.id, shadow);
            }
        }
        for subject in self.state.shadow_subjects() {
            self.touched.entry(subject).or_default();
        }
    }

    // Back so soon that it is the same one; else the next.
    fn again(
        &mut self,
        shadow: Shadow,
        until: DateTime<Utc>,
        rule: &Rule,
        subject: &Subject,
        verdict: &Verdict,
    ) -> Shadow {
        if self.at >= until + self.state.reopen_within(rule) {
            return self.new_shadow(rule, subject, verdict);
        }
        Shadow { until: None, clear_since: None, reopened: shadow.reopened + 1, ..shadow }
    }

    fn new_shadow(&mut self, rule: &Rule, subject: &Subject, verdict: &Verdict) -> Shadow {
        let state = &mut *self.state;
        state.last_shadow += 1;
        let labels = super::inhibit::incident_labels(rule, &subject.key);
        let evidence = state.evaluator.evidence(&state.policy.rules, subject, SHADOW_ALERTS_MAX);
        let alerts: Vec<_> = evidence.iter().filter_map(|id| state.alerts.get(*id)).collect();
        let severity = rule.severity_of(alerts.iter().copied()).max(verdict.raise.unwrap_or(Severity::Minor));
        let shown = &alerts[..alerts.len().min(ALERTS_SHOWN_MAX)];
        Shadow {
            id: state.last_shadow,
            rule: rule.name.to_string(),
            version: rule.version,
            correlation: subject.key.clone(),
            from: self.at,
            until: None,
            severity,
            title: template::title(&state.policy, rule, severity, &labels, shown).text,
            because: state.evaluator.explain(&state.policy.rules, subject, self.at).reason(),
            alerts: BTreeSet::new(),
            reopened: 0,
            clear_since: None,
        }
    }

    // What an open one has become by now.
    fn lived(&self, mut shadow: Shadow, rule: &Rule, subject: &Subject, verdict: &Verdict) -> Shadow {
        let state = &*self.state;
        let evidence = state.evaluator.evidence(&state.policy.rules, subject, SHADOW_ALERTS_MAX);
        let room = SHADOW_ALERTS_MAX.saturating_sub(shadow.alerts.len());
        let new: Vec<AlertId> =
            evidence.into_iter().filter(|alert| !shadow.alerts.contains(alert)).take(room).collect();
        if !new.is_empty() {
            let mapped = rule.severity_of(new.iter().filter_map(|alert| state.alerts.get(*alert)));
            shadow.severity = shadow.severity.max(mapped);
            shadow.alerts.extend(new);
        }
        shadow.severity = shadow.severity.max(verdict.raise.unwrap_or(Severity::Minor));
        if state.is_alive(&shadow.alerts, subject, verdict.when) {
            shadow.clear_since = None;
            return shadow;
        }
        let since = *shadow.clear_since.get_or_insert(self.at);
        if since + lasts(rule) <= self.at {
            shadow.until = Some(self.at);
        }
        shadow
    }
}

// How long it must be clear to be over: at once, where the rule does not say.
fn lasts(rule: &Rule) -> TimeDelta {
    rule.model.call_off.as_ref().map_or(TimeDelta::zero(), |call_off| call_off.if_clear_for.delta())
}

fn shadow_key(rule: &Rule, subject: &Subject) -> (String, Pairs) {
    (rule.name.to_string(), subject.key.clone())
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}
