//! Alertmanager's event recorder, since 0.33: protojson, one event or a list of them per request.
//!
//! What it tells of single alerts is taken; silences, notifications and its own start and end are only counted: the
//! webhook says what was sent, and whether an alert is silenced is said of the alert.

use super::alertmanager::Checked;
use super::fields::{Text, Texts, WireAlert};
use super::{WireError, lossy, time};
use chrono::{DateTime, Utc};
use domain::alert::event::{Event, Events, Said};
use domain::alert::{Fingerprint, Observation, SourceName, Status};
use domain::text::clean_line;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Longest name of a silence kept, in bytes.
const NAME_BYTES_MAX: usize = 256;

/// Kinds of a later Alertmanager.
const UNKNOWN: &str = "unknown";

#[derive(Clone, Copy)]
enum Kind {
    // Alertmanager has it: sooner than `group_wait`.
    Alert,
    // Over, at the flush of its group, also if nobody is told.
    Resolved,
    Silenced,
    Inhibited,
    Ignored,
}

// As the key in `data`, and as Alertmanager's own metrics call it.
const KINDS: [(&str, &str, Kind); 10] = [
    ("alertCreated", "alert_created", Kind::Alert),
    ("alertGrouped", "alert_grouped", Kind::Alert),
    ("alertResolved", "alert_resolved", Kind::Resolved),
    ("silenceMutedAlert", "silence_muted_alert", Kind::Silenced),
    ("inhibitionMutedAlert", "inhibition_muted_alert", Kind::Inhibited),
    ("notification", "notification", Kind::Ignored),
    ("silenceCreated", "silence_created", Kind::Ignored),
    ("silenceUpdated", "silence_updated", Kind::Ignored),
    ("alertmanagerStartupEvent", "alertmanager_startup_event", Kind::Ignored),
    ("alertmanagerShutdownEvent", "alertmanager_shutdown_event", Kind::Ignored),
];

#[derive(Deserialize)]
struct WireEvent<'a> {
    #[serde(rename = "@timestamp")]
    timestamp: Option<String>,
    #[serde(borrow)]
    data: Option<BTreeMap<String, &'a RawValue>>,
}

// In `alertCreated` an alert stands alone, elsewhere beside its hash.
#[derive(Deserialize)]
struct WireOf {
    alert: Option<WireGrouped>,
}

