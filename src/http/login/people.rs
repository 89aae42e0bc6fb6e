//! Who may log in by a password of ours: added, changed, shut out. For the API, and for the command line where no server
//! runs.

use super::password::{self, Hasher};
use super::totp;
use crate::http::error::Failure;
use crate::http::token::random_key;
use crate::store::{AccessStore, LoginChange, LoginRow, Role, SessionRow, Store};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// Longest name, in bytes.
pub const NAME_BYTES_MAX: usize = 64;

/// People who may log in, in all.
pub const LOGINS_MAX: usize = 10_000;

// What an open server was before.
const FIRST: &str = ". From now on nobody is let in without a login or a token: give Alertmanager one before its next \
     message (`earlybell token new --role ingest --name default`)";

/// Somebody to add.
#[derive(Debug)]
pub struct NewLogin<'a> {
    /// What they are called.
    pub name: &'a str,
    /// What they may do.
    pub role: &'a str,
    /// Their password.
    pub password: &'a str,
    /// Whether they type a one-time code too.
    pub totp: bool,
}

/// What of a login is changed.
#[derive(Debug)]
pub enum Edit<'a> {
    /// What they may do.
    Role(&'a str),
    /// Another password; they are signed out everywhere.
    Password(&'a str),
    /// Another secret for one-time codes, or none.
    Totp(bool),
    /// They may not log in, and are signed out everywhere.
    Disable,
    /// They may again.
    Enable,
}

/// Adds somebody; the answer shows the secret of their one-time codes, this once.
///
/// # Errors
/// The name, role or password won't do, the name is taken, or the store does not take it.
pub async fn add(store: &dyn Store, hasher: &Hasher, new: NewLogin<'_>, now: DateTime<Utc>) -> Result<Value, Failure> {
    let name = plain_name(new.name)?;
    let role = human_role(new.role)?;
    password::good(new.password, name).map_err(Failure::Shape)?;
    let before = store.access().logins().await?.len();
    if before >= LOGINS_MAX {
        return Err(Failure::Conflict(format!("there are {LOGINS_MAX} logins already; remove some first")));
    }
    let secret = if new.totp { Some(secret()?) } else { None };
    let row = LoginRow {
        name: name.to_owned(),
        role,
        vouched: None,
        password: Some(hasher.hash(new.password).await?),
        totp: secret.clone(),
        created_at: now,
        used_at: None,
        disabled_at: None,
    };
    if !store.access().add_login(row.clone()).await? {
        return Err(Failure::Conflict(format!("the name {name} is taken; `earlybell user list` shows who has it")));
    }
    let mut shown = shape(&row);
    let first = before == 0 && store.tokens().await?.is_empty();
    shown["text"] = json!(format!("{name} may log in as {}{}", role.word(), if first { FIRST } else { "" }));
    Ok(with_secret(shown, name, secret.as_deref()))
}

/// Changes somebody.
///
/// # Errors
/// There is nobody of this name, the change won't do, or the store does not take it.
pub async fn edit(
    store: &dyn AccessStore,
    hasher: &Hasher,
    name: &str,
    edit: Edit<'_>,
    now: DateTime<Utc>,
) -> Result<Value, Failure> {
    let row = store.login(name).await?.ok_or_else(|| nobody(name))?;
    if let (Some(vouched), Edit::Role(_) | Edit::Password(_) | Edit::Totp(_)) = (&row.vouched, &edit) {
        let text = format!("that is said by {}, who vouches for {name}; change it there", vouched.issuer);
        return Err(Failure::Conflict(text));
    }
    let mut new_secret = None;
    let (change, signs_out, text) = match edit {
        Edit::Role(word) => {
            let role = human_role(word)?;
            (LoginChange::Role(role), false, format!("{name} has the role {} now", role.word()))
        }
        Edit::Password(text) => {
            password::good(text, name).map_err(Failure::Shape)?;
            let said = format!("{name} has another password, and was signed out everywhere");
            (LoginChange::Password(hasher.hash(text).await?), true, said)
        }
        Edit::Totp(true) => {
            let fresh = secret()?;
            new_secret = Some(fresh.clone());
            (LoginChange::Totp(Some(fresh)), false, format!("{name} needs one-time codes of a new secret"))
        }
        Edit::Totp(false) => (LoginChange::Totp(None), false, format!("{name} needs no one-time codes any more")),
        Edit::Disable => {
            let said = format!("{name} may not do anything any more, and was signed out everywhere");
            (LoginChange::Disabled(Some(now)), true, said)
        }
        Edit::Enable => (LoginChange::Disabled(None), false, format!("{name} may log in again")),
    };
    if !store.change_login(name, change).await? {
        return Err(nobody(name));
    }
    if signs_out {
        store.end_sessions(name).await?;
    }
    Ok(with_secret(json!({"status": "done", "text": text}), name, new_secret.as_deref()))
}

/// Forgets somebody.
///
/// # Errors
/// There is nobody of this name, or the store does not take it.
pub async fn remove(store: &dyn AccessStore, name: &str) -> Result<Value, Failure> {
    match store.remove_login(name).await? {
        true => Ok(json!({"status": "done", "text": format!("{name} is gone, and was signed out everywhere")})),
        false => Err(nobody(name)),
    }
}

/// Signs somebody out everywhere.
///
/// # Errors
/// The store does not take it.
pub async fn sign_out(store: &dyn AccessStore, name: &str) -> Result<Value, Failure> {
    let ended = store.end_sessions(name).await?;
    let text = match ended {
        0 => format!("{name} was not signed in anywhere"),
        1 => format!("{name} was signed out of one session"),
        more => format!("{name} was signed out of {more} sessions"),
    };
    Ok(json!({"status": "done", "sessions": ended, "text": text}))
}

/// Somebody who may log in, as they may be shown.
pub fn shape(row: &LoginRow) -> Value {
    json!({
        "name": row.name,
        "role": row.role,
        "vouched_by": row.vouched.as_ref().map(|vouched| &vouched.issuer),
        "totp": row.totp.is_some(),
        "created_at": row.created_at,
        "used_at": row.used_at,
        "disabled_at": row.disabled_at,
    })
}

/// A session, as it may be shown.
pub fn session_shape(row: &SessionRow) -> Value {
    json!({
        "id": row.id,
        "way": row.way,
        "agent": row.agent,
        "created_at": row.created_at,
        "used_at": row.used_at,
    })
}

/// A name that can stand in metrics, logs, paths and headers. No colon: Basic credentials end the name there.
///
/// # Errors
/// It is none.
pub fn plain_name(text: &str) -> Result<&str, Failure> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-@".contains(&byte);
    if text.is_empty() || text.len() > NAME_BYTES_MAX || !text.bytes().all(plain) {
        let text = format!("a name has 1 to {NAME_BYTES_MAX} letters, digits, dots, dashes, underscores or @");
        return Err(Failure::Shape(text));
    }
    Ok(text)
}

fn human_role(word: &str) -> Result<Role, Failure> {
    let human = Role::ALL.into_iter().filter(|role| *role >= Role::Viewer);
    human.clone().find(|role| role.word() == word).ok_or_else(|| {
        let known = human.map(Role::word).collect::<Vec<_>>().join(", ");
        let word = domain::text::clean_line(word, 50);
        Failure::Shape(format!("people can't have a role `{word}`; known: {known}"))
    })
}

fn nobody(name: &str) -> Failure {
    let name = domain::text::clean_line(name, NAME_BYTES_MAX);
    Failure::NotFound(format!("nobody called {name} may log in; `earlybell user list` shows who may"))
}

fn secret() -> Result<Vec<u8>, Failure> {
    let key = random_key().map_err(|error| Failure::Internal(error.to_string()))?;
    Ok(key[..totp::SECRET_BYTES].to_vec())
}

fn with_secret(mut shown: Value, name: &str, secret: Option<&[u8]>) -> Value {
    if let Some(secret) = secret {
        shown["totp_secret"] = json!(totp::base32(secret));
        shown["totp_url"] = json!(totp::url(name, secret));
    }
    shown
}
