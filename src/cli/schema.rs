//! `earlybell schema`: what editors complete and check rule files by, and the HTTP API for programs.

use super::CliError;
use super::output::{self, say};
use crate::config;
use crate::http::openapi;
use clap::{Args, Subcommand};

/// Prints a JSON schema for editors, or the HTTP API for programs
#[derive(Debug, Args)]
pub struct Schema {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Of rule files
    #[command(after_help = "\
Name it in the first line of a rule file:
  # yaml-language-server: $schema=rules.schema.json

Example:\n  earlybell schema rules > rules.schema.json")]
    Rules,
    /// Of the HTTP API, as OpenAPI 3.1
    #[command(after_help = "\
A running server has it at /api/v1/openapi.json. docs/api.md is the same for people.

Example:\n  earlybell schema api > openapi.json")]
    Api,
}

impl Schema {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        match self.what {
            What::Rules => say(&config::rules_schema()),
            What::Api => output::json(&openapi::document().map_err(CliError::told)?),
        }
        Ok(())
    }
}
