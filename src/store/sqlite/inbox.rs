//! `inbox.db`: appends of many callers share a commit.

use super::checkpoint::Wal;
use super::codec::{int, kind, kind_number, micros, time, uint};
use super::place::Place;
use super::readers::Readers;
use super::shared::{Admitted, Seen, Shared, WAITING_ROWS_MAX};
use super::worker::{AfterFailure, Holder, Worker, closed, lock};
use super::{INBOX, READERS_MAX};
use crate::store::{Appended, InputKind, NewInput, StoreError, StoredInput};
use domain::alert::drill::DRILL_SOURCE;
use domain::ids::InputSeq;
use rusqlite::{Connection, TransactionBehavior, params};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;

// One commit: large enough that the sync costs little per row, small enough that it is soon over.
const BATCH_ROWS_MAX: usize = 512;
const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;

// How exact the stored time of the newest message of a source is; a write per commit for more would be wasted.
const SEEN_MICROS: i64 = 60_000_000;

/// The connection that appends, and what it goes on from.
pub struct Appender {
    /// To the file.
    pub conn: Connection,
    last_seq: u64,
    last_at: i64,
    shared: Arc<Shared>,
}

enum Work {
    Append(NewInput, Admitted, oneshot::Sender<Result<Appended, StoreError>>),
    #[expect(clippy::type_complexity, reason = "said once, and never passed on")]
    Other(Box<dyn FnOnce(&mut Holder<Appender>) + Send>),
}

/// An opened inbox, before it is decided which thread writes.
pub struct Opened {
    shared: Arc<Shared>,
    appender: Holder<Appender>,
}

/// The inbox and the ways to it.
pub struct Inbox {
    /// What is known without asking the file.
    pub shared: Arc<Shared>,
    way: Way,
}

enum Way {
    File { writer: Worker<Work>, readers: Readers },
    Memory(Mutex<Holder<Appender>>),
}

impl Inbox {
    /// Opens it. Numbers go on above `floor`: an inbox restored from an older backup than the rest must not give
    /// numbers again that were decided already.
    pub fn open(place: &Place, floor: InputSeq, floor_at: i64) -> Result<Opened, StoreError> {
        let shared = Arc::new(Shared::default());
        shared.last_seq.store(floor.0, Ordering::Release);
        let after_failure = match place {
            Place::File(_) => AfterFailure::Reopen,
            Place::Memory => AfterFailure::Keep,
        };
        let (place, known, mut checked) = (place.clone(), Arc::clone(&shared), false);
        let appender = Holder::new(after_failure, move || {
            let conn = place.open_writer(INBOX)?;
            if !std::mem::replace(&mut checked, true) {
                place.check(&conn)?;
            }
            Appender::new(conn, Arc::clone(&known), floor_at)
        })?;
        Ok(Opened { shared, appender })
    }

    /// In memory: the caller's own thread does it.
    pub fn memory(opened: Opened) -> Self {
        Self { shared: opened.shared, way: Way::Memory(Mutex::new(opened.appender)) }
    }

    /// Takes over an opened file.
    pub fn file(path: &Path, opened: Opened, wal: Wal) -> Result<Self, StoreError> {
        let Opened { shared, appender } = opened;
        let writer = Worker::start("store-inbox", WAITING_ROWS_MAX * 2, move |work| serve(&work, appender, wal))?;
        Ok(Self { shared, way: Way::File { writer, readers: Readers::new(path.to_owned(), READERS_MAX) } })
    }

    /// Appends an input durably.
    pub async fn append(&self, input: NewInput) -> Result<Appended, StoreError> {
        match &self.way {
            Way::Memory(holder) => lock(holder).with(|appender| {
                let appended = appender.append(std::slice::from_ref(&input))?;
                appended.first().copied().ok_or_else(closed)
            }),
            Way::File { writer, .. } => {
                let room = Admitted::new(&self.shared, input.body.len())?;
                let (reply, answer) = oneshot::channel();
                writer.send(Work::Append(input, room, reply))?;
                answer.await.map_err(|_| closed())?
            }
        }
    }

