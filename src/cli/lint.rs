//! `earlybell check rules --lint`: what is allowed in rules, and yet seldom meant.

use super::CliError;
use super::backtest::feed::{Feed, Listener, play};
use super::backtest::progress::Progress;
use super::backtest::{inbox, lines};
use super::check::{counted, failed};
use super::output::{complain, say};
use crate::config::{self, ConfigErrors, Findings, Named, Overrides};
use clap::Args;
use domain::backtest::Moment;
use domain::policy::NamedRuleFile;
use domain::rules::lint::{self, GROUP_WAIT, Grounds, Heard, Learnt};
use std::path::{Path, PathBuf};

/// What the lints may go by.
#[derive(Debug, Args)]
pub struct LintArgs {
    /// Point out what is allowed, and yet seldom meant
    #[arg(long)]
    lint: bool,
    /// Alerts that were seen, as JSON lines {at, status, labels} or of Alertmanager's event recorder
    #[arg(long, value_name = "FILE", requires = "lint")]
    seen: Vec<String>,
    /// The same from what Earlybell received itself; a server may be running
    #[arg(long = "storage.path", value_name = "FOLDER", requires = "lint")]
    storage_path: Option<PathBuf>,
    /// Configuration, for the names of its receivers
    #[arg(long = "config.file", value_name = "FILE", requires = "lint")]
    config_file: Option<PathBuf>,
    /// Alertmanager's configuration, for its group_wait [default: 30s]
    #[arg(long = "alertmanager-config", value_name = "FILE", requires = "lint")]
    alertmanager_config: Option<PathBuf>,
    /// Leave this lint out; may be repeated
    #[arg(long, value_name = "NAME", requires = "lint", value_parser = lint::NAMES)]
    allow: Vec<String>,
}

impl Listener for Heard {
    fn take(&mut self, moment: Moment) {
        Self::take(self, moment);
    }
}

impl LintArgs {
    /// Whether anybody asked.
    pub fn is_wanted(&self) -> bool {
        self.lint
    }

    /// Looks at these files together; each was found good by itself.
    pub fn run(&self, files: &[PathBuf]) -> Result<(), CliError> {
        let named = files.iter().map(|file| read(file)).collect::<Result<Vec<Named>, CliError>>()?;
        let mut found = Findings::default();
        let rules = config::parse_rules(&named, &mut found);
        if !found.mistakes.is_empty() {
            failed(&ConfigErrors(found.mistakes));
            return Err(CliError::Silent);
        }
        let receivers = self.config_file.as_deref().map(receivers).transpose()?;
        let group_wait = self
            .alertmanager_config
            .as_deref()
            .map_or(Ok(GROUP_WAIT), |file| config::shortest_group_wait(&read(file)?).map_err(CliError::told))?;
        let learnt = self.learnt(&rules)?;
        let sooner = learnt.as_ref().is_some_and(|learnt| learnt.sooner);
        let grounds = Grounds {
            files: &rules,
            receivers: receivers.as_deref(),
            seen: learnt.as_ref().map(|learnt| &learnt.seen),
            declared: learnt.as_ref().map_or(&[], |learnt| &learnt.declared),
            group_wait: (!sooner).then_some(group_wait),
        };
        let mut findings = lint::look(&grounds);
        findings.retain(|finding| !self.allow.iter().any(|name| name == finding.lint));
        let shown = config::lints_shown(&named, findings);
        if shown.is_empty() {
            say("  LINT: nothing found");
            return Ok(());
        }
        complain(&format!("  LINT: {} found", counted(shown.len(), "thing")));
        complain(&ConfigErrors(shown).to_string());
        Err(CliError::Lint)
    }

    // Files and store one after the other: their times may overlap, and nothing compares them.
    fn learnt(&self, rules: &[NamedRuleFile]) -> Result<Option<Learnt>, CliError> {
        let mut learnt = Vec::new();
        if !self.seen.is_empty() {
            // How they came here says nothing about how alerts come to a server.
            learnt.push(Learnt { sooner: false, ..heard(rules, |feed| lines::read(&self.seen, feed))? });
        }
        if let Some(folder) = &self.storage_path {
            let store = inbox::open(folder)?;
            learnt.push(heard(rules, |feed| inbox::read(&store, feed))?);
        }
        Ok(learnt.into_iter().reduce(|mut all, more| {
            all.seen.labels.extend(more.seen.labels);
            all.declared.extend(more.declared);
            all.sooner |= more.sooner;
            all
        }))
    }
}

fn heard(rules: &[NamedRuleFile], read: impl FnOnce(&mut Feed) -> Result<(), CliError>) -> Result<Learnt, CliError> {
    let mistakes = |mistakes: Vec<domain::rules::Mistake>| {
        let texts: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        CliError::told(texts.join("\n"))
    };
    let listener = Heard::new(rules).map_err(mistakes)?;
    let mut heard = play(vec![listener], Progress::new(false), read)?;
    Ok(heard.pop().map(Heard::finish).unwrap_or_default())
}

fn receivers(file: &Path) -> Result<Vec<String>, CliError> {
    let config = config::load(Some(file), &Overrides::default()).map_err(CliError::told)?;
    Ok(config.policy.receivers.into_iter().map(|receiver| receiver.name).collect())
}

fn read(file: &Path) -> Result<Named, CliError> {
    let name = file.display().to_string();
    let content = config::read_file(file).map_err(|problem| CliError::told(format!("can't read {name}: {problem}")))?;
    Ok(Named { name, content })
}
