//! `earlybell incident …`: what people do with incidents.

use super::CliError;
use super::client::{Ask, Client, ClientArgs, new_key};
use super::output::{self, Format, say, table};
use clap::{Args, Subcommand, ValueEnum};
use domain::duration::Duration;
use domain::incident::{CallOffCode, Severity};
use domain::verbs::Spelling;
use domain::verbs::words::quoted;
use serde_json::{Map, Value, json};

/// Lists incidents, declares them, and says how they go on
#[derive(Debug, Args)]
pub struct Incident {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    client: ClientArgs,
    /// Key under which a repeat of this command does nothing; by default a new one
    #[arg(long, global = true, value_name = "KEY", help_heading = "Server")]
    idempotency_key: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Lists incidents, newest first
    List {
        /// Which
        #[arg(value_enum, default_value = "open")]
        which: Which,
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Shows one incident: state, alerts, notices, timeline
    Show {
        /// Number of the incident: 42, #42 or INC-42
        #[arg(value_parser = number)]
        number: u64,
    },
    /// Declares an incident by hand; it is confirmed at once
    #[command(
        after_help = "Example:\n  earlybell incident declare \"Downloads are slow\" --severity minor --label team=web"
    )]
    Declare {
        /// What is going on, in one line
        title: Vec<String>,
        /// minor, major or critical; major if not said
        #[arg(long, value_parser = severity)]
        severity: Option<&'static str>,
        /// Who is affected, in words
        #[arg(long, default_value = "")]
        impact: String,
        /// Label for routing, as name=value; may be repeated
        #[arg(long, value_name = "NAME=VALUE")]
        label: Vec<String>,
    },
    /// Says that a suspected incident is real; the public receivers are told
    Confirm(Words),
    /// Tells the public something; with it goes the promise of the next update
    #[command(after_help = "Example:\n  earlybell incident update 42 \"We restarted the frontends\" --next 20m")]
    Update {
        #[command(flatten)]
        words: Words,
        /// Who is affected, in words
        #[arg(long)]
        impact: Option<String>,
        /// When the next update comes; by default as the severity asks
        #[arg(long, value_name = "DURATION", value_parser = Duration::parse)]
        next: Option<Duration>,
    },
    /// Notes something for the team
    Note(Words),
    /// Rewrites the paragraph on top of the state document
    Summary(Words),
    /// Changes how bad it is
    Severity {
        /// Number of the incident
        #[arg(value_parser = number)]
        number: u64,
        /// minor, major or critical
        #[arg(value_parser = severity)]
        to: &'static str,
        /// Why, in words
        text: Vec<String>,
    },
    /// Calls a false alarm off; everyone who saw the alarm is told the reason
    #[command(
        visible_aliases = ["call-off", "false-alarm"],
        after_help = "\
Codes: duplicate, flapping, planned-work, monitoring-fault, no-user-impact, test, other

Example:
  earlybell incident calloff 42 monitoring-fault \"the probe's certificate had expired\""
    )]
    Calloff {
        /// Number of the incident
        #[arg(value_parser = number)]
        number: u64,
        /// Why, in one word
        #[arg(value_parser = code)]
        code: &'static str,
        /// Why, in words
        #[arg(required = true)]
        reason: Vec<String>,
    },
    /// Says that service is back
    Resolve(Words),
    /// Says that it came back
    Reopen(Words),
    /// Any other verb: take, assign, handover, accept, decline, ack, edit, todo, done, undo, merge, split, why, help, …
    #[command(external_subcommand)]
    Line(Vec<String>),
}

#[derive(Debug, Args)]
struct Words {
    /// Number of the incident: 42, #42 or INC-42
    #[arg(value_parser = number)]
    number: u64,
    /// In words
    text: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    /// Those that go on.
    Open,
    /// Those that are over.
    Closed,
    /// All.
    All,
}

impl Which {
    fn query(self) -> &'static str {
        match self {
            Self::Open => "open=true&",
            Self::Closed => "open=false&",
            Self::All => "",
        }
    }
}

impl Incident {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        let client = self.client.client()?;
        match &self.verb {
            Verb::List { which, limit } => self.list(&client, *which, *limit),
            Verb::Show { number } => self.show(&client, *number),
            verb => self.act(&client, verb),
        }
    }

    fn list(&self, client: &Client, which: Which, limit: usize) -> Result<(), CliError> {
        let answer = client.json(&Ask::get(&format!("/api/v1/incidents?{}limit={limit}", which.query())))?;
        if self.client.output == Format::Json {
            output::json(&answer);
            return Ok(());
        }
        let incidents = output::rows_of(&answer, "incidents");
        if self.client.quiet {
            incidents.iter().for_each(|incident| say(&output::cell(incident, "/number")));
        } else if incidents.is_empty() {
            say(if which == Which::Open { "no open incidents" } else { "no incidents" });
        } else if self.client.output == Format::Extended {
            let head = ["NUMBER", "STAGE", "SEVERITY", "DECLARED", "BY", "FIRING", "RULE", "LABELS", "TITLE"];
            table(head, incidents.iter().map(extended_row).collect());
        } else {
            table(["NUMBER", "STAGE", "SEVERITY", "DECLARED", "FIRING", "TITLE"], incidents.iter().map(row).collect());
        }
        Ok(())
    }

    fn show(&self, client: &Client, number: u64) -> Result<(), CliError> {
        if self.client.output == Format::Json {
            output::json(&client.json(&Ask::get(&format!("/api/v1/incidents/{number}")))?);
        } else if self.client.quiet {
            client.json(&Ask::get(&format!("/api/v1/incidents/{number}")))?;
            say(&number.to_string());
        } else {
            say(&client.text(&Ask::get(&format!("/incidents/{number}.md")))?);
        }
        Ok(())
    }

    fn act(&self, client: &Client, verb: &Verb) -> Result<(), CliError> {
        let (path, body) = request(verb)?;
        let key = self.idempotency_key.clone().map_or_else(new_key, Ok)?;
        let answer = client.json(&Ask { key: Some(&key), ..Ask::post(&path, &body) })?;
        let number = answer.get("incident").and_then(Value::as_u64);
        match (self.client.output, self.client.quiet, number) {
            (_, true, Some(number)) => say(&number.to_string()),
            (Format::Json, ..) => output::json(&answer),
            _ => say(answer.get("text").and_then(Value::as_str).unwrap_or("done")),
        }
        Ok(())
    }
}