    /// Runs a job with the writing connection, between two commits.
    pub async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &self.way {
            Way::Memory(holder) => lock(holder).with(|appender| job(&mut appender.conn)),
            Way::File { writer, .. } => {
                let (reply, answer) = oneshot::channel();
                // The caller may be gone; the work is done all the same.
                let job = move |holder: &mut Holder<Appender>| {
                    drop(reply.send(holder.with(|appender| job(&mut appender.conn))));
                };
                writer.send(Work::Other(Box::new(job)))?;
                answer.await.map_err(|_| closed())?
            }
        }
    }

    /// Runs a query.
    pub async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &self.way {
            Way::Memory(holder) => lock(holder).with(|appender| query(&mut appender.conn)),
            Way::File { readers, .. } => readers.read(query).await,
        }
    }

    /// Finishes what waits, and stops.
    pub fn close(&self) {
        if let Way::File { writer, readers } = &self.way {
            // If the queue is full, the times of the sources stay as exact as they were: to the minute.
            let _ = writer.send(Work::Other(Box::new(|holder| drop(holder.with(Appender::keep_seen)))));
            // Readers first: the last connection to a file moves its log into it, and a reader can't.
            readers.close();
            writer.stop();
        }
    }
}

impl Appender {
    fn new(conn: Connection, shared: Arc<Shared>, floor_at: i64) -> Result<Self, StoreError> {
        let newest = "SELECT seq, at FROM inputs ORDER BY seq DESC LIMIT 1";
        let found = conn.query_row(newest, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)));
        let (seq, at) = match found {
            Ok((seq, at)) => (uint(seq), at),
            Err(rusqlite::Error::QueryReturnedNoRows) => (0, i64::MIN),
            Err(error) => return Err(error.into()),
        };
        // What was answered once is never given again, whatever the file says.
        let last_seq = shared.last_seq.fetch_max(seq, Ordering::AcqRel).max(seq);
        let mut sources = conn.prepare("SELECT source, at FROM seen")?;
        for row in sources.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))? {
            let (source, stored) = row?;
            let mut seen = lock(&shared.seen);
            let newest = seen.get(&source).map_or(stored, |known| known.at.max(stored));
            seen.insert(source, Seen { at: newest, stored });
        }
        drop(sources);
        Ok(Self { conn, last_seq, last_at: at.max(floor_at), shared })
    }

    /// Writes these in one commit.
    fn append(&mut self, inputs: &[NewInput]) -> Result<Vec<Appended>, StoreError> {
        let (mut seq, mut at) = (self.last_seq, self.last_at);
        let mut appended = Vec::with_capacity(inputs.len());
        let mut seen = BTreeMap::new();
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut insert =
                tx.prepare_cached("INSERT INTO inputs (seq, at, kind, source, body) VALUES (?, ?, ?, ?, ?)")?;
            for input in inputs {
                seq += 1;
                at = at.max(micros(input.at));
                insert.execute(params![int(seq), at, kind_number(input.kind), input.source, input.body])?;
                appended.push(Appended { seq: InputSeq(seq), at: time(at)? });
                // A drill is no source that could fall silent.
                let tells = matches!(input.kind, InputKind::Webhook | InputKind::Push);
                if tells && input.source != DRILL_SOURCE {
                    seen.insert(input.source.as_str(), at);
                }
            }
        }
        let stored = store_seen(&tx, &self.shared, &seen)?;
        tx.commit()?;
        (self.last_seq, self.last_at) = (seq, at);
        self.shared.last_seq.store(seq, Ordering::Release);
        self.shared.commits.fetch_add(1, Ordering::Relaxed);
        let mut known = lock(&self.shared.seen);
        for (source, at) in seen {
            let before = known.get(source).map_or(i64::MIN, |seen| seen.stored);
            let stored = if stored.contains(&source) { at } else { before };
            known.insert(source.to_owned(), Seen { at, stored });
        }
        Ok(appended)
    }

    fn keep_seen(&mut self) -> Result<(), StoreError> {
        let newest: Vec<(String, i64)> =
            lock(&self.shared.seen).iter().map(|(source, seen)| (source.clone(), seen.at)).collect();
        let tx = self.conn.transaction()?;
        for (source, at) in newest {
            upsert_seen(&tx, &source, at)?;
        }
        Ok(tx.commit()?)
    }
}

