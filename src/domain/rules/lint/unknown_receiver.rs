//! `unknown-receiver`: the configuration has no receiver of this name.

use super::{Finding, Grounds, Place};
use crate::nearest::unknown;

pub(super) const NAME: &str = "unknown-receiver";

pub(super) fn look(grounds: &Grounds<'_>, place: &Place<'_>) -> Vec<Finding> {
    let Some(known) = grounds.receivers else { return Vec::new() };
    let named = place.rule.receivers.iter().enumerate();
    let wrong = named.filter(|(_, name)| !known.contains(name));
    wrong
        .map(|(at, name)| place.finding(NAME, &format!(".receivers[{at}]"), unknown("receiver", name, known)))
        .collect()
}
