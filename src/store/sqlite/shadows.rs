//! What rules on trial would have declared.

use super::codec::{from_json, int, micros, to_json, uint};
use super::read::LISTED_MAX;
use crate::store::StoreError;
use chrono::{DateTime, Utc};
use domain::engine::Shadow;
use rusqlite::{Connection, params};

/// Writes those that are new or changed.
pub fn write<'a>(conn: &Connection, shadows: impl Iterator<Item = &'a Shadow>) -> Result<(), StoreError> {
    let sql = "INSERT INTO shadows (id, rule, began_at, ended_at, shadow) VALUES (?, ?, ?, ?, ?)
               ON CONFLICT (id) DO UPDATE SET ended_at = excluded.ended_at, shadow = excluded.shadow";
    let mut upsert = conn.prepare_cached(sql)?;
    for shadow in shadows {
        let ended_at = shadow.until.map(micros);
        upsert.execute(params![int(shadow.id), shadow.rule, micros(shadow.from), ended_at, to_json(shadow)?])?;
    }
    Ok(())
}

/// Those that are open, or ended after this time, in their order.
pub fn lately(conn: &Connection, since: DateTime<Utc>) -> Result<Vec<Shadow>, StoreError> {
    let open = "SELECT shadow FROM shadows WHERE ended_at IS NULL";
    let ended = "SELECT shadow FROM shadows WHERE ended_at > ?";
    let mut found = read(&mut conn.prepare(open)?.query([])?)?;
    found.extend(read(&mut conn.prepare(ended)?.query([micros(since)])?)?);
    found.sort_by_key(|shadow| shadow.id);
    Ok(found)
}

/// The newest, newest first.
pub fn newest(conn: &Connection, max: usize) -> Result<Vec<Shadow>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT shadow FROM shadows ORDER BY id DESC LIMIT ?")?;
    read(&mut statement.query([int(max.min(LISTED_MAX) as u64)])?)
}

/// How many began since this time, by rule.
pub fn counts(conn: &Connection, since: DateTime<Utc>) -> Result<Vec<(String, u64)>, StoreError> {
    let sql = "SELECT rule, COUNT(*) FROM shadows WHERE began_at >= ? GROUP BY rule ORDER BY rule";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([micros(since)], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))?;
    Ok(rows.map(|row| row.map(|(rule, count)| (rule, uint(count)))).collect::<Result<_, _>>()?)
}

/// The highest number ever given.
pub fn last(conn: &Connection) -> Result<u64, StoreError> {
    let last: Option<i64> =
        conn.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'shadows'")?.query_row([], |row| row.get(0)).ok();
    Ok(last.map_or(0, uint))
}

/// Deletes those that ended before this time; says how many.
pub fn prune(conn: &Connection, before: DateTime<Utc>, rows_max: i64) -> Result<usize, StoreError> {
    let sql = "DELETE FROM shadows WHERE id IN (SELECT id FROM shadows WHERE ended_at < ? ORDER BY ended_at LIMIT ?)";
    Ok(conn.prepare_cached(sql)?.execute(params![micros(before), rows_max])?)
}

fn read(rows: &mut rusqlite::Rows<'_>) -> Result<Vec<Shadow>, StoreError> {
    let mut shadows = Vec::new();
    while let Some(row) = rows.next()? {
        shadows.push(from_json("a shadow", row.get_ref(0)?.as_str().unwrap_or_default())?);
    }
    Ok(shadows)
}
