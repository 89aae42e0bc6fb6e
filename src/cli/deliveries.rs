//! `earlybell deliveries`: who was told what, and what could not be told.

use super::CliError;
use super::client::{Ask, ClientArgs};
use super::confirm::{Sure, asked};
use super::output::{self, Format, List, say, table};
use clap::{Args, Subcommand, ValueEnum};
use domain::delivery::DeliveryState;
use domain::document::markdown::state_word;
use serde::Deserialize;
use serde_json::{Value, json};

/// Shows who was told what, and takes dead deliveries up again
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  earlybell deliveries --dead\n  earlybell deliveries retry 17\n  earlybell deliveries release --pending drop"
)]
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
    /// Sends again, after a restore
    Release {
        /// What becomes of notices that waited when the backup was made
        #[arg(long, value_enum, default_value = "drop")]
        pending: Pending,
        #[command(flatten)]
        sure: Sure,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Pending {
    // Their loss stands in the timelines; nobody is told.
    Drop,
    // Late, but told.
    Send,
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
            Some(Verb::Release { pending, sure }) => self.release(*pending, sure),
        }
    }

    fn list(&self, filter: &Filter) -> Result<(), CliError> {
        let answer = self.client.client()?.json(&Ask::get(&filter.path()))?;
        List { of: "deliveries", id: "/id", none: "no deliveries" }.show(self.client.print(), &answer, |rows| {
            if self.client.output == Format::Extended {
                let head =
                    ["ID", "INCIDENT", "RECEIVER", "NOTICE", "STATE", "ATTEMPTS", "NEXT", "FINISHED", "LAST ERROR"];
                table(head, rows.iter().map(extended_row).collect());
            } else {
                table(["ID", "INCIDENT", "RECEIVER", "NOTICE", "STATE", "LAST ERROR"], rows.iter().map(row).collect());
            }
        });
        Ok(())
    }

    fn retry(&self, id: u64) -> Result<(), CliError> {
        let path = format!("/api/v1/deliveries/{id}/retry");
        let answer = self.client.client()?.json(&Ask::post(&path, &json!({})))?;
        match self.client.print() {
            (Format::Json, _) => output::json(&answer),
            (_, true) => say(&id.to_string()),
            _ => say(&format!("delivery {id} is tried again")),
        }
        Ok(())
    }
}

impl Deliveries {
    fn release(&self, pending: Pending, sure: &Sure) -> Result<(), CliError> {
        let client = self.client.client()?;
        if asked(sure) {
            sure.or_stop(&question(&client.json(&Ask::get("/api/v1/status"))?, pending))?;
        }
        let body = json!({"pending": if pending == Pending::Send { "send" } else { "drop" }});
        let answer = client.json(&Ask::post("/api/v1/deliveries/release", &body))?;
        match self.client.print() {
            (Format::Json, _) => output::json(&answer),
            (_, true) => {}
            _ => say(&output::cell(&answer, "/text")),
        }
        Ok(())
    }
}

fn question(status: &Value, pending: Pending) -> String {
    let [backup, before, since] =
        ["/held/backup_at", "/held/before", "/held/since"].map(|path| output::cell(status, path));
    if backup.is_empty() {
        return "Nothing seems to be held. Go on?".to_owned();
    }
    let fate = if pending == Pending::Send { "sent late" } else { "dropped" };
    format!(
        "Restored from the backup of {backup} UTC. {before} notices from before it are {fate}, {since} from since then \
         are sent now. Go on?"
    )
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
