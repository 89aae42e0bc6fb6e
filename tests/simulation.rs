//! Random worlds, each from one seed: alerts and people in any order, receivers that misbehave, a process that dies at
//! any commit and any send. What always holds is checked after every step.
//!
//! `SEED=42 cargo test --test simulation` plays one world again; `SEEDS=300000` plays more of them.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

#[path = "support/sim/mod.rs"]
mod sim;

use chrono::{DateTime, TimeDelta, Utc};
use domain::policy::{PolicySource, ReceiverSpec};
use earlybell::app::delivery::{Limits, Observer, Shared, Worker};
use earlybell::app::engine_loop::{EngineLoop, Step};
use earlybell::app::inbox::Inbox;
use earlybell::clock::Clock;
use earlybell::config::{Named, Overrides, parse};
use earlybell::store::sqlite::SqliteStore;
use earlybell::store::{InputKind, Store};
use sim::faults::{Death, MortalStore, Process};
use sim::receiver::{Kind, Mood, SimReceiver};
use sim::watch::{Snapshot, check_receiver};
use sim::{SimClock, life, people, pick};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Worlds in CI.
const SEEDS: u64 = 2_000;
/// Things that happen in each.
const EVENTS: usize = 40;
/// Engine steps, or rounds of the workers, until there must be nothing left to do at one moment.
const ROUNDS_MAX: usize = 10_000;

const CONFIG: &str = include_str!("support/sim/config.yml");

