//! Calls of Slack's Web API: one request each, bounded in time and size, and its answer or what went wrong.

use super::fault::{Answered, Fault};
use crate::channels::fault::Fault as Plain;
use crate::channels::peer::{lost, read};
use crate::config::{Secret, Sent, host_is_loopback};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Url};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

// What people call it.
const NAME: &str = "Slack";

/// Longest answer read, in bytes.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// Slack's Web API, or what a test puts in its place.
pub struct Api {
    http: Client,
    url: Url,
    authorization: HeaderValue,
    sent: Sent,
    step: Duration,
}

/// Whose token it is.
#[derive(Clone, Copy)]
pub enum Token<'a> {
    /// Of the bot, `xoxb-…`: it writes and reads.
    Bot(&'a Secret),
    /// Of the app, `xapp-…`: it opens sockets.
    App(&'a Secret),
}

/// An answer, and what its head says of the token.
pub struct Answer<A> {
    /// What was asked for.
    pub body: A,
    /// What the token may do, with commas; not every server says so.
    pub scopes: Option<String>,
}

#[derive(Deserialize)]
struct Head {
    ok: bool,
    error: Option<String>,
    needed: Option<String>,
}

impl Api {
    /// Checks address and token; connects nowhere. No call takes longer than `step`.
    pub fn new(api_url: &str, token: Token<'_>, http: Client, step: Duration) -> Result<Self, String> {
        let wrong = |because: &str| format!("api_url `{}`: {because}", api_url.escape_debug());
        let mut url: Url = api_url.parse().map_err(|_| wrong("not a URL"))?;
        let is_loopback = url.host_str().is_some_and(host_is_loopback);
        if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback) {
            return Err(wrong("the token would be sent without TLS"));
        }
        // So that a method's name is added to the path, not put in the place of its last part.
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        let (key, begins, token) = match token {
            Token::Bot(token) => ("bot_token", "xoxb", token.expose()),
            Token::App(token) => ("app_token", "xapp", token.expose()),
        };
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!("{key} is not a token: one word, mostly {begins}-…"));
        }
        let mut authorization = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_| format!("{key} can't be sent in a header"))?;
        authorization.set_sensitive(true);
        Ok(Self { http, url, authorization, sent: Sent::new([token]), step })
    }

    /// A method that changes something.
    pub async fn post<A: DeserializeOwned>(
        &self,
        method: &str,
        body: &impl Serialize,
        until: Instant,
    ) -> Result<A, Fault> {
        // With the charset: Slack warns about JSON that does not name it.
        let body = serde_json::to_vec(body).map_err(|error| Plain::Never(error.to_string()))?;
        let request = self.http.post(self.method(method)?).body(body);
        let request = request.header(CONTENT_TYPE, "application/json; charset=utf-8");
        Ok(self.call(request, until).await?.body)
    }

    /// A method that reads. Its arguments go as a form: in an address they would stand in the logs of every proxy, and not
    /// all methods that read take JSON.
    pub async fn read<A: DeserializeOwned>(
        &self,
        method: &str,
        arguments: &[(&str, &str)],
        until: Instant,
    ) -> Result<A, Fault> {
        Ok(self.ask(method, arguments, until).await?.body)
    }

    /// The same, with what the token may do.
    pub async fn ask<A: DeserializeOwned>(
        &self,
        method: &str,
        arguments: &[(&str, &str)],
        until: Instant,
    ) -> Result<Answer<A>, Fault> {
        let mut form = self.url.clone();
        form.query_pairs_mut().clear().extend_pairs(arguments);
        let body = form.query().unwrap_or_default().to_owned();
        let request = self.http.post(self.method(method)?).body(body);
        self.call(request.header(CONTENT_TYPE, "application/x-www-form-urlencoded"), until).await
    }

    /// Answers at an address that came with a request. It needs no token, and gets none.
    pub async fn answer(&self, address: &Url, body: &impl Serialize, until: Instant) -> Result<(), Fault> {
        if !self.is_slack(address) {
            return Err(Plain::Never("it asks for an answer somewhere else than at Slack".to_owned()).into());
        }
        let body = serde_json::to_vec(body).map_err(|error| Plain::Never(error.to_string()))?;
        let request = self.http.post(address.clone()).header(CONTENT_TYPE, "application/json; charset=utf-8");
        let until = until.min(Instant::now() + self.step);
        let late = |_| Plain::Unknown("Slack does not answer in time".into());
        let response = timeout_at(until, request.body(body).send()).await.map_err(late)?;
        let status = response.map_err(|error| lost(NAME, &self.sent, &error))?.status().as_u16();
        match status {
            200..300 => Ok(()),
            _ => Err(Answered { status, retry_after_seconds: None, error: None, needed: None }.fault()),
        }
    }

    /// Whether an address, of whatever protocol, is at the host of the Web API or below it: a request that claims to come
    /// from Slack must not make us call anybody else.
    pub fn is_slack(&self, address: &Url) -> bool {
        let (Some(ours), Some(theirs)) = (self.url.host_str(), address.host_str()) else { return false };
        let below = theirs.strip_suffix(ours).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        let safe = |scheme| matches!(scheme, "https" | "wss");
        // A test's servers are all on this machine, without TLS.
        let same_door = theirs == ours;
        if safe(self.url.scheme()) { below && safe(address.scheme()) && address.port().is_none() } else { same_door }
    }

    fn method(&self, method: &str) -> Result<Url, Fault> {
        self.url.join(method).map_err(|error| Plain::Setup(error.to_string()).into())
    }

    async fn call<A: DeserializeOwned>(&self, request: RequestBuilder, until: Instant) -> Result<Answer<A>, Fault> {
        let until = until.min(Instant::now() + self.step);
        let request = request.header(AUTHORIZATION, self.authorization.clone());
        let exchange = async {
            let response = request.send().await.map_err(|error| lost(NAME, &self.sent, &error))?;
            let status = response.status().as_u16();
            let retry_after = response.headers().get(RETRY_AFTER);
            let retry_after_seconds = retry_after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
            let scopes = response.headers().get("x-oauth-scopes").and_then(|value| value.to_str().ok());
            let scopes = scopes.map(str::to_owned);
            Ok::<_, Plain>((
                status,
                retry_after_seconds,
                scopes,
                read(NAME, &self.sent, response, ANSWER_BYTES_MAX).await?,
            ))
        };
        let late = |_| Plain::Unknown("Slack does not answer in time".into());
        let (status, retry_after_seconds, scopes, body) = timeout_at(until, exchange).await.map_err(late)??;
        let head: Option<Head> = serde_json::from_slice(&body).ok();
        if head.as_ref().is_some_and(|head| head.ok) && (200..300).contains(&status) {
            return serde_json::from_slice(&body)
                .map(|body| Answer { body, scopes })
                .map_err(|error| Plain::Unknown(format!("Slack's answer can't be read: {error}")).into());
        }
        let said = |word: Option<&String>| word.filter(|word| !word.is_empty()).map(|word| self.sent.hidden_in(word));
        let error = said(head.as_ref().filter(|head| !head.ok).and_then(|head| head.error.as_ref()));
        let needed = said(head.as_ref().and_then(|head| head.needed.as_ref()));
        let (error, needed) = (error.as_deref(), needed.as_deref());
        Err(Answered { status, retry_after_seconds, error, needed }.fault())
    }
}
