//! `never-matches`: no alert that was seen passes these matchers, so the rule waits for something that does not exist.

use super::{Finding, Grounds, Place, SEEN_DAYS};
use crate::alert::Pairs;
use crate::alert::matcher::{Matcher, MatcherText, Op};
use crate::nearest::nearest;
use std::collections::BTreeSet;

pub(super) const NAME: &str = "never-matches";

/// Values of a label that are named where none is like the one that was written.
const VALUES_NAMED_MAX: usize = 5;

pub(super) fn look(grounds: &Grounds<'_>, place: &Place<'_>) -> Vec<Finding> {
    // Nothing seen at all says nothing about a rule.
    let Some(seen) = grounds.seen.filter(|seen| !seen.labels.is_empty()) else { return Vec::new() };
    let mut lists: Vec<(String, &[MatcherText])> = Vec::new();
    for (path, node) in place.conditions() {
        lists.extend(node.alerts.iter().map(|matchers| (format!("{path}.alerts"), matchers.as_slice())));
        lists.extend(node.absent.iter().map(|matchers| (format!("{path}.absent"), matchers.as_slice())));
    }
    lists.push((".gather".to_owned(), &place.rule.gather));
    let missed = lists.iter().filter_map(|(path, texts)| {
        let (at, problem) = missed(texts, seen.labels.values())?;
        Some(place.finding(NAME, &format!("{path}[{at}]"), problem))
    });
    missed.collect()
}

// The first matcher that none of those passes which passed the ones before it, and what is odd about it.
fn missed<'a>(texts: &[MatcherText], seen: impl Iterator<Item = &'a Pairs>) -> Option<(usize, String)> {
    let mut left: Vec<&Pairs> = seen.collect();
    for (at, text) in texts.iter().enumerate() {
        for matcher in text.matchers() {
            let passing: Vec<&Pairs> = left.iter().copied().filter(|labels| matcher.matches_labels(labels)).collect();
            if passing.is_empty() {
                return Some((at, problem(matcher, at == 0, &left)));
            }
            left = passing;
        }
    }
    None
}

fn problem(matcher: &Matcher, first: bool, left: &[&Pairs]) -> String {
    let values: BTreeSet<&str> = left.iter().map(|labels| labels.value(&matcher.name)).collect();
    let values: Vec<&str> = values.into_iter().filter(|value| !value.is_empty()).collect();
    let hint = if values.is_empty() {
        format!("none has a label `{}`", matcher.name)
    } else if let Some(near) = nearest(&matcher.value, &values).filter(|_| matcher.op == Op::Equal) {
        format!("did you mean `{near}`?")
    } else {
        let more = if values.len() > VALUES_NAMED_MAX { ", …" } else { "" };
        let some: Vec<&str> = values.iter().take(VALUES_NAMED_MAX).copied().collect();
        format!("`{}` is {}{more}", matcher.name, some.join(", "))
    };
    if first {
        return format!("no alert of the last {SEEN_DAYS} days matches this; {hint}");
    }
    format!("of the alerts of the last {SEEN_DAYS} days that pass the matchers before it, none matches this; {hint}")
}
