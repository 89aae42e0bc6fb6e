//! Reads rule files and says everything that is wrong with them, each with its place.

use super::check::MISTAKES_MAX;
use super::load::Named;
use super::mend::{Mended, Unclear, mend};
use super::place::Places;
use super::read;
use super::report::ConfigError;
use domain::policy::{NamedRuleFile, Policy};
use domain::rules::compile::Mistake;
use domain::rules::model::RuleFile;
use domain::rules::trial;
use std::collections::BTreeMap;

/// What was found in files.
#[derive(Debug, Default)]
pub struct Findings {
    /// What must be mended.
    pub mistakes: Vec<ConfigError>,
    /// What is understood, but better written anew.
    pub warnings: Vec<ConfigError>,
}

/// Rule files as far as they could be read.
pub(super) struct Read<'a> {
    named: &'a [Named],
    /// In the order of the texts; with stand-ins for what is wrong.
    pub files: Vec<NamedRuleFile>,
    unclear: BTreeMap<String, Unclear>,
}

/// Reads rule files and compiles them together; what is wrong, and what could be better, goes to `found`. Receivers and
/// templates they name are not looked up.
pub fn parse_rules(files: &[Named], found: &mut Findings) -> Vec<NamedRuleFile> {
    playable(files, found).0.files
}

/// The same, with what their tests are played by, if nothing is wrong.
pub(super) fn playable<'a>(files: &'a [Named], found: &mut Findings) -> (Read<'a>, Option<Policy>) {
    let before = found.mistakes.len();
    let read = Read::of(files, found);
    let policy = match trial::policy::policy(&read.files) {
        Ok(mut policy) => {
            found.warnings.extend(shown(files, std::mem::take(&mut policy.rules.warnings)));
            Some(policy)
        }
        Err(mistakes) => {
            found.mistakes.extend(shown(files, read.clear(mistakes)));
            None
        }
    };
    in_order(files, &mut found.mistakes);
    (read, policy.filter(|_| found.mistakes.len() == before))
}

impl<'a> Read<'a> {
    /// Reads them; what is wrong with how they are written goes to `found`.
    pub fn of(named: &'a [Named], found: &mut Findings) -> Self {
        let mut files = Vec::with_capacity(named.len());
        let mut unclear = BTreeMap::new();
        for file in named {
            let rules = read::yaml::<RuleFile>(file.text()).unwrap_or_else(|error| {
                let Mended { mistakes, rules, unclear: parts } = mend(file.text(), error);
                found.mistakes.extend(mistakes);
                unclear.insert(file.name.clone(), parts);
                rules
            });
            files.push(NamedRuleFile { name: file.name.clone(), file: rules });
        }
        Self { named, files, unclear }
    }

    /// Those of these mistakes that are none of what a mistake in the writing made unclear.
    pub fn clear(&self, mistakes: Vec<Mistake>) -> Vec<Mistake> {
        // An interval that is not known may be in a part that could not be read.
        let intervals = self.is_clear("time_intervals");
        let hidden = |mistake: &Mistake| {
            let hides = |unclear: &Unclear| unclear.hides(&mistake.path) || too_late(unclear, &mistake.path);
            self.unclear.get(&mistake.file).is_some_and(hides)
                || !intervals && mistake.path.contains("_time_intervals[")
        };
        mistakes.into_iter().filter(|mistake| !hidden(mistake)).collect()
    }

    /// Whether all that stands under this key of the files could be read.
    pub fn is_clear(&self, key: &str) -> bool {
        self.unclear.values().all(|unclear| !unclear.touches(key))
    }

    /// The texts they were read from.
    pub fn texts(&self) -> &'a [Named] {
        self.named
    }
}

// How long a test lasts is not known where its series are unclear.
fn too_late(unclear: &Unclear, path: &str) -> bool {
    let test = path.split_once("].").map_or("", |(test, _)| test);
    let time = path.starts_with("tests[") && (path.ends_with(".eval_time") || path.ends_with(".at"));
    time && unclear.is_within(&format!("{test}].input_alerts"))
}

/// What `domain` found wrong, shown where it stands.
pub(super) fn shown(files: &[Named], found: Vec<Mistake>) -> Vec<ConfigError> {
    let mut by_file: BTreeMap<String, Vec<Mistake>> = BTreeMap::new();
    for mistake in found {
        by_file.entry(mistake.file.clone()).or_default().push(mistake);
    }
    by_file.into_iter().flat_map(|(file, found)| shown_of(files, &file, found)).collect()
}

fn shown_of(files: &[Named], name: &str, found: Vec<Mistake>) -> Vec<ConfigError> {
    let more = found.len().saturating_sub(MISTAKES_MAX);
    let and_more = (more > 0).then(|| ConfigError::of_file(name, format!("and {more} more mistakes")));
    let file = files.iter().find(|file| file.name == name);
    let places = file.map(|file| (file.text(), Places::of(&file.content)));
    let show = |mistake: Mistake| match &places {
        Some((text, places)) => ConfigError::at_path(*text, places, &mistake.path, mistake.problem),
        None => ConfigError::of_file(name, format!("{}: {}", mistake.path, mistake.problem)),
    };
    let mut shown: Vec<ConfigError> = found.into_iter().map(show).collect();
    shown.sort_by_key(ConfigError::order);
    shown.truncate(MISTAKES_MAX);
    shown.extend(and_more);
    shown
}

/// Sorts mistakes by the order of the files and of the lines; what is said of a file as a whole comes last.
pub(super) fn in_order(files: &[Named], mistakes: &mut [ConfigError]) {
    let place = |mistake: &ConfigError| {
        let file = files.iter().position(|file| mistake.is_in(&file.name)).unwrap_or(files.len());
        (file, mistake.line() == 0, mistake.order())
    };
    mistakes.sort_by_key(place);
}
