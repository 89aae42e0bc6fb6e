//! Status messages of an Open Build Service: one per incident, always with its newest words, found again by the address of
//! the incident's page.

mod api;
mod fault;
mod signature;
mod xml;

use super::fault::Fault as Plain;
use super::{Attempt, Channel, Deadlines, Finding};
use crate::config::ObsConfig;
use api::Api;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::delivery::status::{Status, StatusAct};
use domain::delivery::{Lane, Outcome};
use fault::Fault;
use std::time::Duration;
use tokio::time::Instant;
use tracing::warn;
use xml::Message;

/// How far its clock may be from ours.
const SKEW: TimeDelta = TimeDelta::hours(1);

/// Most messages of ours that are taken away at once; there is one, and a second while it is replaced.
const DELETED_MAX: usize = 10;

/// Tells people on an Open Build Service.
pub struct ObsChannel {
    api: Api,
    attempt: Duration,
}

impl ObsChannel {
    /// Checks the address; connects nowhere.
    pub fn new(config: &ObsConfig, http: reqwest::Client, deadlines: Deadlines) -> Result<Self, String> {
        Ok(Self { api: Api::new(config, http, deadlines.step)?, attempt: deadlines.attempt })
    }

    async fn tell(&self, attempt: &Attempt, status: &Status, until: Instant) -> Result<Option<u64>, Fault> {
        match (status.act, attempt.delivery.lane) {
            (StatusAct::Withdraw, _) => self.withdraw(attempt, status, until).await.map(|()| None),
            (StatusAct::Show, Lane::Root) => self.begin(attempt, status, until).await,
            (StatusAct::Show, _) => self.go_on(attempt, status, until).await,
        }
    }

    // The first words. What an attempt without an answer left is taken for ours, and not said twice.
    async fn begin(&self, attempt: &Attempt, status: &Status, until: Instant) -> Result<Option<u64>, Fault> {
        let since = attempt.first_attempt_at - SKEW;
        if attempt.unsure {
            let found = newest(self.ours(status, until).await?, since);
            if let Some(message) = found {
                return Ok(Some(message.id));
            }
        }
        match self.api.create(status, until).await? {
            Some(id) => Ok(Some(id)),
            None => self.number_of(attempt, status, since, until).await,
        }
    }

    // Before 2.11 it does not say which number a new message has.
    async fn number_of(
        &self,
        attempt: &Attempt,
        status: &Status,
        since: DateTime<Utc>,
        until: Instant,
    ) -> Result<Option<u64>, Fault> {
        let ours = self.ours(status, until).await.map_err(|fault| Plain::Unknown(fault.because().to_owned()))?;
        let found = newest(ours, since).map(|message| message.id);
        if found.is_none() {
            let (incident, receiver) = (attempt.delivery.incident, &attempt.delivery.receiver);
            warn!(incident.id = %incident, receiver, "{incident}: {receiver} took the message, but does not list it");
        }
        Ok(found)
    }

    // Other words. Where a message can't be changed (before 2.11), or is gone, a new one comes and the old one goes; in this
    // order, so that there is always one. Repeated at any point, it ends the same.
    async fn go_on(&self, attempt: &Attempt, status: &Status, until: Instant) -> Result<Option<u64>, Fault> {
        let first = thread(attempt);
        if let Some(id) = first {
            match self.api.replace(id, status, until).await {
                Err(Fault::Gone(_)) => {}
                done => return done.map(|()| Some(id)),
            }
        }
        let ours = self.ours(status, until).await?;
        let newest = ours.iter().max_by_key(|message| message.id);
        let stands = newest.filter(|message| says(message, status)).map(|message| message.id);
        let id = match stands {
            Some(id) => Some(id),
            None => self.api.create(status, until).await?,
        };
        let others = ours.iter().map(|message| message.id).chain(first);
        self.delete_all(others.filter(|other| Some(*other) != id), until).await?;
        Ok(id)
    }

    async fn withdraw(&self, attempt: &Attempt, status: &Status, until: Instant) -> Result<(), Fault> {
        let ours = self.ours(status, until).await?;
        self.delete_all(ours.iter().map(|message| message.id).chain(thread(attempt)), until).await
    }

    async fn delete_all(&self, ids: impl Iterator<Item = u64>, until: Instant) -> Result<(), Fault> {
        let mut ids: Vec<u64> = ids.collect();
        ids.sort_unstable();
        ids.dedup();
        for id in ids.into_iter().take(DELETED_MAX) {
            self.api.delete(id, until).await?;
        }
        Ok(())
    }

    // Messages about this incident that we wrote; what others say about it is theirs.
    async fn ours(&self, status: &Status, until: Instant) -> Result<Vec<Message>, Fault> {
        let mut messages = self.api.list(until).await?;
        messages.retain(|message| message.user == self.api.user() && has_mark(&message.text, &status.mark));
        Ok(messages)
    }
}

#[async_trait]
impl Channel for ObsChannel {
    async fn send(&self, attempt: &Attempt) -> Outcome {
        let status = match Status::read(&attempt.delivery.content) {
            Ok(_) if attempt.delivery.to.is_some() => {
                return Outcome::Fatal { because: "a status message reaches nobody in person".to_owned() };
            }
            Ok(status) => status,
            Err(because) => return Outcome::Fatal { because },
        };
        match self.tell(attempt, &status, Instant::now() + self.attempt).await {
            Ok(id) => Outcome::Sent { remote_id: id.map(|id| id.to_string()) },
            Err(fault) => fault.outcome(),
        }
    }

    async fn look(&self) -> Vec<Finding> {
        let (user, place) = (self.api.user(), self.api.place());
        match self.api.list(Instant::now() + self.attempt).await {
            Ok(_) => vec![Finding::Well(format!(
                "logged in at {place} as {user}, and read its status messages; to write some, {user} needs the role Staff \
                 there, before 2.11 Admin"
            ))],
            Err(Fault::Gone(because)) => vec![Finding::Wrong(format!(
                "{place}: {because}; `api_url` is the address of its API, like https://api.opensuse.org"
            ))],
            Err(fault) => vec![Finding::Wrong(format!("{place}: {}", fault.because()))],
        }
    }
}

fn thread(attempt: &Attempt) -> Option<u64> {
    attempt.thread.as_ref()?.parse().ok()
}

// Numbers are in order, times are not: two messages of one second are listed in any.
fn newest(ours: Vec<Message>, since: DateTime<Utc>) -> Option<Message> {
    let recent = |message: &Message| message.created_at.is_none_or(|at| at >= since);
    ours.into_iter().filter(recent).max_by_key(|message| message.id)
}

// `…/incidents/4` is not `…/incidents/42`.
fn has_mark(text: &str, mark: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '/' | '-' | '_');
    text.match_indices(mark).any(|(at, _)| !text[at + mark.len()..].starts_with(goes_on))
}

fn says(message: &Message, status: &Status) -> bool {
    message.text.split_whitespace().eq(status.text.split_whitespace())
        && message.severity == status.severity.word()
        && message.scope == status.scope.word()
}

#[cfg(test)]
mod tests {
    use super::has_mark;

    #[test]
    fn a_mark_is_no_part_of_a_longer_one() {
        let mark = "https://bell.example.org/incidents/4";
        for (text, found) in [
            ("Follow it here: <https://bell.example.org/incidents/4>", true),
            ("https://bell.example.org/incidents/42, https://bell.example.org/incidents/4.", true),
            ("https://bell.example.org/incidents/42", false),
            ("https://bell.example.org/incidents/4/postmortem", false),
            ("", false),
        ] {
            assert_eq!(has_mark(text, mark), found, "{text}");
        }
    }
}
