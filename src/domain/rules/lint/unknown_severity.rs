//! `unknown-severity`: severity is read from a label in words that its alerts do not use, or the alerts use words that
//! mean nothing here.

use super::{Finding, Grounds, Place, SEEN_DAYS};
use crate::alert::Pairs;
use crate::alert::matcher::MatcherText;
use crate::incident::Severity;
use crate::nearest::nearest;
use std::collections::BTreeSet;

pub(super) const NAME: &str = "unknown-severity";

pub(super) fn look(grounds: &Grounds<'_>, place: &Place<'_>) -> Vec<Finding> {
    let (Some(seen), Some(label)) = (grounds.seen, &place.rule.severity.from_label) else { return Vec::new() };
    let conditions = place.conditions();
    let lists: Vec<&Vec<MatcherText>> = conditions.iter().filter_map(|(_, node)| node.alerts.as_ref()).collect();
    let concerns = |labels: &Pairs| {
        lists.iter().any(|texts| texts.iter().flat_map(|text| text.matchers()).all(|one| one.matches_labels(labels)))
    };
    let alerts: Vec<&Pairs> = seen.labels.values().filter(|labels| concerns(labels)).collect();
    // That nothing matches is another lint's business.
    if alerts.is_empty() {
        return Vec::new();
    }
    let values: BTreeSet<&str> =
        alerts.iter().map(|labels| labels.value(label)).filter(|text| !text.is_empty()).collect();
    let values: Vec<&str> = values.into_iter().collect();
    if values.is_empty() {
        let problem = format!("no alert of the last {SEEN_DAYS} days that this rule matches has a label `{label}`");
        return vec![place.finding(NAME, ".severity.from_label", problem)];
    }
    let mut found = Vec::new();
    for word in place.rule.severity.map.keys().filter(|word| !values.contains(&word.as_str())) {
        // Another one of the same rule may have been quiet; a misspelled one is like one that was not.
        if let Some(near) = nearest(word, &values) {
            let problem = format!("`{label}` is never `{word}`; did you mean `{near}`?");
            found.push(place.finding(NAME, &format!(".severity.map.{word}"), problem));
        }
    }
    if place.rule.severity.default.is_none() {
        let means = |value: &str| place.rule.severity.map.contains_key(value) || Severity::parse(value).is_some();
        let words: Vec<&str> = values.into_iter().filter(|value| !means(value)).collect();
        if !words.is_empty() {
            let problem = format!("means nothing by {}: map it, or write a `default`", words.join(", "));
            found.push(place.finding(NAME, ".severity.from_label", problem));
        }
    }
    found
}
