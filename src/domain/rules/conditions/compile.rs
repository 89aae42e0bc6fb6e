//! From the conditions as written to the tree that is evaluated, with everything that is wrong on the way.

use super::alerts::{Alerts, Count};
use super::{Held, Kind, Node};
use crate::alert::matcher::MatcherText;
use crate::rules::matching::{TestIx, Tests};
use crate::rules::model::ConditionModel;

/// How deep conditions may stand in each other.
pub const NESTING_MAX: usize = 5;

/// Most that `at_least` may ask for: a number of alerts that is a rate belongs into PromQL.
pub const AT_LEAST_MAX: u32 = 10_000;

/// Compiles the conditions of one rule.
pub(in crate::rules) struct Compiler<'a> {
    tests: &'a mut Tests,
    slots: Vec<Slot>,
    holds: usize,
    wrong: Vec<(String, String)>,
    doubtful: Vec<(String, String)>,
}

/// What is counted in one place. Leaves that ask for the same share it, whatever number they ask for.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::rules) struct Slot {
    /// Matchers.
    pub tests: Vec<TestIx>,
    distinct: Vec<String>,
}

/// What the conditions of a rule need.
pub(in crate::rules) struct Compiled {
    /// Where alerts are counted.
    pub slots: Vec<Slot>,
    /// Number of nodes with `for`.
    pub holds: usize,
    /// Place and problem of each mistake.
    pub wrong: Vec<(String, String)>,
    /// Place of each matcher that is better written anew, and how.
    pub doubtful: Vec<(String, String)>,
}

impl Slot {
    /// Counts nothing yet.
    pub fn count(&self) -> Count {
        Count::new(&self.distinct)
    }
}

impl<'a> Compiler<'a> {
    /// For one rule.
    pub fn new(tests: &'a mut Tests) -> Self {
        Self { tests, slots: Vec::new(), holds: 0, wrong: Vec::new(), doubtful: Vec::new() }
    }

    /// After all its conditions.
    pub fn finish(self) -> Compiled {
        Compiled { slots: self.slots, holds: self.holds, wrong: self.wrong, doubtful: self.doubtful }
    }

    /// One condition, which stands at this path of the rule.
    pub fn condition(&mut self, model: &ConditionModel, path: &str) -> Option<Node> {
        self.node(model, path, 1)
    }

    /// A list of matchers, which stands at this path of the rule.
    pub fn matchers(&mut self, texts: &[MatcherText], path: &str) -> Option<Vec<TestIx>> {
        if texts.is_empty() {
            self.mistake(path, "is empty and would match every alert; write at least one matcher");
            return None;
        }
        for (at, text) in texts.iter().enumerate() {
            let doubt = text.warning().map(|warning| (format!("{path}[{at}]"), warning.to_owned()));
            self.doubtful.extend(doubt);
        }
        let mut tests: Vec<TestIx> = texts.iter().flat_map(|text| self.tests.read(text)).collect();
        if tests.iter().all(|test| self.tests.test(*test).accepts_missing) {
            let problem = "matches an alert without any of these labels, so every alert; add a matcher that a missing \
                           label does not pass, for example `severity = critical`";
            self.mistake(path, problem);
            return None;
        }
        tests.sort_unstable();
        tests.dedup();
        Some(tests)
    }

    fn node(&mut self, model: &ConditionModel, path: &str, depth: usize) -> Option<Node> {
        if depth > NESTING_MAX {
            self.mistake(path, format!("conditions stand more than {NESTING_MAX} deep; split the rule"));
            return None;
        }
        self.leaf_keys(model, path);
        // Places of holds are stored: outer nodes come before their parts.
        let held = model.held_for.map(|length| Held { length, slot: self.hold() });
        let kind = match (&model.alerts, &model.all, &model.any) {
            (Some(matchers), None, None) => self.alerts(model, matchers, path).map(Kind::Alerts),
            (None, Some(parts), None) => self.parts(parts, &format!("{path}.all"), depth).map(Kind::All),
            (None, None, Some(parts)) => self.parts(parts, &format!("{path}.any"), depth).map(Kind::Any),
            (None, None, None) => {
                self.mistake(path, "says nothing; write one of `alerts`, `all`, `any`");
                None
            }
            _ => {
                self.mistake(path, "says more than one of `alerts`, `all`, `any`; nest them: `all: [{alerts: …}, …]`");
                None
            }
        };
        Some(Node { kind: kind?, held })
    }

    fn leaf_keys(&mut self, model: &ConditionModel, path: &str) {
        let stray = [("at_least", model.at_least.is_some()), ("distinct", model.distinct.is_some())];
        for (key, _) in stray.iter().filter(|(_, said)| *said && model.alerts.is_none()) {
            self.mistake(format!("{path}.{key}"), "belongs beside `alerts`; move it there");
        }
    }

    fn alerts(&mut self, model: &ConditionModel, matchers: &[MatcherText], path: &str) -> Option<Alerts> {
        let distinct = match &model.distinct {
            Some(labels) => self.names(labels, &format!("{path}.distinct")),
            None => Some(Vec::new()),
        };
        let at_least = self.at_least(model.at_least.unwrap_or(1), path);
        let tests = self.matchers(matchers, &format!("{path}.alerts"))?;
        let (at_least, distinct) = (at_least?, distinct?);
        let written: Vec<&str> = matchers.iter().map(MatcherText::as_str).collect();
        let slot = self.slot(Slot { tests, distinct: distinct.clone() });
        Some(Alerts { slot, at_least, distinct, matchers: written.join(", ") })
    }

    fn at_least(&mut self, at_least: u32, path: &str) -> Option<usize> {
        if (1..=AT_LEAST_MAX).contains(&at_least) {
            return usize::try_from(at_least).ok();
        }
        self.mistake(format!("{path}.at_least"), format!("is {at_least}; write a number from 1 to {AT_LEAST_MAX}"));
        None
    }

    fn names(&mut self, names: &[String], path: &str) -> Option<Vec<String>> {
        match name_problem(names) {
            Some(problem) => {
                self.mistake(path, problem);
                None
            }
            None => Some(names.to_vec()),
        }
    }

    fn parts(&mut self, parts: &[ConditionModel], path: &str, depth: usize) -> Option<Vec<Node>> {
        if parts.is_empty() {
            self.mistake(path, "is empty; write at least one condition");
            return None;
        }
        // All are compiled before one that fails ends it: people want every mistake at once.
        let nodes: Vec<Option<Node>> = (0..)
            .zip(parts)
            .map(|(at, part): (usize, _)| self.node(part, &format!("{path}[{at}]"), depth + 1))
            .collect();
        nodes.into_iter().collect()
    }

    fn slot(&mut self, slot: Slot) -> usize {
        let known = self.slots.iter().position(|known| *known == slot);
        known.unwrap_or_else(|| {
            self.slots.push(slot);
            self.slots.len() - 1
        })
    }

    fn hold(&mut self) -> usize {
        self.holds += 1;
        self.holds - 1
    }

    fn mistake(&mut self, path: impl Into<String>, problem: impl Into<String>) {
        self.wrong.push((path.into(), problem.into()));
    }
}

/// What is wrong with a list of label names, if anything.
pub(in crate::rules) fn name_problem(names: &[String]) -> Option<String> {
    if names.is_empty() {
        return Some("is empty; write at least one label name".to_owned());
    }
    if names.iter().any(String::is_empty) {
        return Some("has an empty label name".to_owned());
    }
    let twice = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name));
    twice.map(|(_, name)| format!("names label `{name}` twice"))
}
