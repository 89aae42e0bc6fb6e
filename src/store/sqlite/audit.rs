//! The audit log. Triggers forbid everything but adding at its end.

use super::SqliteStore;
use super::codec::{from_json, int, micros, time, time_if, to_json, uint, unreadable};
use crate::store::{AUDIT_PAGE_MAX, AuditFilter, AuditFrom, AuditStore, Role, StoreError};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::audit::{Hash, Head, Outcome, Record, Sealed, actor, surface_word};
use domain::ids::{IncidentId, InputSeq};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

const AUDIT_COLUMNS: &str = "number, at, input, who, surface, access, what, incident, changes, outcome, because, hash";

#[async_trait]
impl AuditStore for SqliteStore {
    async fn records(&self, filter: AuditFilter) -> Result<Vec<Sealed>, StoreError> {
        self.main.read(move |conn| records(conn, &filter)).await
    }

    async fn head(&self) -> Result<Head, StoreError> {
        self.main.read(|conn| head(conn)).await
    }
}

/// Adds these behind the last one.
pub fn write(conn: &Connection, records: &[Sealed]) -> Result<(), StoreError> {
    let Some(last) = records.last() else { return Ok(()) };
    let sql =
        "INSERT INTO audit (number, at, input, who, surface, access, what, incident, changes, outcome, because, hash)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let mut insert = conn.prepare_cached(sql)?;
    for Sealed { record, hash } in records {
        insert.execute(params![
            int(record.number),
            micros(record.at),
            int(record.input.0),
            record.actor.name().unwrap_or_default(),
            surface_word(&record.actor),
            record.access.map(Role::word).unwrap_or_default(),
            record.what,
            record.incident.map(|id| int(id.0)),
            to_json(&record.changes)?,
            record.outcome.word(),
            record.outcome.because(),
            hash.0,
        ])?;
    }
    conn.prepare_cached("UPDATE position SET audit_number = ?, audit_hash = ?")?
        .execute(params![int(last.record.number), last.hash.0])?;
    Ok(())
}

/// The newest record, as it was written.
pub fn head(conn: &Connection) -> Result<Head, StoreError> {
    let mut statement = conn.prepare_cached("SELECT audit_number, audit_hash FROM position")?;
    let row: (i64, Option<Vec<u8>>) = statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let hash = row.1.map(|bytes| hash(&bytes)).transpose()?.unwrap_or_default();
    Ok(Head { number: uint(row.0), hash })
}

/// When the newest record was written.
pub fn newest_at(conn: &Connection) -> Result<Option<DateTime<Utc>>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT at FROM audit ORDER BY number DESC LIMIT 1")?;
    time_if(statement.query_row([], |row| row.get(0)).optional()?)
}

/// Records of a page.
pub fn records(conn: &Connection, filter: &AuditFilter) -> Result<Vec<Sealed>, StoreError> {
    let mut found = Vec::new();
    each(conn, filter, |sealed| {
        found.push(sealed);
        true
    })?;
    Ok(found)
}

/// Hands every record of a page to somebody, one after the other, until they want no more.
pub fn each(conn: &Connection, filter: &AuditFilter, mut take: impl FnMut(Sealed) -> bool) -> Result<(), StoreError> {
    let (place, at, order) = match filter.from {
        AuditFrom::End => ("number < ?", u64::MAX, "DESC"),
        AuditFrom::Before(number) => ("number < ?", number, "DESC"),
        AuditFrom::After(number) => ("number > ?", number, "ASC"),
    };
    let (at, max) = (int(at), int(filter.max.min(AUDIT_PAGE_MAX) as u64));
    let (incident, since) = (filter.incident.map(|id| int(id.0)), filter.since.map(micros));
    let mut sql = format!("SELECT {AUDIT_COLUMNS} FROM audit WHERE {place}");
    let mut values: Vec<&dyn ToSql> = vec![&at];
    if let Some(incident) = &incident {
        sql.push_str(" AND incident = ?");
        values.push(incident);
    }
    if let Some(since) = &since {
        // Times run along with the numbers: the first record of that time bounds them all.
        sql.push_str(" AND number >= (SELECT number FROM audit WHERE at >= ? ORDER BY at, number LIMIT 1)");
        values.push(since);
    }
    sql.push_str(&format!(" ORDER BY number {order} LIMIT ?"));
    values.push(&max);
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(&*values)?;
    while let Some(row) = rows.next()? {
        if !take(read(row)?) {
            break;
        }
    }
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Sealed, StoreError> {
    let number = uint(row.get(0)?);
    let unreadable = |what: &str| unreadable(&format!("the audit record {number}"), what);
    let text = |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_str().unwrap_or_default());
    let access = text(5)?;
    let role = Role::parse(access);
    if role.is_none() && !access.is_empty() {
        return Err(unreadable(access));
    }
    Ok(Sealed {
        record: Record {
            number,
            at: time(row.get(1)?)?,
            input: InputSeq(uint(row.get(2)?)),
            actor: actor(text(3)?, text(4)?).ok_or_else(|| unreadable("its surface"))?,
            access: role,
            what: text(6)?.to_owned(),
            incident: row.get::<_, Option<i64>>(7)?.map(|id| IncidentId(uint(id))),
            changes: from_json("the changes of an audit record", text(8)?)?,
            outcome: Outcome::parse(text(9)?, text(10)?).ok_or_else(|| unreadable("its outcome"))?,
        },
        hash: hash(row.get_ref(11)?.as_blob().unwrap_or_default())?,
    })
}

fn hash(bytes: &[u8]) -> Result<Hash, StoreError> {
    bytes.try_into().map(Hash).map_err(|_| unreadable("the hash of an audit record", "it has another length"))
}
