//! One Alertmanager of a cluster, asked over its API v2.

use crate::app::wire::{WireError, poll as listing};
use crate::config::{HttpAuth, Sent, Source};
use chrono::{DateTime, TimeDelta, Utc};
use domain::alert::reconcile::{Absence, ListedAlert};
use reqwest::header::{CONNECTION, DATE, LOCATION};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Longest a replica may take for one answer.
pub const ANSWER_SECONDS_MAX: u64 = 10;

/// Longest answer that is read: about 100,000 alerts.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// One Alertmanager.
pub struct Replica {
    url: String,
    receiver: Option<String>,
    auth: Option<HttpAuth>,
    sent: Sent,
    client: reqwest::Client,
    /// Longest an answer may take.
    pub answer_within: Duration,
}

/// What it answered.
#[derive(Debug)]
pub struct Answer {
    /// Everything it lists.
    pub alerts: Vec<ListedAlert>,
    /// What it means that it leaves an alert out.
    pub absence: Absence,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// Nobody there, or not in time.
    #[error("{url}: {}", causes(.error))]
    Unreachable {
        /// Who was asked.
        url: String,
        /// What went wrong.
        error: reqwest::Error,
    },
    /// It said something else.
    #[error("{url} answered {status}{hint}")]
    Refused {
        /// Who was asked.
        url: String,
        /// What it said.
        status: reqwest::StatusCode,
        /// What to do about it.
        hint: String,
    },
    /// It took longer than [`ANSWER_SECONDS_MAX`].
    #[error("{url} did not answer within {seconds}s")]
    Late {
        /// Who was asked.
        url: String,
        /// The limit.
        seconds: u64,
    },
    /// It said more than [`ANSWER_BYTES_MAX`].
    #[error("{url} answered more than {ANSWER_BYTES_MAX} bytes")]
    TooLong {
        /// Who was asked.
        url: String,
    },
    /// Its configuration does not know us; an empty list would mean nothing.
    #[error("{url} has no receiver `{receiver}`; check `receiver` of the source")]
    NoReceiver {
        /// Who was asked.
        url: String,
        /// What was looked for.
        receiver: String,
    },
    /// It is no Alertmanager, or a very different one.
    #[error("the answer of {url} is none of an Alertmanager: {error}")]
    Unreadable {
        /// Who was asked.
        url: String,
        /// What is wrong with it.
        error: WireError,
    },
}

#[derive(Deserialize)]
struct Status {
    cluster: Cluster,
    // Since when, not how long.
    uptime: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Cluster {
    status: String,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

struct Page {
    body: Vec<u8>,
    // The other side's clock.
    date: Option<DateTime<Utc>>,
}

impl Replica {
    /// The Alertmanager at this address, of this source.
    pub fn new(url: &str, source: &Source, client: reqwest::Client) -> Self {
        let url = url.trim_end_matches('/').to_owned();
        let (receiver, auth) = (source.receiver.clone(), source.auth.clone());
        let sent = auth.as_ref().map(HttpAuth::sent).unwrap_or_default();
        Self { url, receiver, auth, sent, client, answer_within: Duration::from_secs(ANSWER_SECONDS_MAX) }
    }

    /// Asks what it lists, and whether it has been up for long enough (`settle`) to list everything.
    pub async fn ask(&self, now: DateTime<Utc>, settle: TimeDelta) -> Result<Answer, Unanswered> {
        // The status comes second: a restart between the two questions shows in it.
        let listed = self.page("/api/v2/alerts").await?;
        let mut alerts = listing::listed(&listed.body).map_err(|error| self.unreadable(error))?;
        if let Some(receiver) = &self.receiver {
            self.expect_receiver(receiver).await?;
            alerts.retain(|alert| alert.receivers.contains(receiver));
        }
        let page = self.page("/api/v2/status").await?;
        let status: Status = self.parse("status", &page)?;
        // Both times by the clock of the other side: ours may differ by more than `settle`.
        let up_for = page.date.unwrap_or(now) - status.uptime;
        let absence = if status.cluster.status != "settling" && up_for > settle {
            Absence::IsGone
        } else {
            Absence::ProvesNothing
        };
        Ok(Answer { alerts, absence })
    }

    // A misspelled name lists nothing, and would resolve everything.
    async fn expect_receiver(&self, receiver: &str) -> Result<(), Unanswered> {
        let page = self.page("/api/v2/receivers").await?;
        let known: Vec<Named> = self.parse("receivers", &page)?;
        if known.iter().any(|known| known.name == receiver) {
            return Ok(());
        }
        Err(Unanswered::NoReceiver { url: self.url.clone(), receiver: receiver.to_owned() })
    }

    fn parse<T: DeserializeOwned>(&self, what: &str, page: &Page) -> Result<T, Unanswered> {
        serde_json::from_slice(&page.body)
            .map_err(|error| self.unreadable(WireError::Shape(format!("its {what}: {error}"))))
    }

    async fn page(&self, path: &str) -> Result<Page, Unanswered> {
        let limit = self.answer_within;
        let late = |_| Unanswered::Late { url: self.url.clone(), seconds: limit.as_secs() };
        tokio::time::timeout(limit, self.read(path)).await.map_err(late)?
    }

    async fn read(&self, path: &str) -> Result<Page, Unanswered> {
        let unreachable = |error: reqwest::Error| Unanswered::Unreachable {
            url: self.url.clone(),
            // The address stands before it, without the path and query of each question.
            error: error.without_url(),
        };
        let request = self.client.get(format!("{}{path}", self.url)).timeout(self.answer_within);
        // A connection kept until the next poll is one that a restart has broken meanwhile.
        let request = request.header(CONNECTION, "close");
        let request = match &self.auth {
            Some(HttpAuth::Bearer(token)) => request.bearer_auth(token.expose()),
            Some(HttpAuth::Basic(user, password)) => request.basic_auth(user, Some(password.expose())),
            None => request,
        };
        let mut response = request.send().await.map_err(unreachable)?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(self.refused(&response));
        }
        let date = response.headers().get(DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok()).map(|date| date.to_utc());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(Unanswered::TooLong { url: self.url.clone() });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Page { body, date })
    }

    fn refused(&self, response: &reqwest::Response) -> Unanswered {
        let status = response.status();
        let hint = match status.as_u16() {
            401 | 403 => "; check `authorization` or `basic_auth` of the source".to_owned(),
            404 => "; is a path prefix missing?".to_owned(),
            300..=399 => {
                let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or("somewhere else");
                format!(" to {}; redirects are not followed", self.sent.hidden_in(to))
            }
            _ => String::new(),
        };
        Unanswered::Refused { url: self.url.clone(), status, hint }
    }

    fn unreadable(&self, error: WireError) -> Unanswered {
        let error = match error {
            WireError::NotJson(text) => WireError::NotJson(self.sent.hidden_in(&text)),
            WireError::Shape(text) => WireError::Shape(self.sent.hidden_in(&text)),
        };
        Unanswered::Unreadable { url: self.url.clone(), error }
    }
}

// reqwest's own text stops at "error sending request"; the reason is further down.
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
