//! Conditions, compiled: a tree whose leaves count alerts. One file per kind; this one holds what all nodes share.
//!
//! What a node says is a time: from when on it is true, if nothing changes. A time that has come means true, a later
//! one that only a `for` still runs, none that alerts must change first. So one pass gives the verdict and the moment
//! at which it may change by itself, and it does not matter how often anyone asks.

pub mod alerts;
mod all;
mod any;
mod compile;

pub use compile::{AT_LEAST_MAX, NESTING_MAX};
pub(super) use compile::{Compiler, Slot, name_problem};

use crate::duration::Duration;
use crate::incident::Explanation;
use crate::incident::explanation::Mark;
use alerts::{Alerts, Count};
use chrono::{DateTime, Utc};

/// One node of a condition.
#[derive(Debug)]
pub(super) struct Node {
    kind: Kind,
    held: Option<Held>,
}

#[derive(Debug)]
enum Kind {
    Alerts(Alerts),
    All(Vec<Node>),
    Any(Vec<Node>),
}

// `for`: how long, and the place of its hold among those of the rule.
#[derive(Debug, Clone, Copy)]
struct Held {
    length: Duration,
    slot: usize,
}

/// What a node is asked against.
pub(super) struct Sight<'a> {
    /// Alerts counted, by the rule's slots.
    pub counts: &'a [Count],
    /// When.
    pub at: DateTime<Utc>,
}

impl Node {
    /// From when on it is true if nothing changes. Starts and clears the holds on the way.
    pub fn true_from(&self, sight: &Sight<'_>, holds: &mut [Option<DateTime<Utc>>]) -> Option<DateTime<Utc>> {
        let from = match &self.kind {
            Kind::Alerts(alerts) => alerts.true_from(sight),
            // Every part is asked, even where one settles it: each keeps its own holds.
            Kind::All(parts) => all::true_from(parts.iter().map(|part| part.true_from(sight, holds))),
            Kind::Any(parts) => any::true_from(parts.iter().map(|part| part.true_from(sight, holds))),
        };
        let Some(held) = self.held else { return from };
        let hold = &mut holds[held.slot];
        *hold = from.map(|from| match *hold {
            // True when last asked, or since the time that was foreseen then, and true now: alerts that started it may be
            // gone, and it still holds.
            Some(since) if from <= sight.at => since.min(from),
            _ => from,
        });
        hold.map(|since| since + held.length.delta())
    }

    /// The tree of reasons. The holds are those that [`Node::true_from`] left.
    pub fn explain(&self, sight: &Sight<'_>, holds: &mut [Option<DateTime<Utc>>]) -> Explanation {
        let verdict = mark(self.true_from(sight, holds), sight.at);
        let (text, parts) = match &self.kind {
            Kind::Alerts(alerts) => (alerts.explain(sight), Vec::new()),
            Kind::All(parts) => named(all::explain, parts, sight, holds),
            Kind::Any(parts) => named(any::explain, parts, sight, holds),
        };
        let held = self.held.and_then(|held| Some((held, holds[held.slot].filter(|since| *since <= sight.at)?)));
        let text = match held {
            Some((held, since)) => format!("{text}; held {} of {}", whole_seconds(since, sight.at), held.length),
            None => text,
        };
        Explanation { verdict, text, parts }
    }

    /// Adds the slots its leaves read.
    pub fn slots(&self, slots: &mut Vec<usize>) {
        match &self.kind {
            Kind::Alerts(alerts) => slots.push(alerts.slot()),
            Kind::All(parts) | Kind::Any(parts) => parts.iter().for_each(|part| part.slots(slots)),
        }
    }
}

fn named(
    name: fn(&[Explanation]) -> String,
    parts: &[Node],
    sight: &Sight<'_>,
    holds: &mut [Option<DateTime<Utc>>],
) -> (String, Vec<Explanation>) {
    let parts: Vec<Explanation> = parts.iter().map(|part| part.explain(sight, holds)).collect();
    (name(&parts), parts)
}

fn mark(from: Option<DateTime<Utc>>, at: DateTime<Utc>) -> Mark {
    match from {
        Some(from) if from <= at => Mark::Met,
        Some(_) => Mark::Holding,
        None => Mark::NotMet,
    }
}

fn met(parts: &[Explanation]) -> usize {
    parts.iter().filter(|part| part.verdict == Mark::Met).count()
}

// Milliseconds are noise to a reader.
fn whole_seconds(since: DateTime<Utc>, at: DateTime<Utc>) -> Duration {
    Duration::seconds(u32::try_from(Duration::between(since, at).as_seconds()).unwrap_or(u32::MAX))
}
