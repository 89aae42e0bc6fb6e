//! People who may log in, and their sessions, as they are stored.

use super::{Role, StoreError};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Somebody who may log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginRow {
    /// What they are called everywhere.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Who vouches for them; nobody for a login of ours, which has a password.
    pub vouched: Option<Vouched>,
    /// bcrypt hash of the password.
    pub password: Option<String>,
    /// Secret of the one-time codes.
    pub totp: Option<Vec<u8>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When they logged in last.
    pub used_at: Option<DateTime<Utc>>,
    /// Since when they may not log in.
    pub disabled_at: Option<DateTime<Utc>>,
}

/// An OIDC provider, and its lasting name for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    /// `iss`
    pub issuer: String,
    /// `sub`: names and addresses may pass on to somebody else, this may not.
    pub subject: String,
}

/// What of a login changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginChange {
    /// What they may do.
    Role(Role),
    /// bcrypt hash of another password.
    Password(String),
    /// Another secret of one-time codes, or none.
    Totp(Option<Vec<u8>>),
    /// Since when they may not log in, or that they may again.
    Disabled(Option<DateTime<Utc>>),
    /// They logged in.
    Used(DateTime<Utc>),
}

/// How somebody logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// By a password of ours.
    Password,
    /// At the OIDC provider.
    Oidc,
    /// With a token in place of a password.
    Token,
}

impl Way {
    /// All.
    pub const ALL: [Self; 3] = [Self::Password, Self::Oidc, Self::Token];

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Oidc => "oidc",
            Self::Token => "token",
        }
    }
}

/// Where somebody is logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionRow {
    /// Short public id.
    pub id: String,
    /// SHA-256 of the cookie.
    #[serde(skip)]
    pub sha256: [u8; 32],
    /// Who.
    pub name: String,
    /// How they logged in.
    pub way: Way,
    /// Id of the token, if that was it.
    pub token: Option<String>,
    /// What their browser calls itself, shortened.
    pub agent: String,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// Last seen, to the minute.
    pub used_at: DateTime<Utc>,
}

/// A session to keep, and what goes for it.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The session.
    pub row: SessionRow,
    /// Sessions begun before this are forgotten: they are over.
    pub forget_before: DateTime<Utc>,
    /// Sessions one name may have; the oldest go.
    pub per_name_max: usize,
}

/// What is kept of people who may log in.
#[async_trait]
pub trait AccessStore: Send + Sync {
    /// Adds somebody who may log in. `false` if the name, or the subject at its provider, is taken.
    async fn add_login(&self, login: LoginRow) -> Result<bool, StoreError>;

    /// Everybody who may log in, by name.
    async fn logins(&self) -> Result<Vec<LoginRow>, StoreError>;

    /// One of them.
    async fn login(&self, name: &str) -> Result<Option<LoginRow>, StoreError>;

    /// One of them, by what their provider calls them.
    async fn vouched_login(&self, by: &Vouched) -> Result<Option<LoginRow>, StoreError>;

    /// Changes a login. `false` if there is none of this name.
    async fn change_login(&self, name: &str, change: LoginChange) -> Result<bool, StoreError>;

    /// Removes a login, with its sessions. `false` if there is none.
    async fn remove_login(&self, name: &str) -> Result<bool, StoreError>;

    /// Uses up the one-time code of a time step. `false` if it, or a later one, was used already.
    async fn use_totp_step(&self, name: &str, step: i64) -> Result<bool, StoreError>;

    /// Begins a session; see [`NewSession`].
    async fn begin_session(&self, session: NewSession) -> Result<(), StoreError>;

    /// The session of a cookie with this hash.
    async fn session(&self, sha256: &[u8; 32]) -> Result<Option<SessionRow>, StoreError>;

    /// Sessions of a name, newest first.
    async fn sessions(&self, name: &str) -> Result<Vec<SessionRow>, StoreError>;

    /// Notes when a session was last seen.
    async fn session_seen(&self, id: &str, at: DateTime<Utc>) -> Result<(), StoreError>;

    /// Ends a session. `false` if there is none.
    async fn end_session(&self, id: &str) -> Result<bool, StoreError>;

    /// Ends all sessions of a name; how many there were.
    async fn end_sessions(&self, name: &str) -> Result<usize, StoreError>;

    /// The key of this name: this one, if there was none. Every caller gets the same from then on.
    async fn key(&self, name: &str, fresh: [u8; 32]) -> Result<[u8; 32], StoreError>;
}
