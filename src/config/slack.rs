//! The Slack app, checked.

use super::Secret;

/// The way from Slack to us: commands, buttons, shortcuts.
#[derive(Debug, Clone)]
pub struct SlackAppConfig {
    /// `https://slack.com/api` unless a test says otherwise.
    pub api_url: String,
    /// `xoxb-…`; without it nothing can be asked back, and there is no home.
    pub bot_token: Secret,
    /// What requests over HTTP are signed with.
    pub signing_secret: Option<Secret>,
    /// `xapp-…`, for Socket Mode.
    pub app_token: Option<Secret>,
    /// The command, with its slash.
    pub command: String,
}
