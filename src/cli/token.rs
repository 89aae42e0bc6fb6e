//! `earlybell token`: who may send alerts, read, and act over the network.

use super::CliError;
use super::client::{Ask, ClientArgs, path_segment};
use super::output::{self, Format, say, table};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

/// Makes, lists and revokes tokens
#[derive(Debug, Args)]
pub struct Token {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    client: ClientArgs,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Makes a token and prints it: the only time it can be seen
    #[command(after_help = "\
Roles:
  ingest     send alerts of the source NAME, nothing else
  viewer     read
  responder  note, update, confirm
  manager    declare, change severity, call off, resolve, reopen too
  admin      tokens and reload too

Examples:
  earlybell token new --role ingest --name default -q > alertmanager.token
  earlybell token new --role responder --name ada")]
    New {
        /// What it may do
        #[arg(long, value_parser = ["ingest", "viewer", "responder", "manager", "admin"])]
        role: String,
        /// The person, or for `ingest` the source, it belongs to
        #[arg(long)]
        name: String,
    },
    /// Lists tokens, without their secrets
    List,
    /// Revokes a token at once
    Revoke {
        /// Its id, as `token list` shows it
        id: String,
    },
}

impl Token {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        match &self.verb {
            Verb::New { role, name } => self.make(role, name),
            Verb::List => self.list(),
            Verb::Revoke { id } => self.revoke(id),
        }
    }

    fn make(&self, role: &str, name: &str) -> Result<(), CliError> {
        let body = json!({ "role": role, "name": name });
        let answer = self.client.client()?.json(&Ask::post("/api/v1/tokens", &body))?;
        self.show_new(&answer, role, name)
    }

    fn show_new(&self, answer: &Value, role: &str, name: &str) -> Result<(), CliError> {
        let token = answer.get("token").and_then(Value::as_str);
        let token = token.ok_or_else(|| CliError::told("the server is of another version: it answers no token"))?;
        match (self.client.output, self.client.quiet) {
            (Format::Json, _) => output::json(answer),
            (_, true) => say(token),
            _ => say(&format!("token of {name} ({role}); it is not shown again:\n{token}")),
        }
        Ok(())
    }

    fn list(&self) -> Result<(), CliError> {
        let answer = self.client.client()?.json(&Ask::get("/api/v1/tokens"))?;
        if self.client.output == Format::Json {
            output::json(&answer);
            return Ok(());
        }
        let rows = output::rows_of(&answer, "tokens");
        if self.client.quiet {
            rows.iter().for_each(|row| say(&output::cell(row, "/id")));
        } else if rows.is_empty() {
            say("no tokens");
        } else {
            table(["ID", "NAME", "ROLE", "CREATED", "LAST USED"], rows.iter().map(row).collect());
        }
        Ok(())
    }

    fn revoke(&self, id: &str) -> Result<(), CliError> {
        self.client.client()?.text(&Ask::delete(&format!("/api/v1/tokens/{}", path_segment(id))))?;
        say(&if self.client.quiet { id.to_owned() } else { format!("revoked {id}") });
        Ok(())
    }
}

fn row(row: &Value) -> [String; 5] {
    ["/id", "/name", "/role", "/created_at", "/used_at"].map(|path| output::cell(row, path))
}
