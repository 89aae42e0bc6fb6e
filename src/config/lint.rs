//! Lints, shown where they stand; those that a comment allows are left out.

use super::load::Named;
use super::place::Places;
use super::report::ConfigError;
use domain::rules::lint::{Finding, is_allowed};
use std::collections::BTreeMap;

/// What is to be told of these, in the order of the lines.
pub fn shown(files: &[Named], found: Vec<Finding>) -> Vec<ConfigError> {
    let mut places: BTreeMap<&str, Places> = BTreeMap::new();
    let mut shown = Vec::new();
    for finding in found {
        let Some(file) = files.iter().find(|file| file.name == finding.file) else { continue };
        let places = places.entry(&file.name).or_insert_with(|| Places::of(&file.content));
        let lines = [&finding.path, &finding.rule].map(|path| places.find(path).map(|place| place.line));
        let lines: Vec<usize> = lines.into_iter().flatten().collect();
        if !is_allowed(finding.lint, &file.content, &lines) {
            let problem = format!("{}: {}", finding.lint, finding.problem);
            shown.push(ConfigError::at_path(file.text(), places, &finding.path, problem));
        }
    }
    let order = |error: &ConfigError| (files.iter().position(|file| error.is_in(&file.name)), error.line());
    shown.sort_by_key(order);
    shown
}
