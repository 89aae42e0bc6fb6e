//! Sessions of people in browsers. The store has the SHA-256 of a cookie and who it belongs to; the cookie is 256 random
//! bits and means nothing by itself. What a person may do is looked up at every request, so that a changed role, a
//! disabled login or an ended session counts at once.

use super::auth::{Denied, Identity, Via};
use super::cookie;
use super::error::Failure;
use super::site::Site;
use super::token::{NoRandomness, hash, random_text};
use crate::store::{LoginChange, NewSession, Role, SessionRow, StoreError, Way};
use actix_web::http::header::HeaderMap;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;

/// How long a session lasts at most.
pub const HOURS_MAX: i64 = 12;

/// How long it lasts while nothing is done with it.
pub const IDLE_HOURS_MAX: i64 = 2;

/// Sessions one person may have; the oldest ends when one more begins.
pub const PER_NAME_MAX: usize = 20;

/// How exactly it is known when a session was last used.
const SEEN_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Longest name of a browser, in bytes.
const AGENT_BYTES_MAX: usize = 100;

/// Who begins a session, and how.
pub struct Beginning<'a> {
    /// Who.
    pub name: &'a str,
    /// How they showed it.
    pub way: Way,
    /// Id of the token, if that was it.
    pub token: Option<&'a str>,
    /// What their browser sent.
    pub headers: &'a HeaderMap,
}

/// A session that was just begun.
pub struct Begun {
    /// Its public id.
    pub id: String,
    /// What the cookie holds: the only time it is known.
    pub secret: String,
}

/// Why none was begun.
#[derive(Debug, thiserror::Error)]
pub enum NotBegun {
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] NoRandomness),
    /// Not kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<NotBegun> for Failure {
    fn from(error: NotBegun) -> Self {
        match error {
            NotBegun::Random(error) => Self::Internal(error.to_string()),
            NotBegun::Store(error) => Self::Store(error),
        }
    }
}

/// Begins a session under a new secret. One that this browser had before ends: whoever knew its cookie gains nothing by
/// a login.
pub async fn begin(site: &Site, who: Beginning<'_>) -> Result<Begun, NotBegun> {
    let store = site.parts.store.access();
    if let Some(before) = cookie::shown(who.headers, site)
        && let Some(row) = store.session(&hash(before.as_bytes())).await?
    {
        store.end_session(&row.id).await?;
    }
    let (id, secret, now) =
        (random_text(super::token::ID_CHARS)?, random_text(super::token::SECRET_CHARS)?, site.now());
    let row = SessionRow {
        id: id.clone(),
        sha256: hash(secret.as_bytes()),
        name: who.name.to_owned(),
        way: who.way,
        token: who.token.map(str::to_owned),
        agent: agent(who.headers),
        created_at: now,
        used_at: now,
    };
    let new = NewSession { row, forget_before: now - TimeDelta::hours(HOURS_MAX), per_name_max: PER_NAME_MAX };
    store.begin_session(new).await?;
    if who.token.is_none() {
        store.change_login(who.name, LoginChange::Used(now)).await?;
    }
    Ok(Begun { id, secret })
}

/// Who the cookie of a request belongs to, if it has one.
pub async fn identify(headers: &HeaderMap, site: &Site) -> Result<Option<Identity>, Denied> {
    let Some(secret) = cookie::shown(headers, site) else { return Ok(None) };
    let now = site.now();
    let store = site.parts.store.access();
    let Some(row) = store.session(&hash(secret.as_bytes())).await.map_err(unreadable)? else {
        return Err(over("unknown"));
    };
    if !holds(&row, now) {
        return Err(over(&row.name));
    }
    let Some(role) = role(&row, site).await? else { return Err(over(&row.name)) };
    if now - row.used_at >= SEEN_EVERY
        && let Err(error) = store.session_seen(&row.id, now).await
    {
        // It may end early for that; whoever reads a page must not be stopped by a full disk.
        tracing::warn!("that a session was used can't be written: {error}");
    }
    let forms = site.forms.token(&form_subject(&row.id));
    Ok(Some(Identity {
        name: Arc::from(row.name.as_str()),
        role,
        via: Via::Session,
        session: Some(Arc::from(row.id.as_str())),
        csrf: Some(Arc::from(forms.as_str())),
    }))
}

/// What the token of forms in this session is made of.
pub fn form_subject(id: &str) -> String {
    format!("session:{id}")
}

/// Whether a session is not over by time.
pub fn holds(row: &SessionRow, now: DateTime<Utc>) -> bool {
    let over = TimeDelta::hours(HOURS_MAX);
    let idle = TimeDelta::hours(IDLE_HOURS_MAX);
    now < row.created_at + over && now < row.used_at + idle
}

// What its owner may do now; nothing if they were disabled or removed, or if the token it was begun with was revoked.
async fn role(row: &SessionRow, site: &Site) -> Result<Option<Role>, Denied> {
    if let Some(id) = &row.token {
        return Ok(site.tokens.live(id, site.now()).map(|live| live.row.role).filter(|role| *role >= Role::Viewer));
    }
    let login = site.parts.store.access().login(&row.name).await.map_err(unreadable)?;
    Ok(login.filter(|login| login.disabled_at.is_none()).map(|login| login.role))
}

fn agent(headers: &HeaderMap) -> String {
    let said = headers.get("user-agent").map(|agent| String::from_utf8_lossy(agent.as_bytes()).into_owned());
    domain::text::clean_line(&said.unwrap_or_default(), AGENT_BYTES_MAX)
}

fn over(name: &str) -> Denied {
    let text = "your session is over: sign in again";
    Denied { name: name.to_owned(), reason: "expired", failure: Failure::Unauthorized(text.to_owned()) }
}

fn unreadable(error: StoreError) -> Denied {
    Denied { name: "unknown".to_owned(), reason: "missing", failure: Failure::Store(error) }
}

#[cfg(test)]
mod tests {
    use super::holds;
    use crate::store::{SessionRow, Way};
    use chrono::{DateTime, TimeDelta};

    #[test]
    fn a_session_is_over_when_idle_and_when_old() {
        let row = |used: TimeDelta| SessionRow {
            id: "a".to_owned(),
            sha256: [0; 32],
            name: "ada".to_owned(),
            way: Way::Password,
            token: None,
            agent: String::new(),
            created_at: DateTime::UNIX_EPOCH,
            used_at: DateTime::UNIX_EPOCH + used,
        };
        let at = |time: TimeDelta| DateTime::UNIX_EPOCH + time;
        let second = TimeDelta::seconds(1);
        let fresh = row(TimeDelta::zero());
        assert!(holds(&fresh, at(TimeDelta::hours(2) - second)));
        assert!(!holds(&fresh, at(TimeDelta::hours(2))));
        let busy = row(TimeDelta::hours(11));
        assert!(holds(&busy, at(TimeDelta::hours(12) - second)));
        assert!(!holds(&busy, at(TimeDelta::hours(12))));
    }
}
