//! Roles: taken, given, handed over; and the take-over clock.

mod clock;
mod desk;
mod offers;
#[cfg(test)]
mod tests;

use super::turn::Turn;
use crate::ids::IncidentId;
use crate::incident::decide::{open, words};
use crate::incident::{Command, Fact, Refusal};
use desk::Desk;
use std::sync::Arc;

impl Turn<'_> {
    /// Does what somebody asked for, as it is decided at the desk.
    pub(super) fn role_act(
        &mut self,
        id: IncidentId,
        command: &Command,
        decide: impl FnOnce(&Desk<'_>) -> Result<Vec<Fact>, Refusal>,
    ) -> Result<(), Refusal> {
        let incident = self.state.incidents.get(&id).ok_or(Refusal::Unknown { incident: id })?;
        open(incident)?;
        let who = command.actor.name().ok_or_else(|| words("actor", "is nobody; a role is for people"))?;
        let (policy, directory) = (Arc::clone(&self.state.policy), Arc::clone(&self.state.directory));
        let source = &policy.source;
        let desk = Desk { incident, source, directory: &directory, who, access: command.access, at: self.at };
        for fact in decide(&desk)? {
            self.record(id, command.actor.clone(), fact);
        }
        Ok(())
    }
}
