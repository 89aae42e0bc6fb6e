//! Deletes what is past its time, in batches that hold nobody up.

use super::codec::{int, micros, uint};
use super::shadows;
use crate::store::StoreError;
use chrono::{DateTime, Utc};
use domain::ids::InputSeq;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

/// Decided inputs and refused bodies. The newest input stays: numbers and times go on from it.
pub fn inbox(
    conn: &mut Connection,
    decided: InputSeq,
    before: DateTime<Utc>,
    rows_max: usize,
) -> Result<usize, StoreError> {
    let (max, before) = (int(rows_max as u64), micros(before));
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Times run along with the numbers, so the first ones that are too young end the search.
    let oldest = "SELECT seq, at FROM inputs
                  WHERE seq <= ? AND seq < (SELECT MAX(seq) FROM inputs) ORDER BY seq LIMIT ?";
    let mut past: Option<i64> = None;
    {
        let mut statement = tx.prepare_cached(oldest)?;
        let mut rows = statement.query(params![int(decided.0), max])?;
        while let Some(row) = rows.next()? {
            if row.get::<_, i64>(1)? >= before {
                break;
            }
            past = Some(row.get(0)?);
        }
    }
    let mut deleted = match past {
        Some(seq) => tx.prepare_cached("DELETE FROM inputs WHERE seq <= ?")?.execute([seq])?,
        None => 0,
    };
    let refused = "DELETE FROM quarantine WHERE id IN (SELECT id FROM quarantine WHERE at < ? ORDER BY at LIMIT ?)";
    let room = max - int(deleted as u64);
    deleted += tx.prepare_cached(refused)?.execute(params![before, room])?;
    tx.commit()?;
    Ok(deleted)
}

/// What hangs on deleted incidents, and shadows that ended before this.
pub fn rest(conn: &mut Connection, before: DateTime<Utc>, rows_max: usize) -> Result<usize, StoreError> {
    let swept = tombstones(conn, rows_max)?;
    let room = rows_max.saturating_sub(swept);
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let ended = if room > 0 { shadows::prune(&tx, before, int(room as u64))? } else { 0 };
    tx.commit()?;
    Ok(swept + ended)
}

/// What hangs on deleted incidents.
pub fn tombstones(conn: &mut Connection, rows_max: usize) -> Result<usize, StoreError> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut room = int(rows_max as u64);
    while room > 0 {
        let begun = "SELECT incident FROM tombstones WHERE done = 0 ORDER BY incident LIMIT 1";
        let found = tx.prepare_cached(begun)?.query_row([], |row| row.get::<_, i64>(0)).optional()?;
        let Some(id) = found else { break };
        let deleted = incident(&tx, id, room)?;
        if deleted < room {
            tx.prepare_cached("UPDATE tombstones SET done = 1 WHERE incident = ?")?.execute([id])?;
        }
        room -= deleted;
    }
    tx.commit()?;
    Ok(rows_max.saturating_sub(uint(room) as usize))
}

/// Incidents closed before this, with what hangs on them; the incident itself goes last, and leaves its number taken.
pub fn incidents(conn: &mut Connection, before: DateTime<Utc>, rows_max: usize) -> Result<usize, StoreError> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut room = int(rows_max as u64);
    while room > 0 {
        let oldest = "SELECT id FROM incidents WHERE closed_at < ? AND kept = 0 ORDER BY closed_at LIMIT 1";
        let mut statement = tx.prepare_cached(oldest)?;
        let Some(id) = statement.query_row([micros(before)], |row| row.get::<_, i64>(0)).optional()? else { break };
        let sql = "INSERT INTO tombstones (incident, deleted_by, deleted_at, done) VALUES (?, '', ?, 1)
                   ON CONFLICT (incident) DO NOTHING";
        tx.prepare_cached(sql)?.execute(params![id, micros(before)])?;
        room -= incident(&tx, id, room)?;
    }
    tx.commit()?;
    Ok(rows_max.saturating_sub(uint(room) as usize))
}

fn incident(conn: &Connection, id: i64, room: i64) -> Result<i64, StoreError> {
    let mut deleted = 0;
    for sql in [
        "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE incident = ?1 LIMIT ?2)",
        "DELETE FROM past_alerts WHERE id IN
           (SELECT past_alerts.id FROM evidence JOIN past_alerts ON past_alerts.id = alert
            WHERE incident = ?1 AND NOT EXISTS
              (SELECT 1 FROM evidence AS other WHERE other.alert = evidence.alert AND other.incident <> ?1)
            LIMIT ?2)",
        "DELETE FROM evidence WHERE incident = ?1 AND alert IN (SELECT alert FROM evidence WHERE incident = ?1 LIMIT ?2)",
        "DELETE FROM entries WHERE incident = ?1 AND number IN (SELECT number FROM entries WHERE incident = ?1 LIMIT ?2)",
        "DELETE FROM incident_labels WHERE incident = ?1 AND (name, value) IN
           (SELECT name, value FROM incident_labels WHERE incident = ?1 LIMIT ?2)",
        "DELETE FROM incident_people WHERE incident = ?1 AND person IN
           (SELECT person FROM incident_people WHERE incident = ?1 LIMIT ?2)",
        "DELETE FROM words WHERE rowid = ?1 AND ?2 > 0",
        "DELETE FROM history WHERE incident = ?1 AND ?2 > 0",
        "DELETE FROM actions WHERE incident = ?1 AND number IN (SELECT number FROM actions WHERE incident = ?1 LIMIT ?2)",
        "DELETE FROM pads WHERE incident = ?1 AND ?2 > 0",
        "DELETE FROM imported WHERE incident = ?1 AND ?2 > 0",
        "DELETE FROM incidents WHERE id = ?1 AND ?2 > 0",
    ] {
        deleted += conn.prepare_cached(sql)?.execute(params![id, room - deleted])? as i64;
        if deleted == room {
            break;
        }
    }
    Ok(deleted)
}
