//! Incidents of other instances.

use super::codec::{int, micros, time, uint};
use super::commit::{write_entries, write_incidents};
use super::history_tell;
use crate::store::{Imported, NewImport, StoreError};
use domain::ids::IncidentId;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

/// Where an incident comes from, if it was imported.
pub fn imported(conn: &Connection, id: IncidentId) -> Result<Option<Imported>, StoreError> {
    let sql = "SELECT origin, number, imported_at, imported_by FROM imported WHERE incident = ?";
    let mut statement = conn.prepare_cached(sql)?;
    let row =
        statement.query_row([int(id.0)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).optional()?;
    row.map(|(instance, number, at, by)| Ok(Imported { instance, number: uint(number), at: time(at)?, by })).transpose()
}

/// The incident that came as this archive.
pub fn imported_as(conn: &Connection, sha256: &str) -> Result<Option<IncidentId>, StoreError> {
    let sql = "SELECT incident FROM imported WHERE sha256 = ?";
    let id = conn.prepare_cached(sql)?.query_row([sha256], |row| row.get(0)).optional()?;
    Ok(id.map(|id| IncidentId(uint(id))))
}

/// Whether a number up to the highest ever given has no incident, and never had one.
pub fn is_free(conn: &Connection, id: IncidentId) -> Result<bool, StoreError> {
    let sql = "SELECT ?1 BETWEEN 1 AND (SELECT last_incident FROM position)
                 AND NOT EXISTS (SELECT 1 FROM incidents WHERE id = ?1)
                 AND NOT EXISTS (SELECT 1 FROM tombstones WHERE incident = ?1)";
    Ok(conn.prepare_cached(sql)?.query_row([int(id.0)], |row| row.get(0))?)
}

/// Adds one.
pub fn import(conn: &mut Connection, new: &NewImport) -> Result<bool, StoreError> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if !is_free(&tx, new.id)? || imported_as(&tx, &new.sha256)?.is_some() {
        return Ok(false);
    }
    write_incidents(&tx, std::iter::once(&new.incident))?;
    write_entries(&tx, &new.entries)?;
    let_be(&tx, new.id)?;
    history_tell::tell_whole(&tx, &new.incident)?;
    let sql = "INSERT INTO imported (incident, origin, number, sha256, imported_at, imported_by, archive)
               VALUES (?, ?, ?, ?, ?, ?, ?)";
    let NewImport { id, from, archive, sha256, .. } = new;
    tx.execute(sql, params![int(id.0), from.instance, int(from.number), sha256, micros(from.at), from.by, archive])?;
    tx.commit()?;
    Ok(true)
}

// What is left to do about it is left to those whose it was: the engine never loads it, and nobody is reminded.
fn let_be(conn: &Connection, id: IncidentId) -> Result<(), StoreError> {
    conn.execute("UPDATE incidents SET kept = 0, owed_since = NULL WHERE id = ?", [int(id.0)])?;
    conn.execute("DELETE FROM actions WHERE incident = ?", [int(id.0)])?;
    Ok(())
}
