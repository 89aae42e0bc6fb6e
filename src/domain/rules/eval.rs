//! Evaluation on change: counts per rule and correlation key, `for` holds, and the tree of reasons.

mod asked;
mod state;

use super::compile::{Rule, RuleIx, RuleSet};
use super::index::{Role, TargetIx};
use super::memo::Memo;
use crate::alert::drill::is_drill;
use crate::alert::{Alert, Pairs};
use crate::ids::AlertId;
use crate::incident::Severity;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use state::{State, Subjects};
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

impl Subject {
    /// Whether only synthetic alerts count for it.
    pub fn is_drill(&self) -> bool {
        is_drill(&self.key)
    }
}

/// How an alert concerns a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// Which subject.
    pub subject: Subject,
    /// Whether it matches a leaf that it may make true, or `gather` only.
    pub counted: bool,
    /// Whether it is evidence now: it fires, and does one of the two.
    pub evidence: bool,
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
    /// When this verdict may change by itself, because a `for` is over or something leaves a `within`: judge again then.
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
    /// For each node with `for`, in the order of the tree: since when what it waits for is true.
    pub since: Vec<Option<DateTime<Utc>>>,
}

/// Counts and holds of all subjects. Belongs to one rule set: after a reload a new one is filled.
#[derive(Debug, Default)]
pub struct Evaluator {
    // By place of the rule; only subjects with counted alerts or running holds.
    subjects: Vec<Subjects>,
    // By place of the rule. Apart from the subjects: what is only gathered takes up no key.
    gathered: Vec<BTreeMap<Pairs, BTreeSet<AlertId>>>,
    memo: Memo,
}

// What of one rule an alert matches.
struct Matched {
    rule: RuleIx,
    // Where it may count.
    slots: Vec<usize>,
    gathers: bool,
}

impl Matched {
    fn by_rule<'a>(rules: &'a RuleSet, found: &'a [TargetIx]) -> impl Iterator<Item = Self> + 'a {
        let rule_of = |target: &TargetIx| rules.index.target(*target).rule;
        found.chunk_by(move |a, b| rule_of(a) == rule_of(b)).map(move |targets| {
            let roles = targets.iter().map(|target| rules.index.target(*target).role);
            let slots: Vec<usize> = roles.filter_map(Role::slot).collect();
            let gathers = slots.len() < targets.len();
            Self { rule: rule_of(&targets[0]), slots, gathers }
        })
    }

    fn touch(self, rules: &RuleSet, key: Pairs, alert: &Alert) -> Touch {
        let trees = &rules.rule(self.rule).trees;
        let keyed: Vec<usize> = self.slots.into_iter().filter(|slot| trees.keyed.contains(slot)).collect();
        let counts = keyed.iter().any(|slot| trees.slots[*slot].fires(alert));
        let gathered = self.gathers && alert.state.counts();
        let subject = Subject { rule: self.rule, key };
        Touch { subject, counted: !keyed.is_empty(), evidence: counts || gathered }
    }
}

impl Evaluator {
    /// Nothing fires.
    pub fn new(rules: &RuleSet) -> Self {
        let subjects = rules.rules.iter().map(|_| Subjects::default()).collect();
        let gathered = rules.rules.iter().map(|_| BTreeMap::new()).collect();
        Self { subjects, gathered, memo: Memo::default() }
    }

    /// Takes an alert as it is at this time: whether it fires, and when it did before. Says which subjects it concerns, in
    /// order, whether or not it counts; gathering ones too. Each should be judged afterwards.
    ///
    /// An alert that the table forgets need not be taken out: by then it has left every `within`.
    pub fn set(&mut self, rules: &RuleSet, alert: &Alert, at: DateTime<Utc>) -> Vec<Touch> {
        let found = rules.index.matching(&alert.labels, &mut self.memo);
        let mut touches = Vec::new();
        for matched in Matched::by_rule(rules, &found) {
            let rule = rules.rule(matched.rule);
            let subjects = &mut self.subjects[matched.rule.0 as usize];
            let key = subjects.key(rule, &matched.slots, alert);
            subjects.set(rule, &key, &matched.slots, alert, at);
            if matched.gathers {
                self.gather(rule, matched.rule, alert);
            }
            touches.push(matched.touch(rules, key, alert));
        }
        touches
    }

