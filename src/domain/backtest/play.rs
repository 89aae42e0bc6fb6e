//! Plays a history into the engine, and learns from its decisions what was declared: there is no second evaluator.

use super::score::{Declaration, Judgement, Report};
use super::stand_in::{History, stand_in};
use super::tally::{Finished, Sums};
use super::truth::{Belongs, Truth};
use crate::alert::Alert;
use crate::engine::{Changes, Input, Loaded, State};
use crate::ids::{IncidentId, InputSeq};
use crate::incident::entry::Change;
use crate::incident::{Entry, Fact};
use crate::policy::{Policy, PolicySource};
use crate::rules::compile::Mistake;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Incidents that the engine may have let go are looked for when this many more are followed than after the last look.
const SWEEP_AFTER: usize = 64;

/// Something that was heard, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    /// When.
    pub at: DateTime<Utc>,
    /// What: messages and polls.
    pub input: Input,
}

/// A rule set and a history that goes by.
#[derive(Debug)]
pub struct Play {
    state: State,
    changes: Changes,
    truth: Option<Arc<Truth>>,
    sums: Sums,
    // What was declared and may still go on or come back.
    followed: BTreeMap<IncidentId, Followed>,
    declared: u64,
    sweep_at: usize,
}

#[derive(Debug)]
struct Followed {
    declaration: Declaration,
    rule: usize,
    place: u64,
    // Declared, or reopened last.
    opened: DateTime<Utc>,
    real: BTreeMap<usize, DateTime<Utc>>,
    false_alarm: bool,
}

impl Play {
    /// Nothing was heard so far.
    pub fn new(rules: &PolicySource, history: History, truth: Option<Arc<Truth>>) -> Result<Self, Vec<Mistake>> {
        let source = stand_in(rules, history);
        let policy = Policy::compile(source.clone())?;
        let names = policy.rules.rules.iter().map(|rule| rule.name.to_string()).collect();
        Ok(Self {
            state: State::restore(Loaded { policy: Some(source), ..Loaded::default() }),
            changes: Changes::default(),
            truth,
            sums: Sums::new(names),
            followed: BTreeMap::new(),
            declared: 0,
            sweep_at: SWEEP_AFTER,
        })
    }

    /// Takes the next moment; times must not run backwards.
    pub fn take(&mut self, moment: Moment) {
        // Each deadline by itself, so that what was decided then is not mixed with what is decided now.
        while let Some(due) = self.state.next_due().filter(|due| *due <= moment.at) {
            self.step(due, Input::Tick);
        }
        self.sums.heard(moment.at, moment.observations());
        self.step(moment.at, moment.input);
    }

    /// What the rules made of it.
    pub fn report(mut self, source: &str) -> Report {
        let until = self.sums.until();
        for (_, mut followed) in std::mem::take(&mut self.followed) {
            if followed.declaration.until.is_none() {
                self.judge_by_time(&mut followed, until);
            }
            self.finish(followed);
        }
        self.sums.report(source, self.truth.as_deref())
    }

    fn step(&mut self, at: DateTime<Utc>, input: Input) {
        let seq = InputSeq(self.state.position().0 + 1);
        self.state.step(seq, at, input, &mut self.changes);
        let changes = std::mem::take(&mut self.changes);
        if changes.entries.is_empty() && changes.evidence.is_empty() && changes.deliveries.is_empty() {
            return;
        }
        for entry in &changes.entries {
            self.learn(entry);
        }
        for evidence in &changes.evidence {
            let Some(followed) = self.followed.get_mut(&evidence.incident) else { continue };
            followed.declaration.alerts += 1;
            if let (true, Some(alert), Some(truth)) = (evidence.counted, self.state.alert(evidence.alert), &self.truth)
            {
                followed.judge_by_alert(truth, alert, self.state.at());
            }
        }
        for delivery in &changes.deliveries {
            if let Some(followed) = self.followed.get_mut(&delivery.incident) {
                followed.declaration.notices += 1;
            }
        }
        self.sweep();
    }

