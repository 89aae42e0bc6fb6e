//! `earlybell quarantine`: bodies that were refused, kept so that nothing is lost silently.

use super::CliError;
use super::client::{Ask, ClientArgs};
use super::output::{self, List, say, table};
use clap::{Args, Subcommand};
use serde_json::Value;

/// Shows requests with alerts that could not be understood
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  earlybell quarantine show 3 | head -c 300")]
pub struct Quarantine {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    client: ClientArgs,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Lists them, newest first
    List,
    /// Prints the body of one, without control characters
    Show {
        /// Its number
        id: u64,
    },
    /// Forgets one
    Drop {
        /// Its number
        id: u64,
    },
}

impl Quarantine {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        match self.verb {
            None | Some(Verb::List) => self.list(),
            Some(Verb::Show { id }) => self.show(id),
            Some(Verb::Drop { id }) => self.forget(id),
        }
    }

    fn list(&self) -> Result<(), CliError> {
        let answer = self.client.client()?.json(&Ask::get("/api/v1/quarantine"))?;
        List { of: "quarantine", id: "/id", none: "nothing was refused" }.show(self.client.print(), &answer, |rows| {
            table(["ID", "AT", "SOURCE", "PATH", "BYTES", "BECAUSE"], rows.iter().map(row).collect());
        });
        Ok(())
    }

    fn show(&self, id: u64) -> Result<(), CliError> {
        say(&self.client.client()?.text(&Ask::get(&format!("/api/v1/quarantine/{id}")))?);
        Ok(())
    }

    fn forget(&self, id: u64) -> Result<(), CliError> {
        self.client.client()?.text(&Ask::delete(&format!("/api/v1/quarantine/{id}")))?;
        say(&if self.client.quiet { id.to_string() } else { format!("forgot {id}") });
        Ok(())
    }
}

fn row(row: &Value) -> [String; 6] {
    ["/id", "/at", "/source", "/path", "/bytes", "/because"].map(|path| output::cell(row, path))
}
