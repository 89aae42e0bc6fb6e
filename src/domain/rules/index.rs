//! Which leaves an alert may touch, found by its labels and not by asking every rule.
//!
//! A leaf stands under one pair of label and value that an alert must have to match it: of those its matchers name, the
//! one that fewest leaves share. The matchers left over are verified. A leaf that names no value (`instance =~ "web.+"`)
//! stands under the label it needs, by pattern.

use super::compile::RuleIx;
use super::matching::{Known, NameIx, TestIx, Tests};
use super::memo::Memo;
use crate::alert::Pairs;
use foldhash::fast::FixedState;
use std::collections::HashMap;
use std::sync::Arc;

/// A list of matchers that all must pass, and what it is for.
#[derive(Debug)]
pub(super) struct Target {
    /// Of which rule.
    pub rule: RuleIx,
    /// What a match means to it.
    pub role: Role,
    /// Its matchers; the one it is indexed by is taken out.
    pub tests: Vec<TestIx>,
}

/// What a match means to a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It counts here: place in the rule's slots.
    Count(usize),
    /// It is evidence only.
    Gather,
}

impl Role {
    /// Where it counts.
    pub fn slot(self) -> Option<usize> {
        match self {
            Self::Count(slot) => Some(slot),
            Self::Gather => None,
        }
    }
}

/// Number of a target. Targets are numbered rule by rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TargetIx(pub u32);

/// All targets, by what an alert must have to match them.
#[derive(Debug, Default)]
pub(super) struct Index {
    tests: Tests,
    targets: Vec<Target>,
    // By number of the name.
    names: Vec<UnderName>,
}

#[derive(Debug, Default)]
struct UnderName {
    words: HashMap<Box<str>, Vec<TargetIx>, FixedState>,
    patterns: Vec<(TestIx, Vec<TargetIx>)>,
}

impl Index {
    /// Places every target under its rarest word.
    pub fn build(tests: Tests, mut targets: Vec<Target>) -> Self {
        let mut names: Vec<UnderName> = Vec::new();
        names.resize_with(tests.names(), UnderName::default);
        let shares = shares(&tests, &targets);
        for (at, target) in targets.iter_mut().enumerate() {
            let ix = TargetIx(u32::try_from(at).unwrap_or(u32::MAX));
            place(&mut names, &tests, &shares, ix, target);
        }
        Self { tests, targets, names }
    }

    /// The target of this number.
    pub fn target(&self, ix: TargetIx) -> &Target {
        &self.targets[ix.0 as usize]
    }

    /// All targets that these labels match, in order.
    pub fn matching(&self, labels: &Pairs, memo: &mut Memo) -> Vec<TargetIx> {
        memo.make_room();
        let mut known = self.tests.known(labels);
        let mut found = Vec::new();
        for at in 0..known.len() {
            let under = &self.names[known[at].name.0 as usize];
            if let Some(candidates) = under.words.get(known[at].value) {
                self.verify(candidates, &mut known, memo, &mut found);
            }
            if under.patterns.is_empty() {
                continue;
            }
            let value = known[at].value;
            let passed = memo.passed(&mut known[at], || self.passing(under, value));
            for place in passed.iter() {
                self.verify(&under.patterns[*place as usize].1, &mut known, memo, &mut found);
            }
        }
        found.sort_unstable();
        found
    }

    fn verify(&self, candidates: &[TargetIx], known: &mut [Known<'_>], memo: &mut Memo, found: &mut Vec<TargetIx>) {
        for ix in candidates {
            if self.target(*ix).tests.iter().all(|test| self.passes(*test, known, memo)) {
                found.push(*ix);
            }
        }
    }

    fn passes(&self, ix: TestIx, known: &mut [Known<'_>], memo: &mut Memo) -> bool {
        let test = self.tests.test(ix);
        match known.iter_mut().find(|known| known.name == test.name) {
            None => test.accepts_missing,
            Some(known) if test.is_pattern() => memo.accepts(ix, test, known),
            Some(known) => test.accepts(known.value),
        }
    }

    // Places of the patterns that this value passes.
    fn passing(&self, under: &UnderName, value: &str) -> Arc<[u32]> {
        let passes = |test: &TestIx| self.tests.test(*test).accepts(value);
        (0..).zip(&under.patterns).filter(|(_, (test, _))| passes(test)).map(|(at, _)| at).collect()
    }
}

// How many targets name each pair of label and value.
type Shares<'a> = HashMap<(NameIx, &'a str), usize, FixedState>;

fn shares<'a>(tests: &'a Tests, targets: &[Target]) -> Shares<'a> {
    let mut shares = Shares::default();
    for test in targets.iter().flat_map(|target| &target.tests).map(|ix| tests.test(*ix)) {
        for word in test.words().unwrap_or_default() {
            *shares.entry((test.name, word)).or_default() += 1;
        }
    }
    shares
}

fn place(names: &mut [UnderName], tests: &Tests, shares: &Shares<'_>, ix: TargetIx, target: &mut Target) {
    let Some((at, by)) = rarest(tests, shares, target).or_else(|| needed(tests, target)) else {
        // Can't be: compile refuses what accepts an alert without labels.
        return;
    };
    let test = tests.test(by);
    let under = &mut names[test.name.0 as usize];
    target.tests.remove(at);
    // Words are compared in a nanosecond, patterns in fifty.
    target.tests.sort_by_key(|ix| tests.test(*ix).is_pattern());
    if let Some(words) = test.words() {
        for word in words {
            let entry = under.words.entry(word.clone()).or_default();
            // `a|a` names a word twice.
            if entry.last() != Some(&ix) {
                entry.push(ix);
            }
        }
        return;
    }
    match under.patterns.iter_mut().find(|(known, _)| *known == by) {
        Some((_, under)) => under.push(ix),
        None => under.patterns.push((by, vec![ix])),
    }
}

fn rarest(tests: &Tests, shares: &Shares<'_>, target: &Target) -> Option<(usize, TestIx)> {
    let common = |ix: TestIx| {
        let test = tests.test(ix);
        let words = test.words()?;
        words.iter().map(|word| shares.get(&(test.name, &**word)).copied().unwrap_or_default()).max()
    };
    let candidates = target.tests.iter().enumerate().filter_map(|(at, ix)| Some((common(*ix)?, at, *ix)));
    candidates.min().map(|(_, at, ix)| (at, ix))
}

// A matcher that a missing label does not pass: the alert must have the label.
fn needed(tests: &Tests, target: &Target) -> Option<(usize, TestIx)> {
    let refuses_missing = |ix: &TestIx| !tests.test(*ix).accepts_missing;
    let at = target.tests.iter().position(refuses_missing)?;
    Some((at, target.tests[at]))
}
