//! Alertmanager's webhook, version 4, of every release since 0.19; Grafana's superset is accepted.

use super::fields::{Alerts, Looked, Side, Text, Texts, WireAlert, strictly};
use super::{WireError, lossy};
use domain::alert::fingerprint::hash_texts;
use domain::alert::{Batch, Observation, SourceName, Status};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The only version there ever was, and the one that Grafana writes into the same shape.
const VERSION: &str = "4";
const VERSION_OF_GRAFANA: &str = "1";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "P: Side<'de>"))]
struct Message<'a, P> {
    #[serde(borrow, default)]
    version: Option<Text<'a>>,
    #[serde(borrow, default)]
    receiver: Option<Text<'a>>,
    #[serde(borrow, default)]
    group_key: Option<Text<'a>>,
    #[serde(default)]
    truncated_alerts: Option<u64>,
    #[serde(borrow)]
    alerts: Alerts<WireAlert<'a, P>>,
}

/// What is in a message, without reading all of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    /// How many alerts can be understood.
    pub alerts: usize,
    /// How many can't, and are left out.
    pub dropped: u64,
    /// What is wrong with the first of those.
    pub problem: Option<String>,
    /// How many events of which kind, in a body of Alertmanager's event recorder.
    pub kinds: BTreeMap<&'static str, u64>,
}

/// Reads a webhook body.
pub fn batch(source: &str, body: &[u8]) -> Result<Batch, WireError> {
    read(source, body).map(|(batch, _)| batch)
}

/// Whether a webhook body can be read: the same answer as [`batch`] gives, for less work.
pub fn check(body: &[u8]) -> Result<Checked, WireError> {
    if let Some(message) = strictly::<Message<'_, Looked>>(body)
        && version(message.version.as_ref()).is_ok()
        && message.alerts.0.iter().all(|alert| alert.status().is_ok())
    {
        return Ok(Checked { alerts: message.alerts.0.len(), ..Checked::default() });
    }
    read("", body).map(|(_, checked)| checked)
}

fn read(source: &str, body: &[u8]) -> Result<(Batch, Checked), WireError> {
    let mut reading = Reading::default();
    let (group, truncated) = match strictly::<Message<'_, Texts<'_>>>(body) {
        Some(message) => {
            version(message.version.as_ref())?;
            message.alerts.0.into_iter().for_each(|alert| reading.take(Ok(alert)));
            (group(message.receiver.as_ref(), message.group_key.as_ref()), message.truncated_alerts)
        }
        None => second_look(body, &mut reading)?,
    };
    let Reading { observations, checked } = reading;
    if let (true, Some(problem)) = (observations.is_empty(), &checked.problem) {
        return Err(WireError::Shape(format!("none of its {} alerts can be understood: {problem}", checked.dropped)));
    }
    // Who was left out here is missing for our own reasons: that proves nothing, as if Alertmanager had cut it off.
    let truncated = truncated.unwrap_or(0).saturating_add(checked.dropped);
    Ok((Batch { source: SourceName::from(source), group, truncated, observations }, checked))
}

fn second_look(body: &[u8], reading: &mut Reading) -> Result<(Option<u64>, Option<u64>), WireError> {
    let body = lossy::mended(body);
    if body.trim().is_empty() {
        return Err(WireError::Shape("the body is empty, expected Alertmanager's webhook".to_owned()));
    }
    let fields = lossy::object(&body, "the object of Alertmanager's webhook")?;
    let text = |name: &str| fields.get(name).and_then(|raw| lossy::scalar(raw));
    // A number is no version: Alertmanager writes "4".
    version(fields.get("version").and_then(|raw| serde_json::from_str(raw.get()).ok()).as_ref())?;
    let Some(alerts) = fields.get("alerts") else {
        return Err(WireError::Shape("the webhook has no `alerts`, expected a list of them".to_owned()));
    };
    for raw in lossy::items(alerts.get(), "a list as `alerts`")? {
        reading.take(lossy::alert(raw));
    }
    let truncated = text("truncatedAlerts").and_then(|number| number.0.parse().ok());
    Ok((group(text("receiver").as_ref(), text("groupKey").as_ref()), truncated))
}

fn version(version: Option<&Text<'_>>) -> Result<(), WireError> {
    match version.map(|version| &*version.0) {
        Some(VERSION | VERSION_OF_GRAFANA) => Ok(()),
        Some(other) => {
            let other = domain::text::clean_line(other, 40);
            Err(WireError::Shape(format!("version {other:?} of a webhook, expected \"{VERSION}\" of Alertmanager")))
        }
        None => Err(WireError::Shape(format!(
            "no \"version\": \"{VERSION}\", so this is not Alertmanager's webhook; a `payload` template of its own can't be understood"
        ))),
    }
}

// The key alone names the route, not the receiver: two receivers of one route have the same.
fn group(receiver: Option<&Text<'_>>, key: Option<&Text<'_>>) -> Option<u64> {
    let key = key?;
    Some(hash_texts([receiver.map_or("", |receiver| &*receiver.0), &*key.0]))
}

#[derive(Default)]
struct Reading {
    observations: Vec<Observation>,
    checked: Checked,
}

impl Reading {
    fn take(&mut self, alert: Result<WireAlert<'_, Texts<'_>>, String>) {
        match alert.and_then(|alert| alert.status().map(|status| (alert, status))) {
            Ok((alert, status)) => {
                let mut observation = alert.observation(status);
                if status == Status::Firing {
                    // Alertmanager writes its zero time; whatever else stands here, it says that it fires.
                    observation.ends_at = None;
                }
                self.observations.push(observation);
                self.checked.alerts += 1;
            }
            Err(problem) => {
                let at = self.checked.alerts as u64 + self.checked.dropped;
                self.checked.dropped += 1;
                self.checked.problem.get_or_insert_with(|| format!("alerts[{at}]: {problem}"));
            }
        }
    }
}
