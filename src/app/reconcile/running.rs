//! The reconcile loops together: one per source that has Alertmanagers to ask.

use super::{Polled, Reconciler, Shared};
use crate::config::Source;
use chrono::TimeDelta;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The first question comes soon after the start: whatever happened while we were away is in the answer.
const FIRST_AFTER: Duration = Duration::from_secs(2);

/// The loops of this program.
pub struct Reconcile {
    shared: Arc<Shared>,
    told: Told,
    running: Mutex<Running>,
}

#[derive(Clone)]
struct Told(Arc<dyn Fn(&Polled) + Send + Sync>);

struct Running {
    // Replaced with each configuration; the loops of the one before see it closed.
    stop: watch::Sender<()>,
    tasks: JoinSet<()>,
}

impl Reconcile {
    /// Starts a loop for each source that can be asked; `told` hears how each round went.
    pub fn spawn(
        shared: Shared,
        sources: &[Source],
        alert_timeout: TimeDelta,
        told: impl Fn(&Polled) + Send + Sync + 'static,
    ) -> Self {
        let running = Running { stop: watch::Sender::new(()), tasks: JoinSet::new() };
        let reconcile = Self { shared: Arc::new(shared), told: Told(Arc::new(told)), running: Mutex::new(running) };
        reconcile.replace(sources, alert_timeout);
        reconcile
    }

    /// Asks other sources from now on.
    pub fn replace(&self, sources: &[Source], alert_timeout: TimeDelta) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        while running.tasks.try_join_next().is_some() {}
        running.stop = watch::Sender::new(());
        for source in sources.iter().filter(|source| !source.alertmanagers.is_empty()) {
            let reconciler = Reconciler::new(self.shared.clone(), source, alert_timeout);
            let stopped = running.stop.subscribe();
            let (name, every, told) = (source.name.clone(), source.poll_every, self.told.clone());
            running.tasks.spawn(run(name, every, reconciler, told, stopped));
        }
    }

    /// Ends all loops; a question under way is dropped.
    pub async fn stop(&self) {
        let mut tasks = {
            let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            running.stop = watch::Sender::new(());
            std::mem::take(&mut running.tasks)
        };
        while tasks.join_next().await.is_some() {}
    }
}

async fn run(name: String, every: Duration, mut reconciler: Reconciler, told: Told, mut stopped: watch::Receiver<()>) {
    let mut wait = FIRST_AFTER.min(every);
    let mut was_well = true;
    loop {
        tokio::select! {
            _ = stopped.changed() => return,
            () = tokio::time::sleep(wait) => {}
        }
        let polled = tokio::select! {
            _ = stopped.changed() => return,
            polled = AssertUnwindSafe(reconciler.step()).catch_unwind() => polled,
        };
        wait = every;
        // A bug shown by one answer; the next may be another one.
        let Ok(polled) = polled else {
            tracing::error!(source = %name, "the reconcile loop of {name} failed inside; it goes on");
            continue;
        };
        log(&name, &polled, was_well);
        was_well = polled.errors.is_empty();
        (told.0)(&polled);
    }
}

// Once when it begins and once when it ends, not every minute of a night.
fn log(source: &str, polled: &Polled, was_well: bool) {
    let Polled { asked, answered, differences, errors, .. } = polled;
    if !errors.is_empty() && was_well {
        let errors = errors.join("; ");
        tracing::warn!(%source, "{answered} of {asked} Alertmanagers of {source} answered: {errors}");
    }
    if errors.is_empty() && !was_well {
        tracing::info!(%source, "all {asked} Alertmanagers of {source} answer again");
    }
    let (active, muted, gone) = (differences.active, differences.muted, differences.gone);
    if active + muted + gone > 0 {
        tracing::info!(
            %source,
            "{source} lists otherwise than we knew: {active} active, {muted} muted, {gone} gone"
        );
    }
}
