//! A store that is only looked at: also while a server writes to it. What a backtest plays, and what people made of it.

use super::place::open_reader;
use super::{INBOX, MAIN, audit, inbox, read};
use crate::store::{AuditFilter, AuditFrom, IncidentFilter, StoreError, StoredInput};
use domain::alert::Alert;
use domain::audit::{Head, Sealed};
use domain::ids::{IncidentId, InputSeq};
use domain::incident::Incident;
use rusqlite::Connection;
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
