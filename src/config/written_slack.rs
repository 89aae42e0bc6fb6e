//! `slack_app` as written: what people press and type in Slack.

use super::written::SecretWritten;
use serde::Deserialize;
use std::path::PathBuf;

/// The Slack app: the way from Slack to us.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlackAppWritten {
    /// What Slack signs its requests with.
    #[serde(default)]
    pub signing_secret: Option<SecretWritten>,
    /// A file with it.
    #[serde(default)]
    pub signing_secret_file: Option<PathBuf>,
    /// `xapp-…`, for Socket Mode.
    #[serde(default)]
    pub app_token: Option<SecretWritten>,
    /// A file with it.
    #[serde(default)]
    pub app_token_file: Option<PathBuf>,
    /// `xoxb-…`, for receivers that name none, too.
    #[serde(default)]
    pub bot_token: Option<SecretWritten>,
    /// A file with it.
    #[serde(default)]
    pub bot_token_file: Option<PathBuf>,
    /// The command, as the app names it.
    #[serde(default)]
    pub command: Option<String>,
    /// Where Slack's Web API is.
    #[serde(default)]
    pub api_url: Option<String>,
}
