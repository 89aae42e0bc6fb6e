//! Storms: a rule that has declared enough within an hour declares one more incident, for all that follow. People read
//! five incidents; they don't read a thousand.

use super::standing::Standing;
use super::state::State;
use super::turn::Turn;
use crate::alert::Pairs;
use crate::ids::{AlertId, IncidentId};
use crate::incident::Incident;
use crate::rules::{Subject, Verdict};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;

/// Incidents of a rule are counted for this long.
pub const STORM_WINDOW: TimeDelta = TimeDelta::hours(1);

impl State {
    /// What a storm says to a subject that would be declared.
    pub(super) fn storm(&self, subject: &Subject, at: DateTime<Utc>) -> Option<Standing> {
        // Without correlation labels there is one incident at most; the overflow of many keys is for all already.
        // People practise one incident at a time; a drill neither makes a storm nor is lost in one.
        if subject.key.is_empty() || subject.is_drill() {
            return None;
        }
        let full = self.full_until(subject).is_some_and(|until| at < until);
        let rule = self.policy.rules.rule(subject.rule);
        match self.newest(rule, &Pairs::default()) {
            Some(all) if all.stage.is_open() => {
                (full || self.is_storm_of(all, rule)).then_some(Standing::Storm { by: all.id })
            }
            _ if !full => None,
            Some(closed) => Some(self.after(closed, subject, at).unwrap_or(Standing::StormBegins)),
            None => Some(Standing::StormBegins),
        }
    }

    /// When a storm may have something else to say.
    pub(super) fn storm_edges(&self, subject: &Subject) -> Vec<DateTime<Utc>> {
        if subject.key.is_empty() || subject.is_drill() {
            return Vec::new();
        }
        let rule = self.policy.rules.rule(subject.rule);
        let all = self.newest(rule, &Pairs::default());
        // Once that one is over, all are judged again.
        if all.is_some_and(|all| all.stage.is_open() && self.is_storm_of(all, rule)) {
            return Vec::new();
        }
        let quiet_until = all.and_then(|closed| self.quiet_until(closed, subject));
        quiet_until.into_iter().chain(self.full_until(subject)).collect()
    }

    // Until when the rule has declared as many as it may within an hour.
    fn full_until(&self, subject: &Subject) -> Option<DateTime<Utc>> {
        let declared = self.declared.get(&*self.policy.rules.rule(subject.rule).name)?;
        let enough = usize::try_from(self.policy.source.timing.storm_after).unwrap_or(usize::MAX).max(1);
        declared.iter().nth_back(enough - 1).map(|(at, _)| *at + STORM_WINDOW)
    }

    /// Counts a new incident.
    pub(super) fn note_declared(&mut self, incident: &Incident) {
        let Some(rule) = incident.rule.as_ref().filter(|_| counts(incident)) else { return };
        let declared = self.declared.entry(rule.name.clone()).or_default();
        declared.retain(|(at, _)| *at > incident.declared_at - STORM_WINDOW);
        declared.insert((incident.declared_at, incident.id));
    }

    pub(super) fn restore_declared(&mut self) {
        let since = self.at - STORM_WINDOW;
        for incident in self.incidents.values().filter(|incident| counts(incident) && incident.declared_at > since) {
            if let Some(rule) = &incident.rule {
                let declared = self.declared.entry(rule.name.clone()).or_default();
                declared.insert((incident.declared_at, incident.id));
            }
        }
    }

    /// Whether the `when` of this subject is true now; where it stands for many, that of any.
    pub(super) fn when_holds(&self, subject: &Subject, storm: bool) -> bool {
        match storm {
            true => self.holding_of(subject).next().is_some(),
            false => self.holding.contains(subject),
        }
    }

    // Subjects of the same rule whose `when` is true.
    fn holding_of(&self, subject: &Subject) -> impl Iterator<Item = &Subject> {
        let rule = subject.rule;
        let first = Subject { rule, key: Pairs::default() };
        self.holding
            .range(first..)
            .take_while(move |holding| holding.rule == rule)
            .filter(|holding| !holding.is_drill())
    }
}

// Whether it is one of the incidents that make a storm.
fn counts(incident: &Incident) -> bool {
    !incident.storm && !incident.drill
}

impl Turn<'_> {
    /// Its alerts go to the incident that stands for all.
    pub(super) fn join_storm(&mut self, id: IncidentId, subject: &Subject, verdict: &Verdict) {
        let evidence = self.state.evidence(subject, self.at);
        let alerts: Vec<(AlertId, bool)> = evidence.into_iter().map(|alert| (alert, true)).collect();
        self.go_on(id, subject, &alerts, verdict);
    }

    /// Those for which an incident for all stands, or stood, are judged again: it opened, or it is over.
    pub(super) fn touch_storm(&mut self, id: IncidentId) {
        let state = &*self.state;
        let Some(incident) = state.incidents.get(&id) else { return };
        let of_many = |subject: &Subject| {
            subject.key.is_empty() && !state.policy.rules.rule(subject.rule).model.correlate_by.is_empty()
        };
        let stands = state.stands_for(incident).into_iter().map(|stand| stand.subject).filter(of_many);
        let held: BTreeSet<Subject> =
            stands.flat_map(|subject| state.holding_of(&subject).cloned().collect::<Vec<_>>()).collect();
        for subject in held {
            self.touched.entry(subject).or_default();
        }
    }
}
