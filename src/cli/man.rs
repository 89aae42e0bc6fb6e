//! `earlybell man`: this command line as manual pages.

use super::CliError;
use super::output::say;
use clap::{Args, Command};
use clap_mangen::Man as Page;
use std::path::PathBuf;

/// Prints the manual page, or writes one of every verb
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  earlybell man | man -l -
  earlybell man /usr/local/share/man/man1")]
pub struct Man {
    /// Folder for the pages of all verbs; without one, the first page is printed
    folder: Option<PathBuf>,
}

impl Man {
    /// Runs it.
    pub fn run(self, command: Command) -> Result<(), CliError> {
        let Some(folder) = self.folder else {
            let mut page = Vec::new();
            Page::new(command).render(&mut page).map_err(CliError::told)?;
            say(String::from_utf8_lossy(&page).trim_end());
            return Ok(());
        };
        let problem = |error| CliError::told(format!("{}: {error}", folder.display()));
        std::fs::create_dir_all(&folder).map_err(problem)?;
        clap_mangen::generate_to(command, &folder).map_err(problem)
    }
}
