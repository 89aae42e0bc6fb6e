//! People who may log in, and their sessions: only hashes of their secrets are kept.

use super::SqliteStore;
use super::codec::{micros, role, time, time_if, unreadable};
use crate::store::{AccessStore, LoginChange, LoginRow, NewSession, SessionRow, StoreError, Vouched, Way};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, params};

const LOGIN_COLUMNS: &str = "name, role, issuer, subject, password, totp, created_at, used_at, disabled_at";
const SESSION_COLUMNS: &str = "id, sha256, name, way, token, agent, created_at, used_at";

#[async_trait]
impl AccessStore for SqliteStore {
    async fn add_login(&self, login: LoginRow) -> Result<bool, StoreError> {
        self.main.write(move |conn| add(conn, &login)).await
    }

    async fn logins(&self) -> Result<Vec<LoginRow>, StoreError> {
        self.main.read(|conn| all(conn)).await
    }

    async fn login(&self, name: &str) -> Result<Option<LoginRow>, StoreError> {
        let name = name.to_owned();
        self.main.read(move |conn| one(conn, &name)).await
    }

    async fn vouched_login(&self, by: &Vouched) -> Result<Option<LoginRow>, StoreError> {
        let by = by.clone();
        self.main.read(move |conn| vouched(conn, &by)).await
    }

    async fn change_login(&self, name: &str, to: LoginChange) -> Result<bool, StoreError> {
        let name = name.to_owned();
        self.main.write(move |conn| change(conn, &name, &to)).await
    }

    async fn remove_login(&self, name: &str) -> Result<bool, StoreError> {
        let name = name.to_owned();
        self.main.write(move |conn| remove(conn, &name)).await
    }

    async fn use_totp_step(&self, name: &str, step: i64) -> Result<bool, StoreError> {
        let name = name.to_owned();
        self.main.write(move |conn| use_step(conn, &name, step)).await
    }

    async fn begin_session(&self, session: NewSession) -> Result<(), StoreError> {
        self.main.write(move |conn| begin(conn, &session)).await
    }

    async fn session(&self, sha256: &[u8; 32]) -> Result<Option<SessionRow>, StoreError> {
        let sha256 = *sha256;
        self.main.read(move |conn| session(conn, &sha256)).await
    }

    async fn sessions(&self, name: &str) -> Result<Vec<SessionRow>, StoreError> {
        let name = name.to_owned();
        self.main.read(move |conn| sessions(conn, &name)).await
    }

    async fn session_seen(&self, id: &str, at: DateTime<Utc>) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.main.write(move |conn| seen(conn, &id, at)).await
    }

    async fn end_session(&self, id: &str) -> Result<bool, StoreError> {
        let id = id.to_owned();
        self.main.write(move |conn| end(conn, &id)).await
    }

    async fn end_sessions(&self, name: &str) -> Result<usize, StoreError> {
        let name = name.to_owned();
        self.main.write(move |conn| end_of(conn, &name)).await
    }

    async fn key(&self, name: &str, fresh: [u8; 32]) -> Result<[u8; 32], StoreError> {
        let name = name.to_owned();
        self.main.write(move |conn| key(conn, &name, &fresh)).await
    }
}

// Adds one; `false` if the name, or the subject at its provider, is taken.
fn add(conn: &Connection, login: &LoginRow) -> Result<bool, StoreError> {
    let sql = "INSERT INTO logins (name, role, issuer, subject, password, totp, created_at, used_at, disabled_at)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
    let vouched = login.vouched.as_ref();
    let added = conn.prepare_cached(sql)?.execute(params![
        login.name,
        login.role.word(),
        vouched.map(|vouched| &vouched.issuer),
        vouched.map(|vouched| &vouched.subject),
        login.password,
        login.totp,
        micros(login.created_at),
        login.used_at.map(micros),
        login.disabled_at.map(micros),
    ])?;
    Ok(added == 1)
}

// All, by name.
fn all(conn: &Connection) -> Result<Vec<LoginRow>, StoreError> {
    let mut statement = conn.prepare_cached(&format!("SELECT {LOGIN_COLUMNS} FROM logins ORDER BY name"))?;
    let mut rows = statement.query([])?;
    let mut logins = Vec::new();
    while let Some(row) = rows.next()? {
        logins.push(login(row)?);
    }
    Ok(logins)
}

// One, by name.
fn one(conn: &Connection, name: &str) -> Result<Option<LoginRow>, StoreError> {
    let mut statement = conn.prepare_cached(&format!("SELECT {LOGIN_COLUMNS} FROM logins WHERE name = ?"))?;
    let mut rows = statement.query([name])?;
    rows.next()?.map(login).transpose()
}

// One, by what its provider calls it.
fn vouched(conn: &Connection, by: &Vouched) -> Result<Option<LoginRow>, StoreError> {
    let sql = format!("SELECT {LOGIN_COLUMNS} FROM logins WHERE issuer = ? AND subject = ?");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([&by.issuer, &by.subject])?;
    rows.next()?.map(login).transpose()
}

// Changes one; `false` if there is none.
fn change(conn: &Connection, name: &str, change: &LoginChange) -> Result<bool, StoreError> {
    let update = |sql: &str, value: &dyn rusqlite::ToSql| conn.prepare_cached(sql)?.execute(params![value, name]);
    let changed = match change {
        LoginChange::Role(role) => update("UPDATE logins SET role = ? WHERE name = ?", &role.word()),
        LoginChange::Password(hash) => update("UPDATE logins SET password = ? WHERE name = ?", hash),
        LoginChange::Totp(secret) => update("UPDATE logins SET totp = ? WHERE name = ?", secret),
        LoginChange::Disabled(at) => update("UPDATE logins SET disabled_at = ? WHERE name = ?", &at.map(micros)),
        LoginChange::Used(at) => update("UPDATE logins SET used_at = ? WHERE name = ?", &micros(*at)),
    };
    Ok(changed? == 1)
}

