//! `within`: what fired in the last so many minutes counts too, although it is over.

use super::slot::Items;
use crate::alert::{Alert, Pairs};
use crate::duration::Duration;
use crate::ids::AlertId;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

// Stands for the end of what still fires.
const FIRES: DateTime<Utc> = DateTime::<Utc>::MAX_UTC;

/// What counts in one slot of one subject. Adding, taking away and forgetting cost the same however much there is.
#[derive(Debug, Clone)]
pub(in crate::rules) struct Window {
    within: TimeDelta,
    items: Items,
    alerts: BTreeMap<AlertId, Member>,
    counted: BTreeMap<Item, Spans>,
    // Items, by start of their first span.
    starts: BTreeSet<(DateTime<Utc>, Item)>,
    // Items that don't fire, by end of their last span.
    ends: BTreeSet<(DateTime<Utc>, Item)>,
    // Spans that are over.
    over: BTreeSet<(DateTime<Utc>, AlertId, DateTime<Utc>)>,
}

#[derive(Debug, Clone, Default)]
struct Member {
    tuple: Pairs,
    // End by start.
    spans: BTreeMap<DateTime<Utc>, DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Alert(AlertId),
    Tuple(Pairs),
    Episode(AlertId, DateTime<Utc>),
}

// The times that make one item.
#[derive(Debug, Clone, Default)]
struct Spans {
    starts: BTreeSet<(DateTime<Utc>, AlertId)>,
    ends: BTreeSet<(DateTime<Utc>, AlertId, DateTime<Utc>)>,
}

impl Spans {
    fn first(&self) -> Option<DateTime<Utc>> {
        self.starts.first().map(|(start, _)| *start)
    }

    fn last(&self) -> Option<DateTime<Utc>> {
        self.ends.last().map(|(end, _, _)| *end)
    }
}

impl Window {
    /// Nothing yet.
    pub fn new(within: Duration, items: &Items) -> Self {
        Self {
            within: within.delta(),
            items: items.clone(),
            alerts: BTreeMap::new(),
            counted: BTreeMap::new(),
            starts: BTreeSet::new(),
            ends: BTreeSet::new(),
            over: BTreeSet::new(),
        }
    }

    /// Counts this alert at these times, and at no others; ends by starts, none while it fires.
    pub fn set(&mut self, alert: &Alert, spans: BTreeMap<DateTime<Utc>, Option<DateTime<Utc>>>) {
        let spans = spans.into_iter().map(|(start, end)| (start, end.unwrap_or(FIRES))).collect();
        let member = self.alerts.get(&alert.id);
        if member.map_or(&BTreeMap::new(), |member| &member.spans) == &spans {
            return;
        }
        let member = self.alerts.remove(&alert.id).unwrap_or_else(|| {
            let tuple =
                if let Items::Distinct(labels) = &self.items { alert.labels.only(labels) } else { Pairs::default() };
            Member { tuple, spans: BTreeMap::new() }
        });
        for (start, end) in &member.spans {
            self.remove(alert.id, &member.tuple, *start, *end);
        }
        for (start, end) in &spans {
            self.add(alert.id, &member.tuple, *start, *end);
        }
        if !spans.is_empty() {
            self.alerts.insert(alert.id, Member { spans, ..member });
        }
    }

    /// Forgets what was over so long before.
    pub fn expire(&mut self, at: DateTime<Utc>) {
        while let Some((end, alert, start)) = self.over.first().copied().filter(|(end, _, _)| *end + self.within <= at)
        {
            let Some(mut member) = self.alerts.remove(&alert) else { return };
            self.remove(alert, &member.tuple, start, end);
            member.spans.remove(&start);
            if !member.spans.is_empty() {
                self.alerts.insert(alert, member);
            }
        }
    }

    pub fn is_current(&self, at: DateTime<Utc>) -> bool {
        self.over.first().is_none_or(|(end, _, _)| *end + self.within > at)
    }

    pub fn has(&self, alert: AlertId) -> bool {
        self.alerts.contains_key(&alert)
    }

    pub fn alerts(&self) -> impl Iterator<Item = AlertId> {
        self.alerts.keys().copied()
    }

    pub fn fires(&self) -> bool {
        self.firing() > 0
    }

    pub fn len(&self) -> usize {
        self.starts.len()
    }

    pub fn start(&self, place: usize) -> Option<DateTime<Utc>> {
        self.starts.iter().nth(place).map(|(start, _)| *start)
    }

    /// While there are enough: when too many will have left. Where there are not: when the last has left, so that what
    /// counts nothing is not kept.
    pub fn next(&self, at_least: usize) -> Option<DateTime<Utc>> {
        let stay = if self.len() >= at_least { at_least } else { 1 };
        let place = stay.checked_sub(self.firing() + 1)?;
        self.ends.iter().nth_back(place).map(|(end, _)| *end + self.within)
    }

    fn firing(&self) -> usize {
        self.starts.len() - self.ends.len()
    }

    fn item(&self, alert: AlertId, tuple: &Pairs, start: DateTime<Utc>) -> Item {
        match self.items {
            Items::Alerts => Item::Alert(alert),
            Items::Distinct(_) => Item::Tuple(tuple.clone()),
            Items::Episodes => Item::Episode(alert, start),
        }
    }

    fn add(&mut self, alert: AlertId, tuple: &Pairs, start: DateTime<Utc>, end: DateTime<Utc>) {
        if end != FIRES {
            self.over.insert((end, alert, start));
        }
        self.change(self.item(alert, tuple, start), |spans| {
            spans.starts.insert((start, alert));
            spans.ends.insert((end, alert, start));
        });
    }

    fn remove(&mut self, alert: AlertId, tuple: &Pairs, start: DateTime<Utc>, end: DateTime<Utc>) {
        self.over.remove(&(end, alert, start));
        self.change(self.item(alert, tuple, start), |spans| {
            spans.starts.remove(&(start, alert));
            spans.ends.remove(&(end, alert, start));
        });
    }

    fn change(&mut self, item: Item, change: impl FnOnce(&mut Spans)) {
        let spans = self.counted.entry(item.clone()).or_default();
        let before = (spans.first(), spans.last());
        change(spans);
        let after = (spans.first(), spans.last());
        if spans.starts.is_empty() {
            self.counted.remove(&item);
        }
        let over = |end: Option<DateTime<Utc>>| end.filter(|end| *end != FIRES);
        shift(&mut self.starts, &item, before.0, after.0);
        shift(&mut self.ends, &item, over(before.1), over(after.1));
    }
}

fn shift(
    set: &mut BTreeSet<(DateTime<Utc>, Item)>,
    item: &Item,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
) {
    if from == to {
        return;
    }
    if let Some(from) = from {
        set.remove(&(from, item.clone()));
    }
    if let Some(to) = to {
        set.insert((to, item.clone()));
    }
}
