//! A channel that does what the test wrote down, and writes down what it was asked to do.

use async_trait::async_trait;
use domain::delivery::Outcome;
use earlybell::channels::{Attempt, Channel};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

/// What the channel does with one attempt.
#[derive(Clone)]
pub enum Act {
    Answer(Outcome),
    /// Never ends.
    Hang,
    Panic,
    /// Says that it began, and accepts when the test lets it go.
    Held {
        began: Arc<Notify>,
        go: Arc<Notify>,
    },
}

pub struct Scripted {
    script: Mutex<VecDeque<Act>>,
    otherwise: Mutex<Option<Act>>,
    seen: Mutex<Vec<String>>,
}

impl Scripted {
    /// Does these in turn, then accepts everything.
    pub fn new(script: impl IntoIterator<Item = Act>) -> Arc<Self> {
        let script = Mutex::new(script.into_iter().collect());
        Arc::new(Self { script, otherwise: Mutex::default(), seen: Mutex::default() })
    }

    /// Does this with everything, from now on; `None` accepts.
    pub fn always(&self, act: Option<Act>) {
        *self.otherwise.lock().unwrap() = act;
    }

    /// Attempts since the last look, sorted: those of different incidents run beside each other.
    pub fn seen(&self) -> Vec<String> {
        let mut seen = std::mem::take(&mut *self.seen.lock().unwrap());
        seen.sort();
        seen
    }

    fn next(&self) -> Option<Act> {
        self.script.lock().unwrap().pop_front().or_else(|| self.otherwise.lock().unwrap().clone())
    }
}

#[async_trait]
impl Channel for Scripted {
    async fn send(&self, attempt: &Attempt) -> Outcome {
        let delivery = &attempt.delivery;
        let thread = attempt.thread.as_ref().map(|id| format!(" in {id}")).unwrap_or_default();
        let unsure = if attempt.unsure { " looking first" } else { "" };
        let line = format!("{} {} #{}{thread}{unsure}", delivery.incident, delivery.notice.word(), attempt.number);
        self.seen.lock().unwrap().push(line);
        let accepted = Outcome::Sent { remote_id: Some(format!("id-{}", delivery.id)) };
        match self.next() {
            None => accepted,
            Some(Act::Answer(outcome)) => outcome,
            Some(Act::Hang) => std::future::pending().await,
            Some(Act::Panic) => panic!("a bug in the channel"),
            Some(Act::Held { began, go }) => {
                began.notify_one();
                go.notified().await;
                accepted
            }
        }
    }
}

pub fn failed(because: &str) -> Act {
    Act::Answer(Outcome::Retry { because: because.into(), after: None, unsure: false })
}

pub fn asked_to_wait(seconds: u64) -> Act {
    let after = Some(Duration::from_secs(seconds));
    Act::Answer(Outcome::Retry { because: "ratelimited".into(), after, unsure: false })
}

pub fn misconfigured(because: &str) -> Act {
    Act::Answer(Outcome::Misconfigured { because: because.into() })
}

pub fn fatal(because: &str) -> Act {
    Act::Answer(Outcome::Fatal { because: because.into() })
}
