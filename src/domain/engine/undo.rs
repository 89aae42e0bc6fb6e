//! Taking back what one did last.

use super::turn::Turn;
use crate::ids::IncidentId;
use crate::incident::decide::words;
use crate::incident::{Command, Refusal};

impl Turn<'_> {
    pub(super) fn undo(&mut self, _id: IncidentId, _command: &Command) -> Result<(), Refusal> {
        Err(words("verb", "is not built yet"))
    }
}
