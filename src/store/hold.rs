//! A store that came out of a backup sends nothing until somebody says so: what it holds may be long told, or over.

use super::StoreError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::delivery::Delivery;
use domain::ids::DeliveryId;
use serde::Serialize;

/// That nothing is sent, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// When the backup was made.
    pub backup_at: DateTime<Utc>,
    /// When it was restored.
    pub restored_at: DateTime<Utc>,
    /// Notices that waited when the backup was made.
    pub before: u64,
    /// Notices that were decided since.
    pub since: u64,
}

/// What to do with notices that waited when the backup was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pending {
    /// They are not sent any more: too old, or sent since.
    Drop,
    /// They are sent, late.
    Send,
}

/// The part of the store about this.
#[async_trait]
pub trait HoldStore: Send + Sync {
    /// Sends nothing from now on. What waits now is what waited at the backup; whoever was signed in must do it again.
    async fn hold(&self, backup_at: DateTime<Utc>, restored_at: DateTime<Utc>) -> Result<(), StoreError>;

    /// Whether nothing is sent.
    async fn held(&self) -> Result<Option<Held>, StoreError>;

    /// What waited at the backup, after this number, in order, at most so many; nothing where nothing is held.
    async fn held_back(&self, after: DeliveryId, max: usize) -> Result<Vec<Delivery>, StoreError>;

    /// Sends again, from what was decided since the backup on; `false` if nothing was held.
    async fn release(&self, pending: Pending, because: &str, now: DateTime<Utc>) -> Result<bool, StoreError>;
}
