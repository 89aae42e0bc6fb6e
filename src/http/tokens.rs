//! The table of live tokens: read at every request without a lock, refreshed from the store when it changes and every
//! [`REFRESH_EVERY`] (another process may have added one).

use super::token::{hash, id_of, same};
use crate::store::{Role, Store, StoreError, TokenRow};
use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// How often the table is read again, and last uses are written.
pub const REFRESH_EVERY: Duration = Duration::from_secs(30);

/// Live tokens of one name and role while they are rotated, or of a source at any time: the old one and the new one.
pub const PER_SOURCE_MAX: usize = 2;

/// Live tokens in all.
pub const TOKENS_MAX: usize = 1000;

/// A live token.
#[derive(Debug)]
pub struct Live {
    /// As stored.
    pub row: TokenRow,
    /// Its name, ready to be shared.
    pub name: Arc<str>,
    // Minute of the last use since 1970; 0 for never.
    used_minute: AtomicI64,
}

/// Live tokens by their public part.
#[derive(Default)]
pub struct Tokens {
    table: ArcSwap<HashMap<String, Arc<Live>>>,
    /// Held while one is counted and added, so that no third slips in.
    pub adding: tokio::sync::Mutex<()>,
}

/// What a token turned out to be.
#[derive(Debug)]
pub enum Checked {
    /// It is live.
    Live(Arc<Live>),
    /// Its public part is known; the rest is wrong, or its time is over.
    Wrong(Arc<Live>),
    /// Nobody's, or revoked.
    Unknown,
}

impl Tokens {
    /// Whether there is no token at all.
    pub fn is_empty(&self) -> bool {
        self.table.load().is_empty()
    }

    /// Whose token this is. Its public part finds the row; the whole is compared by its SHA-256, in a time that says
    /// nothing of where the difference is.
    pub fn check(&self, text: &[u8], now: DateTime<Utc>) -> Checked {
        let Some(live) = id_of(text).and_then(|id| self.table.load().get(id).cloned()) else {
            return Checked::Unknown;
        };
        if same(&hash(text), &live.row.sha256) && live.row.holds(now) {
            Checked::Live(live)
        } else {
            Checked::Wrong(live)
        }
    }

    /// The live token with this public part.
    pub fn live(&self, id: &str, now: DateTime<Utc>) -> Option<Arc<Live>> {
        self.table.load().get(id).filter(|live| live.row.holds(now)).cloned()
    }

    /// Whether a source or person of this name has a token.
    pub fn knows(&self, name: &str) -> bool {
        self.table.load().values().any(|live| &*live.name == name)
    }

    /// Live tokens, as stored, with last uses that may not be written yet; oldest first.
    pub fn list(&self) -> Vec<TokenRow> {
        let mut rows: Vec<TokenRow> = self.table.load().values().map(|live| live.row_now()).collect();
        rows.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        rows
    }

    /// Reads the table again.
    ///
    /// # Errors
    /// The store can't be read; the table stays as it was.
    pub async fn refresh(&self, store: &dyn Store) -> Result<(), StoreError> {
        let rows = store.tokens().await?;
        let before = self.table.load_full();
        let live = rows.into_iter().map(|row| {
            let used = before.get(&row.id).map_or(0, |known| known.used_minute.load(Ordering::Relaxed));
            let used = used.max(row.used_at.map_or(0, minute));
            let name = Arc::from(row.name.as_str());
            (row.id.clone(), Arc::new(Live { row, name, used_minute: AtomicI64::new(used) }))
        });
        self.table.store(Arc::new(live.collect()));
        Ok(())
    }

    /// Writes last uses that the store does not know yet.
    ///
    /// # Errors
    /// The store can't write; they are written next time.
    pub async fn write_uses(&self, store: &dyn Store) -> Result<(), StoreError> {
        let used: Vec<_> = self.table.load().values().filter_map(|live| live.unwritten()).collect();
        if used.is_empty() { Ok(()) } else { store.tokens_used(used).await }
    }
}

impl Live {
    /// Notes that it was used.
    pub fn used(&self, now: DateTime<Utc>) {
        self.used_minute.store(minute(now), Ordering::Relaxed);
    }

    /// Whether it may send alerts only.
    pub fn is_ingest(&self) -> bool {
        self.row.role == Role::Ingest
    }

    fn used_at(&self) -> Option<DateTime<Utc>> {
        match self.used_minute.load(Ordering::Relaxed) {
            0 => None,
            minute => DateTime::from_timestamp(minute * 60, 0),
        }
    }

    fn row_now(&self) -> TokenRow {
        TokenRow { used_at: self.used_at(), ..self.row.clone() }
    }

    fn unwritten(&self) -> Option<(String, DateTime<Utc>)> {
        let used = self.used_at()?;
        let written = self.row.used_at.map(minute);
        (written != Some(minute(used))).then(|| (self.row.id.clone(), used))
    }
}

fn minute(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(60)
}
