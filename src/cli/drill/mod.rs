//! `earlybell drill …`: practice by a plan, and what came of it.

mod check;
mod course;
mod interrupt;
mod run;
mod score;

use super::CliError;
use super::client::{Ask, ClientArgs, path_segment};
use super::incident::number;
use super::output::{self, Format, say, table};
use check::Check;
use clap::{Args, Subcommand};
use domain::drill::DrillName;
use run::Run;
use score::ScoreArgs;
use serde_json::{Value, json};

/// Practises: alerts of nothing by a plan, and a score of what people did
#[derive(Debug, Args)]
#[command(after_help = "\
Every word that a drill sends says DRILL, and nothing of it is counted. docs/drills.md explains
scenario files; config/drills/ has some to begin with.")]
pub struct Drill {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Check(Check),
    Run(Run),
    Score(ScoreArgs),
    /// Lists drills that go on
    List {
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Ends what a drill still fires
    #[command(after_help = "\
Its incidents stay open, for people to end them, unless you say --call-off.

Examples:
  earlybell drill list
  earlybell drill stop site-down-1129T092000 --call-off")]
    Stop {
        /// Its name, as `earlybell drill list` shows it
        #[arg(value_parser = DrillName::parse)]
        name: DrillName,
        /// Call off its open incidents, too
        #[arg(long)]
        call_off: bool,
        #[command(flatten)]
        client: ClientArgs,
    },
}

impl Drill {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        match self.verb {
            Verb::Check(check) => check.run(),
            Verb::Run(run) => run.run(),
            Verb::Score(score) => score.run(),
            Verb::List { client } => list(&client),
            Verb::Stop { name, call_off, client } => stop(&client, &name, call_off),
        }
    }
}

fn list(args: &ClientArgs) -> Result<(), CliError> {
    let answer = args.client()?.json(&Ask::get("/api/v1/drills"))?;
    let drills = output::rows_of(&answer, "drills");
    if args.output == Format::Json {
        output::json(&answer);
    } else if args.quiet {
        drills.iter().for_each(|drill| say(&output::cell(drill, "/name")));
    } else if drills.is_empty() {
        say("no drill goes on");
    } else {
        let row = |drill: &Value| {
            let open: Vec<String> = incidents(drill).iter().map(|incident| format!("INC-{incident}")).collect();
            [output::cell(drill, "/name"), output::cell(drill, "/firing"), open.join(" ")]
        };
        table(["NAME", "FIRING", "OPEN"], drills.iter().map(row).collect());
    }
    Ok(())
}

fn incidents(drill: &Value) -> Vec<u64> {
    output::rows_of(drill, "incidents").iter().filter_map(Value::as_u64).collect()
}

fn stop(args: &ClientArgs, name: &DrillName, call_off: bool) -> Result<(), CliError> {
    let client = args.client()?;
    let path = format!("/api/v1/drills/{}/stop", path_segment(name.as_str()));
    let mut answers = vec![client.json(&Ask::post(&path, &json!({})))?];
    if call_off {
        let drills = output::rows_of(&client.json(&Ask::get("/api/v1/drills"))?, "drills");
        let own = drills.iter().filter(|drill| drill["name"] == name.as_str());
        for incident in own.flat_map(incidents) {
            let path = format!("/api/v1/incidents/{incident}/calloff");
            answers.push(client.json(&Ask::post(&path, &json!({"code": "test", "reason": "The drill is over."})))?);
        }
    }
    if args.output == Format::Json {
        output::json(&json!({"drill": name, "answers": answers}));
    } else if !args.quiet {
        answers.iter().for_each(|answer| say(&output::cell(answer, "/text")));
    }
    Ok(())
}

// A number as people write it, for clap.
fn incident(text: &str) -> Result<u64, String> {
    number(text)
}
