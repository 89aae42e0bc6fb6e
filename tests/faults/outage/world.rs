//! The engine, the outbox and the real channels on a real store, in a time that the test makes.

use crate::clock::TestClock;
use crate::scripted::Scripted;
use arc_swap::ArcSwap;
use chrono::{DateTime, TimeDelta, Utc};
use domain::access::Role;
use domain::delivery::{Delivery, DeliveryState};
use domain::ids::IncidentId;
use domain::incident::{Act, Actor, Command, Surface};
use domain::policy::Pads;
use earlybell::app::delivery::{Event, Limits, Observer, Shared, Worker};
use earlybell::app::engine_loop::{Decided, EngineLoop, Step};
use earlybell::app::inbox::Inbox;
use earlybell::app::pads::{self, Keeper, Setup};
use earlybell::channels::console::Console;
use earlybell::channels::etherpad::Etherpad;
use earlybell::channels::irc::{Networks, Waits};
use earlybell::channels::{self, Channel, Deadlines};
use earlybell::clock::Clock;
use earlybell::config::{Config, Named, Overrides, parse};
use earlybell::store::sqlite::SqliteStore;
use earlybell::store::{DeliveryFilter, DeliveryRow, InputKind, Store};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The receiver beside all others, which takes everything at once.
pub const BESIDE: &str = "beside";

// People who are asked nothing: their questions would only be more of the same.
const QUIET: &str = "
rituals: { claim_within: 0, silent_after: 0, hand_over_after: 0, scope_after: 0, stale_after: 0, call_out_every: 0, remind_before: 0, watch_promises: false }
timing: { storm_after: 1000000 }
";

/// A notice that was taken.
pub struct Taken {
    pub delivery: Delivery,
    pub at: DateTime<Utc>,
}

/// What runs.
pub struct World {
    clock: Arc<TestClock>,
    store: Arc<SqliteStore>,
    inbox: Arc<Inbox>,
    engine: EngineLoop,
    workers: Vec<(Worker, Option<DateTime<Utc>>)>,
    pads: Option<(Keeper, Option<DateTime<Utc>>)>,
    pads_told: Arc<Mutex<Vec<pads::Event>>>,
    /// How pads are called, if there are any.
    pub names: Option<Pads>,
    changed: Arc<Mutex<BTreeSet<IncidentId>>>,
    taken: Arc<Mutex<Vec<Taken>>>,
    // What channels remember.
    _folder: tempfile::TempDir,
}

