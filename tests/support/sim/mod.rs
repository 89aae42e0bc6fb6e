//! A seeded world around the real engine loop, the real workers and the real store: people, alerts, receivers that
//! misbehave, and a process that dies at any commit or send.

pub mod faults;
pub mod life;
pub mod people;
pub mod receiver;
pub mod watch;

use chrono::{DateTime, TimeDelta, Utc};
use earlybell::clock::Clock;
use std::sync::{Arc, Mutex};

/// A clock that stands still until it is told.
#[derive(Clone)]
pub struct SimClock(Arc<Mutex<DateTime<Utc>>>);

impl SimClock {
    pub fn at(now: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    pub fn forward(&self, by: TimeDelta) {
        *self.0.lock().unwrap() += by;
    }

    pub fn forward_to(&self, at: DateTime<Utc>) {
        let mut now = self.0.lock().unwrap();
        *now = at.max(*now);
    }
}

impl Clock for SimClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// Picks one; every choice of a world comes from its one seeded source.
pub fn pick<'a, T>(random: &mut fastrand::Rng, from: &'a [T]) -> &'a T {
    &from[random.usize(..from.len())]
}

/// True so many times in a hundred.
pub fn chance(random: &mut fastrand::Rng, percent: u32) -> bool {
    random.u32(..100) < percent
}
