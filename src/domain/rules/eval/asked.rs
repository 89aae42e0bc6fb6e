//! What people ask of an evaluator: nothing is started, cleared or counted by it.

use super::{Evaluator, State, Subject};
use crate::alert::Alert;
use crate::rules::conditions::Sight;
use crate::rules::memo::Memo;
use crate::rules::touch::RuleTouch;
use crate::rules::{RuleIx, RuleSet, Touch};
use chrono::{DateTime, Utc};

impl Evaluator {
    /// From when on `when` is true if nothing changes.
    pub fn true_from(&self, rules: &RuleSet, subject: &Subject, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let rule = rules.rule(subject.rule);
        let nothing = State::new(rule);
        let state = self.state(subject).unwrap_or(&nothing);
        rule.trees.when.true_from(&Sight { counts: &state.counts, at }, &mut state.holds.clone())
    }

    /// Which subjects a known alert concerns, in order, whether or not it counts now.
    pub fn touches(&self, rules: &RuleSet, alert: &Alert) -> Vec<Touch> {
        let touch = |RuleTouch { rule: ix, counted }: RuleTouch| {
            let rule = rules.rule(ix);
            let key = if counted { self.key(rule, ix, alert) } else { alert.labels.only(&rule.model.correlate_by) };
            Touch { subject: Subject { rule: ix, key }, counted }
        };
        rules.touched_by(&alert.labels, &mut Memo::default()).into_iter().map(touch).collect()
    }

    /// The subjects of one rule with counted alerts or running holds, in order.
    pub fn subjects_of(&self, rule: RuleIx) -> impl Iterator<Item = Subject> {
        let keys = self.subjects.get(rule.0 as usize).into_iter().flat_map(|states| states.keys());
        keys.map(move |key| Subject { rule, key: key.clone() })
    }
}
