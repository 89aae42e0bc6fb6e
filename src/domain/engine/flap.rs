//! Flapping: an incident whose alerts come and go. It is said once; then people hear of it once in a while, and it ends
//! by rule only after it was clear for a while.

use super::turn::Turn;
use crate::ids::IncidentId;
use crate::incident::{Actor, Fact, TURNS_KEPT_MAX};

impl Turn<'_> {
    /// Says that it flaps, if it turned often enough; `more` are turns of this moment that its timeline tells after this.
    pub(super) fn note_flapping(&mut self, id: IncidentId, more: usize) {
        let enough = usize::try_from(self.state.policy.source.timing.flapping_after).unwrap_or(usize::MAX);
        let enough = enough.clamp(1, TURNS_KEPT_MAX);
        let Some(incident) = self.state.incidents.get(&id).filter(|incident| incident.stage.is_open()) else { return };
        let turns = incident.turns_since(self.at) + more;
        if incident.flapping_since.is_none() && turns >= enough {
            self.record(id, Actor::Rule, Fact::Flapping { turns: u32::try_from(turns).unwrap_or(u32::MAX) });
        }
    }
}
