//! All workers together: started, rung, replaced on reload, stopped.

use super::departed::Departed;
use super::worker::{Run, Worker};
use super::{Shared, Step};
use crate::channels::{Channel, Link};
use domain::delivery::breaker::Standing;
use domain::delivery::pace::Pacing;
use domain::policy::{ReceiverKind, ReceiverSpec, Subject};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

/// How often deliveries are looked for whose receiver is not configured any more.
const STRAYS_EVERY: Duration = Duration::from_secs(60);

/// Before a worker that panicked is started again.
const RESTART_AFTER: Duration = Duration::from_secs(1);

/// A receiver, and how it is reached.
pub struct Served {
    /// What the engine knows of it.
    pub spec: ReceiverSpec,
    /// The way to it.
    pub channel: Arc<dyn Channel>,
    /// What it wants to be spared.
    pub pacing: Pacing,
}

/// The delivery loops of this program.
pub struct Deliveries {
    shared: Arc<Shared>,
    running: Mutex<Running>,
}

#[derive(Default)]
struct Running {
    posts: BTreeMap<String, Post>,
    strays: Option<watch::Sender<Run>>,
    // Workers that were replaced end in here too.
    tasks: JoinSet<()>,
}

// How a worker is reached.
struct Post {
    bell: Arc<Notify>,
    stop: watch::Sender<Run>,
    standing: watch::Receiver<Standing>,
    spec: ReceiverSpec,
    channel: Arc<dyn Channel>,
}

impl Deliveries {
    /// Starts a worker for each receiver.
    pub fn spawn(shared: Shared, receivers: Vec<Served>) -> Arc<Self> {
        let deliveries = Arc::new(Self { shared: Arc::new(shared), running: Mutex::default() });
        deliveries.start(receivers);
        deliveries.watch_strays();
        deliveries
    }

    /// Something waits for these receivers.
    pub fn ring<'a>(&self, receivers: impl IntoIterator<Item = &'a str>) {
        let running = self.lock();
        for post in receivers.into_iter().filter_map(|name| running.posts.get(name)) {
            post.bell.notify_one();
        }
    }

    /// Something may wait for anybody.
    pub fn ring_all(&self) {
        self.lock().posts.values().for_each(|post| post.bell.notify_one());
    }

    /// Works with other receivers from now on. Attempts under way end as they are; what waits is due at once, because a
    /// new configuration is the usual cure.
    pub async fn replace(&self, receivers: Vec<Served>) {
        let now = self.shared.clock.now();
        for Served { spec, .. } in &receivers {
            if let Err(error) = self.shared.store.hurry(&spec.name, now).await {
                tracing::warn!(receiver = %spec.name, "what waits for {} could not be made due: {error}", spec.name);
            }
        }
        self.start(receivers);
    }

    /// How each receiver stands.
    pub fn standings(&self) -> BTreeMap<String, Standing> {
        self.lock().posts.iter().map(|(name, post)| (name.clone(), *post.standing.borrow())).collect()
    }

    /// How the connections stand that are kept, by receiver.
    pub fn links(&self) -> BTreeMap<String, (ReceiverKind, Link)> {
        let running = self.lock();
        let link = |(name, post): (&String, &Post)| Some((name.clone(), (post.spec.kind, post.channel.link()?)));
        running.posts.iter().filter_map(link).collect()
    }

    /// A receiver of this name, and the way to it.
    pub fn reached(&self, name: &str) -> Option<(ReceiverSpec, Arc<dyn Channel>)> {
        self.lock().posts.get(name).map(|post| (post.spec.clone(), post.channel.clone()))
    }

    /// Claims nothing more, and waits for what is under way, within a limit.
    pub async fn stop(&self) {
        let mut tasks = {
            let mut running = self.lock();
            // They stay known: what waits for a stopped worker is no stray.
            for post in running.posts.values() {
                post.stop.send_replace(Run::Off);
            }
            if let Some(strays) = running.strays.take() {
                strays.send_replace(Run::Off);
            }
            std::mem::take(&mut running.tasks)
        };
        while tasks.join_next().await.is_some() {}
    }

    /// Gives up what waits for receivers that are not configured any more; says how many. Its loss is reported.
    pub async fn give_up_strays(&self) -> usize {
        let figures = match self.shared.store.figures(self.shared.clock.now()).await {
            Ok(figures) => figures,
            Err(error) => {
                tracing::warn!("can't look for deliveries without a receiver: {error}");
                return 0;
            }
        };
        let known: BTreeSet<String> = self.lock().posts.keys().cloned().collect();
        let mut did = 0;
        for (name, ..) in figures.outbox.into_iter().filter(|(name, ..)| !known.contains(name)) {
            did += self.give_up_all(name).await;
        }
        did
    }

    async fn give_up_all(&self, name: String) -> usize {
        let spec = ReceiverSpec {
            name,
            kind: ReceiverKind::Console,
            public: false,
            personal: false,
            subject: Subject::default(),
            templates: BTreeMap::new(),
            language: None,
        };
        let mut worker = Worker::new(self.shared.clone(), spec, Arc::new(Departed));
        let mut all = 0;
        loop {
            let Step { did, .. } = worker.step().await;
            if did == 0 {
                return all;
            }
            all += did;
        }
    }

    fn start(&self, receivers: Vec<Served>) {
        let mut running = self.lock();
        for post in std::mem::take(&mut running.posts).into_values() {
            post.stop.send_replace(Run::Off);
        }
        // Those that have ended are done with.
        while running.tasks.try_join_next().is_some() {}
        for Served { spec, channel, pacing } in receivers {
            let bell = Arc::new(Notify::new());
            let stop = watch::Sender::new(Run::On);
            let (standing_tx, standing) = watch::channel(Standing::Well);
            let name = spec.name.clone();
            let (known, reached) = (spec.clone(), channel.clone());
            let shared = self.shared.clone();
            let make = move || {
                let mut worker = Worker::new(shared.clone(), spec.clone(), channel.clone());
                worker.keep_pace(pacing.clone());
                worker.report_standing(standing_tx.clone());
                worker
            };
            running.tasks.spawn(keep_running(name.clone(), make, bell.clone(), stop.subscribe()));
            running.posts.insert(name, Post { bell, stop, standing, spec: known, channel: reached });
        }
    }

    fn watch_strays(self: &Arc<Self>) {
        let stop = watch::Sender::new(Run::On);
        let mut stopped = stop.subscribe();
        // Weak: the task is owned by what it would own.
        let deliveries = Arc::downgrade(self);
        let mut running = self.lock();
        running.strays = Some(stop);
        running.tasks.spawn(async move {
            while tokio::time::timeout(STRAYS_EVERY, stopped.changed()).await.is_err() {
                let Some(deliveries) = deliveries.upgrade() else { return };
                deliveries.give_up_strays().await;
            }
        });
    }

    // Every step under the lock leaves the maps whole, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// A worker that panics is a bug; its receiver goes on all the same, with leases that end by themselves.
async fn keep_running(name: String, make: impl Fn() -> Worker, bell: Arc<Notify>, mut stop: watch::Receiver<Run>) {
    while *stop.borrow() == Run::On {
        let mut inner = JoinSet::new();
        inner.spawn(make().run(bell.clone(), stop.clone()));
        match inner.join_next().await {
            Some(Err(error)) if error.is_panic() => {
                tracing::error!(receiver = %name, "the worker of {name} failed inside and is started again: {error}");
            }
            _ => return,
        }
        // Either the time is over or somebody stops us: the loop looks.
        let _ = tokio::time::timeout(RESTART_AFTER, stop.changed()).await;
    }
}
