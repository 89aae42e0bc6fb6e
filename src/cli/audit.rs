//! `earlybell audit`: who did what, and whether anybody has changed that since.

use super::CliError;
use super::client::{Ask, Client, ClientArgs};
use super::output::{self, Format, say, table};
use crate::clock::{Clock, SystemClock};
use crate::store::sqlite::ReadOnly;
use crate::store::{AUDIT_PAGE_MAX, StoreError};
use chrono::{DateTime, SecondsFormat, Utc};
use clap::{Args, Subcommand};
use domain::audit::{Break, Chain, Head, Known, Sealed, surface_word};
use domain::duration::Duration;
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Shows who did what, and checks that nobody changed it since
#[derive(Debug, Args)]
#[command(after_help = "\
Every act of people and every change of tokens, people and configuration is a record. Each
record's hash covers the one before, and notices about the end of an incident bear the newest:
`Record: audit 118, 5f2c9e0a7b3d4c11`.

Examples:
  earlybell audit --incident 42
  earlybell audit list --since 2d -o json
  earlybell audit verify --head \"118, 5f2c9e0a7b3d4c11\"
  earlybell audit verify --storage.path /backup/earlybell")]
pub struct Audit {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    client: ClientArgs,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Lists records, newest first
    List(Filter),
    /// Computes the chain anew; exit code 1 where it does not hold
    Verify(Verify),
    /// Prints the newest record's number and hash
    Head,
}

#[derive(Debug, Args)]
struct Filter {
    /// Only those of this incident
    #[arg(long, value_name = "NUMBER")]
    incident: Option<u64>,
    /// Only those since then: `2d`, or `2026-11-23T08:00:00Z`
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

#[derive(Debug, Args)]
struct Verify {
    /// Read the store in this folder, with or without a server, instead of asking one
    #[arg(long = "storage.path", value_name = "FOLDER")]
    storage: Option<PathBuf>,
    /// A record as a notice bears it: it must still be that one. May be given several times
    #[arg(long = "head", value_name = "RECORD", value_parser = known)]
    heads: Vec<Known>,
}

// What the server answers.
#[derive(Deserialize)]
struct Page {
    records: Vec<Sealed>,
    head: Head,
    next_after: Option<u64>,
}

// What was found.
struct Checked {
    chain: Chain,
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
    broken: Option<(Break, Option<Sealed>)>,
}

impl Audit {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        match &self.verb {
            None => self.list(&self.filter),
            Some(Verb::List(filter)) => self.list(filter),
            Some(Verb::Verify(verify)) => self.verify(verify),
            Some(Verb::Head) => self.head(),
        }
    }

    fn list(&self, filter: &Filter) -> Result<(), CliError> {
        let mut path = format!("/api/v1/audit?limit={}", filter.limit);
        if let Some(incident) = filter.incident {
            path.push_str(&format!("&incident={incident}"));
        }
        if let Some(since) = &filter.since {
            let since = moment(since)?.to_rfc3339_opts(SecondsFormat::Micros, true);
            path.push_str(&format!("&since={since}"));
        }
        let answer = self.client.client()?.json(&Ask::get(&path))?;
        if self.client.output == Format::Json {
            output::json(&answer);
            return Ok(());
        }
        let page = page(answer)?;
        if self.client.quiet {
            page.records.iter().for_each(|sealed| say(&sealed.record.number.to_string()));
        } else if page.records.is_empty() {
            say("no records");
        } else if self.client.output == Format::Extended {
            say(&page.records.iter().map(whole).collect::<Vec<_>>().join("\n\n"));
        } else {
            table(["NUMBER", "AT", "WHO", "ON", "INCIDENT", "WHAT"], page.records.iter().map(row).collect());
        }
        Ok(())
    }

    fn head(&self) -> Result<(), CliError> {
        let answer = self.client.client()?.json(&Ask::get("/api/v1/audit?limit=1"))?;
        let head = page(answer)?.head;
        match (self.client.output, head.words()) {
            (Format::Json, _) => output::json(&json!(head)),
            (_, None) => say("no records"),
            (_, Some(_)) if self.client.quiet => say(&head.number.to_string()),
            (_, Some(_)) => say(&format!("audit {}, {}", head.number, head.hash)),
        }
        Ok(())
    }

    fn verify(&self, verify: &Verify) -> Result<(), CliError> {
        let checked = match &verify.storage {
            Some(folder) => {
                let store = ReadOnly::open(folder).map_err(CliError::told)?;
                in_store(&store, verify.heads.clone()).map_err(CliError::told)?
            }
            None => on_server(&self.client.client()?, verify.heads.clone())?,
        };
        let broken = checked.broken.is_some();
        match self.client.output {
            Format::Json => output::json(&checked.json()),
            _ if self.client.quiet => {}
            Format::Simple | Format::Extended => say(&checked.words()),
        }
        if broken { Err(CliError::Silent) } else { Ok(()) }
    }
}

impl Checked {
    fn begin(known: Vec<Known>) -> Self {
        Self { chain: Chain::knowing(known), first: None, last: None, broken: None }
    }

