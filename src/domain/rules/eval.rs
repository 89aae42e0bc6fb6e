//! Evaluation on change: counts per rule and correlation key, `for` holds, and the tree of reasons.

mod asked;

use super::compile::{Rule, RuleIx, RuleSet};
use super::conditions::{Sight, alerts::Count};
use super::index::{Role, TargetIx};
use super::memo::Memo;
use crate::alert::{Alert, Pairs};
use crate::ids::AlertId;
use crate::incident::{Explanation, Severity};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How many correlation keys of one rule are told apart at a time. Alerts of further keys are counted together, under
/// the empty key: one incident that says "many", where a thousand more would say nothing.
pub const KEYS_MAX: usize = 1_000;

/// What is judged: one rule for one set of correlation labels. Ordered, so that decisions come in one order always.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// Which rule.
    pub rule: RuleIx,
    /// Values of its `correlate_by`.
    pub key: Pairs,
}

/// How an alert concerns a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// Which subject.
    pub subject: Subject,
    /// Whether it matches a leaf of the rule's conditions, or `gather` only.
    pub counted: bool,
}

/// What a rule says about a subject now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// `when` is true, held for long enough.
    pub when: bool,
    /// `confirm.when` is true.
    pub confirm: bool,
    /// The highest `raise` that is true.
    pub raise: Option<Severity>,
    /// When a `for` that runs now would be over and change this verdict, if nothing else does: judge again then.
    pub due: Option<DateTime<Utc>>,
}

/// The running `for`s of one subject, as they are stored: a restart must not begin them anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldRow {
    /// Name of the rule.
    pub rule: String,
    /// Version of the rule; other versions forget it.
    pub version: u64,
    /// Values of `correlate_by`.
    pub key: Pairs,
    /// For each node with `for`, in the order of the tree: since when it is true, or from when on it will be once the
    /// `for`s inside it are over.
    pub since: Vec<Option<DateTime<Utc>>>,
}

/// Counts and holds of all subjects. Belongs to one rule set: after a reload a new one is filled.
#[derive(Debug, Default)]
pub struct Evaluator {
    // By place of the rule; only subjects with counted alerts or running holds.
    subjects: Vec<BTreeMap<Pairs, State>>,
    // By place of the rule. Apart from the subjects: what is only gathered takes up no key.
    gathered: Vec<BTreeMap<Pairs, BTreeSet<AlertId>>>,
    memo: Memo,
}

#[derive(Debug)]
struct State {
    counts: Box<[Count]>,
    holds: Box<[Option<DateTime<Utc>>]>,
}

impl Evaluator {
    /// Nothing fires.
    pub fn new(rules: &RuleSet) -> Self {
        let subjects = rules.rules.iter().map(|_| BTreeMap::new()).collect();
        let gathered = rules.rules.iter().map(|_| BTreeMap::new()).collect();
        Self { subjects, gathered, memo: Memo::default() }
    }

    /// An alert counts now, or does not any more. Says which subjects it concerns, in order, whether or not it was
    /// counted before; gathering ones too. Each should be judged afterwards.
    pub fn set(&mut self, rules: &RuleSet, alert: &Alert, counts: bool) -> Vec<Touch> {
        let targets = rules.index.matching(&alert.labels, &mut self.memo);
        let rule_of = |target: &TargetIx| rules.index.target(*target).rule;
        let slot_of = |target: &TargetIx| match rules.index.target(*target).role {
            Role::Count(slot) => Some(slot),
            Role::Gather => None,
        };
        let mut touches = Vec::new();
        for targets in targets.chunk_by(|a, b| rule_of(a) == rule_of(b)) {
            let ix = rule_of(&targets[0]);
            let rule = rules.rule(ix);
            let slots: Vec<usize> = targets.iter().filter_map(slot_of).collect();
            let counted = !slots.is_empty();
            let key = if counted { self.key(rule, ix, alert) } else { alert.labels.only(&rule.model.correlate_by) };
            let subject = Subject { rule: ix, key };
            if slots.len() < targets.len() {
                self.gather(rule, ix, alert, counts);
            }
            match counts {
                true => self.add(rule, &subject, &slots, alert),
                false => self.remove(&subject, &slots, alert),
            }
            touches.push(Touch { subject, counted });
        }
        touches
    }

    /// Judges one subject at this time, and starts or clears its holds.
    pub fn judge(&mut self, rules: &RuleSet, subject: &Subject, at: DateTime<Utc>) -> Verdict {
        let states = &mut self.subjects[subject.rule.0 as usize];
        let Some(state) = states.get_mut(&subject.key) else { return Verdict::default() };
        let verdict = state.judge(rules.rule(subject.rule), at);
        if state.is_idle() {
            states.remove(&subject.key);
        }
        verdict
    }

    /// The alerts that count for this subject's `when` now, in the order of their rows; at most `max`.
    pub fn evidence(&self, rules: &RuleSet, subject: &Subject, max: usize) -> Vec<AlertId> {
        let Some(state) = self.state(subject) else { return Vec::new() };
        let slots = &rules.rule(subject.rule).trees.evidence;
        // The first `max` of all are among the first `max` of each.
        let first = slots.iter().flat_map(|slot| state.counts[*slot].alerts().take(max));
        first.collect::<BTreeSet<AlertId>>().into_iter().take(max).collect()
    }

    /// The alerts that fire now and match `gather` of this subject's rule, in the order of their rows; at most `max`.
    pub fn gathered(&self, rules: &RuleSet, subject: &Subject, max: usize) -> Vec<AlertId> {
        debug_assert_eq!(rules.rules.len(), self.gathered.len(), "the evaluator belongs to another rule set");
        let alerts = self.gathered[subject.rule.0 as usize].get(&subject.key);
        alerts.into_iter().flatten().copied().take(max).collect()
    }

