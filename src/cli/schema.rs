//! `earlybell schema rules`: what editors complete and check rule files by.

use super::CliError;
use super::output::say;
use crate::config;
use clap::{Args, Subcommand};

/// Prints a JSON schema for editors
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
}

impl Schema {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        match self.what {
            What::Rules => say(&config::rules_schema()),
        }
        Ok(())
    }
}
