//! Alerts of drills. They come from a source of their own, so they are other alerts than real ones with the same labels,
//! and no listing of an Alertmanager says anything of them. What they may declare has a mark in its correlation labels, so
//! everything that is kept per rule and labels (counts, holds, the open incident, cooldowns, what was split off) is kept
//! apart without anybody having to think of drills. The mark names the drill: one says nothing to the next.
//!
//! Tried first: a flag beside the key. Each map, stored row and comparison would have had to know it.

use super::{Alert, Pairs};

/// The source of synthetic alerts.
pub const DRILL_SOURCE: &str = "drill";

/// The label that names the drill: of its alerts and of its incidents, so that a route may tell them from others. From any
/// other source it is a label like all.
pub const DRILL_LABEL: &str = "earlybell_drill";

impl Alert {
    /// Whether nothing is wrong, and people practise.
    pub fn is_drill(&self) -> bool {
        *self.key.source.0 == *DRILL_SOURCE
    }

    /// Its correlation labels by these names, with the mark of its drill.
    pub fn correlation(&self, names: &[String]) -> Pairs {
        let key = self.labels.only(names);
        if !self.is_drill() {
            return key;
        }
        let drill = match self.labels.value(DRILL_LABEL) {
            "" => "unnamed",
            name => name,
        };
        Pairs::labels(key.iter().chain([(DRILL_LABEL, drill)]))
    }
}

/// Whether correlation labels are those of a drill. No rule may correlate by the mark, so nothing real has it.
pub fn is_drill(key: &Pairs) -> bool {
    key.get(DRILL_LABEL).is_some()
}
