//! The loop that keeps pads: started, told of changes, given another server on reload, stopped.

use super::{Event, Keeper, Setup, Shared};
use domain::delivery::breaker::Standing;
use domain::ids::IncidentId;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tracing::{error, warn};

/// Without a deadline the loop looks again after this.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// Before a loop that panicked is started again.
const RESTART_AFTER: Duration = Duration::from_secs(5);

/// The loop of this program.
pub struct Pads {
    shared: Arc<Shared>,
    touched: Arc<Touched>,
    running: Mutex<Running>,
}

#[derive(Default)]
struct Touched {
    incidents: Mutex<BTreeSet<IncidentId>>,
    bell: Notify,
}

struct Running {
    // Replaced with each configuration; the loop of the one before sees it closed.
    stop: watch::Sender<()>,
    tasks: JoinSet<()>,
}

impl Pads {
    /// Keeps the pads of this server, if there is one.
    pub fn spawn(shared: Shared, setup: Option<Setup>) -> Arc<Self> {
        let running = Running { stop: watch::Sender::new(()), tasks: JoinSet::new() };
        let pads = Self { shared: Arc::new(shared), touched: Arc::default(), running: Mutex::new(running) };
        pads.replace(setup);
        Arc::new(pads)
    }

    /// Something about these incidents changed. Never waits. Where nobody keeps pads, nobody has to know: who begins to looks
    /// for open incidents anyway.
    pub fn touch(&self, incidents: impl IntoIterator<Item = IncidentId>) {
        if self.lock().stop.receiver_count() == 0 {
            return;
        }
        let mut touched = self.touched.incidents.lock().unwrap_or_else(PoisonError::into_inner);
        touched.extend(incidents);
        if !touched.is_empty() {
            self.touched.bell.notify_one();
        }
    }

    /// Keeps pads there from now on. A visit under way is cut off; what it wrote is known again.
    pub fn replace(&self, setup: Option<Setup>) {
        let mut running = self.lock();
        while running.tasks.try_join_next().is_some() {}
        running.stop = watch::Sender::new(());
        (self.shared.told)(&Event::Stands(Standing::Well));
        if let Some(setup) = setup {
            let stopped = running.stop.subscribe();
            running.tasks.spawn(keep_running(self.shared.clone(), setup, self.touched.clone(), stopped));
        }
    }

    /// Ends the loop.
    pub async fn stop(&self) {
        let mut tasks = {
            let mut running = self.lock();
            running.stop = watch::Sender::new(());
            std::mem::take(&mut running.tasks)
        };
        while tasks.join_next().await.is_some() {}
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn keep_running(shared: Arc<Shared>, setup: Setup, touched: Arc<Touched>, mut stopped: watch::Receiver<()>) {
    loop {
        let mut inner = JoinSet::new();
        let keeper = Keeper::new(shared.clone(), setup.clone());
        inner.spawn(run(keeper, shared.clone(), touched.clone()));
        tokio::select! {
            _ = stopped.changed() => return,
            ended = inner.join_next() => {
                error!("the loop that keeps pads failed inside and is started again: {ended:?}");
            }
        }
        tokio::select! {
            _ = stopped.changed() => return,
            () = tokio::time::sleep(RESTART_AFTER) => {}
        }
    }
}

async fn run(mut keeper: Keeper, shared: Arc<Shared>, touched: Arc<Touched>) {
    while let Err(error) = keeper.find().await {
        warn!("pads wait for the store: {error}");
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    loop {
        let changed = std::mem::take(&mut *touched.incidents.lock().unwrap_or_else(PoisonError::into_inner));
        keeper.touch(changed);
        keeper.begin().await;
        let pause = keeper.next().map(|at| (at - shared.clock.now()).to_std().unwrap_or_default());
        // What is due and could not begin waits for somebody else: no reason to spin.
        let pause = pause.unwrap_or(LOOK_AGAIN).clamp(Duration::from_millis(200), LOOK_AGAIN);
        let ended = tokio::select! {
            ended = keeper.ended() => Some(ended),
            () = touched.bell.notified() => None,
            () = tokio::time::sleep(pause) => None,
        };
        if let Some(ended) = ended {
            keeper.judge(ended).await;
        }
    }
}
