//! Etherpad's HTTP API: `POST /api/1.2.13/getText`, the one form that versions 1.8 to 3 take, with a key or a token of its
//! single sign-on.

use super::fault::Fault;
use super::socket::read;
use crate::config::{ApiAccess, Sent};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, RequestBuilder, Url};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

/// Present in every version, with all that we call.
const VERSION: &str = "1.2.13";

/// A token is asked for anew this long before it ends.
const TOKEN_SPARE: Duration = Duration::from_secs(60);

/// How long a token holds that does not say so.
const TOKEN_SECONDS: u64 = 600;

/// The API of one server.
pub struct Api {
    http: Client,
    base: Url,
    access: ApiAccess,
    sent: Sent,
    step: Duration,
    token: Mutex<Option<Token>>,
}

#[derive(Clone)]
struct Token {
    authorization: HeaderValue,
    until: Instant,
}

#[derive(Deserialize)]
struct Answer {
    code: i64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    data: Value,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: Option<u64>,
}

enum Said {
    Done(Value),
    NoPad,
    NoEntry,
}

impl Api {
    /// Connects nowhere. No call takes longer than `step`.
    pub fn new(access: &ApiAccess, http: Client, base: &Url, step: Duration) -> Self {
        let (base, sent) = (base.clone(), access.sent());
        Self { http, base, access: access.clone(), sent, step, token: Mutex::default() }
    }

    /// The text of a pad, if there is one.
    pub async fn text(&self, pad: &str, until: Instant) -> Result<Option<String>, Fault> {
        self.text_of("getText", &[("padID", pad)], until).await
    }

    /// The same as it was at a revision.
    pub async fn text_at(&self, pad: &str, revision: u64, until: Instant) -> Result<Option<String>, Fault> {
        self.text_of("getText", &[("padID", pad), ("rev", &revision.to_string())], until).await
    }

    async fn text_of(&self, name: &str, parameters: &[(&str, &str)], until: Instant) -> Result<Option<String>, Fault> {
        let Some(data) = self.call(name, parameters, until).await? else { return Ok(None) };
        let text = &data["text"];
        // 1.8 wraps that of a revision once more.
        let text = text.as_str().or_else(|| text["text"].as_str());
        text.map(|text| Some(text.to_owned())).ok_or_else(|| Fault::Down("the API shows no text".to_owned()))
    }

    /// Makes an empty pad.
    pub async fn create(&self, pad: &str, until: Instant) -> Result<(), Fault> {
        self.call("createPad", &[("padID", pad), ("text", "")], until).await.map(drop)
    }

    /// Puts this in the place of all of it.
    pub async fn set_text(&self, pad: &str, text: &str, until: Instant) -> Result<(), Fault> {
        self.call("setText", &[("padID", pad), ("text", text)], until).await.map(drop)
    }

    /// Adds these lines at the end.
    pub async fn append(&self, pad: &str, lines: &str, until: Instant) -> Result<(), Fault> {
        // Without a newline of its own it would go on in the last line.
        self.call("appendText", &[("padID", pad), ("text", &format!("\n{lines}"))], until).await.map(drop)
    }

    /// How often it was changed.
    pub async fn revisions(&self, pad: &str, until: Instant) -> Result<u64, Fault> {
        self.number("getRevisionsCount", pad, "revisions", until).await
    }

    /// How many are on it.
    pub async fn people(&self, pad: &str, until: Instant) -> Result<u64, Fault> {
        self.number("padUsersCount", pad, "padUsersCount", until).await
    }

    async fn number(&self, name: &str, pad: &str, field: &str, until: Instant) -> Result<u64, Fault> {
        let data = self.call(name, &[("padID", pad)], until).await?.unwrap_or_default();
        data[field].as_u64().ok_or_else(|| Fault::Down(format!("the API gives no {field}")))
    }

    /// Marks the pad as it is now.
    pub async fn save_revision(&self, pad: &str, until: Instant) -> Result<(), Fault> {
        self.call("saveRevision", &[("padID", pad)], until).await.map(drop)
    }

    /// Whether it lets us in.
    pub async fn check(&self, until: Instant) -> Result<(), Fault> {
        self.call("checkToken", &[], until).await.map(drop)
    }

