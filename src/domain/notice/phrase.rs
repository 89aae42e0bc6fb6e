//! Turns of phrase that notices, documents and pages share: times, counts, names of alerts.

use crate::alert::{Alert, AlertState, ResolvedBecause};
use crate::duration::Duration;
use crate::ids::IncidentId;
use crate::incident::room::Promises;
use crate::incident::{Actor, Incident, Stage, Tally};
use crate::text::clean_line;
use chrono::{DateTime, Utc};

/// Longest text of one alert in a list, in bytes.
pub const SUMMARY_BYTES_MAX: usize = 300;
const NAME_BYTES_MAX: usize = 120;

/// `12:52 UTC`, with the date if it is not the day of `now`.
pub fn clock(time: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let form = if time.date_naive() == now.date_naive() { "%H:%M UTC" } else { "%Y-%m-%d %H:%M UTC" };
    time.format(form).to_string()
}

/// `3 of 7 alerts still fire`, `1 alert fires`; nothing if there never was one.
pub fn counts(tally: &Tally) -> Option<String> {
    let least = if tally.truncated { "at least " } else { "" };
    Some(match (tally.firing, tally.alerts) {
        (_, 0) => return None,
        (1, 1) => "1 alert fires".to_owned(),
        (0, 1) => "the alert does not fire any more".to_owned(),
        (0, all) => format!("none of {all} alerts fires any more"),
        (firing, all) if firing == all => format!("{least}{all} alerts fire"),
        (1, all) => format!("{least}1 of {all} alerts still fires"),
        (firing, all) => format!("{least}{firing} of {all} alerts still fire"),
    })
}

/// One alert in one line: `HighLoad: load of web1 is 40 (firing since 12:52 UTC)`.
pub fn alert_line(alert: &Alert, now: DateTime<Utc>) -> String {
    let (name, summary) = (clean_line(&alert.name(), NAME_BYTES_MAX), clean_line(&alert.summary(), SUMMARY_BYTES_MAX));
    // Which one of several: the host, where the words don't say it.
    let instance = clean_line(alert.labels.value("instance"), NAME_BYTES_MAX);
    let name = if instance.is_empty() || summary.contains(&instance) { name } else { format!("{name} on {instance}") };
    let words = if summary == alert.name() { name } else { format!("{name}: {summary}") };
    format!("{words} ({})", alert_state(alert, now))
}

/// How an alert stands, in words.
pub fn alert_state(alert: &Alert, now: DateTime<Utc>) -> String {
    match &alert.state {
        AlertState::Firing => format!("firing since {}", clock(alert.starts_at, now)),
        AlertState::Unreported { since } => format!("not reported since {}", clock(*since, now)),
        AlertState::Muted { .. } => format!("muted, firing since {}", clock(alert.starts_at, now)),
        AlertState::Resolved { ends_at, because, .. } => {
            let how = resolved_how(*because).map(|how| format!(", {how}")).unwrap_or_default();
            format!("resolved at {}{how}", clock(*ends_at, now))
        }
    }
}

/// How we know that an alert is over, where its source did not say so.
pub fn resolved_how(because: ResolvedBecause) -> Option<&'static str> {
    match because {
        ResolvedBecause::Reported => None,
        ResolvedBecause::Gone => Some("no longer listed"),
        ResolvedBecause::Stale => Some("not heard of any more"),
        ResolvedBecause::Expired => Some("not sent again"),
    }
}

/// That some alerts are over only because their source is silent: an end of which nobody can be sure.
pub fn unheard<'a>(alerts: impl IntoIterator<Item = &'a Alert>) -> Option<String> {
    let stale = |alert: &&Alert| matches!(alert.state, AlertState::Resolved { because: ResolvedBecause::Stale, .. });
    match alerts.into_iter().filter(stale).count() {
        0 => None,
        1 => Some("nothing was heard of one alert for too long, so its source may be silent".to_owned()),
        many => Some(format!("nothing was heard of {many} alerts for too long, so their source may be silent")),
    }
}

/// How an alert stands, in one word.
pub fn alert_word(state: &AlertState) -> &'static str {
    match state {
        AlertState::Firing => "firing",
        AlertState::Unreported { .. } => "unreported",
        AlertState::Muted { .. } => "muted",
        AlertState::Resolved { .. } => "resolved",
    }
}

/// The page of an incident.
pub fn page_url(external_url: &str, incident: &Incident) -> String {
    incident_url(external_url, incident.id)
}

/// The page of an incident by its number.
pub fn incident_url(external_url: &str, incident: IncidentId) -> String {
    format!("{}/incidents/{}", external_url.trim_end_matches('/'), incident.0)
}

/// When the next update is due, as it was promised last. Nothing is due of what is over.
pub fn next_update(incident: &Incident) -> Option<DateTime<Utc>> {
    incident.promised().map(|promise| promise.by)
}

/// How promises were kept so far: `kept 3, missed 1`; nothing before the first was either.
pub fn kept(promises: &Promises) -> Option<String> {
    let Promises { kept, missed, .. } = promises;
    (kept + missed > 0).then(|| format!("kept {kept}, missed {missed}"))
}

/// How long it lasted, from the first alert, or since when it goes on.
pub fn lasted(incident: &Incident, now: DateTime<Utc>) -> String {
    let from = incident.first_alert_at.unwrap_or(incident.declared_at).min(incident.declared_at);
    Duration::between(from, incident.stage.closed_at().unwrap_or(now)).rough()
}

/// Who did something, for people.
pub fn who(actor: &Actor) -> &str {
    match actor {
        Actor::Rule => "its rule",
        Actor::Person { name, .. } => name,
    }
}

/// `suspected`, `confirmed`, `called off (flapping)`, `resolved`.
pub fn stage(stage: &Stage) -> String {
    match stage {
        Stage::CalledOff { code, .. } => format!("called off ({code})"),
        Stage::Merged { into, .. } => format!("merged into {into}"),
        Stage::Suspected | Stage::Confirmed | Stage::Resolved { .. } => stage.word().to_owned(),
    }
}
