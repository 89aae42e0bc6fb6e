//! `earlybell test rules FILES…`: plays the tests of rule files, as `promtool test rules` does with those of alerts.

mod diff;
mod junit;
mod report;

use super::CliError;
use super::output::{self, Format, complain};
use crate::config::{self, ConfigErrors};
use clap::{Args, Subcommand};
use domain::alert::regex::Pattern;
use domain::rules::trial::{Looks, Outcome, play};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Exit code 1 if a test fails, a file has a mistake, or no test was played. Needs no server and no configuration.

A test plays alerts over time, and says what the rules make of them:
  tests:
    - name: errors declare after two minutes, and are called off when they pass
      interval: 1m
      input_alerts:                   # 1 fires, 0 is over, _ unseen, s silenced; 1x3: four of 1
        - { series: '{alertname=\"HighErrorRate\", job=\"shop\"}', values: '1x3 0x10' }
      actions: []                     # - { at: 5m, incident: ShopErrors, action: take_role }
      incident_rule_test:
        - { eval_time: 1m, incident: ShopErrors }                                       # none yet
        - { eval_time: 2m, incident: ShopErrors, exp_incidents: [{ exp_state: suspected }] }
        - { eval_time: 14m, incident: ShopErrors, exp_incidents: [{ exp_state: called_off }] }

They stand in the rule file, or in a file of their own that names it: `rule_files: [shop.yml]`.

Examples:
  earlybell test rules rules/*.yml
  earlybell test rules --run 'called off' --debug rules/shop.yml
  earlybell test rules --junit report.xml rules/*_test.yml";

/// Plays tests: alerts over time, what people do, and what becomes of it
#[derive(Debug, Args)]
pub struct Test {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Tests of rules, in rule files or in files of their own
    #[command(after_help = EXAMPLES)]
    Rules(Rules),
}

#[derive(Debug, Args)]
struct Rules {
    /// Files with `tests`
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Plays only tests with this pattern in their name; may be repeated
    #[arg(long, value_name = "REGEX", value_parser = pattern)]
    run: Vec<Pattern>,
    /// Shows at each eval_time how the rule stands, and why
    #[arg(long)]
    debug: bool,
    /// Shows what is not as expected as a unified diff
    #[arg(long)]
    diff: bool,
    /// Also writes a report that CI systems read
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = Format::Simple)]
    output: Format,
}

/// What became of a file.
struct Played {
    name: String,
    /// How many tests it has, and those that were to be played.
    tests: Result<(usize, Vec<Tested>), ConfigErrors>,
}

/// What became of a test.
struct Tested {
    name: String,
    outcome: Outcome,
}

impl Test {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        match self.what {
            What::Rules(rules) => rules.run(),
        }
    }
}

impl Rules {
    fn run(self) -> Result<(), CliError> {
        let style = report::Style { diff: self.diff, extended: self.output == Format::Extended };
        let mut played = Vec::new();
        for file in &self.files {
            let file = self.play(file);
            if self.output != Format::Json {
                output::say(&report::file(&file, style));
            }
            played.push(file);
        }
        if self.output == Format::Json {
            output::json(&report::json(&played));
        }
        if let Some(path) = &self.junit {
            let written = std::fs::write(path, junit::report(&played));
            written.map_err(|error| CliError::told(format!("can't write {}: {error}", path.display())))?;
        }
        self.verdict(&played)
    }

    fn play(&self, path: &Path) -> Played {
        let name = path.display().to_string();
        let looks = if self.debug { Looks::Explain } else { Looks::Compare };
        let tests = config::read_tests(path).map(|file| {
            for warning in &file.warnings {
                complain(&format!("  WARNING: {warning}"));
            }
            let wanted = file.scripts.iter().filter(|script| self.wants(&script.name));
            let tested = wanted.map(|script| {
                let outcome = play(&file.policy, script, looks);
                Tested { name: script.name.clone(), outcome }
            });
            (file.scripts.len(), tested.collect())
        });
        Played { name, tests }
    }

    fn wants(&self, name: &str) -> bool {
        self.run.is_empty() || self.run.iter().any(|pattern| pattern.matches(name))
    }

    fn verdict(&self, played: &[Played]) -> Result<(), CliError> {
        if played.iter().any(Played::failed) {
            return Err(CliError::Silent);
        }
        let tests = || played.iter().filter_map(|file| file.tests.as_ref().ok());
        let (there, done) = tests().fold((0, 0), |(there, done), (count, tested)| (there + count, done + tested.len()));
        match (there, done) {
            (0, _) => Err(CliError::told("no test was played: these files have no `tests`; see --help for one")),
            (_, 0) => Err(CliError::told(format!("no test was played: --run matches none of {there} names"))),
            _ => Ok(()),
        }
    }
}

impl Played {
    fn failed(&self) -> bool {
        let tests = self.tests.as_ref();
        tests.map_or(true, |(_, tested)| tested.iter().any(|test| !test.outcome.failures.is_empty()))
    }
}

// Found anywhere in a name, as Go's `MatchString` does.
fn pattern(text: &str) -> Result<Pattern, String> {
    Pattern::new(&format!("(?s:.*)(?:{text})(?s:.*)")).map_err(|error| error.to_string())
}
