//! Chats that are reached by a webhook of theirs, and Matrix.

use super::Secret;
use std::path::PathBuf;

/// A chat with a webhook.
#[derive(Debug, Clone)]
pub struct ChatConfig {
    /// Which.
    pub product: ChatProduct,
    /// Where it takes messages; whoever knows it may write there.
    pub webhook_url: Secret,
}

/// Chats that take messages by a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChatProduct {
    /// Slack, without a bot.
    Slack,
    /// Mattermost.
    Mattermost,
    /// Rocket.Chat.
    RocketChat,
    /// Discord.
    Discord,
    /// Microsoft Teams, by a workflow.
    Teams,
}

/// A room of Matrix.
#[derive(Debug, Clone)]
pub struct MatrixConfig {
    /// Where the homeserver's API is.
    pub homeserver: String,
    /// Who we are.
    pub access_token: Secret,
    /// `!id:server` or `#alias:server`.
    pub room: String,
    /// Whether notices are `m.notice`, which rings no bell, or `m.text`.
    pub message_type: MatrixMessage,
    /// Whose certificates are believed, in the place of the system's.
    pub ca_file: Option<PathBuf>,
}

/// How a message counts in Matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatrixMessage {
    /// As a program's: other programs don't answer, and phones stay quiet.
    Notice,
    /// As a person's.
    Text,
}
