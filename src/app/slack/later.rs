//! What takes longer than Slack waits: it goes on beside, bounded in number, and ends with the program.

use super::{ACK_MAX, SlackApp, Told};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Most of it at once.
const TASKS_MAX: usize = 64;

/// What goes on beside.
#[derive(Default)]
pub struct Tasks(Mutex<JoinSet<()>>);

/// So much goes on already that nothing more is begun.
pub struct TooMuch;

impl Tasks {
    /// Lets it go on.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> Result<(), TooMuch> {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        if tasks.len() >= TASKS_MAX {
            return Err(TooMuch);
        }
        tasks.spawn(work);
        Ok(())
    }

    /// Ends all.
    pub async fn stop(&self) {
        let mut tasks = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        tasks.shutdown().await;
    }
}

impl SlackApp {
    /// What came of it, if it ends in time. If not, it is told `later`, and `None` is returned.
    pub(super) async fn soon<L: Future<Output = ()> + Send>(
        self: &Arc<Self>,
        work: impl Future<Output = Told> + Send + 'static,
        later: impl FnOnce(Told) -> L + Send + 'static,
    ) -> Option<Told> {
        let (tx, mut rx) = oneshot::channel();
        let begun = self.tasks.spawn(async move {
            if let Err(told) = tx.send(work.await) {
                later(told).await;
            }
        });
        if begun.is_err() {
            return Some(Told::refused("too much at once; try it again in a minute".to_owned()));
        }
        if let Ok(told) = timeout(ACK_MAX, &mut rx).await {
            return told.ok();
        }
        // It may have ended just now.
        rx.close();
        rx.try_recv().ok()
    }
}
