//! Slack's Web API with a bot token: a root message edited in place, replies in its thread.

pub mod api;
mod blocks;
pub mod fault;
mod look;
mod message;
mod pace;
mod person;
mod place;
mod sent;
mod thread;
mod words;

use super::fault::Fault as Plain;
use super::{Attempt, Channel, Deadlines, Finding};
use crate::config::SlackConfig;
use api::{Api, Token};
use async_trait::async_trait;
use domain::delivery::{Lane, Outcome};
use domain::ids::IncidentId;
use fault::Fault;
use message::Post;
use pace::Pace;
use place::Place;
use std::sync::{OnceLock, atomic::AtomicBool, atomic::Ordering};
use std::time::Duration;
use thread::Moved;
use tokio::time::Instant;
use tracing::{info, warn};

/// Tells people in a Slack channel.
pub struct SlackChannel {
    api: Api,
    // Id or name, without `#`; none where each person is written to.
    channel: Option<String>,
    channel_id: OnceLock<String>,
    external_url: String,
    buttons: bool,
    broadcast: bool,
    attempt: Duration,
    pace: Pace,
    moved: Moved,
    // Said once, not with every attempt.
    blindness_told: AtomicBool,
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
            api: Api::new(&config.api_url, Token::Bot(&config.bot_token), http, deadlines.step)?,
            channel_id: channel_id.map(OnceLock::from).unwrap_or_default(),
            channel,
            external_url: config.external_url.clone(),
            buttons: config.buttons,
            broadcast: config.broadcast,
            attempt: deadlines.attempt,
            pace: Pace::default(),
            moved: Moved::default(),
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
            match self.find_sent(attempt, until).await {
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
        let thread = if attempt.delivery.lane == Lane::Post { Place::of_thread(attempt) } else { None };
        if let Some(root) = thread {
            return self.reply_in(attempt, &root, until).await;
        }
        let none = || Plain::Never("it was written for a channel, but this receiver is personal now".to_owned());
        let channel = self.channel.as_deref().ok_or_else(none)?;
        let text = message::text(attempt);
        let place = self.say(&self.root(attempt, &text, channel), channel, until).await?;
        self.learn_channel_id(&place.channel);
        Ok(place)
    }

    // Every message goes through here: where we were asked to wait, nobody is asked again.
    async fn say(&self, post: &Post<'_>, channel: &str, until: Instant) -> Result<Place, Fault> {
        self.pace.check(channel)?;
        let answered = self.api.post("chat.postMessage", post, until).await;
        self.pace.note(channel, &answered);
        answered
    }

    // Repeating an edit changes nothing, so there is nothing to look for.
    async fn edit(&self, attempt: &Attempt, until: Instant) -> Outcome {
        let Some(root) = Place::of_thread(attempt) else {
            return Outcome::Sent { remote_id: None };
        };
        let text = message::text(attempt);
        let there = self.moved.of(&root).unwrap_or_else(|| root.clone());
        let mut answered = self.put(attempt, &text, &there, until).await;
        if matches!(&answered, Err(fault) if fault.is_lost_thread())
            && let Ok(Some(there)) = self.goes_on(&attempt.delivery, &root, until).await
        {
            answered = self.put(attempt, &text, &there, until).await;
        }
        match answered {
            Ok(place) => Outcome::Sent { remote_id: Some(place.remote_id()) },
            // It repeats what the replies tell one by one: without a message to show it in, nothing is lost. The next
            // reply begins a new one.
            Err(fault) if fault.is_lost_message() => {
                let (incident, receiver) = (attempt.delivery.incident, &attempt.delivery.receiver);
                info!(incident.id = %incident, receiver, "{incident}: {receiver} has no root message to edit any more");
                Outcome::Sent { remote_id: None }
            }
            Err(fault) => fault.outcome(),
        }
    }

    async fn put(&self, attempt: &Attempt, text: &str, there: &Place, until: Instant) -> Result<Place, Fault> {
        self.pace.check(&there.channel)?;
        let update = self.update(attempt, text, &there.channel, &there.ts);
        let answered = self.api.post::<Place>("chat.update", &update, until).await;
        self.pace.note(&there.channel, &answered);
        answered.map(|_| there.clone())
    }

    fn page(&self, incident: IncidentId) -> String {
        format!("<{}/incidents/{}|What is known>", self.external_url, incident.0)
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

    async fn look(&self) -> Vec<Finding> {
        self.findings(Instant::now() + self.attempt).await
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
