//! One turn: one input, or one deadline. Facts are recorded as they are decided; at the end everything that follows
//! from them (counts, notices, clocks, rows) is settled once per incident, however much happened to it.

use super::audit::Before;
use super::changes::{Changes, Evidence};
use super::state::State;
use super::timers::Timer;
use super::{DeliveryEnd, DeliveryOutcome, Input};
use crate::alert::drill::DRILL_SOURCE;
use crate::alert::table::{Counts, Taken};
use crate::delivery::Delivery;
use crate::ids::{AlertId, IncidentId, InputSeq};
use crate::incident::apply::{apply, declared};
use crate::incident::entry::{Change, PostFact};
use crate::incident::promise::with_promise;
use crate::incident::{Actor, Entry, Fact};
use crate::notice::plan::{self, Scene};
use crate::rules::Subject;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One input, or one deadline, being decided.
pub(super) struct Turn<'a> {
    pub(super) state: &'a mut State,
    pub(super) out: &'a mut Changes,
    pub(super) seq: InputSeq,
    pub(super) at: DateTime<Utc>,
    // Subjects to judge, and the firing alerts that touched them: those are attached if an incident is open.
    pub(super) touched: BTreeMap<Subject, Vec<(AlertId, bool)>>,
    // What happened to attached alerts.
    pub(super) news: BTreeMap<IncidentId, Vec<(AlertId, Change)>>,
    // Entries of this turn.
    pub(super) recorded: BTreeMap<IncidentId, Vec<Entry>>,
    // Incidents whose rows and clocks are to be written anew.
    pub(super) changed: BTreeSet<IncidentId>,
    // Incidents that may have become clear, or have ceased to be.
    pub(super) weighed: BTreeSet<IncidentId>,
    // Incidents whose changed alerts are to be told now.
    pub(super) tell: BTreeSet<IncidentId>,
    // Incidents with somebody who was missed, and is heard of again.
    heard_again: BTreeSet<IncidentId>,
    pub(super) truncated: bool,
    // While a command is decided: what it touches, as it was before.
    pub(super) before: Option<Before>,
}

impl<'a> Turn<'a> {
    pub(super) fn new(state: &'a mut State, seq: InputSeq, at: DateTime<Utc>, out: &'a mut Changes) -> Self {
        Self {
            state,
            out,
            seq,
            at,
            touched: BTreeMap::new(),
            news: BTreeMap::new(),
            recorded: BTreeMap::new(),
            changed: BTreeSet::new(),
            weighed: BTreeSet::new(),
            tell: BTreeSet::new(),
            heard_again: BTreeSet::new(),
            truncated: false,
            before: None,
        }
    }

    /// Decides an input.
    pub(super) fn take(mut self, input: Input) {
        let timing = self.state.policy.source.timing.clone();
        match input {
            Input::Alerts(batch) => {
                self.truncated = batch.truncated > 0;
                let drill = *batch.source.0 == *DRILL_SOURCE;
                let mut taken = self.state.alerts.take(&batch, self.at, &timing);
                // A synthetic Watchdog beats for nobody, and no number that people judge us by counts practice.
                match drill {
                    true => taken.counts = Counts::default(),
                    false => self.hear_beats(&batch),
                }
                self.alerts_changed(taken);
            }
            Input::Events(events) => {
                let taken = self.state.alerts.events(&events, self.at, &timing);
                self.alerts_changed(taken);
            }
            Input::Poll(poll) => {
                let taken = self.state.alerts.poll(&poll, self.at, &timing);
                self.alerts_changed(taken);
            }
            Input::Command(command) => self.command(command),
            Input::Outcome(outcome) => self.outcome(outcome),
            Input::Policy(source) => self.policy_changed(*source),
            Input::Directory(directory) => self.directory_changed(*directory),
            Input::Acted(act) => self.acted(act),
            Input::Tick | Input::Started => {}
        }
        self.settle();
    }

    /// Does what is due at this moment.
    pub(super) fn time_passed(mut self) {
        let timing = self.state.policy.source.timing.clone();
        if self.state.alerts.next_due(&timing).is_some_and(|due| due <= self.at) {
            let taken = self.state.alerts.due(self.at, &timing);
            self.alerts_changed(taken);
        }
        while let Some(timer) = self.state.timers.pop(self.at) {
            match timer {
                Timer::Subject(subject) => drop(self.touched.entry(subject).or_default()),
                Timer::Incident(incident) => self.incident_due(incident),
                Timer::Heartbeat(name) => self.beat_missing(&name),
                Timer::Actions => self.tell_late_actions(),
            }
        }
        self.settle();
    }

