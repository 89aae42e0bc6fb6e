//! The store: inputs, what they changed, what must be told. One contract; `tests/store_contract.rs` holds every backend
//! to it.

pub mod audit;
pub mod history;
pub mod hold;
pub mod logins;
pub mod pads;
pub mod past;
pub mod people;
pub mod rows;
pub mod sqlite;

pub use audit::*;
pub use history::{HistoryStore, Search};
pub use hold::{Held, HoldStore, Pending};
pub use logins::*;
pub use pads::{PadRow, PadStore};
pub use past::{Imported, NewImport, PastStore};
pub use people::{Added, ByHand, PeopleChange, PeopleStore};
pub use rows::*;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::delivery::pace::Pace;
use domain::engine::{Changes, Loaded, Shadow};
use domain::ids::{AlertId, DeliveryId, IncidentId, InputSeq};
use domain::incident::{Entry, Incident, Reply, Severity};

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room, no rights, a broken disk: nothing was written; the same call may work later.
    #[error("the store can't write: {0}")]
    Unavailable(String),
    /// More waits to be written than fits.
    #[error("too many inputs wait to be written ({waiting})")]
    Overloaded {
        /// How many.
        waiting: usize,
    },
    /// The files are not ours, newer than this program, or damaged.
    #[error("{0}")]
    Broken(String),
}

/// Everything that is kept.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Appends an input, durably: when this returns, it survives a power cut. Concurrent calls share a commit. The time
    /// is moved forward where needed, so that times never run backwards along the inbox.
    async fn append(&self, input: NewInput) -> Result<Appended, StoreError>;

    /// Inputs after this one, in order, at most so many rows and about so many bytes (but at least one row).
    async fn inputs_after(
        &self,
        position: InputSeq,
        rows_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<StoredInput>, StoreError>;

    /// What the engine goes on from: everything open, incidents closed within the last week, and those about which
    /// something is left to do.
    async fn load(&self, now: DateTime<Utc>) -> Result<Loaded, StoreError>;

    /// Writes what a run of inputs changed, in one transaction. Puts that are still pending are superseded by newer
    /// ones of the same incident and receiver.
    async fn commit(&self, changes: Changes) -> Result<(), StoreError>;

    /// Leases lane heads of one receiver that are due; see [`Claim`].
    async fn claim(&self, claim: Claim) -> Result<Vec<Claimed>, StoreError>;

    /// Writes how an attempt ended. `false` if the lease was lost meanwhile: nothing was written.
    async fn finish(&self, finish: Finish) -> Result<bool, StoreError>;

    /// Makes what waits for its next attempt at this receiver due now: it is well again, or was configured anew. Leases
    /// are left alone. Returns how many.
    async fn hurry(&self, receiver: &str, now: DateTime<Utc>) -> Result<usize, StoreError>;

    /// When the next delivery of this receiver that may go at this pace is due, if any waits.
    async fn next_due(&self, receiver: &str, pace: Pace) -> Result<Option<DateTime<Utc>>, StoreError>;

    /// Incidents, newest first.
    async fn incidents(&self, filter: IncidentFilter) -> Result<Vec<Incident>, StoreError>;

    /// Action items of all incidents.
    async fn actions(&self, filter: ActionFilter) -> Result<Vec<ActionRow>, StoreError>;

    /// Incidents whose post mortem is owed, those that have been for longest first, at most so many.
    async fn owed(&self, max: usize) -> Result<Vec<Incident>, StoreError>;

    /// Of those, how bad each was and since when it is owed, the oldest first: to count them without reading them.
    async fn owed_since(&self, max: usize) -> Result<Vec<(Severity, DateTime<Utc>)>, StoreError>;

    /// One incident.
    async fn incident(&self, id: IncidentId) -> Result<Option<Incident>, StoreError>;

    /// Timeline of an incident, newest first, of entries before this number (or all), at most so many.
    async fn timeline(&self, id: IncidentId, before: Option<u32>, max: usize) -> Result<Vec<Entry>, StoreError>;

    /// Alerts attached to an incident, firing first, at most so many.
    async fn alerts_of(&self, id: IncidentId, max: usize) -> Result<Vec<domain::alert::Alert>, StoreError>;

    /// Alerts of a source that are open or contested: what a poll is compared with.
    async fn open_alerts(&self, source: &str) -> Result<Vec<domain::alert::Alert>, StoreError>;

    /// Deliveries, newest first.
    async fn deliveries(&self, filter: DeliveryFilter) -> Result<Vec<DeliveryRow>, StoreError>;

    /// Takes a dead delivery up again, from its first attempt. `false` if it is not dead.
    async fn retry_delivery(&self, id: DeliveryId, now: DateTime<Utc>) -> Result<bool, StoreError>;

    /// What rules on trial would have declared, newest first, at most so many.
    async fn shadows(&self, max: usize) -> Result<Vec<Shadow>, StoreError>;

    /// How many of those began since this time, by rule.
    async fn shadow_counts(&self, since: DateTime<Utc>) -> Result<Vec<(String, u64)>, StoreError>;

    /// The answer once given to a command with this key, within the last day.
    async fn answer(&self, key: &str) -> Result<Option<Reply>, StoreError>;

    /// Keeps a body that was refused, so that nothing is lost silently.
    async fn quarantine(&self, item: NewQuarantined) -> Result<u64, StoreError>;

    /// Refused bodies, newest first, without their bytes.
    async fn quarantined(&self, max: usize) -> Result<Vec<Quarantined>, StoreError>;

    /// The bytes of one refused body.
    async fn quarantined_body(&self, id: u64) -> Result<Option<Vec<u8>>, StoreError>;

    /// Forgets one refused body. `false` if there is none.
    async fn drop_quarantined(&self, id: u64) -> Result<bool, StoreError>;

    /// Adds a token.
    async fn add_token(&self, token: TokenRow) -> Result<(), StoreError>;

    /// All tokens that were not revoked.
    async fn tokens(&self) -> Result<Vec<TokenRow>, StoreError>;

    /// Revokes a token. `false` if there is none.
    async fn revoke_token(&self, id: &str, now: DateTime<Utc>) -> Result<bool, StoreError>;

    /// Notes when tokens were last used.
    async fn tokens_used(&self, used: Vec<(String, DateTime<Utc>)>) -> Result<(), StoreError>;

    /// People who may log in, and their sessions.
    fn access(&self) -> &dyn AccessStore;

    /// Who did what.
    fn audit(&self) -> &dyn AuditStore;

    /// Whether anything is sent.
    fn holding(&self) -> &dyn HoldStore;

    /// What is over.
    fn past(&self) -> &dyn PastStore;

    /// Who is there.
    fn people(&self) -> &dyn PeopleStore;

    /// Pads of incidents.
    fn pads(&self) -> &dyn PadStore;

    /// Past incidents.
    fn history(&self) -> &dyn HistoryStore;

    /// Deletes a batch of what is older than this: decided inputs, refused bodies, what rules on trial would have declared;
    /// and of what hangs on deleted incidents. Returns how many rows; 0 when nothing is left to delete.
    async fn prune(&self, before: DateTime<Utc>, rows_max: usize) -> Result<usize, StoreError>;

    /// Numbers for `/metrics` and the pages.
    async fn figures(&self, now: DateTime<Utc>) -> Result<Figures, StoreError>;

    /// Whether it can write now: readiness.
    async fn check(&self) -> Result<(), StoreError>;

    /// Ids of alerts attached to an incident; for the self-audit.
    async fn evidence_of(&self, id: IncidentId) -> Result<Vec<AlertId>, StoreError>;
}
