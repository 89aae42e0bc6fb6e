//! What is remembered of pads, a row per incident.

use super::SqliteStore;
use super::codec::{from_json, int, to_json, uint};
use crate::store::{PadRow, PadStore, StoreError};
use async_trait::async_trait;
use domain::ids::IncidentId;
use rusqlite::{Connection, OptionalExtension, params};

#[async_trait]
impl PadStore for SqliteStore {
    async fn pad(&self, incident: IncidentId) -> Result<Option<PadRow>, StoreError> {
        self.main.read(move |conn| pad(conn, incident)).await
    }

    async fn keep_pad(&self, incident: IncidentId, row: PadRow) -> Result<(), StoreError> {
        self.main.write(move |conn| keep(conn, incident, &row)).await
    }

    async fn kept_pads(&self) -> Result<Vec<IncidentId>, StoreError> {
        self.main.read(|conn| kept(conn)).await
    }
}

/// What is remembered of this incident's pad.
pub(super) fn pad(conn: &Connection, incident: IncidentId) -> Result<Option<PadRow>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT pad FROM pads WHERE incident = ?")?;
    let text: Option<String> = statement.query_row([int(incident.0)], |row| row.get(0)).optional()?;
    text.map(|text| from_json("a pad", &text)).transpose()
}

fn keep(conn: &Connection, incident: IncidentId, row: &PadRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO pads (incident, ended, pad) SELECT id, ?2, ?3 FROM incidents WHERE id = ?1
               ON CONFLICT (incident) DO UPDATE SET ended = excluded.ended, pad = excluded.pad";
    conn.prepare_cached(sql)?.execute(params![int(incident.0), row.ended, to_json(row)?])?;
    Ok(())
}

fn kept(conn: &Connection) -> Result<Vec<IncidentId>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT incident FROM pads WHERE ended = 0 ORDER BY incident")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.map(|id| id.map(|id| IncidentId(uint(id)))).collect::<Result<_, _>>()?)
}
