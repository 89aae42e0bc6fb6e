//! `any`: one part is true.

use super::met;
use crate::incident::Explanation;
use chrono::{DateTime, Utc};

/// With its first part.
pub(super) fn true_from(parts: impl Iterator<Item = Option<DateTime<Utc>>>) -> Option<DateTime<Utc>> {
    parts.flatten().min()
}

/// In words.
pub(super) fn explain(parts: &[Explanation]) -> String {
    format!("{} of {} conditions met, any suffices", met(parts), parts.len())
}
