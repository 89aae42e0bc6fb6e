//! SQLite, embedded: the default store. Two files: `inbox.db` takes inputs, `earlybell.db` what was decided, so that a
//! long engine commit never holds up a 2xx. One thread writes to each; a few connections read.

mod actions;
mod audit;
pub mod backup;
mod checkpoint;
mod codec;
mod commit;
mod database;
mod deliveries;
mod door;
mod export;
mod figures;
mod history;
mod history_find;
mod history_tell;
mod hold;
mod imports;
mod inbox;
mod logins;
mod migrate;
mod outbox;
mod pads;
mod past;
mod people;
mod place;
mod prune;
mod quarantine;
mod read;
mod read_only;
mod readers;
mod shadows;
mod shared;
mod together;
mod tokens;
mod worker;

use crate::store::{
    AccessStore, ActionFilter, ActionRow, Appended, AuditStore, Claim, Claimed, DeliveryFilter, DeliveryRow, Figures,
    Finish, HistoryStore, HoldStore, IncidentFilter, NewInput, NewQuarantined, PadStore, PastStore, PeopleStore,
    Quarantined, Search, Store, StoreError, StoredInput, TokenRow,
};
use async_trait::async_trait;
use checkpoint::Checkpointer;
use chrono::{DateTime, Utc};
use database::Database;
use domain::delivery::pace::Pace;
use domain::engine::{Changes, Loaded, Shadow};
use domain::ids::{AlertId, DeliveryId, IncidentId, InputSeq};
use domain::incident::{Entry, Incident, Reply, Severity};
use domain::statistics::Past;
use door::Door;
use inbox::Inbox;
use place::{Kind, Place, file_bytes, wal_of};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;
use worker::Holder;

pub use read::CLOSED_LOADED;
pub use read_only::ReadOnly;

/// Most jobs that may wait for the thread that writes `earlybell.db`.
const MAIN_WAITING_MAX: usize = 1024;

/// Reading connections per file.
const READERS_MAX: usize = 4;

/// Whoever asks more often whether it can write is told what was found last: a check costs two syncs.
const CHECK_KEPT: Duration = Duration::from_secs(1);

// Three webhooks of ten alerts fit on such a page; on smaller ones their bodies spill, and cost a fifth more CPU.
const INBOX: Kind = Kind { schema: migrate::INBOX, page_bytes: 32_768, cache_kib: 4096 };
const MAIN: Kind = Kind { schema: migrate::MAIN, page_bytes: 4096, cache_kib: 16_384 };

/// The store in a directory, or in memory for tests.
pub struct SqliteStore {
    inbox: Inbox,
    main: Database,
    checkpointer: Option<Checkpointer>,
    paths: Vec<PathBuf>,
    // Last, so that it is left after everything else is closed.
    _door: Option<Door>,
}

impl SqliteStore {
    /// Opens the store in this directory, which is made if there is none.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let door = Door::enter(dir)?;
        let paths = vec![dir.join("inbox.db"), dir.join("earlybell.db")];
        let [inbox_path, main_path] = [&paths[0], &paths[1]];
        let (inbox, mut main) = open_both(&Place::File(inbox_path.clone()), &Place::File(main_path.clone()))?;
        // The directory is ours alone, so nobody alive holds a lease: what a killed process was sending goes on at once.
        main.with(outbox::release_leases)?;
        let checkpointer =
            Checkpointer::start(vec![(inbox_path.clone(), INBOX.page_bytes), (main_path.clone(), MAIN.page_bytes)])?;
        Ok(Self {
            inbox: Inbox::file(inbox_path, inbox, checkpointer.wal(0, INBOX.page_bytes))?,
            main: Database::file(main_path, main, checkpointer.wal(1, MAIN.page_bytes))?,
            checkpointer: Some(checkpointer),
            paths,
            _door: Some(door),
        })
    }

    /// A store for tests: gone when dropped, nothing synced, no threads.
    pub fn open_in_memory() -> Result<Self, StoreError> {
        let (inbox, main) = open_both(&Place::Memory, &Place::Memory)?;
        Ok(Self {
            inbox: Inbox::memory(inbox),
            main: Database::Memory(Mutex::new(main)),
            checkpointer: None,
            paths: Vec::new(),
            _door: None,
        })
    }

    /// Finishes what waits, moves the logs into the files, and closes them. Later calls are refused.
    pub fn close(&self) {
        self.inbox.close();
        self.main.close();
        // The last connection to a file moves its log and removes it.
        if let Some(checkpointer) = &self.checkpointer {
            checkpointer.stop();
        }
    }

    /// How many commits were made for inputs so far.
    pub fn inbox_commits(&self) -> u64 {
        self.inbox.shared.commits()
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.close();
    }
}

