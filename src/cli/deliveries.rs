//! `earlybell deliveries`: who was told what, and what could not be told.

use super::CliError;
use super::client::{Ask, ClientArgs};
use super::output::{self, Format, say, table};
use clap::{Args, Subcommand};
use domain::delivery::DeliveryState;
use domain::document::markdown::state_word;
use serde::Deserialize;
use serde_json::{Value, json};

/// Shows who was told what, and takes dead deliveries up again
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  earlybell deliveries --dead\n  earlybell deliveries retry 17")]
pub struct Deliveries {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    client: ClientArgs,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Lists deliveries, newest first
    List(Filter),
    /// Takes a dead delivery up again
    Retry {
        /// Number of the delivery
        id: u64,
    },
}

#[derive(Debug, Args)]
struct Filter {
    /// Only those that were given up
    #[arg(long)]
    dead: bool,
    /// Only those of this incident
    #[arg(long, value_name = "NUMBER")]
    incident: Option<u64>,
    /// Only those to this receiver
    #[arg(long, value_name = "NAME")]
    receiver: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

impl Deliveries {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        match &self.verb {
            None => self.list(&self.filter),
            Some(Verb::List(filter)) => self.list(filter),
            Some(Verb::Retry { id }) => self.retry(*id),
        }
    }

    fn list(&self, filter: &Filter) -> Result<(), CliError> {
        let answer = self.client.client()?.json(&Ask::get(&filter.path()))?;
        if self.client.output == Format::Json {
            output::json(&answer);
            return Ok(());
        }
        let rows = output::rows_of(&answer, "deliveries");
        if self.client.quiet {
            rows.iter().for_each(|row| say(&output::cell(row, "/id")));
        } else if rows.is_empty() {
            say("no deliveries");
        } else if self.client.output == Format::Extended {
            let head = ["ID", "INCIDENT", "RECEIVER", "NOTICE", "STATE", "ATTEMPTS", "NEXT", "FINISHED", "LAST ERROR"];
            table(head, rows.iter().map(extended_row).collect());
        } else {
            table(["ID", "INCIDENT", "RECEIVER", "NOTICE", "STATE", "LAST ERROR"], rows.iter().map(row).collect());
        }
        Ok(())
    }

    fn retry(&self, id: u64) -> Result<(), CliError> {
        let path = format!("/api/v1/deliveries/{id}/retry");
        let answer = self.client.client()?.json(&Ask::post(&path, &json!({})))?;
        match (self.client.output, self.client.quiet) {
            (Format::Json, _) => output::json(&answer),
            (_, true) => say(&id.to_string()),
            _ => say(&format!("delivery {id} is tried again")),
        }
        Ok(())
    }
}

impl Filter {
    fn path(&self) -> String {
        let mut path = format!("/api/v1/deliveries?limit={}", self.limit);
        if self.dead {
            path.push_str("&state=dead");
        }
        if let Some(incident) = self.incident {
            path.push_str(&format!("&incident={incident}"));
        }
        if let Some(receiver) = &self.receiver {
            path.push_str(&format!("&receiver={}", super::client::path_segment(receiver)));
        }
        path
    }
}

fn row(row: &Value) -> [String; 6] {
    let cell = |path| output::cell(row, path);
    let incident = format!("INC-{}", cell("/incident"));
    // In the words of the pages; a server of another version may know states that we don't.
    let state = row.get("state").and_then(|state| DeliveryState::deserialize(state).ok());
    let state = state.map_or_else(|| cell("/state"), |state| state_word(state).to_owned());
    [cell("/id"), incident, cell("/receiver"), cell("/notice").replace('_', " "), state, cell("/last_error")]
}

fn extended_row(of: &Value) -> [String; 9] {
    let [id, incident, receiver, notice, state, error] = row(of);
    let [attempts, next, finished] = ["/attempts", "/next_at", "/finished_at"].map(|path| output::cell(of, path));
    [id, incident, receiver, notice, state, attempts, next, finished, error]
}
