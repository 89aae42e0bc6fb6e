//! What a receiver wants to be spared.

use super::Check;
use crate::config::written::ReceiverWritten;
use chrono::TimeDelta;
use domain::delivery::pace::Pacing;
use domain::duration::Duration;
use domain::interval::{Intervals, NamedIntervals};
use domain::nearest::unknown;
use std::collections::BTreeMap;

/// How long a receiver may be out of reach until its fallback is told, if not said.
const LATE_AFTER: TimeDelta = TimeDelta::minutes(10);

impl Check<'_> {
    /// `quiet_hours` and `max_per_hour` of a receiver.
    pub(super) fn pacing(&mut self, path: &str, written: &ReceiverWritten, times: &[NamedIntervals]) -> Pacing {
        let names: Vec<&String> = times.iter().map(|named| &named.name).collect();
        let mut quiet = Vec::new();
        for (at, name) in written.quiet_hours.iter().enumerate() {
            match times.iter().find(|named| named.name == *name) {
                Some(named) => quiet.push(named),
                None => self.wrong(&format!("{path}.quiet_hours[{at}]"), unknown("time interval", name, &names)),
            }
        }
        if written.max_per_hour == Some(0) {
            let problem = "at least 1; leave it out for no limit. What can't wait is told in any case";
            self.wrong(&format!("{path}.max_per_hour"), problem);
        }
        if written.fallback_after.is_some() && written.fallback.is_none() {
            let problem = "it says after how long somebody else is told, but not who: `fallback` is missing";
            self.wrong(&format!("{path}.fallback_after"), problem);
        }
        let late_after = written.fallback.as_ref().map(|_| written.fallback_after.map_or(LATE_AFTER, Duration::delta));
        Pacing { quiet: Intervals::new(quiet), late_after, max_per_hour: written.max_per_hour }
    }

    /// Who stands in for whom, by name.
    pub(in crate::config) fn fallbacks(
        &mut self,
        written: Option<&[ReceiverWritten]>,
        routed: &[&str],
    ) -> BTreeMap<String, String> {
        let mut fallbacks = BTreeMap::new();
        for (at, receiver) in written.unwrap_or_default().iter().enumerate() {
            let Some(fallback) = &receiver.fallback else { continue };
            let path = format!("receivers[{at}].fallback");
            if *fallback == receiver.name {
                self.wrong(&path, "a receiver can't stand in for itself");
            } else if !routed.contains(&fallback.as_str()) {
                self.wrong(&path, unknown("receiver that takes notices", fallback, routed));
            } else {
                fallbacks.insert(receiver.name.clone(), fallback.clone());
            }
        }
        fallbacks
    }
}
