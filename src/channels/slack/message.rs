//! What is sent to Slack: a message, an edit of it, and what we know it by again.

use super::{SlackChannel, blocks, words};
use crate::channels::Attempt;
use domain::delivery::{Delivery, Lane};
use domain::ids::IncidentId;
use domain::notice::buttons::buttons;
use serde::Serialize;
use serde_json::Value;

/// `chat.postMessage`.
#[derive(Serialize)]
pub struct Post<'a> {
    channel: &'a str,
    text: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    blocks: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread_ts: Option<&'a str>,
    // Shown in the channel, too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reply_broadcast: bool,
    metadata: Metadata<'a>,
    // Names and links in the text of an alert stay text.
    link_names: bool,
    parse: &'static str,
    unfurl_links: bool,
    unfurl_media: bool,
}

#[derive(Serialize)]
struct Metadata<'a> {
    event_type: &'static str,
    event_payload: Payload<'a>,
}

/// What a message is found by.
#[derive(Serialize)]
struct Payload<'a> {
    delivery: &'a str,
    incident: String,
}

/// `chat.update`. Without `metadata`: what is not named stays. Blocks are named, for the same reason: those that are there
/// would stay, with their buttons.
#[derive(Serialize)]
pub struct Update<'a> {
    channel: &'a str,
    ts: &'a str,
    text: &'a str,
    blocks: Vec<Value>,
    link_names: bool,
    parse: &'static str,
}

impl<'a> Post<'a> {
    /// A message of this text.
    pub fn new(key: &'a str, incident: IncidentId, text: &'a str, channel: &'a str) -> Self {
        Self {
            channel,
            text,
            blocks: Vec::new(),
            thread_ts: None,
            reply_broadcast: false,
            metadata: Metadata {
                event_type: "earlybell_notice",
                event_payload: Payload { delivery: key, incident: incident.to_string() },
            },
            link_names: false,
            parse: "none",
            unfurl_links: false,
            unfurl_media: false,
        }
    }

    /// What is to be told.
    pub fn of(attempt: &'a Attempt, text: &'a str, channel: &'a str) -> Self {
        Self::new(&attempt.delivery.key, attempt.delivery.incident, text, channel)
    }
}

impl SlackChannel {
    /// The first message about an incident.
    pub(super) fn root<'a>(&self, attempt: &'a Attempt, text: &'a str, channel: &'a str) -> Post<'a> {
        Post { blocks: self.blocks(&attempt.delivery, text), ..Post::of(attempt, text, channel) }
    }

    /// A reply in its thread.
    pub(super) fn reply<'a>(&self, attempt: &'a Attempt, text: &'a str, channel: &'a str, ts: &'a str) -> Post<'a> {
        let reply_broadcast = self.broadcast && attempt.delivery.notice.changes_stage();
        Post { thread_ts: Some(ts), reply_broadcast, ..Post::of(attempt, text, channel) }
    }

    /// The first message, as it should look now.
    pub(super) fn update<'a>(&self, attempt: &Attempt, text: &'a str, channel: &'a str, ts: &'a str) -> Update<'a> {
        let blocks = self.blocks(&attempt.delivery, text);
        Update { channel, ts, text, blocks, link_names: false, parse: "none" }
    }

    // Without buttons a text is enough, and looks the same everywhere.
    fn blocks(&self, delivery: &Delivery, text: &str) -> Vec<Value> {
        if !self.buttons || !matches!(delivery.lane, Lane::Root | Lane::Put) {
            return Vec::new();
        }
        blocks::message(text, buttons(delivery), delivery.incident, &self.external_url)
    }
}

/// The text of what is to be told.
pub fn text(attempt: &Attempt) -> String {
    words::text(&attempt.delivery.content)
}
