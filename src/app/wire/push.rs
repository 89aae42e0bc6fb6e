//! `POST /api/v2/alerts` as Prometheus and amtool send it.

use super::fields::{Alerts, Looked, Side, Texts, WireAlert, strictly};
use super::{WireError, lossy, time};
use chrono::{DateTime, TimeDelta, Utc};
use domain::alert::{Batch, Observation, SourceName, Status};

pub use super::alertmanager::Checked;
pub use super::poll::{listed, poll, poll_body};

/// When an alert without `endsAt` ends unless it is sent again: Alertmanager's default `resolve_timeout`.
pub const RESOLVE_TIMEOUT: TimeDelta = TimeDelta::minutes(5);

/// Reads the body of `POST /api/v2/alerts`; `at` decides whether an `endsAt` is past.
pub fn batch(source: &str, body: &[u8], at: DateTime<Utc>) -> Result<Batch, WireError> {
    read(source, body, at).map(|(batch, _)| batch)
}

/// Whether a body of `POST /api/v2/alerts` can be read: the same answer as [`batch`] gives, for less work.
pub fn check(body: &[u8]) -> Result<Checked, WireError> {
    if let Some(Alerts(alerts)) = strictly::<Alerts<WireAlert<'_, Looked>>>(body)
        && alerts.iter().all(|alert| sound(alert).is_ok())
    {
        return Ok(Checked { alerts: alerts.len(), ..Checked::default() });
    }
    // Which alerts are sound does not depend on the time.
    read("", body, DateTime::UNIX_EPOCH).map(|(_, checked)| checked)
}

fn read(source: &str, body: &[u8], at: DateTime<Utc>) -> Result<(Batch, Checked), WireError> {
    let mut checked = Checked::default();
    let mut observations = Vec::new();
    let mut take =
        |alert: Result<WireAlert<'_, Texts<'_>>, String>| match alert.and_then(|alert| observation(alert, at)) {
            Ok(observation) => {
                observations.push(observation);
                checked.alerts += 1;
            }
            Err(problem) => {
                let place = checked.alerts as u64 + checked.dropped;
                checked.dropped += 1;
                checked.problem.get_or_insert_with(|| format!("alerts[{place}]: {problem}"));
            }
        };
    match strictly::<Alerts<WireAlert<'_, Texts<'_>>>>(body) {
        Some(Alerts(alerts)) => alerts.into_iter().for_each(|alert| take(Ok(alert))),
        None => {
            let body = lossy::mended(body);
            for raw in lossy::items(&body, "a list of alerts, as Prometheus posts it")? {
                take(lossy::alert(raw));
            }
        }
    }
    if let (true, Some(problem)) = (observations.is_empty(), &checked.problem) {
        return Err(WireError::Shape(format!("none of its {} alerts can be understood: {problem}", checked.dropped)));
    }
    Ok((Batch { source: SourceName::from(source), group: None, truncated: checked.dropped, observations }, checked))
}

// Who posts is there to be told what is wrong, so this is as strict as Alertmanager.
fn sound<'de, P: Side<'de>>(alert: &WireAlert<'_, P>) -> Result<(), String> {
    if alert.labels.is_blank() {
        return Err("at least one label pair required".to_owned());
    }
    let read = |name: &str, text: &Option<super::fields::Text<'_>>| match text {
        None => Ok(None),
        Some(text) => time::read(&text.0)
            .map_err(|_| format!("its {name} is no RFC 3339 time: `{}`", domain::text::clean_line(&text.0, 40))),
    };
    match (read("startsAt", &alert.starts_at)?, read("endsAt", &alert.ends_at)?) {
        (Some(start), Some(end)) if end < start => Err("start time must be before end time".to_owned()),
        _ => Ok(()),
    }
}

fn observation(alert: WireAlert<'_, Texts<'_>>, at: DateTime<Utc>) -> Result<Observation, String> {
    sound(&alert)?;
    let mut observation = alert.observation(Status::Firing);
    match observation.ends_at {
        Some(end) if end <= at => observation.status = Status::Resolved,
        Some(_) => {}
        None => observation.ends_at = Some(at + RESOLVE_TIMEOUT),
    }
    Ok(observation)
}
