//! Incidents that become one, and one that becomes two.

use super::turn::Turn;
use crate::alert::matcher::MatcherText;
use crate::ids::IncidentId;
use crate::incident::decide::words;
use crate::incident::{Actor, Refusal};

impl Turn<'_> {
    pub(super) fn merge(
        &mut self,
        _id: IncidentId,
        _actor: &Actor,
        _into: IncidentId,
        _text: &str,
    ) -> Result<(), Refusal> {
        Err(words("verb", "is not built yet"))
    }

    pub(super) fn split(
        &mut self,
        _id: IncidentId,
        _actor: &Actor,
        _title: &str,
        _matchers: &[MatcherText],
    ) -> Result<(), Refusal> {
        Err(words("verb", "is not built yet"))
    }
}
