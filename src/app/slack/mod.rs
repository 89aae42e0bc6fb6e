//! Slack's way in: the command, buttons, shortcuts, the home of the app. What comes over HTTP and what comes over a socket
//! is handled by the same lines; who may do what is asked of the desk, as everywhere.

mod commands;
mod events;
mod home;
mod interact;
mod later;
mod line;
mod mentions;
pub mod socket;
mod views;
mod wire;

use super::desk::{Answered, Desk, DeskError, Outcome, Said, To, Words};
use super::speakers::{Account, NotHeard, Speaker, Speakers};
use crate::channels::slack::api::{Api, Token};
use crate::clock::Clock;
use crate::config::{Config, SlackAppConfig};
use crate::store::Store;
use arc_swap::ArcSwap;
use domain::ids::IncidentId;
use domain::incident::{Actor, Reply, Surface};
use domain::notice::escape::mrkdwn;
use domain::notice::phrase::incident_url;
use domain::text::{clean, clean_line};
use domain::verbs::Spelling;
use later::Tasks;
use mentions::Repeated;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Slack shows an error to whoever typed after three seconds; the answer has to get there, too.
const ACK_MAX: Duration = Duration::from_millis(2_200);

/// Longest call of the Web API.
const CALL_MAX: Duration = Duration::from_secs(10);

/// Longest answer, in bytes: under Slack's limit, whatever is escaped in it.
const ANSWER_BYTES_MAX: usize = 8_000;

/// Longest key of a request, in bytes.
const KEY_BYTES_MAX: usize = 150;

/// Takes what Slack sends.
pub struct SlackApp {
    desk: Desk,
    speakers: Speakers,
    store: Arc<dyn Store>,
    config: Arc<ArcSwap<Config>>,
    client: reqwest::Client,
    clock: Arc<dyn Clock>,
    tasks: Tasks,
    mentions: Repeated,
}

/// What Slack sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Somebody typed the command.
    Command,
    /// Somebody pressed a button, filled a form, took a shortcut.
    Interaction,
    /// Something happened.
    Event,
}

/// What is answered at once.
#[derive(Debug, Clone, PartialEq)]
pub enum Ack {
    /// That it came.
    Taken,
    /// More than that.
    With(Value),
    /// It can't be understood.
    Unreadable(String),
}

impl SlackApp {
    /// Over these.
    pub fn new(
        desk: Desk,
        store: Arc<dyn Store>,
        config: Arc<ArcSwap<Config>>,
        client: reqwest::Client,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let speakers = Speakers::new(store.clone(), config.clone());
        Self { desk, speakers, store, config, client, clock, tasks: Tasks::default(), mentions: Repeated::default() }
    }

    /// Takes what Slack sent, once it is known that Slack sent it. It answers in time, whatever takes longer.
    pub async fn take(self: &Arc<Self>, kind: Kind, payload: &Value) -> Ack {
        let Some(config) = self.config.load().slack_app.clone() else {
            return Ack::Unreadable("`slack_app` is not configured".to_owned());
        };
        match kind {
            Kind::Command => self.command(payload, &config).await,
            Kind::Interaction => self.interaction(payload, &config).await,
            Kind::Event => self.event(payload, &config).await,
        }
    }

    /// Ends what is still under way.
    pub async fn stop(&self) {
        self.tasks.stop().await;
    }

    async fn who(&self, user: &str) -> Result<Speaker, NotHeard> {
        self.speakers.who(Account::Slack(user)).await
    }

    /// Does what somebody said, and says what came of it.
    async fn say(&self, user: &str, line: String, key: Option<String>, config: &SlackAppConfig) -> Told {
        match self.hear(user, Heard { line, thread: None, key }, config).await {
            Ok(answered) => self.told(answered),
            Err(because) => Told::refused(because),
        }
    }

    async fn hear(&self, user: &str, heard: Heard, config: &SlackAppConfig) -> Result<Answered, String> {
        let Speaker { name, access } = self.who(user).await.map_err(|error| error.to_string())?;
        let Heard { line, thread, key } = heard;
        let spelling = Spelling::chat(&config.command);
        let actor = Actor::person(&name, Surface::Slack);
        let said = Said { words: Words::Line(line), actor, access, thread, spelling, key };
        self.desk.answer(said).await.map_err(|error| match error {
            DeskError::Store(error) => format!("not now, try again in a minute: {error}"),
            other => other.to_string(),
        })
    }

    fn told(&self, Answered { text, to, outcome }: Answered) -> Told {
        let page = match &outcome {
            Outcome::Done(Reply::Done { incident, .. }) => {
                Some((*incident, incident_url(&self.config.load().policy.external_url, *incident)))
            }
            _ => None,
        };
        let done = matches!(outcome, Outcome::Done(_) | Outcome::Told(_));
        Told { text, everyone: to == To::Everyone, done, page }
    }

    fn api(&self, config: &SlackAppConfig) -> Result<Api, String> {
        Api::new(&config.api_url, Token::Bot(&config.bot_token), self.client.clone(), CALL_MAX)
    }
}

/// A line, where it was said, and what a repeat of it is known by.
struct Heard {
    line: String,
    thread: Option<IncidentId>,
    key: Option<String>,
}

/// What came of what somebody said.
#[derive(Debug, Clone)]
struct Told {
    text: String,
    everyone: bool,
    done: bool,
    page: Option<(IncidentId, String)>,
}

impl Told {
    fn refused(text: String) -> Self {
        Self { text, everyone: false, done: false, page: None }
    }

    // As Slack shows it: nothing in it is a mark, a mention or a link but the last line.
    fn mrkdwn(&self) -> String {
        let text = mrkdwn(&clean(&self.text, ANSWER_BYTES_MAX));
        match &self.page {
            Some((incident, url)) => format!("{text}\n<{url}|{incident}>"),
            None => text,
        }
    }

    fn message(&self) -> Value {
        let to = if self.everyone { "in_channel" } else { "ephemeral" };
        json!({"response_type": to, "text": self.mrkdwn()})
    }

    // To whoever pressed; everyone reads of it in the thread.
    fn aside(&self) -> Value {
        json!({"response_type": "ephemeral", "replace_original": false, "text": self.mrkdwn()})
    }
}

/// What a repeat is known by. Slack's ids are unique, and signed with the rest.
fn key(id: Option<&str>, what: &str) -> Option<String> {
    let id = id.filter(|id| !id.is_empty())?;
    Some(format!("slack:{what}/{}", clean_line(id, KEY_BYTES_MAX)))
}
