//! What follows if a subject is judged: the order of checks, as a value with its reason. Only read here, so that whoever
//! explains a decision asks the same question as whoever takes it.

use super::state::State;
use super::timers::Timer;
use crate::ids::IncidentId;
use crate::incident::{Actor, Incident, Stage};
use crate::rules::Subject;
use crate::rules::model::Mode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How a rule stands towards one set of correlation labels; the first that applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Standing {
    /// Its incident is open: what matches is attached to it, whether or not the condition is met.
    Attached {
        /// To which.
        incident: IncidentId,
    },
    /// Its condition is not met.
    BelowThreshold,
    /// Its condition is met, but not for long enough.
    Holding {
        /// From when on it is.
        until: DateTime<Utc>,
    },
    /// Its condition is met, in a time in which its rule declares nothing.
    Muted {
        /// One of its `mute_time_intervals`.
        interval: String,
        /// The end of it.
        until: Option<DateTime<Utc>>,
    },
    /// Its condition is met, outside of the `active_time_intervals` of its rule.
    Inactive {
        /// When the next of them begins.
        until: Option<DateTime<Utc>>,
    },
    /// Its condition is met, but an open incident keeps it from being declared, and takes its alerts.
    Inhibited {
        /// Which.
        by: IncidentId,
    },
    /// Its condition is met, but by alerts that were split off, and belong to another incident.
    SplitOff {
        /// Which.
        by: IncidentId,
    },
    /// Its condition is met, but the rule is on trial: it is recorded, and nobody is told.
    Shadow,
    /// Its condition is met still, by what was over when its last incident ended.
    Spent {
        /// Which incident that was.
        incident: IncidentId,
    },
    /// Its condition is met, by evidence of which a person said that it was nothing.
    Cooldown {
        /// The incident that was called off.
        incident: IncidentId,
        /// Until when it keeps quiet, unless there is new evidence.
        until: DateTime<Utc>,
    },
    /// Its condition is met, and its last incident ended so recently that it is the same one.
    Reopens {
        /// Which.
        incident: IncidentId,
    },
    /// Its condition is met, as is that of many: their rule has declared enough, its alerts go to the one incident that
    /// stands for all that follow.
    Storm {
        /// Which.
        by: IncidentId,
    },
    /// Its condition is met, as is that of many: it declares the one incident that stands for all that follow.
    StormBegins,
    /// Its condition is met, and nothing is in the way: it declares.
    New,
}

impl State {
    /// How this subject stands now, if it were judged.
    pub fn standing_of(&self, subject: &Subject, at: DateTime<Utc>) -> Standing {
        let from = self.evaluator.true_from(&self.policy.rules, subject, at);
        match (self.standing(subject, from.is_some_and(|from| from <= at), at), from) {
            (Standing::BelowThreshold, Some(until)) => Standing::Holding { until },
            (standing, _) => standing,
        }
    }

    /// The same, where it is known whether `when` is true. Everything that may change this by time alone has its place
    /// in [`State::set_subject_timer`].
    pub(super) fn standing(&self, subject: &Subject, when: bool, at: DateTime<Utc>) -> Standing {
        let rule = self.policy.rules.rule(subject.rule);
        let newest = self.newest(rule, &subject.key);
        if let Some(open) = newest.filter(|incident| incident.stage.is_open()) {
            return Standing::Attached { incident: open.id };
        }
        // What is true of nothing at all is true once a drill is over, and would never end.
        if !when || (subject.is_drill() && rule.is_standing()) {
            return Standing::BelowThreshold;
        }
        if let Some(by) = self.all_taken_by(subject, at) {
            return Standing::SplitOff { by };
        }
        if let Some(held) = self.out_of_hours(rule, at) {
            return held;
        }
        if let Some(by) = self.inhibited_by(rule, &subject.key) {
            return Standing::Inhibited { by };
        }
        if rule.model.mode == Mode::Shadow {
            return Standing::Shadow;
        }
        newest
            .and_then(|closed| self.after(closed, subject, at))
            .or_else(|| self.storm(subject, at))
            .unwrap_or(Standing::New)
    }

    /// What a closed incident of the same rule says to a new one: of the same correlation labels, or of all in a storm.
    pub(super) fn after(&self, closed: &Incident, subject: &Subject, at: DateTime<Utc>) -> Option<Standing> {
        let closed_at = closed.stage.closed_at()?;
        if !self.anything_since(subject, closed_at, at) {
            return Some(Standing::Spent { incident: closed.id });
        }
        let evidence = self.evidence(subject, at);
        if let Some(until) = self.quiet_until(closed, subject) {
            let quiet = at < until && evidence.iter().all(|alert| self.attached.contains(closed.id, *alert));
            return quiet.then_some(Standing::Cooldown { incident: closed.id, until });
        }
        let rule = self.policy.rules.rule(subject.rule);
        let reopen_within = rule.model.reopen_within.unwrap_or(self.policy.source.timing.reopen_within);
        (at < closed_at + reopen_within.delta()).then_some(Standing::Reopens { incident: closed.id })
    }

    /// Whether something fires that counts for it, or began after this time. `within` remembers what is over: that was told
    /// already. Where nothing needs to fire, what is true is news.
    pub(super) fn anything_since(&self, subject: &Subject, time: DateTime<Utc>, at: DateTime<Utc>) -> bool {
        if self.policy.rules.rule(subject.rule).is_standing() {
            return true;
        }
        let evidence = self.evidence(subject, at);
        let mut alerts = evidence.iter().filter_map(|id| self.alerts.get(*id));
        alerts.any(|alert| alert.state.is_open() || alert.starts_at > time)
    }

    // The end of the cooldown, where a person called it off.
    pub(super) fn quiet_until(&self, closed: &Incident, subject: &Subject) -> Option<DateTime<Utc>> {
        let Stage::CalledOff { at, .. } = closed.stage else { return None };
        let rule = self.policy.rules.rule(subject.rule);
        let cooldown = rule.model.cooldown.unwrap_or(self.policy.source.timing.cooldown);
        matches!(closed.closed_by, Some(Actor::Person { .. })).then(|| at + cooldown.delta())
    }

    /// When this subject is to be judged again, if nothing touches it: whatever changes its standing by time alone. A
    /// function of what is known now, not of what was judged before: so it is the same after a restart.
    pub(super) fn set_subject_timer(&mut self, subject: &Subject, due: Option<DateTime<Utc>>, when: bool) {
        let edges = if when { self.edges(subject) } else { Vec::new() };
        let due = due
            .into_iter()
            .chain(edges)
            .chain(self.taken_edges(subject))
            .chain(self.shadow_edge(subject))
            .filter(|due| *due > self.at)
            .min();
        self.timers.set(Timer::Subject(subject.clone()), due);
    }

    fn edges(&self, subject: &Subject) -> Vec<DateTime<Utc>> {
        let rule = self.policy.rules.rule(subject.rule);
        let newest = self.newest(rule, &subject.key);
        if newest.is_some_and(|incident| incident.stage.is_open()) {
            return Vec::new();
        }
        let quiet_until = newest.and_then(|closed| self.quiet_until(closed, subject));
        quiet_until.into_iter().chain(self.storm_edges(subject)).chain(self.hour_edges(rule)).collect()
    }
}