    fn learn(&mut self, entry: &Entry) {
        let id = entry.incident;
        match &entry.fact {
            Fact::Declared { .. } => self.declared(entry),
            Fact::Reopened { .. } => {
                let Some(followed) = self.followed.get_mut(&id) else { return };
                followed.declaration.reopened += 1;
                followed.declaration.until = None;
                followed.declaration.called_off = false;
                followed.opened = entry.at;
                let Some(truth) = &self.truth else { return };
                // They were attached before, and are no news to the incident.
                for alert in self.state.alerts_of(id).filter(|alert| alert.state.counts()) {
                    followed.judge_by_alert(truth, alert, entry.at);
                }
            }
            Fact::Alerts(changed) => {
                let (Some(followed), Some(truth)) = (self.followed.get_mut(&id), &self.truth) else { return };
                let fire_again = changed.named.iter().filter(|named| named.change == Change::Firing);
                for alert in fire_again.filter_map(|named| self.state.alert(named.alert)) {
                    followed.judge_by_alert(truth, alert, entry.at);
                }
            }
            Fact::Severity { to, .. } => {
                if let Some(followed) = self.followed.get_mut(&id) {
                    followed.declaration.severity = followed.declaration.severity.max(*to);
                }
            }
            Fact::CalledOff { .. } => self.closed(entry, Ended::CalledOff),
            Fact::Resolved { .. } => self.closed(entry, Ended::Resolved),
            Fact::Confirmed { .. }
            | Fact::Updated { .. }
            | Fact::Noted { .. }
            | Fact::Summarised { .. }
            | Fact::Clear { .. }
            | Fact::NotClear { .. }
            | Fact::ResolveProposed { .. }
            | Fact::Flapping { .. }
            | Fact::Steady
            | Fact::Inhibits { .. }
            | Fact::ThreadStarted { .. }
            | Fact::NoticeLost { .. }
            | Fact::ReceiverBlocked { .. }
            | Fact::TemplateFailed { .. }
            | Fact::RuleGone { .. } => {}
        }
    }

    fn declared(&mut self, entry: &Entry) {
        let Fact::Declared { title, severity, rule: Some(rule), correlation, first_alert_at, .. } = &entry.fact else {
            return;
        };
        let Some(at) = self.sums.rule(&rule.name) else { return };
        let declaration = Declaration {
            rule: rule.name.clone(),
            correlation: correlation.clone(),
            at: entry.at,
            until: None,
            severity: *severity,
            title: title.clone(),
            first_alert_at: *first_alert_at,
            judgement: Judgement::Unjudged,
            incident: None,
            called_off: false,
            reopened: 0,
            alerts: 0,
            notices: 0,
        };
        let followed = Followed {
            declaration,
            rule: at,
            place: self.declared,
            opened: entry.at,
            real: BTreeMap::new(),
            false_alarm: false,
        };
        self.declared += 1;
        self.followed.insert(entry.incident, followed);
    }

    fn closed(&mut self, entry: &Entry, ended: Ended) {
        let Some(mut followed) = self.followed.remove(&entry.incident) else { return };
        followed.declaration.until = Some(entry.at);
        followed.declaration.called_off = ended == Ended::CalledOff;
        self.judge_by_time(&mut followed, entry.at);
        self.followed.insert(entry.incident, followed);
    }

    fn judge_by_time(&self, followed: &mut Followed, until: DateTime<Utc>) {
        let Some(truth) = &self.truth else { return };
        for real in truth.of_time(followed.opened, until) {
            followed.real.entry(real).or_insert(followed.opened);
        }
    }

    // What the engine has let go can't come back.
    fn sweep(&mut self) {
        if self.followed.len() < self.sweep_at {
            return;
        }
        let gone: Vec<IncidentId> =
            self.followed.keys().copied().filter(|id| self.state.incident(*id).is_none()).collect();
        for id in gone {
            if let Some(followed) = self.followed.remove(&id) {
                self.finish(followed);
            }
        }
        self.sweep_at = self.followed.len() * 2 + SWEEP_AFTER;
    }

    fn finish(&mut self, mut followed: Followed) {
        followed.declaration.judgement = match &self.truth {
            Some(_) if !followed.real.is_empty() => Judgement::Right,
            Some(truth) if followed.false_alarm || truth.is_complete() => Judgement::Wrong,
            Some(_) | None => Judgement::Unjudged,
        };
        if let (Some(truth), Some(real)) = (&self.truth, followed.real.keys().next()) {
            followed.declaration.incident = Some(truth.real[*real].id.clone());
        }
        let Followed { declaration, rule, place, real, .. } = followed;
        self.sums.add(Finished { declaration, rule, place, real: real.into_iter().collect() });
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    CalledOff,
    Resolved,
}

impl Followed {
    // By an alert that it was declared by, or that came while it was open. In the second case it must have been declared
    // about the time: else an incident that nobody ever ends would be right about everything.
    fn judge_by_alert(&mut self, truth: &Truth, alert: &Alert, at: DateTime<Utc>) {
        for belongs in truth.of_alert(alert, at) {
            match belongs {
                Belongs::Real(real) if at == self.opened || truth.may_be_early_for(self.opened, real) => {
                    self.real.entry(real).or_insert(self.opened);
                }
                Belongs::Real(_) => {}
                Belongs::FalseAlarm => self.false_alarm = true,
            }
        }
    }
}

impl Moment {
    /// How many alerts it tells of.
    pub fn observations(&self) -> u64 {
        let count = match &self.input {
            Input::Alerts(batch) => batch.observations.len(),
            Input::Events(events) => events.events.len(),
            Input::Poll(poll) => poll.active.len() + poll.muted.len() + poll.gone.len(),
            Input::Command(_) | Input::Outcome(_) | Input::Policy(_) | Input::Tick | Input::Started => 0,
        };
        count as u64
    }
}
