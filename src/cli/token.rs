//! `earlybell token`: who may send alerts, read, and act over the network.

use super::CliError;
use super::client::{Ask, ClientArgs, path_segment};
use super::output::{self, Format, complain, say, table};
use crate::clock::{Clock, SystemClock};
use crate::http::api::tokens;
use crate::store::Store;
use crate::store::sqlite::SqliteStore;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::Path;

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
        #[arg(long = "name", id = "name")]
        flag: Option<String>,
        /// The same, without `--name`
        #[arg(required_unless_present = "name", conflicts_with = "name", value_name = "NAME")]
        word: Option<String>,
    },
    /// Lists tokens, without their secrets
    List,
    /// Revokes a token at once
    Revoke {
        /// Its id, as `token list` shows it
        id: String,
    },
}

// What becomes of a store that is not there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    Made,
    Told,
}

impl Token {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        match &self.verb {
            Verb::New { role, flag, word } => {
                // One of them is there: clap sees to it.
                let name = flag.as_deref().or(word.as_deref()).unwrap_or_default();
                self.make(name, role)
            }
            Verb::List => self.list(),
            Verb::Revoke { id } => self.revoke(id),
        }
    }

    fn make(&self, name: &str, role: &str) -> Result<(), CliError> {
        let body = json!({ "role": role, "name": name });
        let asked = self.client.client()?.json(&Ask::post("/api/v1/tokens", &body));
        let answer = self.or_in_store(asked, Missing::Made, async |store| {
            tokens::make(store, name, role, SystemClock.now()).await.map_err(CliError::told)
        })?;
        let token = answer.get("token").and_then(Value::as_str);
        let token = token.ok_or_else(|| CliError::told("the server is of another version: it answers no token"))?;
        let note = answer.get("text").and_then(Value::as_str).unwrap_or("shown only now");
        match (self.client.output, self.client.quiet) {
            (Format::Json, _) => output::json(&answer),
            (_, true) => say(token),
            // The note stands apart, so that `token new … > file` gives a file with a token.
            _ => {
                complain(&format!("token of {name} ({role}), {note}:"));
                say(token);
            }
        }
        Ok(())
    }

    // Before the first start on an address that others reach there must be a token: without a server, the folder of its
    // socket is the store. The store's lock keeps two processes apart.
    fn or_in_store(
        &self,
        asked: Result<Value, CliError>,
        missing: Missing,
        act: impl AsyncFnOnce(&SqliteStore) -> Result<Value, CliError>,
    ) -> Result<Value, CliError> {
        let Err(CliError::NoServer(_)) = &asked else { return asked };
        if !self.client.is_local() {
            return asked;
        }
        let socket = self.client.socket();
        let folder = socket.parent().unwrap_or(Path::new("."));
        if missing == Missing::Told && !folder.exists() {
            return asked;
        }
        // Whoever runs this in another folder than the server's would look for the token in vain.
        complain(&format!("no server runs there: going on in the store in {}", folder.display()));
        let store = SqliteStore::open(folder).map_err(CliError::told)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CliError::told)?;
        let done = runtime.block_on(act(&store));
        store.close();
        done
    }

    fn list(&self) -> Result<(), CliError> {
        let asked = self.client.client()?.json(&Ask::get("/api/v1/tokens"));
        let answer = self.or_in_store(asked, Missing::Told, async |store| {
            let rows = store.tokens().await.map_err(CliError::told)?;
            Ok(Value::from_iter(rows.iter().map(tokens::shape)))
        })?;
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
        let asked = self.client.client()?.json(&Ask::delete(&format!("/api/v1/tokens/{}", path_segment(id))));
        self.or_in_store(asked, Missing::Told, async |store| match store.revoke_token(id, SystemClock.now()).await {
            Ok(true) => Ok(Value::Null),
            Ok(false) => Err(CliError::told(format!("there is no live token {id}; `earlybell token list` shows them"))),
            Err(error) => Err(CliError::told(error)),
        })?;
        say(&if self.client.quiet { id.to_owned() } else { format!("revoked {id}") });
        Ok(())
    }
}

fn row(row: &Value) -> [String; 5] {
    ["/id", "/name", "/role", "/created_at", "/used_at"].map(|path| output::cell(row, path))
}
