//! Where an alert stands in the orders that the table is asked by: members of a group, and deadlines.

use crate::alert::{Alert, AlertState, OWN_SOURCE};
use crate::ids::AlertId;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// Place of a source in the table's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SourceIx(u32);

impl SourceIx {
    pub(super) fn new(at: usize) -> Self {
        // Sources are configured by hand; there are no four billion.
        Self(u32::try_from(at).unwrap_or(u32::MAX))
    }
}

/// Where one alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Places {
    // Fires, in this group.
    member: Option<(SourceIx, u64)>,
    // Open: goes stale some time after this.
    heard: Option<DateTime<Utc>>,
    // Over, and held by nobody: forgotten some time after this.
    over: Option<DateTime<Utc>>,
    // Something happens exactly then: the end of a contest, or its own `endsAt`.
    exact: Option<DateTime<Utc>>,
}

/// Orders of all alerts. Times that depend on the configuration are added when asked, so that a changed configuration
/// needs no rebuilding.
#[derive(Debug, Default)]
pub(super) struct Index {
    members: BTreeSet<(SourceIx, u64, AlertId)>,
    heard: BTreeSet<(DateTime<Utc>, AlertId)>,
    over: BTreeSet<(DateTime<Utc>, AlertId)>,
    exact: BTreeSet<(DateTime<Utc>, AlertId)>,
}

/// Where this alert belongs.
pub(super) fn places(source: SourceIx, alert: &Alert, pinned: bool) -> Places {
    let seen = Some(alert.last_seen);
    // Nobody repeats what we say ourselves.
    let heard = seen.filter(|_| *alert.key.source.0 != *OWN_SOURCE);
    match &alert.state {
        AlertState::Firing => {
            Places { member: alert.group.map(|group| (source, group)), heard, exact: alert.expires_at, over: None }
        }
        AlertState::Unreported { .. } | AlertState::Muted { .. } => {
            Places { heard, exact: alert.expires_at, ..Places::default() }
        }
        AlertState::Resolved { contested_until: Some(until), .. } => {
            Places { exact: Some(*until), ..Places::default() }
        }
        AlertState::Resolved { contested_until: None, .. } => {
            Places { over: seen.filter(|_| !pinned), ..Places::default() }
        }
    }
}

impl Index {
    pub(super) fn add(&mut self, id: AlertId, to: Places) {
        self.put(id, Places::default(), to);
    }

    pub(super) fn remove(&mut self, id: AlertId, from: Places) {
        self.put(id, from, Places::default());
    }

    /// Moves an alert; the common case, that nothing moves, touches nothing.
    pub(super) fn put(&mut self, id: AlertId, from: Places, to: Places) {
        if from == to {
            return;
        }
        let member = |(source, group)| (source, group, id);
        shift(&mut self.members, from.member.map(member), to.member.map(member));
        let timed = |at| (at, id);
        shift(&mut self.heard, from.heard.map(timed), to.heard.map(timed));
        shift(&mut self.over, from.over.map(timed), to.over.map(timed));
        shift(&mut self.exact, from.exact.map(timed), to.exact.map(timed));
    }

    /// Who fires in this group, in order.
    pub(super) fn firing_in(&self, source: SourceIx, group: u64) -> impl Iterator<Item = AlertId> {
        let (first, last) = (AlertId(0), AlertId(u64::MAX));
        self.members.range((source, group, first)..=(source, group, last)).map(|(_, _, id)| *id)
    }

    /// Heard of last, of the open ones: the longest ago.
    pub(super) fn first_heard(&self) -> Option<(DateTime<Utc>, AlertId)> {
        self.heard.first().copied()
    }

    /// Heard of last, of those that are over and held by nobody: the longest ago.
    pub(super) fn first_over(&self) -> Option<(DateTime<Utc>, AlertId)> {
        self.over.first().copied()
    }

    /// The first end of a contest, or `endsAt`.
    pub(super) fn first_exact(&self) -> Option<(DateTime<Utc>, AlertId)> {
        self.exact.first().copied()
    }
}

fn shift<T: Ord>(set: &mut BTreeSet<T>, from: Option<T>, to: Option<T>) {
    if from == to {
        return;
    }
    if let Some(from) = from {
        set.remove(&from);
    }
    if let Some(to) = to {
        set.insert(to);
    }
}
