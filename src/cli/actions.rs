//! `earlybell actions`: what is to be better, over all incidents.

use super::CliError;
use super::client::{Ask, ClientArgs, path_segment};
use super::output::{self, Format, cell, line, say, table};
use clap::Args;

/// Lists action items of all incidents: what is to be better, by whom, until when
#[derive(Debug, Args)]
#[command(after_help = "\
Those that are to be done, the earliest first, if nothing is said. They are added and changed with
`earlybell incident action`, `action-edit`, `action-done` and `action-drop`.

Examples:
  earlybell actions --overdue
  earlybell actions --all --csv > actions.csv")]
pub struct Actions {
    /// Only those that are to be done; the default
    #[arg(long, conflicts_with_all = ["overdue", "ended", "all"])]
    open: bool,
    /// Only those whose day is over
    #[arg(long, conflicts_with_all = ["ended", "all"])]
    overdue: bool,
    /// Only those that are done, or will not be
    #[arg(long, conflicts_with = "all")]
    ended: bool,
    /// All of them
    #[arg(long)]
    all: bool,
    /// Only those of this person
    #[arg(long, value_name = "PERSON")]
    owner: Option<String>,
    /// As a table for a spreadsheet
    #[arg(long)]
    csv: bool,
    #[command(flatten)]
    client: ClientArgs,
}

impl Actions {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        let client = self.client.client()?;
        let state = match (self.overdue, self.ended, self.all) {
            (true, ..) => "overdue",
            (_, true, _) => "ended",
            (.., true) => "all",
            _ => "open",
        };
        let owner = self.owner.as_deref().map(|owner| format!("&owner={}", path_segment(owner))).unwrap_or_default();
        let query = format!("?state={state}{owner}");
        if self.csv {
            let text = client.text(&Ask::get(&format!("/api/v1/actions.csv{query}")))?;
            text.lines().all(line);
            return Ok(());
        }
        let answer = client.json(&Ask::get(&format!("/api/v1/actions{query}")))?;
        let rows = output::rows_of(&answer, "actions");
        match self.client.print() {
            (_, true) => {
                rows.iter().for_each(|row| say(&format!("{} {}", cell(row, "/incident"), cell(row, "/action"))))
            }
            (Format::Json, _) => output::json(&answer),
            _ if rows.is_empty() => say("none"),
            _ => {
                let row = |row| {
                    let late = if cell(row, "/late") == "true" { "late".to_owned() } else { cell(row, "/state") };
                    let incident = format!("INC-{}", cell(row, "/incident"));
                    [cell(row, "/due"), late, incident, cell(row, "/action"), cell(row, "/owner"), cell(row, "/text")]
                };
                table(["UNTIL", "STATE", "INCIDENT", "ACTION", "OWNER", "WHAT"], rows.iter().map(row).collect());
            }
        }
        Ok(())
    }
}