// Removes one, with its sessions; `false` if there is none.
fn remove(conn: &mut Connection, name: &str) -> Result<bool, StoreError> {
    let tx = conn.transaction()?;
    let removed = tx.prepare_cached("DELETE FROM logins WHERE name = ?")?.execute([name])?;
    end_of(&tx, name)?;
    tx.commit()?;
    Ok(removed == 1)
}

// Uses up the code of a time step; `false` if it, or a later one, was used.
fn use_step(conn: &Connection, name: &str, step: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE logins SET totp_step = ? WHERE name = ? AND totp_step < ?";
    Ok(conn.prepare_cached(sql)?.execute(params![step, name, step])? == 1)
}

// Begins a session; what is over, or more than a name may have, goes.
fn begin(conn: &mut Connection, new: &NewSession) -> Result<(), StoreError> {
    let tx = conn.transaction()?;
    let row = &new.row;
    let forget = "DELETE FROM sessions WHERE created_at < ?";
    tx.prepare_cached(forget)?.execute([micros(new.forget_before)])?;
    let add = "INSERT INTO sessions (id, sha256, name, way, token, agent, created_at, used_at)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    tx.prepare_cached(add)?.execute(params![
        row.id,
        row.sha256,
        row.name,
        row.way.word(),
        row.token,
        row.agent,
        micros(row.created_at),
        micros(row.used_at),
    ])?;
    let keep = "DELETE FROM sessions WHERE id IN
                (SELECT id FROM sessions WHERE name = ? AND id <> ? ORDER BY created_at DESC LIMIT -1 OFFSET ?)";
    // Beside the new one: however many began in the same moment, that one stays.
    let others_max = i64::try_from(new.per_name_max.saturating_sub(1)).unwrap_or(i64::MAX);
    tx.prepare_cached(keep)?.execute(params![row.name, row.id, others_max])?;
    Ok(tx.commit()?)
}

// The session of this cookie.
fn session(conn: &Connection, sha256: &[u8; 32]) -> Result<Option<SessionRow>, StoreError> {
    let mut statement = conn.prepare_cached(&format!("SELECT {SESSION_COLUMNS} FROM sessions WHERE sha256 = ?"))?;
    let mut rows = statement.query([sha256])?;
    rows.next()?.map(session_row).transpose()
}

// Sessions of a name, newest first.
fn sessions(conn: &Connection, name: &str) -> Result<Vec<SessionRow>, StoreError> {
    let sql = format!("SELECT {SESSION_COLUMNS} FROM sessions WHERE name = ? ORDER BY created_at DESC");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([name])?;
    let mut sessions = Vec::new();
    while let Some(row) = rows.next()? {
        sessions.push(session_row(row)?);
    }
    Ok(sessions)
}

// Notes when a session was last seen.
fn seen(conn: &Connection, id: &str, at: DateTime<Utc>) -> Result<(), StoreError> {
    let sql = "UPDATE sessions SET used_at = MAX(used_at, ?) WHERE id = ?";
    conn.prepare_cached(sql)?.execute(params![micros(at), id])?;
    Ok(())
}

// Ends one; `false` if there is none.
fn end(conn: &Connection, id: &str) -> Result<bool, StoreError> {
    Ok(conn.prepare_cached("DELETE FROM sessions WHERE id = ?")?.execute([id])? == 1)
}

// Ends all of a name; how many there were.
fn end_of(conn: &Connection, name: &str) -> Result<usize, StoreError> {
    Ok(conn.prepare_cached("DELETE FROM sessions WHERE name = ?")?.execute([name])?)
}

// The key of this name; this one, if there was none.
fn key(conn: &Connection, name: &str, fresh: &[u8; 32]) -> Result<[u8; 32], StoreError> {
    let add = "INSERT INTO keys (name, key) VALUES (?, ?) ON CONFLICT DO NOTHING";
    conn.prepare_cached(add)?.execute(params![name, fresh])?;
    let mut read = conn.prepare_cached("SELECT key FROM keys WHERE name = ?")?;
    let found: Option<Vec<u8>> = read.query_row([name], |row| row.get(0)).optional()?;
    bytes(found.unwrap_or_default(), "a key")
}

fn login(row: &Row<'_>) -> Result<LoginRow, StoreError> {
    let vouched = match (row.get(2)?, row.get(3)?) {
        (Some(issuer), Some(subject)) => Some(Vouched { issuer, subject }),
        _ => None,
    };
    Ok(LoginRow {
        name: row.get(0)?,
        role: role(&row.get::<_, String>(1)?)?,
        vouched,
        password: row.get(4)?,
        totp: row.get(5)?,
        created_at: time(row.get(6)?)?,
        used_at: time_if(row.get(7)?)?,
        disabled_at: time_if(row.get(8)?)?,
    })
}

fn session_row(row: &Row<'_>) -> Result<SessionRow, StoreError> {
    let word: String = row.get(3)?;
    let way = Way::ALL.into_iter().find(|way| way.word() == word);
    Ok(SessionRow {
        id: row.get(0)?,
        sha256: bytes(row.get(1)?, "a session")?,
        name: row.get(2)?,
        way: way.ok_or_else(|| unreadable("a session", &word))?,
        token: row.get(4)?,
        agent: row.get(5)?,
        created_at: time(row.get(6)?)?,
        used_at: time(row.get(7)?)?,
    })
}

fn bytes(found: Vec<u8>, what: &str) -> Result<[u8; 32], StoreError> {
    found.try_into().map_err(|_| unreadable(what, "it has another length"))
}
