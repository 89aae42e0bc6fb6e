//! `short-for`: a wait that is over before Alertmanager tells of the alert. The clock of `for` starts with the alert, and
//! the first message about it comes after `group_wait`.

use super::{Finding, Grounds, Place};
use crate::duration::Duration;

pub(super) const NAME: &str = "short-for";

pub(super) fn look(grounds: &Grounds<'_>, place: &Place<'_>) -> Vec<Finding> {
    let Some(group_wait) = grounds.group_wait else { return Vec::new() };
    let mut found = Vec::new();
    for (path, node) in place.conditions() {
        // That something ended is told at the next `group_interval`; a wait is what bridges it.
        let waits_for_an_end = node.absent.is_some() || node.not.is_some();
        let held = node.held_for.filter(|held| *held > Duration::seconds(0) && *held < group_wait);
        if let (Some(held), false) = (held, waits_for_an_end) {
            let problem = format!(
                "`for: {held}` is over when Alertmanager first tells of an alert (group_wait {group_wait}): leave it out, or wait longer"
            );
            found.push(place.finding(NAME, &format!("{path}.for"), problem));
        }
    }
    found
}