fn open_both(inbox: &Place, main: &Place) -> Result<(inbox::Opened, Holder<Connection>), StoreError> {
    let mut main = Database::open(main)?;
    let (position, at) = main.with(|conn| read::position(conn))?;
    Ok((Inbox::open(inbox, position, at.unwrap_or(i64::MIN))?, main))
}

fn probe(conn: &Connection) -> Result<(), StoreError> {
    conn.prepare_cached("UPDATE probe SET counter = counter + 1 WHERE id = 1")?.execute([])?;
    Ok(())
}

#[async_trait]
impl Store for SqliteStore {
    async fn append(&self, input: NewInput) -> Result<Appended, StoreError> {
        self.inbox.append(input).await
    }

    async fn inputs_after(
        &self,
        position: InputSeq,
        rows_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<StoredInput>, StoreError> {
        self.inbox.read(move |conn| inbox::inputs_after(conn, position, rows_max, bytes_max)).await
    }

    async fn load(&self, now: DateTime<Utc>) -> Result<Loaded, StoreError> {
        self.main.read(move |conn| read::load(conn, now)).await
    }

    async fn commit(&self, changes: Changes) -> Result<(), StoreError> {
        self.main.write(move |conn| commit::commit(conn, &changes)).await
    }

    async fn claim(&self, claim: Claim) -> Result<Vec<Claimed>, StoreError> {
        self.main.write(move |conn| outbox::claim(conn, &claim)).await
    }

    async fn finish(&self, finish: Finish) -> Result<bool, StoreError> {
        self.main.write(move |conn| outbox::finish(conn, &finish)).await
    }

    async fn hurry(&self, receiver: &str, now: DateTime<Utc>) -> Result<usize, StoreError> {
        let receiver = receiver.to_owned();
        self.main.write(move |conn| outbox::hurry(conn, &receiver, now)).await
    }

    async fn next_due(&self, receiver: &str, pace: Pace) -> Result<Option<DateTime<Utc>>, StoreError> {
        let receiver = receiver.to_owned();
        self.main.read(move |conn| outbox::next_due(conn, &receiver, pace)).await
    }

    async fn incidents(&self, filter: IncidentFilter) -> Result<Vec<Incident>, StoreError> {
        self.main.read(move |conn| read::incidents(conn, &filter)).await
    }

    async fn actions(&self, filter: ActionFilter) -> Result<Vec<ActionRow>, StoreError> {
        self.main.read(move |conn| actions::list(conn, &filter)).await
    }

    async fn owed(&self, max: usize) -> Result<Vec<Incident>, StoreError> {
        self.main.read(move |conn| read::owed(conn, max)).await
    }

    async fn owed_since(&self, max: usize) -> Result<Vec<(Severity, DateTime<Utc>)>, StoreError> {
        self.main.read(move |conn| figures::owed(conn, max)).await
    }

    async fn incident(&self, id: IncidentId) -> Result<Option<Incident>, StoreError> {
        self.main.read(move |conn| read::incident(conn, id)).await
    }

    async fn timeline(&self, id: IncidentId, before: Option<u32>, max: usize) -> Result<Vec<Entry>, StoreError> {
        self.main.read(move |conn| read::timeline(conn, id, before, max)).await
    }

    async fn alerts_of(&self, id: IncidentId, max: usize) -> Result<Vec<domain::alert::Alert>, StoreError> {
        self.main.read(move |conn| read::alerts_of(conn, id, max)).await
    }

    async fn open_alerts(&self, source: &str) -> Result<Vec<domain::alert::Alert>, StoreError> {
        let source = source.to_owned();
        self.main.read(move |conn| read::open_alerts(conn, &source)).await
    }

    async fn deliveries(&self, filter: DeliveryFilter) -> Result<Vec<DeliveryRow>, StoreError> {
        self.main.read(move |conn| deliveries::deliveries(conn, &filter)).await
    }

    async fn retry_delivery(&self, id: DeliveryId, now: DateTime<Utc>) -> Result<bool, StoreError> {
        self.main.write(move |conn| outbox::retry(conn, id, now)).await
    }

    async fn shadows(&self, max: usize) -> Result<Vec<Shadow>, StoreError> {
        self.main.read(move |conn| shadows::newest(conn, max)).await
    }

    async fn shadow_counts(&self, since: DateTime<Utc>) -> Result<Vec<(String, u64)>, StoreError> {
        self.main.read(move |conn| shadows::counts(conn, since)).await
    }

    async fn answer(&self, key: &str) -> Result<Option<Reply>, StoreError> {
        let key = key.to_owned();
        self.main.read(move |conn| read::answer(conn, &key)).await
    }

    async fn quarantine(&self, item: NewQuarantined) -> Result<u64, StoreError> {
        self.inbox.write(move |conn| quarantine::keep(conn, &item)).await
    }

    async fn quarantined(&self, max: usize) -> Result<Vec<Quarantined>, StoreError> {
        self.inbox.read(move |conn| quarantine::list(conn, max)).await
    }

    async fn quarantined_body(&self, id: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.inbox.read(move |conn| quarantine::body(conn, id)).await
    }

    async fn drop_quarantined(&self, id: u64) -> Result<bool, StoreError> {
        self.inbox.write(move |conn| quarantine::forget(conn, id)).await
    }

    async fn add_token(&self, token: TokenRow) -> Result<(), StoreError> {
        self.main.write(move |conn| tokens::add(conn, &token)).await
    }

    async fn tokens(&self) -> Result<Vec<TokenRow>, StoreError> {
        self.main.read(|conn| tokens::all(conn)).await
    }

    async fn revoke_token(&self, id: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let id = id.to_owned();
        self.main.write(move |conn| tokens::revoke(conn, &id, now)).await
    }

    async fn tokens_used(&self, used: Vec<(String, DateTime<Utc>)>) -> Result<(), StoreError> {
        self.main.write(move |conn| tokens::used(conn, &used)).await
    }

    fn access(&self) -> &dyn AccessStore {
        self
    }

    fn audit(&self) -> &dyn AuditStore {
        self
    }

    fn holding(&self) -> &dyn HoldStore {
        self
    }

    fn past(&self) -> &dyn PastStore {
        self
    }

    fn people(&self) -> &dyn PeopleStore {
        self
    }

    fn pads(&self) -> &dyn PadStore {
        self
    }

    fn history(&self) -> &dyn HistoryStore {
        self
    }

    async fn prune(&self, before: DateTime<Utc>, rows_max: usize) -> Result<usize, StoreError> {
        let position = self.main.read(|conn| read::position(conn)).await?.0;
        let inputs = self.inbox.write(move |conn| prune::inbox(conn, position, before, rows_max)).await?;
        let room = rows_max.saturating_sub(inputs);
        if room == 0 {
            return Ok(inputs);
        }
        Ok(inputs + self.main.write(move |conn| prune::rest(conn, before, room)).await?)
    }

    async fn figures(&self, _now: DateTime<Utc>) -> Result<Figures, StoreError> {
        let mut figures = self.main.read(figures::figures).await?;
        figures.quarantined = self.inbox.read(|conn| quarantine::count(conn)).await?;
        figures.last_input = self.inbox.shared.last_seq();
        figures.last_seen = self.inbox.shared.last_seen()?;
        figures.wal_bytes = self.paths.iter().map(|path| file_bytes(&wal_of(path))).sum();
        figures.bytes = figures.wal_bytes + self.paths.iter().map(|path| file_bytes(path)).sum::<u64>();
        figures.refuses = self.check().await.err().map(|error| error.to_string());
        Ok(figures)
    }

    async fn check(&self) -> Result<(), StoreError> {
        if self.inbox.shared.is_well(CHECK_KEPT) {
            return Ok(());
        }
        self.main.write(|conn| probe(conn)).await?;
        self.inbox.write(|conn| probe(conn)).await?;
        self.inbox.shared.note_well();
        Ok(())
    }

    async fn evidence_of(&self, id: IncidentId) -> Result<Vec<AlertId>, StoreError> {
        self.main.read(move |conn| read::evidence_of(conn, id)).await
    }
}

#[async_trait]
impl HistoryStore for SqliteStore {
    async fn find(&self, search: Search) -> Result<Vec<Incident>, StoreError> {
        self.main.read(move |conn| history_find::find(conn, &search)).await
    }

    async fn past(&self, since: DateTime<Utc>, max: usize) -> Result<Vec<Past>, StoreError> {
        self.main.read(move |conn| history_find::past(conn, since, max)).await
    }

    async fn untold(&self) -> Result<u64, StoreError> {
        self.main.read(|conn| history_tell::untold(conn)).await
    }

    async fn tell_more(&self, entries_max: usize) -> Result<usize, StoreError> {
        // Read beside the commits, so that only the writing keeps one waiting.
        let batch = self.main.read(move |conn| history_tell::read_batch(conn, entries_max)).await?;
        let seen = batch.len();
        if seen > 0 {
            self.main.write(move |conn| history_tell::write_batch(conn, &batch)).await?;
        }
        Ok(seen)
    }
}
