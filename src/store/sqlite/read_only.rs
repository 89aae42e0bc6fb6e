//! A store that is only looked at: also while a server writes to it. What a backtest plays, and what people made of it.

use super::codec::{int, uint, uint32};
use super::export::{self, Facts};
use super::place::open_reader;
use super::{INBOX, MAIN, audit, inbox, past, read};
use crate::store::{AuditFilter, AuditFrom, IncidentFilter, StoreError, StoredInput};
use domain::alert::Alert;
use domain::audit::{Head, Sealed};
use domain::engine::Loaded;
use domain::ids::{IncidentId, InputSeq};
use domain::incident::{Entry, Incident};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::Path;

/// Both files, opened for reading.
pub struct ReadOnly {
    inbox: Connection,
    main: Connection,
}

impl ReadOnly {
    /// Opens the store in this directory; nothing in it is made or changed.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let open = |name: &str, newest: usize| {
            let path = dir.join(name);
            if !path.exists() {
                let dir = dir.display();
                return Err(StoreError::Broken(format!("there is no store in {dir}; say where with --storage.path")));
            }
            let conn = open_reader(&path)?;
            let version: i64 = conn.query_row("SELECT version FROM schema_version", [], |row| row.get(0))?;
            if version == newest as i64 {
                return Ok(conn);
            }
            Err(StoreError::Broken(format!(
                "{} was written by another version (schema {version}, this one knows {newest}); use that one, or let \
                 `earlybell serve` bring it up to date",
                path.display()
            )))
        };
        Ok(Self {
            inbox: open("inbox.db", INBOX.schema.migrations.len())?,
            main: open("earlybell.db", MAIN.schema.migrations.len())?,
        })
    }

    /// Inputs after this one, in order, at most so many rows and about so many bytes.
    pub fn inputs_after(
        &self,
        position: InputSeq,
        rows_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<StoredInput>, StoreError> {
        inbox::inputs_after(&self.inbox, position, rows_max, bytes_max)
    }

    /// The first and the last input that are kept.
    pub fn span(&self) -> Result<(InputSeq, InputSeq), StoreError> {
        let sql = "SELECT COALESCE((SELECT MIN(seq) FROM inputs), 0), COALESCE((SELECT MAX(seq) FROM inputs), 0)";
        let number = |number: i64| InputSeq(number.cast_unsigned());
        Ok(self.inbox.query_row(sql, [], |row| Ok((number(row.get(0)?), number(row.get(1)?))))?)
    }

    /// Incidents, newest first, before this one, at most so many.
    pub fn incidents(&self, before: Option<IncidentId>, max: usize) -> Result<Vec<Incident>, StoreError> {
        read::incidents(&self.main, &IncidentFilter { open: None, before, max })
    }

    /// Alerts of an incident, at most so many; also those that the engine has forgotten since.
    pub fn alerts_of(&self, id: IncidentId, max: usize) -> Result<Vec<Alert>, StoreError> {
        read::alerts_of(&self.main, id, max)
    }

    /// How far the inbox is decided.
    pub fn position(&self) -> Result<InputSeq, StoreError> {
        Ok(read::position(&self.main)?.0)
    }

    /// One entry.
    pub fn entry(&self, incident: IncidentId, number: u32) -> Result<Option<Entry>, StoreError> {
        let page = read::timeline(&self.main, incident, number.checked_add(1), 1)?;
        Ok(page.into_iter().find(|entry| entry.number == number))
    }

    /// Whether there is such an incident, and it happened here.
    pub fn has_own(&self, id: IncidentId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM incidents WHERE id = ?1 AND id NOT IN (SELECT incident FROM imported)";
        Ok(self.main.prepare_cached(sql)?.exists([int(id.0)])?)
    }

    /// First and last number of entries that inputs after this one and up to that one gave, by incident.
    pub fn numbers(&self, after: InputSeq, up_to: InputSeq) -> Result<BTreeMap<IncidentId, (u32, u32)>, StoreError> {
        numbers(&self.main, after, up_to)
    }

    /// The first checkpoint at this input or after it.
    pub fn checkpoint_from(&self, position: InputSeq) -> Result<Option<Loaded>, StoreError> {
        past::checkpoint_from(&self.main, position)
    }

    /// An incident as an archive.
    pub fn export(&self, id: IncidentId) -> Result<Option<Vec<u8>>, StoreError> {
        let first = past::first_input(&self.inbox)?;
        match export::facts(&self.main, id, first)? {
            None => Ok(None),
            Some(Facts::Archive(archive)) => Ok(Some(archive)),
            Some(Facts::Own(own)) => export::with_inputs(&self.inbox, *own).map(Some),
        }
    }

    /// Hands records of the audit log after this one to somebody, at most so many, until they want no more.
    pub fn audit_after(&self, number: u64, max: usize, take: impl FnMut(Sealed) -> bool) -> Result<(), StoreError> {
        let filter = AuditFilter { from: AuditFrom::After(number), max, ..AuditFilter::default() };
        audit::each(&self.main, &filter, take)
    }

    /// The newest record of the audit log, as it was written.
    pub fn audit_head(&self) -> Result<Head, StoreError> {
        audit::head(&self.main)
    }
}

fn numbers(
    conn: &Connection,
    after: InputSeq,
    up_to: InputSeq,
) -> Result<BTreeMap<IncidentId, (u32, u32)>, StoreError> {
    let sql = "SELECT incident, MIN(number), MAX(number) FROM entries WHERE input > ? AND input <= ?
                 AND incident NOT IN (SELECT incident FROM imported) GROUP BY incident";
    let mut statement = conn.prepare(sql)?;
    let mut rows = statement.query([int(after.0), int(up_to.0)])?;
    let mut found = BTreeMap::new();
    while let Some(row) = rows.next()? {
        found.insert(IncidentId(uint(row.get(0)?)), (uint32(row.get(1)?), uint32(row.get(2)?)));
    }
    Ok(found)
}
