//! From the model to what is evaluated: matchers compiled and shared, leaves numbered, the index built.

use super::check;
use super::conditions::{Compiler, Node, Side, Slot};
use super::eval::Subject;
use super::index::{Index, Role, Target};
use super::matching::Tests;
use super::memo::Memo;
use super::model::{Group, RuleModel};
use super::version::version;
use crate::alert::Pairs;
use crate::duration::Duration;
use crate::incident::Severity;
use crate::policy::NamedRuleFile;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many rules there may be.
pub const RULES_MAX: usize = 10_000;

/// Place of a rule in its set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleIx(pub u32);

/// One rule, ready to be evaluated.
#[derive(Debug)]
pub struct Rule {
    /// Its `incident:` name.
    pub name: Arc<str>,
    /// Hash of the rule as written; incidents remember it.
    pub version: u64,
    /// As written.
    pub model: RuleModel,
    /// Labels of its incidents: of the group, of the rule, and `incident`.
    pub labels: Pairs,
    pub(super) trees: Trees,
}

/// The conditions of a rule.
#[derive(Debug)]
pub(super) struct Trees {
    pub when: Node,
    pub confirm: Option<Node>,
    pub raise: Vec<(Severity, Node)>,
    /// Where alerts are counted, for all of them together.
    pub slots: Vec<Slot>,
    /// The slots whose alerts make `when` true: they are the evidence.
    pub evidence: Vec<usize>,
    /// The slots whose alerts make any of them true: alerts that only keep one from being true give it no key.
    pub keyed: Vec<usize>,
    /// `when` is true with no alert at all, once every `for` is over.
    pub standing: bool,
    /// The one subject has something to say with no alert at all: it is always there.
    pub resident: bool,
    /// Number of nodes with `for`, of all of them together.
    pub holds: usize,
}

impl Rule {
    /// Whether its `when` is true with no alert at all, as `absent` is: its incident is not over when no alert fires.
    pub fn is_standing(&self) -> bool {
        self.trees.standing
    }

    /// The longest `within` of its conditions.
    pub fn looks_back(&self) -> Option<Duration> {
        self.trees.slots.iter().filter_map(|slot| slot.within).max()
    }
}

/// All rules in force.
#[derive(Debug, Default)]
pub struct RuleSet {
    /// In the order of the files.
    pub rules: Vec<Rule>,
    /// What is understood, but better written anew; people are told, nothing is refused.
    pub warnings: Vec<Mistake>,
    names: BTreeMap<Arc<str>, RuleIx>,
    pub(super) index: Index,
}

/// What is wrong with a rule file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {path}: {problem}")]
pub struct Mistake {
    /// Name of the file.
    pub file: String,
    /// Place in it: `groups[0].rules[1].when.any[0]`.
    pub path: String,
    /// What is wrong, and what to write.
    pub problem: String,
}

impl RuleSet {
    /// Compiles all files, or says everything that is wrong.
    pub fn compile(files: &[NamedRuleFile]) -> Result<Self, Vec<Mistake>> {
        let mut builder = Builder::default();
        for file in files {
            builder.file(file);
        }
        builder.finish()
    }

    /// The rule at this place.
    pub fn rule(&self, ix: RuleIx) -> &Rule {
        &self.rules[ix.0 as usize]
    }

    /// The rule of this name.
    pub fn by_name(&self, name: &str) -> Option<RuleIx> {
        self.names.get(name).copied()
    }

    /// Subjects that have something to say though no alert ever came: `absent` is true, or a `for` of it runs. Judge them
    /// once the rules are in force, and after a restart.
    pub fn standing(&self) -> impl Iterator<Item = Subject> {
        let resident = (0..).zip(&self.rules).filter(|(_, rule)| rule.trees.resident);
        resident.map(|(rule, _)| Subject { rule: RuleIx(rule), key: Pairs::default() })
    }

    /// Which rules an alert with these labels concerns, counted or gathered.
    pub fn concerned(&self, labels: &Pairs, memo: &mut Memo) -> Vec<RuleIx> {
        let found = self.index.matching(labels, memo);
        let mut rules: Vec<RuleIx> = found.into_iter().map(|target| self.index.target(target).rule).collect();
        rules.dedup();
        rules
    }
}

#[derive(Default)]
struct Builder {
    rules: Vec<Rule>,
    names: BTreeMap<Arc<str>, RuleIx>,
    tests: Tests,
    targets: Vec<Target>,
    mistakes: Vec<Mistake>,
    warnings: Vec<Mistake>,
}

impl Builder {
    fn finish(self) -> Result<RuleSet, Vec<Mistake>> {
        if !self.mistakes.is_empty() {
            return Err(self.mistakes);
        }
        let index = Index::build(self.tests, self.targets);
        Ok(RuleSet { rules: self.rules, warnings: self.warnings, names: self.names, index })
    }

