//! `mattermost`, `rocketchat`, `discord`, `slack_webhook`, `teams` and `matrix` of a receiver.

use super::Check;
use super::webhook::Found;
use crate::config::written::ReceiverWritten;
use crate::config::written_chat::{ChatWritten, MatrixWritten, MessageTypeWritten};
use crate::config::{Address, ChatConfig, ChatProduct, MatrixConfig, MatrixMessage, host_is_loopback, read};
use domain::policy::ReceiverKind;

const ROOM_BYTES_MAX: usize = 255;

impl Check<'_> {
    /// The chats among what a receiver says of itself.
    pub(super) fn chats(&mut self, path: &str, written: &mut ReceiverWritten) -> Vec<Found> {
        let by_webhook = [
            ("slack_webhook", ReceiverKind::SlackWebhook, ChatProduct::Slack, written.slack_webhook.take()),
            ("mattermost", ReceiverKind::Mattermost, ChatProduct::Mattermost, written.mattermost.take()),
            ("rocketchat", ReceiverKind::RocketChat, ChatProduct::RocketChat, written.rocketchat.take()),
            ("discord", ReceiverKind::Discord, ChatProduct::Discord, written.discord.take()),
            ("teams", ReceiverKind::Teams, ChatProduct::Teams, written.teams.take()),
        ];
        let mut found = Vec::new();
        for (key, kind, product, chat) in by_webhook {
            let address = chat.map(|chat| self.chat(&format!("{path}.{key}"), product, chat));
            found.extend(address.map(|address| (kind, address)));
        }
        if let Some(matrix) = written.matrix.take() {
            found.push((ReceiverKind::Matrix, self.matrix(&format!("{path}.matrix"), matrix)));
        }
        found
    }

    fn chat(&mut self, path: &str, product: ChatProduct, written: ChatWritten) -> Option<Address> {
        let url = read::secret(self.base, "webhook_url", written.webhook_url, written.webhook_url_file.as_deref());
        let webhook_url = self.good(path, url)?;
        // Without the address itself, which is as good as a password.
        let url: Option<reqwest::Url> = webhook_url.expose().parse().ok();
        let host = url.as_ref().and_then(|url| url.host_str()).unwrap_or_default().to_owned();
        let is_safe = match url.as_ref().map(reqwest::Url::scheme) {
            Some("https") => !host.is_empty(),
            Some("http") => host_is_loopback(&host),
            _ => false,
        };
        if !is_safe {
            let problem = "it is no https URL; whoever knows it may write there, so it is not sent without TLS";
            self.wrong(&format!("{path}.webhook_url"), problem);
            return None;
        }
        Some(Address::Chat(ChatConfig { product, webhook_url }))
    }

    fn matrix(&mut self, path: &str, written: MatrixWritten) -> Option<Address> {
        let before = self.mistakes.len();
        let homeserver = self.url(&format!("{path}.homeserver"), &written.homeserver);
        let authority = |url: &String| url.split("://").nth(1)?.split('/').next().map(str::to_owned);
        let is_open =
            |url: &&String| url.starts_with("http://") && !authority(url).is_some_and(|host| host_is_loopback(&host));
        if homeserver.as_ref().filter(is_open).is_some() {
            self.wrong(&format!("{path}.homeserver"), "the token would be sent without TLS; write https");
        }
        let token = read::secret(self.base, "access_token", written.access_token, written.access_token_file.as_deref());
        let access_token = self.good(path, token);
        if !is_room(&written.room) {
            let room = written.room.escape_debug();
            let problem =
                format!("`{room}` is no room; write for example #incidents:example.com or !opaque:example.com");
            self.wrong(&format!("{path}.room"), problem);
        }
        let message_type = match written.message_type {
            None | Some(MessageTypeWritten::Notice) => MatrixMessage::Notice,
            Some(MessageTypeWritten::Text) => MatrixMessage::Text,
        };
        let ca_file = self.ca_file(path, written.ca_file);
        if self.mistakes.len() > before {
            return None;
        }
        let (homeserver, access_token) = (homeserver?, access_token?);
        Some(Address::Matrix(MatrixConfig { homeserver, access_token, room: written.room, message_type, ca_file }))
    }
}

// An alias names its server; ids of newer rooms don't.
fn is_room(text: &str) -> bool {
    let plain = text.len() <= ROOM_BYTES_MAX && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    let alias = text.strip_prefix('#').and_then(|rest| rest.split_once(':'));
    let alias = alias.is_some_and(|(name, server)| !name.is_empty() && !server.is_empty());
    plain && (alias || text.strip_prefix('!').is_some_and(|id| !id.is_empty()))
}
