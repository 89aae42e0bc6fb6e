//! `earlybell receiver`: who can be told, how they stand, and whether they work.

use super::CliError;
use super::client::{Ask, ClientArgs, path_segment};
use super::output::{self, Format, List, say, table};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

/// Shows who can be told, and tries whether it works
#[derive(Debug, Args)]
#[command(after_help = "\
A test looks first: it logs in, and finds where notices would go. Then it sends one that says it is a test,
where that tells people in one place something. The exit code is 1 if anything is wrong.

Examples:
  earlybell receiver list
  earlybell receiver test team-slack")]
pub struct Receiver {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    client: ClientArgs,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Lists receivers, and how each stands
    List,
    /// Looks whether notices would arrive, and sends one that says so
    Test {
        /// Name of the receiver
        name: String,
    },
}

impl Receiver {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        match &self.verb {
            Verb::List => self.list(),
            Verb::Test { name } => self.test(name),
        }
    }

    fn list(&self) -> Result<(), CliError> {
        let answer = self.client.client()?.json(&Ask::get("/api/v1/receivers"))?;
        List { of: "receivers", id: "/name", none: "no receivers" }.show(self.client.print(), &answer, |rows| {
            table(["NAME", "KIND", "STANDING", "WAITING"], rows.iter().map(cells).collect());
            rows.iter().filter_map(unconnected).for_each(|line| say(&line));
        });
        let is_ill = |row: &Value| row["standing"] != "well" || is_unconnected(row);
        if output::rows_of(&answer, "receivers").iter().any(is_ill) { Err(CliError::Silent) } else { Ok(()) }
    }

    fn test(&self, name: &str) -> Result<(), CliError> {
        let path = format!("/api/v1/receivers/{}/test", path_segment(name));
        let answer = self.client.client()?.json(&Ask::post(&path, &json!({})))?;
        if self.client.output == Format::Json {
            output::json(&answer);
        } else if !self.client.quiet {
            words(name, &answer).iter().for_each(|line| say(line));
        }
        if answer["well"] == true { Ok(()) } else { Err(CliError::Silent) }
    }
}

fn is_unconnected(row: &Value) -> bool {
    row["connection"]["up"] == false
}

fn cells(row: &Value) -> [String; 4] {
    let [name, kind, standing, waiting] =
        ["/name", "/kind", "/standing", "/waiting"].map(|pointer| output::cell(row, pointer));
    // It stands well until something is to be told, and can't be.
    let standing = if is_unconnected(row) && standing == "well" { "not connected".to_owned() } else { standing };
    [name, kind, standing, waiting]
}

fn unconnected(row: &Value) -> Option<String> {
    is_unconnected(row).then(|| {
        format!("{} is not connected: {}", output::cell(row, "/name"), output::cell(row, "/connection/because"))
    })
}

fn words(name: &str, answer: &Value) -> Vec<String> {
    let finding = |finding: &Value| {
        let mark = if finding["well"] == true { "ok" } else { "WRONG" };
        format!("{mark}: {}", output::cell(finding, "/text"))
    };
    let mut lines: Vec<String> = output::rows_of(answer, "findings").iter().map(finding).collect();
    lines.push(match answer["sent"].as_bool() {
        Some(true) => format!("ok: {name} took a test; look whether it can be read there"),
        Some(false) => format!("WRONG: {name} did not take a test: {}", output::cell(answer, "/because")),
        None => format!("{name} was looked at only: a test would be no notice to people in one place"),
    });
    lines
}