// The server checks what is said; only what it can't see (an empty command line) is refused here.
fn request(verb: &Verb) -> Result<(String, Value), CliError> {
    let of = |number: &u64, word: &str, body: Value| Ok((format!("/api/v1/incidents/{number}/{word}"), body));
    let said = |words: &Words, word: &str| of(&words.number, word, json!({ "text": words.text.join(" ") }));
    match verb {
        Verb::List { .. } | Verb::Show { .. } => Err(CliError::told("nothing to change")),
        Verb::Declare { title, severity, impact, label } => {
            let mut body = json!({ "title": title.join(" "), "impact": impact, "labels": labels(label)? });
            if let Some(severity) = severity {
                body["severity"] = Value::from(*severity);
            }
            Ok(("/api/v1/incidents".to_owned(), body))
        }
        Verb::Confirm(words) => said(words, "confirm"),
        Verb::Update { words, impact, next } => {
            let mut body = json!({ "text": words.text.join(" ") });
            if let Some(impact) = impact {
                body["impact"] = Value::from(impact.as_str());
            }
            if let Some(next) = next {
                body["next_in"] = Value::from(next.to_string());
            }
            of(&words.number, "update", body)
        }
        Verb::Note(words) => said(words, "note"),
        Verb::Summary(words) => said(words, "summary"),
        Verb::Severity { number, to, text } => of(number, "severity", json!({ "to": to, "text": text.join(" ") })),
        Verb::Calloff { number, code, reason } => {
            of(number, "calloff", json!({ "code": code, "reason": reason.join(" ") }))
        }
        Verb::Resolve(words) => said(words, "resolve"),
        Verb::Reopen(words) => said(words, "reopen"),
        Verb::Line(words) => Ok(("/api/v1/command".to_owned(), line(words))),
    }
}

// As people type it, for the one grammar; what the shell took for one word stays one.
fn line(words: &[String]) -> Value {
    let one = |word: &String| if word.contains(char::is_whitespace) { quoted(word) } else { word.clone() };
    let line = words.iter().map(one).collect::<Vec<_>>().join(" ");
    json!({ "line": line, "prefix": Spelling::cli().prefix() })
}

fn labels(words: &[String]) -> Result<Map<String, Value>, CliError> {
    let split = |word: &'_ String| match word.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), Value::from(value))),
        _ => Err(CliError::told(format!("`{word}` is no label; write name=value"))),
    };
    words.iter().map(split).collect()
}

fn number(text: &str) -> Result<u64, String> {
    let digits = text.trim_start_matches('#').trim_start_matches("INC-").trim_start_matches("inc-");
    digits.parse().map_err(|_| "write the number of an incident: 42, #42 or INC-42".to_owned())
}

fn severity(text: &str) -> Result<&'static str, String> {
    Severity::parse(text).map(Severity::word).ok_or_else(|| "write minor, major or critical".to_owned())
}

fn code(text: &str) -> Result<&'static str, String> {
    let known = || CallOffCode::ALL.map(CallOffCode::word).join(", ");
    CallOffCode::parse(text)
        .map(CallOffCode::word)
        .ok_or_else(|| format!("write one of {}, then the reason in words", known()))
}

fn row(incident: &Value) -> [String; 6] {
    let [id, stage, severity, declared, title] =
        ["/id", "/stage", "/severity", "/declared_at", "/title"].map(|path| output::cell(incident, path));
    let drill = incident.get("drill").and_then(Value::as_bool) == Some(true);
    let id = if drill { format!("DRILL {id}") } else { id };
    let [firing, alerts] = ["/firing", "/alerts"].map(|path| output::cell(incident, path));
    [id, stage, severity, declared, format!("{firing} of {alerts}"), title]
}

fn extended_row(incident: &Value) -> [String; 9] {
    let [number, stage, severity, declared, firing, title] = row(incident);
    let [by, rule, labels] = ["/declared_by", "/rule", "/labels"].map(|path| output::cell(incident, path));
    [number, stage, severity, declared, by, firing, rule, labels, title]
}
