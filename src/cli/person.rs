//! `earlybell person`: who is there, how they are reached, and which accounts in chats are theirs.

use super::CliError;
use super::client::{Ask, Client, ClientArgs, path_segment};
use super::confirm::{Sure, asked};
use super::output::{self, Format, List, say, table};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

/// Says who is there, and how they are reached
#[derive(Debug, Args)]
pub struct Person {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    client: ClientArgs,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Adds somebody
    #[command(after_help = "\
A name is one word of a-z, 0-9, `.`, `_` and `-`: what people type to name them. Who stands in the
configuration (`people:`) is changed there.

Examples:
  earlybell person add anna --email anna@example.org --slack U012AB3CD --squad Production-Squad
  earlybell person add bert --full-name \"Bert B.\" --time-zone Europe/Berlin --irc bert")]
    Add {
        /// What they are called, in one word
        name: String,
        #[command(flatten)]
        known: Known,
        /// A squad they are in; may be repeated
        #[arg(long, value_name = "SQUAD")]
        squad: Vec<String>,
    },
    /// Lists who is there, who is on duty, and who does what in open incidents
    List,
    /// Shows somebody
    Show {
        /// Who
        name: String,
    },
    /// Changes what is known of somebody; an empty text takes it away
    #[command(
        visible_alias = "set",
        after_help = "\
Examples:
  earlybell person change anna --email anna@new.example.org
  earlybell person change anna --slack \"\"     # no Slack account any more"
    )]
    Change {
        /// Who
        name: String,
        #[command(flatten)]
        known: Known,
    },
    /// Says which accounts in chats are somebody's: what is typed there is then their word
    #[command(after_help = "\
Whoever speaks for an account acts as this person, so only an admin may say so. A Slack user id is
“Copy member ID” in the profile; an IRC account is the one at services, not the nick.

Example:
  earlybell person link anna --slack U012AB3CD --irc anna")]
    Link {
        /// Who
        name: String,
        /// Their Slack user id
        #[arg(long, value_name = "ID", required_unless_present = "irc")]
        slack: Option<String>,
        /// Their account with IRC services
        #[arg(long, value_name = "ACCOUNT")]
        irc: Option<String>,
    },
    /// Removes somebody; what they hold in open incidents is free then
    #[command(visible_alias = "rm")]
    Remove {
        /// Who
        name: String,
        #[command(flatten)]
        sure: Sure,
    },
}

#[derive(Debug, Args)]
struct Known {
    /// Their name in full
    #[arg(long, value_name = "NAME")]
    full_name: Option<String>,
    /// Where mail reaches them
    #[arg(long, alias = "mail", value_name = "ADDRESS")]
    email: Option<String>,
    /// Where they live, as Europe/Berlin
    #[arg(long, alias = "tz", value_name = "ZONE")]
    time_zone: Option<String>,
    /// Their Slack user id, as U012AB3CD
    #[arg(long, value_name = "ID")]
    slack: Option<String>,
    /// Their account with IRC services
    #[arg(long, value_name = "ACCOUNT")]
    irc: Option<String>,
}

impl Known {
    fn body(&self) -> Value {
        let all = [
            ("full_name", &self.full_name),
            ("email", &self.email),
            ("time_zone", &self.time_zone),
            ("slack", &self.slack),
            ("irc", &self.irc),
        ];
        let said = all.into_iter().filter_map(|(key, value)| Some((key.to_owned(), json!(value.as_ref()?))));
        Value::Object(Map::from_iter(said))
    }
}

