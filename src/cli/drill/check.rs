//! `earlybell drill check`: what is wrong with a scenario, and what the rules would make of it, without a server.

use crate::cli::CliError;
use crate::cli::check::{counted, failed};
use crate::cli::output::{complain, say};
use crate::clock::{Clock, SystemClock};
use crate::config::{self, Overrides, read_scenario};
use clap::Args;
use domain::drill::Scenario;
use domain::drill::rehearsal::{Rehearsal, rehearse};
use domain::policy::Policy;
use domain::text::clean_line;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Longest line, in bytes.
const LINE_BYTES_MAX: usize = 4 * 1024;

/// Reads scenarios, and says what the rules would declare if they began now
#[derive(Debug, Args)]
#[command(after_help = "\
Exit code 1 if a file has a mistake, 3 if all are good, but a rule that is named is not there, or
nothing would be declared. A rule outside of its hours declares nothing in a drill either.
Without --config.file: ./earlybell.yml, or the built-in default.

Example:\n  earlybell drill check config/drills/*.yml")]
pub struct Check {
    /// Scenario files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Configuration whose rules are asked
    #[arg(long = "config.file", value_name = "FILE")]
    config_file: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    Doubts,
    Mistakes,
}

impl Check {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        let policy = match config::load(self.config_file.as_deref(), &Overrides::default()) {
            Ok(config) => Policy::compile(config.policy).map_err(|_| CliError::told("the rules can't be read"))?,
            Err(errors) => {
                failed(&errors);
                return Err(CliError::Silent);
            }
        };
        let policy = Arc::new(policy);
        let found: Vec<Found> = self.files.iter().map(|file| check(file, &policy)).collect();
        if found.contains(&Found::Mistakes) {
            return Err(CliError::Silent);
        }
        if found.contains(&Found::Doubts) { Err(CliError::Lint) } else { Ok(()) }
    }
}

fn check(file: &Path, policy: &Arc<Policy>) -> Found {
    say(&format!("Checking '{}'", file.display()));
    let scenario = match read_scenario(file) {
        Ok(scenario) => scenario,
        Err(errors) => {
            failed(&errors);
            return Found::Mistakes;
        }
    };
    let (alerts, expected) = (counted(scenario.alerts.len(), "alert"), scenario.expect.len());
    say(&format!("  SUCCESS: {alerts}, {expected} expected of people, lasts {}", scenario.lasts));
    let rehearsal = rehearse(policy, &scenario, SystemClock.now());
    for one in &rehearsal.declared {
        let line = format!("after {}: {} declares “{}”", one.at, one.rule, one.title);
        say(&format!("  {}", clean_line(&line, LINE_BYTES_MAX)));
    }
    let doubts = doubts(&scenario, &rehearsal, policy);
    doubts.iter().for_each(|doubt| complain(&format!("  WARNING: {}", clean_line(doubt, LINE_BYTES_MAX))));
    if doubts.is_empty() { Found::Nothing } else { Found::Doubts }
}

fn doubts(scenario: &Scenario, rehearsal: &Rehearsal, policy: &Policy) -> Vec<String> {
    let mut doubts: Vec<String> =
        rehearsal.quiet.iter().map(|(rule, because)| format!("{rule} keeps quiet now: {because}")).collect();
    if rehearsal.declared.is_empty() {
        doubts.push("no rule would declare anything".to_owned());
    }
    let named = scenario.expect.iter().filter_map(|one| one.rule.as_deref());
    for rule in named.filter(|rule| policy.rules.by_name(rule).is_none()) {
        doubts.push(format!("something is expected of the rule {rule}, which is not there"));
    }
    doubts
}
