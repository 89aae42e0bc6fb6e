//! Asks whether somebody is sure, where they can answer.

use super::CliError;
use clap::Args;
use std::io::{self, BufRead, IsTerminal, Write};

/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: u64 = 100;

/// Whether a question is asked.
#[derive(Debug, Args)]
pub struct Sure {
    /// Don't ask
    #[arg(short, long)]
    yes: bool,
}

/// Whether anybody is asked: a script can't answer, and says what it means.
pub fn asked(sure: &Sure) -> bool {
    !sure.yes && io::stdin().is_terminal() && io::stderr().is_terminal()
}

impl Sure {
    /// Asks, and goes on only after a yes.
    ///
    /// # Errors
    /// The answer is something else.
    pub fn or_stop(&self, question: &str) -> Result<(), CliError> {
        if !asked(self) {
            return Ok(());
        }
        let question = domain::text::clean_line(question, 1000);
        let _ = write!(io::stderr().lock(), "{question} [y/N] ");
        let mut answer = String::new();
        let read = io::Read::take(io::stdin().lock(), ANSWER_BYTES_MAX).read_line(&mut answer);
        let is_yes = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes");
        if read.is_ok() && is_yes { Ok(()) } else { Err(CliError::told("nothing was done")) }
    }
}
