//! Which rules concern an alert, and which nearly do: why nothing happened is mostly one matcher.

use super::compile::{RuleIx, RuleSet};
use super::index::Role;
use super::memo::Memo;
use super::model::{ConditionModel, RuleModel};
use crate::alert::Pairs;
use crate::alert::matcher::{Matcher, MatcherText};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A rule that an alert concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleTouch {
    /// Which.
    pub rule: RuleIx,
    /// Whether it counts for a condition, or is only gathered.
    pub counted: bool,
}

/// A rule that all but one matcher of one of its conditions would concern an alert with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NearMiss {
    /// Name of the rule.
    pub rule: String,
    /// All matchers of the condition, as written.
    pub condition: String,
    /// The one that failed.
    pub matcher: String,
    /// Its label.
    pub label: String,
    /// The value that the alert has there; empty if it has none.
    pub value: String,
}

impl RuleSet {
    /// The rules that an alert with these labels concerns, in order.
    pub fn touched_by(&self, labels: &Pairs, memo: &mut Memo) -> Vec<RuleTouch> {
        let found = self.index.matching(labels, memo);
        let mut touches: Vec<RuleTouch> = Vec::new();
        for target in found.into_iter().map(|target| self.index.target(target)) {
            let counted = target.role != Role::Gather;
            match touches.last_mut().filter(|last| last.rule == target.rule) {
                Some(last) => last.counted |= counted,
                None => touches.push(RuleTouch { rule: target.rule, counted }),
            }
        }
        touches
    }

    /// Where one matcher alone keeps an alert with these labels from counting, in the order of the rules; at most `max`.
    /// Rules that it counts for are left out.
    pub fn near_misses(&self, labels: &Pairs, max: usize) -> Vec<NearMiss> {
        let touched = self.touched_by(labels, &mut Memo::default());
        let counts = |ix: u32| touched.iter().any(|touch| touch.rule.0 == ix && touch.counted);
        let mut found = Vec::new();
        for (_, rule) in (0..).zip(&self.rules).filter(|(ix, _)| !counts(*ix)) {
            for matchers in leaves(&rule.model) {
                if found.len() == max {
                    return found;
                }
                let Some(failed) = the_one_that_failed(matchers, labels) else { continue };
                let near = NearMiss {
                    rule: rule.name.to_string(),
                    condition: written(matchers),
                    matcher: failed.to_string(),
                    label: failed.name.clone(),
                    value: labels.value(&failed.name).to_owned(),
                };
                // The same condition may stand in `when` and in `confirm`.
                if !found.contains(&near) {
                    found.push(near);
                }
            }
        }
        found
    }
}

// Matchers of every leaf that counts alerts.
fn leaves(model: &RuleModel) -> Vec<&[MatcherText]> {
    let mut found = Vec::new();
    collect(&model.when, &mut found);
    let confirm = model.confirm.as_ref().and_then(|confirm| confirm.when.as_ref());
    confirm.into_iter().for_each(|when| collect(when, &mut found));
    model.severity.raise.iter().for_each(|raise| collect(&raise.when, &mut found));
    found
}

fn collect<'a>(condition: &'a ConditionModel, found: &mut Vec<&'a [MatcherText]>) {
    found.extend([&condition.alerts, &condition.absent].into_iter().flatten().map(Vec::as_slice));
    let lists = [condition.all.as_ref(), condition.any.as_ref(), condition.some.as_ref().map(|some| &some.of)];
    lists.into_iter().flatten().flatten().for_each(|part| collect(part, found));
    condition.not.iter().for_each(|part| collect(part, found));
}

// With something in common: a matcher that a missing label passes says nothing of the alert.
fn the_one_that_failed<'a>(texts: &'a [MatcherText], labels: &Pairs) -> Option<&'a Matcher> {
    let mut failed = None;
    let mut in_common = false;
    for matcher in texts.iter().flat_map(MatcherText::matchers) {
        if matcher.matches_labels(labels) {
            in_common |= !matcher.matches("");
        } else if failed.replace(matcher).is_some() {
            return None;
        }
    }
    failed.filter(|_| in_common)
}

fn written(texts: &[MatcherText]) -> String {
    texts.iter().map(MatcherText::as_str).collect::<Vec<_>>().join(", ")
}

/// ``SiteDown: all of `alertname = Down, team = web` but team="web", its team is "db"``
impl fmt::Display for NearMiss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, condition, matcher, label, value } = self;
        let has = if value.is_empty() { "it has none".to_owned() } else { format!("its {label} is {value:?}") };
        write!(f, "{rule}: all of `{condition}` but {matcher}, {has}")
    }
}
