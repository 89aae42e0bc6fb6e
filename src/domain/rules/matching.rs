//! Matchers as they are verified: label names as numbers, words compared as words, every pattern compiled once.

use crate::alert::Pairs;
use crate::alert::matcher::{Matcher, MatcherText, Op};
use foldhash::fast::FixedState;
use std::collections::HashMap;

/// Number of a label name that some matcher reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct NameIx(pub u32);

/// Number of a matcher; equal ones share it, whichever rule they are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TestIx(pub u32);

/// One matcher, ready to be verified.
#[derive(Debug)]
pub(super) struct Test {
    /// Of which label.
    pub name: NameIx,
    /// Whether an alert without the label passes.
    pub accepts_missing: bool,
    matcher: Matcher,
    words: Option<Box<[Box<str>]>>,
}

/// All matchers of a rule set.
#[derive(Debug, Default)]
pub(super) struct Tests {
    tests: Vec<Test>,
    names: HashMap<Box<str>, NameIx, FixedState>,
    known: HashMap<Matcher, TestIx, FixedState>,
}

impl Test {
    /// Whether this value passes; a missing label is the empty value.
    pub fn accepts(&self, value: &str) -> bool {
        match &self.words {
            Some(words) => words.iter().any(|word| **word == *value),
            None => self.matcher.matches(value),
        }
    }

    /// The only values that pass, if they are few, and none of them is the empty one of a missing label.
    pub fn words(&self) -> Option<&[Box<str>]> {
        self.words.as_deref()
    }

    /// Whether verifying it is slow.
    pub fn is_pattern(&self) -> bool {
        self.words.is_none() && matches!(self.matcher.op, Op::Matches | Op::NotMatches)
    }
}

impl Tests {
    /// Takes in a matcher as written.
    pub fn read(&mut self, text: &MatcherText) -> Vec<TestIx> {
        text.matchers().iter().map(|matcher| self.add(matcher)).collect()
    }

    /// The test of this number.
    pub fn test(&self, ix: TestIx) -> &Test {
        &self.tests[ix.0 as usize]
    }

    /// How many names there are.
    pub fn names(&self) -> usize {
        self.names.len()
    }

    /// Those of the labels that some matcher reads.
    pub fn known<'a>(&self, labels: &'a Pairs) -> Vec<Known<'a>> {
        let mut known = Vec::with_capacity(labels.len());
        let known_name = |(name, value)| Some(Known { name: *self.names.get(name)?, value, remembered: None });
        known.extend(labels.iter().filter_map(known_name));
        known
    }

    fn add(&mut self, matcher: &Matcher) -> TestIx {
        if let Some(ix) = self.known.get(matcher) {
            return *ix;
        }
        let ix = TestIx(u32::try_from(self.tests.len()).unwrap_or(u32::MAX));
        let words = matcher.words().map(|words| words.into_iter().map(String::into_boxed_str).collect());
        let name = self.name(&matcher.name);
        self.tests.push(Test { name, accepts_missing: matcher.matches(""), matcher: matcher.clone(), words });
        self.known.insert(matcher.clone(), ix);
        ix
    }

    fn name(&mut self, name: &str) -> NameIx {
        if let Some(ix) = self.names.get(name) {
            return *ix;
        }
        let ix = NameIx(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        self.names.insert(name.into(), ix);
        ix
    }
}

/// A label of an alert, by the number of its name. An alert has a handful, so a scan beats any map.
pub(super) struct Known<'a> {
    /// Its name.
    pub name: NameIx,
    /// Its value.
    pub value: &'a str,
    /// Where the memo keeps what it knows of it, once asked.
    pub remembered: Option<usize>,
}
