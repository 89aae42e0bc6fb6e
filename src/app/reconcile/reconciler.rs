//! One source: asks its replicas, compares with what is stored, appends the differences.

use super::Shared;
use super::replica::{Answer, Replica, Unanswered};
use crate::app::wire::poll as listing;
use crate::config::Source;
use crate::store::{InputKind, StoreError};
use chrono::{DateTime, TimeDelta, Utc};
use domain::alert::reconcile::{Absence, Listing, Poll, diff, union};
use domain::alert::{Fingerprint, SourceName};
use futures_util::future::join_all;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Reconciles one source.
pub struct Reconciler {
    shared: Arc<Shared>,
    source: SourceName,
    replicas: Vec<Replica>,
    settle: TimeDelta,
    refresh: TimeDelta,
    // Left out by the poll before; in memory only, so a restart asks twice again.
    missed: BTreeSet<Fingerprint>,
}

/// How one round went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Polled {
    /// Which source.
    pub source: SourceName,
    /// When it was asked.
    pub at: DateTime<Utc>,
    /// How many replicas there are.
    pub asked: usize,
    /// How many of them answered.
    pub answered: usize,
    /// What differed and was appended.
    pub differences: Differences,
    /// What went wrong, one text per replica.
    pub errors: Vec<String>,
}

/// How many alerts differed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Differences {
    /// They fire.
    pub active: usize,
    /// They fire, muted.
    pub muted: usize,
    /// They are not listed any more.
    pub gone: usize,
}

impl Polled {
    /// Whether the source could be reconciled: `Ok` when at least one replica answered and what differed was stored.
    pub fn result(&self) -> Result<(), String> {
        if self.answered > 0 { Ok(()) } else { Err(self.errors.join("; ")) }
    }
}

impl Reconciler {
    /// For this source; what it lists unchanged is named again to the engine often enough not to go stale after
    /// `alert_timeout`.
    pub fn new(shared: Arc<Shared>, source: &Source, alert_timeout: TimeDelta) -> Self {
        let replica = |url: &String| Replica::new(url, source, shared.client.clone());
        Self {
            source: SourceName::from(source.name.as_str()),
            replicas: source.alertmanagers.iter().map(replica).collect(),
            settle: source.settle,
            refresh: alert_timeout / 4,
            missed: BTreeSet::new(),
            shared,
        }
    }

    /// Believes an absence from a replica that is up for longer than this.
    pub fn trust_after(&mut self, settle: TimeDelta) {
        self.settle = settle;
    }

    /// Its replicas; for tests that do not want to wait.
    pub fn replicas_mut(&mut self) -> &mut [Replica] {
        &mut self.replicas
    }

    /// Asks all replicas once.
    pub async fn step(&mut self) -> Polled {
        let at = self.shared.clock.now();
        let answers = join_all(self.replicas.iter().map(|replica| replica.ask(at, self.settle))).await;
        let (answers, errors) = split(answers);
        let mut polled = Polled {
            source: self.source.clone(),
            at,
            asked: self.replicas.len(),
            answered: answers.len(),
            differences: Differences::default(),
            errors,
        };
        if answers.is_empty() {
            // What nobody was asked about was not missed twice in a row.
            self.missed.clear();
            return polled;
        }
        match self.compare(at, answers).await {
            Ok(differences) => polled.differences = differences,
            Err(error) => {
                polled.answered = 0;
                polled.errors.push(format!("what {} lists could not be compared: {error}", self.source));
            }
        }
        polled
    }

    async fn compare(&mut self, as_of: DateTime<Utc>, answers: Vec<Answer>) -> Result<Differences, StoreError> {
        let sure = answers.iter().all(|answer| answer.absence == Absence::IsGone);
        let alerts = union(answers.into_iter().map(|answer| answer.alerts).collect());
        let listing = Listing {
            source: &self.source,
            as_of,
            alerts: &alerts,
            absence: if sure { Absence::IsGone } else { Absence::ProvesNothing },
            refresh_before: as_of - self.refresh,
        };
        let known = self.shared.store.open_alerts(&self.source.0).await?;
        let Some(poll) = diff(&listing, &known) else {
            self.missed.clear();
            return Ok(Differences::default());
        };
        let Some(poll) = self.missed_twice(poll) else { return Ok(Differences::default()) };
        let differences = Differences { active: poll.active.len(), muted: poll.muted.len(), gone: poll.gone.len() };
        self.shared.inbox.append(InputKind::Poll, &self.source.0, listing::poll_body(&poll)).await?;
        Ok(differences)
    }

    // One listing may have been taken between two posts of a Prometheus that is slow, or by an Alertmanager that was just
    // reloaded; what two in a row leave out is gone.
    fn missed_twice(&mut self, mut poll: Poll) -> Option<Poll> {
        let missed: BTreeSet<Fingerprint> = std::mem::take(&mut poll.gone).into_iter().collect();
        poll.gone = missed.intersection(&self.missed).copied().collect();
        self.missed = missed;
        let nothing = poll.active.is_empty() && poll.muted.is_empty() && poll.gone.is_empty();
        (!nothing).then_some(poll)
    }
}

fn split(results: Vec<Result<Answer, Unanswered>>) -> (Vec<Answer>, Vec<String>) {
    let mut answers = Vec::new();
    let mut errors = Vec::new();
    for result in results {
        match result {
            Ok(answer) => answers.push(answer),
            Err(error) => errors.push(error.to_string()),
        }
    }
    (answers, errors)
}
