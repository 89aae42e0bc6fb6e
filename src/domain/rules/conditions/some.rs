//! `some`: at least so many parts are true.

use super::{Outlook, earliest, met};
use crate::incident::Explanation;

/// With the last of those that make it enough: from then on so many are true together.
pub(super) fn outlook(parts: impl Iterator<Item = Outlook>, at_least: usize) -> Outlook {
    let mut next = None;
    let asked = parts.inspect(|part| next = earliest(next, part.next));
    let mut starts: Vec<_> = asked.filter_map(|part| part.from).collect();
    starts.sort_unstable();
    Outlook { from: starts.get(at_least - 1).copied(), next }
}

/// In words.
pub(super) fn explain(parts: &[Explanation], at_least: usize) -> String {
    format!("{} of {} conditions met, at least {at_least} needed", met(parts), parts.len())
}
