//! Plays a history into the engine, and learns from its decisions what was declared: there is no second evaluator.

use super::score::{Declaration, Judgement, Report};
use super::stand_in::{History, stand_in};
use super::tally::{Finished, Sums};
use super::truth::{Belongs, Truth};
use crate::alert::Alert;
use crate::alert::drill::DRILL_SOURCE;
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

    /// Takes the next moment; times must not run backwards. Synthetic alerts are no history to learn from.
    pub fn take(&mut self, moment: Moment) {
        if matches!(&moment.input, Input::Alerts(batch) if *batch.source.0 == *DRILL_SOURCE) {
            return;
        }
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
            // People merge; a history that is played has none.
            Fact::MergedInto { .. } => self.closed(entry, Ended::CalledOff),
            Fact::Confirmed { .. }
            | Fact::Updated { .. }
            | Fact::Noted { .. }
            | Fact::Edited { .. }
            | Fact::Acknowledged { .. }
            | Fact::Taken { .. }
            | Fact::Assigned { .. }
            | Fact::Offered { .. }
            | Fact::OfferEnded { .. }
            | Fact::HandedOver { .. }
            | Fact::Released { .. }
            | Fact::RoleOpen { .. }
            | Fact::PromiseMissed { .. }
            | Fact::Prompted { .. }
            | Fact::TodoAdded { .. }
            | Fact::TodoDone { .. }
            | Fact::TodoReopened { .. }
            | Fact::TodoDropped { .. }
            | Fact::Followed { .. }
            | Fact::Unfollowed { .. }
            | Fact::Retracted { .. }
            | Fact::Absorbed { .. }
            | Fact::TargetCalledOff { .. }
            | Fact::TargetReopened { .. }
            | Fact::SplitOff { .. }
            | Fact::SplitFrom { .. }
            | Fact::Clear { .. }
            | Fact::NotClear { .. }
            | Fact::ResolveProposed { .. }
            | Fact::Flapping { .. }
            | Fact::Steady
            | Fact::Withdrawn { .. }
            | Fact::Inhibits { .. }
            | Fact::ThreadStarted { .. }
            | Fact::NoticeLost { .. }
            | Fact::ReceiverBlocked { .. }
            | Fact::Post(_)
            | Fact::Review(_)
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
            Input::Command(_)
            | Input::Outcome(_)
            | Input::Policy(_)
            | Input::Directory(_)
            | Input::Acted(_)
            | Input::Tick
            | Input::Started => 0,
        };
        count as u64
    }
}

#[cfg(test)]
mod tests {
    use super::{Moment, Play};
    use crate::alert::{Batch, Fingerprint, Observation, Pairs, Status};
    use crate::backtest::score::{Judgement, Report};
    use crate::backtest::{History, Known, Truth};
    use crate::engine::Input;
    use crate::policy::{NamedRuleFile, PolicySource};
    use chrono::{DateTime, Utc};
    use std::sync::Arc;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_767_225_600 + minute * 60, 0).unwrap()
    }

    fn known(start: i64, end: i64, alerts: &serde_json::Value) -> Known {
        serde_json::from_value(serde_json::json!({"id": "real", "start": at(start), "end": at(end), "alerts": alerts}))
            .unwrap()
    }

    // Everything that fires is one incident; `+A` begins, `-A` ends.
    fn play(truth: Truth, history: &[(i64, &str)]) -> Report {
        let file = serde_json::json!({"groups": [{"name": "g", "rules": [
            {"incident": "Any", "when": {"alerts": ["alertname =~ \".+\""]}, "call_off": {"if_clear_for": "10m"}}
        ]}]});
        let file = serde_json::from_value(file).unwrap();
        let source = PolicySource {
            rule_files: vec![NamedRuleFile { name: "a.yml".to_owned(), file }],
            ..PolicySource::default()
        };
        let mut play = Play::new(&source, History::Changes, Some(Arc::new(truth))).unwrap();
        for (minute, what) in history {
            let labels = Pairs::labels([("alertname", &what[1..])]);
            let observation = Observation {
                status: if what.starts_with('+') { Status::Firing } else { Status::Resolved },
                fingerprint: Fingerprint::of(&labels),
                labels,
                annotations: Pairs::default(),
                starts_at: None,
                ends_at: None,
                generator_url: Box::default(),
            };
            let batch = Batch { source: "h".into(), group: None, truncated: 0, observations: vec![observation] };
            play.take(Moment { at: at(*minute), input: Input::Alerts(batch) });
        }
        play.report("h")
    }

    fn judged(report: &Report) -> Vec<Judgement> {
        report.declarations.iter().map(|one| one.judgement).collect()
    }

    #[test]
    fn an_incident_without_alerts_is_known_by_its_time() {
        let none = serde_json::json!([]);
        // It began when people noticed: half an hour after the rule had, and its alert fired all the time.
        let report = play(Truth::complete(vec![known(30, 60, &none)]), &[(0, "+A"), (50, "-A"), (90, "+B")]);
        assert_eq!(judged(&report), [Judgement::Right, Judgement::Wrong]);
        assert_eq!(report.incidents[0].by_rules, Some(at(0)));
        // Over before it began, or open since long before.
        let report = play(Truth::complete(vec![known(30, 60, &none)]), &[(0, "+A"), (5, "-A"), (100, "+B")]);
        assert_eq!((judged(&report)[0], report.total.found), (Judgement::Wrong, 0));
        let report = play(Truth::complete(vec![known(90, 120, &none)]), &[(0, "+A"), (130, "-A")]);
        assert_eq!(judged(&report), [Judgement::Wrong]);
    }

    #[test]
    fn an_alert_that_comes_later_counts_if_it_was_declared_about_then() {
        let alerts = serde_json::json!([{"firing_at": at(100), "resolved_at": at(130), "alertname": "Real"}]);
        let truth = || Truth::complete(vec![known(95, 130, &alerts)]);
        let early = play(truth(), &[(60, "+Sign"), (100, "+Real"), (130, "-Real")]);
        assert_eq!((judged(&early), early.incidents[0].by_rules), (vec![Judgement::Right], Some(at(60))));
        // Open about something else since the day began: it swallows the real one, and has not found it.
        let swallowed = play(truth(), &[(0, "+Noise"), (100, "+Real"), (130, "-Real")]);
        assert_eq!((judged(&swallowed), swallowed.total.found), (vec![Judgement::Wrong], 0));
        // The same alert at another time is none of its alerts.
        assert_eq!(judged(&play(truth(), &[(0, "+Real"), (5, "-Real"), (200, "+Real")])), [Judgement::Wrong; 2]);
    }

    #[test]
    fn what_nobody_judged_says_nothing() {
        let alert = |name: &str| serde_json::json!([{"firing_at": at(0), "alertname": name}]);
        let truth = Truth::judged(vec![known(0, 5, &alert("A"))], vec![known(100, 105, &alert("B"))]);
        let report = play(truth, &[(0, "+A"), (5, "-A"), (100, "+B"), (105, "-B"), (200, "+C")]);
        assert_eq!(judged(&report), [Judgement::Right, Judgement::Wrong, Judgement::Unjudged]);
        assert_eq!((report.total.precision, report.total.recall), (Some(0.5), Some(1.0)));
    }
}
