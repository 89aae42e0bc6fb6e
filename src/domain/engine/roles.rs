//! Roles: taken, given, handed over; and the take-over clock.

use super::turn::Turn;
use crate::ids::IncidentId;
use crate::incident::decide::words;
use crate::incident::{Act, Actor, Refusal};

impl Turn<'_> {
    pub(super) fn role_act(&mut self, _id: IncidentId, _actor: &Actor, _act: &Act) -> Result<(), Refusal> {
        Err(words("verb", "is not built yet"))
    }
}
