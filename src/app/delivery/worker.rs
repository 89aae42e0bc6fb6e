//! One receiver's worker: claims what is due, runs the attempts beside each other, writes how they ended.

use super::ending::Ending;
use super::one::{panic_text, send};
use super::{Event, Shared};
use crate::channels::{Attempt, Channel};
use crate::store::{Claim, Claimed, Finish, StoreError};
use chrono::{DateTime, TimeDelta, Utc};
use domain::delivery::breaker::{Breaker, Change, Standing};
use domain::delivery::pace::{Pace, Pacer, Pacing};
use domain::delivery::verdict::{Attempted, Settled, settle};
use domain::delivery::{Delivery, Outcome};
use domain::engine::{DeliveryEnd, DeliveryOutcome};
use domain::ids::DeliveryId;
use domain::policy::ReceiverSpec;
use futures_util::future::join_all;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::{Id, JoinError, JoinSet};

/// A channel that panics this often on one delivery will not do better; the delivery is given up.
pub const PANICS_MAX: u32 = 5;

// While the store can't write, and where a due delivery can't be claimed after all.
const PAUSE: TimeDelta = TimeDelta::seconds(1);

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Attempts that ended.
    pub did: usize,
    /// When there is something to do again, if anything waits.
    pub next: Option<DateTime<Utc>>,
}

/// Delivers to one receiver.
pub struct Worker {
    shared: Arc<Shared>,
    spec: ReceiverSpec,
    channel: Arc<dyn Channel>,
    breaker: Breaker,
    pacer: Pacer,
    late_after: Option<TimeDelta>,
    running: JoinSet<Outcome>,
    flights: HashMap<Id, Flight>,
    // The store refused these; nothing new is begun before they are written.
    unwritten: Vec<Ending>,
    panics: HashMap<DeliveryId, u32>,
    standing: watch::Sender<Standing>,
}

struct Flight {
    claimed: Claimed,
    lease_until: DateTime<Utc>,
}

enum Woke {
    Ended(Result<(Id, Outcome), JoinError>),
    Rung,
    Stopped,
}

impl Worker {
    /// A worker for this receiver; nothing runs before [`Worker::step`] or [`Worker::run`].
    pub fn new(shared: Arc<Shared>, spec: ReceiverSpec, channel: Arc<dyn Channel>) -> Self {
        Self {
            shared,
            spec,
            channel,
            breaker: Breaker::default(),
            pacer: Pacer::default(),
            late_after: None,
            running: JoinSet::new(),
            flights: HashMap::new(),
            unwritten: Vec::new(),
            panics: HashMap::new(),
            standing: watch::Sender::new(Standing::Well),
        }
    }

    /// Spares the receiver what it wants to be spared.
    pub fn keep_pace(&mut self, pacing: Pacing) {
        self.late_after = pacing.late_after;
        self.pacer = Pacer::new(pacing);
    }

    /// Tells how the receiver stands from here on.
    pub fn report_standing(&mut self, standing: watch::Sender<Standing>) {
        standing.send_replace(self.breaker.standing());
        self.standing = standing;
    }

    /// Claims what is due, runs the attempts to their end, and writes it.
    pub async fn step(&mut self) -> Step {
        let mut did = self.write_unwritten().await;
        let mut due = self.begin_due().await;
        while let Some(ended) = self.running.join_next_with_id().await {
            did += self.end(ended).await;
        }
        if did > 0 {
            due = self.next_due().await;
        }
        Step { did, next: due }
    }

    /// Steps until told to stop, then lets the attempts under way end, within a limit.
    pub async fn run(mut self, bell: Arc<Notify>, mut stop: watch::Receiver<Run>) {
        while *stop.borrow_and_update() == Run::On {
            self.write_unwritten().await;
            let due = self.begin_due().await;
            let pause = self.pause_until(due);
            let woke = tokio::select! {
                Some(ended) = self.running.join_next_with_id() => Woke::Ended(ended),
                () = bell.notified() => Woke::Rung,
                () = tokio::time::sleep(pause) => Woke::Rung,
                changed = stop.changed() => if changed.is_ok() { Woke::Rung } else { Woke::Stopped },
            };
            match woke {
                Woke::Ended(ended) => drop(self.end(ended).await),
                Woke::Rung => {}
                Woke::Stopped => break,
            }
        }
        let limit = self.shared.limits.stop;
        if tokio::time::timeout(limit, self.land()).await.is_err() {
            tracing::warn!(receiver = %self.spec.name, "{}: attempts under way were cut off", self.spec.name);
        }
        // Who comes after us, with another configuration or in another program, need not wait for our failures.
        self.hurry().await;
    }

    async fn land(&mut self) {
        while let Some(ended) = self.running.join_next_with_id().await {
            self.end(ended).await;
        }
        self.write_unwritten().await;
    }