impl World {
    /// With these receivers, in YAML, and the one beside them; `more` are other parts of the configuration.
    pub async fn open(receivers: &str, names: &[&str], more: &str) -> Self {
        let all = [&[BESIDE], names].concat().join(", ");
        let content = format!(
            "receivers:\n  - {{ name: {BESIDE}, console: {{}} }}\n{receivers}route: {{ receivers: [{all}] }}\n{QUIET}{more}"
        );
        let named = Named { name: "earlybell.yml".to_owned(), content };
        let overrides = Overrides { external_url: "https://bell.example.org".to_owned() };
        let config = parse(&named, Path::new(""), &overrides).unwrap_or_else(|error| panic!("{error}"));
        let config = config.with_pad_seed("seed");
        let clock = TestClock::at("2026-03-01T09:00:00Z");
        let store = Arc::new(SqliteStore::open_in_memory().unwrap());
        let inbox = Arc::new(Inbox::new(store.clone(), clock.clone()));
        inbox.policy(&config.policy).await.unwrap();
        let changed: Arc<Mutex<BTreeSet<IncidentId>>> = Arc::default();
        let noted = changed.clone();
        let note = move |decided: &Decided<'_>| noted.lock().unwrap().extend(decided.changes.incidents.keys());
        let engine = EngineLoop::load(store.clone(), inbox.clone(), clock.clone(), Box::new(note)).await.unwrap();
        let taken: Arc<Mutex<Vec<Taken>>> = Arc::default();
        let shared = Arc::new(Shared {
            store: store.clone(),
            inbox: inbox.clone(),
            clock: clock.clone(),
            observer: observer(&taken, &clock),
            limits: Limits::default(),
        });
        let folder = tempfile::tempdir().unwrap();
        // In real time; the test waits for as long as it would in its own time.
        let soon = Duration::from_millis(20);
        let waits = Waits { blip: soon, first: soon, longest: soon, unreached: soon, ..Waits::default() };
        let (networks, _heard) = Networks::waiting(waits);
        let worker = |receiver: &earlybell::config::Receiver| {
            let channel: Arc<dyn Channel> = match receiver.spec.name.as_str() {
                BESIDE => Scripted::new([]),
                _ => {
                    channels::open(receiver, &Console::to(std::io::sink()).unwrap(), &networks, folder.path()).unwrap()
                }
            };
            (Worker::new(shared.clone(), receiver.spec.clone(), channel), None)
        };
        let workers = config.receivers.iter().map(worker).collect();
        let names = config.policy.pads.clone();
        let pads_told: Arc<Mutex<Vec<pads::Event>>> = Arc::default();
        let pads = setup(&config).map(|setup| {
            let told = pads_told.clone();
            let shared = pads::Shared {
                store: store.clone(),
                inbox: inbox.clone(),
                clock: clock.clone(),
                config: Arc::new(ArcSwap::from_pointee(config)),
                told: Box::new(move |event| told.lock().unwrap().push(event.clone())),
            };
            (Keeper::new(Arc::new(shared), setup), None)
        });
        Self { clock, store, inbox, engine, workers, pads, pads_told, names, changed, taken, _folder: folder }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Somebody does something, and everybody does at once what follows from it.
    pub async fn act(&mut self, incident: Option<u64>, act: Act) {
        let incident = incident.map(IncidentId);
        let actor = Actor::person("anna", Surface::Cli);
        let command = Command { actor, access: Role::Admin, key: None, incident, act };
        let body = serde_json::to_vec(&command).unwrap();
        self.inbox.append(InputKind::Command, "", body).await.unwrap();
        self.settle().await;
    }

    /// Time goes by; whatever is due is done when it is due.
    pub async fn pass(&mut self, time: TimeDelta) {
        let until = self.now() + time;
        loop {
            self.settle().await;
            let now = self.now();
            let pads = self.pads.iter().filter_map(|(_, due)| *due);
            let due = self.workers.iter().filter_map(|(_, due)| *due).chain(pads).chain(self.engine.state().next_due());
            let due = due.min();
            match due.map(|due| due.max(now + TimeDelta::milliseconds(1))).filter(|due| *due < until) {
                Some(due) => self.clock.advance(due - now),
                None => break,
            }
        }
        self.clock.advance(until - self.now());
        self.settle().await;
    }

    // Until there is nothing left to do at this moment.
    async fn settle(&mut self) {
        loop {
            let decided = matches!(self.engine.step().await.unwrap(), Step::Worked(_));
            let now = self.now();
            let mut did = 0;
            for (worker, due) in &mut self.workers {
                if decided || due.is_some_and(|due| due <= now) {
                    let step = worker.step().await;
                    did += step.did;
                    *due = step.next;
                }
            }
            if let Some((keeper, due)) = &mut self.pads {
                keeper.touch(std::mem::take(&mut *self.changed.lock().unwrap()));
                *due = keeper.next();
                if due.is_some_and(|due| due <= now) {
                    *due = keeper.step().await;
                }
            }
            if !decided && did == 0 {
                return;
            }
        }
    }

    /// When a pad is looked at next.
    pub fn pads_due(&self) -> Option<DateTime<Utc>> {
        self.pads.as_ref().and_then(|(_, due)| *due)
    }

    /// What happened to pads, in order.
    pub fn pads_told<T>(&self, see: impl Fn(&pads::Event) -> Option<T>) -> Vec<T> {
        self.pads_told.lock().unwrap().iter().filter_map(see).collect()
    }

    /// What this receiver took, in order.
    pub fn taken<T>(&self, receiver: &str, see: impl Fn(&Taken) -> Option<T>) -> Vec<T> {
        let taken = self.taken.lock().unwrap();
        taken.iter().filter(|taken| taken.delivery.receiver == receiver).filter_map(see).collect()
    }

    /// Everything that was decided for this receiver, in order.
    pub async fn decided(&self, receiver: &str) -> Vec<DeliveryRow> {
        let filter = DeliveryFilter { max: 10_000, ..DeliveryFilter::default() };
        let mut rows = self.store.deliveries(filter).await.unwrap();
        rows.retain(|row| row.delivery.receiver == receiver);
        rows.sort_by_key(|row| row.delivery.id);
        rows
    }
}

fn setup(config: &Config) -> Option<Setup> {
    let (etherpad, pads) = (config.etherpad.as_ref()?, config.policy.pads.clone()?);
    let etherpad = Etherpad::new(etherpad, Deadlines::default()).unwrap();
    Some(Setup { etherpad: Arc::new(etherpad), pads })
}

fn observer(taken: &Arc<Mutex<Vec<Taken>>>, clock: &Arc<TestClock>) -> Observer {
    let (taken, clock) = (taken.clone(), clock.clone());
    Observer::new(move |event| {
        if let Event::Ended { delivery, state: DeliveryState::Sent, .. } = event {
            taken.lock().unwrap().push(Taken { delivery: (*delivery).clone(), at: clock.now() });
        }
    })
}
