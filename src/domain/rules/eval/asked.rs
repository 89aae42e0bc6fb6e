//! What people ask of an evaluator: nothing is started, cleared or counted by it.

use super::{Evaluator, Matched, State, Subject};
use crate::alert::Alert;
use crate::incident::Explanation;
use crate::rules::memo::Memo;
use crate::rules::{RuleIx, RuleSet, Touch};
use chrono::{DateTime, Utc};

impl Evaluator {
    /// From when on `when` is true if nothing changes.
    pub fn true_from(&self, rules: &RuleSet, subject: &Subject, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let rule = rules.rule(subject.rule);
        match self.state(subject) {
            Some(state) => state.true_from(rule, at),
            None => State::new(rule).true_from(rule, at),
        }
    }

    /// The tree of `when` with what each part sees.
    pub fn explain(&self, rules: &RuleSet, subject: &Subject, at: DateTime<Utc>) -> Explanation {
        let rule = rules.rule(subject.rule);
        match self.state(subject) {
            Some(state) => state.explain(rule, at),
            None => State::new(rule).explain(rule, at),
        }
    }

    /// Which subjects a known alert concerns, in order, whether or not it counts now.
    pub fn touches(&self, rules: &RuleSet, alert: &Alert) -> Vec<Touch> {
        let found = rules.index.matching(&alert.labels, &mut Memo::default());
        let touch = |matched: Matched| {
            let key = self.subjects[matched.rule.0 as usize].key(rules.rule(matched.rule), &matched.slots, alert);
            matched.touch(rules, key, alert)
        };
        Matched::by_rule(rules, &found).map(touch).collect()
    }

    /// The subjects of one rule with counted alerts or running holds, in order.
    pub fn subjects_of(&self, rule: RuleIx) -> impl Iterator<Item = Subject> {
        let keys = self.subjects.get(rule.0 as usize).into_iter().flat_map(|subjects| subjects.states.keys());
        keys.map(move |key| Subject { rule, key: key.clone() })
    }
}
