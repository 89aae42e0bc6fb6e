//! A store between the program and the real one, in which the process can die: before a write, or right after it.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::alert::Alert;
use domain::delivery::pace::Pace;
use domain::engine::{Changes, Loaded, Shadow};
use domain::ids::{AlertId, DeliveryId, IncidentId, InputSeq};
use domain::incident::{Entry, Incident, Reply, Severity};
use earlybell::store::*;
use std::sync::{Arc, Mutex};

/// When the process dies.
#[derive(Clone, Copy, Debug)]
pub enum Death {
    /// At the write after so many more, before anything is written.
    Before(u32),
    /// At the write after so many more, when it is done but nobody has heard of it.
    After(u32),
}

#[derive(Default)]
struct Fate {
    death: Option<Death>,
    dead: bool,
}

/// Whether the process lives, shared by all that can kill it.
#[derive(Clone, Default)]
pub struct Process(Arc<Mutex<Fate>>);

impl Process {
    pub fn doom(&self, death: Option<Death>) {
        self.0.lock().unwrap().death = death;
    }

    pub fn kill(&self) {
        self.0.lock().unwrap().dead = true;
    }

    pub fn is_dead(&self) -> bool {
        self.0.lock().unwrap().dead
    }

    pub fn revive(&self) {
        *self.0.lock().unwrap() = Fate::default();
    }

    // Counts a write; says whether the process dies before or after it.
    fn write(&self) -> Result<Next, StoreError> {
        let mut fate = self.0.lock().unwrap();
        if fate.dead {
            return Err(gone());
        }
        let next = match fate.death {
            Some(Death::Before(0)) => Next::DieBefore,
            Some(Death::After(0)) => Next::DieAfter,
            Some(Death::Before(more)) => {
                fate.death = Some(Death::Before(more - 1));
                Next::Live
            }
            Some(Death::After(more)) => {
                fate.death = Some(Death::After(more - 1));
                Next::Live
            }
            None => Next::Live,
        };
        if !matches!(next, Next::Live) {
            fate.dead = true;
        }
        Ok(next)
    }
}

#[derive(Clone, Copy)]
enum Next {
    Live,
    DieBefore,
    DieAfter,
}

fn gone() -> StoreError {
    StoreError::Unavailable("the process is dead".to_owned())
}

/// The store as a process sees it that may die.
pub struct MortalStore {
    pub inner: Arc<dyn Store>,
    pub process: Process,
}

macro_rules! mortal {
    ($self:ident, $call:expr) => {{
        let next = $self.process.write()?;
        if matches!(next, Next::DieBefore) {
            return Err(gone());
        }
        let done = $call.await?;
        if matches!(next, Next::DieAfter) {
            return Err(gone());
        }
        Ok(done)
    }};
}

#[async_trait]
impl Store for MortalStore {
    async fn append(&self, input: NewInput) -> Result<Appended, StoreError> {
        mortal!(self, self.inner.append(input))
    }

    async fn commit(&self, changes: Changes) -> Result<(), StoreError> {
        mortal!(self, self.inner.commit(changes))
    }

    async fn claim(&self, claim: Claim) -> Result<Vec<Claimed>, StoreError> {
        mortal!(self, self.inner.claim(claim))
    }

    async fn finish(&self, finish: Finish) -> Result<bool, StoreError> {
        mortal!(self, self.inner.finish(finish))
    }

    async fn quarantine(&self, item: NewQuarantined) -> Result<u64, StoreError> {
        mortal!(self, self.inner.quarantine(item))
    }

    async fn inputs_after(&self, at: InputSeq, rows: usize, bytes: usize) -> Result<Vec<StoredInput>, StoreError> {
        self.inner.inputs_after(at, rows, bytes).await
    }

    async fn load(&self, now: DateTime<Utc>) -> Result<Loaded, StoreError> {
        self.inner.load(now).await
    }

