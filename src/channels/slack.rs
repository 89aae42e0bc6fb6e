//! Slack's Web API with a bot token: a root message edited in place, replies in its thread.

mod api;
mod fault;
mod look;
mod person;
mod place;
mod words;

use super::{Attempt, Channel, Deadlines};
use crate::config::SlackConfig;
use api::Api;
use async_trait::async_trait;
use domain::delivery::{Lane, Outcome};
use fault::Fault;
use place::Place;
use serde::Serialize;
use std::sync::{OnceLock, atomic::AtomicBool, atomic::Ordering};
use std::time::Duration;
use tokio::time::Instant;
use tracing::{info, warn};

/// Tells people in a Slack channel.
pub struct SlackChannel {
    api: Api,
    // Id or name, without `#`; none where each person is written to.
    channel: Option<String>,
    channel_id: OnceLock<String>,
    attempt: Duration,
    // Said once, not with every attempt.
    blindness_told: AtomicBool,
}

/// `chat.postMessage`.
#[derive(Serialize)]
struct Post<'a> {
    channel: &'a str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread_ts: Option<&'a str>,
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

/// What `look` finds a message by.
#[derive(Serialize)]
struct Payload<'a> {
    delivery: &'a str,
    incident: String,
}

/// `chat.update`. Without `metadata`: what is not named stays.
#[derive(Serialize)]
struct Update<'a> {
    channel: &'a str,
    ts: &'a str,
    text: &'a str,
    link_names: bool,
    parse: &'static str,
}

impl<'a> Post<'a> {
    fn new(attempt: &'a Attempt, text: &'a str, channel: &'a str, thread_ts: Option<&'a str>) -> Self {
        let delivery = &attempt.delivery;
        Self {
            channel,
            text,
            thread_ts,
            metadata: Metadata {
                event_type: "earlybell_notice",
                event_payload: Payload { delivery: &delivery.key, incident: delivery.incident.to_string() },
            },
            link_names: false,
            parse: "none",
            unfurl_links: false,
            unfurl_media: false,
        }
    }
}

impl SlackChannel {
    /// Checks address and token; connects nowhere.
    pub fn new(config: &SlackConfig, http: reqwest::Client, deadlines: Deadlines) -> Result<Self, String> {
        let channel = config.channel.as_deref().map(|name| name.trim().trim_start_matches('#').to_owned());
        if channel.as_deref().is_some_and(str::is_empty) {
            return Err("`channel` names none".into());
        }
        let channel_id = channel.clone().filter(|channel| is_channel_id(channel));
        Ok(Self {
            api: Api::new(config, http, deadlines.step)?,
            channel_id: channel_id.map(OnceLock::from).unwrap_or_default(),
            channel,
            attempt: deadlines.attempt,
            blindness_told: AtomicBool::new(false),
        })
    }

    async fn tell(&self, attempt: &Attempt, until: Instant) -> Outcome {
        match attempt.delivery.lane {
            Lane::Put => return self.edit(attempt, until).await,
            Lane::Direct if attempt.delivery.to.is_some() => return self.tell_person(attempt, until).await,
            // Without a person it is for the channel, outside of every thread.
            Lane::Root | Lane::Post | Lane::Direct => {}
        }
        if attempt.unsure {
            match self.look(attempt, until).await {
                Ok(Some(place)) => return Outcome::Sent { remote_id: Some(place.remote_id()) },
                Ok(None) => {}
                Err(fault) if fault.is_blind() => self.tell_blindness(attempt, &fault),
                Err(fault) => return still_unsure(fault.outcome()),
            }
        }
        match self.post(attempt, until).await {
            Ok(place) => Outcome::Sent { remote_id: Some(place.remote_id()) },
            Err(fault) => fault.outcome(),
        }
    }

    async fn post(&self, attempt: &Attempt, until: Instant) -> Result<Place, Fault> {
        let text = words::text(&attempt.delivery.content);
        let thread = if attempt.delivery.lane == Lane::Root { None } else { Place::of_thread(attempt) };
        let post = |channel, thread_ts| Post::new(attempt, &text, channel, thread_ts);
        let Some(thread) = thread else {
            let none = || Fault::Never("it was written for a channel, but this receiver is personal now".to_owned());
            let channel = self.channel.as_deref().ok_or_else(none)?;
            let place: Place = self.api.post("chat.postMessage", &post(channel, None), until).await?;
            self.learn_channel_id(&place.channel);
            return Ok(place);
        };
        match self.api.post("chat.postMessage", &post(&thread.channel, Some(&thread.ts)), until).await {
            // Somebody deleted the root: better outside of a thread than not told.
            Err(fault) if fault.is_lost_message() => {
                self.api.post("chat.postMessage", &post(&thread.channel, None), until).await
            }
            answered => answered,
        }
    }

    // Repeating an edit changes nothing, so there is nothing to look for.
    async fn edit(&self, attempt: &Attempt, until: Instant) -> Outcome {
        let Some(root) = Place::of_thread(attempt) else {
            return Outcome::Sent { remote_id: None };
        };
        let text = words::text(&attempt.delivery.content);
        let update = Update { channel: &root.channel, ts: &root.ts, text: &text, link_names: false, parse: "none" };
        match self.api.post::<Place>("chat.update", &update, until).await {
            Ok(_) => Outcome::Sent { remote_id: Some(root.remote_id()) },
            // It repeats what the replies tell one by one: without a message to show it in, nothing is lost.
            Err(fault) if fault.is_lost_message() => {
                let (incident, receiver) = (attempt.delivery.incident, &attempt.delivery.receiver);
                info!(incident.id = %incident, receiver, "{incident}: {receiver} has no root message to edit any more");
                Outcome::Sent { remote_id: None }
            }
            Err(fault) => fault.outcome(),
        }
    }

    fn known_channel_id(&self) -> Option<String> {
        self.channel_id.get().cloned()
    }

    fn learn_channel_id(&self, id: &str) {
        let _ = self.channel_id.set(id.to_owned());
    }

    fn tell_blindness(&self, attempt: &Attempt, fault: &Fault) {
        if !self.blindness_told.swap(true, Ordering::Relaxed) {
            let receiver = &attempt.delivery.receiver;
            warn!(receiver, "{receiver}: a lost answer can mean a notice told twice, since it can't look: {fault:?}");
        }
    }
}

#[async_trait]
impl Channel for SlackChannel {
    async fn send(&self, attempt: &Attempt) -> Outcome {
        self.tell(attempt, Instant::now() + self.attempt).await
    }
}

// Without having looked, what an earlier attempt left is as unknown as before.
fn still_unsure(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Retry { because, after, .. } => Outcome::Retry { because, after, unsure: true },
        other => other,
    }
}

fn is_channel_id(channel: &str) -> bool {
    channel.len() >= 9
        && channel.starts_with(['C', 'D', 'G'])
        && channel.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}
