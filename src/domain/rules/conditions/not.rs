//! `not`: the part is false.

use super::Outlook;
use chrono::{DateTime, Utc};

/// Since now, as far as it can tell: it is asked whenever anything changes, and a `for` keeps when it was first told.
pub(super) fn outlook(part: Outlook, at: DateTime<Utc>) -> Outlook {
    Outlook { from: part.since(at).is_none().then_some(at), next: part.next }
}

/// In words, by those of its part.
pub(super) fn explain(part: &str) -> String {
    format!("not: {part}")
}
