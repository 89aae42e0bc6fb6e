//! When which pad is looked at: soon after a change, every so often while an incident is open, a while after its end; less often
//! while the server is down.

use super::pass::{Pass, Passed, Trouble};
use super::people::Waiting;
use super::{
    Event, LOOK_AFTER_END, LOOK_EVERY, LOOK_EVERY_AFTER_END, NOTE_SETTLES, PASS_SECONDS_MAX, RETRY_FIRST, RETRY_MAX,
    SETTLE, Setup, Shared, VISITS_MAX,
};
use crate::channels::etherpad::Fault;
use crate::store::{IncidentFilter, StoreError};
use chrono::{DateTime, TimeDelta, Utc};
use domain::delivery::Outcome;
use domain::delivery::breaker::{Breaker, Change};
use domain::ids::IncidentId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{JoinError, JoinSet};
use tracing::{info, warn};

/// Open incidents that are looked for at the start.
const OPEN_MAX: usize = 1_000;

type Visited = (IncidentId, Waiting, Result<Passed, Trouble>);

/// The end of a visit.
pub struct Ended(Result<Visited, JoinError>);

/// Keeps the pads of one server.
pub struct Keeper {
    shared: Arc<Shared>,
    setup: Setup,
    due: BTreeMap<IncidentId, DateTime<Utc>>,
    // Pads that are visited now; none is visited twice at once.
    visited: BTreeSet<IncidentId>,
    running: JoinSet<Visited>,
    failures: BTreeMap<IncidentId, u32>,
    waiting: BTreeMap<IncidentId, Waiting>,
    breaker: Breaker,
}

impl Keeper {
    /// Of this server. Nothing is looked at before [`Keeper::begin`].
    pub fn new(shared: Arc<Shared>, setup: Setup) -> Self {
        Self {
            shared,
            setup,
            due: BTreeMap::new(),
            visited: BTreeSet::new(),
            running: JoinSet::new(),
            failures: BTreeMap::new(),
            waiting: BTreeMap::new(),
            breaker: Breaker::default(),
        }
    }

    /// Looks for pads that have to be kept, from the store.
    pub async fn find(&mut self) -> Result<(), StoreError> {
        let now = self.shared.clock.now();
        let open = IncidentFilter { open: Some(true), max: OPEN_MAX, ..IncidentFilter::default() };
        let open = self.shared.store.incidents(open).await?.into_iter().map(|incident| incident.id);
        let kept = self.shared.store.pads().kept_pads().await?;
        for incident in open.chain(kept) {
            self.due.entry(incident).or_insert(now);
        }
        Ok(())
    }

    /// Something about these incidents changed.
    pub fn touch(&mut self, incidents: impl IntoIterator<Item = IncidentId>) {
        let soon = self.shared.clock.now() + SETTLE;
        for incident in incidents {
            // What failed waits its turn: a storm of changes must not become one of attempts.
            let failed = self.failures.contains_key(&incident);
            let due = self.due.entry(incident).or_insert(soon);
            if !failed {
                *due = (*due).min(soon);
            }
        }
    }

    /// Begins what is due.
    pub async fn begin(&mut self) {
        let now = self.shared.clock.now();
        let due: Vec<IncidentId> =
            self.due.iter().filter(|(id, at)| **at <= now && !self.visited.contains(id)).map(|(id, _)| *id).collect();
        // A store that came out of a backup tells nobody anything.
        if due.is_empty() || !matches!(self.shared.store.holding().held().await, Ok(None)) {
            return;
        }
        let free = self.breaker.allows(now, VISITS_MAX).saturating_sub(self.running.len());
        for incident in due.into_iter().take(free) {
            self.due.remove(&incident);
            self.visited.insert(incident);
            let pass = Pass { shared: self.shared.clone(), setup: self.setup.clone(), incident };
            let mut waiting = self.waiting.remove(&incident).unwrap_or_default();
            self.running.spawn(async move {
                let limit = Duration::from_secs(PASS_SECONDS_MAX);
                let late = Trouble::Pad(Fault::Down(format!("no end within {PASS_SECONDS_MAX} s")));
                let passed = tokio::time::timeout(limit, pass.run(&mut waiting)).await.unwrap_or(Err(late));
                (incident, waiting, passed)
            });
        }
    }

