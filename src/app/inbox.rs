//! Takes inputs in: durable first, then the sender gets its answer; a command waits for its decision.

use crate::clock::Clock;
use crate::store::{Appended, InputKind, NewInput, Store, StoreError};
use domain::audit::AdminAct;
use domain::directory::Directory;
use domain::engine::DeliveryOutcome;
use domain::ids::InputSeq;
use domain::incident::{Command, Reply};
use domain::policy::PolicySource;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};

/// Longest a command waits for its decision; then the caller is told that it was taken, but not yet decided.
pub const COMMAND_WAIT: Duration = Duration::from_secs(8);

// So many appends at once are a burst, not a handful of Alertmanagers.
const PRESSED: usize = 3;

// Answers kept for callers that have not begun to wait yet.
const EARLY_MAX: usize = 1024;

/// The way in for everything that can change anything.
pub struct Inbox {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    /// Rung when there is something to decide.
    pub arrived: Arc<Notify>,
    waiting: Mutex<Waiting>,
    // Appends that wait for their commit.
    appending: AtomicUsize,
}

#[derive(Default)]
struct Waiting {
    callers: HashMap<InputSeq, oneshot::Sender<Reply>>,
    // The engine may decide before the caller has registered; the newest answers wait here for it.
    early: VecDeque<(InputSeq, Reply)>,
}

/// Why a command has no answer.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It was not taken; say it again.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It was taken, and will be decided; the engine is behind.
    #[error("the command was taken as input {0} but is not decided yet; look at the incident before you repeat it")]
    Undecided(InputSeq),
}

impl Inbox {
    /// An inbox in front of this store.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            arrived: Arc::new(Notify::new()),
            waiting: Mutex::default(),
            appending: AtomicUsize::new(0),
        }
    }

    /// Appends a body as it came; when this returns, it is on disk.
    pub async fn append(&self, kind: InputKind, source: &str, body: Vec<u8>) -> Result<Appended, StoreError> {
        let input = NewInput { kind, source: source.to_owned(), body, at: self.clock.now() };
        let counted = Counted::in_(&self.appending);
        let appended = self.store.append(input).await;
        drop(counted);
        self.arrived.notify_one();
        appended
    }

    /// Whether many senders wait for their answer right now.
    pub fn is_pressed(&self) -> bool {
        self.appending.load(Ordering::Relaxed) >= PRESSED
    }

    /// Appends a command and waits for its decision.
    pub async fn command(&self, command: &Command) -> Result<Reply, CommandError> {
        if let Some(key) = &command.key
            && let Some(reply) = self.store.answer(key).await?
        {
            return Ok(reply);
        }
        let appended = self.append(InputKind::Command, "", json(command)).await?;
        self.reply_to(appended.seq).await
    }

    async fn reply_to(&self, input: InputSeq) -> Result<Reply, CommandError> {
        let answer = self.wait_for(input);
        match tokio::time::timeout(COMMAND_WAIT, answer).await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(_)) | Err(_) => {
                self.lock().callers.remove(&input);
                Err(CommandError::Undecided(input))
            }
        }
    }

    /// Appends that the program started: before the engine is, whose clocks would count the time we were down.
    pub async fn started(&self) -> Result<Appended, StoreError> {
        self.append(InputKind::Started, "", Vec::new()).await
    }

    /// Appends what became of a delivery.
    pub async fn outcome(&self, outcome: &DeliveryOutcome) -> Result<Appended, StoreError> {
        self.append(InputKind::Outcome, "", json(outcome)).await
    }

    /// Appends a changed configuration.
    pub async fn policy(&self, policy: &PolicySource) -> Result<Appended, StoreError> {
        self.append(InputKind::Policy, "", json(policy)).await
    }

    /// Appends who is there, when that changed.
    pub async fn directory(&self, directory: &Directory) -> Result<Appended, StoreError> {
        self.append(InputKind::Directory, "", json(directory)).await
    }

    /// Appends what somebody does outside of incidents, for the audit log. Before it is done: what can't be written down
    /// is not done.
    pub async fn acted(&self, act: &AdminAct) -> Result<Appended, StoreError> {
        self.append(InputKind::Acted, "", json(act)).await
    }

    /// Appends an act that changes something for the engine, and waits for what it says.
    pub async fn act(&self, act: &AdminAct) -> Result<Reply, CommandError> {
        let appended = self.acted(act).await?;
        self.reply_to(appended.seq).await
    }

    /// Gives an answer to whoever waits for it; called by the engine loop after the commit.
    pub fn answered(&self, input: InputSeq, reply: Reply) {
        let mut waiting = self.lock();
        if let Some(caller) = waiting.callers.remove(&input) {
            // The caller may have given up; the answer is in the store all the same.
            let _ = caller.send(reply);
            return;
        }
        if waiting.early.len() == EARLY_MAX {
            waiting.early.pop_front();
        }
        waiting.early.push_back((input, reply));
    }

    fn wait_for(&self, input: InputSeq) -> oneshot::Receiver<Reply> {
        let (caller, answer) = oneshot::channel();
        let mut waiting = self.lock();
        match waiting.early.iter().position(|(seq, _)| *seq == input).and_then(|at| waiting.early.remove(at)) {
            Some((_, reply)) => drop(caller.send(reply)),
            None => drop(waiting.callers.insert(input, caller)),
        }
        answer
    }

    // A panic while the lock was held leaves the map whole: every step under it is one insert or remove.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// Counts a caller for as long as it waits, also when it gives up.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn in_(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn json<T: serde::Serialize>(value: &T) -> Vec<u8> {
    // Our own types with text keys: serde_json has nothing to refuse in them.
    serde_json::to_vec(value).unwrap_or_default()
}
