//! Files with tests of rules: read with the rules they are about, every mistake with its place.

use super::load::Named;
use super::read;
use super::report::{ConfigError, ConfigErrors, unknown};
use super::rules::{self, Findings, Read};
use domain::policy::{NamedRuleFile, Policy};
use domain::rules::compile::Mistake;
use domain::rules::trial::Script;
use domain::rules::trial::model::RuleTest;
use std::path::Path;
use std::sync::Arc;

/// The tests of one file, ready to be played.
#[derive(Debug)]
pub struct TestFile {
    /// The rules they are about, as written: those of the file itself, and of its `rule_files`.
    pub rules: Vec<NamedRuleFile>,
    /// The same, compiled for tests.
    pub policy: Arc<Policy>,
    /// In the order of the file.
    pub scripts: Vec<Script>,
    /// What is understood, but better written anew.
    pub warnings: Vec<ConfigError>,
}

/// Reads a file with tests, and the rule files it names; those are relative to it.
pub fn read_tests(path: &Path) -> Result<TestFile, ConfigErrors> {
    let name = path.display().to_string();
    let content =
        read::file(path).map_err(|problem| ConfigError::of_file(&name, format!("can't read it: {problem}")))?;
    let own = Named { name, content };
    let written = Read::of(std::slice::from_ref(&own), &mut Findings::default());
    let tests = written.files.first().map(|own| own.file.tests.clone()).unwrap_or_default();
    let patterns = written.files.first().map(|own| own.file.rule_files.clone()).unwrap_or_default();
    let mut wrong = Wrong { file: &own, found: Vec::new() };
    let mut files = vec![own.clone()];
    files.extend(named(path, &patterns, &mut wrong));
    let all_files = wrong.found.is_empty();
    let mut found = Findings::default();
    let (read, policy) = rules::playable(&files, &mut found);
    let names: Vec<&str> = read
        .files
        .iter()
        .flat_map(|file| &file.file.groups)
        .flat_map(|group| &group.rules)
        .map(|rule| rule.incident.as_str())
        .collect();
    // Of rules that could not be read, nobody knows the names.
    let known = (all_files && read.is_clear("groups")).then_some(names.as_slice());
    let scripts = tests.iter().enumerate().filter_map(|(at, test)| script(at, test, known, &mut wrong));
    let scripts: Vec<Script> = scripts.collect();
    found.mistakes.extend(rules::shown(&files, written.clear(wrong.found)));
    rules::in_order(&files, &mut found.mistakes);
    match policy {
        Some(policy) if found.mistakes.is_empty() => {
            Ok(TestFile { rules: read.files, policy: Arc::new(policy), scripts, warnings: found.warnings })
        }
        _ => Err(ConfigErrors(found.mistakes)),
    }
}

struct Wrong<'a> {
    file: &'a Named,
    found: Vec<Mistake>,
}

impl Wrong<'_> {
    fn at(&mut self, path: &str, problem: impl Into<String>) {
        self.found.push(Mistake { file: self.file.name.clone(), path: path.to_owned(), problem: problem.into() });
    }
}

fn named(path: &Path, patterns: &[String], wrong: &mut Wrong<'_>) -> Vec<Named> {
    let base = path.parent().unwrap_or(Path::new(""));
    let mut files: Vec<Named> = Vec::new();
    for (at, pattern) in patterns.iter().enumerate() {
        let place = format!("rule_files[{at}]");
        match read::files(base, pattern) {
            Ok(found) if found.is_empty() => wrong.at(&place, format!("no file matches `{pattern}`")),
            Ok(found) => {
                for (file, content) in found.into_iter().filter(|(file, _)| !is_same(file, path)) {
                    let name = file.display().to_string();
                    if files.iter().all(|known| known.name != name) {
                        files.push(Named { name, content });
                    }
                }
            }
            Err(problem) => wrong.at(&place, problem),
        }
    }
    files
}

// A pattern may find the file with the tests itself.
fn is_same(file: &Path, other: &Path) -> bool {
    file == other || file.canonicalize().ok().is_some_and(|file| other.canonicalize().ok() == Some(file))
}

fn script(at: usize, test: &RuleTest, rules: Option<&[&str]>, wrong: &mut Wrong<'_>) -> Option<Script> {
    let looks = test.incident_rule_test.iter().map(|look| &look.incident);
    let looks = looks.enumerate().map(|(ix, rule)| (format!("incident_rule_test[{ix}]"), rule));
    let acts = test.actions.iter().map(|act| &act.incident);
    let acts = acts.enumerate().map(|(ix, rule)| (format!("actions[{ix}]"), rule));
    for (path, rule) in looks.chain(acts) {
        if let Some(rules) = rules.filter(|rules| !rules.contains(&rule.as_str())) {
            wrong.at(&format!("tests[{at}].{path}.incident"), unknown("rule", rule, rules));
        }
    }
    match Script::read(test) {
        Ok(script) => Some(script),
        Err(mistakes) => {
            mistakes.into_iter().for_each(|(path, problem)| wrong.at(&format!("tests[{at}]{path}"), problem));
            None
        }
    }
}
