//! Copies of both files while a server writes to them, and what such a copy holds.

use super::codec::uint;
use super::place::open_reader;
use super::read::position;
use super::{INBOX, MAIN};
use crate::store::StoreError;
use domain::ids::InputSeq;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The files of a store, in the order in which they are copied: the inbox may run ahead of what was decided, never behind.
pub const FILES: [&str; 2] = ["earlybell.db", "inbox.db"];

/// Versions of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schemas {
    /// Of `earlybell.db`.
    pub earlybell: u64,
    /// Of `inbox.db`.
    pub inbox: u64,
}

/// What a store holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holds {
    /// Versions of its tables.
    pub schemas: Schemas,
    /// Incidents.
    pub incidents: u64,
    /// Of these, open.
    pub open: u64,
    /// The highest number of one ever given.
    pub last_incident: u64,
    /// Lines of timelines.
    pub entries: u64,
    /// Notices that wait.
    pub waiting: u64,
    /// Inputs.
    pub inputs: u64,
    /// The last input that was decided.
    pub position: InputSeq,
}

impl Schemas {
    /// What this program writes.
    pub fn ours() -> Self {
        let version = |kind: super::Kind| kind.schema.migrations.len() as u64;
        Self { earlybell: version(MAIN), inbox: version(INBOX) }
    }
}

/// Copies one file of the store as it is at this moment; whoever writes to it goes on.
pub fn copy(dir: &Path, name: &str, into: &Path) -> Result<(), StoreError> {
    let conn = open_reader(&dir.join(name))?;
    conn.prepare("VACUUM INTO ?")?.execute([into.display().to_string()])?;
    Ok(())
}

/// Checks every page and index of both files, that they belong together, and counts.
pub fn look(dir: &Path) -> Result<Holds, StoreError> {
    let [main, inbox] = FILES.map(|name| open_reader(&dir.join(name)));
    let (main, inbox) = (main?, inbox?);
    whole(&main, FILES[0])?;
    whole(&inbox, FILES[1])?;
    let position = position(&main)?.0;
    let first = count(&inbox, "SELECT COALESCE(MIN(seq), 0) FROM inputs")?;
    if first > position.0 + 1 {
        let problem = format!("inputs {} to {} are missing: make it again", position.0 + 1, first - 1);
        return Err(StoreError::Broken(problem));
    }
    Ok(Holds {
        schemas: Schemas { earlybell: version(&main)?, inbox: version(&inbox)? },
        incidents: count(&main, "SELECT COUNT(*) FROM incidents")?,
        open: count(&main, "SELECT COUNT(*) FROM incidents WHERE closed_at IS NULL")?,
        last_incident: count(&main, "SELECT last_incident FROM position")?,
        entries: count(&main, "SELECT COUNT(*) FROM entries")?,
        waiting: count(&main, "SELECT COUNT(*) FROM deliveries WHERE state IN ('pending', 'leased', 'unsure')")?,
        inputs: count(&inbox, "SELECT COUNT(*) FROM inputs")?,
        position,
    })
}

fn whole(conn: &Connection, name: &str) -> Result<(), StoreError> {
    let found: String = conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(StoreError::Broken(format!("{name} is damaged: {found}"))) }
}

fn version(conn: &Connection) -> Result<u64, StoreError> {
    count(conn, "SELECT version FROM schema_version")
}

fn count(conn: &Connection, sql: &str) -> Result<u64, StoreError> {
    Ok(uint(conn.query_row(sql, [], |row| row.get(0))?))
}
