//! `active_time_intervals` and `mute_time_intervals`: when a rule declares at all.

use super::standing::Standing;
use super::state::State;
use crate::interval::Intervals;
use crate::rules::Rule;
use chrono::{DateTime, Utc};

impl State {
    /// Why this rule declares nothing now, if a time says so.
    pub(super) fn out_of_hours(&self, rule: &Rule, at: DateTime<Utc>) -> Option<Standing> {
        if let Some((name, interval)) = self.named(&rule.model.mute_time_intervals).find(|(_, i)| i.holds(at)) {
            return Some(Standing::Muted { interval: name.to_owned(), until: interval.next_edge(at) });
        }
        let active = &rule.model.active_time_intervals;
        if active.is_empty() || self.named(active).any(|(_, interval)| interval.holds(at)) {
            return None;
        }
        let until = self.named(active).filter_map(|(_, interval)| interval.next_edge(at)).min();
        Some(Standing::Inactive { until })
    }

    /// When its times say something else.
    pub(super) fn hour_edges(&self, rule: &Rule) -> Vec<DateTime<Utc>> {
        let named = self.named(&rule.model.mute_time_intervals).chain(self.named(&rule.model.active_time_intervals));
        named.filter_map(|(_, interval)| interval.next_edge(self.at)).collect()
    }

    fn named<'a>(&'a self, names: &'a [String]) -> impl Iterator<Item = (&'a str, &'a Intervals)> {
        names.iter().filter_map(|name| Some((name.as_str(), self.policy.intervals.get(name)?)))
    }
}
