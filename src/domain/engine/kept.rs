//! Incidents that ended long ago, and are kept for what is left to do about them: a post mortem that is owed, action items that
//! are open. They stand apart: no rule, alert or merge sees them.

use super::state::{REMEMBER_CLOSED, State};
use super::timers::Timer;
use super::turn::Turn;
use super::{DeliveryOutcome, Input};
use crate::ids::IncidentId;
use crate::incident::entry::ReviewFact;
use crate::incident::review::{KEPT_FOR, KEPT_MAX};
use crate::incident::{Act, Actor, Command, Fact, Incident};
use crate::notice::NoticeKind;
use chrono::{DateTime, Utc};

impl State {
    /// An incident in memory, whether it ended lately or is kept for what is left to do.
    pub fn remembered(&self, id: IncidentId) -> Option<&Incident> {
        self.incidents.get(&id).or_else(|| self.kept.get(&id))
    }

    pub(super) fn remembered_mut(&mut self, id: IncidentId) -> Option<&mut Incident> {
        self.incidents.get_mut(&id).or_else(|| self.kept.get_mut(&id))
    }

    /// The incident that this input is about, if it must be [recalled](Self::recall) first: it has left the memory, and people
    /// work on its post mortem all the same.
    pub fn absent(&self, input: &Input) -> Option<IncidentId> {
        let id = match input {
            Input::Command(Command {
                incident: Some(id),
                act: Act::Review(_) | Act::Publish { .. } | Act::Undo,
                ..
            }) => *id,
            Input::Outcome(DeliveryOutcome { incident, notice, .. })
                if [NoticeKind::Post, NoticeKind::Prompt].iter().any(|kind| kind.word() == notice) =>
            {
                *incident
            }
            _ => return None,
        };
        (id.0 <= self.last_incident && self.remembered(id).is_none()).then_some(id)
    }

    /// Takes an incident back into memory for the next input, as it is stored. If nothing is left to do about it then, it leaves
    /// again.
    pub fn recall(&mut self, incident: Incident) {
        let over = incident.stage.closed_at().is_some_and(|at| at + REMEMBER_CLOSED <= self.at);
        if over && self.remembered(incident.id).is_none() {
            self.recalled = Some(incident.id);
            self.kept.insert(incident.id, incident);
        }
    }

    /// Sets those apart that are only here for what is left to do.
    pub(super) fn restore_kept(&mut self) {
        let at = self.at;
        let over =
            |incident: &Incident| incident.stage.closed_at().is_some_and(|closed| closed + REMEMBER_CLOSED <= at);
        let ids: Vec<IncidentId> = self.incidents.values().filter(|it| over(it)).map(|it| it.id).collect();
        for id in ids {
            let Some(incident) = self.incidents.remove(&id) else { continue };
            if incident.has_left() {
                self.kept.insert(id, incident);
            }
        }
        let all: Vec<IncidentId> = self.incidents.keys().chain(self.kept.keys()).copied().collect();
        all.into_iter().for_each(|id| self.note_actions(id));
    }

    pub(super) fn set_kept_timer(&mut self, id: IncidentId) {
        let Some(incident) = self.kept.get(&id) else { return };
        let reminder = incident.next_reminder(&self.policy.source.postmortem).map(|(at, _)| at);
        let due = reminder.into_iter().chain(incident.kept_until()).min();
        self.timers.set(Timer::Incident(id), due);
    }

    pub(super) fn set_kept_timers(&mut self) {
        self.kept.keys().copied().collect::<Vec<_>>().into_iter().for_each(|id| self.set_kept_timer(id));
    }
}

impl Turn<'_> {
    /// An incident leaves those that ended lately.
    pub(super) fn keep(&mut self, incident: Incident) {
        let id = incident.id;
        if !incident.has_left() {
            return;
        }
        self.state.kept.insert(id, incident);
        self.state.set_kept_timer(id);
        let oldest = |incident: &&Incident| (incident.stage.closed_at(), incident.id);
        if self.state.kept.len() > KEPT_MAX
            && let Some(oldest) = self.state.kept.values().min_by_key(oldest).map(|incident| incident.id)
        {
            self.leave(oldest, format!("more than {KEPT_MAX} others have something left to do, and ended later"));
        }
    }

    /// What time brings to one that is kept.
    pub(super) fn kept_due(&mut self, id: IncidentId) {
        if self.remind_of_post_mortem(id) {
            return;
        }
        let over = |until: DateTime<Utc>| until <= self.at;
        if self.state.kept.get(&id).and_then(Incident::kept_until).is_some_and(over) {
            self.leave(id, format!("nobody worked on it for {} days", KEPT_FOR.num_days()));
        }
    }

    fn leave(&mut self, id: IncidentId, because: String) {
        self.record(id, Actor::Rule, Fact::Review(ReviewFact::Left { because }));
    }

    /// Lets go of one about which nothing is left to do.
    pub(super) fn settle_kept(&mut self, id: IncidentId) {
        match self.state.kept.get(&id) {
            Some(incident) if incident.has_left() => self.state.set_kept_timer(id),
            Some(_) => {
                self.state.kept.remove(&id);
                self.state.timers.set(Timer::Incident(id), None);
            }
            None => {}
        }
    }

    /// Lets go of one that was recalled for this input alone, and did not change.
    pub(super) fn settle_recalled(&mut self) {
        if let Some(id) = self.state.recalled.take() {
            self.settle_kept(id);
        }
    }
}
