//! A thread that owns a writing connection, and what it holds: opened again after a failure, never shared.

use crate::store::StoreError;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;

/// What may be done with it after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterFailure {
    /// Forget it and open it again: what SQLite holds in memory after a failed write or sync can't be trusted.
    Reopen,
    /// Keep it: it is all there is.
    Keep,
}

/// Something with a connection in it, opened when needed.
pub struct Holder<S> {
    open: Box<dyn FnMut() -> Result<S, StoreError> + Send>,
    held: Option<S>,
    after_failure: AfterFailure,
}

impl<S> Holder<S> {
    /// Opens it for the first time.
    pub fn new(
        after_failure: AfterFailure,
        mut open: impl FnMut() -> Result<S, StoreError> + Send + 'static,
    ) -> Result<Self, StoreError> {
        let held = Some(open()?);
        Ok(Self { open: Box::new(open), held, after_failure })
    }

    /// Does something with it. A bug in there is an error for this caller only.
    pub fn with<T>(&mut self, job: impl FnOnce(&mut S) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut held = match self.held.take() {
            Some(held) => held,
            None => (self.open)()?,
        };
        let result = catch_unwind(AssertUnwindSafe(|| job(&mut held)))
            .unwrap_or_else(|_| Err(StoreError::Broken("a bug in the store; the log has its place".to_owned())));
        if result.is_ok() || self.after_failure == AfterFailure::Keep {
            self.held = Some(held);
        }
        result
    }
}

/// A thread with a bounded queue.
pub struct Worker<M> {
    queue: RwLock<Option<SyncSender<M>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    waiting_max: usize,
}

impl<M: Send + 'static> Worker<M> {
    /// Starts it. The body ends when the queue is closed and empty.
    pub fn start(
        name: &str,
        waiting_max: usize,
        body: impl FnOnce(Receiver<M>) + Send + 'static,
    ) -> Result<Self, StoreError> {
        let (queue, work) = sync_channel(waiting_max);
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || body(work))
            .map_err(|e| StoreError::Unavailable(format!("no thread: {e}")))?;
        Ok(Self { queue: RwLock::new(Some(queue)), thread: Mutex::new(Some(thread)), waiting_max })
    }

    /// Puts work into the queue; a full one is refused, never waited for.
    pub fn send(&self, work: M) -> Result<(), StoreError> {
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner);
        match queue.as_ref().map(|queue| queue.try_send(work)) {
            Some(Ok(())) => Ok(()),
            Some(Err(TrySendError::Full(_))) => Err(StoreError::Overloaded { waiting: self.waiting_max }),
            Some(Err(TrySendError::Disconnected(_))) | None => Err(closed()),
        }
    }

    /// Closes the queue, and waits until what stood in it is done.
    pub fn stop(&self) {
        drop(self.queue.write().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(thread) = lock(&self.thread).take() {
            // A worker catches panics of its jobs; there is nothing to say about one of its own at the end.
            let _ = thread.join();
        }
    }
}

/// What everybody is told after `close`.
pub fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".to_owned())
}

/// Every value behind these locks is whole after each step, so a panic elsewhere doesn't spoil it.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
