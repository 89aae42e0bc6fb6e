//! What people do in the room of an incident: parts of the document, to-dos, following.

use super::words;
use crate::incident::{Act, Actor, Fact, Incident, Refusal};

/// What it leads to.
pub fn decide(_incident: &Incident, _actor: &Actor, _act: &Act) -> Result<Vec<Fact>, Refusal> {
    Err(words("verb", "is not built yet"))
}
