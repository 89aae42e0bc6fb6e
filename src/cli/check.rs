//! `earlybell check config|rules FILES…`: what a server would say, without one. `earlybell check ready`: asks one.

mod online;

use super::CliError;
use super::client::{Ask, ClientArgs};
use super::lint::LintArgs;
use super::output::{complain, say};
use crate::config::{self, ConfigError, ConfigErrors, Overrides};
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

/// Looks for mistakes in configuration and rule files, and at a running server
#[derive(Debug, Args)]
pub struct Check {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Configuration files, with all the files they name
    #[command(after_help = "\
Exit code 1 if one of them has a mistake. Without FILES: ./earlybell.yml, or the built-in default.

Examples:
  earlybell check config /etc/earlybell/earlybell.yml && systemctl reload earlybell
  earlybell check config --online earlybell.yml")]
    Config {
        /// Configuration files
        files: Vec<PathBuf>,
        /// Asks each receiver, too: logs in, and finds where notices would go; tells nobody
        #[arg(long)]
        online: bool,
    },
    /// Rule files alone, without a configuration
    #[command(after_help = "\
Exit code 1 if one of them has a mistake, 3 if only lints found something; docs/lints.md explains
them. A comment `# lint: allow NAME` allows one: on a line, above a rule, at the head of a file.
Templates that rules name are not looked up, receivers with --lint and --config.file only.
Tests are read, not played.

Examples:
  earlybell check rules rules/*.yml
  earlybell check rules --lint --seen alerts.jsonl rules/*.yml
  earlybell check rules --lint --storage.path data --config.file earlybell.yml rules/*.yml")]
    Rules {
        /// Rule files
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        lint: LintArgs,
    },
    /// Whether a running server takes alerts and decides
    #[command(after_help = "\
Exit code 1 if it does not, or if there is none. Needs no token.

Examples:
  earlybell check ready
  earlybell check ready --server http://127.0.0.1:9797 -q")]
    Ready {
        #[command(flatten)]
        client: ClientArgs,
    },
}

impl Check {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        let good = match self.what {
            What::Ready { client } => return check_ready(&client),
            What::Config { files, online } if files.is_empty() => check_config(None, online)?,
            What::Config { files, online } => {
                let mut good = true;
                for file in &files {
                    good &= check_config(Some(file), online)?;
                }
                good
            }
            What::Rules { files, lint } => {
                let good = files.iter().filter(|file| !check_rules(file)).count() == 0;
                // What is wrong comes first; a lint would only repeat it.
                if good && lint.is_wanted() {
                    return lint.run(&files);
                }
                good
            }
        };
        if good { Ok(()) } else { Err(CliError::Silent) }
    }
}

fn check_ready(client: &ClientArgs) -> Result<(), CliError> {
    client.client()?.text(&Ask::get("/-/ready"))?;
    if !client.quiet {
        say("ready");
    }
    Ok(())
}

fn check_config(file: Option<&Path>, online: bool) -> Result<bool, CliError> {
    let default = Path::new(config::DEFAULT_PATH);
    let shown = file.or_else(|| default.exists().then_some(default));
    say(&format!("Checking '{}'", shown.map_or("built-in default".into(), |file| file.display().to_string())));
    match config::load(file, &Overrides::default()) {
        Ok(config) => {
            let rules = config.policy.rule_files.iter().map(|file| rule_count(&file.file)).sum();
            let found = [
                counted(config.sources.len(), "source"),
                counted(config.receivers.len(), "receiver"),
                counted(rules, "rule"),
                counted(config.policy.templates.len(), "template"),
            ];
            say(&format!("  SUCCESS: {}", found.join(", ")));
            warn(&config.warnings);
            if online { online::look(&config) } else { Ok(true) }
        }
        Err(errors) => Ok(failed(&errors)),
    }
}

fn check_rules(path: &Path) -> bool {
    let name = path.display().to_string();
    say(&format!("Checking '{name}'"));
    match config::read_tests(path) {
        Ok(read) => {
            let own = read.rules.first().map_or(0, |file| rule_count(&file.file));
            let tests = (!read.scripts.is_empty()).then(|| counted(read.scripts.len(), "test"));
            let found: Vec<String> = [counted(own, "rule")].into_iter().chain(tests).collect();
            say(&format!("  SUCCESS: {}", found.join(", ")));
            warn(&read.warnings);
            true
        }
        Err(errors) => failed(&errors),
    }
}

fn warn(warnings: &[ConfigError]) {
    for warning in warnings {
        complain(&format!("  WARNING: {warning}"));
    }
}

pub(super) fn failed(errors: &ConfigErrors) -> bool {
    complain(&format!("  FAILED: {}", counted(errors.0.len(), "mistake")));
    complain(&errors.to_string());
    false
}

fn rule_count(file: &domain::rules::model::RuleFile) -> usize {
    file.groups.iter().map(|group| group.rules.len()).sum()
}

pub(super) fn counted(number: usize, what: &str) -> String {
    domain::text::counted(number as u64, what)
}
