//! `GET /api/v2/alerts` as Alertmanager answers it, and the stored form of a poll.

use super::WireError;
use super::fields::{Alerts, Text, Texts, WireAlert};
use chrono::{DateTime, Utc};
use domain::alert::reconcile::{Listed, ListedAlert, Poll};
use domain::alert::{Fingerprint, Observation, Pairs, SourceName, Status};
use domain::text::clean_line;
use serde::{Deserialize, Serialize};

/// Longest name of a silence, an alert or a receiver kept, in bytes.
const NAME_BYTES_MAX: usize = 256;

#[derive(Deserialize)]
struct WireListed<'a> {
    status: WireStatus,
    #[serde(default)]
    receivers: Vec<WireReceiver>,
    #[serde(borrow)]
    labels: Texts<'a>,
    #[serde(borrow, default)]
    annotations: Option<Texts<'a>>,
    #[serde(borrow, default, rename = "startsAt")]
    starts_at: Option<Text<'a>>,
    #[serde(borrow, default, rename = "generatorURL")]
    generator_url: Option<Text<'a>>,
    #[serde(borrow, default)]
    fingerprint: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireStatus {
    state: String,
    #[serde(default)]
    silenced_by: Vec<String>,
    #[serde(default)]
    inhibited_by: Vec<String>,
    #[serde(default)]
    muted_by: Vec<String>,
}

#[derive(Deserialize)]
struct WireReceiver {
    name: String,
}

/// Reads the answer to `GET /api/v2/alerts`.
pub fn listed(body: &[u8]) -> Result<Vec<ListedAlert>, WireError> {
    let Alerts(alerts) =
        serde_json::from_slice::<Alerts<WireListed<'_>>>(body).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => WireError::Shape(format!("expected a list of alerts: {error}")),
            _ => WireError::NotJson(error.to_string()),
        })?;
    Ok(alerts.into_iter().map(listed_alert).collect())
}

fn listed_alert(alert: WireListed<'_>) -> ListedAlert {
    let WireListed { status, receivers, labels, annotations, starts_at, generator_url, fingerprint } = alert;
    // Its `endsAt` is when it would end if nobody sent it again: nothing for us.
    let alert = WireAlert { status: None, labels, annotations, starts_at, ends_at: None, generator_url, fingerprint };
    ListedAlert {
        observation: alert.observation(Status::Firing),
        receivers: receivers.into_iter().map(|receiver| clean_line(&receiver.name, NAME_BYTES_MAX)).collect(),
        listed: status.listed(),
    }
}

impl WireStatus {
    fn listed(self) -> Listed {
        match self.state.as_str() {
            "active" => Listed::Active,
            "suppressed" => {
                let by = [self.silenced_by, self.inhibited_by, self.muted_by].concat();
                let mut by: Vec<String> = by.iter().map(|id| clean_line(id, NAME_BYTES_MAX)).collect();
                // In one order, whichever replica says it.
                by.sort();
                by.dedup();
                Listed::Muted(by)
            }
            _ => Listed::Unprocessed,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct StoredPoll {
    as_of: DateTime<Utc>,
    active: Vec<StoredAlert>,
    muted: Vec<StoredMuted>,
    gone: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredMuted {
    alert: StoredAlert,
    by: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredAlert {
    fingerprint: String,
    labels: Pairs,
    annotations: Pairs,
    starts_at: Option<DateTime<Utc>>,
    generator_url: String,
}

/// The stored form of a poll.
pub fn poll_body(poll: &Poll) -> Vec<u8> {
    let stored = StoredPoll {
        as_of: poll.as_of,
        active: poll.active.iter().map(stored_alert).collect(),
        muted: poll
            .muted
            .iter()
            .map(|(alert, by)| StoredMuted { alert: stored_alert(alert), by: by.clone() })
            .collect(),
        gone: poll.gone.iter().map(ToString::to_string).collect(),
    };
    // Maps of texts, lists and times always have a JSON form.
    serde_json::to_vec(&stored).unwrap_or_default()
}

/// Reads a stored poll.
pub fn poll(source: &str, body: &[u8]) -> Result<Poll, WireError> {
    let stored: StoredPoll = serde_json::from_slice(body).map_err(|error| WireError::Shape(error.to_string()))?;
    let active: Option<Vec<_>> = stored.active.into_iter().map(observation).collect();
    let muted: Option<Vec<_>> =
        stored.muted.into_iter().map(|muted| Some((observation(muted.alert)?, muted.by))).collect();
    let gone: Option<Vec<_>> = stored.gone.iter().map(|text| Fingerprint::parse(text)).collect();
    let wrong = || WireError::Shape("a stored poll holds a fingerprint that is none".to_owned());
    Ok(Poll {
        source: SourceName::from(source),
        as_of: stored.as_of,
        active: active.ok_or_else(wrong)?,
        muted: muted.ok_or_else(wrong)?,
        gone: gone.ok_or_else(wrong)?,
    })
}

fn stored_alert(alert: &Observation) -> StoredAlert {
    StoredAlert {
        fingerprint: alert.fingerprint.to_string(),
        labels: alert.labels.clone(),
        annotations: alert.annotations.clone(),
        starts_at: alert.starts_at,
        generator_url: alert.generator_url.to_string(),
    }
}

fn observation(alert: StoredAlert) -> Option<Observation> {
    Some(Observation {
        status: Status::Firing,
        fingerprint: Fingerprint::parse(&alert.fingerprint)?,
        labels: alert.labels,
        annotations: alert.annotations,
        starts_at: alert.starts_at,
        ends_at: None,
        generator_url: alert.generator_url.into(),
    })
}
