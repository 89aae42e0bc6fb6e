//! Nothing is sent while the row of `held` stands.

use super::SqliteStore;
use super::codec::{int, micros, time, uint};
use super::deliveries::delivery;
use super::outbox::settle_lanes;
use crate::store::{Held, HoldStore, Pending, StoreError};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::delivery::Delivery;
use domain::ids::{DeliveryId, IncidentId};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::collections::BTreeSet;

#[async_trait]
impl HoldStore for SqliteStore {
    async fn hold(&self, backup_at: DateTime<Utc>, restored_at: DateTime<Utc>) -> Result<(), StoreError> {
        self.main.write(move |conn| hold(conn, backup_at, restored_at)).await
    }

    async fn held(&self) -> Result<Option<Held>, StoreError> {
        self.main.read(|conn| held(conn)).await
    }

    async fn held_back(&self, after: DeliveryId, max: usize) -> Result<Vec<Delivery>, StoreError> {
        self.main.read(move |conn| held_back(conn, after, max)).await
    }

    async fn release(&self, pending: Pending, because: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let because = because.to_owned();
        self.main.write(move |conn| release(conn, pending, &because, now)).await
    }
}

/// Whether nothing may be claimed.
pub fn is_held(conn: &Connection) -> Result<bool, StoreError> {
    Ok(conn.prepare_cached("SELECT 1 FROM held WHERE id = 1")?.exists([])?)
}

fn hold(conn: &mut Connection, backup_at: DateTime<Utc>, restored_at: DateTime<Utc>) -> Result<(), StoreError> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let sql = "INSERT INTO held (id, backup_at, restored_at, last_delivery)
               SELECT 1, ?, ?, last_delivery FROM position WHERE TRUE
               ON CONFLICT (id) DO UPDATE SET backup_at = excluded.backup_at, restored_at = excluded.restored_at,
                 last_delivery = excluded.last_delivery";
    tx.execute(sql, params![micros(backup_at), micros(restored_at)])?;
    // Who was signed out since would be signed in again.
    tx.execute("DELETE FROM sessions", [])?;
    Ok(tx.commit()?)
}

/// Whether nothing is sent, and how much waits.
pub fn held(conn: &Connection) -> Result<Option<Held>, StoreError> {
    let sql = "SELECT backup_at, restored_at, last_delivery FROM held WHERE id = 1";
    let mut statement = conn.prepare_cached(sql)?;
    let row = statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)?))).optional()?;
    let Some((backup_at, restored_at, last)) = row else { return Ok(None) };
    let sql = "SELECT COALESCE(SUM(id <= ?1), 0), COALESCE(SUM(id > ?1), 0)
               FROM deliveries INDEXED BY deliveries_waiting WHERE state IN ('pending', 'leased', 'unsure')";
    let (before, since): (i64, i64) =
        conn.prepare_cached(sql)?.query_row([last], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Some(Held {
        backup_at: time(backup_at)?,
        restored_at: time(restored_at)?,
        before: uint(before),
        since: uint(since),
    }))
}

fn held_back(conn: &Connection, after: DeliveryId, max: usize) -> Result<Vec<Delivery>, StoreError> {
    let sql = "SELECT id FROM deliveries WHERE id > ?1 AND id <= (SELECT last_delivery FROM held WHERE id = 1)
                 AND state IN ('pending', 'leased', 'unsure') ORDER BY id LIMIT ?2";
    let mut statement = conn.prepare_cached(sql)?;
    let ids = statement.query_map(params![int(after.0), int(max as u64)], |row| row.get(0))?;
    let ids = ids.collect::<Result<Vec<i64>, _>>()?;
    ids.into_iter().map(|id| delivery(conn, id)).collect()
}

fn release(conn: &mut Connection, pending: Pending, because: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if !is_held(&tx)? {
        return Ok(false);
    }
    let old = "id <= (SELECT last_delivery FROM held WHERE id = 1) AND state IN ('pending', 'leased', 'unsure')";
    let changed = match pending {
        Pending::Drop => {
            let sql = format!(
                "UPDATE deliveries SET state = 'superseded', next_at = NULL, lease_until = NULL, due_at = NULL,
                   finished_at = ?1, last_error = ?2 WHERE {old} RETURNING incident, receiver"
            );
            lanes(&tx, &sql, params![micros(now), because])?
        }
        // They have a day from now on, whenever they were first tried.
        Pending::Send => {
            let sql = format!(
                "UPDATE deliveries SET next_at = ?1, first_attempt_at = NULL WHERE {old} AND state <> 'leased'
                 RETURNING incident, receiver"
            );
            lanes(&tx, &sql, params![micros(now)])?
        }
    };
    tx.execute("DELETE FROM held", [])?;
    for (incident, receiver) in changed {
        settle_lanes(&tx, IncidentId(uint(incident)), &receiver)?;
    }
    tx.commit()?;
    Ok(true)
}

fn lanes(conn: &Connection, sql: &str, values: &[&dyn rusqlite::ToSql]) -> Result<BTreeSet<(i64, String)>, StoreError> {
    let mut statement = conn.prepare(sql)?;
    let rows = statement.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
