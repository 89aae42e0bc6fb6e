//! Tombstones of deleted incidents, and checkpoints.

use super::codec::{from_json, int, micros, time, to_json, uint};
use super::export::{self, Facts};
use super::{SqliteStore, imports, prune, read};
use crate::store::past::CHECKPOINT_BYTES_MAX;
use crate::store::{Imported, NewImport, PastStore, StoreError};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::engine::{Changes, Deleted, Loaded};
use domain::ids::{IncidentId, InputSeq};
use rusqlite::{Connection, OptionalExtension, params};

#[async_trait]
impl PastStore for SqliteStore {
    async fn deleted(&self, id: IncidentId) -> Result<Option<Deleted>, StoreError> {
        self.main.read(move |conn| deleted(conn, id)).await
    }

    async fn sweep(&self, rows_max: usize) -> Result<usize, StoreError> {
        self.main.write(move |conn| prune::tombstones(conn, rows_max)).await
    }

    async fn prune_incidents(&self, before: DateTime<Utc>, rows_max: usize) -> Result<usize, StoreError> {
        self.main.write(move |conn| prune::incidents(conn, before, rows_max)).await
    }

    async fn checkpoint(&self, since: DateTime<Utc>, now: DateTime<Utc>) -> Result<Option<InputSeq>, StoreError> {
        if self.main.read(move |conn| newest_checkpoint(conn)).await?.is_some_and(|at| at > since) {
            return Ok(None);
        }
        let first = self.inbox.read(|conn| first_input(conn)).await?;
        let loaded = self.main.read(move |conn| read::load(conn, now)).await?;
        let (position, state) = (loaded.position, to_json(&loaded)?);
        if position == InputSeq(0) || state.len() > CHECKPOINT_BYTES_MAX {
            return Ok(None);
        }
        self.main.write(move |conn| keep(conn, position, now, &state, first)).await?;
        Ok(Some(position))
    }

    async fn export(&self, id: IncidentId) -> Result<Option<Vec<u8>>, StoreError> {
        let first = self.inbox.read(|conn| first_input(conn)).await?;
        match self.main.read(move |conn| export::facts(conn, id, first)).await? {
            None => Ok(None),
            Some(Facts::Archive(archive)) => Ok(Some(archive)),
            Some(Facts::Own(own)) => self.inbox.read(move |conn| export::with_inputs(conn, *own)).await.map(Some),
        }
    }

    async fn imported(&self, id: IncidentId) -> Result<Option<Imported>, StoreError> {
        self.main.read(move |conn| imports::imported(conn, id)).await
    }

    async fn imported_as(&self, sha256: &str) -> Result<Option<IncidentId>, StoreError> {
        let sha256 = sha256.to_owned();
        self.main.read(move |conn| imports::imported_as(conn, &sha256)).await
    }

    async fn is_free(&self, id: IncidentId) -> Result<bool, StoreError> {
        self.main.read(move |conn| imports::is_free(conn, id)).await
    }

    async fn import(&self, new: NewImport) -> Result<bool, StoreError> {
        self.main.write(move |conn| imports::import(conn, &new)).await
    }

    async fn checkpoint_from(&self, position: InputSeq) -> Result<Option<Loaded>, StoreError> {
        self.main.read(move |conn| checkpoint_from(conn, position)).await
    }
}

/// Takes deleted incidents off every page and list, and keeps their numbers; what hangs on them goes in batches.
pub fn bury(conn: &Connection, changes: &Changes) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO tombstones (incident, deleted_by, deleted_at) VALUES (?, ?, ?) ON CONFLICT (incident) DO NOTHING";
    for (id, Deleted { by, at }) in &changes.deleted {
        conn.prepare_cached(sql)?.execute(params![int(id.0), by, micros(*at)])?;
        conn.prepare_cached("DELETE FROM incidents WHERE id = ?")?.execute([int(id.0)])?;
    }
    Ok(())
}

/// Who deleted this incident.
pub fn deleted(conn: &Connection, id: IncidentId) -> Result<Option<Deleted>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT deleted_by, deleted_at FROM tombstones WHERE incident = ?")?;
    let row = statement.query_row([int(id.0)], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    row.map(|(by, at)| Ok(Deleted { by, at: time(at)? })).transpose()
}

/// The first checkpoint at this input or after it.
pub fn checkpoint_from(conn: &Connection, position: InputSeq) -> Result<Option<Loaded>, StoreError> {
    let sql = "SELECT state FROM checkpoints WHERE position >= ? ORDER BY position LIMIT 1";
    let state: Option<String> = conn.prepare_cached(sql)?.query_row([int(position.0)], |row| row.get(0)).optional()?;
    state.map(|state| from_json("a checkpoint", &state)).transpose()
}

fn newest_checkpoint(conn: &Connection) -> Result<Option<DateTime<Utc>>, StoreError> {
    let sql = "SELECT at FROM checkpoints ORDER BY position DESC LIMIT 1";
    conn.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?.map(time).transpose()
}

/// The first input that is kept; 0 if none is.
pub fn first_input(conn: &Connection) -> Result<u64, StoreError> {
    let mut statement = conn.prepare_cached("SELECT COALESCE(MIN(seq), 0) FROM inputs")?;
    Ok(uint(statement.query_row([], |row| row.get(0))?))
}

fn keep(
    conn: &Connection,
    position: InputSeq,
    now: DateTime<Utc>,
    state: &str,
    first_input: u64,
) -> Result<(), StoreError> {
    // A replay begins with the input after it: where that one is gone, it is of no use.
    conn.execute("DELETE FROM checkpoints WHERE position + 1 < ?", [int(first_input)])?;
    let sql = "INSERT INTO checkpoints (position, at, state) VALUES (?, ?, ?) ON CONFLICT (position) DO NOTHING";
    conn.execute(sql, params![int(position.0), micros(now), state])?;
    Ok(())
}