    // None if there is no such pad.
    async fn call(&self, name: &str, parameters: &[(&str, &str)], until: Instant) -> Result<Option<Value>, Fault> {
        let until = until.min(Instant::now() + self.step);
        match self.try_call(name, parameters, until).await? {
            Said::Done(data) => return Ok(Some(data)),
            Said::NoPad => return Ok(None),
            Said::NoEntry => {}
        }
        // A server signs with a new pair of keys after every start: one more try, with a token of now.
        if self.token.lock().await.take().is_some() {
            match self.try_call(name, parameters, until).await? {
                Said::Done(data) => return Ok(Some(data)),
                Said::NoPad => return Ok(None),
                Said::NoEntry => {}
            }
        }
        Err(Fault::Refused("the API does not take our key: look at `etherpad.api_key`, or at its client".to_owned()))
    }

    async fn try_call(&self, name: &str, parameters: &[(&str, &str)], until: Instant) -> Result<Said, Fault> {
        let url = self.url(&format!("api/{VERSION}/{name}"))?;
        // In the body: in an address it would stand in logs, and JSON hangs in version 2.
        let request = match &self.access {
            ApiAccess::Key(key) => {
                let all: Vec<(&str, &str)> = parameters.iter().copied().chain([("apikey", key.expose())]).collect();
                self.form(url, &all)
            }
            ApiAccess::Client { id, secret } => {
                let token = self.token(id, secret.expose(), until).await?;
                self.form(url, parameters).header(AUTHORIZATION, token)
            }
        };
        let (status, body) = self.ask(request, until).await?;
        let Ok(answer) = serde_json::from_str::<Answer>(&body) else {
            return if status == 401 { Ok(Said::NoEntry) } else { Err(Fault::status(status, "API")) };
        };
        match (answer.code, status) {
            (0, _) => Ok(Said::Done(answer.data)),
            (4, _) | (_, 401) => Ok(Said::NoEntry),
            (1, _) if answer.message.contains("padID does not exist") => Ok(Said::NoPad),
            // Somebody was quicker.
            (1, _) if answer.message.contains("already exist") => Ok(Said::Done(Value::Null)),
            (1 | 3, _) => Err(Fault::Refused(format!("the API refuses {name}: {}", self.said(&answer.message)))),
            _ => Err(Fault::Down(format!("the API fails at {name}: {}", self.said(&answer.message)))),
        }
    }

    fn said(&self, message: &str) -> String {
        domain::text::clean_line(&self.sent.hidden_in(message), 200)
    }

    async fn token(&self, id: &str, secret: &str, until: Instant) -> Result<HeaderValue, Fault> {
        let mut kept = self.token.lock().await;
        if let Some(token) = kept.as_ref().filter(|token| token.until > Instant::now()) {
            return Ok(token.authorization.clone());
        }
        let resource = self.base.as_str().trim_end_matches('/').to_owned();
        let parameters = [
            ("grant_type", "client_credentials"),
            ("client_id", id),
            ("client_secret", secret),
            // Without it, version 2.5 says that the target is invalid.
            ("resource", &resource),
        ];
        let request = self.form(self.url("oidc/token")?, &parameters);
        let (status, body) = self.ask(request, until).await?;
        if status != 200 {
            let because = "the Etherpad gives its client no token: look at `etherpad.client_id` and its secret";
            let wrong = matches!(status, 400 | 401 | 403);
            return Err(if wrong {
                Fault::Refused(because.to_owned())
            } else {
                Fault::status(status, "token endpoint")
            });
        }
        let unreadable = || Fault::Down("the Etherpad's token can't be read".to_owned());
        let answer: TokenAnswer = serde_json::from_str(&body).map_err(|_| unreadable())?;
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {}", answer.access_token)).map_err(|_| unreadable())?;
        authorization.set_sensitive(true);
        let holds = Duration::from_secs(answer.expires_in.unwrap_or(TOKEN_SECONDS).min(86_400));
        let until = Instant::now() + holds.saturating_sub(TOKEN_SPARE);
        *kept = Some(Token { authorization: authorization.clone(), until });
        Ok(authorization)
    }

    fn url(&self, path: &str) -> Result<Url, Fault> {
        self.base.join(path).map_err(|error| Fault::Refused(error.to_string()))
    }

    fn form(&self, url: Url, parameters: &[(&str, &str)]) -> RequestBuilder {
        let mut form = url.clone();
        form.query_pairs_mut().clear().extend_pairs(parameters);
        let body = form.query().unwrap_or_default().to_owned();
        self.http.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)
    }

    async fn ask(&self, request: RequestBuilder, until: Instant) -> Result<(u16, String), Fault> {
        let exchange = async {
            let response = request.send().await.map_err(|error| Fault::lost(&error))?;
            let status = response.status().as_u16();
            Ok((status, read(response).await?))
        };
        timeout_at(until, exchange).await.map_err(|_| Fault::late())?
    }
}
