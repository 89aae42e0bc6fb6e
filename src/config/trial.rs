//! Files with tests of rules: read with the rules they are about, every mistake with its place.

use super::load::{self, Findings, Named};
use super::place::Places;
use super::read;
use super::report::{ConfigError, ConfigErrors, unknown};
use domain::policy::{NamedRuleFile, Policy};
use domain::rules::model::RuleFile;
use domain::rules::trial::model::RuleTest;
use domain::rules::trial::{self, Script};
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
    let written: RuleFile = read::yaml(own.text())?;
    let mut wrong = Wrong { file: &own, places: None, found: Vec::new() };
    let mut files = vec![own.clone()];
    files.extend(named(path, &written.rule_files, &mut wrong));
    let mut found = Findings { mistakes: wrong.found, warnings: Vec::new() };
    let rules = load::parse_rules(&files, &mut found);
    if !found.mistakes.is_empty() {
        return Err(ConfigErrors(found.mistakes));
    }
    let policy = trial::policy::policy(&rules).map_err(|mistakes| ConfigErrors(load::shown(&files, mistakes)))?;
    let mut wrong = Wrong { file: &own, places: None, found: Vec::new() };
    let scripts = written.tests.iter().enumerate().filter_map(|(at, test)| script(at, test, &policy, &mut wrong));
    let scripts = scripts.collect();
    if !wrong.found.is_empty() {
        wrong.found.sort_by_key(ConfigError::line);
        return Err(ConfigErrors(wrong.found));
    }
    Ok(TestFile { rules, policy: Arc::new(policy), scripts, warnings: found.warnings })
}

struct Wrong<'a> {
    file: &'a Named,
    places: Option<Places>,
    found: Vec<ConfigError>,
}

impl Wrong<'_> {
    fn at(&mut self, path: &str, problem: impl Into<String>) {
        let places = self.places.get_or_insert_with(|| Places::of(&self.file.content));
        self.found.push(ConfigError::at_path(self.file.text(), places, path, problem));
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

fn script(at: usize, test: &RuleTest, policy: &Policy, wrong: &mut Wrong<'_>) -> Option<Script> {
    let rules: Vec<&str> = policy.rules.rules.iter().map(|rule| &*rule.name).collect();
    let looks = test.incident_rule_test.iter().map(|look| &look.incident);
    let looks = looks.enumerate().map(|(ix, rule)| (format!("incident_rule_test[{ix}]"), rule));
    let acts = test.actions.iter().map(|act| &act.incident);
    let acts = acts.enumerate().map(|(ix, rule)| (format!("actions[{ix}]"), rule));
    for (path, rule) in looks.chain(acts).filter(|(_, rule)| !rules.contains(&rule.as_str())) {
        wrong.at(&format!("tests[{at}].{path}.incident"), unknown("rule", rule, &rules));
    }
    match Script::read(test) {
        Ok(script) => Some(script),
        Err(mistakes) => {
            mistakes.into_iter().for_each(|(path, problem)| wrong.at(&format!("tests[{at}]{path}"), problem));
            None
        }
    }
}
