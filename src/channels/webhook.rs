//! A program that is sent each notice as JSON, signed by Standard Webhooks: it knows it is ours, and knows it again.

use super::fault::Fault;
use super::peer::{Answer, Peer, sent_in_url, shown};
use super::{Attempt, Channel, Deadlines, Finding};
use crate::clock::Clock;
use crate::config::{HttpAuth, Sent, SigningKey, WebhookConfig};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::delivery::{Lane, Outcome};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder, Url};
use ring::hmac;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Longest answer that is read, in bytes: nothing in it matters but why it says no.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Tells a program.
pub struct WebhookChannel {
    http: Client,
    url: Url,
    keys: Vec<hmac::Key>,
    auth: Option<HttpAuth>,
    peer: Peer,
    attempt: Duration,
    clock: Arc<dyn Clock>,
}

impl WebhookChannel {
    /// Checks the address; connects nowhere.
    pub fn new(
        config: &WebhookConfig,
        http: Client,
        deadlines: Deadlines,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        let url: Url = config.url.expose().parse().map_err(|_| "`url` is not a URL".to_owned())?;
        let sent = sent_in_url(&url).into_iter().chain(config.keys.iter().map(|key| key.text.expose().to_owned()));
        let sent: Vec<String> = sent.collect();
        let sent = Sent::new(sent.iter().map(String::as_str)).and(config.auth.as_ref().map(HttpAuth::sent));
        let name = url.host_str().unwrap_or("the webhook").to_owned();
        let peer = Peer { name, sent, answer_bytes_max: ANSWER_BYTES_MAX, step: deadlines.step };
        let key = |key: &SigningKey| hmac::Key::new(hmac::HMAC_SHA256, key.expose());
        let keys = config.keys.iter().map(key).collect();
        Ok(Self { http, url, keys, auth: config.auth.clone(), peer, attempt: deadlines.attempt, clock })
    }

    async fn post(&self, attempt: &Attempt, until: Instant) -> Result<(), Fault> {
        let body = &attempt.delivery.content.body;
        if serde_json::from_str::<serde_json::Map<_, serde_json::Value>>(body).is_err() {
            return Err(Fault::Never("it was written for people, but this receiver is a program now".to_owned()));
        }
        let id = id(&attempt.delivery.key);
        let seconds = self.clock.now().timestamp();
        let request = self.http.post(self.url.clone()).body(body.clone());
        let request = request
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", signatures(&self.keys, &id, seconds, body));
        let answer = self.peer.ask(self.authenticated(request), until).await?;
        if answer.is_ok() { Ok(()) } else { Err(self.fault(&answer)) }
    }

    fn fault(&self, answer: &Answer) -> Fault {
        match answer.status {
            // By the standard: whoever says so wants no more.
            410 => Fault::Setup(format!("{} answers 410: it is gone, and wants no more notices", self.peer.name)),
            _ => self.peer.refusal(answer, &said(answer)),
        }
    }

    fn authenticated(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.auth {
            None => request,
            Some(HttpAuth::Bearer(token)) => request.bearer_auth(token.expose()),
            Some(HttpAuth::Basic(user, password)) => request.basic_auth(user, Some(password.expose())),
        }
    }
}

#[async_trait]
impl Channel for WebhookChannel {
    async fn send(&self, attempt: &Attempt) -> Outcome {
        // Each notice stands alone; that the state changed is in the next one.
        if attempt.delivery.lane == Lane::Put {
            return Outcome::Sent { remote_id: None };
        }
        match self.post(attempt, Instant::now() + self.attempt).await {
            Ok(()) => Outcome::Sent { remote_id: None },
            Err(fault) => fault.outcome(),
        }
    }

    // There is no question that a webhook must answer: only that somebody is there can be seen.
    async fn look(&self) -> Vec<Finding> {
        let request = self.authenticated(self.http.head(self.url.clone()));
        let found = self.peer.ask(request, Instant::now() + self.attempt).await;
        let there = shown(&self.url);
        vec![match found {
            Ok(answer) if matches!(answer.status, 401 | 403) => Finding::Wrong(format!(
                "{there} answers {}: it does not take our `authorization` or `basic_auth`, or wants one",
                answer.status
            )),
            Ok(answer) if (300..400).contains(&answer.status) => {
                Finding::Wrong(format!("{there} answers {}: it has moved; write where it is now", answer.status))
            }
            Ok(answer) => Finding::Well(format!(
                "{there} is there (it answers {} to HEAD); whether it takes a notice, only a notice shows",
                answer.status
            )),
            Err(fault) => Finding::Wrong(fault.because().to_owned()),
        }]
    }
}

/// The id of a delivery, the same on every attempt: its key, in signs that a header may hold. It has no full stop, which stands
/// between the parts of what is signed.
fn id(key: &str) -> String {
    key.bytes().fold(String::with_capacity(key.len()), |mut id, byte| {
        match byte {
            b'.' => id.push(':'),
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' => id.push(char::from(byte)),
            // Writing to a String cannot fail.
            other => drop(write!(id, "%{other:02X}")),
        }
        id
    })
}

fn signatures(keys: &[hmac::Key], id: &str, seconds: i64, body: &str) -> String {
    let signed = format!("{id}.{seconds}.{body}");
    let sign = |key| format!("v1,{}", STANDARD.encode(hmac::sign(key, signed.as_bytes())));
    keys.iter().map(sign).collect::<Vec<_>>().join(" ")
}

// Pages for people say nothing in one line.
fn said(answer: &Answer) -> String {
    let json = answer.json();
    let words = ["message", "error", "detail", "title"].iter().find_map(|name| json[name].as_str());
    let text = words.unwrap_or(if json.is_null() { &answer.text } else { "" });
    if text.trim_start().starts_with('<') { String::new() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example that the libraries of the standard check themselves by.
    #[test]
    fn signs_as_the_standard_says() {
        let key = |text: &str| hmac::Key::new(hmac::HMAC_SHA256, &STANDARD.decode(text).unwrap());
        let (one, other) = (key("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), key("C2FVsBQIhrscChlQIMV+b5sSYspob7oD"));
        let (id, seconds, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}");
        let first = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signatures(std::slice::from_ref(&one), id, seconds, body), first);
        let both = signatures(&[one, other], id, seconds, body);
        assert!(both.starts_with(&format!("{first} v1,")), "{both}");
    }

    #[test]
    fn an_id_is_told_from_every_other_and_has_no_full_stop() {
        assert_eq!(id("inc-42.declared.3.hook"), "inc-42:declared:3:hook");
        assert_eq!(id("inc-42.declared.3.a.b:ä%"), "inc-42:declared:3:a:b%3A%C3%A4%25");
    }
}
