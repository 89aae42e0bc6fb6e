//! Conditions, compiled: a tree whose leaves count alerts. One file per kind; this one holds what all nodes share.
//!
//! What a node says is a time: from when on it is true, if no alert changes. A time that has come means true, a later one
//! that only a `for` still runs, none that alerts must change first. And when it should be asked again, because a `for`
//! is over or something leaves a `within`. Asked after every change and then, it misses nothing; asked more often, it
//! says the same.

mod absent;
mod alerts;
mod all;
mod any;
mod compile;
mod firing;
mod held;
mod not;
mod slot;
mod some;
mod within;

pub use compile::{AT_LEAST_MAX, NESTING_MAX};
pub(super) use compile::{Compiler, name_problem};
pub(super) use slot::{Count, Slot};

use crate::incident::Explanation;
use crate::incident::explanation::Mark;
use absent::Absent;
use alerts::Alerts;
use chrono::{DateTime, Utc};
use held::Held;

/// One node of a condition.
#[derive(Debug)]
pub(super) struct Node {
    kind: Kind,
    held: Option<Held>,
}

#[derive(Debug)]
enum Kind {
    Alerts(Alerts),
    Absent(Absent),
    All(Vec<Node>),
    Any(Vec<Node>),
    Some { at_least: usize, of: Vec<Node> },
    Not(Box<Node>),
}

/// What a node says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Outlook {
    /// From when on it is true, if no alert changes.
    pub from: Option<DateTime<Utc>>,
    /// The earliest later time at which it may become true or false, if no alert changes.
    pub next: Option<DateTime<Utc>>,
}

impl Outlook {
    /// Since when it is true, if it is.
    pub fn since(self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.from.filter(|from| *from <= at)
    }
}

/// What a node is asked against.
pub(super) struct Sight<'a> {
    /// Alerts counted, by the rule's slots; what expired by then is taken out.
    pub counts: &'a [Count],
    /// When.
    pub at: DateTime<Utc>,
}

/// What an alert does to a condition when it begins to fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// It may make it true.
    For,
    /// It may make it false.
    Against,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::For => Self::Against,
            Self::Against => Self::For,
        }
    }
}

impl Node {
    /// Whether it is true. Starts and clears the holds on the way.
    pub fn outlook(&self, sight: &Sight<'_>, holds: &mut [Option<DateTime<Utc>>]) -> Outlook {
        // Every part is asked, even where one settles it: each keeps its own holds.
        let outlook = match &self.kind {
            Kind::Alerts(alerts) => alerts.outlook(sight),
            Kind::Absent(absent) => absent.outlook(sight),
            Kind::All(parts) => all::outlook(parts.iter().map(|part| part.outlook(sight, holds))),
            Kind::Any(parts) => any::outlook(parts.iter().map(|part| part.outlook(sight, holds))),
            Kind::Some { at_least, of } => some::outlook(of.iter().map(|part| part.outlook(sight, holds)), *at_least),
            Kind::Not(part) => not::outlook(part.outlook(sight, holds), sight.at),
        };
        match self.held {
            Some(held) => held.outlook(outlook, sight.at, &mut holds[held.slot]),
            None => outlook,
        }
    }

    /// The tree of reasons. The holds are those that [`Node::outlook`] left.
    pub fn explain(&self, sight: &Sight<'_>, holds: &mut [Option<DateTime<Utc>>]) -> Explanation {
        let verdict = mark(self.outlook(sight, holds), sight.at);
        let parts: Vec<Explanation> = self.shown().iter().map(|part| part.explain(sight, holds)).collect();
        let text = match &self.kind {
            Kind::Alerts(alerts) => alerts.explain(sight),
            Kind::Absent(absent) => absent.explain(sight),
            Kind::All(_) => all::explain(&parts),
            Kind::Any(_) => any::explain(&parts),
            Kind::Some { at_least, .. } => some::explain(&parts, *at_least),
            Kind::Not(part) => not::explain(&part.plainly(sight, holds)),
        };
        Explanation { verdict, text: text + &self.explain_hold(sight, holds), parts }
    }

    /// Adds the slots of the leaves whose alerts are on this side.
    pub fn slots(&self, side: Side, slots: &mut Vec<usize>) {
        match &self.kind {
            Kind::Alerts(alerts) if side == Side::For => slots.push(alerts.slot),
            Kind::Absent(absent) if side == Side::Against => slots.push(absent.slot),
            Kind::Alerts(_) | Kind::Absent(_) => {}
            Kind::All(parts) | Kind::Any(parts) | Kind::Some { of: parts, .. } => {
                parts.iter().for_each(|part| part.slots(side, slots));
            }
            Kind::Not(part) => part.slots(side.other(), slots),
        }
    }

    /// Whether it is true with no alert at all, once every `for` is over.
    pub fn is_true_of_nothing(&self) -> bool {
        let is_true = |part: &&Node| part.is_true_of_nothing();
        match &self.kind {
            Kind::Alerts(_) => false,
            Kind::Absent(_) => true,
            Kind::All(parts) => parts.iter().all(|part| is_true(&part)),
            Kind::Any(parts) => parts.iter().any(|part| is_true(&part)),
            Kind::Some { at_least, of } => of.iter().filter(is_true).count() >= *at_least,
            Kind::Not(part) => !part.is_true_of_nothing(),
        }
    }

    /// Whether it, or a `for` in it, has something to say with no alert at all.
    pub fn minds_nothing(&self) -> bool {
        self.is_true_of_nothing() || self.holds_nothing()
    }

    fn holds_nothing(&self) -> bool {
        self.held.is_some() && self.is_true_of_nothing() || self.parts().iter().any(Self::holds_nothing)
    }

    fn parts(&self) -> &[Node] {
        match &self.kind {
            Kind::Alerts(_) | Kind::Absent(_) => &[],
            Kind::All(parts) | Kind::Any(parts) | Kind::Some { of: parts, .. } => parts,
            Kind::Not(part) => std::slice::from_ref(part),
        }
    }

    // The parts that stand below it in its explanation: a `not` of a leaf is one line.
    fn shown(&self) -> &[Node] {
        match &self.kind {
            Kind::Not(part) => part.parts(),
            _ => self.parts(),
        }
    }

    // Its own line, without a negative where that is possible.
    fn plainly(&self, sight: &Sight<'_>, holds: &mut [Option<DateTime<Utc>>]) -> String {
        match &self.kind {
            Kind::Alerts(alerts) => alerts.explain_plainly(sight) + &self.explain_hold(sight, holds),
            _ => self.explain(sight, holds).text,
        }
    }

    fn explain_hold(&self, sight: &Sight<'_>, holds: &[Option<DateTime<Utc>>]) -> String {
        self.held.map_or_else(String::new, |held| held.explain(holds[held.slot], sight.at))
    }
}

fn mark(outlook: Outlook, at: DateTime<Utc>) -> Mark {
    match outlook.from {
        Some(from) if from <= at => Mark::Met,
        Some(_) => Mark::Holding,
        None => Mark::NotMet,
    }
}

fn earliest(first: Option<DateTime<Utc>>, second: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    [first, second].into_iter().flatten().min()
}

fn met(parts: &[Explanation]) -> usize {
    parts.iter().filter(|part| part.verdict == Mark::Met).count()
}
