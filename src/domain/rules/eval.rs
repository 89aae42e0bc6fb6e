//! Evaluation on change: counts per rule and correlation key, `for` holds, and the tree of reasons.

use super::compile::{RuleIx, RuleSet};
use crate::alert::{Alert, Pairs};
use crate::ids::AlertId;
use crate::incident::{Explanation, Severity};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

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
    /// When a `for` that runs now would be over, if nothing changes: judge again then.
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
    /// For each node with `for`, in the order of the tree: since when it is true.
    pub since: Vec<Option<DateTime<Utc>>>,
}

/// Counts and holds of all subjects.
#[derive(Debug, Default)]
pub struct Evaluator {}

impl Evaluator {
    /// Nothing fires.
    pub fn new(rules: &RuleSet) -> Self {
        let _ = rules;
        Self {}
    }

    /// An alert counts now, or does not any more. Says which subjects may now judge otherwise; gathering ones too.
    pub fn set(&mut self, rules: &RuleSet, alert: &Alert, counts: bool) -> Vec<Touch> {
        let _ = (rules, alert, counts);
        Vec::new()
    }

    /// Judges one subject at this time, and starts or clears its holds.
    pub fn judge(&mut self, rules: &RuleSet, subject: &Subject, at: DateTime<Utc>) -> Verdict {
        let _ = (rules, subject, at);
        Verdict::default()
    }

    /// The alerts that count for this subject's `when` now, in the order of their rows; at most `max`.
    pub fn evidence(&self, rules: &RuleSet, subject: &Subject, max: usize) -> Vec<AlertId> {
        let _ = (rules, subject, max);
        Vec::new()
    }

    /// Needed by the engine; the real one lands with the rules.
    pub fn gathered(&self, rules: &RuleSet, subject: &Subject, max: usize) -> Vec<AlertId> {
        let _ = (rules, subject, max);
        Vec::new()
    }

    /// The tree of `when` with what each part sees.
    pub fn explain(&self, rules: &RuleSet, subject: &Subject, at: DateTime<Utc>) -> Explanation {
        let _ = (rules, subject, at);
        Explanation { verdict: crate::incident::explanation::Mark::NotMet, text: String::new(), parts: Vec::new() }
    }

    /// The holds of this subject, if any run.
    pub fn holds(&self, rules: &RuleSet, subject: &Subject) -> Option<HoldRow> {
        let _ = (rules, subject);
        None
    }

    /// Takes stored holds back, after the alerts were set.
    pub fn restore(&mut self, rules: &RuleSet, row: &HoldRow) -> Option<Subject> {
        let _ = (rules, row);
        None
    }
}
