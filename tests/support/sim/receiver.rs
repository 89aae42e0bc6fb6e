//! A receiver with a memory: what people there have seen, in order; and every way to misbehave.

use super::faults::Process;
use super::{chance, pick};
use async_trait::async_trait;
use domain::delivery::{Delivery, Lane, Outcome};
use earlybell::channels::{Attempt, Channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What one person there would scroll through.
#[derive(Debug, Clone)]
pub struct Seen {
    pub delivery: Delivery,
    pub thread: Option<String>,
    /// It was seen before: the receiver can't tell, or was not asked.
    pub again: bool,
}

/// What a receiver can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It can be asked whether something arrived (Slack).
    LooksUp,
    /// It can't (mail).
    Blind,
}

/// How a receiver behaves now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Good,
    Bad,
    Refusing,
}

/// A receiver.
pub struct SimReceiver {
    pub kind: Kind,
    process: Process,
    inside: Mutex<Inside>,
}

struct Inside {
    random: fastrand::Rng,
    mood: Mood,
    seen: Vec<Seen>,
}

impl SimReceiver {
    pub fn new(kind: Kind, process: Process, seed: u64) -> Arc<Self> {
        let inside = Inside { random: fastrand::Rng::with_seed(seed), mood: Mood::Good, seen: Vec::new() };
        Arc::new(Self { kind, process, inside: Mutex::new(inside) })
    }

    pub fn set_mood(&self, mood: Mood) {
        self.inside.lock().unwrap().mood = mood;
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.inside.lock().unwrap().seen.clone()
    }

    fn accept(&self, inside: &mut Inside, attempt: &Attempt) -> Outcome {
        let again = inside.seen.iter().any(|seen| seen.delivery.id == attempt.delivery.id);
        if again {
            assert!(
                self.kind == Kind::Blind && attempt.unsure || attempt.delivery.lane == Lane::Put,
                "{} was sent twice, and not for want of knowing",
                attempt.delivery.key
            );
        }
        inside.seen.push(Seen { delivery: attempt.delivery.clone(), thread: attempt.thread.clone(), again });
        Outcome::Sent { remote_id: Some(format!("r-{}", attempt.delivery.id)) }
    }
}

#[async_trait]
impl Channel for SimReceiver {
    async fn send(&self, attempt: &Attempt) -> Outcome {
        let mut inside = self.inside.lock().unwrap();
        let inside = &mut *inside;
        if attempt.unsure && self.kind == Kind::LooksUp && attempt.delivery.lane != Lane::Put {
            let there = inside.seen.iter().any(|seen| seen.delivery.id == attempt.delivery.id);
            if there {
                return Outcome::Sent { remote_id: Some(format!("r-{}", attempt.delivery.id)) };
            }
        }
        match inside.mood {
            Mood::Good => {
                if chance(&mut inside.random, 3) {
                    self.process.kill();
                    if chance(&mut inside.random, 50) {
                        self.accept(inside, attempt);
                    }
                }
                self.accept_if_alive(inside, attempt)
            }
            Mood::Refusing => Outcome::Fatal { because: "no such channel".to_owned() },
            Mood::Bad => match *pick(&mut inside.random, &[0, 1, 2, 3, 4]) {
                0 => Outcome::Retry { because: "500".to_owned(), after: None, unsure: false },
                1 => Outcome::Retry { because: "429".to_owned(), after: Some(Duration::from_secs(40)), unsure: false },
                2 => {
                    self.accept(inside, attempt);
                    Outcome::Retry { because: "the answer was lost".to_owned(), after: None, unsure: true }
                }
                3 => Outcome::Retry { because: "hung".to_owned(), after: None, unsure: true },
                _ => Outcome::Misconfigured { because: "invalid_auth".to_owned() },
            },
        }
    }
}

impl SimReceiver {
    fn accept_if_alive(&self, inside: &mut Inside, attempt: &Attempt) -> Outcome {
        if self.process.is_dead() {
            return Outcome::Retry { because: "nobody hears this".to_owned(), after: None, unsure: true };
        }
        self.accept(inside, attempt)
    }
}
