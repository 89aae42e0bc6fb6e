//! Tokens: only their hashes are kept.

use super::codec::{micros, role, time, time_if, unreadable};
use crate::store::{StoreError, TokenRow};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};

/// Adds one.
pub fn add(conn: &Connection, token: &TokenRow) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO tokens (id, name, role, sha256, created_at, used_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)";
    conn.prepare_cached(sql)?.execute(params![
        token.id,
        token.name,
        token.role.word(),
        token.sha256,
        micros(token.created_at),
        token.used_at.map(micros),
        token.expires_at.map(micros),
    ])?;
    Ok(())
}

/// All that were not revoked, in the order they were made.
pub fn all(conn: &Connection) -> Result<Vec<TokenRow>, StoreError> {
    let sql = "SELECT id, name, role, sha256, created_at, used_at, expires_at FROM tokens
               WHERE revoked_at IS NULL ORDER BY created_at, id";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut tokens = Vec::new();
    while let Some(row) = rows.next()? {
        let sha256: Vec<u8> = row.get(3)?;
        tokens.push(TokenRow {
            id: row.get(0)?,
            name: row.get(1)?,
            role: role(&row.get::<_, String>(2)?)?,
            sha256: sha256.try_into().map_err(|_| unreadable("a token", "its hash has another length"))?,
            created_at: time(row.get(4)?)?,
            used_at: time_if(row.get(5)?)?,
            expires_at: time_if(row.get(6)?)?,
        });
    }
    Ok(tokens)
}

/// Revokes one; the row stays, so that its name is never a riddle in the log.
pub fn revoke(conn: &Connection, id: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let sql = "UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL";
    Ok(conn.prepare_cached(sql)?.execute(params![micros(now), id])? == 1)
}

/// Notes when they were last used.
pub fn used(conn: &mut Connection, used: &[(String, DateTime<Utc>)]) -> Result<(), StoreError> {
    let tx = conn.transaction()?;
    {
        let sql = "UPDATE tokens SET used_at = MAX(COALESCE(used_at, 0), ?) WHERE id = ?";
        let mut update = tx.prepare_cached(sql)?;
        for (id, at) in used {
            update.execute(params![micros(*at), id])?;
        }
    }
    Ok(tx.commit()?)
}