// The sources whose stored time is too old, and is now written anew.
fn store_seen<'a>(
    conn: &Connection,
    shared: &Shared,
    seen: &BTreeMap<&'a str, i64>,
) -> Result<Vec<&'a str>, StoreError> {
    let old: Vec<(&str, i64)> = {
        let known = lock(&shared.seen);
        let is_old = |source: &str, at: i64| known.get(source).is_none_or(|seen| at - seen.stored >= SEEN_MICROS);
        seen.iter().map(|(source, at)| (*source, *at)).filter(|(source, at)| is_old(source, *at)).collect()
    };
    old.into_iter().map(|(source, at)| upsert_seen(conn, source, at).map(|()| source)).collect()
}

fn upsert_seen(conn: &Connection, source: &str, at: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO seen (source, at) VALUES (?, ?) ON CONFLICT (source) DO UPDATE SET at = excluded.at";
    conn.prepare_cached(sql)?.execute(params![source, at])?;
    Ok(())
}

// The writing thread: takes what waits, writes it in one commit, answers all.
fn serve(queue: &Receiver<Work>, mut holder: Holder<Appender>, mut wal: Wal) {
    while let Ok(first) = queue.recv() {
        let mut next = Some(first);
        let (mut inputs, mut callers, mut bytes) = (Vec::new(), Vec::new(), 0);
        let other = loop {
            match next.take().or_else(|| queue.try_recv().ok()) {
                Some(Work::Append(input, room, reply)) => {
                    bytes += room.bytes;
                    inputs.push(input);
                    callers.push((room, reply));
                    if inputs.len() >= BATCH_ROWS_MAX || bytes >= BATCH_BYTES_MAX {
                        break None;
                    }
                }
                Some(Work::Other(job)) => break Some(job),
                None => break None,
            }
        };
        if !inputs.is_empty() {
            let written = holder.with(|appender| appender.append(&inputs));
            answer(callers, written);
        }
        if let Some(job) = other {
            job(&mut holder);
        }
        // A failure closes the connection; the next commit opens it again, or says why it can't.
        let _ = holder.with(|appender| wal.after_commit(&appender.conn));
    }
}

fn answer(
    callers: Vec<(Admitted, oneshot::Sender<Result<Appended, StoreError>>)>,
    written: Result<Vec<Appended>, StoreError>,
) {
    match written {
        Ok(appended) => {
            for ((room, reply), appended) in callers.into_iter().zip(appended) {
                drop(room);
                // Whoever gave up waiting finds it in the inbox all the same.
                let _ = reply.send(Ok(appended));
            }
        }
        Err(error) => {
            for (room, reply) in callers {
                room.note_failure();
                drop(room);
                let _ = reply.send(Err(again(&error)));
            }
        }
    }
}

// The same for every caller of a commit.
fn again(error: &StoreError) -> StoreError {
    match error {
        StoreError::Unavailable(text) => StoreError::Unavailable(text.clone()),
        StoreError::Overloaded { waiting } => StoreError::Overloaded { waiting: *waiting },
        StoreError::Broken(text) => StoreError::Broken(text.clone()),
    }
}

/// Inputs after this one, in order; at least one, if there is one.
pub fn inputs_after(
    conn: &Connection,
    position: InputSeq,
    rows_max: usize,
    bytes_max: usize,
) -> Result<Vec<StoredInput>, StoreError> {
    let sql = "SELECT seq, at, kind, source, body FROM inputs WHERE seq > ? ORDER BY seq LIMIT ?";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params![int(position.0), int(rows_max.max(1) as u64)])?;
    let (mut inputs, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let body: Vec<u8> = row.get(4)?;
        if !inputs.is_empty() && bytes + body.len() > bytes_max {
            break;
        }
        bytes += body.len();
        inputs.push(StoredInput {
            seq: InputSeq(uint(row.get(0)?)),
            at: time(row.get(1)?)?,
            kind: kind(row.get(2)?)?,
            source: row.get(3)?,
            body,
        });
    }
    Ok(inputs)
}
