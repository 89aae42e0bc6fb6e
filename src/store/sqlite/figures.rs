//! Numbers for `/metrics`: counted over small indexes, never over whole tables.

use super::codec::{int, time, uint};
use super::hold::held;
use super::read::position;
use super::{actions, audit};
use crate::store::{Figures, StoreError};
use domain::alert::drill::DRILL_SOURCE;
use domain::incident::Severity;
use rusqlite::Connection;

/// What `earlybell.db` knows.
pub fn figures(conn: &mut Connection) -> Result<Figures, StoreError> {
    let tx = conn.transaction()?;
    Ok(Figures {
        incidents: incidents(&tx)?,
        roles_open: roles_open(&tx)?,
        owed: owed(&tx, OWED_MAX)?,
        actions_open: actions::open_by_day(&tx)?,
        outbox: outbox(&tx)?,
        dead: dead(&tx)?,
        position: position(&tx)?.0,
        open_alerts: open_alerts(&tx)?,
        audit_records: audit::head(&tx)?.number,
        audit_at: audit::newest_at(&tx)?,
        held: held(&tx)?,
        ..Figures::default()
    })
}

fn incidents(conn: &Connection) -> Result<Vec<(String, String, u64)>, StoreError> {
    let sql = "SELECT stage, severity, COUNT(*) FROM incidents INDEXED BY incidents_counted
               WHERE closed_at IS NULL AND drill = 0 GROUP BY stage, severity ORDER BY stage, severity";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, uint(row.get(2)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn roles_open(conn: &Connection) -> Result<Vec<(String, u64)>, StoreError> {
    let sql = "SELECT role.key, COUNT(*) FROM incidents INDEXED BY incidents_counted,
                 json_each(incidents.incident, '$.roles.open') AS role
               WHERE closed_at IS NULL AND drill = 0
               GROUP BY role.key ORDER BY role.key";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, uint(row.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

// Most owed post mortems counted.
const OWED_MAX: usize = 100_000;

/// Post mortems that are owed: how bad each incident was and since when, the oldest first.
pub fn owed(conn: &Connection, max: usize) -> Result<Vec<(Severity, chrono::DateTime<chrono::Utc>)>, StoreError> {
    let sql = "SELECT severity, owed_since FROM incidents INDEXED BY incidents_owed
               WHERE owed_since IS NOT NULL ORDER BY owed_since LIMIT ?";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([int(max as u64)])?;
    let mut owed = Vec::new();
    while let Some(row) = rows.next()? {
        let severity = Severity::parse(row.get_ref(0)?.as_str().unwrap_or_default());
        owed.push((severity.unwrap_or(Severity::Major), time(row.get(1)?)?));
    }
    Ok(owed)
}

fn outbox(conn: &Connection) -> Result<Vec<(String, u64, chrono::DateTime<chrono::Utc>)>, StoreError> {
    // Numbers are given in the order of decision: the lowest is the oldest.
    let sql = "SELECT waiting.receiver, waiting.number, deliveries.decided_at FROM
                 (SELECT receiver, COUNT(*) AS number, MIN(id) AS oldest
                  FROM deliveries INDEXED BY deliveries_waiting
                  WHERE state IN ('pending', 'leased', 'unsure') GROUP BY receiver) AS waiting
               JOIN deliveries ON deliveries.id = waiting.oldest ORDER BY waiting.receiver";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut outbox = Vec::new();
    while let Some(row) = rows.next()? {
        outbox.push((row.get(0)?, uint(row.get(1)?), time(row.get(2)?)?));
    }
    Ok(outbox)
}

fn dead(conn: &Connection) -> Result<Vec<(String, u64)>, StoreError> {
    let sql = "SELECT receiver, COUNT(*) FROM deliveries INDEXED BY deliveries_state
               WHERE state = 'dead' GROUP BY receiver ORDER BY receiver";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, uint(row.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn open_alerts(conn: &Connection) -> Result<u64, StoreError> {
    // The index has the source beside it: leaving drills out reads no row.
    let sql = "SELECT COUNT(*) FROM alerts INDEXED BY alerts_open WHERE open > 0 AND open = 1 AND source <> ?";
    let count = conn.prepare_cached(sql)?.query_row([DRILL_SOURCE], |row| row.get(0))?;
    Ok(uint(count))
}