    async fn next_due(&self, receiver: &str, pace: Pace) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.inner.next_due(receiver, pace).await
    }

    async fn hurry(&self, receiver: &str, now: DateTime<Utc>) -> Result<usize, StoreError> {
        self.inner.hurry(receiver, now).await
    }

    async fn incidents(&self, filter: IncidentFilter) -> Result<Vec<Incident>, StoreError> {
        self.inner.incidents(filter).await
    }

    async fn actions(&self, filter: ActionFilter) -> Result<Vec<ActionRow>, StoreError> {
        self.inner.actions(filter).await
    }

    async fn owed(&self, max: usize) -> Result<Vec<Incident>, StoreError> {
        self.inner.owed(max).await
    }

    async fn owed_since(&self, max: usize) -> Result<Vec<(Severity, DateTime<Utc>)>, StoreError> {
        self.inner.owed_since(max).await
    }

    async fn incident(&self, id: IncidentId) -> Result<Option<Incident>, StoreError> {
        self.inner.incident(id).await
    }

    async fn timeline(&self, id: IncidentId, before: Option<u32>, max: usize) -> Result<Vec<Entry>, StoreError> {
        self.inner.timeline(id, before, max).await
    }

    async fn alerts_of(&self, id: IncidentId, max: usize) -> Result<Vec<Alert>, StoreError> {
        self.inner.alerts_of(id, max).await
    }

    async fn open_alerts(&self, source: &str) -> Result<Vec<Alert>, StoreError> {
        self.inner.open_alerts(source).await
    }

    async fn deliveries(&self, filter: DeliveryFilter) -> Result<Vec<DeliveryRow>, StoreError> {
        self.inner.deliveries(filter).await
    }

    async fn retry_delivery(&self, id: DeliveryId, now: DateTime<Utc>) -> Result<bool, StoreError> {
        self.inner.retry_delivery(id, now).await
    }

    async fn shadows(&self, max: usize) -> Result<Vec<Shadow>, StoreError> {
        self.inner.shadows(max).await
    }

    async fn shadow_counts(&self, since: DateTime<Utc>) -> Result<Vec<(String, u64)>, StoreError> {
        self.inner.shadow_counts(since).await
    }

    async fn answer(&self, key: &str) -> Result<Option<Reply>, StoreError> {
        self.inner.answer(key).await
    }

    async fn quarantined(&self, max: usize) -> Result<Vec<Quarantined>, StoreError> {
        self.inner.quarantined(max).await
    }

    async fn quarantined_body(&self, id: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.quarantined_body(id).await
    }

    async fn drop_quarantined(&self, id: u64) -> Result<bool, StoreError> {
        self.inner.drop_quarantined(id).await
    }

    async fn add_token(&self, token: TokenRow) -> Result<(), StoreError> {
        self.inner.add_token(token).await
    }

    async fn tokens(&self) -> Result<Vec<TokenRow>, StoreError> {
        self.inner.tokens().await
    }

    async fn revoke_token(&self, id: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
        self.inner.revoke_token(id, now).await
    }

    async fn tokens_used(&self, used: Vec<(String, DateTime<Utc>)>) -> Result<(), StoreError> {
        self.inner.tokens_used(used).await
    }

    fn access(&self) -> &dyn AccessStore {
        self.inner.access()
    }

    fn audit(&self) -> &dyn AuditStore {
        self.inner.audit()
    }

    fn history(&self) -> &dyn HistoryStore {
        self.inner.history()
    }

    fn holding(&self) -> &dyn HoldStore {
        self.inner.holding()
    }

    fn past(&self) -> &dyn PastStore {
        self.inner.past()
    }

    fn people(&self) -> &dyn PeopleStore {
        self.inner.people()
    }

    fn pads(&self) -> &dyn PadStore {
        self.inner.pads()
    }

    async fn prune(&self, before: DateTime<Utc>, rows_max: usize) -> Result<usize, StoreError> {
        self.inner.prune(before, rows_max).await
    }

    async fn figures(&self, now: DateTime<Utc>) -> Result<Figures, StoreError> {
        self.inner.figures(now).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.inner.check().await
    }

    async fn evidence_of(&self, id: IncidentId) -> Result<Vec<AlertId>, StoreError> {
        self.inner.evidence_of(id).await
    }
}
