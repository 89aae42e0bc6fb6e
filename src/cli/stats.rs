//! `earlybell stats`: what past incidents teach, as tables.

use super::CliError;
use super::client::{Ask, ClientArgs};
use super::output::{self, Format, cell, say, table};
use clap::Args;
use domain::duration::Duration;
use serde_json::Value;

/// Says how fast people were, which rules were right, who carried the load
#[derive(Debug, Args)]
#[command(after_help = "\
Times are medians; nine of ten took no longer than what stands behind the stroke. Drills are left out.

Examples:
  earlybell stats
  earlybell stats --months 3 -o json | jq .stats.total")]
pub struct Stats {
    /// This month and those before, so many
    #[arg(long, value_name = "N", default_value_t = domain::statistics::MONTHS)]
    months: u32,
    #[command(flatten)]
    client: ClientArgs,
}

impl Stats {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        let answer = self.client.client()?.json(&Ask::get(&format!("/api/v1/stats?months={}", self.months)))?;
        if self.client.output == Format::Json {
            output::json(&answer);
            return Ok(());
        }
        let stats = &answer["stats"];
        table(
            ["MONTH", "DECLARED", "CALLED OFF", "ALERT→DECLARED", "→PUBLIC", "→LED", "→RESOLVED", "PROMISES"],
            rows(stats, "/months").chain([stats["total"].clone()]).map(|month| month_row(&month)).collect(),
        );
        say("");
        table(
            ["RULE", "DECLARED", "CONFIRMED", "CALLED OFF", "WHY", "PRECISION"],
            rows(stats, "/rules").map(|rule| rule_row(&rule)).collect(),
        );
        say("");
        table(
            ["PERSON", "LED", "HELPED", "HOURS", "OUTSIDE WORKING HOURS"],
            rows(stats, "/people").map(|person| person_row(&person)).collect(),
        );
        Ok(())
    }
}

fn rows(stats: &Value, pointer: &str) -> impl Iterator<Item = Value> {
    stats.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default().into_iter()
}

fn month_row(month: &Value) -> [String; 8] {
    let name = cell(month, "/month");
    let [declared, public, led, resolved] =
        ["/until_declared", "/until_public", "/until_led", "/until_resolved"].map(|path| spread(month.pointer(path)));
    let promises = format!("{} of {}", cell(month, "/kept"), number(month, "kept") + number(month, "missed"));
    [
        if name.is_empty() { "all".to_owned() } else { name },
        cell(month, "/declared"),
        cell(month, "/called_off"),
        declared,
        public,
        led,
        resolved,
        promises,
    ]
}

// `4m / 36m`
fn spread(spread: Option<&Value>) -> String {
    let seconds = |name: &str| u32::try_from(spread?.get(name)?.as_u64()?).ok();
    let rough = |name: &str| seconds(name).map(|seconds| Duration::seconds(seconds).rough());
    match (rough("median_seconds"), rough("p90_seconds")) {
        (Some(median), Some(p90)) => format!("{median} / {p90}"),
        _ => "–".to_owned(),
    }
}

fn rule_row(rule: &Value) -> [String; 6] {
    let codes = rule["codes"].as_object().into_iter().flatten();
    let codes: Vec<String> = codes.map(|(code, count)| format!("{code} {count}")).collect();
    let judged = number(rule, "right") + number(rule, "wrong");
    let precision = rule["precision"].as_f64().map(|share| format!("{:.0} % of {judged}", share * 100.0));
    let [name, declared, confirmed, called_off] =
        ["/rule", "/declared", "/confirmed", "/called_off"].map(|path| cell(rule, path));
    [name, declared, confirmed, called_off, codes.join(", "), precision.unwrap_or_else(|| "–".to_owned())]
}

fn person_row(person: &Value) -> [String; 5] {
    let hours = |name: &str| format!("{:.1}", (number(person, name) / 360) as f64 / 10.0);
    let [name, led, helped] = ["/person", "/led", "/helped"].map(|path| cell(person, path));
    [name, led, helped, hours("seconds"), hours("outside_seconds")]
}

fn number(row: &Value, name: &str) -> u64 {
    row[name].as_u64().unwrap_or(0)
}
