//! The table of known alerts: episodes open on firing and close on resolved, whatever order messages come in.
//!
//! The state held here is always what the rows say: whatever would be lost by a restart is not remembered, and a message
//! that changes nothing writes nothing.

mod due;
mod episode;
mod event;
mod index;
mod poll;

use super::{Alert, AlertKey, Batch, Fingerprint, Observation, SourceName, Status};
use crate::ids::AlertId;
use crate::incident::entry::Change;
use crate::policy::Timing;
use chrono::{DateTime, Utc};
use episode::{Context, Effect};
use index::{Index, Places, SourceIx};
use std::collections::{BTreeMap, HashMap};

/// All known alerts.
#[derive(Debug, Default)]
pub struct Table {
    alerts: BTreeMap<AlertId, Box<Alert>>,
    by_key: HashMap<(SourceIx, Fingerprint), AlertId, foldhash::fast::FixedState>,
    // Few, and each alert shares the text of its one.
    sources: Vec<SourceName>,
    index: Index,
    // How many open incidents hold an alert.
    pins: HashMap<AlertId, u32, foldhash::fast::FixedState>,
    last_id: u64,
    // The very first start, if it is known: what fired long before it is not news.
    began_at: Option<DateTime<Utc>>,
}

/// What happened to an alert, as far as it concerns incidents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// To which.
    pub alert: AlertId,
    /// What. Never `Attached`: a new alert is `Firing`.
    pub change: Change,
}

/// What a message, a poll or the passing of time changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// In the order they happened.
    pub transitions: Vec<Transition>,
    /// Rows to write, in order, each once.
    pub changed: Vec<AlertId>,
    /// Rows to delete, in order.
    pub forgotten: Vec<AlertId>,
    /// For the metrics.
    pub counts: Counts,
}

/// How many alerts did what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Never seen before, or forgotten since.
    pub new: u64,
    /// Known like that already.
    pub repeated: u64,
    /// Began to fire again.
    pub again: u64,
    /// Ended, whoever said so.
    pub resolved: u64,
    /// Said to fire after their end: waits for the next message, the poll, or `contest`.
    pub contested: u64,
    /// Said to have ended before the episode that runs began.
    pub late: u64,
    /// Left out by a complete message of their group.
    pub unreported: u64,
    /// Found to be muted.
    pub muted: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.new += more.new;
        self.repeated += more.repeated;
        self.again += more.again;
        self.resolved += more.resolved;
        self.contested += more.contested;
        self.late += more.late;
        self.unreported += more.unreported;
        self.muted += more.muted;
    }
}

impl Table {
    /// Knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on from stored rows; `last_id` is the highest ever given. Pins are not stored: pin again what incidents hold
    /// before time passes.
    pub fn restore(alerts: Vec<Alert>, last_id: u64) -> Self {
        let mut table = Self { last_id, ..Self::default() };
        for mut alert in alerts {
            let (source, name) = table.source(&alert.key.source);
            alert.key.source = name;
            table.last_id = table.last_id.max(alert.id.0);
            table.insert(source, alert);
        }
        table
    }

    /// The very first start: alerts seen first that began long before it are marked.
    pub fn began(&mut self, at: DateTime<Utc>) {
        self.began_at = Some(at);
    }

    /// A person says that a pre-existing alert counts. `false` if it is none, or does not fire.
    pub fn adopt(&mut self, id: AlertId) -> bool {
        let adopts = self.get(id).is_some_and(|alert| alert.pre_existing && alert.state.is_open());
        adopts && self.replace(id, |alert| alert.pre_existing = false).is_some()
    }

    /// Takes a message. Whatever its order, firing alerts come first: where a label changes, the new alert fires before
    /// the old one is over, and their incident stays.
    pub fn take(&mut self, batch: &Batch, at: DateTime<Utc>, timing: &Timing) -> Taken {
        let (source, name) = self.source(&batch.source);
        let context = Context { at, timing, group: batch.group, pushed: batch.group.is_none() };
        let mut taken = Taken::default();
        let mut named = Vec::with_capacity(batch.observations.len());
        for status in [Status::Firing, Status::Resolved] {
            for seen in batch.observations.iter().filter(|seen| seen.status == status) {
                named.push(self.observe(source, &name, seen, &context, &mut taken));
            }
        }
        if let Some(group) = batch.group.filter(|_| batch.truncated == 0 && !named.is_empty()) {
            named.sort_unstable();
            self.left_out(source, group, &named, at, &mut taken);
        }
        taken.tidied()
    }

    /// The alert of this row.
    pub fn get(&self, id: AlertId) -> Option<&Alert> {
        self.alerts.get(&id).map(|alert| &**alert)
    }

    /// The alert of this identity.
    pub fn by_key(&self, key: &AlertKey) -> Option<&Alert> {
        let source = self.sources.iter().position(|known| *known == key.source)?;
        self.get(*self.by_key.get(&(SourceIx::new(source), key.fingerprint))?)
    }

    /// All, in the order of their rows.
    pub fn iter(&self) -> impl Iterator<Item = &Alert> {
        self.alerts.values().map(|alert| &**alert)
    }

    /// How many are known.
    pub fn len(&self) -> usize {
        self.alerts.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.alerts.is_empty()
    }

