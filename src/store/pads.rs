//! What is remembered of the pad of an incident: what we wrote there, and what people did.

use super::StoreError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ids::IncidentId;
use serde::{Deserialize, Serialize};

/// One pad.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PadRow {
    /// Blocks that we wrote, or may have written, newest last: what stands in ours beside their lines is people's.
    pub wrote: Vec<String>,
    /// What people wrote outside of our block.
    pub people: String,
    /// When it was first seen so.
    pub people_at: Option<DateTime<Utc>>,
    /// Lines of theirs that are on the timeline.
    pub noted: Vec<String>,
    /// When our block was written anew, because somebody had deleted it.
    pub restored_at: Option<DateTime<Utc>>,
    /// When the pad was last found, or made, as it should be.
    pub well_at: Option<DateTime<Utc>>,
    /// The stage that was last marked in the history of the pad.
    pub marked: String,
    /// The incident is over, and nobody looks at its pad any more.
    pub ended: bool,
}

/// The part of the store about this.
#[async_trait]
pub trait PadStore: Send + Sync {
    /// What is remembered of this incident's pad.
    async fn pad(&self, incident: IncidentId) -> Result<Option<PadRow>, StoreError>;

    /// Remembers it; not of an incident that was deleted meanwhile.
    async fn keep_pad(&self, incident: IncidentId, row: PadRow) -> Result<(), StoreError>;

    /// Incidents with a pad that is still looked at.
    async fn kept_pads(&self) -> Result<Vec<IncidentId>, StoreError>;
}
