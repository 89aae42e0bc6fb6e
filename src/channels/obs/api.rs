//! Calls of an Open Build Service's API: one request each, bounded in time and size, and what it answers.

use super::fault::{Answered, Fault};
use super::{signature, xml};
use crate::channels::fault::Fault as Plain;
use crate::channels::peer::{lost, read};
use crate::clock::{Clock, SystemClock};
use crate::config::{ObsConfig, ObsProof, Sent};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::delivery::status::Status;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use reqwest::{Client, Method, Response, Url};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use xml::{Answer, Message};

// What people call it.
const NAME: &str = "the Open Build Service";

/// Longest answer read, in bytes: a page of the longest messages there can be.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Messages asked for at once, the newest first.
const LIST_ROWS: usize = 30;

/// An Open Build Service's API, or what a test puts in its place.
pub struct Api {
    http: Client,
    url: Url,
    user: String,
    proof: ObsProof,
    sent: Sent,
    step: Duration,
    // For whom signatures are made, once it was said.
    realm: Mutex<Option<String>>,
}

impl Api {
    /// Checks the address; connects nowhere. No call takes longer than `step`.
    pub fn new(config: &ObsConfig, http: Client, step: Duration) -> Result<Self, String> {
        let wrong = || format!("api_url `{}`: not a URL", config.api_url.escape_debug());
        let url: Url = format!("{}/", config.api_url).parse().map_err(|_| wrong())?;
        let sent = match &config.proof {
            ObsProof::Password(secret) => {
                Sent::new([secret.expose(), &format!("{}:{}", config.username, secret.expose())])
            }
            ObsProof::SshKey(_) => Sent::default(),
        };
        let (user, proof) = (config.username.clone(), config.proof.clone());
        Ok(Self { http, url, user, proof, sent, step, realm: Mutex::default() })
    }

    /// Who we are there.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Where it is, in words.
    pub fn place(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// A new message; its number, where the server says it.
    pub async fn create(&self, status: &Status, until: Instant) -> Result<Option<u64>, Fault> {
        let answered = self.call(Method::POST, "status/messages", Some(xml::request(status)), until).await?;
        match answered.answer {
            Answer::Messages(messages) => Ok(messages.first().map(|message| message.id)),
            // Before 2.11.
            Answer::Status { .. } | Answer::Other => Ok(None),
        }
    }

    /// Other words for a message. [`Fault::Gone`] also where the server knows no way to change one.
    pub async fn replace(&self, id: u64, status: &Status, until: Instant) -> Result<(), Fault> {
        self.call(Method::PUT, &format!("status/messages/{id}"), Some(xml::request(status)), until).await.map(drop)
    }

    /// Takes a message away; one that is away already is no fault.
    pub async fn delete(&self, id: u64, until: Instant) -> Result<(), Fault> {
        match self.call(Method::DELETE, &format!("status/messages/{id}"), None, until).await {
            Ok(_) | Err(Fault::Gone(_)) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// The newest messages.
    pub async fn list(&self, until: Instant) -> Result<Vec<Message>, Fault> {
        let path = format!("status/messages?limit={LIST_ROWS}");
        let answered = self.call(Method::GET, &path, None, until).await?;
        match answered.answer {
            Answer::Messages(messages) => Ok(messages),
            Answer::Status { .. } | Answer::Other => {
                Err(Plain::Unknown("the Open Build Service lists no status messages".to_owned()).into())
            }
        }
    }

    async fn call(&self, method: Method, path: &str, body: Option<String>, until: Instant) -> Result<Answered, Fault> {
        let until = until.min(Instant::now() + self.step);
        let late = |_| Plain::Unknown(format!("{NAME} does not answer in time"));
        let exchange = async {
            let realm = self.realm.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let response = self.send(&method, path, body.clone(), realm.as_deref()).await?;
            let Some(asked) = asked_realm(&response).filter(|asked| realm.as_ref() != Some(asked)) else {
                return self.read(response).await;
            };
            // A request that nobody proved was not done.
            *self.realm.lock().unwrap_or_else(PoisonError::into_inner) = Some(asked.clone());
            if matches!(self.proof, ObsProof::Password(_)) {
                return self.read(response).await;
            }
            let response = self.send(&method, path, body.clone(), Some(&asked)).await?;
            self.read(response).await
        };
        let answered = timeout_at(until, exchange).await.map_err(late)??;
        if answered.is_done() { Ok(answered) } else { Err(answered.fault()) }
    }

    async fn send(
        &self,
        method: &Method,
        path: &str,
        body: Option<String>,
        realm: Option<&str>,
    ) -> Result<Response, Fault> {
        let url = self.url.join(path).map_err(|error| Plain::Setup(error.to_string()))?;
        // Asked for anything else, it answers 404, or does what it should and says 500.
        let mut request = self.http.request(method.clone(), url).header(ACCEPT, "application/xml");
        if let Some(proof) = self.authorization(realm).await? {
            request = request.header(AUTHORIZATION, proof);
        }
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/xml; charset=utf-8").body(body);
        }
        Ok(request.send().await.map_err(|error| lost(NAME, &self.sent, &error))?)
    }

    async fn authorization(&self, realm: Option<&str>) -> Result<Option<HeaderValue>, Fault> {
        let proof = match (&self.proof, realm) {
            (ObsProof::Password(password), _) => {
                format!("Basic {}", STANDARD.encode(format!("{}:{}", self.user, password.expose())))
            }
            (ObsProof::SshKey(_), None) => return Ok(None),
            (ObsProof::SshKey(key), Some(realm)) => {
                let signed = signature::authorization(&self.user, key, realm, SystemClock.now()).await;
                signed.map_err(Plain::Setup)?
            }
        };
        let mut value = HeaderValue::from_str(&proof)
            .map_err(|_| Plain::Setup("user or password can't be sent in a header".to_owned()))?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    async fn read(&self, response: Response) -> Result<Answered, Fault> {
        let status = response.status().as_u16();
        let retry_after = response.headers().get(RETRY_AFTER);
        let retry_after_seconds = retry_after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let body = read(NAME, &self.sent, response, ANSWER_BYTES_MAX).await?;
        let answer = match xml::read(&String::from_utf8_lossy(&body)) {
            Answer::Status { code, summary } => {
                Answer::Status { code: self.sent.hidden_in(&code), summary: self.sent.hidden_in(&summary) }
            }
            other => other,
        };
        Ok(Answered { status, retry_after_seconds, answer })
    }
}

fn asked_realm(response: &Response) -> Option<String> {
    if response.status().as_u16() != 401 {
        return None;
    }
    let challenges = response.headers().get_all(WWW_AUTHENTICATE).into_iter();
    challenges.filter_map(|challenge| challenge.to_str().ok()).find_map(signature::realm)
}
