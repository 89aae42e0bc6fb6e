//! Which rules are played: those of the configuration, or of the files that were named.

use crate::cli::CliError;
use crate::config::{self, ConfigErrors, Findings, Named, Overrides};
use domain::policy::PolicySource;
use std::path::{Path, PathBuf};

/// The configuration, with the rules of these files in place of its own if there are any.
pub fn load(config: Option<&Path>, files: &[PathBuf]) -> Result<PolicySource, CliError> {
    let config = config::load(config, &Overrides::default()).map_err(CliError::told)?;
    if files.is_empty() { Ok(config.policy) } else { replaced(&config.policy, files) }
}

/// The same, with the rules of these files.
pub fn replaced(policy: &PolicySource, files: &[PathBuf]) -> Result<PolicySource, CliError> {
    let read = |path: &PathBuf| {
        let name = path.display().to_string();
        let content = config::read_file(path);
        content
            .map(|content| Named { name: name.clone(), content })
            .map_err(|problem| format!("can't read {name}: {problem}"))
    };
    let named = files.iter().map(read).collect::<Result<Vec<Named>, String>>().map_err(CliError::told)?;
    let mut found = Findings::default();
    let rule_files = config::parse_rules(&named, &mut found);
    if found.mistakes.is_empty() {
        return Ok(PolicySource { rule_files, ..policy.clone() });
    }
    Err(CliError::told(ConfigErrors(found.mistakes)))
}