    fn file(&mut self, file: &NamedRuleFile) {
        let mut groups = BTreeSet::new();
        for (at, group) in file.file.groups.iter().enumerate() {
            let path = format!("groups[{at}]");
            self.report(&file.name, &path, check::group(group));
            if !groups.insert(&group.name) {
                let problem = format!("another group of this file is named `{}`; rename one", group.name);
                self.report(&file.name, &path, vec![(".name".to_owned(), problem)]);
            }
            for (at, model) in group.rules.iter().enumerate() {
                self.rule(&file.name, &format!("{path}.rules[{at}]"), group, model);
            }
        }
    }

    fn rule(&mut self, file: &str, path: &str, group: &Group, model: &RuleModel) {
        if self.names.len() == RULES_MAX {
            let problem = format!("is one rule too many; there may be {RULES_MAX}");
            self.report(file, path, vec![(String::new(), problem)]);
        }
        let name: Arc<str> = model.incident.as_str().into();
        let ix = RuleIx(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        if self.names.insert(name.clone(), ix).is_some() {
            let problem = format!("another rule is named `{name}`; incidents are told apart by it, rename one");
            self.report(file, path, vec![(".incident".to_owned(), problem)]);
        }
        self.report(file, path, check::rule(model));
        self.warnings.extend(located(file, path, check::doubts(model)));
        let Some(trees) = self.trees(file, path, ix, model) else { return };
        let labels = labels(group, model);
        self.rules.push(Rule { name, version: version(model, &labels), model: model.clone(), labels, trees });
    }

    fn trees(&mut self, file: &str, path: &str, rule: RuleIx, model: &RuleModel) -> Option<Trees> {
        let mut compiler = Compiler::new(&mut self.tests);
        let when = compiler.condition(&model.when, ".when");
        let confirm = model.confirm.as_ref().and_then(|confirm| confirm.when.as_ref());
        let confirm = confirm.and_then(|confirm| compiler.condition(confirm, ".confirm.when"));
        let mut raise = Vec::new();
        for (at, model) in model.severity.raise.iter().enumerate() {
            let node = compiler.condition(&model.when, &format!(".severity.raise[{at}].when"));
            raise.extend(node.map(|node| (model.to, node)));
        }
        let said = !model.gather.is_empty();
        let gather = said.then(|| compiler.matchers(&model.gather, ".gather")).flatten();
        let compiled = compiler.finish();
        self.report(file, path, compiled.wrong);
        self.warnings.extend(located(file, path, compiled.doubtful));
        let count = |(at, slot): (usize, &Slot)| Target { rule, role: Role::Count(at), tests: slot.tests.clone() };
        self.targets.extend(compiled.slots.iter().enumerate().map(count));
        self.targets.extend(gather.map(|tests| Target { rule, role: Role::Gather, tests }));
        let when = when?;
        let standing = when.is_true_of_nothing();
        if standing && !model.correlate_by.is_empty() {
            let problem = "splits a rule that is true with no alert at all, and no alert means no labels to split by; \
                           write `correlate_by: []`, or let `when` need alerts too: `all: [{alerts: …}, …]`";
            self.report(file, path, vec![(".correlate_by".to_owned(), problem.to_owned())]);
        }
        let trees = || [&when].into_iter().chain(&confirm).chain(raise.iter().map(|(_, node)| node));
        let resident = model.correlate_by.is_empty() && trees().any(Node::minds_nothing);
        let (evidence, keyed) = (slots([&when]), slots(trees()));
        let (slots, holds) = (compiled.slots, compiled.holds);
        Some(Trees { when, confirm, raise, slots, evidence, keyed, standing, resident, holds })
    }

    fn report(&mut self, file: &str, path: &str, wrong: Vec<(String, String)>) {
        self.mistakes.extend(located(file, path, wrong));
    }
}

// The slots whose alerts make these true, in order.
fn slots<'a>(nodes: impl IntoIterator<Item = &'a Node>) -> Vec<usize> {
    let mut slots = Vec::new();
    nodes.into_iter().for_each(|node| node.slots(Side::For, &mut slots));
    slots.sort_unstable();
    slots.dedup();
    slots
}

// Places are inside the rule or group at this path.
fn located(file: &str, path: &str, wrong: Vec<(String, String)>) -> impl Iterator<Item = Mistake> {
    wrong.into_iter().map(move |(inner, problem)| Mistake {
        file: file.to_owned(),
        path: format!("{path}{inner}"),
        problem,
    })
}

/// Labels of the incidents of this rule.
pub(crate) fn labels(group: &Group, model: &RuleModel) -> Pairs {
    let name = [(check::INCIDENT_LABEL, model.incident.as_str())];
    // Of two values for one name the last stays: the rule's own wins over its group's.
    Pairs::labels(group.labels.iter().chain(model.labels.iter()).chain(name))
}