impl Person {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        let client = self.client.client()?;
        match &self.verb {
            Verb::Add { name, known, squad } => {
                let mut body = known.body();
                body["name"] = json!(name);
                body["squads"] = json!(squad);
                self.done(&client.json(&Ask::post("/api/v1/people", &body))?);
                Ok(())
            }
            Verb::List => self.list(&client),
            Verb::Show { name } => self.show(&client, name),
            Verb::Change { name, known } => self.change(&client, name, &known.body()),
            Verb::Link { name, slack, irc } => {
                let known =
                    Known { full_name: None, email: None, time_zone: None, slack: slack.clone(), irc: irc.clone() };
                self.change(&client, name, &known.body())
            }
            Verb::Remove { name, sure } => self.remove(&client, name, sure),
        }
    }

    fn list(&self, client: &Client) -> Result<(), CliError> {
        let answer = client.json(&Ask::get("/api/v1/people"))?;
        let none = "nobody is known; `earlybell person add NAME` adds somebody, or `people:` in the configuration";
        List { of: "people", id: "/name", none }.show(self.client.print(), &answer, |people| {
            if self.client.output == Format::Extended {
                let head =
                    ["NAME", "FULL NAME", "EMAIL", "TIME ZONE", "SLACK", "IRC", "SQUADS", "ON DUTY", "DOES", "FROM"];
                table(head, people.iter().map(extended_row).collect());
            } else {
                table(["NAME", "FULL NAME", "SQUADS", "ON DUTY", "DOES"], people.iter().map(row).collect());
            }
        });
        Ok(())
    }

    fn show(&self, client: &Client, name: &str) -> Result<(), CliError> {
        let person = client.json(&Ask::get(&path(name)))?;
        match self.client.print() {
            (Format::Json, _) => output::json(&person),
            (_, true) => say(&output::cell(&person, "/name")),
            _ => {
                let keys =
                    ["name", "full name", "email", "time zone", "slack", "irc", "squads", "on duty", "does", "from"];
                let known = keys.into_iter().zip(extended_row(&person)).filter(|(_, value)| !value.is_empty());
                known.for_each(|(key, value)| say(&format!("{:<11}{value}", format!("{key}:"))));
            }
        }
        Ok(())
    }

    fn change(&self, client: &Client, name: &str, body: &Value) -> Result<(), CliError> {
        self.done(&client.json(&Ask::post(&path(name), body))?);
        Ok(())
    }

    fn remove(&self, client: &Client, name: &str, sure: &Sure) -> Result<(), CliError> {
        let path = path(name);
        if asked(sure) {
            // One who is not there is told by the server below.
            let person = client.json(&Ask::get(&path)).unwrap_or_default();
            let does = does(&person);
            if !does.is_empty() {
                sure.or_stop(&format!("{name} is {does}. Remove them?"))?;
            }
        }
        self.done(&client.json(&Ask::delete(&path))?);
        Ok(())
    }

    fn done(&self, answer: &Value) {
        match self.client.print() {
            (Format::Json, _) => output::json(answer),
            (_, true) => say(&output::cell(answer, "/name")),
            _ => say(&output::cell(answer, "/text")),
        }
    }
}

fn path(name: &str) -> String {
    format!("/api/v1/people/{}", path_segment(name))
}

fn row(person: &Value) -> [String; 5] {
    let [name, full_name] = ["/name", "/full_name"].map(|at| output::cell(person, at));
    [name, full_name, squads(person), duties(person), does(person)]
}

fn extended_row(person: &Value) -> [String; 10] {
    let [name, full_name, squads, duties, does] = row(person);
    let [email, time_zone, slack, irc] = ["/email", "/time_zone", "/slack", "/irc"].map(|at| output::cell(person, at));
    [name, full_name, email, time_zone, slack, irc, squads, duties, does, output::origin(person)]
}

fn squads(person: &Value) -> String {
    let names = person["squads"].as_array().into_iter().flatten().filter_map(Value::as_str);
    names.collect::<Vec<_>>().join(", ")
}

fn duties(person: &Value) -> String {
    let duties = output::rows_of(&person["on_duty"], "");
    let words =
        duties.iter().map(|duty| format!("{} until {}", output::cell(duty, "/squad"), output::cell(duty, "/until")));
    words.collect::<Vec<_>>().join(", ")
}

fn does(person: &Value) -> String {
    let roles = output::rows_of(&person["holds"], "");
    let words = roles.iter().map(|hold| format!("{} of {}", output::cell(hold, "/role"), output::cell(hold, "/id")));
    words.collect::<Vec<_>>().join(", ")
}
