//! `absent`: no alert fires that matches.

use super::{Outlook, Sight};

/// The leaf: a slot that is empty.
#[derive(Debug)]
pub(in crate::rules) struct Absent {
    pub(super) slot: usize,
    /// Its matchers as written.
    pub(super) matchers: String,
}

impl Absent {
    /// Since now, as far as it can tell: it is asked whenever anything changes, and a `for` keeps when it was first told.
    pub(super) fn outlook(&self, sight: &Sight<'_>) -> Outlook {
        Outlook { from: sight.counts[self.slot].is_empty().then_some(sight.at), next: None }
    }

    pub(super) fn explain(&self, sight: &Sight<'_>) -> String {
        let matchers = &self.matchers;
        match sight.counts[self.slot].len() {
            0 => format!("no alert matches {matchers}"),
            1 => format!("1 alert matches {matchers}, none may"),
            counted => format!("{counted} alerts match {matchers}, none may"),
        }
    }
}
