//! `earlybell alert add`: sends what a real Alertmanager would send.

use super::CliError;
use super::client::{Ask, ClientArgs};
use super::output::{self, Format, say};
use crate::clock::{Clock, SystemClock};
use chrono::{DateTime, SecondsFormat, Utc};
use clap::{Args, Subcommand};
use domain::alert::{Fingerprint, Pairs};
use serde_json::{Map, Value, json};

/// Sends alerts, to try things out
#[derive(Debug, Args)]
pub struct Alert {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    client: ClientArgs,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Sends one alert, in a webhook as Alertmanager writes it
    #[command(after_help = "\
Examples:
  earlybell alert add alertname=SiteDown severity=critical --annotation summary=\"no answer for 2m\"
  earlybell alert add SiteDown severity=critical --resolve")]
    Add(Add),
    /// Lets an alert count that fired long before the very first start
    #[command(after_help = "\
Examples:
  earlybell explain alertname=DiskFull
  earlybell alert adopt 7")]
    Adopt {
        /// Its number, as `earlybell explain` shows it
        number: u64,
    },
}

#[derive(Debug, Args)]
struct Add {
    /// Labels, as name=value; a first word without `=` is the alertname
    #[arg(required = true)]
    labels: Vec<String>,
    /// Text for people, as name=value; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    annotation: Vec<String>,
    /// Send it as resolved
    #[arg(long)]
    resolve: bool,
    /// Source to send as; the server must have it
    #[arg(long)]
    source: Option<String>,
}

// Of a resolved alert nobody looks at when it began, but it can't be when it ended.
const RESOLVED_LASTED_SECONDS: i64 = 60;

impl Alert {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        let add = match self.verb {
            Verb::Add(add) => add,
            Verb::Adopt { number } => return adopt(&self.client, number),
        };
        let labels = add.labels()?;
        let annotations = pairs(&add.annotation, "annotation")?;
        let now = SystemClock.now();
        let message =
            if add.resolve { resolved(&labels, &annotations, now) } else { firing(&labels, &annotations, now) };
        let path = match &add.source {
            Some(source) => format!("/api/v1/alertmanager/{}", super::client::path_segment(source)),
            None => "/api/v1/alertmanager".to_owned(),
        };
        let answer = self.client.client()?.json(&Ask::post(&path, &message))?;
        if self.client.output == Format::Json {
            output::json(&answer);
        } else if !self.client.quiet {
            let what = if add.resolve { "resolved" } else { "firing" };
            say(&format!("sent {labels} as {what}; see: earlybell incident list"));
        }
        Ok(())
    }
}

fn adopt(client: &ClientArgs, number: u64) -> Result<(), CliError> {
    let answer = client.client()?.json(&Ask::post(&format!("/api/v1/alerts/{number}/adopt"), &json!({})))?;
    if client.output == Format::Json {
        output::json(&answer);
    } else if !client.quiet {
        say(answer["text"].as_str().unwrap_or("done"));
    }
    Ok(())
}

impl Add {
    fn labels(&self) -> Result<Pairs, CliError> {
        let mut words = self.labels.clone();
        if let Some(first) = words.first_mut().filter(|first| !first.contains('=')) {
            *first = format!("alertname={first}");
        }
        let labels = pairs(&words, "label")?;
        Ok(Pairs::labels(labels.iter()))
    }
}

fn pairs(words: &[String], what: &str) -> Result<Pairs, CliError> {
    let split = |word: &'_ String| match word.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(CliError::told(format!("`{word}` is no {what}; write name=value"))),
    };
    Ok(Pairs::new(words.iter().map(split).collect::<Result<Vec<_>, _>>()?))
}

fn firing(labels: &Pairs, annotations: &Pairs, now: DateTime<Utc>) -> Value {
    // Alertmanager's zero time: it does not know the end.
    message(labels, annotations, "firing", [&written(now), "0001-01-01T00:00:00Z"])
}

fn resolved(labels: &Pairs, annotations: &Pairs, now: DateTime<Utc>) -> Value {
    let began = now - chrono::TimeDelta::seconds(RESOLVED_LASTED_SECONDS);
    message(labels, annotations, "resolved", [&written(began), &written(now)])
}

fn message(labels: &Pairs, annotations: &Pairs, status: &str, [starts_at, ends_at]: [&str; 2]) -> Value {
    let name = labels.value("alertname");
    let (labels_json, annotations_json) = (object(labels), object(annotations));
    json!({
        "version": "4",
        // As if Alertmanager grouped by all labels: each alert is a group of its own.
        "groupKey": format!("{{}}:{labels}"),
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "earlybell",
        "groupLabels": { "alertname": name },
        "commonLabels": labels_json,
        "commonAnnotations": annotations_json,
        "externalURL": "",
        "alerts": [{
            "status": status,
            "labels": labels_json,
            "annotations": annotations_json,
            "startsAt": starts_at,
            "endsAt": ends_at,
            "generatorURL": "",
            "fingerprint": Fingerprint::of(labels).to_string(),
        }],
    })
}

fn object(pairs: &Pairs) -> Value {
    Value::Object(pairs.iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect::<Map<_, _>>())
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

#[cfg(test)]
mod tests {
    use super::{Add, firing, resolved};
    use chrono::DateTime;
    use domain::alert::Pairs;

    fn add(labels: &[&str]) -> Add {
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        Add { labels, annotation: Vec::new(), resolve: false, source: None }
    }

    #[test]
    fn a_first_word_is_the_alertname() {
        let labels = add(&["SiteDown", "severity=critical", "a=b=c", "empty="]).labels().unwrap();
        assert_eq!(labels.to_string(), r#"{a="b=c", alertname="SiteDown", severity="critical"}"#);
        assert_eq!(add(&["a=b", "c"]).labels().unwrap_err().to_string(), "`c` is no label; write name=value");
    }

    #[test]
    fn our_own_messages_are_understood_by_the_webhook() {
        let now = DateTime::from_timestamp(1_795_331_460, 0).unwrap();
        let labels = Pairs::labels([("alertname", "SiteDown"), ("severity", "critical")]);
        for message in [firing(&labels, &Pairs::default(), now), resolved(&labels, &Pairs::default(), now)] {
            let batch = crate::app::wire::alertmanager::batch("default", message.to_string().as_bytes()).unwrap();
            assert_eq!(batch.observations.len(), 1);
            assert_eq!(batch.observations[0].labels, labels);
            assert_eq!(
                (batch.truncated, batch.observations[0].ends_at.is_some()),
                (0, message["status"] == "resolved")
            );
        }
    }
}
