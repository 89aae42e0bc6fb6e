//! Status messages of an Open Build Service, as written.

use super::written::SecretWritten;
use domain::delivery::status::{MessageScope, MessageSeverity};
use domain::duration::Duration;
use domain::policy::status_messages::CalledOffMessage;
use serde::Deserialize;
use std::path::PathBuf;

/// An Open Build Service, and what its users see.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObsWritten {
    /// Where its API is.
    pub api_url: String,
    /// An account with the role Staff or Admin.
    pub username: String,
    /// Its password.
    #[serde(default)]
    pub password: Option<SecretWritten>,
    /// A file with the password.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// A private key of the account, where its API takes SSH signatures.
    #[serde(default)]
    pub ssh_key_file: Option<PathBuf>,
    /// Who sees it.
    #[serde(default)]
    pub scope: Option<MessageScope>,
    /// How it looks.
    #[serde(default)]
    pub severity: MessageSeverities,
    /// What becomes of it when it was nothing.
    #[serde(default)]
    pub called_off: Option<CalledOffMessage>,
    /// How long after the end of an incident its message is deleted.
    #[serde(default)]
    pub withdraw_after: Option<Duration>,
    /// Whose certificates are believed, in the place of the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

/// How a message looks, by the severity of its incident.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MessageSeverities {
    /// Of a minor incident.
    pub minor: Option<MessageSeverity>,
    /// Of a major one.
    pub major: Option<MessageSeverity>,
    /// Of a critical one.
    pub critical: Option<MessageSeverity>,
}
