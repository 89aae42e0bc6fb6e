//! `all`: every part is true.

use super::{Outlook, earliest, met};
use crate::incident::Explanation;

/// With its last part.
pub(super) fn outlook(parts: impl Iterator<Item = Outlook>) -> Outlook {
    let both = |first: Outlook, second: Outlook| Outlook {
        from: first.from.zip(second.from).map(|(first, second)| first.max(second)),
        next: earliest(first.next, second.next),
    };
    parts.reduce(both).unwrap_or_default()
}

/// In words.
pub(super) fn explain(parts: &[Explanation]) -> String {
    format!("{} of {} conditions met, all needed", met(parts), parts.len())
}
