//! What a provider publishes and answers: where its pages are, its keys, and an ID token for a code.

use super::jwt::{Claims, Expected, Refused, verify};
use super::keys::{self, PublicKey};
use crate::config::{Oidc, Sent, host_is_loopback};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{RequestBuilder, Url};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// How long what it publishes is believed without asking again.
pub const KEPT: TimeDelta = TimeDelta::hours(1);

/// An unknown key is asked for at most this often: whoever makes up names of keys must not make us ask.
pub const ASKED_AGAIN_AFTER: TimeDelta = TimeDelta::minutes(1);

/// How long one that does not answer is left alone: everybody who wants to sign in would wait for it, one after another.
const FAILED_KEPT: TimeDelta = TimeDelta::seconds(10);

/// Longest answer, in bytes.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// Longest that an answer may take.
const ANSWER_WAIT: Duration = Duration::from_secs(10);

/// Why nobody can be signed in there.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// No answer, or none that we understand.
    #[error("the identity provider {0}")]
    Failed(String),
    /// It refuses the code.
    #[error("the identity provider refuses the sign-in: {0}")]
    Denied(String),
    /// Its ID token is not believed.
    #[error(transparent)]
    Token(#[from] Refused),
}

/// What is known of the provider.
pub struct Provider {
    client: reqwest::Client,
    // Held while it is asked: however many sign in, it is asked once.
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    known: Option<Arc<Known>>,
    // That it did not answer, and when.
    failed: Option<(Oidc, DateTime<Utc>, String)>,
}

/// Where its pages are, and its keys.
#[derive(Debug, Clone)]
pub struct Known {
    config: Oidc,
    /// Where people sign in.
    pub authorization: Url,
    token: Url,
    jwks: Url,
    secret_in_body: bool,
    keys: Vec<PublicKey>,
    asked_at: DateTime<Utc>,
    keys_at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Answer {
    id_token: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// A code to take an ID token for.
#[derive(Debug, Clone, Copy)]
pub struct Code<'a> {
    /// As the browser brought it.
    pub code: &'a str,
    /// What PKCE asks for.
    pub verifier: &'a str,
    /// Where the browser was sent.
    pub redirect_uri: &'a str,
    /// What the ID token must say.
    pub nonce: &'a str,
}

impl Provider {
    /// Asked with this client; nothing is asked yet.
    pub fn new(client: reqwest::Client) -> Self {
        Self { client, kept: Mutex::default() }
    }

    /// What is known of it, asked for if need be. If it does not answer now, what it said before holds.
    ///
    /// # Errors
    /// It never said anything, or something that can't be.
    pub async fn known(&self, config: &Oidc, now: DateTime<Utc>) -> Result<Arc<Known>, ProviderError> {
        let mut kept = self.kept.lock().await;
        let before = kept.known.as_ref().filter(|known| known.config == *config).cloned();
        if let Some(known) = before.as_ref().filter(|known| now - known.asked_at < KEPT) {
            return Ok(known.clone());
        }
        if let Some((_, _, said)) = kept.failed.as_ref().filter(|(of, at, _)| of == config && now - *at < FAILED_KEPT) {
            return Err(ProviderError::Failed(said.clone()));
        }
        let fresh = match (self.ask(config, now).await, before) {
            (Ok(fresh), _) => fresh,
            (Err(error), Some(before)) => {
                tracing::warn!("{error}; what it said before holds");
                // Not at every sign-in of an outage.
                Known { asked_at: now - KEPT + ASKED_AGAIN_AFTER, ..Known::clone(&before) }
            }
            (Err(error), None) => {
                if let ProviderError::Failed(said) = &error {
                    kept.failed = Some((config.clone(), now, said.clone()));
                }
                return Err(error);
            }
        };
        kept.failed = None;
        Ok(kept.known.insert(Arc::new(fresh)).clone())
    }

    /// Takes an ID token for a code, and believes it or not.
    ///
    /// # Errors
    /// The provider does not answer, refuses the code, or its token is not believed.
    pub async fn redeem(&self, config: &Oidc, code: Code<'_>, now: DateTime<Utc>) -> Result<Claims, ProviderError> {
        let known = self.known(config, now).await?;
        let token = self.token(&known, code).await?;
        let expected = Expected { issuer: &config.issuer, client_id: &config.client_id, nonce: code.nonce, now };
        match verify(&token, &known.keys, &expected) {
            Err(Refused::UnknownKey) => {
                let keys = self.keys_again(config, now).await?;
                Ok(verify(&token, &keys, &expected)?)
            }
            verdict => Ok(verdict?),
        }
    }

    async fn ask(&self, config: &Oidc, now: DateTime<Utc>) -> Result<Known, ProviderError> {
        let url = format!("{}/.well-known/openid-configuration", config.issuer.trim_end_matches('/'));
        let answer = self.answer(self.client.get(url)).await?.1;
        let found: Discovery = serde_json::from_slice(&answer)
            .map_err(|error| ProviderError::Failed(format!("describes itself in a way we can't read: {error}")))?;
        if found.issuer != config.issuer {
            let text = format!("calls itself {}; write that as `access.oidc.issuer`", clean(&found.issuer));
            return Err(ProviderError::Failed(text));
        }
        let jwks = endpoint(config, &found.jwks_uri)?;
        let keys = self.keys(&jwks).await?;
        let methods = found.token_endpoint_auth_methods_supported.unwrap_or_default();
        let takes = |method: &str| methods.iter().any(|known| known == method);
        Ok(Known {
            config: config.clone(),
            authorization: endpoint(config, &found.authorization_endpoint)?,
            token: endpoint(config, &found.token_endpoint)?,
            jwks,
            // What the standard assumes if nothing is said is Basic.
            secret_in_body: takes("client_secret_post") && !takes("client_secret_basic"),
            keys,
            asked_at: now,
            keys_at: now,
        })
    }

