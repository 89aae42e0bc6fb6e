//! Status messages that are deleted a while after the end of their incident.

use super::state::State;
use super::turn::Turn;
use crate::delivery::status::StatusAct;
use crate::ids::IncidentId;
use crate::incident::{Actor, Fact, Incident};
use crate::notice::obs;
use crate::policy::ReceiverKind;
use chrono::{DateTime, Utc};

impl State {
    /// When the next message about this incident is deleted, and on which receiver.
    pub(super) fn next_withdrawal(&self, incident: &Incident) -> Option<(DateTime<Utc>, String)> {
        let closed_at = incident.stage.closed_at()?;
        let due = |name: &String| {
            let spec = self.policy.receiver(name).filter(|spec| spec.kind == ReceiverKind::Obs)?;
            let messages = self.policy.source.status_messages.get(name)?;
            let after = messages.withdraw_after?;
            // What nobody was ever shown, or is gone already.
            let is_shown = !spec.public || incident.public_from.is_some();
            let stands = is_shown && obs::standing(incident, name, messages).0 == StatusAct::Show;
            stands.then(|| (closed_at + after.delta(), name.clone()))
        };
        incident.receivers.iter().filter_map(due).min()
    }
}

impl Turn<'_> {
    /// Deletes a message about an incident, if it is time to; says whether it was.
    pub(super) fn withdraw_message(&mut self, id: IncidentId) -> bool {
        let Some(incident) = self.state.incidents.get(&id) else { return false };
        let next = self.state.next_withdrawal(incident).filter(|(at, _)| *at <= self.at);
        let Some((_, receiver)) = next else { return false };
        self.record(id, Actor::Rule, Fact::Withdrawn { receiver });
        true
    }
}
