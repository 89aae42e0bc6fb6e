//! `declared-together`: two rules that always declare for the same alerts are two incidents for one trouble.

use super::{Declared, Finding, Grounds, Place};
use chrono::TimeDelta;

pub(super) const NAME: &str = "declared-together";

/// Fewer times may be chance.
const TIMES_MIN: usize = 6;

/// Two declarations of the same alerts further apart are about two times that they fired.
const APART_MAX: TimeDelta = TimeDelta::minutes(10);

// Told at the second of the two.
pub(super) fn look(grounds: &Grounds<'_>, place: &Place<'_>) -> Vec<Finding> {
    let mine = of(grounds.declared, &place.rule.incident);
    let mut found = Vec::new();
    for other in earlier(grounds, &place.rule.incident) {
        let theirs = of(grounds.declared, other);
        let is_same = |a: &Declared, b: &Declared| a.alerts == b.alerts && (a.at - b.at).abs() <= APART_MAX;
        let together = mine.iter().filter(|one| theirs.iter().any(|their| is_same(one, their))).count();
        let always = together == mine.len().min(theirs.len());
        if together >= TIMES_MIN && always {
            let problem = format!(
                "declared together with `{other}` {together} times, for the same alerts: make one rule of them, or let one inhibit the other"
            );
            found.push(place.finding(NAME, ".incident", problem));
        }
    }
    found
}

fn of<'a>(declared: &'a [Declared], rule: &str) -> Vec<&'a Declared> {
    declared.iter().filter(|one| one.rule == rule).collect()
}

// Rules before this one, in the order of the files.
fn earlier<'a>(grounds: &Grounds<'a>, rule: &str) -> Vec<&'a str> {
    let groups = grounds.files.iter().flat_map(|file| &file.file.groups);
    let names = groups.flat_map(|group| &group.rules).map(|rule| rule.incident.as_str());
    names.take_while(|name| *name != rule).collect()
}
