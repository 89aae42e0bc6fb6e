//! `earlybell squad`: people who share a duty, and who of them is on duty now.

use super::CliError;
use super::client::{Ask, Client, ClientArgs, path_segment};
use super::output::{self, Format, List, say, table};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

/// Says who shares a duty: the squad of a rule is asked to lead its incidents
#[derive(Debug, Args)]
pub struct Squad {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    client: ClientArgs,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Adds a squad
    #[command(after_help = "\
Which squad leads is said in a rule (`roles: { incident_manager: NAME }`), else in `rituals.squad`.
What stands in the configuration (`squads:`) is changed there; a calendar of duties, too.

Example:
  earlybell squad add Production-Squad anna bert")]
    Add {
        /// What it is called, in one word
        name: String,
        /// Who is in it
        people: Vec<String>,
    },
    /// Lists squads, who is in them, and who is on duty now
    List,
    /// Shows a squad
    Show {
        /// Which
        name: String,
    },
    /// Puts people into a squad
    #[command(after_help = "Example:\n  earlybell squad join Production-Squad carla")]
    Join {
        /// Which
        name: String,
        /// Who
        #[arg(required = true)]
        people: Vec<String>,
    },
    /// Takes people out of a squad
    #[command(after_help = "Example:\n  earlybell squad leave Production-Squad carla")]
    Leave {
        /// Which
        name: String,
        /// Who
        #[arg(required = true)]
        people: Vec<String>,
    },
    /// Removes a squad; its people stay
    #[command(visible_alias = "rm")]
    Remove {
        /// Which
        name: String,
    },
}

impl Squad {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        let client = self.client.client()?;
        let post = |path: &str, body: Value| client.json(&Ask::post(path, &body));
        let answer = match &self.verb {
            Verb::List => return self.list(&client),
            Verb::Show { name } => return self.show(&client, name),
            Verb::Add { name, people } => post("/api/v1/squads", json!({"name": name, "members": people}))?,
            Verb::Join { name, people } => post(&format!("{}/join", path(name)), json!({"people": people}))?,
            Verb::Leave { name, people } => post(&format!("{}/leave", path(name)), json!({"people": people}))?,
            Verb::Remove { name } => client.json(&Ask::delete(&path(name)))?,
        };
        match self.client.print() {
            (Format::Json, _) => output::json(&answer),
            (_, true) => say(&output::cell(&answer, "/name")),
            _ => say(&output::cell(&answer, "/text")),
        }
        Ok(())
    }

    fn list(&self, client: &Client) -> Result<(), CliError> {
        let answer = client.json(&Ask::get("/api/v1/squads"))?;
        let none = "no squads; `earlybell squad add NAME PEOPLE…` adds one, or `squads:` in the configuration";
        List { of: "squads", id: "/name", none }.show(self.client.print(), &answer, |squads| {
            if self.client.output == Format::Extended {
                table(["NAME", "ON DUTY", "CALENDAR", "FROM", "PEOPLE"], squads.iter().map(extended_row).collect());
                return;
            }
            let cells = |squad: &Value| {
                let [name, on_duty, _, _, people] = extended_row(squad);
                [name, on_duty, people]
            };
            table(["NAME", "ON DUTY", "PEOPLE"], squads.iter().map(cells).collect());
        });
        Ok(())
    }

    fn show(&self, client: &Client, name: &str) -> Result<(), CliError> {
        let squad = client.json(&Ask::get(&path(name)))?;
        match self.client.print() {
            (Format::Json, _) => output::json(&squad),
            (_, true) => say(&output::cell(&squad, "/name")),
            _ => {
                let keys = ["name", "on duty", "calendar", "from", "people"];
                let known = keys.into_iter().zip(extended_row(&squad)).filter(|(_, value)| !value.is_empty());
                known.for_each(|(key, value)| say(&format!("{:<11}{value}", format!("{key}:"))));
            }
        }
        Ok(())
    }
}

fn path(name: &str) -> String {
    format!("/api/v1/squads/{}", path_segment(name))
}

fn extended_row(squad: &Value) -> [String; 5] {
    let on_duty = output::rows_of(&squad["on_duty"], "");
    let on_duty =
        on_duty.iter().map(|duty| format!("{} until {}", output::cell(duty, "/person"), output::cell(duty, "/until")));
    let on_duty = on_duty.collect::<Vec<_>>().join(", ");
    let people = squad["members"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let people = people.collect::<Vec<_>>().join(", ");
    [output::cell(squad, "/name"), on_duty, calendar(squad), output::origin(squad), people]
}

fn calendar(squad: &Value) -> String {
    let [problem, read_at] = ["/calendar/problem", "/calendar/read_at"].map(|at| output::cell(squad, at));
    match (problem.is_empty(), read_at.is_empty()) {
        (false, _) => problem,
        (true, false) => format!("read {read_at}"),
        (true, true) => String::new(),
    }
}
