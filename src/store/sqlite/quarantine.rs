//! Refused bodies: kept, so that nothing is lost silently.

use super::codec::{int, micros, time, uint};
use crate::store::{NewQuarantined, Quarantined, StoreError};
use rusqlite::{Connection, OptionalExtension, params};

/// Most listed at once.
const LISTED_MAX: usize = 1000;

/// Keeps one.
pub fn keep(conn: &Connection, item: &NewQuarantined) -> Result<u64, StoreError> {
    let sql = "INSERT INTO quarantine (at, source, path, because, bytes, body) VALUES (?, ?, ?, ?, ?, ?)";
    conn.prepare_cached(sql)?.execute(params![
        micros(item.at),
        item.source,
        item.path,
        item.because,
        int(item.bytes),
        item.body,
    ])?;
    Ok(uint(conn.last_insert_rowid()))
}

/// The newest, without their bytes.
pub fn list(conn: &Connection, max: usize) -> Result<Vec<Quarantined>, StoreError> {
    let sql = "SELECT id, at, source, path, because, bytes FROM quarantine ORDER BY id DESC LIMIT ?";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([int(max.min(LISTED_MAX) as u64)])?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        items.push(Quarantined {
            id: uint(row.get(0)?),
            at: time(row.get(1)?)?,
            source: row.get(2)?,
            path: row.get(3)?,
            because: row.get(4)?,
            bytes: uint(row.get(5)?),
        });
    }
    Ok(items)
}

/// The bytes of one.
pub fn body(conn: &Connection, id: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT body FROM quarantine WHERE id = ?")?;
    Ok(statement.query_row([int(id)], |row| row.get(0)).optional()?)
}

/// Forgets one.
pub fn forget(conn: &Connection, id: u64) -> Result<bool, StoreError> {
    Ok(conn.prepare_cached("DELETE FROM quarantine WHERE id = ?")?.execute([int(id)])? == 1)
}

/// How many there are.
pub fn count(conn: &Connection) -> Result<u64, StoreError> {
    let count = conn.prepare_cached("SELECT COUNT(*) FROM quarantine")?.query_row([], |row| row.get(0))?;
    Ok(uint(count))
}