    /// Begins what is due, and waits for the end of every visit; says when to look again.
    pub async fn step(&mut self) -> Option<DateTime<Utc>> {
        self.begin().await;
        while let Some(ended) = self.running.join_next().await {
            self.judge(Ended(ended)).await;
        }
        self.next()
    }

    /// When to look again; none while only the end of a visit changes anything.
    pub fn next(&self) -> Option<DateTime<Utc>> {
        let now = self.shared.clock.now();
        let waiting = self.due.iter().filter(|(incident, _)| !self.visited.contains(incident));
        waiting.map(|(_, at)| (*at).max(self.breaker.ready_at(now))).min()
    }

    /// Waits for the end of a visit; for ever, if there is none. Given up while it waits, nothing is lost.
    pub async fn ended(&mut self) -> Ended {
        match self.running.join_next().await {
            None => std::future::pending().await,
            Some(ended) => Ended(ended),
        }
    }

    /// Decides what follows from it.
    pub async fn judge(&mut self, ended: Ended) {
        match ended.0 {
            Ok((incident, waiting, passed)) => self.follow(incident, waiting, passed).await,
            Err(error) => {
                warn!("a visit to a pad failed inside: {error}");
                // Whose it was, nobody knows any more: all are looked at again.
                let again = std::mem::take(&mut self.visited);
                let at = self.shared.clock.now() + RETRY_MAX;
                self.due.extend(again.into_iter().map(|incident| (incident, at)));
            }
        }
    }

    async fn follow(&mut self, incident: IncidentId, waiting: Waiting, passed: Result<Passed, Trouble>) {
        self.visited.remove(&incident);
        let now = self.shared.clock.now();
        let outcome = match &passed {
            Ok(_) => Some(Outcome::Sent { remote_id: None }),
            Err(Trouble::Pad(fault)) => Some(fault.outcome()),
            Err(Trouble::Store(_) | Trouble::Busy) => None,
        };
        if let Some(outcome) = outcome {
            match self.breaker.record(&outcome, now) {
                Change::Same => {}
                Change::Opened => warn!("the Etherpad is left alone until {}", self.breaker.ready_at(now)),
                Change::Closed => {
                    info!("the Etherpad is well again");
                    self.failures.clear();
                    self.due.values_mut().for_each(|at| *at = (*at).min(now));
                }
            }
        }
        let has_notes = !waiting.is_empty();
        if has_notes {
            self.waiting.insert(incident, waiting);
        }
        let again = match passed {
            Ok(Passed::NoPad) => {
                self.failures.remove(&incident);
                None
            }
            Ok(Passed::Well { written, open, closed_at }) => {
                self.failures.remove(&incident);
                (self.shared.told)(&Event::Well { incident, written, at: now });
                let again = next_look(open, closed_at, now);
                if again.is_none() {
                    self.end(incident).await;
                }
                again.map(|again| if has_notes { again.min(NOTE_SETTLES) } else { again })
            }
            Err(trouble) => {
                (self.shared.told)(&Event::Failed { incident, reason: trouble.word() });
                let failures = self.failures.entry(incident).or_default();
                *failures += 1;
                let wait = RETRY_MAX.min(RETRY_FIRST * 2_i32.pow((*failures - 1).min(10)));
                if *failures == 1 {
                    warn!(%incident, "{incident}: its pad is not up to date, tried again: {trouble}");
                }
                Some(wait)
            }
        };
        (self.shared.told)(&Event::Stands(self.breaker.standing()));
        if let Some(again) = again {
            // A change that came meanwhile keeps its own, earlier time.
            let at = self.breaker.goes_again_at(now + again, now);
            let due = self.due.entry(incident).or_insert(at);
            *due = (*due).min(at);
        }
    }

    async fn end(&self, incident: IncidentId) {
        let pads = self.shared.store.pads();
        let kept = match pads.pad(incident).await {
            Ok(Some(row)) => pads.keep_pad(incident, crate::store::PadRow { ended: true, ..row }).await,
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = kept {
            warn!(%incident, "{incident}: that its pad is finished could not be written: {error}");
        }
    }
}

fn next_look(open: bool, closed_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<TimeDelta> {
    match closed_at {
        _ if open => Some(LOOK_EVERY),
        Some(at) if now - at < LOOK_AFTER_END => Some(LOOK_EVERY_AFTER_END),
        _ => None,
    }
}
