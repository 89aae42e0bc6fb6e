//! `earlybell explain`: why an incident was declared, or was not.

use super::CliError;
use super::client::{Ask, ClientArgs, path_segment};
use super::output::{self, Format, complain, say};
use crate::app::explain::{self, payload};
use crate::clock::{Clock, SystemClock};
use crate::config::{self, ConfigErrors, Findings, Named};
use clap::Args;
use domain::engine::Standing;
use domain::engine::explain::{Explained, explain_payload};
use domain::policy::{NamedRuleFile, Policy};
use domain::rules::NearMiss;
use domain::rules::model::Mode;
use serde::Deserialize;
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Largest message that is read, in bytes: as much as the server takes.
const PAYLOAD_BYTES_MAX: u64 = 1024 * 1024;

/// Most rules named where one is not found.
const NAMED_MAX: usize = 10;

/// Says why an incident was declared, or was not: which rules, how far, what is in the way
#[derive(Debug, Args)]
#[command(after_help = "\
WHAT is one of
  now                        what holds, waits, or keeps quiet for a reason (the default)
  INC-42 or #42              an incident: why it was declared, and how its rule stands now
  17 or 74f654bc99095ff8     an alert: its number, or its fingerprint
  '{alertname=\"SiteDown\"}'   an alert by its labels; one that is not known is supposed to begin now
  message.json or -          a webhook or the body of POST /api/v2/alerts, as if it came now
                             and nothing else fired

Signs in the tree: [x] met, [~] met, but not for long enough, [ ] not met. A rule that one matcher
keeps from counting the alert is named too, with that matcher. Nothing is changed by asking.