    /// Adds a fact to a timeline and to the incident, in one.
    pub(super) fn record(&mut self, incident: IncidentId, actor: Actor, fact: Fact) {
        if let Some(before) = &mut self.before {
            before.entry(incident).or_insert_with(|| self.state.remembered(incident).cloned());
        }
        let timing = &self.state.policy.source.timing;
        let fact = with_promise(fact, self.state.remembered(incident), self.at, timing);
        let number = self.state.remembered(incident).map_or(0, |incident| incident.entries) + 1;
        let entry = Entry { incident, number, at: self.at, input: self.seq, actor, fact };
        match self.state.remembered_mut(incident) {
            Some(known) => {
                let open = known.roles.open.len();
                apply(known, &entry);
                if known.roles.open.len() < open {
                    self.heard_again.insert(incident);
                }
                self.note_opened(incident, &entry);
            }
            None => {
                if let Some(new) = declared(&entry) {
                    self.state.note_declared(&new);
                    self.state.incidents.insert(incident, new);
                    self.state.claim(incident);
                }
            }
        }
        self.judge_beside(incident, &entry.fact);
        self.changed.insert(incident);
        self.recorded.entry(incident).or_default().push(entry.clone());
        self.out.entries.push(entry);
    }

    /// What this turn has added to a timeline so far.
    pub(super) fn recorded(&self, incident: IncidentId) -> &[Entry] {
        self.recorded.get(&incident).map_or(&[], Vec::as_slice)
    }

    // The rule of an incident that ended is judged again: its alerts may still fire, and be one again after the cooldown.
    // An incident that opens or ends changes how others stand, too: they are judged now, not when their time comes, so
    // that it does not matter what was known when that was set.
    fn judge_beside(&mut self, incident: IncidentId, fact: &Fact) {
        let ends = matches!(fact, Fact::CalledOff { .. } | Fact::Resolved { .. } | Fact::MergedInto { .. });
        if !ends && !matches!(fact, Fact::Declared { .. } | Fact::Reopened { .. }) {
            return;
        }
        let known = self.state.incidents.get(&incident).filter(|_| ends);
        for stand in known.map(|known| self.state.stands_for(known)).unwrap_or_default() {
            self.touched.entry(stand.subject).or_default();
        }
        self.touch_inhibited(incident);
        self.touch_storm(incident);
        self.touch_taken(incident);
    }

    fn note_opened(&mut self, id: IncidentId, entry: &Entry) {
        match &entry.fact {
            Fact::Absorbed { .. } | Fact::SplitFrom { .. } => self.state.claim(id),
            Fact::CalledOff { .. } => self.tell_parts(id, &entry.actor, &entry.fact),
            Fact::Reopened { .. } => {
                self.tell_parts(id, &entry.actor, &entry.fact);
                self.hold_again(id);
            }
            _ => {}
        }
    }

    fn hold_again(&mut self, id: IncidentId) {
        self.state.claim(id);
        if self.state.released.remove(&id) {
            for alert in self.state.attached.alerts(id) {
                self.state.alerts.pin(alert);
            }
        }
    }

    /// Attaches an alert to an incident; the news of it is told with the others at the end of the turn.
    pub(super) fn attach(&mut self, evidence: Evidence) {
        self.attach_as(evidence, Change::Attached);
    }

    /// The same, where it is known already what happened to the alert.
    pub(super) fn attach_as(&mut self, evidence: Evidence, change: Change) {
        if self.state.attached.insert(evidence) {
            self.out.evidence.push(evidence);
            self.state.alerts.pin(evidence.alert);
            self.news.entry(evidence.incident).or_default().push((evidence.alert, change));
        }
    }

    /// Takes alerts away from an incident; they belong to another one.
    pub(super) fn detach(&mut self, incident: IncidentId, alerts: &BTreeSet<AlertId>) {
        self.out.evidence.retain(|evidence| evidence.incident != incident || !alerts.contains(&evidence.alert));
        for alert in alerts {
            if self.state.attached.remove(incident, *alert) {
                self.state.alerts.unpin(*alert);
                self.out.detached.insert((incident, *alert));
            }
        }
    }

