//! Takes the next inputs, decides, commits, and tells who waits. The body is one step that tests can call.

use super::inbox::Inbox;
use super::questions::{Asked, Questions};
use super::wire;
use crate::clock::Clock;
use crate::store::{InputKind, NewQuarantined, Store, StoreError, StoredInput};
use chrono::{DateTime, Utc};
use domain::alert::drill::DRILL_SOURCE;
use domain::alert::{SourceName, Status};
use domain::engine::{Changes, Input, State};
use domain::ids::InputSeq;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tracing::{error, info, warn};

/// Most inputs decided for one commit.
pub const INPUTS_MAX: usize = 512;
/// Most bytes of inputs read for one commit.
pub const INPUT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// A commit is cut once it has this many rows: readers and deliveries wait for no longer than that.
pub const COMMIT_ROWS_MAX: usize = 2_000;

// After the store refused a commit: first wait, and longest.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(5);
// Longest rest after a commit while senders wait.
const REST_MAX: Duration = Duration::from_millis(50);
// Without a deadline the loop looks again after this, should a wake-up be lost.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// What one commit decided, for metrics, logs and whoever delivers.
pub struct Decided<'a> {
    /// What was committed.
    pub changes: &'a Changes,
    /// Its inputs.
    pub inputs: &'a [Arrived],
    /// When the commit was done.
    pub now: DateTime<Utc>,
    /// Why the newest stored policy is not in force, if this program can't use it.
    pub policy_refused: Option<&'a str>,
}

/// An input that was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// When it had been committed to the inbox.
    pub at: DateTime<Utc>,
    /// What it reported, if it was a message with alerts.
    pub reported: Option<Reported>,
}

/// A message with alerts, in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// Who sent it.
    pub source: SourceName,
    /// Alerts said to fire.
    pub firing: u64,
    /// Alerts said to be over.
    pub resolved: u64,
    /// Whether some were left out.
    pub truncated: bool,
}

impl Reported {
    fn by(input: &Input) -> Option<Self> {
        let Input::Alerts(batch) = input else { return None };
        // Nobody sent those of a drill.
        if *batch.source.0 == *DRILL_SOURCE {
            return None;
        }
        let firing = batch.observations.iter().filter(|seen| seen.status == Status::Firing).count() as u64;
        let resolved = batch.observations.len() as u64 - firing;
        Some(Self { source: batch.source.clone(), firing, resolved, truncated: batch.truncated > 0 })
    }
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Decided so many inputs; there may be more.
    Worked(usize),
    /// Nothing to decide; time alone will change something then.
    Idle(Option<DateTime<Utc>>),
}

/// The one place where anything is decided.
pub struct EngineLoop {
    store: Arc<dyn Store>,
    inbox: Arc<Inbox>,
    clock: Arc<dyn Clock>,
    observer: Box<dyn Fn(&Decided<'_>) + Send>,
    state: State,
    // The state has taken inputs that are not committed: after a failure it is read back before anything is built on it.
    ahead: bool,
    // Inputs that made the engine panic: kept in quarantine, and skipped.
    poison: BTreeSet<InputSeq>,
    // What people want to know.
    asked: Asked,
    // What was logged last of a policy that can't be used: each is told once.
    complaint: Option<String>,
}

impl EngineLoop {
    /// Rebuilds the state from the store. `observer` is called on this task, after every commit, and with nothing
    /// decided when there is nothing to decide: it must be quick.
    pub async fn load(
        store: Arc<dyn Store>,
        inbox: Arc<Inbox>,
        clock: Arc<dyn Clock>,
        observer: Box<dyn Fn(&Decided<'_>) + Send>,
    ) -> Result<Self, StoreError> {
        let state = State::restore(store.load(clock.now()).await?);
        info!(
            position = state.position().0,
            alerts = state.alert_count(),
            "engine goes on from input {}",
            state.position()
        );
        // Nobody asks, unless `answering` says who.
        let (_, asked) = Questions::new();
        let poison = BTreeSet::new();
        let mut engine = Self { store, inbox, clock, observer, state, ahead: false, poison, asked, complaint: None };
        engine.complain();
        Ok(engine)
    }

    /// Answers these questions while it runs.
    #[must_use]
    pub fn answering(mut self, asked: Asked) -> Self {
        self.asked = asked;
        self
    }

    /// What is decided so far.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Decides what has arrived, in one commit. On an error nothing was decided, and the state is as stored.
    pub async fn step(&mut self) -> Result<Step, StoreError> {
        if self.ahead {
            self.reload().await?;
        }
        let inputs = self.store.inputs_after(self.state.position(), INPUTS_MAX, INPUT_BYTES_MAX).await?;
        if inputs.is_empty() {
            return self.idle().await;
        }
        let mut changes = Changes::default();
        let mut arrived = Vec::with_capacity(inputs.len());
        for stored in inputs {
            let (seq, at) = (stored.seq, stored.at);
            let input = self.read(stored).await?;
            let reported = Reported::by(&input);
            self.recall(&input, &changes).await?;
            self.ahead = true;
            let decided = catch_unwind(AssertUnwindSafe(|| self.state.step(seq, at, input, &mut changes)));
            if decided.is_err() {
                warn!(input = seq.0, "the engine failed on input {seq}; going on from the last commit without it");
                self.poison.insert(seq);
                return Ok(Step::Worked(0));
            }
            arrived.push(Arrived { at, reported });
            if changes.rows() >= COMMIT_ROWS_MAX {
                break;
            }
        }
        self.commit(changes, &arrived).await?;
        Ok(Step::Worked(arrived.len()))
    }

    // What people write about an incident that has left the memory is decided with it, as it stands by now.
    async fn recall(&mut self, input: &Input, changes: &Changes) -> Result<(), StoreError> {
        let Some(id) = self.state.absent(input) else { return Ok(()) };
        let known = changes.incidents.get(&id).cloned();
        // One that was imported is of the past, whatever people write.
        let found = match known {
            Some(known) => Some(known),
            None if self.store.past().imported(id).await?.is_some() => None,
            None => self.store.incident(id).await?,
        };
        if let Some(incident) = found {
            self.state.recall(incident);
        }
        Ok(())
    }

    /// Steps until told to stop; what was appended before that is decided first.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut pause = RETRY_FIRST;
        loop {
            let arrived = Arc::clone(&self.inbox.arrived);
            let began = Instant::now();
            let stepped = self.step().await;
            self.answer_waiting();
            match stepped {
                Ok(Step::Worked(_)) => {
                    pause = RETRY_FIRST;
                    let_senders_first(&self.inbox, began.elapsed()).await;
                }
                Ok(Step::Idle(_)) if *stop.borrow() => return,
                Ok(Step::Idle(due)) => {
                    let wait = due.map_or(LOOK_AGAIN, |due| (due - self.clock.now()).to_std().unwrap_or_default());
                    tokio::select! {
                        () = arrived.notified() => {}
                        question = self.asked.next() => question.answer(&self.state),
                        _ = stop.changed() => {}
                        () = tokio::time::sleep(wait.min(LOOK_AGAIN)) => {}
                    }
                }
                Err(because) => {
                    error!("nothing can be decided, trying again in {pause:?}: {because}");
                    if *stop.borrow() {
                        return;
                    }
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(RETRY_MAX);
                }
            }
        }
    }