    /// Judges one subject at this time, and starts or clears its holds.
    pub fn judge(&mut self, rules: &RuleSet, subject: &Subject, at: DateTime<Utc>) -> Verdict {
        self.subjects[subject.rule.0 as usize].judge(rules.rule(subject.rule), &subject.key, at)
    }

    /// The alerts that count towards this subject's `when` now, in the order of their rows; at most `max`. Of `within`,
    /// also those that are over.
    pub fn evidence(&self, rules: &RuleSet, subject: &Subject, max: usize) -> Vec<AlertId> {
        let Some(state) = self.state(subject) else { return Vec::new() };
        let slots = &rules.rule(subject.rule).trees.evidence;
        // The first `max` of all are among the first `max` of each.
        let first = slots.iter().flat_map(|slot| state.counts[*slot].alerts().take(max));
        first.collect::<BTreeSet<AlertId>>().into_iter().take(max).collect()
    }

    /// Whether this alert is one of them.
    pub fn is_evidence(&self, rules: &RuleSet, subject: &Subject, alert: AlertId) -> bool {
        let slots = &rules.rule(subject.rule).trees.evidence;
        self.state(subject).is_some_and(|state| slots.iter().any(|slot| state.counts[*slot].has(alert)))
    }

    /// The alerts that count towards `confirm` or `raise` only, in the order of their rows; at most `max`.
    pub fn beside(&self, rules: &RuleSet, subject: &Subject, max: usize) -> Vec<AlertId> {
        let Some(state) = self.state(subject) else { return Vec::new() };
        let trees = &rules.rule(subject.rule).trees;
        let slots = trees.keyed.iter().filter(|slot| !trees.evidence.contains(slot));
        let found: BTreeSet<AlertId> = slots.flat_map(|slot| state.counts[*slot].alerts().take(max)).collect();
        found.into_iter().take(max).collect()
    }

    /// Whether one that counts towards `when` fires.
    pub fn fires(&self, rules: &RuleSet, subject: &Subject) -> bool {
        let slots = &rules.rule(subject.rule).trees.evidence;
        self.state(subject).is_some_and(|state| slots.iter().any(|slot| state.counts[*slot].fires()))
    }

    /// The alerts that fire now and match `gather` of this subject's rule, in the order of their rows; at most `max`.
    pub fn gathered(&self, rules: &RuleSet, subject: &Subject, max: usize) -> Vec<AlertId> {
        debug_assert_eq!(rules.rules.len(), self.gathered.len(), "the evaluator belongs to another rule set");
        let alerts = self.gathered[subject.rule.0 as usize].get(&subject.key);
        alerts.into_iter().flatten().copied().take(max).collect()
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
        let states = &mut self.subjects[ix.0 as usize].states;
        let state = states.entry(row.key.clone()).or_insert_with(|| State::new(rule));
        state.holds = row.since.clone().into_boxed_slice();
        Some(Subject { rule: ix, key: row.key.clone() })
    }

    /// All subjects with counted alerts or running holds, in order.
    pub fn subjects(&self) -> impl Iterator<Item = Subject> {
        (0..).zip(&self.subjects).flat_map(|(rule, subjects)| {
            subjects.states.keys().map(move |key| Subject { rule: RuleIx(rule), key: key.clone() })
        })
    }

    fn state(&self, subject: &Subject) -> Option<&State> {
        self.subjects[subject.rule.0 as usize].states.get(&subject.key)
    }

    fn gather(&mut self, rule: &Rule, ix: RuleIx, alert: &Alert) {
        let key = alert.correlation(&rule.model.correlate_by);
        let gathered = &mut self.gathered[ix.0 as usize];
        if alert.state.counts() {
            gathered.entry(key).or_default().insert(alert.id);
            return;
        }
        let Some(alerts) = gathered.get_mut(&key) else { return };
        alerts.remove(&alert.id);
        if alerts.is_empty() {
            gathered.remove(&key);
        }
    }
}
