//! `earlybell completion SHELL`: what a shell completes this command line by.

use super::CliError;
use super::output::say;
use clap::{Args, Command};
use clap_complete::Shell;

/// Prints what a shell completes this command line by
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  earlybell completion bash > /etc/bash_completion.d/earlybell
  earlybell completion zsh > /usr/local/share/zsh/site-functions/_earlybell
  earlybell completion fish > ~/.config/fish/completions/earlybell.fish")]
pub struct Completion {
    /// Which shell
    shell: Shell,
}

impl Completion {
    /// Runs it.
    pub fn run(self, mut command: Command) -> Result<(), CliError> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "earlybell", &mut script);
        say(String::from_utf8_lossy(&script).trim_end());
        Ok(())
    }
}