    // Begins what may begin now; says when to look again.
    async fn begin_due(&mut self) -> Option<DateTime<Utc>> {
        let now = self.shared.clock.now();
        if !self.unwritten.is_empty() {
            return Some(now + PAUSE);
        }
        let limits = self.shared.limits;
        let free = self.breaker.allows(now, limits.claim_max).saturating_sub(self.running.len());
        if free == 0 && !self.running.is_empty() {
            // The end of an attempt wakes us.
            return None;
        }
        if free == 0 {
            return self.next_due().await;
        }
        let lease_until = now + limits.lease;
        let (pace, _) = self.pacer.pace(now);
        let max = match pace {
            Pace::All => free.min(self.pacer.room(now)),
            Pace::Urgent => free,
        };
        let claim = Claim { receiver: self.spec.name.clone(), now, lease_until, max, pace, kind: self.spec.kind };
        let claimed = match self.shared.store.claim(claim).await {
            Ok(claimed) => claimed,
            Err(error) => return Some(self.store_failed(&error)),
        };
        let earliest = if claimed.is_empty() { now + PAUSE } else { now };
        for claimed in claimed {
            self.begin(claimed, lease_until);
        }
        // What is due and was not given to us is a matter of another process: no reason to spin.
        self.next_due().await.map(|due| due.max(earliest))
    }

    fn begin(&mut self, claimed: Claimed, lease_until: DateTime<Utc>) {
        let now = self.shared.clock.now();
        if claimed.attempt == 1 {
            self.pacer.told(claimed.delivery.lane, now);
        }
        let after_decision = now - claimed.delivery.decided_at;
        self.shared.observer.see(&Event::HandedOver {
            delivery: &claimed.delivery,
            attempt: claimed.attempt,
            after_decision,
        });
        let attempt = Attempt {
            delivery: claimed.delivery.clone(),
            number: claimed.attempt,
            first_attempt_at: claimed.first_attempt_at,
            thread: claimed.thread.clone(),
            unsure: claimed.unsure,
        };
        let running = self.running.spawn(send(self.channel.clone(), attempt, self.shared.limits.send));
        self.flights.insert(running.id(), Flight { claimed, lease_until });
    }

    // One attempt ended; others that ended meanwhile share its commit.
    async fn end(&mut self, first: Result<(Id, Outcome), JoinError>) -> usize {
        let mut ended = vec![first];
        while let Some(another) = self.running.try_join_next_with_id() {
            ended.push(another);
        }
        let did = ended.len();
        for ended in ended {
            if let Some(ending) = self.judge(ended).await {
                self.unwritten.push(ending);
            }
        }
        self.write_unwritten().await;
        did
    }

    async fn judge(&mut self, ended: Result<(Id, Outcome), JoinError>) -> Option<Ending> {
        let (id, outcome) = match ended {
            Ok((id, outcome)) => (id, Ok(outcome)),
            Err(error) => (error.id(), Err(error)),
        };
        let Flight { claimed, lease_until } = self.flights.remove(&id)?;
        let outcome = match outcome {
            Ok(outcome) => {
                self.panics.remove(&claimed.delivery.id);
                outcome
            }
            Err(error) => self.panicked(claimed.delivery.id, error),
        };
        let now = self.shared.clock.now();
        self.note(&claimed.delivery, &outcome, now).await;
        let mut settled = settle(
            Attempted {
                delivery: &claimed.delivery,
                kind: self.spec.kind,
                attempt: claimed.attempt,
                first_attempt_at: claimed.first_attempt_at,
                unsure: claimed.unsure,
                late_after: self.late_after,
            },
            &outcome,
            now,
        );
        settled.next_at = settled.next_at.map(|own| self.breaker.goes_again_at(own, now));
        self.tell(&claimed, &outcome, &settled);
        if let Some(because) = self.channel.missed(&claimed.delivery) {
            self.unwritten.push(Ending::for_some(&claimed.delivery, because, lease_until));
        }
        Some(self.ending(claimed, lease_until, outcome, settled, now))
    }

    fn ending(
        &mut self,
        claimed: Claimed,
        lease_until: DateTime<Utc>,
        outcome: Outcome,
        settled: Settled,
        now: DateTime<Utc>,
    ) -> Ending {
        let Claimed { delivery, attempt, .. } = claimed;
        let report = settled.report.filter(|end| match end {
            DeliveryEnd::Blocked { .. } | DeliveryEnd::Late { .. } => self.breaker.must_tell(delivery.incident),
            DeliveryEnd::ThreadStarted { .. }
            | DeliveryEnd::Published { .. }
            | DeliveryEnd::Lost { .. }
            | DeliveryEnd::Dropped { .. } => true,
        });
        Ending {
            receiver: self.spec.name.clone(),
            finish: Some(Finish {
                id: delivery.id,
                attempt,
                state: settled.state,
                next_at: settled.next_at,
                outcome,
                now,
            }),
            report: report.map(|end| DeliveryOutcome {
                delivery: delivery.id,
                incident: delivery.incident,
                receiver: delivery.receiver,
                person: delivery.to.map(|to| to.person),
                notice: delivery.notice.word().to_owned(),
                end,
            }),
            lease_until,
        }
    }

