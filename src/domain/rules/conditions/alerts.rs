//! `alerts`: at least so many alerts, distinct values of their labels, or episodes match and count.

use super::slot::Items;
use super::{Outlook, Sight};

/// The leaf: how many of what stands in a slot.
#[derive(Debug)]
pub(in crate::rules) struct Alerts {
    pub(super) slot: usize,
    pub(super) at_least: usize,
    pub(super) words: Words,
}

/// What it counts, for people.
#[derive(Debug)]
pub(super) struct Words {
    /// `alert`
    pub(super) one: String,
    /// `alerts`
    pub(super) many: String,
    /// Its matchers as written, and whatever else limits or widens them.
    pub(super) of: String,
}

impl Words {
    /// Of this many kinds of items; `of` is what stands behind them.
    pub(super) fn new(items: &Items, of: String) -> Self {
        let (one, many) = match items {
            Items::Alerts => ("alert".to_owned(), "alerts".to_owned()),
            Items::Episodes => ("episode".to_owned(), "episodes".to_owned()),
            Items::Distinct(labels) => (labels.join(", "), format!("distinct {}", labels.join(", "))),
        };
        Self { one, many, of }
    }
}

impl Alerts {
    /// Since the start of the alert that made them enough, whenever we heard of it: waits of Alertmanager and our
    /// restarts cost nothing.
    pub(super) fn outlook(&self, sight: &Sight<'_>) -> Outlook {
        let count = &sight.counts[self.slot];
        let from = count.start(self.at_least - 1).map(|start| start.min(sight.at));
        Outlook { from, next: count.next(self.at_least) }
    }

    pub(super) fn explain(&self, sight: &Sight<'_>) -> String {
        let (counted, needed) = (sight.counts[self.slot].len(), self.at_least);
        let Words { one, many, of } = &self.words;
        match (counted, needed) {
            (0, 1) => format!("no {one} matches {of}"),
            (1, 1) => format!("1 {one} matches {of}"),
            (_, 1) => format!("{counted} {many} match {of}"),
            // `7 of 2` would read like a fault.
            _ if counted > needed => format!("{counted} {many} match {of} ({needed} needed)"),
            _ => self.explain_plainly(sight),
        }
    }

    /// Without a negative in it: below a `not`, where "no alert" would be one too many.
    pub(super) fn explain_plainly(&self, sight: &Sight<'_>) -> String {
        let (counted, needed) = (sight.counts[self.slot].len(), self.at_least);
        let Words { many, of, .. } = &self.words;
        format!("{counted} of {needed} {many} match {of}")
    }
}
