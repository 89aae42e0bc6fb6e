//! Scenario files of drills: read strictly, every mistake with its place.

use super::load::Named;
use super::place::Places;
use super::read;
use super::report::{ConfigError, ConfigErrors};
use domain::drill::Scenario;
use domain::drill::model::ScenarioModel;
use std::path::Path;

/// Reads a scenario.
pub fn read_scenario(path: &Path) -> Result<Scenario, ConfigErrors> {
    let name = path.display().to_string();
    let content =
        read::file(path).map_err(|problem| ConfigError::of_file(&name, format!("can't read it: {problem}")))?;
    parse_scenario(&Named { name, content })
}

/// The same, of a text.
pub fn parse_scenario(file: &Named) -> Result<Scenario, ConfigErrors> {
    let model: ScenarioModel = read::yaml(file.text())?;
    Scenario::read(&model).map_err(|mistakes| {
        let places = Places::of(&file.content);
        let shown = mistakes.into_iter().map(|(path, problem)| {
            // What is wrong with a value is said of it by its name.
            let key = path.rsplit(['.', ' ']).next().unwrap_or_default();
            let key = key.split('[').next().unwrap_or_default();
            let named = if problem.starts_with('`') { problem } else { format!("`{key}` {problem}") };
            ConfigError::at_path(file.text(), &places, &path, named)
        });
        let mut errors: Vec<ConfigError> = shown.collect();
        errors.sort_by_key(ConfigError::order);
        ConfigErrors(errors)
    })
}