    // The breaker hears of it; a receiver that is well again gets at once what waited for it.
    async fn note(&mut self, delivery: &Delivery, outcome: &Outcome, now: DateTime<Utc>) {
        let name = &self.spec.name;
        match self.breaker.note(delivery, outcome, now) {
            Change::Same => {}
            Change::Opened => {
                tracing::warn!(receiver = %name, "receiver {name} is left alone until {}", self.breaker.ready_at(now));
            }
            Change::Closed => {
                tracing::info!(receiver = %name, "receiver {name} is well again");
                self.hurry().await;
            }
        }
        self.standing.send_if_modified(|standing| {
            let now_stands = self.breaker.standing();
            std::mem::replace(standing, now_stands) != now_stands
        });
    }

    async fn hurry(&self) {
        let name = &self.spec.name;
        if let Err(error) = self.shared.store.hurry(name, self.shared.clock.now()).await {
            tracing::warn!(receiver = %name, "what waits for {name} could not be made due: {error}");
        }
    }

    fn tell(&self, claimed: &Claimed, outcome: &Outcome, settled: &Settled) {
        let delivery = &claimed.delivery;
        let (kind, state) = (self.spec.kind, settled.state);
        self.shared.observer.see(&Event::Ended { delivery, kind, outcome, state });
        let (incident, notice, attempt) = (delivery.incident, delivery.notice.word(), claimed.attempt);
        let receiver = &self.spec.name;
        match outcome {
            Outcome::Sent { .. } => {
                tracing::info!(%incident, %receiver, "{incident}: told {receiver}: {notice}");
            }
            Outcome::Retry { because, .. } | Outcome::Fatal { because } | Outcome::Misconfigured { because } => {
                let next = match settled.next_at {
                    Some(next) => format!("next at {next}"),
                    None => "given up".to_owned(),
                };
                tracing::warn!(
                    %incident, %receiver,
                    "{incident}: {receiver} was not told ({notice}, attempt {attempt}): {because}; {next}"
                );
            }
        }
    }

    fn panicked(&mut self, id: DeliveryId, error: JoinError) -> Outcome {
        let because = format!("the channel failed inside: {}", panic_text(error));
        let panics = self.panics.entry(id).or_default();
        *panics += 1;
        if *panics >= PANICS_MAX {
            self.panics.remove(&id);
            return Outcome::Fatal { because };
        }
        Outcome::Retry { because, after: None, unsure: true }
    }

    // Says how many were written.
    async fn write_unwritten(&mut self) -> usize {
        let mut endings = std::mem::take(&mut self.unwritten);
        let before = endings.len();
        let results = join_all(endings.iter_mut().map(|ending| ending.write(&self.shared))).await;
        let error = results.iter().find_map(|result| result.as_ref().err());
        if let Some(error) = error {
            self.store_failed(error);
        }
        endings.retain(|ending| ending.finish.is_some() || ending.report.is_some());
        self.unwritten = endings;
        before - self.unwritten.len()
    }

    async fn next_due(&self) -> Option<DateTime<Utc>> {
        let now = self.shared.clock.now();
        if !self.unwritten.is_empty() {
            return Some(now + PAUSE);
        }
        let (pace, until) = self.pacer.pace(now);
        match self.shared.store.next_due(&self.spec.name, pace).await {
            Ok(due) => {
                let due = due.map(|due| due.max(self.breaker.ready_at(now)).max(now));
                // Then what waits for a better time may go.
                due.into_iter().chain(until).min()
            }
            Err(error) => Some(self.store_failed(&error)),
        }
    }

    fn store_failed(&self, error: &StoreError) -> DateTime<Utc> {
        let receiver = &self.spec.name;
        tracing::error!(%receiver, "deliveries to {receiver} wait for the store: {error}");
        self.shared.clock.now() + PAUSE
    }

    fn pause_until(&self, due: Option<DateTime<Utc>>) -> Duration {
        let poll = self.shared.limits.poll;
        let Some(due) = due else { return poll };
        (due - self.shared.clock.now()).to_std().unwrap_or_default().min(poll)
    }
}

/// Whether a worker goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// It does.
    On,
    /// It claims nothing more.
    Off,
}
