//! `any`: one part is true.

use super::{Outlook, earliest, met};
use crate::incident::Explanation;

/// With its first part.
pub(super) fn outlook(parts: impl Iterator<Item = Outlook>) -> Outlook {
    let either = |first: Outlook, second: Outlook| Outlook {
        from: earliest(first.from, second.from),
        next: earliest(first.next, second.next),
    };
    parts.reduce(either).unwrap_or_default()
}

/// In words.
pub(super) fn explain(parts: &[Explanation]) -> String {
    format!("{} of {} conditions met, any suffices", met(parts), parts.len())
}
