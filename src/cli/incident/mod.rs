//! `earlybell incident …`: what people do with incidents. The verbs are those of the one table; the server reads them.

mod filters;
mod look;
mod said;
mod watch;

use super::CliError;
use super::client::{Ask, Client, ClientArgs, new_key};
use super::output::{self, Format, say};
use clap::error::{Error, ErrorKind};
use clap::{ArgMatches, Args, Command, FromArgMatches, Subcommand};
use look::Look;
pub use look::number;
use said::Said;
use serde_json::Value;

/// Lists incidents, declares them, and says how they go on
#[derive(Debug, Args)]
#[command(after_help = "\
The number of an incident may be left out while exactly one is open. Examples stand with each verb:
  earlybell incident take --help")]
pub struct Incident {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    client: ClientArgs,
    /// Key under which a repeat of this command does nothing; by default a new one
    #[arg(long, global = true, value_name = "KEY", help_heading = "Server")]
    idempotency_key: Option<String>,
}

#[derive(Debug)]
enum Verb {
    /// What a terminal shows in its own way.
    Look(Look),
    /// What the table of verbs has.
    Said(Said),
}

impl Subcommand for Verb {
    fn augment_subcommands(command: Command) -> Command {
        Look::augment_subcommands(command).subcommands(said::commands())
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        Look::has_subcommand(name) || said::commands().any(|command| command.get_name() == name)
    }
}

impl FromArgMatches for Verb {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let Some((word, behind)) = matches.subcommand() else { return Err(Error::new(ErrorKind::MissingSubcommand)) };
        if Look::has_subcommand(word) {
            return Look::from_arg_matches(matches).map(Self::Look);
        }
        Said::read(word, behind).map(Self::Said)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Incident {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        let client = self.client.client()?;
        match &self.verb {
            Verb::Look(look) => look.run(&client, self.client.print()),
            Verb::Said(said) => self.act(&client, said),
        }
    }

    // The server checks what is said: it knows which incidents are open.
    fn act(&self, client: &Client, said: &Said) -> Result<(), CliError> {
        said.ask_first()?;
        let key = self.idempotency_key.clone().map_or_else(new_key, Ok)?;
        let answer = client.json(&Ask { key: Some(&key), ..Ask::post("/api/v1/command", &said.body()) })?;
        let number = answer.get("incident").and_then(Value::as_u64);
        match (self.client.output, self.client.quiet, number) {
            (_, true, Some(number)) => say(&number.to_string()),
            (Format::Json, ..) => output::json(&answer),
            _ => say(answer.get("text").and_then(Value::as_str).unwrap_or("done")),
        }
        Ok(())
    }
}