#[derive(Deserialize)]
struct WireGrouped {
    details: Option<WireDetails>,
    #[serde(flatten)]
    alone: WireDetails,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireDetails {
    fingerprint: Option<WireNumber>,
    labels: Option<WireLabels>,
    annotations: Option<WireLabels>,
    starts_at: Option<String>,
    ends_at: Option<String>,
    #[serde(default)]
    resolved: bool,
}

#[derive(Deserialize)]
struct WireLabels {
    #[serde(default)]
    labels: Vec<WireLabel>,
}

// What is empty is left out by protojson.
#[derive(Deserialize)]
struct WireLabel {
    #[serde(default)]
    key: String,
    #[serde(default)]
    value: String,
}

// 64 bits are a text in protojson, because JavaScript's numbers have fewer.
#[derive(Deserialize)]
#[serde(untagged)]
enum WireNumber {
    Text(String),
    Number(u64),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireMuted {
    muted_alert: Option<WireDetails>,
    silence: Option<WireSilence>,
    #[serde(default)]
    inhibiting_fingerprints: Vec<WireNumber>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSilence {
    #[serde(default)]
    id: String,
    ends_at: Option<String>,
}

/// Reads a body of the event recorder.
pub fn events(source: &str, body: &[u8]) -> Result<Events, WireError> {
    read(source, body).map(|(events, _)| events)
}

/// Whether a body of the event recorder can be read, and what is in it.
pub fn check(body: &[u8]) -> Result<Checked, WireError> {
    read("", body).map(|(_, checked)| checked)
}

/// All kinds of events, as they are counted.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(_, name, _)| *name).chain([UNKNOWN])
}

fn read(source: &str, body: &[u8]) -> Result<(Events, Checked), WireError> {
    let body = lossy::mended(body);
    let list = match body.trim_start().starts_with('{') {
        true => format!("[{body}]"),
        false => body,
    };
    let mut checked = Checked::default();
    let mut events = Vec::new();
    for (at, raw) in lossy::items(&list, "an event of Alertmanager's recorder, or a list of them")?.iter().enumerate() {
        match event(raw) {
            Ok((kind, event)) => {
                *checked.kinds.entry(kind).or_default() += 1;
                checked.alerts += 1;
                events.extend(event);
            }
            Err(problem) => {
                checked.dropped += 1;
                checked.problem.get_or_insert_with(|| format!("event {at}: {problem}"));
            }
        }
    }
    if let (0, Some(problem)) = (checked.alerts, &checked.problem) {
        return Err(WireError::Shape(format!("none of its {} events can be understood: {problem}", checked.dropped)));
    }
    Ok((Events { source: SourceName::from(source), events }, checked))
}

fn event(raw: &RawValue) -> Result<(&'static str, Option<Event>), String> {
    let event: WireEvent<'_> = serde_json::from_str(raw.get()).map_err(|error| error.to_string())?;
    let data = event.data.ok_or("it has no `data`, as Alertmanager's event recorder writes it")?;
    let known = KINDS.iter().find_map(|(key, name, kind)| Some((data.get(*key)?, *name, *kind)));
    let Some((raw, name, kind)) = known else { return Ok((UNKNOWN, None)) };
    if matches!(kind, Kind::Ignored) {
        return Ok((name, None));
    }
    let said_at = event.timestamp.as_deref().and_then(moment).ok_or("its @timestamp is no RFC 3339 time")?;
    let what = match kind {
        Kind::Alert | Kind::Resolved => observed(raw, kind, said_at),
        Kind::Silenced | Kind::Inhibited | Kind::Ignored => muted(raw),
    };
    let what = what.map_err(|problem| format!("{name}: {problem}"))?;
    Ok((name, Some(Event { said_at, what })))
}

fn observed(raw: &RawValue, kind: Kind, said_at: DateTime<Utc>) -> Result<Said, String> {
    let of: WireOf = serde_json::from_str(raw.get()).map_err(|error| error.to_string())?;
    let alert = of.alert.ok_or("it has no `alert`")?;
    let alert = alert.details.unwrap_or(alert.alone);
    // An alert that is over is grouped again, when its end comes.
    let is_over = alert.resolved || matches!(kind, Kind::Resolved);
    let status = if is_over { Status::Resolved } else { Status::Firing };
    let mut observation = alert.observation(status)?;
    // While it fires, its end is when it would end if nobody sent it again.
    observation.ends_at = observation.ends_at.filter(|_| is_over);
    observation.starts_at = observation.starts_at.or(Some(said_at));
    Ok(Said::Observed(observation))
}

fn muted(raw: &RawValue) -> Result<Said, String> {
    let of: WireMuted = serde_json::from_str(raw.get()).map_err(|error| error.to_string())?;
    let alert = of.muted_alert.ok_or("it has no `mutedAlert`")?.observation(Status::Firing)?;
    // As the API lists them: silences by id, alerts by their fingerprint in hexadecimal digits.
    let mut by: Vec<String> =
        of.inhibiting_fingerprints.iter().filter_map(WireNumber::fingerprint).map(|by| by.to_string()).collect();
    by.extend(of.silence.iter().map(|silence| clean_line(&silence.id, NAME_BYTES_MAX)).filter(|id| !id.is_empty()));
    by.sort();
    by.dedup();
    let until = of.silence.and_then(|silence| moment(&silence.ends_at?));
    Ok(Said::Muted { fingerprint: alert.fingerprint, by, until })
}

impl WireDetails {
    fn observation(self, status: Status) -> Result<Observation, String> {
        let labels = self.labels.ok_or("its alert has no `labels`")?.texts();
        let owned = |text: String| Text(Cow::Owned(text));
        let alert = WireAlert {
            status: None,
            labels,
            annotations: self.annotations.map(WireLabels::texts),
            starts_at: self.starts_at.map(owned),
            ends_at: self.ends_at.map(owned),
            generator_url: None,
            fingerprint: None,
        };
        let mut observation = alert.observation(status);
        if let Some(sent) = self.fingerprint.as_ref().and_then(WireNumber::fingerprint) {
            observation.fingerprint = sent;
        }
        Ok(observation)
    }
}

impl WireLabels {
    fn texts(self) -> Texts<'static> {
        let text = |text: String| Text(Cow::Owned(text));
        Texts(self.labels.into_iter().map(|label| (text(label.key), text(label.value))).collect())
    }
}

impl WireNumber {
    fn fingerprint(&self) -> Option<Fingerprint> {
        match self {
            Self::Text(text) => text.parse().ok().map(Fingerprint),
            Self::Number(number) => Some(Fingerprint(*number)),
        }
    }
}

fn moment(text: &str) -> Option<DateTime<Utc>> {
    time::read(text).ok().flatten()
}
