//! Chats as written: an address for each that is reached by a webhook of its own, and a room of Matrix.

use super::written::SecretWritten;
use serde::Deserialize;
use std::path::PathBuf;

/// A chat with a webhook: Slack without a bot, Mattermost, Rocket.Chat, Discord, Teams.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatWritten {
    /// Where it takes messages.
    #[serde(default)]
    pub webhook_url: Option<SecretWritten>,
    /// A file with the address.
    #[serde(default)]
    pub webhook_url_file: Option<PathBuf>,
}

/// A room of Matrix.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatrixWritten {
    /// Where the homeserver is.
    pub homeserver: String,
    /// The token of a user there.
    #[serde(default)]
    pub access_token: Option<SecretWritten>,
    /// A file with it.
    #[serde(default)]
    pub access_token_file: Option<PathBuf>,
    /// `!id:server` or `#alias:server`.
    pub room: String,
    /// How messages count.
    #[serde(default)]
    pub message_type: Option<MessageTypeWritten>,
    /// Whose certificates are believed, in the place of the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

/// How messages count in Matrix.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageTypeWritten {
    /// As a program's.
    Notice,
    /// As a person's.
    Text,
}
