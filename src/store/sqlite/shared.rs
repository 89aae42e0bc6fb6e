//! What is known of the inbox without asking its file, and how much may wait for its next commit.

use super::codec::time;
use super::worker::lock;
use crate::store::StoreError;
use chrono::{DateTime, Utc};
use domain::ids::InputSeq;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Most inputs that may wait for their commit.
pub const WAITING_ROWS_MAX: usize = 4096;

/// Most bytes that may wait for their commit.
pub const WAITING_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What is known without asking the file.
#[derive(Default)]
pub struct Shared {
    waiting_rows: AtomicUsize,
    waiting_bytes: AtomicUsize,
    /// The newest input.
    pub last_seq: AtomicU64,
    /// Commits made for inputs.
    pub commits: AtomicU64,
    /// By source.
    pub seen: Mutex<BTreeMap<String, Seen>>,
    // When it was last found that everything can be written, unless something could not be since.
    well: Mutex<Option<Instant>>,
}

/// The newest message of a source, and the time that is stored for it.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// When it came.
    pub at: i64,
    /// What is stored, at most a minute older.
    pub stored: i64,
}

/// Room in the queue; given back when the input is written or refused.
pub struct Admitted {
    /// Length of the body.
    pub bytes: usize,
    shared: Arc<Shared>,
}

impl Shared {
    /// The newest input.
    pub fn last_seq(&self) -> InputSeq {
        InputSeq(self.last_seq.load(Ordering::Acquire))
    }

    /// How many commits were made for inputs.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Whether it was found within this time that everything can be written.
    pub fn is_well(&self, kept: Duration) -> bool {
        lock(&self.well).is_some_and(|found| found.elapsed() < kept)
    }

    /// Everything can be written.
    pub fn note_well(&self) {
        *lock(&self.well) = Some(Instant::now());
    }

    /// Newest message of each source.
    pub fn last_seen(&self) -> Result<Vec<(String, DateTime<Utc>)>, StoreError> {
        lock(&self.seen).iter().map(|(source, seen)| Ok((source.clone(), time(seen.at)?))).collect()
    }
}

impl Admitted {
    /// Asks for room.
    pub fn new(shared: &Arc<Shared>, bytes: usize) -> Result<Self, StoreError> {
        let rows = shared.waiting_rows.fetch_add(1, Ordering::AcqRel) + 1;
        let all = shared.waiting_bytes.fetch_add(bytes, Ordering::AcqRel) + bytes;
        // From here on, dropping it gives the room back.
        let admitted = Self { bytes, shared: Arc::clone(shared) };
        // A body alone always fits: its own size is limited at the door.
        if rows > WAITING_ROWS_MAX || (all > WAITING_BYTES_MAX && rows > 1) {
            return Err(StoreError::Overloaded { waiting: rows - 1 });
        }
        Ok(admitted)
    }

    /// It could not be written: readiness must not wait to say so.
    pub fn note_failure(&self) {
        *lock(&self.shared.well) = None;
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.shared.waiting_rows.fetch_sub(1, Ordering::AcqRel);
        self.shared.waiting_bytes.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}
