//! What is over: incidents that were deleted, or came from elsewhere; and where a replay may begin.

use super::StoreError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::engine::{Deleted, Loaded};
use domain::ids::{IncidentId, InputSeq};
use domain::incident::{Entry, Incident};
use serde::Serialize;

/// Largest checkpoint, in bytes of JSON: with more alerts than this, a restore of the state is no small thing to keep daily.
pub const CHECKPOINT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Where an imported incident comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Address of the instance.
    pub instance: String,
    /// Its number there.
    pub number: u64,
    /// When it was imported.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: String,
}

/// An incident to import.
#[derive(Debug, Clone)]
pub struct NewImport {
    /// Its number here; that of the incident and its entries as well.
    pub id: IncidentId,
    /// The incident, closed.
    pub incident: Incident,
    /// Its timeline.
    pub entries: Vec<Entry>,
    /// Where it comes from.
    pub from: Imported,
    /// What came, byte for byte.
    pub archive: Vec<u8>,
    /// Its SHA-256.
    pub sha256: String,
}

/// The part of the store about this.
#[async_trait]
pub trait PastStore: Send + Sync {
    /// Who deleted this incident, and when.
    async fn deleted(&self, id: IncidentId) -> Result<Option<Deleted>, StoreError>;

    /// Deletes a batch of what hangs on deleted incidents. Returns how many rows; 0 when nothing is left.
    async fn sweep(&self, rows_max: usize) -> Result<usize, StoreError>;

    /// Deletes a batch of incidents closed before this, with what hangs on them; their numbers stay taken. Returns how
    /// many rows; 0 when nothing is left to delete.
    async fn prune_incidents(&self, before: DateTime<Utc>, rows_max: usize) -> Result<usize, StoreError>;

    /// Writes down all that the engine goes on from, unless it was after `since` already; `None` if not, or if it is too
    /// large. Those that lie before every kept input go.
    async fn checkpoint(&self, since: DateTime<Utc>, now: DateTime<Utc>) -> Result<Option<InputSeq>, StoreError>;

    /// An incident as an archive; `None` if there is none. One that was imported is given as it came, byte for byte.
    async fn export(&self, id: IncidentId) -> Result<Option<Vec<u8>>, StoreError>;

    /// Where an incident comes from, if it was imported.
    async fn imported(&self, id: IncidentId) -> Result<Option<Imported>, StoreError>;

    /// The incident that came as an archive with this SHA-256.
    async fn imported_as(&self, sha256: &str) -> Result<Option<IncidentId>, StoreError>;

    /// Whether a number was never an incident's, and never will be by itself.
    async fn is_free(&self, id: IncidentId) -> Result<bool, StoreError>;

    /// Adds an incident of another instance under this number: its timeline, to be read. `false` if that number, or that
    /// archive, is there already: nothing was written.
    async fn import(&self, new: NewImport) -> Result<bool, StoreError>;

    /// The first checkpoint at this input or after it.
    async fn checkpoint_from(&self, position: InputSeq) -> Result<Option<Loaded>, StoreError>;
}