    /// An incident holds this alert: it is not forgotten, however long it has been over. Each pin wants its unpin.
    pub fn pin(&mut self, id: AlertId) {
        let before = self.places(id);
        *self.pins.entry(id).or_default() += 1;
        self.index.put(id, before, self.places(id));
    }

    /// An incident lets this alert go; once none holds it, it is forgotten when its time has come, at once if it has.
    pub fn unpin(&mut self, id: AlertId) {
        let before = self.places(id);
        let Some(pins) = self.pins.get_mut(&id) else { return };
        *pins -= 1;
        if *pins == 0 {
            self.pins.remove(&id);
            self.index.put(id, before, self.places(id));
        }
    }

    fn observe(
        &mut self,
        source: SourceIx,
        name: &SourceName,
        seen: &Observation,
        context: &Context<'_>,
        taken: &mut Taken,
    ) -> AlertId {
        let Some(id) = self.by_key.get(&(source, seen.fingerprint)).copied() else {
            let id = self.first_seen(source, episode::first(name, seen, context));
            taken.counts.new += 1;
            taken.changed.push(id);
            // One that is over already is kept for the timeline; it declares nothing.
            if seen.status == Status::Firing {
                taken.transitions.push(Transition { alert: id, change: Change::Firing });
            }
            return id;
        };
        let effect = self.replace(id, |alert| episode::observe(alert, seen, context)).unwrap_or(Effect::Nothing);
        taken.note(id, effect);
        id
    }

    // A complete message of a group names all of it that fires unmuted: who is missing is muted or gone.
    fn left_out(&mut self, source: SourceIx, group: u64, named: &[AlertId], at: DateTime<Utc>, taken: &mut Taken) {
        let missing: Vec<AlertId> =
            self.index.firing_in(source, group).filter(|id| named.binary_search(id).is_err()).collect();
        for id in missing {
            let effect = self.replace(id, |alert| episode::unreported(alert, at));
            taken.note(id, effect.unwrap_or(Effect::Nothing));
        }
    }

    fn source(&mut self, name: &SourceName) -> (SourceIx, SourceName) {
        let at = self.sources.iter().position(|known| known == name).unwrap_or_else(|| {
            self.sources.push(name.clone());
            self.sources.len() - 1
        });
        (SourceIx::new(at), self.sources[at].clone())
    }

    fn first_seen(&mut self, source: SourceIx, mut alert: Alert) -> AlertId {
        self.last_id += 1;
        alert.id = AlertId(self.last_id);
        let before = self.began_at.map(|began| began - episode::PRE_EXISTING_AFTER);
        let long_ago = alert.claimed_starts_at.zip(before).is_some_and(|(start, before)| start < before);
        alert.pre_existing = long_ago && alert.state.is_open();
        self.insert(source, alert)
    }

    fn insert(&mut self, source: SourceIx, alert: Alert) -> AlertId {
        let id = alert.id;
        self.by_key.insert((source, alert.key.fingerprint), id);
        self.index.add(id, index::places(source, &alert, self.pins.contains_key(&id)));
        self.alerts.insert(id, Box::new(alert));
        id
    }

    fn places(&self, id: AlertId) -> Places {
        let Some(alert) = self.alerts.get(&id) else { return Places::default() };
        let at = self.sources.iter().position(|known| *known == alert.key.source).unwrap_or(usize::MAX);
        index::places(SourceIx::new(at), alert, self.pins.contains_key(&id))
    }

    // The one way to change an alert: the index follows.
    fn replace<T>(&mut self, id: AlertId, change: impl FnOnce(&mut Alert) -> T) -> Option<T> {
        let pinned = self.pins.contains_key(&id);
        let alert = self.alerts.get_mut(&id)?;
        let at = self.sources.iter().position(|known| *known == alert.key.source)?;
        let source = SourceIx::new(at);
        let before = index::places(source, alert, pinned);
        let result = alert.change(change);
        self.index.put(id, before, index::places(source, alert, pinned));
        Some(result)
    }
}

impl Taken {
    fn note(&mut self, alert: AlertId, effect: Effect) {
        let counted = match effect {
            Effect::Nothing | Effect::Kept => &mut self.counts.repeated,
            Effect::Late => &mut self.counts.late,
            Effect::Contested => &mut self.counts.contested,
            Effect::Changed(Change::Attached | Change::Firing) => &mut self.counts.again,
            Effect::Changed(Change::Unreported) => &mut self.counts.unreported,
            Effect::Changed(Change::Muted) => &mut self.counts.muted,
            Effect::Changed(Change::Resolved(_)) => &mut self.counts.resolved,
        };
        *counted += 1;
        self.tell(alert, effect);
    }

    // The same, without counting it.
    fn tell(&mut self, alert: AlertId, effect: Effect) {
        match effect {
            Effect::Nothing | Effect::Late => {}
            Effect::Kept | Effect::Contested => self.changed.push(alert),
            Effect::Changed(change) => {
                self.changed.push(alert);
                self.transitions.push(Transition { alert, change });
            }
        }
    }

    fn tidied(mut self) -> Self {
        self.changed.sort_unstable();
        self.changed.dedup();
        self
    }
}

#[cfg(test)]
mod tests;
