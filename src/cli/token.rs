//! `earlybell token`: who may send alerts, read, and act over the network.

use super::CliError;
use super::client::{Ask, ClientArgs, path_segment};
use super::offline::{Missing, or_in_store};
use super::output::{self, Format, List, complain, say, table};
use crate::clock::{Clock, SystemClock};
use crate::http::api::tokens;
use crate::store::Store;
use clap::{Args, Subcommand};
use domain::duration::Duration;
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
  earlybell token new --role responder --name ada --expires-in 90d")]
    New {
        /// What it may do
        #[arg(long, value_parser = ["ingest", "viewer", "responder", "manager", "admin"])]
        role: String,
        /// The person, or for `ingest` the source, it belongs to
        #[arg(long = "name", id = "name")]
        flag: Option<String>,
        /// The same, without `--name`
        #[arg(required_unless_present = "name", conflicts_with = "name", value_name = "NAME")]
        word: Option<String>,
        /// How long it opens anything [default: until it is revoked]
        #[arg(long, value_name = "DURATION", value_parser = Duration::parse)]
        expires_in: Option<Duration>,
    },
    /// Makes a second token of the same name and role, and prints it; both are live until one is revoked
    Rotate {
        /// Id of the first, as `token list` shows it
        id: String,
        /// How long it opens anything [default: as long as the first]
        #[arg(long, value_name = "DURATION", value_parser = Duration::parse)]
        expires_in: Option<Duration>,
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
            Verb::New { role, flag, word, expires_in } => {
                // One of them is there: clap sees to it.
                let name = flag.as_deref().or(word.as_deref()).unwrap_or_default();
                self.make(name, role, *expires_in)
            }
            Verb::Rotate { id, expires_in } => self.rotate(id, *expires_in),
            Verb::List => self.list(),
            Verb::Revoke { id } => self.revoke(id),
        }
    }

    fn make(&self, name: &str, role: &str, expires_in: Option<Duration>) -> Result<(), CliError> {
        let body = json!({ "role": role, "name": name, "expires_in": expires_in });
        let asked = self.client.client()?.json(&Ask::post("/api/v1/tokens", &body));
        let answer = or_in_store(&self.client, asked, Missing::Made, async |store| {
            let wanted = tokens::Wanted { name, role, expires_in };
            tokens::make(store, wanted, SystemClock.now()).await.map_err(CliError::told)
        })?;
        self.show(&answer)
    }

    fn rotate(&self, id: &str, expires_in: Option<Duration>) -> Result<(), CliError> {
        let body = json!({ "expires_in": expires_in });
        let path = format!("/api/v1/tokens/{}/rotate", path_segment(id));
        let asked = self.client.client()?.json(&Ask::post(&path, &body));
        let answer = or_in_store(&self.client, asked, Missing::Told, async |store| {
            tokens::again(store, id, expires_in, SystemClock.now()).await.map_err(CliError::told)
        })?;
        self.show(&answer)
    }

    fn show(&self, answer: &Value) -> Result<(), CliError> {
        let [name, role] = ["/name", "/role"].map(|path| output::cell(answer, path));
        let token = answer.get("token").and_then(Value::as_str);
        let token = token.ok_or_else(|| CliError::told("the server is of another version: it answers no token"))?;
        let note = answer.get("text").and_then(Value::as_str).unwrap_or("shown only now");
        match self.client.print() {
            (Format::Json, _) => output::json(answer),
            (_, true) => say(token),
            // The note stands apart, so that `token new … > file` gives a file with a token.
            _ => {
                complain(&format!("token of {name} ({role}), {note}:"));
                say(token);
            }
        }
        Ok(())
    }

    fn list(&self) -> Result<(), CliError> {
        let asked = self.client.client()?.json(&Ask::get("/api/v1/tokens"));
        let answer = or_in_store(&self.client, asked, Missing::Told, async |store| {
            let rows = store.tokens().await.map_err(CliError::told)?;
            Ok(Value::from_iter(rows.iter().map(tokens::shape)))
        })?;
        List { of: "tokens", id: "/id", none: "no tokens" }.show(self.client.print(), &answer, |rows| {
            table(["ID", "NAME", "ROLE", "CREATED", "LAST USED", "EXPIRES"], rows.iter().map(row).collect());
        });
        Ok(())
    }

    fn revoke(&self, id: &str) -> Result<(), CliError> {
        let asked = self.client.client()?.json(&Ask::delete(&format!("/api/v1/tokens/{}", path_segment(id))));
        or_in_store(&self.client, asked, Missing::Told, async |store| {
            match store.revoke_token(id, SystemClock.now()).await {
                Ok(true) => Ok(Value::Null),
                Ok(false) => {
                    Err(CliError::told(format!("there is no live token {id}; `earlybell token list` shows them")))
                }
                Err(error) => Err(CliError::told(error)),
            }
        })?;
        say(&if self.client.quiet { id.to_owned() } else { format!("revoked {id}") });
        Ok(())
    }
}

fn row(row: &Value) -> [String; 6] {
    ["/id", "/name", "/role", "/created_at", "/used_at", "/expires_at"].map(|path| output::cell(row, path))
}
