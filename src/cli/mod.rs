//! The command line, one file per verb.

mod actions;
mod alert;
mod audit;
mod backtest;
mod backup;
mod check;
mod client;
mod completion;
mod confirm;
mod deliveries;
mod demo;
mod drill;
mod explain;
mod export;
mod incident;
mod lint;
mod man;
mod offline;
mod output;
mod person;
mod postmortem;
mod quarantine;
mod receiver;
mod replay;
mod schema;
mod serve;
mod squad;
mod stats;
mod test;
mod timeline;
mod token;
mod user;

use clap::{CommandFactory, Parser, Subcommand};
use std::fmt;
use std::process::ExitCode;

const ABOUT: &str = "\
Earlybell declares incidents early from Alertmanager's alerts, tells people, keeps the record,
and lets anyone call it off when it was nothing.

Start with `earlybell serve`: it needs no configuration, and says what to put into alertmanager.yml.";

const EXAMPLES: &str = "\
Examples:
  earlybell demo                                             an incident in a minute, to look at
  earlybell serve                                            take alerts, on 127.0.0.1:9797
  earlybell alert add alertname=SiteDown severity=critical   send a test alert
  earlybell incident list                                    what is going on
  earlybell incident calloff 1 no-user-impact \"probe was wrong\"
  earlybell explain                                          which rules hold or wait, and why
  earlybell check config earlybell.yml                       look for mistakes before a reload
  earlybell test rules rules/*.yml                           play the tests of rules";

/// Exit code where only lints found something, as in promtool.
const LINT_EXIT: u8 = 3;

#[derive(Debug, Parser)]
#[command(name = "earlybell", version, about = ABOUT, after_help = EXAMPLES, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Serve(serve::Serve),
    Demo(demo::Demo),
    Check(check::Check),
    Test(test::Test),
    Backtest(backtest::Backtest),
    Alert(alert::Alert),
    Incident(incident::Incident),
    Postmortem(postmortem::Postmortem),
    Actions(actions::Actions),
    Drill(drill::Drill),
    Explain(explain::Explain),
    Stats(stats::Stats),
    Deliveries(deliveries::Deliveries),
    Receiver(receiver::Receiver),
    Quarantine(quarantine::Quarantine),
    Audit(audit::Audit),
    Export(export::Export),
    Import(export::Import),
    Replay(replay::Replayed),
    Backup(backup::Backup),
    Restore(backup::Restore),
    Person(person::Person),
    Squad(squad::Squad),
    Token(token::Token),
    User(user::User),
    Schema(schema::Schema),
    Completion(completion::Completion),
    Man(man::Man),
}

/// Why a verb did not do what it should: told on stderr, exit code 1.
#[derive(Debug, thiserror::Error)]
enum CliError {
    /// In words.
    #[error("{0}")]
    Told(String),
    /// Nobody answers; some verbs go on without a server.
    #[error("{0}")]
    NoServer(String),
    /// The server can't answer now; later it may.
    #[error("{0}")]
    Busy(String),
    /// Told already, in the verb's own way.
    #[error("")]
    Silent,
    /// Nothing is wrong, but lints found something; told already, exit code 3.
    #[error("")]
    Lint,
}

impl CliError {
    fn told(text: impl fmt::Display) -> Self {
        Self::Told(text.to_string())
    }

    /// Whether the same may work in a while.
    fn may_pass(&self) -> bool {
        matches!(self, Self::NoServer(_) | Self::Busy(_))
    }
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let done = match Cli::parse().verb {
        Verb::Serve(verb) => verb.run(),
        Verb::Demo(verb) => verb.run(),
        Verb::Check(verb) => verb.run(),
        Verb::Test(verb) => verb.run(),
        Verb::Backtest(verb) => verb.run(),
        Verb::Alert(verb) => verb.run(),
        Verb::Incident(verb) => verb.run(),
        Verb::Postmortem(verb) => verb.run(),
        Verb::Actions(verb) => verb.run(),
        Verb::Drill(verb) => verb.run(),
        Verb::Explain(verb) => verb.run(),
        Verb::Stats(verb) => verb.run(),
        Verb::Deliveries(verb) => verb.run(),
        Verb::Receiver(verb) => verb.run(),
        Verb::Quarantine(verb) => verb.run(),
        Verb::Audit(verb) => verb.run(),
        Verb::Export(verb) => verb.run(),
        Verb::Import(verb) => verb.run(),
        Verb::Replay(verb) => verb.run(),
        Verb::Backup(verb) => verb.run(),
        Verb::Restore(verb) => verb.run(),
        Verb::Person(verb) => verb.run(),
        Verb::Squad(verb) => verb.run(),
        Verb::Token(verb) => verb.run(),
        Verb::User(verb) => verb.run(),
        Verb::Schema(verb) => verb.run(),
        Verb::Completion(verb) => verb.run(Cli::command()),
        Verb::Man(verb) => verb.run(Cli::command()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(CliError::Silent) => ExitCode::FAILURE,
        Err(CliError::Lint) => ExitCode::from(LINT_EXIT),
        Err(CliError::Told(text) | CliError::NoServer(text) | CliError::Busy(text)) => {
            output::complain(&format!("earlybell: {text}"));
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::CommandFactory;

    #[test]
    fn the_grammar_is_sound() {
        Cli::command().debug_assert();
    }
}
