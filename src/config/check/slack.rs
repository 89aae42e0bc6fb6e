//! Slack: receivers that write there, and the app that people answer with.

use super::Check;
use super::receivers::PERSONAL;
use crate::config::written::SlackWritten;
use crate::config::written_slack::SlackAppWritten;
use crate::config::{Address, Receiver, Secret, SlackAppConfig, SlackConfig, read};
use domain::verbs::Spelling;

const SLACK_API: &str = "https://slack.com/api";
const COMMAND: &str = "/incident";

/// Longest command, in bytes; Slack's own limit.
const COMMAND_BYTES_MAX: usize = 32;

/// What receivers take from elsewhere.
#[derive(Debug, Default)]
pub(in crate::config) struct Defaults {
    /// Where people find our pages.
    pub external_url: String,
    bot_token: Shared,
    api_url: Option<String>,
}

// A token that is wrong is told once, and not missing as well.
#[derive(Debug, Default, Clone)]
enum Shared {
    #[default]
    None,
    Wrong,
    Token(Secret),
}

/// The app before it is known whether a receiver has a token for it.
pub(in crate::config) struct App {
    api_url: Option<String>,
    signing_secret: Option<Secret>,
    app_token: Option<Secret>,
    command: Option<String>,
}

impl Check<'_> {
    /// The app; what it says holds for receivers that say nothing.
    pub(in crate::config) fn slack_app(&mut self, written: Option<SlackAppWritten>) -> Option<App> {
        let written = written?;
        let path = "slack_app";
        if [&written.signing_secret, &written.app_token].iter().all(|secret| secret.is_none())
            && written.signing_secret_file.is_none()
            && written.app_token_file.is_none()
        {
            self.wrong(
                path,
                "`signing_secret` (Slack calls us) or `app_token` (Socket Mode: we call Slack) is missing; docs/slack.md says which",
            );
        }
        let mut secret = |key, text: Option<_>, file: Option<std::path::PathBuf>| {
            (text.is_some() || file.is_some())
                .then(|| self.good(path, read::secret(self.base, key, text, file.as_deref())))
                .flatten()
        };
        let signing_secret = secret("signing_secret", written.signing_secret, written.signing_secret_file);
        let app_token = secret("app_token", written.app_token, written.app_token_file);
        let says = written.bot_token.is_some() || written.bot_token_file.is_some();
        let bot_token = secret("bot_token", written.bot_token, written.bot_token_file);
        let command = written.command.unwrap_or_else(|| COMMAND.to_owned());
        let well = command.strip_prefix('/').is_some_and(|word| {
            !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c))
        });
        if !well || command.len() > COMMAND_BYTES_MAX {
            self.wrong(
                "slack_app.command",
                format!("a command is a slash and at most 31 small letters, as {}", Spelling::chat(COMMAND).prefix()),
            );
        }
        let api_url = self.url("slack_app.api_url", written.api_url.as_deref().unwrap_or(SLACK_API));
        self.slack.bot_token = match bot_token {
            Some(token) => Shared::Token(token),
            None if says => Shared::Wrong,
            None => Shared::None,
        };
        self.slack.api_url.clone_from(&api_url);
        Some(App { api_url, signing_secret, app_token, command: Some(command) })
    }

    /// The app, with the token of a receiver if it has none of its own.
    pub(in crate::config) fn with_token(&mut self, app: Option<App>, receivers: &[Receiver]) -> Option<SlackAppConfig> {
        let App { api_url, signing_secret, app_token, command } = app?;
        let theirs = receivers.iter().find_map(|receiver| match &receiver.address {
            Address::Slack(slack) if Some(&slack.api_url) == api_url.as_ref() => Some(slack.bot_token.clone()),
            _ => None,
        });
        let bot_token = match (self.slack.bot_token.clone(), theirs) {
            (Shared::Token(token), _) | (Shared::None, Some(token)) => Some(token),
            (Shared::Wrong, _) => None,
            (Shared::None, None) => {
                self.wrong("slack_app", "`bot_token` or `bot_token_file` is missing, and no receiver has one");
                None
            }
        };
        Some(SlackAppConfig { api_url: api_url?, bot_token: bot_token?, signing_secret, app_token, command: command? })
    }

    pub(super) fn slack(&mut self, path: &str, written: SlackWritten, receiver: Reader) -> Option<Address> {
        let api_url = written.api_url.or_else(|| self.slack.api_url.clone());
        let api_url = self.url(&format!("{path}.api_url"), api_url.as_deref().unwrap_or(SLACK_API));
        let says = written.bot_token.is_some() || written.bot_token_file.is_some();
        let bot_token = match self.slack.bot_token.clone() {
            Shared::Token(shared) if !says => Some(shared),
            Shared::Wrong if !says => None,
            _ => {
                let file = written.bot_token_file.as_deref();
                let secret = read::secret(self.base, "bot_token", written.bot_token, file);
                self.good(path, secret)
            }
        };
        let personal = receiver == Reader::Person;
        let channel = match written.channel {
            Some(_) if personal => {
                self.wrong(&format!("{path}.channel"), format!("{PERSONAL}; leave `channel` out"));
                return None;
            }
            None if !personal => {
                self.wrong(path, "`channel` is missing");
                return None;
            }
            Some(channel) if channel.is_empty() || channel.chars().any(|c| c.is_whitespace() || c.is_control()) => {
                self.wrong(&format!("{path}.channel"), "a channel id like C0123456789, or a name like #incidents");
                return None;
            }
            channel => channel,
        };
        Some(Address::Slack(SlackConfig {
            api_url: api_url?,
            bot_token: bot_token?,
            channel,
            buttons: written.buttons.unwrap_or(receiver == Reader::Team),
            broadcast: written.broadcast,
            external_url: self.slack.external_url.clone(),
        }))
    }
}

/// Who reads what a receiver gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// The team.
    Team,
    /// Anybody.
    Public,
    /// One person.
    Person,
}

impl Reader {
    /// By the two marks of a receiver.
    pub(super) fn of(receiver: &crate::config::written::ReceiverWritten) -> Self {
        match (receiver.personal, receiver.public) {
            (true, _) => Self::Person,
            (false, true) => Self::Public,
            (false, false) => Self::Team,
        }
    }
}
