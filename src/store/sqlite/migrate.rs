//! Tables and how they came to be: numbered migrations, each in one transaction, forward only.

use crate::store::StoreError;
use rusqlite::{Connection, TransactionBehavior};

/// The migrations of one database, from the first.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// SQL, one text per version.
    pub migrations: &'static [&'static str],
}

/// Of `inbox.db`.
pub const INBOX: Schema = Schema { migrations: &[include_str!("../migrations/sqlite/inbox_0001.sql")] };

/// Of `earlybell.db`.
pub const MAIN: Schema = Schema {
    migrations: &[
        include_str!("../migrations/sqlite/earlybell_0001.sql"),
        include_str!("../migrations/sqlite/earlybell_0002.sql"),
        include_str!("../migrations/sqlite/earlybell_0003.sql"),
        include_str!("../migrations/sqlite/earlybell_0004.sql"),
        include_str!("../migrations/sqlite/earlybell_0005.sql"),
        include_str!("../migrations/sqlite/earlybell_0006.sql"),
        include_str!("../migrations/sqlite/earlybell_0007.sql"),
        include_str!("../migrations/sqlite/earlybell_0008.sql"),
        include_str!("../migrations/sqlite/earlybell_0009.sql"),
        include_str!("../migrations/sqlite/earlybell_0010.sql"),
        include_str!("../migrations/sqlite/earlybell_0011.sql"),
        include_str!("../migrations/sqlite/earlybell_0012.sql"),
        include_str!("../migrations/sqlite/earlybell_0013.sql"),
        include_str!("../migrations/sqlite/earlybell_0014.sql"),
    ],
};

const VERSION_TABLE: &str =
    "CREATE TABLE schema_version (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL) STRICT;
     INSERT INTO schema_version VALUES (1, 0);";

impl Schema {
    /// Brings the tables up to date; refuses what is newer than this program, or not ours.
    pub fn migrate(self, conn: &mut Connection) -> Result<(), StoreError> {
        let newest = self.migrations.len();
        let found = version(conn)?;
        if found > newest {
            return Err(StoreError::Broken(format!(
                "it was written by a newer Earlybell (schema {found}, this one knows {newest}); \
                 start that version again, or restore the backup made before the upgrade"
            )));
        }
        for (version, sql) in self.migrations.iter().enumerate().skip(found) {
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if version == 0 {
                tx.execute_batch(VERSION_TABLE)?;
            }
            tx.execute_batch(sql)?;
            tx.execute("UPDATE schema_version SET version = ?1", [version + 1].map(|v| v as i64))?;
            tx.commit()?;
        }
        Ok(())
    }
}

fn version(conn: &Connection) -> Result<usize, StoreError> {
    let (tables, ours): (i64, i64) = conn.query_row(
        "SELECT COUNT(*), COALESCE(SUM(name = 'schema_version'), 0) FROM sqlite_schema WHERE type = 'table'",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if tables == 0 {
        return Ok(0);
    }
    if ours == 0 {
        return Err(StoreError::Broken(
            "it is a database of another program; choose another directory with --storage.path".to_owned(),
        ));
    }
    let version: i64 = conn.query_row("SELECT version FROM schema_version", [], |row| row.get(0))?;
    Ok(usize::try_from(version).unwrap_or(usize::MAX))
}