Examples:
  earlybell explain
  earlybell explain INC-42
  earlybell explain '{alertname=\"SiteDown\", severity=\"warning\"}'
  earlybell explain message.json --rules rules/*.yml         without a server")]
pub struct Explain {
    /// What to explain, see below
    what: Option<String>,
    /// Only this rule; alone: that rule, for all values of its `correlate_by`
    #[arg(long, value_name = "NAME")]
    rule: Option<String>,
    /// Rule files to explain a message by, without a server
    #[arg(long, value_name = "FILES", num_args = 1..)]
    rules: Vec<PathBuf>,
    #[command(flatten)]
    client: ClientArgs,
}

enum What {
    Query(String),
    Message(Vec<u8>),
}

impl Explain {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        let answer = if self.rules.is_empty() { self.ask()? } else { self.work_out()? };
        match self.client.print() {
            (Format::Json, _) => output::json(&answer),
            (_, true) => rows(&answer, "rules").iter().for_each(|rule| say(&text(rule, "/rule"))),
            _ => say(&written(&answer)),
        }
        Ok(())
    }

    fn ask(&self) -> Result<Value, CliError> {
        let client = self.client.client()?;
        let rule = self.rule.as_deref().map(|rule| format!("rule={}", path_segment(rule)));
        match what(self.what.as_deref())? {
            What::Query(query) => {
                let words: Vec<String> = [query].into_iter().filter(|query| !query.is_empty()).chain(rule).collect();
                client.json(&Ask::get(&format!("/api/v1/explain?{}", words.join("&"))))
            }
            What::Message(bytes) => {
                // Sent as JSON, so it must be JSON: what is not is told here as the server would.
                let body = serde_json::from_slice(&bytes)
                    .map_err(|error| CliError::told(format!("the message is not JSON: {error}")))?;
                client.json(&Ask::post(&format!("/api/v1/explain?{}", rule.unwrap_or_default()), &body))
            }
        }
    }

    fn work_out(&self) -> Result<Value, CliError> {
        let What::Message(bytes) = what(self.what.as_deref())? else {
            let text =
                "--rules is for a file with a message; what is going on is known to the server alone: leave it out";
            return Err(CliError::told(text));
        };
        let files = files(&self.rules)?;
        let policy = policy(&files)?;
        let now = SystemClock.now();
        let batch = payload(&bytes, now).map_err(CliError::told)?;
        let explained = on_trial(&files, explain_payload(&policy, batch, now));
        let explained = match &self.rule {
            Some(rule) if policy.rules.by_name(rule).is_none() => {
                let known: Vec<&str> = policy.rules.rules.iter().map(|rule| &*rule.name).take(NAMED_MAX).collect();
                let text = format!("these files have no rule `{rule}`; they have {}", known.join(", "));
                return Err(CliError::told(text));
            }
            Some(rule) => explained.of_rule(rule),
            None => explained,
        };
        serde_json::to_value(&explained).map_err(CliError::told)
    }
}

// In the order of what is easiest to tell apart; a file comes last, so that `now` is never one.
fn what(text: Option<&str>) -> Result<What, CliError> {
    let query = |name: &str, value: &str| Ok(What::Query(format!("{name}={}", path_segment(value))));
    let Some(text) = text.filter(|text| *text != "now") else { return Ok(What::Query(String::new())) };
    if text.starts_with('{') {
        explain::labels(text).map_err(CliError::Told)?;
        return query("labels", text);
    }
    if text.starts_with('#') || text.starts_with("INC-") || text.starts_with("inc-") {
        explain::incident(text).map_err(CliError::Told)?;
        return query("incident", text.trim_start_matches('#'));
    }
    if explain::alert(text).is_ok() {
        return query("alert", text);
    }
    if text != "-" && !Path::new(text).exists() {
        return Err(CliError::told(format!(
            "there is no file `{text}`; to explain an alert, write its number, its fingerprint (16 hex digits), or its \
             labels: '{{alertname=\"{text}\"}}'"
        )));
    }
    read(text).map(What::Message)
}

fn read(name: &str) -> Result<Vec<u8>, CliError> {
    let failed = |error: std::io::Error| CliError::told(format!("can't read {name}: {error}"));
    let mut bytes = Vec::new();
    let file: Box<dyn Read> =
        if name == "-" { Box::new(std::io::stdin()) } else { Box::new(std::fs::File::open(name).map_err(failed)?) };
    file.take(PAYLOAD_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > PAYLOAD_BYTES_MAX {
        return Err(CliError::told(format!(
            "{name} is larger than {PAYLOAD_BYTES_MAX} bytes; explain fewer alerts at once"
        )));
    }
    Ok(bytes)
}

fn files(paths: &[PathBuf]) -> Result<Vec<NamedRuleFile>, CliError> {
    let read = |path: &PathBuf| {
        let name = path.display().to_string();
        let content =
            config::read_file(path).map_err(|problem| CliError::told(format!("can't read {name}: {problem}")))?;
        Ok(Named { name, content })
    };
    let named: Vec<Named> = paths.iter().map(read).collect::<Result<_, CliError>>()?;
    let mut found = Findings::default();
    let rules = config::parse_rules(&named, &mut found);
    if !found.mistakes.is_empty() {
        complain(&ConfigErrors(found.mistakes).to_string());
        return Err(CliError::Silent);
    }
    Ok(rules)
}

fn policy(files: &[NamedRuleFile]) -> Result<Arc<Policy>, CliError> {
    domain::rules::trial::policy::policy(files)
        .map(Arc::new)
        .map_err(|mistakes| CliError::told(mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))
}

// By files alone a rule is judged as if it declared; that it would not is said here.
fn on_trial(files: &[NamedRuleFile], mut explained: Explained) -> Explained {
    let groups = files.iter().flat_map(|file| &file.file.groups);
    let shadows = groups.flat_map(|group| &group.rules).filter(|rule| rule.mode == Mode::Shadow);
    for name in shadows.map(|rule| &rule.incident) {
        for rule in explained.rules.iter_mut().filter(|rule| rule.rule == *name) {
            rule.mode = Mode::Shadow;
            if rule.verdict == Standing::New {
                rule.verdict = Standing::Shadow;
                rule.because = rule.verdict.words(explained.at);
            }
        }
    }
    explained
}

fn written(answer: &Value) -> String {
    let mut lines = Vec::new();
    let at = output::cell(answer, "/at");
    let supposed = answer.get("supposed").and_then(Value::as_bool) == Some(true);
    if supposed {
        lines.push("as if it came now, and nothing else fired:".to_owned());
    }
    for alert in rows(answer, "alerts") {
        let [id, name, because] = ["/id", "/name", "/because"].map(|path| text(&alert, path));
        // One that nobody sent has no number that anybody could ask by.
        let id = if supposed { String::new() } else { format!("{id} ") };
        lines.push(format!("alert {id}{name} {}: {because}", labels(&alert, "/labels", &["alertname"])));
    }
    more(answer, "/alerts_more", "alerts", &mut lines);
    if let Some(declared) = answer.get("declared").filter(|declared| !declared.is_null()) {
        lines.push(format!("@{} declared: {}", output::cell(declared, "/at"), text(declared, "/because")));
        tree(declared.get("tree").unwrap_or(&Value::Null), 1, &mut lines);
    }
    for rule in rows(answer, "rules") {
        let mode = if text(&rule, "/mode") == "shadow" { " (shadow)" } else { "" };
        let [name, because] = ["/rule", "/because"].map(|path| text(&rule, path));
        let correlation = values(&rule);
        lines.push(format!("@{at} {name}{mode} {correlation}: {because}"));
        tree(rule.get("tree").unwrap_or(&Value::Null), 1, &mut lines);
    }
    more(answer, "/rules_more", "rules or values of their `correlate_by`", &mut lines);
    for near in rows(answer, "near") {
        lines.extend(NearMiss::deserialize(&near).map(|near| format!("nearly {near}")));
    }
    let note = text(answer, "/note");
    if !note.is_empty() {
        lines.push(note);
    }
    if rows(answer, "rules").is_empty() && text(answer, "/note").is_empty() {
        let about_alerts = !rows(answer, "alerts").is_empty();
        lines.push(
            if about_alerts { "no rule counts or gathers it" } else { "no rule holds, waits or keeps quiet" }
                .to_owned(),
        );
    }
    lines.join("\n")
}

fn tree(node: &Value, depth: usize, lines: &mut Vec<String>) {
    let sign = match node.get("verdict").and_then(Value::as_str) {
        None => return,
        Some("met") => "[x]",
        Some("holding") => "[~]",
        Some(_) => "[ ]",
    };
    lines.push(format!("{:indent$}{sign} {}", "", text(node, "/text"), indent = depth * 2));
    rows(node, "parts").iter().for_each(|part| tree(part, depth + 1, lines));
}

fn more(answer: &Value, path: &str, what: &str, lines: &mut Vec<String>) {
    if let Some(more) = answer.pointer(path).and_then(Value::as_u64).filter(|more| *more > 0) {
        lines.push(format!("… and {more} more {what}"));
    }
}

fn rows(of: &Value, name: &str) -> Vec<Value> {
    of.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
}

fn text(of: &Value, path: &str) -> String {
    match of.pointer(path) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    }
}

// `["x86_64"]`: values of `correlate_by` alone, the tree says the rest.
fn values(rule: &Value) -> String {
    let values = rule.get("correlation").and_then(Value::as_object).into_iter().flat_map(serde_json::Map::values);
    format!("[{}]", values.map(Value::to_string).collect::<Vec<_>>().join(", "))
}

fn labels(of: &Value, path: &str, without: &[&str]) -> String {
    let pairs = of.pointer(path).and_then(Value::as_object).into_iter().flatten();
    let shown =
        pairs.filter(|(name, _)| !without.contains(&name.as_str())).map(|(name, value)| format!("{name}={value}"));
    format!("{{{}}}", shown.collect::<Vec<_>>().join(", "))
}
