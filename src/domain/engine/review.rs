//! What people write and decide afterwards, and what they are reminded of.

use super::state::State;
use super::timers::Timer;
use super::turn::Turn;
use crate::alert::Pairs;
use crate::delivery::{Delivery, Lane};
use crate::ids::IncidentId;
use crate::incident::act::ReviewAct;
use crate::incident::entry::ReviewFact;
use crate::incident::review::{ACTIONS_MAX, Ended};
use crate::incident::{Actor, Command, Fact, Incident, Refusal, decide};
use crate::notice::NoticeKind;
use crate::notice::afterwards::{Late, late};
use crate::policy::{ReceiverKind, ReceiverSpec};
use chrono::NaiveDate;
use std::sync::Arc;

impl State {
    /// Remembers by when the first action item of an incident is due.
    pub(super) fn note_actions(&mut self, id: IncidentId) {
        let known = self.remembered(id).filter(|incident| !incident.review.left);
        let first = known.and_then(|incident| incident.review.open_actions().filter_map(|it| it.item.due).min());
        let changed = match first {
            Some(due) => self.actions_due.insert(id, due) != Some(due),
            None => self.actions_due.remove(&id).is_some(),
        };
        if changed {
            self.set_actions_timer();
        }
    }

    /// Sets when action items that are late are told next.
    pub(super) fn set_actions_timer(&mut self) {
        let policy = &self.policy.source.postmortem;
        let first: Option<NaiveDate> = self.actions_due.values().min().copied();
        let due = first.and_then(|due| policy.next_actions(policy.late_from(due).max(self.at)));
        self.timers.set(Timer::Actions, due);
    }
}

impl Turn<'_> {
    /// Does what somebody does for a post mortem.
    pub(super) fn review(&mut self, id: IncidentId, command: &Command, act: &ReviewAct) -> Result<(), Refusal> {
        let incident = self.state.remembered(id).ok_or_else(|| self.state.unknown(id))?;
        let policy = &self.state.policy.source.postmortem;
        let fact = decide::review::decide(incident, act, policy, &self.state.directory)?;
        self.record(id, command.actor.clone(), Fact::Review(fact));
        Ok(())
    }

    /// Reminds somebody of a post mortem, if it is time to; says whether it was.
    pub(super) fn remind_of_post_mortem(&mut self, id: IncidentId) -> bool {
        let policy = &self.state.policy.source.postmortem;
        let Some(incident) = self.state.remembered(id) else { return false };
        let next = incident.next_reminder(policy).filter(|(at, _)| *at <= self.at);
        let Some(((_, whom), due)) = next.zip(incident.post_mortem_due(policy)) else { return false };
        self.record(id, Actor::Rule, Fact::Review(ReviewFact::Reminded { whom, due }));
        true
    }

    /// What is to be better goes on where the incident does.
    pub(super) fn bring_actions(&mut self, from: &Incident, into: IncidentId) {
        for open in from.review.open_actions() {
            let Some(review) = self.state.incidents.get(&into).map(|target| &target.review) else { return };
            if review.actions.len() >= ACTIONS_MAX {
                return;
            }
            let added = ReviewFact::ActionAdded { action: review.actions_ever + 1, item: open.item.clone() };
            self.record(into, Actor::Rule, Fact::Review(added));
            let moved = ReviewFact::ActionEnded { action: open.number, end: Ended::Moved };
            self.record(from.id, Actor::Rule, Fact::Review(moved));
        }
    }

    /// Tells in one notice which action items are late, whatever incidents they are of.
    pub(super) fn tell_late_actions(&mut self) {
        let policy = Arc::clone(&self.state.policy);
        let mut all: Vec<Late> = Vec::new();
        for id in self.state.actions_due.keys().copied().collect::<Vec<_>>() {
            let Some(incident) = self.state.remembered(id) else { continue };
            let open = incident.review.open_actions();
            let of_it: Vec<_> =
                open.filter(|action| action.is_late(self.at, &policy.source.postmortem)).cloned().collect();
            let numbers: Vec<u32> = of_it.iter().map(|action| action.number).collect();
            if numbers.is_empty() {
                continue;
            }
            let (name, title) = (incident.name(), incident.title.clone());
            let late = |action| Late { incident: id, name: name.clone(), title: title.clone(), action };
            all.extend(of_it.into_iter().map(late));
            self.record(id, Actor::Rule, Fact::Review(ReviewFact::ActionsLate { actions: numbers }));
        }
        all.sort_by_key(|late| (late.action.item.due, late.incident, late.action.number));
        // It stands with the incident of the one that is late for longest.
        if let Some(id) = all.first().map(|late| late.incident) {
            self.send_late(id, &all);
        }
        self.state.set_actions_timer();
    }

    fn send_late(&mut self, id: IncidentId, all: &[Late]) {
        let policy = Arc::clone(&self.state.policy);
        let entry = self.recorded(id).last().map_or(0, |entry| entry.number);
        if self.state.remembered(id).is_none() {
            return;
        }
        for spec in told_of_actions(&policy.source.postmortem.remind, &policy) {
            let content = late(spec, all, &policy, (&self.state.directory, self.at));
            let notice = NoticeKind::Prompt;
            let delivery = Delivery {
                id: self.state.next_delivery_id(),
                incident: id,
                // It answers nothing, so it stands outside of the incident's thread.
                lane: Lane::Direct,
                notice,
                key: format!("inc-{}.{}.{entry}.{}", id.0, notice.word(), spec.name),
                receiver: spec.name.clone(),
                to: None,
                content,
                brief: String::new(),
                calm: false,
                decided_at: self.at,
            };
            self.out.deliveries.push(delivery);
        }
    }
}

// Those that were named; else the team's, where everything is told.
fn told_of_actions<'a>(named: &[String], policy: &'a crate::policy::Policy) -> Vec<&'a ReceiverSpec> {
    let names = if named.is_empty() { policy.receivers_for(None, &Pairs::default()) } else { named.to_vec() };
    let specs = names.iter().filter_map(|name| policy.receiver(name)).filter(|spec| spec.is_routed());
    // A status message is about one incident.
    let specs = specs.filter(|spec| spec.kind != ReceiverKind::Obs);
    specs.filter(|spec| !named.is_empty() || !spec.public).collect()
}
