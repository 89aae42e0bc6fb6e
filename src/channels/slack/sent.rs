//! Looks for what an attempt without an answer left behind, so that nobody reads a notice twice.

use super::SlackChannel;
use super::fault::Fault;
use super::place::Place;
use crate::channels::Attempt;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use tokio::time::Instant;

/// How far Slack's clock may be from ours.
const SKEW: TimeDelta = TimeDelta::minutes(5);

/// Messages asked for at once.
const PAGE_ROWS: &str = "200";

/// Pages looked through, of messages or channels.
const PAGES_MAX: usize = 5;

#[derive(Deserialize)]
struct Messages {
    messages: Vec<Message>,
    response_metadata: Option<Cursor>,
}

#[derive(Deserialize)]
struct Message {
    ts: String,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    event_payload: serde_json::Value,
}

#[derive(Deserialize)]
struct Channels {
    channels: Vec<Channel>,
    response_metadata: Option<Cursor>,
}

#[derive(Deserialize)]
struct Channel {
    id: String,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Cursor {
    next_cursor: Option<String>,
}

impl SlackChannel {
    /// The message of this delivery, if an earlier attempt got it there after all.
    pub(super) async fn find_sent(&self, attempt: &Attempt, until: Instant) -> Result<Option<Place>, Fault> {
        let oldest = (attempt.first_attempt_at - SKEW).timestamp().to_string();
        let key = attempt.delivery.key.as_str();
        if let Some(thread) = &Place::of_thread(attempt) {
            let arguments = [("channel", thread.channel.as_str()), ("ts", &thread.ts), ("oldest", &oldest)];
            match self.find("conversations.replies", &arguments, key, until).await {
                Err(fault) if fault.is_lost_thread() => {}
                Ok(None) => {}
                found => return found,
            }
            // The thread may be lost: then it was told where it goes on, if at all.
            let Some(there) = self.goes_on(&attempt.delivery, thread, until).await? else { return Ok(None) };
            let arguments = [("channel", there.channel.as_str()), ("ts", &there.ts), ("oldest", &oldest)];
            return match self.find("conversations.replies", &arguments, key, until).await {
                Err(fault) if fault.is_lost_thread() => Ok(None),
                found => found,
            };
        }
        let Some(channel) = self.channel_id(until).await? else { return Ok(None) };
        self.look_in(&channel, key, attempt.first_attempt_at, until).await
    }

    /// The same among what stands in a channel itself, not in its threads.
    pub(super) async fn look_in(
        &self,
        channel: &str,
        key: &str,
        since: DateTime<Utc>,
        until: Instant,
    ) -> Result<Option<Place>, Fault> {
        let oldest = (since - SKEW).timestamp().to_string();
        self.find("conversations.history", &[("channel", channel), ("oldest", &oldest)], key, until).await
    }

    async fn find(
        &self,
        method: &str,
        arguments: &[(&str, &str)],
        key: &str,
        until: Instant,
    ) -> Result<Option<Place>, Fault> {
        let mut cursor = String::new();
        for _ in 0..PAGES_MAX {
            let mut arguments = arguments.to_vec();
            arguments.extend([("include_all_metadata", "true"), ("limit", PAGE_ROWS), ("cursor", cursor.as_str())]);
            let page: Messages = self.api.read(method, &arguments, until).await?;
            let ours = |message: &&Message| {
                let payload = message.metadata.as_ref().map(|metadata| &metadata.event_payload);
                payload.and_then(|payload| payload["delivery"].as_str()) == Some(key)
            };
            if let Some(message) = page.messages.iter().find(ours) {
                let channel = arguments[0].1.to_owned();
                return Ok(Some(Place { channel, ts: message.ts.clone() }));
            }
            match next(page.response_metadata) {
                Some(next) => cursor = next,
                None => break,
            }
        }
        Ok(None)
    }

    // History is asked for by id; who configured a name gets its id from the first answer, or from the list.
    pub(super) async fn channel_id(&self, until: Instant) -> Result<Option<String>, Fault> {
        if let Some(known) = self.known_channel_id() {
            return Ok(Some(known));
        }
        let mut cursor = String::new();
        for _ in 0..PAGES_MAX {
            let arguments = [
                ("types", "public_channel,private_channel"),
                ("exclude_archived", "true"),
                ("limit", "1000"),
                ("cursor", cursor.as_str()),
            ];
            let page: Channels = self.api.read("conversations.list", &arguments, until).await?;
            let found =
                page.channels.into_iter().find(|channel| channel.name.is_some() && channel.name == self.channel);
            if let Some(channel) = found {
                self.learn_channel_id(&channel.id);
                return Ok(Some(channel.id));
            }
            match next(page.response_metadata) {
                Some(next) => cursor = next,
                None => break,
            }
        }
        Ok(None)
    }
}

fn next(cursor: Option<Cursor>) -> Option<String> {
    cursor.and_then(|cursor| cursor.next_cursor).filter(|next| !next.is_empty())
}
