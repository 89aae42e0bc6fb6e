//! What was promised, and how promises were kept: the same on pages, in Markdown and in JSON.

use super::Audience;
use crate::incident::Incident;
use crate::notice::phrase::{kept, next_update};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// What was promised, beside the time of the next update.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PromisesLine {
    /// Whether the next update is late.
    pub overdue: bool,
    /// Updates that came in time; for the team.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<u32>,
    /// Promises that passed without an update; for the team.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missed: Option<u32>,
    /// Both in words, `kept 3, missed 1`; empty before the first was either, and for the public.
    pub so_far: String,
}

impl PromisesLine {
    /// Of this incident, as this reader sees it.
    pub fn of(incident: &Incident, audience: Audience, now: DateTime<Utc>) -> Self {
        let team = audience == Audience::Team;
        let promises = &incident.room.promises;
        Self {
            overdue: next_update(incident).is_some_and(|by| by < now),
            kept: team.then_some(promises.kept),
            missed: team.then_some(promises.missed),
            so_far: kept(promises).filter(|_| team).unwrap_or_default(),
        }
    }
}
