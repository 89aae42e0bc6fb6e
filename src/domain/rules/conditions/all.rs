//! `all`: every part is true.

use super::met;
use crate::incident::Explanation;
use chrono::{DateTime, Utc};

/// With its last part.
pub(super) fn true_from(parts: impl Iterator<Item = Option<DateTime<Utc>>>) -> Option<DateTime<Utc>> {
    parts.reduce(|first, second| first.zip(second).map(|(first, second)| first.max(second))).flatten()
}

/// In words.
pub(super) fn explain(parts: &[Explanation]) -> String {
    format!("{} of {} conditions met, all needed", met(parts), parts.len())
}
