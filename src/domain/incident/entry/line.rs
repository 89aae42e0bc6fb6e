//! A line of a timeline.

use super::Fact;
use crate::ids::{IncidentId, InputSeq};
use crate::incident::Actor;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One line of a timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Of which incident.
    pub incident: IncidentId,
    /// Place in its timeline, starting with 1.
    pub number: u32,
    /// When it was decided: the arrival time of its input, or the deadline of a timer.
    pub at: DateTime<Utc>,
    /// The input that led to it.
    pub input: InputSeq,
    /// Who did it.
    pub actor: Actor,
    /// What happened.
    pub fact: Fact,
}
