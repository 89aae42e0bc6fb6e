//! Keeps the directory: reads calendars, takes changes by hand, and tells the engine what is not as it knows.

mod by_hand;

pub use by_hand::{Changed, NotChanged};

use super::Shared;
use super::calendar::{self, Rota};
use super::compose::{Composed, compose};
use crate::config::{Config, DutyList};
use crate::store::{ByHand, StoreError};
use chrono::{DateTime, TimeDelta, Utc};
use domain::directory::Directory;
use domain::duty::Calendar;
use futures_util::future::join_all;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Looked at this often, even if no calendar changes: what is over is forgotten.
const LOOK_EVERY: TimeDelta = TimeDelta::hours(1);

/// While the store can't write.
const PAUSE: TimeDelta = TimeDelta::seconds(5);

/// The one who keeps it.
pub struct Keeper {
    shared: Shared,
    state: Mutex<State>,
    // Two who put it together at once would tell an old one last.
    turn: tokio::sync::Mutex<()>,
    /// Rung when something is to be looked at now.
    pub bell: Notify,
}

struct State {
    // What the configuration says, and which one: a calendar fetched for another one is dropped.
    written: Directory,
    generation: u64,
    rotas: Vec<Rota>,
    // What the engine was told last.
    told: Directory,
    left_out: Vec<String>,
}

/// What a step did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Whether the engine was told of another directory.
    pub told: bool,
    /// When to look again.
    pub next: DateTime<Utc>,
}

/// How a calendar stands, for pages and metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Of which squad.
    pub squad: String,
    /// When it was read last.
    pub read_at: Option<DateTime<Utc>>,
    /// What went wrong since.
    pub problem: Option<String>,
    /// Events left out.
    pub skipped: usize,
}

/// Everything there is to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Everybody.
    pub directory: Directory,
    /// Names of people that stand in the configuration.
    pub written_people: Vec<String>,
    /// Names of squads that stand there.
    pub written_squads: Vec<String>,
    /// How each calendar stands.
    pub calendars: Vec<Standing>,
}

impl Keeper {
    /// Keeps what this configuration says. `told` is what the engine knows.
    pub fn new(shared: Shared, config: &Config, told: Directory) -> Self {
        let now = shared.clock.now();
        let rotas = rotas(&config.duty_lists, now, &told);
        let written = config.directory.clone();
        let state = State { written, generation: 0, rotas, told, left_out: Vec::new() };
        Self { shared, state: Mutex::new(state), turn: tokio::sync::Mutex::default(), bell: Notify::new() }
    }

    /// Keeps what another configuration says from now on; its calendars are read at once.
    pub async fn replace(&self, config: &Config) -> Result<(), StoreError> {
        let now = self.shared.clock.now();
        {
            let mut state = self.lock();
            state.written = config.directory.clone();
            state.generation += 1;
            let before = std::mem::take(&mut state.rotas);
            state.rotas = rotas(&config.duty_lists, now, &state.told);
            // The same calendar is read again, but what it said stays until then.
            for rota in &mut state.rotas {
                let same = before.iter().find(|before| before.list.squad == rota.list.squad);
                if let Some(same) = same {
                    rota.on_duty = same.on_duty.clone();
                }
            }
        }
        self.tell().await?;
        self.bell.notify_one();
        Ok(())
    }

    /// Reads the calendars that are due, and tells the engine if that changes anything.
    pub async fn step(&self) -> Step {
        let (due, generation) = self.due();
        let client = &self.shared.client;
        let fetched = join_all(due.iter().map(|list| calendar::read(list, client))).await;
        self.take(due, fetched, generation);
        let now = self.shared.clock.now();
        match self.tell().await {
            Ok(told) => Step { told, next: self.next(now) },
            Err(error) => {
                tracing::error!("who is there could not be written: {error}");
                Step { told: false, next: now + PAUSE }
            }
        }
    }

    /// Everything there is to show.
    pub fn shown(&self) -> Shown {
        let state = self.lock();
        let standing = |rota: &Rota| Standing {
            squad: rota.list.squad.clone(),
            read_at: rota.read_at,
            problem: rota.problem.clone(),
            skipped: rota.calendar.as_ref().map_or(0, |calendar| calendar.skipped),
        };
        Shown {
            directory: state.told.clone(),
            written_people: state.written.people.iter().map(|person| person.name.clone()).collect(),
            written_squads: state.written.squads.iter().map(|squad| squad.name.clone()).collect(),
            calendars: state.rotas.iter().map(standing).collect(),
        }
    }

    fn due(&self) -> (Vec<DutyList>, u64) {
        let now = self.shared.clock.now();
        let state = self.lock();
        let due = state.rotas.iter().filter(|rota| rota.next_read <= now);
        (due.map(|rota| rota.list.clone()).collect(), state.generation)
    }

    fn take(&self, due: Vec<DutyList>, fetched: Vec<Result<Calendar, String>>, generation: u64) {
        let now = self.shared.clock.now();
        let mut state = self.lock();
        if state.generation != generation {
            return;
        }
        for (list, fetched) in due.into_iter().zip(fetched) {
            if let Some(rota) = state.rotas.iter_mut().find(|rota| rota.list.squad == list.squad) {
                rota.take(fetched, now);
            }
        }
    }

    fn next(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let state = self.lock();
        let changes = state.rotas.iter().filter_map(|rota| rota.on_duty.next_change);
        let reads = state.rotas.iter().map(|rota| rota.next_read);
        changes.chain(reads).filter(|at| *at > now).fold(now + LOOK_EVERY, DateTime::min)
    }

    /// Tells the engine, if it is not what it knows; says whether it did.
    pub async fn tell(&self) -> Result<bool, StoreError> {
        let _turn = self.turn.lock().await;
        self.tell_in_turn().await
    }

    async fn tell_in_turn(&self) -> Result<bool, StoreError> {
        let by_hand = self.shared.store.people().by_hand().await?;
        let now = self.shared.clock.now();
        let directory = {
            let mut state = self.lock();
            let Composed { directory, left_out } = state.compose(&by_hand, now);
            state.say_left_out(left_out);
            if directory == state.told {
                return Ok(false);
            }
            directory
        };
        self.shared.inbox.directory(&directory).await?;
        self.lock().told = directory;
        Ok(true)
    }

    // Every step under it leaves the state whole, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn compose(&mut self, by_hand: &ByHand, now: DateTime<Utc>) -> Composed {
        let people = compose(&self.written, by_hand, Vec::new(), now).directory.people;
        self.rotas.iter_mut().for_each(|rota| rota.ask(now, &people));
        let shifts = self.rotas.iter().flat_map(Rota::shifts).collect();
        compose(&self.written, by_hand, shifts, now)
    }

    // When it changes, not each time it is put together.
    fn say_left_out(&mut self, left_out: Vec<String>) {
        for said in left_out.iter().filter(|said| !self.left_out.contains(said)) {
            tracing::warn!("{said}");
        }
        self.left_out = left_out;
    }
}

fn rotas(lists: &[DutyList], now: DateTime<Utc>, told: &Directory) -> Vec<Rota> {
    lists.iter().map(|list| Rota::new(list.clone(), now, &told.on_duty)).collect()
}