    /// The tree of `when` with what each part sees.
    pub fn explain(&self, rules: &RuleSet, subject: &Subject, at: DateTime<Utc>) -> Explanation {
        let rule = rules.rule(subject.rule);
        let nothing = State::new(rule);
        let state = self.state(subject).unwrap_or(&nothing);
        let mut holds = state.holds.clone();
        rule.trees.when.explain(&Sight { counts: &state.counts, at }, &mut holds)
    }

    /// The holds of this subject, if any run.
    pub fn holds(&self, rules: &RuleSet, subject: &Subject) -> Option<HoldRow> {
        let state = self.state(subject).filter(|state| state.holds.iter().any(Option::is_some))?;
        let rule = rules.rule(subject.rule);
        Some(HoldRow {
            rule: rule.name.to_string(),
            version: rule.version,
            key: subject.key.clone(),
            since: state.holds.to_vec(),
        })
    }

    /// Takes stored holds back, after the alerts were set. `None` if they belong to no rule in force; else the subject,
    /// to be judged.
    pub fn restore(&mut self, rules: &RuleSet, row: &HoldRow) -> Option<Subject> {
        let ix = rules.by_name(&row.rule)?;
        let rule = rules.rule(ix);
        if rule.version != row.version || rule.trees.holds != row.since.len() {
            return None;
        }
        let states = &mut self.subjects[ix.0 as usize];
        let state = states.entry(row.key.clone()).or_insert_with(|| State::new(rule));
        state.holds = row.since.clone().into_boxed_slice();
        Some(Subject { rule: ix, key: row.key.clone() })
    }

    /// All subjects with counted alerts or running holds, in order.
    pub fn subjects(&self) -> impl Iterator<Item = Subject> {
        (0..)
            .zip(&self.subjects)
            .flat_map(|(rule, states)| states.keys().map(move |key| Subject { rule: RuleIx(rule), key: key.clone() }))
    }

    fn state(&self, subject: &Subject) -> Option<&State> {
        self.subjects[subject.rule.0 as usize].get(&subject.key)
    }

    // Under which key of the rule this alert stands: its own, or with the overflow.
    fn key(&self, rule: &Rule, ix: RuleIx, alert: &Alert) -> Pairs {
        if rule.model.correlate_by.is_empty() {
            return Pairs::default();
        }
        let states = &self.subjects[ix.0 as usize];
        // Where it was counted it stays, though its own key may have become free since.
        if states.get(&Pairs::default()).is_some_and(|overflow| overflow.has(alert.id)) {
            return Pairs::default();
        }
        let key = alert.labels.only(&rule.model.correlate_by);
        if states.len() < KEYS_MAX || states.contains_key(&key) { key } else { Pairs::default() }
    }

    fn gather(&mut self, rule: &Rule, ix: RuleIx, alert: &Alert, counts: bool) {
        let key = alert.labels.only(&rule.model.correlate_by);
        let gathered = &mut self.gathered[ix.0 as usize];
        if counts {
            gathered.entry(key).or_default().insert(alert.id);
            return;
        }
        let Some(alerts) = gathered.get_mut(&key) else { return };
        alerts.remove(&alert.id);
        if alerts.is_empty() {
            gathered.remove(&key);
        }
    }

    fn add(&mut self, rule: &Rule, subject: &Subject, slots: &[usize], alert: &Alert) {
        if slots.is_empty() {
            return;
        }
        let states = &mut self.subjects[subject.rule.0 as usize];
        let state = states.entry(subject.key.clone()).or_insert_with(|| State::new(rule));
        slots.iter().for_each(|slot| state.counts[*slot].add(alert));
    }

    fn remove(&mut self, subject: &Subject, slots: &[usize], alert: &Alert) {
        let states = &mut self.subjects[subject.rule.0 as usize];
        let Some(state) = states.get_mut(&subject.key) else { return };
        slots.iter().for_each(|slot| state.counts[*slot].remove(alert));
        // With a hold it stays until it is judged: fired again before that, it held all the time.
        if state.is_idle() {
            states.remove(&subject.key);
        }
    }
}

impl State {
    fn new(rule: &Rule) -> Self {
        Self {
            counts: rule.trees.slots.iter().map(|slot| slot.count()).collect(),
            holds: vec![None; rule.trees.holds].into_boxed_slice(),
        }
    }

    fn has(&self, alert: AlertId) -> bool {
        self.counts.iter().any(|count| count.has(alert))
    }

    // Nothing to remember: judging it again would start from the same.
    fn is_idle(&self) -> bool {
        self.counts.iter().all(Count::is_empty) && self.holds.iter().all(Option::is_none)
    }

    fn judge(&mut self, rule: &Rule, at: DateTime<Utc>) -> Verdict {
        let Self { counts, holds } = self;
        let sight = Sight { counts, at };
        let mut due = None;
        let mut is_true = |from: Option<DateTime<Utc>>| match from {
            Some(from) if from > at => {
                due = due.map_or(Some(from), |due: DateTime<Utc>| Some(due.min(from)));
                false
            }
            from => from.is_some(),
        };
        let when = is_true(rule.trees.when.true_from(&sight, holds));
        let confirm = rule.trees.confirm.as_ref().is_some_and(|confirm| is_true(confirm.true_from(&sight, holds)));
        // Every tree is asked, each keeps its own holds.
        let raised = rule.trees.raise.iter().filter(|(_, node)| is_true(node.true_from(&sight, holds)));
        let raise = raised.map(|(to, _)| *to).max();
        Verdict { when, confirm, raise, due }
    }
}
