//! Where a database is, and how it is opened: the settings that make a commit survive a power cut, read back.

use super::migrate::Schema;
use crate::store::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a connection waits for another one's lock; only checkpoints and start-up ever meet.
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// The write-ahead log is cut back to this after it was used up: overwriting is faster than growing.
const WAL_KEPT_BYTES: i64 = 32 * 1024 * 1024;

/// Up to this size a file is checked whole at start (about 0.1 s); larger ones would hold the start up.
const QUICK_CHECK_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Statements kept ready per connection.
const STATEMENTS_MAX: usize = 64;

/// Where a database is.
#[derive(Debug, Clone)]
pub enum Place {
    /// In this file.
    File(PathBuf),
    /// In memory, for tests: gone with its connection.
    Memory,
}

/// What tells one database from the other.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// Its tables.
    pub schema: Schema,
    /// Bytes a page; fixed when the file is made.
    pub page_bytes: u32,
    /// Page cache of the writer, in KiB.
    pub cache_kib: i64,
}

impl Place {
    /// The one connection that writes.
    pub fn open_writer(&self, kind: Kind) -> Result<Connection, StoreError> {
        self.open_unnamed(kind).map_err(|error| match (self, error) {
            (Self::File(path), StoreError::Unavailable(text)) => {
                StoreError::Unavailable(format!("{}: {text}", path.display()))
            }
            (Self::File(path), StoreError::Broken(text)) => StoreError::Broken(format!("{}: {text}", path.display())),
            (_, error) => error,
        })
    }

    fn open_unnamed(&self, kind: Kind) -> Result<Connection, StoreError> {
        let mut conn = match self {
            Self::File(path) => {
                make_private(path)?;
                Connection::open_with_flags(path, flags())?
            }
            Self::Memory => Connection::open_in_memory()?,
        };
        make_ready(&conn)?;
        conn.busy_timeout(BUSY_WAIT)?;
        conn.pragma_update(None, "page_size", kind.page_bytes)?;
        conn.pragma_update(None, "cache_size", -kind.cache_kib)?;
        conn.pragma_update(None, "temp_store", "MEMORY")?;
        if let Self::File(_) = self {
            make_durable(&conn)?;
        }
        kind.schema.migrate(&mut conn)?;
        Ok(conn)
    }

    /// Checks a small file whole, before anything trusts it.
    pub fn check(&self, conn: &Connection) -> Result<(), StoreError> {
        let Self::File(path) = self else { return Ok(()) };
        if file_bytes(path) > QUICK_CHECK_BYTES_MAX {
            return Ok(());
        }
        let found: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if found == "ok" {
            return Ok(());
        }
        Err(StoreError::Broken(format!(
            "{}: the database is damaged ({found}); put a backup in its place, or move it away to start anew",
            path.display()
        )))
    }
}

/// A connection that only reads.
pub fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    make_ready(&conn)?;
    conn.busy_timeout(BUSY_WAIT)?;
    Ok(conn)
}

/// A connection for checkpoints only; it never writes a row.
pub fn open_checkpointer(path: &Path) -> Result<Connection, StoreError> {
    let conn = Connection::open_with_flags(path, flags())?;
    // A checkpoint that meets another one lets it be.
    conn.busy_timeout(Duration::ZERO)?;
    make_durable(&conn)?;
    Ok(conn)
}

/// Size of a file; none is zero.
pub fn file_bytes(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}

/// The write-ahead log beside a database.
pub fn wal_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

// SQLite gives its log the rights of the database, so it is enough to make that one first.
fn make_private(path: &Path) -> Result<(), StoreError> {
    let made = File::options().create(true).append(true).mode(0o600).open(path);
    made.map(drop).map_err(|error| StoreError::Unavailable(error.to_string()))
}

fn flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

// Statements stay compiled: without the last line SQLite compiles one anew whenever it is given other values and a partial
// index might hold for them. Ours hold by what stands in the text.
fn make_ready(conn: &Connection) -> Result<(), StoreError> {
    conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

fn make_durable(conn: &Connection) -> Result<(), StoreError> {
    let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    let synchronous: i64 = conn.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
    if mode != "wal" || synchronous != 2 {
        return Err(StoreError::Broken(format!(
            "it would not be safe against a power cut (journal_mode {mode}, synchronous {synchronous}); \
             choose a directory on a local disk with --storage.path"
        )));
    }
    conn.pragma_update(None, "foreign_keys", true)?;
    // Checkpoints run beside the commits, never in one: see `checkpoint`.
    conn.query_row("PRAGMA wal_autocheckpoint = 0", [], |_| Ok(()))?;
    conn.query_row(&format!("PRAGMA journal_size_limit = {WAL_KEPT_BYTES}"), [], |_| Ok(()))?;
    Ok(())
}
