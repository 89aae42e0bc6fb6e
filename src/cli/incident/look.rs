//! What a terminal shows in its own way: lists, one incident, its timeline as it grows.

use super::filters::{Filters, Which};
use super::watch::watch;
use crate::cli::CliError;
use crate::cli::client::{Ask, Client};
use crate::cli::confirm::Sure;
use crate::cli::output::{self, Format, List, say, table};
use clap::Subcommand;
use domain::duration::Duration;
use domain::verbs::parse::reference;
use serde_json::Value;

/// Incidents that are named where one must be chosen.
const CHOICES_MAX: usize = 10;

#[derive(Debug, Subcommand)]
pub enum Look {
    /// Lists incidents, newest first
    #[command(
        visible_alias = "ls",
        after_help = "\
Open ones, unless something is looked for: then all that fit. The same filters stand in the URL of the
page /history.

Examples:
  earlybell incident list
  earlybell incident list --text \"disk full\" --from 2026-01-01
  earlybell incident list --label instance=web1 --outcome flapping
  earlybell incident list all --limit 50 --before 1234     # the page after 1234"
    )]
    List(Filters),
    /// Shows one incident: state, alerts, notices, timeline
    #[command(after_help = "Examples:\n  earlybell incident show\n  earlybell incident show 42 -o json")]
    Show {
        /// Number of the incident: 42, #42 or INC-42; may be left out while exactly one is open
        #[arg(value_parser = number)]
        number: Option<u64>,
    },
    /// Shows the timeline of an incident as it grows, until it is over
    #[command(after_help = "\
Ends by itself when the incident is over, or with Ctrl-C. While the server restarts it waits, and
goes on where it was. With `-o json` each entry is one line.

Examples:
  earlybell incident watch
  earlybell incident watch 42 -o json | jq -r .fact.fact")]
    Watch {
        /// Number of the incident: 42, #42 or INC-42; may be left out while exactly one is open
        #[arg(value_parser = number)]
        number: Option<u64>,
        /// So many entries that are there already
        #[arg(long, value_name = "N", default_value_t = 20)]
        last: u32,
        /// How often to ask for more
        #[arg(long, value_name = "DURATION", value_parser = Duration::parse, default_value = "2s")]
        every: Duration,
    },
    /// Deletes a closed incident: its timeline, notices and document
    #[command(after_help = "\
For admins. It can't be taken back. The number is never given again; its page and the audit log say
who deleted it. Messages that led to it stay in the inbox until --data.retention is over.

Example:
  earlybell incident delete 42")]
    Delete {
        /// Number of the incident: 42, #42 or INC-42
        #[arg(value_parser = number)]
        number: u64,
        #[command(flatten)]
        sure: Sure,
    },
}

impl Look {
    /// Looks; `print` is how, and whether only numbers.
    pub fn run(&self, client: &Client, print: (Format, bool)) -> Result<(), CliError> {
        match self {
            Self::List(filters) => list(client, print, filters),
            Self::Show { number } => show(client, print, meant(client, *number, "show")?),
            Self::Watch { number, last, every } => {
                watch(client, print, meant(client, *number, "watch")?, *last, every.to_std())
            }
            Self::Delete { number, sure } => {
                sure.or_stop(&format!("INC-{number} and all that belongs to it will be gone. Go on?"))?;
                delete(client, print, *number)
            }
        }
    }
}

fn list(client: &Client, print: (Format, bool), filters: &Filters) -> Result<(), CliError> {
    let answer = client.json(&Ask::get(&format!("/api/v1/incidents?{}", filters.query())))?;
    let none = if filters.which() == Which::Open { "no open incidents" } else { "no incidents" };
    List { of: "incidents", id: "/number", none }.show(print, &answer, |incidents| {
        if print.0 == Format::Extended {
            let head = ["NUMBER", "STAGE", "SEVERITY", "DECLARED", "BY", "FIRING", "RULE", "LABELS", "TITLE"];
            table(head, incidents.iter().map(extended_row).collect());
        } else {
            table(["NUMBER", "STAGE", "SEVERITY", "DECLARED", "FIRING", "TITLE"], incidents.iter().map(row).collect());
        }
    });
    Ok(())
}

fn delete(client: &Client, (format, quiet): (Format, bool), number: u64) -> Result<(), CliError> {
    let answer = client.json(&Ask::delete(&format!("/api/v1/incidents/{number}")))?;
    match (format, quiet) {
        (Format::Json, _) => output::json(&answer),
        (_, true) => say(&number.to_string()),
        _ => say(&output::cell(&answer, "/text")),
    }
    Ok(())
}

fn show(client: &Client, (format, quiet): (Format, bool), number: u64) -> Result<(), CliError> {
    if format == Format::Json {
        output::json(&client.json(&Ask::get(&format!("/api/v1/incidents/{number}")))?);
    } else if quiet {
        client.json(&Ask::get(&format!("/api/v1/incidents/{number}")))?;
        say(&number.to_string());
    } else {
        say(&client.text(&Ask::get(&format!("/incidents/{number}.md")))?);
    }
    Ok(())
}

// The one that was named, or the only one that is open; nothing is guessed.
fn meant(client: &Client, number: Option<u64>, verb: &str) -> Result<u64, CliError> {
    if let Some(number) = number {
        return Ok(number);
    }
    let limit = CHOICES_MAX + 1;
    let answer = client.json(&Ask::get(&format!("/api/v1/incidents?open=true&limit={limit}")))?;
    let open = output::rows_of(&answer, "incidents");
    let number = |incident: &Value| incident["number"].as_u64().unwrap_or_default();
    match open.as_slice() {
        [] => Err(CliError::told(format!(
            "no incident is open; say which: `earlybell incident {verb} 42`; `earlybell incident list all` shows them"
        ))),
        [only] => Ok(number(only)),
        several => {
            let lines = several.iter().take(CHOICES_MAX).map(|incident| {
                format!("\n`earlybell incident {verb} {}` — {}", number(incident), output::cell(incident, "/title"))
            });
            let more = if several.len() > CHOICES_MAX { "\n… and more: `earlybell incident list`" } else { "" };
            Err(CliError::told(format!("several incidents are open; say which:{}{more}", lines.collect::<String>())))
        }
    }
}

/// Reads the number of an incident: 42, #42 or INC-42.
pub fn number(text: &str) -> Result<u64, String> {
    let found = reference(text).map(|incident| incident.0);
    found.ok_or_else(|| "write the number of an incident: 42, #42 or INC-42".to_owned())
}

fn row(incident: &Value) -> [String; 6] {
    let [id, stage, severity, declared, title] =
        ["/id", "/stage", "/severity", "/declared_at", "/title"].map(|path| output::cell(incident, path));
    let drill = incident.get("drill").and_then(Value::as_bool) == Some(true);
    let id = if drill { format!("DRILL {id}") } else { id };
    let [firing, alerts] = ["/firing", "/alerts"].map(|path| output::cell(incident, path));
    [id, stage, severity, declared, format!("{firing} of {alerts}"), title]
}

fn extended_row(incident: &Value) -> [String; 9] {
    let [number, stage, severity, declared, firing, title] = row(incident);
    let [by, rule, labels] = ["/declared_by", "/rule", "/labels"].map(|path| output::cell(incident, path));
    [number, stage, severity, declared, by, firing, rule, labels, title]
}
