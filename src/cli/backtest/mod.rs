//! `earlybell backtest`: what rules would have made of alerts that were recorded.

pub(super) mod feed;
pub(super) mod inbox;
pub(super) mod lines;
mod order;
mod print;
pub(super) mod progress;
mod prometheus;
mod rules;
mod samples;
mod source;
mod suggest;
mod truth;

use super::CliError;
use super::output::{self, Format, complain};
use crate::config;
use clap::{ArgGroup, Args};
use domain::backtest::score::Report;
use domain::backtest::suggest::Suggestion;
use domain::backtest::{FailIf, History, Play, Truth, expect::Checked};
use domain::policy::PolicySource;
use progress::Progress;
use serde::Serialize;
use source::Source;
use std::path::PathBuf;
use std::sync::Arc;
use suggest::Trying;

/// Shows what rules would have declared, over alerts that were recorded
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("source").required(true).multiple(false),
    after_help = "\
The alerts are played through the same engine that decides live. With a truth file, each
declaration is right or wrong; docs/backtest.md has its format, and says what each number means.

Examples:
  earlybell backtest history.jsonl                      the configured rules, or the shipped ones
  earlybell backtest history.jsonl --truth truth.json --rules rules/*.yml
  earlybell backtest history.jsonl --truth truth.json --rules new.yml --against old.yml
  earlybell backtest history.jsonl --truth truth.json --html report.html
  earlybell backtest history.jsonl --truth truth.json --rules new.yml --suggest
  earlybell backtest --inbox --storage.path /var/lib/earlybell --rules new.yml
  earlybell backtest --prometheus http://localhost:9090 --from 90d --rules new.yml
  earlybell backtest history.jsonl --truth truth.json --fail-if 'precision < 0.8'
"
)]
pub struct Backtest {
    /// Files of JSON lines, {at, status, labels, annotations} or of Alertmanager's event recorder, in order of time;
    /// `-` is standard input
    #[arg(value_name = "FILE", group = "source")]
    files: Vec<String>,
    /// Play what Earlybell received itself, of its --storage.path; a server may be running
    #[arg(long, group = "source")]
    inbox: bool,
    /// Folder of the databases of a server
    #[arg(long = "storage.path", value_name = "FOLDER", default_value = "./data")]
    storage_path: PathBuf,
    /// Play what this Prometheus server remembers of its alerts
    #[arg(long, value_name = "URL", value_parser = config::http_url, group = "source", requires = "from")]
    prometheus: Option<String>,
    #[command(flatten)]
    range: source::RangeArgs,
    /// Rule files to play [default: those of the configuration]
    #[arg(long, value_name = "FILE", num_args = 1..)]
    rules: Vec<PathBuf>,
    /// Configuration file, for its rules, intervals and times [default: ./earlybell.yml, or the built-in one]
    #[arg(long = "config.file", value_name = "FILE")]
    config_file: Option<PathBuf>,
    /// What was real: JSON {incidents: [{id, start, end, declared_by_humans_at, alerts: […]}]}
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
    /// Rule files to compare with
    #[arg(long, value_name = "FILE", num_args = 1..)]
    against: Vec<PathBuf>,
    /// Try other numbers for `for`, `at_least` and `if_clear_for` of each rule, and show the best; changes no file
    #[arg(long)]
    suggest: bool,
    /// Exit with 1 if a number is so, as in 'precision < 0.8' or 'MyRule.wrong_per_week > 2'; may be repeated
    #[arg(long, value_name = "CONDITION", value_parser = FailIf::parse)]
    fail_if: Vec<FailIf>,
    /// How to print
    #[arg(short, long, value_enum, default_value = "simple")]
    output: Format,
    /// Write the report as one HTML page with pictures, for a browser
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Show no progress
    #[arg(short, long)]
    quiet: bool,
}

/// What is printed as JSON: the report, and beside it what it was compared with.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    report: &'a Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    against: Option<&'a Report>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestions: Option<&'a [Suggestion]>,
}

impl Backtest {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        let rules = rules::load(self.config_file.as_deref(), &self.rules)?;
        let against = match self.against.as_slice() {
            [] => None,
            files => Some(rules::replaced(&rules, files)?),
        };
        let source = self.source()?;
        let truth = self.truth(&source)?.map(Arc::new);
        let trying = self.suggest.then(|| Trying::of(&rules));
        let tried = trying.as_ref().map(|trying| trying.policies(&rules)).unwrap_or_default();
        let sets = [Some(&rules), against.as_ref()].into_iter().flatten().chain(&tried);
        let plays = sets.map(|rules| play(rules, source.history(), truth.clone())).collect::<Result<Vec<_>, _>>()?;
        let played = feed::play(plays, Progress::new(self.quiet), |feed| source.read(feed))?;
        let name = source.name();
        let mut reports = played.into_iter().map(|play| play.report(&name));
        let Some(report) = reports.next() else { return Ok(()) };
        let against = against.and_then(|_| reports.next());
        if report.observations == 0 {
            return Err(CliError::told(format!("{name} holds no alerts")));
        }
        let tried: Vec<Report> = reports.collect();
        let suggestions = trying.as_ref().map(|trying| trying.suggestions(&tried)).transpose()?;
        self.print(&report, against.as_ref(), suggestions.as_deref())?;
        if let (Some(trying), Some(suggestions), false) = (&trying, &suggestions, self.output == Format::Json) {
            trying.print(suggestions);
        }
        if let Some(path) = &self.html {
            let page = crate::report::html(&report, against.as_ref());
            std::fs::write(path, page)
                .map_err(|error| CliError::told(format!("can't write {}: {error}", path.display())))?;
        }
        self.judge(&report)
    }

    fn source(&self) -> Result<Source, CliError> {
        if self.inbox {
            return Ok(Source::Inbox(inbox::open(&self.storage_path)?));
        }
        match &self.prometheus {
            Some(url) => Ok(Source::Prometheus(self.range.range(url)?)),
            None => Ok(Source::Lines(self.files.clone())),
        }
    }

    // A file that was named says more than our own record.
    fn truth(&self, source: &Source) -> Result<Option<Truth>, CliError> {
        match (&self.truth, source) {
            (Some(file), _) => truth::read(file).map(Some),
            (None, Source::Inbox(store)) => inbox::truth(store).map(Some),
            (None, Source::Lines(_) | Source::Prometheus(_)) => Ok(None),
        }
    }

    fn print(
        &self,
        report: &Report,
        against: Option<&Report>,
        suggestions: Option<&[Suggestion]>,
    ) -> Result<(), CliError> {
        match self.output {
            Format::Json => {
                let answer = serde_json::to_value(Answer { report, against, suggestions }).map_err(CliError::told)?;
                output::json(&answer);
            }
            Format::Simple => print::report(report, against, print::Detail::Short),
            Format::Extended => print::report(report, against, print::Detail::All),
        }
        Ok(())
    }

    fn judge(&self, report: &Report) -> Result<(), CliError> {
        let mut good = true;
        for condition in &self.fail_if {
            match condition.check(report) {
                Checked::Fine => {}
                Checked::Failed(words) => {
                    good = false;
                    complain(&format!("FAILED: {words}"));
                }
                Checked::Unknown(words) => return Err(CliError::told(words)),
            }
        }
        if good { Ok(()) } else { Err(CliError::Silent) }
    }
}

fn play(rules: &PolicySource, history: History, truth: Option<Arc<Truth>>) -> Result<Play, CliError> {
    Play::new(rules, history, truth).map_err(|mistakes| {
        let mistakes: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        CliError::told(mistakes.join("\n"))
    })
}