    pub(super) fn alerts_changed(&mut self, taken: Taken) {
        self.out.counts += taken.counts;
        for alert in &taken.forgotten {
            self.out.alerts.insert(*alert, None);
        }
        for id in &taken.changed {
            let Some(alert) = self.state.alerts.get(*id) else { continue };
            self.out.alerts.insert(*id, Some(alert.clone()));
            // What fired before we began is no news, until somebody says so.
            if alert.pre_existing {
                continue;
            }
            // Also where it fires as before: another start may move a `for`.
            for touch in self.state.evaluator.set(&self.state.policy.rules, alert, self.at) {
                let alerts = self.touched.entry(touch.subject).or_default();
                if touch.evidence {
                    alerts.push((*id, touch.counted));
                }
            }
        }
        for transition in &taken.transitions {
            for incident in self.state.attached.incidents(transition.alert) {
                self.news.entry(incident).or_default().push((transition.alert, transition.change));
            }
        }
    }

    fn outcome(&mut self, outcome: DeliveryOutcome) {
        let Some(incident) = self.state.remembered(outcome.incident) else { return };
        let receiver = outcome.receiver;
        // The same outcome may come twice: it is appended before the delivery is finished, so that a crash between the
        // two can't lose it.
        let fact = match outcome.end {
            DeliveryEnd::ThreadStarted { remote_id } => {
                if incident.threads.contains_key(&receiver) {
                    return;
                }
                Fact::ThreadStarted { receiver, remote_id }
            }
            DeliveryEnd::Published { address } => {
                let known = incident.published.get(&receiver);
                if known.is_some_and(|known| known.delivery >= outcome.delivery) {
                    return;
                }
                let again = known.is_some_and(|known| known.address == address);
                Fact::Post(PostFact::Arrived { receiver, delivery: outcome.delivery, address, again })
            }
            DeliveryEnd::Lost { ref because } | DeliveryEnd::Dropped { ref because } => {
                if incident.lost.contains(&outcome.delivery) {
                    return;
                }
                let (because, quiet) = (because.clone(), matches!(outcome.end, DeliveryEnd::Dropped { .. }));
                let DeliveryOutcome { delivery, person, notice, .. } = outcome;
                Fact::NoticeLost { delivery, receiver, person, notice, because, quiet }
            }
            DeliveryEnd::Blocked { ref because } | DeliveryEnd::Late { ref because } => {
                if incident.blocked.contains(&receiver) {
                    return;
                }
                let late = matches!(outcome.end, DeliveryEnd::Late { .. });
                Fact::ReceiverBlocked { receiver, because: because.clone(), late }
            }
        };
        self.record(outcome.incident, Actor::Rule, fact);
    }

    pub(super) fn settle(mut self) {
        while let Some((subject, alerts)) = self.touched.pop_first() {
            self.judge(&subject, &alerts);
        }
        self.settle_alerts();
        self.settle_clear();
        for incident in std::mem::take(&mut self.changed) {
            self.settle_incident(incident);
        }
        self.settle_recalled();
    }

    fn settle_incident(&mut self, id: IncidentId) {
        let entries = self.recorded.remove(&id).unwrap_or_default();
        self.note_audit_head(id, &entries);
        self.plan_notices(id, &entries);
        self.state.set_incident_timer(id);
        if let Some(incident) = self.state.remembered(id) {
            self.out.incidents.insert(id, incident.clone());
        }
        self.settle_kept(id);
        self.state.note_actions(id);
    }

    fn plan_notices(&mut self, id: IncidentId, entries: &[Entry]) {
        let tell_alerts = self.tell.contains(&id);
        if entries.is_empty() && !tell_alerts {
            return;
        }
        let policy = Arc::clone(&self.state.policy);
        let Some(incident) = self.state.remembered(id) else { return };
        let alerts = self.state.shown_alerts(id);
        let directory = self.state.directory.as_ref();
        let heard_again = self.heard_again.contains(&id);
        let (alerts, at) = (alerts.as_slice(), self.at);
        let scene = Scene { policy: &policy, directory, incident, entries, alerts, at, tell_alerts, heard_again };
        let planned = plan::plan(&scene);
        for new in planned.deliveries {
            let delivery = Delivery {
                id: self.state.next_delivery_id(),
                incident: id,
                receiver: new.receiver,
                lane: new.lane,
                notice: new.notice,
                key: new.key,
                to: new.to,
                content: new.content,
                brief: new.brief,
                calm: new.calm,
                decided_at: self.at,
            };
            self.out.deliveries.push(delivery);
        }
        for failure in planned.failures {
            let fact = Fact::TemplateFailed { template: failure.template, because: failure.because };
            self.record(id, Actor::Rule, fact);
            self.recorded.remove(&id);
        }
    }
}