    // A key may have been changed since; asked for at most once a minute.
    async fn keys_again(&self, config: &Oidc, now: DateTime<Utc>) -> Result<Vec<PublicKey>, ProviderError> {
        let mut kept = self.kept.lock().await;
        let Some(known) = kept.known.as_ref().filter(|known| known.config == *config).cloned() else {
            return Err(Refused::UnknownKey.into());
        };
        if now - known.keys_at < ASKED_AGAIN_AFTER {
            return Ok(known.keys.clone());
        }
        let keys = self.keys(&known.jwks).await?;
        kept.known = Some(Arc::new(Known { keys: keys.clone(), keys_at: now, ..Known::clone(&known) }));
        Ok(keys)
    }

    async fn keys(&self, url: &Url) -> Result<Vec<PublicKey>, ProviderError> {
        let answer = self.answer(self.client.get(url.clone())).await?.1;
        keys::read(&answer).map_err(|problem| ProviderError::Failed(format!("is not understood: {problem}")))
    }

    async fn token(&self, known: &Known, code: Code<'_>) -> Result<String, ProviderError> {
        let config = &known.config;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.code),
            ("redirect_uri", code.redirect_uri),
            ("code_verifier", code.verifier),
        ];
        let mut request = self.client.post(known.token.clone());
        let secret = config.client_secret.as_ref().map(|secret| secret.expose()).unwrap_or_default();
        let pair = format!("{}:{}", encoded(&config.client_id), encoded(secret));
        let sent = Sent::new([secret, &encoded(secret), &pair, code.code, code.verifier]);
        match &config.client_secret {
            Some(secret) if known.secret_in_body => {
                form.extend([("client_id", config.client_id.as_str()), ("client_secret", secret.expose())]);
            }
            // RFC 6749, 2.3.1: each is encoded as in a form before they are put together.
            Some(_) => {
                request = request.header("Authorization", format!("Basic {}", BASE64_STANDARD.encode(pair)));
            }
            None => form.push(("client_id", &config.client_id)),
        }
        let body = pairs(&form);
        let request = request.header("Content-Type", "application/x-www-form-urlencoded").body(body);
        let (status, answer) = self.answered(request).await?;
        let answer: Answer = serde_json::from_slice(&answer)
            .map_err(|_| ProviderError::Failed(format!("answered {status}, and nothing that we can read")))?;
        match (answer.id_token, answer.error) {
            (Some(token), None) if status == 200 => Ok(token),
            (_, Some(error)) => {
                let said = answer.error_description.map(|said| format!(": {said}")).unwrap_or_default();
                Err(ProviderError::Denied(clean(&sent.hidden_in(&format!("{error}{said}")))))
            }
            _ => {
                Err(ProviderError::Failed(format!("answered {status} without an ID token; is `openid` in the scopes?")))
            }
        }
    }

    async fn answer(&self, request: RequestBuilder) -> Result<(u16, Vec<u8>), ProviderError> {
        match self.answered(request).await? {
            (200, bytes) => Ok((200, bytes)),
            (status, _) => Err(ProviderError::Failed(format!("answered {status}"))),
        }
    }

    async fn answered(&self, request: RequestBuilder) -> Result<(u16, Vec<u8>), ProviderError> {
        let failed = |error: reqwest::Error| ProviderError::Failed(format!("does not answer: {}", reason(&error)));
        let request = request.timeout(ANSWER_WAIT).header("Accept", "application/json");
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status().as_u16();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > ANSWER_BYTES_MAX {
                return Err(ProviderError::Failed(format!("answered more than {ANSWER_BYTES_MAX} bytes")));
            }
        }
        Ok((status, bytes))
    }
}

// What it names must be as safe as itself: https, unless all of it is on this machine.
fn endpoint(config: &Oidc, text: &str) -> Result<Url, ProviderError> {
    let wrong = || ProviderError::Failed(format!("names an address that we don't go to: {}", clean(text)));
    let url = Url::parse(text).map_err(|_| wrong())?;
    let here = |url: &str| {
        url.strip_prefix("http://").is_some_and(|rest| host_is_loopback(rest.split('/').next().unwrap_or("")))
    };
    if url.scheme() == "https" || (here(text) && here(&config.issuer)) { Ok(url) } else { Err(wrong()) }
}

/// A form, or the query of an address.
pub fn pairs(pairs: &[(&str, &str)]) -> String {
    pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect::<Vec<_>>().join("&")
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encode = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(encode).collect()
}

// Without the address: a code or a secret may stand in it.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it took too long".to_owned();
    }
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    clean(&deepest.to_string())
}

fn clean(text: &str) -> String {
    domain::text::clean_line(text, 200)
}
