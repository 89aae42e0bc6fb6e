//! `earlybell drill score`: how people did, and what was expected of them.

use super::incident;
use crate::cli::CliError;
use crate::cli::client::{Ask, Client, ClientArgs};
use crate::cli::output::{self, Format, say};
use crate::cli::timeline::since;
use crate::clock::{Clock, SystemClock};
use crate::config::read_scenario;
use clap::Args;
use domain::drill::expected::{Course, Judged, Verdict};
use domain::drill::{Scenario, Score};
use domain::incident::{Entry, Fact};
use domain::text::clean_line;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Longest line, in bytes.
const LINE_BYTES_MAX: usize = 4 * 1024;

/// Fits the longest name of a line.
const NAME_WIDTH: usize = 18;

/// Says how people did in a drill: how long until somebody led, said something, ended it
#[derive(Debug, Args)]
#[command(after_help = "\
With --scenario also what was expected: exit code 1 unless all of it was done in time.

Examples:
  earlybell drill score 42
  earlybell drill score 42 --scenario config/drills/site-down.yml")]
pub struct ScoreArgs {
    /// Number of the incident: 42, #42 or INC-42
    #[arg(value_parser = incident)]
    number: u64,
    /// Scenario file it was run from
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// How many times as fast as written it was run
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=super::run::SPEED_MAX))]
    speed: u32,
    #[command(flatten)]
    client: ClientArgs,
}

impl ScoreArgs {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        let scenario = self.scenario.as_deref().map(read_scenario).transpose().map_err(CliError::told)?;
        let client = self.client.client()?;
        let answer = client.json(&Ask::get(&format!("/api/v1/incidents/{}/score", self.number)))?;
        let score: Score = serde_json::from_value(answer["score"].clone()).map_err(CliError::told)?;
        let expected = match &scenario {
            Some(scenario) => judged(&client, self.number, scenario, self.speed)?,
            None => Vec::new(),
        };
        if self.client.output == Format::Json {
            output::json(&in_json(&[score], &expected));
        } else if !self.client.quiet {
            show(&score);
            show_expected(&expected);
        }
        if is_met(&expected) { Ok(()) } else { Err(CliError::Silent) }
    }
}

fn judged(client: &Client, number: u64, scenario: &Scenario, speed: u32) -> Result<Vec<Judged>, CliError> {
    let entries = since(client, number, 0)?;
    let entries: Vec<Entry> = entries.into_iter().filter_map(|entry| serde_json::from_value(entry).ok()).collect();
    let began = entries.first().map(|entry| match &entry.fact {
        Fact::Declared { first_alert_at: Some(first), .. } => *first,
        _ => entry.at,
    });
    let now = SystemClock.now();
    let timelines = [entries];
    let course = Course { timelines: &timelines, began: began.unwrap_or(now), speed, now };
    Ok(course.judge(&scenario.expect))
}

/// Whether all that was expected was done in time.
pub fn is_met(expected: &[Judged]) -> bool {
    expected.iter().all(|one| matches!(one.verdict, Verdict::Met { .. }))
}

/// All of it, for programs.
pub fn in_json(scores: &[Score], expected: &[Judged]) -> Value {
    json!({"scores": scores, "expected": expected, "met": is_met(expected)})
}

/// Prints how people did in one incident.
pub fn show(score: &Score) {
    say(&clean_line(&format!("DRILL {}: {}", score.incident, score.title), LINE_BYTES_MAX));
    for (name, words) in score.lines() {
        say(&format!("  {name:NAME_WIDTH$}{}", clean_line(&words, LINE_BYTES_MAX)));
    }
}

/// Prints what was expected, and what became of it.
pub fn show_expected(expected: &[Judged]) {
    if expected.is_empty() {
        return;
    }
    let met = expected.iter().filter(|one| matches!(one.verdict, Verdict::Met { .. })).count();
    say(&format!("Expected: {met} of {} met", expected.len()));
    for one in expected {
        say(&format!("  {}", clean_line(&line(one), LINE_BYTES_MAX)));
    }
}

/// What became of something expected, in a line.
pub fn line(one: &Judged) -> String {
    let words = match &one.verdict {
        // When nothing more comes, what is not done is missing.
        Verdict::Open => "missing".to_owned(),
        verdict => verdict.words(),
    };
    format!("{}: {words}", one.expected)
}