    // Never from what is not committed: it may not come true.
    fn answer_waiting(&mut self) {
        if !self.ahead {
            self.asked.answer_waiting(&self.state);
        }
    }

    // `&mut`: a shared borrow held over an await would ask the observer to be `Sync`.
    async fn idle(&mut self) -> Result<Step, StoreError> {
        let due = self.state.next_due();
        if due.is_some_and(|due| due <= self.clock.now()) {
            // That time has passed is an input like any other: a replay must see it too.
            self.inbox.append(InputKind::Tick, "", Vec::new()).await?;
            return Ok(Step::Worked(0));
        }
        // A sign of life: readiness looks at how long ago the last one was.
        self.observe(&Changes::default(), &[]);
        Ok(Step::Idle(due))
    }

    // What can't be read is kept aside, and its place in the inbox becomes a moment in which nothing happened.
    async fn read(&mut self, stored: StoredInput) -> Result<Input, StoreError> {
        let because = match self.poison.contains(&stored.seq) {
            true => "deciding on it failed; please report this as a bug".to_owned(),
            false => match wire::decode(&stored) {
                Ok(input) => return Ok(input),
                Err(because) => because.to_string(),
            },
        };
        error!(input = stored.seq.0, "input {} is set aside: {because}", stored.seq);
        let path = format!("inbox/{}", stored.seq);
        let bytes = u64::try_from(stored.body.len()).unwrap_or(u64::MAX);
        let item = NewQuarantined { at: stored.at, source: stored.source, path, because, bytes, body: stored.body };
        self.store.quarantine(item).await?;
        Ok(Input::Tick)
    }

    async fn commit(&mut self, changes: Changes, arrived: &[Arrived]) -> Result<(), StoreError> {
        self.store.commit(changes.clone()).await?;
        self.ahead = false;
        for answer in &changes.answers {
            self.inbox.answered(answer.input, answer.reply.clone());
        }
        self.complain();
        self.observe(&changes, arrived);
        Ok(())
    }

    fn observe(&self, changes: &Changes, inputs: &[Arrived]) {
        let policy_refused = self.state.policy_refused();
        (self.observer)(&Decided { changes, inputs, now: self.clock.now(), policy_refused });
    }

    fn complain(&mut self) {
        let refused = self.state.policy_refused();
        if let Some(because) = refused.filter(|because| self.complaint.as_deref() != Some(because)) {
            let goes_on = if self.state.policy().source.rule_files.is_empty() { "no rules" } else { "those before" };
            error!("the stored rules can't be used by this version, going on with {goes_on}: {because}");
        }
        self.complaint = refused.map(str::to_owned);
    }

    async fn reload(&mut self) -> Result<(), StoreError> {
        self.state = State::restore(self.store.load(self.clock.now()).await?);
        self.ahead = false;
        Ok(())
    }
}

// Senders wait for their answer, and give up; decisions of a burst may come a moment later. So the engine takes at
// most half of the processor while many wait.
async fn let_senders_first(inbox: &Inbox, worked: Duration) {
    if inbox.is_pressed() {
        tokio::time::sleep(worked.min(REST_MAX)).await;
    }
}
