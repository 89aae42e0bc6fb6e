//! `heartbeats`: what may be wrong with them.

use super::{CONFIG, Heartbeat, PolicySource};
use crate::alert::matcher::MatcherText;
use crate::duration::Duration;
use crate::rules::compile::Mistake;

/// Shortest interval: a replica of Alertmanager that is restarted is silent for longer than a few seconds.
pub const HEARTBEAT_MIN: Duration = Duration::seconds(10);

/// What is wrong with heartbeats, each with its place in the configuration.
pub(super) fn check(source: &PolicySource) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for (at, heartbeat) in source.heartbeats.iter().enumerate() {
        let path = |key: &str| format!("heartbeats[{at}].{key}");
        let mut wrong = |key, problem: String| {
            mistakes.push(Mistake { file: CONFIG.to_owned(), path: path(key), problem });
        };
        if heartbeat.name.is_empty() {
            wrong("name", "is empty; name the heartbeat".to_owned());
        }
        if source.heartbeats[..at].iter().any(|before| before.name == heartbeat.name) {
            wrong("name", format!("another heartbeat is named `{}`", heartbeat.name));
        }
        if !asks_for_something(heartbeat) {
            wrong("matchers", "match every alert; write for example `alertname = Watchdog`".to_owned());
        }
        if heartbeat.interval < HEARTBEAT_MIN {
            wrong("interval", format!("is {}; at least {HEARTBEAT_MIN}", heartbeat.interval));
        }
    }
    mistakes
}

fn asks_for_something(heartbeat: &Heartbeat) -> bool {
    heartbeat.matchers.iter().flat_map(MatcherText::matchers).any(|matcher| !matcher.matches(""))
}
