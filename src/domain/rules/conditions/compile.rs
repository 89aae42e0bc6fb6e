//! From the conditions as written to the tree that is evaluated, with everything that is wrong on the way.

use super::absent::Absent;
use super::alerts::{Alerts, Words};
use super::held::Held;
use super::slot::{Items, Silenced, Slot};
use super::{Kind, Node};
use crate::alert::PAST_REACH;
use crate::alert::matcher::MatcherText;
use crate::duration::Duration;
use crate::rules::matching::{TestIx, Tests};
use crate::rules::model::{ConditionModel, CountOf, SomeModel};

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
        let kind = self.kind(model, path, depth);
        Some(Node { kind: kind?, held })
    }

    fn kind(&mut self, model: &ConditionModel, path: &str, depth: usize) -> Option<Kind> {
        let said = said(model);
        if said.len() != 1 {
            self.mistake(path, one_kind(&said));
            return None;
        }
        if let Some(matchers) = &model.alerts {
            return self.alerts(model, matchers, path).map(Kind::Alerts);
        }
        if let Some(matchers) = &model.absent {
            return self.absent(matchers, path).map(Kind::Absent);
        }
        if let Some(parts) = &model.all {
            return self.parts(parts, &format!("{path}.all"), depth).map(Kind::All);
        }
        if let Some(parts) = &model.any {
            return self.parts(parts, &format!("{path}.any"), depth).map(Kind::Any);
        }
        if let Some(some) = &model.some {
            return self.some(some, &format!("{path}.some"), depth);
        }
        let part = model.not.as_ref()?;
        self.node(part, &format!("{path}.not"), depth + 1).map(|part| Kind::Not(Box::new(part)))
    }

    fn leaf_keys(&mut self, model: &ConditionModel, path: &str) {
        if model.alerts.is_some() {
            return;
        }
        let stray = [
            ("at_least", model.at_least.is_some()),
            ("distinct", model.distinct.is_some()),
            ("count", model.count.is_some()),
            ("within", model.within.is_some()),
            ("count_silenced", model.count_silenced),
        ];
        for (key, _) in stray.iter().filter(|(_, said)| *said) {
            let home = if *key == "at_least" && model.some.is_some() { "inside `some`" } else { "beside `alerts`" };
            self.mistake(format!("{path}.{key}"), format!("belongs {home}; move it there"));
        }
    }

    fn alerts(&mut self, model: &ConditionModel, matchers: &[MatcherText], path: &str) -> Option<Alerts> {
        let items = self.items(model, path);
        let within = self.within(model.within, path);
        let at_least = self.at_least(model.at_least.unwrap_or(1), path);
        let tests = self.matchers(matchers, &format!("{path}.alerts"))?;
        let (items, within, at_least) = (items?, within?, at_least?);
        let silenced = if model.count_silenced { Silenced::Count } else { Silenced::Ignored };
        let mut of = written(matchers);
        within.iter().for_each(|within| of.push_str(&format!(" within {within}")));
        if model.count_silenced {
            of.push_str(", silenced or not");
        }
        let words = Words::new(&items, of);
        let slot = self.slot(Slot { tests, items, silenced, within });
        Some(Alerts { slot, at_least, words })
    }

    // A silenced alert fires: who silences the watchdog is not blind. So it is not absent.
    fn absent(&mut self, matchers: &[MatcherText], path: &str) -> Option<Absent> {
        let tests = self.matchers(matchers, &format!("{path}.absent"))?;
        let slot = self.slot(Slot { tests, items: Items::Alerts, silenced: Silenced::Count, within: None });
        Some(Absent { slot, matchers: written(matchers) })
    }

    fn some(&mut self, some: &SomeModel, path: &str, depth: usize) -> Option<Kind> {
        let of = self.parts(&some.of, &format!("{path}.of"), depth);
        let parts = some.of.len();
        let at_least = usize::try_from(some.at_least).unwrap_or(usize::MAX);
        // Of an empty list enough is said.
        if parts > 0 && !(1..=parts).contains(&at_least) {
            let problem = format!("is {at_least}; write a number from 1 to {parts}, the number of conditions");
            self.mistake(format!("{path}.at_least"), problem);
            return None;
        }
        of.map(|of| Kind::Some { at_least, of })
    }

    fn items(&mut self, model: &ConditionModel, path: &str) -> Option<Items> {
        if model.count.is_some() && model.distinct.is_some() {
            self.mistake(format!("{path}.count"), "does not go with `distinct`; take one of them out");
            return None;
        }
        if model.count == Some(CountOf::Episodes) {
            if model.within.is_some() {
                return Some(Items::Episodes);
            }
            let problem = "is `episodes`, and does not say of which time; add for example `within: 20m`";
            self.mistake(format!("{path}.count"), problem);
            return None;
        }
        let Some(labels) = &model.distinct else { return Some(Items::Alerts) };
        let Some(problem) = name_problem(labels) else { return Some(Items::Distinct(labels.as_slice().into())) };
        self.mistake(format!("{path}.distinct"), problem);
        None
    }

    // The outer one is that of a mistake.
    fn within(&mut self, within: Option<Duration>, path: &str) -> Option<Option<Duration>> {
        let Some(length) = within.map(Duration::delta) else { return Some(None) };
        if length > chrono::TimeDelta::zero() && length <= PAST_REACH {
            return Some(within);
        }
        let said = within.unwrap_or_default();
        let most = PAST_REACH.num_hours();
        self.mistake(format!("{path}.within"), format!("is {said}; write more than 0s and at most {most}h"));
        None
    }

    fn at_least(&mut self, at_least: u32, path: &str) -> Option<usize> {
        if (1..=AT_LEAST_MAX).contains(&at_least) {
            return usize::try_from(at_least).ok();
        }
        self.mistake(format!("{path}.at_least"), format!("is {at_least}; write a number from 1 to {AT_LEAST_MAX}"));
        None
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

fn said(model: &ConditionModel) -> Vec<&'static str> {
    let kinds = [
        ("alerts", model.alerts.is_some()),
        ("absent", model.absent.is_some()),
        ("all", model.all.is_some()),
        ("any", model.any.is_some()),
        ("some", model.some.is_some()),
        ("not", model.not.is_some()),
    ];
    kinds.into_iter().filter(|(_, said)| *said).map(|(kind, _)| kind).collect()
}

fn one_kind(said: &[&str]) -> String {
    if said.is_empty() {
        return "says nothing; write one of `alerts`, `absent`, `all`, `any`, `some`, `not`".to_owned();
    }
    let said: Vec<String> = said.iter().map(|kind| format!("`{kind}`")).collect();
    format!("says {} side by side; write one, or nest them: `all: [{{alerts: …}}, …]`", said.join(" and "))
}

fn written(matchers: &[MatcherText]) -> String {
    matchers.iter().map(MatcherText::as_str).collect::<Vec<_>>().join(", ")
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
