//! Chats that take messages by a webhook of theirs. None of them has threads for it; Discord lets the first message be edited.

mod product;

use super::fault::Fault;
use super::peer::{Answer, Peer, secret_url, sent_in_url, shown};
use super::{Attempt, Channel, Deadlines, Finding};
use crate::config::{ChatConfig, ChatProduct, Sent};
use async_trait::async_trait;
use domain::delivery::{Content, Lane, Outcome};
use domain::text;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Method, Url};
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// Longest message that is sent, in bytes: more than any of them takes.
const MESSAGE_BYTES_MAX: usize = 64 * 1024;

/// Tells people in a chat.
pub struct ChatChannel {
    product: ChatProduct,
    http: Client,
    url: Url,
    peer: Peer,
    attempt: Duration,
}

impl ChatChannel {
    /// Checks the address; connects nowhere.
    pub fn new(config: &ChatConfig, http: Client, deadlines: Deadlines) -> Result<Self, String> {
        let url = secret_url("webhook_url", config.webhook_url.expose())?;
        let sent = sent_in_url(&url);
        let peer = Peer {
            name: product::name(config.product).to_owned(),
            sent: Sent::new(sent.iter().map(String::as_str)),
            answer_bytes_max: ANSWER_BYTES_MAX,
            step: deadlines.step,
        };
        Ok(Self { product: config.product, http, url, peer, attempt: deadlines.attempt })
    }

    async fn tell(&self, attempt: &Attempt, until: Instant) -> Result<Option<String>, Fault> {
        let content = &attempt.delivery.content;
        let body = match self.product {
            ChatProduct::Teams => content.body.clone(),
            product => product::message(product, &text(content)).to_string(),
        };
        if self.product == ChatProduct::Teams && serde_json::from_str::<Value>(&body).is_err() {
            return Err(Fault::Never("it was written for another chat, but this receiver is Teams now".to_owned()));
        }
        match attempt.delivery.lane {
            Lane::Put => self.edit(attempt, body, until).await,
            Lane::Root | Lane::Post | Lane::Direct => {
                let answer = self.call(Method::POST, product::posting(self.product, &self.url), body, until).await?;
                product::taken(self.product, &self.peer, &answer)
            }
        }
    }

    // Repeating an edit changes nothing. It says again what the other messages said one by one.
    async fn edit(&self, attempt: &Attempt, body: String, until: Instant) -> Result<Option<String>, Fault> {
        let message = attempt.thread.as_deref().and_then(|id| product::editing(self.product, &self.url, id));
        let Some(message) = message else { return Ok(None) };
        let answer = self.call(Method::PATCH, message, body, until).await?;
        match answer.status {
            // Somebody deleted it.
            404 if answer.json()["code"] == product::UNKNOWN_MESSAGE => Ok(None),
            _ => product::taken(self.product, &self.peer, &answer),
        }
    }

    async fn call(&self, method: Method, url: Url, body: String, until: Instant) -> Result<Answer, Fault> {
        let request = self.http.request(method, url).body(body);
        self.peer.ask(request.header(CONTENT_TYPE, "application/json; charset=utf-8"), until).await
    }
}

#[async_trait]
impl Channel for ChatChannel {
    async fn send(&self, attempt: &Attempt) -> Outcome {
        match self.tell(attempt, Instant::now() + self.attempt).await {
            Ok(remote_id) => Outcome::Sent { remote_id },
            Err(fault) => fault.outcome(),
        }
    }

    async fn look(&self) -> Vec<Finding> {
        let until = Instant::now() + self.attempt;
        let found = match self.product {
            ChatProduct::Discord => {
                let asked = self.peer.ask(self.http.get(self.url.clone()), until).await;
                asked.and_then(|answer| product::place(&self.peer, &answer))
            }
            // There is no question that they answer: only that somebody is there can be seen.
            _ => self
                .peer
                .ask(self.http.head(self.url.clone()), until)
                .await
                .map(|_| format!("{} is there; whether it takes a notice, only a notice shows", shown(&self.url))),
        };
        let reached = match found {
            Ok(said) => Finding::Well(said),
            Err(fault) => Finding::Wrong(fault.because().to_owned()),
        };
        vec![reached, Finding::Well(product::lacks(self.product).to_owned())]
    }
}

// Escaped, and short enough, already; but for what no line may hold.
fn text(content: &Content) -> String {
    let subject = text::clean_line(&content.subject, MESSAGE_BYTES_MAX);
    let body = text::clean(content.body.trim_end(), MESSAGE_BYTES_MAX);
    if body.is_empty() { subject } else { format!("{subject}\n{body}") }
}