    // Whether to go on.
    fn take(&mut self, sealed: Sealed) -> bool {
        match self.chain.check(&sealed) {
            Ok(()) => {
                self.first = self.first.or(Some(sealed.record.at));
                self.last = Some(sealed.record.at);
                true
            }
            Err(found) => {
                self.broken = Some((found, Some(sealed)));
                false
            }
        }
    }

    fn end(mut self) -> Self {
        if self.broken.is_none() {
            self.broken = self.chain.end().err().map(|found| (found, None));
        }
        self
    }

    fn words(&self) -> String {
        let head = self.chain.head();
        let span = match (self.first, self.last) {
            (Some(first), Some(last)) => format!(", {} to {} UTC", minute(first), minute(last)),
            _ => String::new(),
        };
        let Some((found, record)) = &self.broken else {
            let newest = head.words().map(|words| format!("\nnewest: {words}")).unwrap_or_default();
            return format!("the chain holds: {} records{span}{newest}", head.number);
        };
        let there = record.as_ref().map(|sealed| format!("\n\n{}", whole(sealed))).unwrap_or_default();
        format!("the chain is broken: {found}\n{} records before it hold{span}{there}", head.number)
    }

    fn json(&self) -> Value {
        let broken = self.broken.as_ref();
        json!({
            "holds": broken.is_none(),
            "records": self.chain.head().number,
            "head": self.chain.head(),
            "broken": broken.map(|(found, record)| json!({"because": found.to_string(), "record": record})),
        })
    }
}

fn in_store(store: &ReadOnly, mut known: Vec<Known>) -> Result<Checked, StoreError> {
    known.push(store.audit_head()?.into());
    let mut checked = Checked::begin(known);
    let mut after = 0;
    loop {
        let mut read = 0;
        store.audit_after(after, AUDIT_PAGE_MAX, |sealed| {
            (read, after) = (read + 1, sealed.record.number);
            checked.take(sealed)
        })?;
        if read < AUDIT_PAGE_MAX || checked.broken.is_some() {
            return Ok(checked.end());
        }
    }
}

/// The newest record, where the whole chain holds.
///
/// # Errors
/// It does not hold, or can't be read.
pub fn verified(store: &ReadOnly) -> Result<Head, String> {
    let checked = in_store(store, Vec::new()).map_err(|error| error.to_string())?;
    match &checked.broken {
        None => Ok(checked.chain.head()),
        Some(_) => Err(checked.words()),
    }
}

fn on_server(client: &Client, mut known: Vec<Known>) -> Result<Checked, CliError> {
    let ask =
        |after: u64, limit: usize| page(client.json(&Ask::get(&format!("/api/v1/audit?after={after}&limit={limit}")))?);
    known.push(ask(0, 1)?.head.into());
    let mut checked = Checked::begin(known);
    let mut after = Some(0);
    while let Some(from) = after {
        let page = ask(from, AUDIT_PAGE_MAX)?;
        let go_on = page.records.into_iter().all(|sealed| checked.take(sealed));
        after = page.next_after.filter(|_| go_on);
    }
    Ok(checked.end())
}

fn page(answer: Value) -> Result<Page, CliError> {
    serde_json::from_value(answer)
        .map_err(|error| CliError::told(format!("the server is of another version; it answers no audit log: {error}")))
}

fn known(text: &str) -> Result<Known, String> {
    Known::parse(text).ok_or_else(|| {
        "write it as a notice says it: its number, and at least 8 digits of its hash: \"118, 5f2c9e0a7b3d4c11\""
            .to_owned()
    })
}

// `2d` ago, or a time.
fn moment(text: &str) -> Result<DateTime<Utc>, CliError> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc());
    }
    let ago = Duration::parse(text)
        .map_err(|_| CliError::told(format!("`{text}` is no time; write `2d`, or `2026-11-23T08:00:00Z`")))?;
    Ok(SystemClock.now() - ago.delta())
}

fn row(sealed: &Sealed) -> [String; 6] {
    let record = &sealed.record;
    let refused = record.outcome.because();
    let refused = if refused.is_empty() { String::new() } else { format!(" (refused: {refused})") };
    [
        record.number.to_string(),
        record.at.format("%Y-%m-%d %H:%M:%S").to_string(),
        record.actor.to_string(),
        surface_word(&record.actor).to_owned(),
        record.incident.map(|id| id.to_string()).unwrap_or_default(),
        format!("{}{refused}", record.what),
    ]
}

// Everything of a record, over several lines.
fn whole(sealed: &Sealed) -> String {
    let Sealed { record, hash } = sealed;
    let [number, at, who, on, incident, what] = row(sealed);
    let access = record.access.map(|role| format!(", {}", role.word())).unwrap_or_default();
    let incident = if incident.is_empty() { incident } else { format!(" {incident}") };
    let mut lines = vec![format!("{number}  {at}  {who} ({on}{access}){incident}: {what}")];
    for change in &record.changes {
        let quoted = |text: &str| if text.is_empty() { "nothing".to_owned() } else { format!("`{text}`") };
        lines.push(format!("    {}: {} -> {}", change.field, quoted(&change.before), quoted(&change.after)));
    }
    lines.push(format!("    input {}, hash {hash}", record.input));
    lines.join("\n")
}

fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}
