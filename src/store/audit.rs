//! The audit log, as it is stored: it only grows.

use super::StoreError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::audit::{Head, Sealed};
use domain::ids::IncidentId;

/// Most records read at once.
pub const AUDIT_PAGE_MAX: usize = 10_000;

/// Which records of the audit log.
#[derive(Debug, Clone, Copy, Default)]
pub struct AuditFilter {
    /// Of this incident.
    pub incident: Option<IncidentId>,
    /// Of this time, or later.
    pub since: Option<DateTime<Utc>>,
    /// From where.
    pub from: AuditFrom,
    /// At most so many, and no more than [`AUDIT_PAGE_MAX`].
    pub max: usize,
}

/// From where the audit log is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AuditFrom {
    /// From the newest, backwards.
    #[default]
    End,
    /// From the newest before this one, backwards.
    Before(u64),
    /// From the oldest after this one, forwards: as a chain is checked.
    After(u64),
}

/// Reads the audit log; what a commit holds of it is written with everything else.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Records, in the order of the filter.
    async fn records(&self, filter: AuditFilter) -> Result<Vec<Sealed>, StoreError>;

    /// The newest record as it was written, whatever became of the table since.
    async fn head(&self) -> Result<Head, StoreError>;
}