#[test]
fn random_worlds_hold_what_always_holds() {
    let one = std::env::var("SEED").ok().map(|seed| seed.parse().expect("SEED is a number"));
    let many = std::env::var("SEEDS").ok().map_or(SEEDS, |seeds| seeds.parse().expect("SEEDS is a number"));
    let seeds = one.map_or(0..many, |seed: u64| seed..seed + 1);
    let next = AtomicU64::new(seeds.start);
    let failed = AtomicU64::new(u64::MAX);
    let work = || {
        while failed.load(Ordering::SeqCst) == u64::MAX {
            let seed = next.fetch_add(1, Ordering::SeqCst);
            if seed >= seeds.end {
                return;
            }
            if catch_unwind(AssertUnwindSafe(|| play(seed))).is_err() {
                failed.fetch_min(seed, Ordering::SeqCst);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let seed = failed.into_inner();
    assert!(seed == u64::MAX, "seed {seed} fails; SEED={seed} cargo test --test simulation plays it again");
}

fn play(seed: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { World::new(seed).await.play().await });
}

struct World {
    random: fastrand::Rng,
    clock: SimClock,
    real: Arc<dyn Store>,
    process: Process,
    receivers: Vec<(ReceiverSpec, Arc<SimReceiver>)>,
    policy: PolicySource,
    running: Running,
    acknowledged: BTreeSet<u64>,
    last_webhook: Option<life::Arrival>,
}

// What dies with the process.
struct Running {
    inbox: Arc<Inbox>,
    engine: EngineLoop,
    workers: Vec<Worker>,
}

impl World {
    async fn new(seed: u64) -> Self {
        let random = fastrand::Rng::with_seed(seed);
        let clock = SimClock::at(DateTime::from_timestamp(1_770_000_000, 0).unwrap());
        let real: Arc<dyn Store> = Arc::new(SqliteStore::open_in_memory().unwrap());
        let process = Process::default();
        let named = Named { name: "simulation".to_owned(), content: CONFIG.to_owned() };
        let config = parse(&named, Path::new(env!("CARGO_MANIFEST_DIR")), &Overrides::default())
            .unwrap_or_else(|e| panic!("{e}"));
        let receivers: Vec<_> = config
            .policy
            .receivers
            .iter()
            .zip([Kind::LooksUp, Kind::Blind, Kind::Blind, Kind::LooksUp, Kind::LooksUp, Kind::Blind])
            .map(|(spec, kind)| (spec.clone(), SimReceiver::new(kind, process.clone(), seed ^ 0x5eed)))
            .collect();
        let running = start(&real, &process, &clock, &receivers).await;
        let mut world = Self {
            random,
            clock,
            real,
            process,
            receivers,
            policy: config.policy,
            running,
            acknowledged: BTreeSet::new(),
            last_webhook: None,
        };
        world.running.inbox.policy(&world.policy).await.unwrap();
        let directory = people::directory(&mut world.random, world.clock.now());
        world.running.inbox.directory(&directory).await.unwrap();
        world
    }

    async fn play(mut self) {
        for _ in 0..EVENTS {
            self.doom();
            self.event().await;
            self.work().await;
            self.check().await.check();
        }
        self.rest().await;
    }

    // Now and then the process is to die in this step.
    fn doom(&mut self) {
        let death = match self.random.u32(..100) {
            0..12 => Some(Death::Before(self.random.u32(..6))),
            12..24 => Some(Death::After(self.random.u32(..6))),
            _ => None,
        };
        self.process.doom(death);
    }

    async fn event(&mut self) {
        let now = self.clock.now();
        match self.random.u32(..100) {
            0..35 => {
                let webhook = life::webhook(&mut self.random, now);
                self.last_webhook = Some(webhook.clone());
                self.arrive(webhook).await;
            }
            35..42 => {
                if let Some(again) = self.last_webhook.clone() {
                    self.arrive(again).await;
                }
            }
            42..48 => {
                let push = life::push(&mut self.random, now);
                self.arrive(push).await;
            }
            48..52 => {
                let poll = life::poll(&mut self.random, now);
                self.arrive(poll).await;
            }
            52..68 => self.person().await,
            68..73 => {
                let receiver = &self.receivers[self.random.usize(..self.receivers.len())].1;
                receiver.set_mood(*pick(&mut self.random, &[Mood::Good, Mood::Good, Mood::Bad, Mood::Refusing]));
            }
            73..75 => {
                let directory = people::directory(&mut self.random, now);
                let _ = self.running.inbox.directory(&directory).await;
            }
            75..77 => {
                self.policy.timing.update_interval = domain::duration::Duration::minutes(self.random.u32(1..20));
                let _ = self.running.inbox.policy(&self.policy).await;
            }
            _ => {
                let seconds = *pick(&mut self.random, &[1, 5, 30, 130, 700, 700, 3_700, 90_000]);
                self.clock.forward(TimeDelta::seconds(seconds));
            }
        }
    }

    async fn arrive(&mut self, arrival: life::Arrival) {
        // Whoever gets no answer sends again later; the world does so by itself.
        if let Ok(appended) = self.running.inbox.append(arrival.kind, arrival.source, arrival.body).await {
            self.acknowledged.insert(appended.seq.0);
        }
    }

    async fn person(&mut self) {
        let incidents = self.running.engine.state().incidents().last().map_or(0, |incident| incident.id.0);
        let command = people::command(&mut self.random, incidents);
        let body = serde_json::to_vec(&command).unwrap();
        if let Ok(appended) = self.running.inbox.append(InputKind::Command, "", body).await {
            self.acknowledged.insert(appended.seq.0);
        }
    }

    // Lets everything run until nothing is left to do at this moment; a dead process is started again.
    async fn work(&mut self) {
        for _ in 0..ROUNDS_MAX {
            let decided = matches!(self.running.engine.step().await, Ok(Step::Worked(_)));
            let mut delivered = 0;
            for worker in &mut self.running.workers {
                delivered += worker.step().await.did;
            }
            if self.process.is_dead() {
                self.process.revive();
                self.running = start(&self.real, &self.process, &self.clock, &self.receivers).await;
            } else if !decided && delivered == 0 {
                return;
            }
        }
        panic!("it does not come to rest");
    }

    async fn check(&self) -> Snapshot {
        let snapshot = Snapshot::take(&self.real, self.clock.now()).await;
        let stored: BTreeSet<u64> = snapshot.inputs.iter().map(|input| input.seq.0).collect();
        assert!(self.acknowledged.is_subset(&stored), "an acknowledged input is gone");
        for (spec, receiver) in &self.receivers {
            check_receiver(&spec.name, receiver);
        }
        snapshot
    }

    // All is well again: within a day and a half nothing waits any more.
    async fn rest(&mut self) {
        self.process.doom(None);
        for (_, receiver) in &self.receivers {
            receiver.set_mood(Mood::Good);
        }
        // What is left to do afterwards is told for weeks, and might be under way at the very end.
        self.policy.postmortem = domain::policy::Postmortems::none();
        self.running.inbox.policy(&self.policy).await.unwrap();
        let until = self.clock.now() + TimeDelta::hours(36);
        while self.clock.now() < until {
            self.work().await;
            let due = self.next_due().await.unwrap_or(until);
            self.clock.forward_to(due.clamp(self.clock.now() + TimeDelta::seconds(1), until));
        }
        self.work().await;
        let snapshot = self.check().await;
        snapshot.check();
        snapshot.check_quiet();
        snapshot.check_replay();
    }

    async fn next_due(&mut self) -> Option<DateTime<Utc>> {
        let mut due: Vec<DateTime<Utc>> = self.running.engine.state().next_due().into_iter().collect();
        for worker in &mut self.running.workers {
            due.extend(worker.step().await.next);
        }
        due.into_iter().min()
    }
}

async fn start(
    real: &Arc<dyn Store>,
    process: &Process,
    clock: &SimClock,
    receivers: &[(ReceiverSpec, Arc<SimReceiver>)],
) -> Running {
    let store: Arc<dyn Store> = Arc::new(MortalStore { inner: Arc::clone(real), process: process.clone() });
    let clock: Arc<dyn Clock> = Arc::new(clock.clone());
    let inbox = Arc::new(Inbox::new(Arc::clone(&store), Arc::clone(&clock)));
    // Dead before it began to live: the next start tells of itself.
    let _ = inbox.started().await;
    let engine = EngineLoop::load(Arc::clone(&store), Arc::clone(&inbox), Arc::clone(&clock), Box::new(|_| {})).await;
    let shared = Arc::new(Shared {
        store,
        inbox: Arc::clone(&inbox),
        clock,
        observer: Observer::none(),
        limits: Limits::default(),
    });
    let worker = |(spec, receiver): &(ReceiverSpec, Arc<SimReceiver>)| {
        Worker::new(Arc::clone(&shared), spec.clone(), Arc::clone(receiver) as Arc<dyn earlybell::channels::Channel>)
    };
    Running { inbox, engine: engine.unwrap(), workers: receivers.iter().map(worker).collect() }
}
