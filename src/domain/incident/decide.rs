//! What people may do to an incident: a command either becomes facts, or is refused with what to do instead.

pub mod review;
pub mod room;
pub mod undo;

use super::promise;
use super::{Act, Actor, CallOffCode, Fact, Incident, Refusal, Severity, Stage};
use crate::duration::Duration;
use crate::policy::Timing;
use crate::text;
use chrono::{DateTime, Utc};

/// Longest title, in bytes.
pub const TITLE_BYTES_MAX: usize = 200;
/// Longest text of an update, note, summary, impact or reason, in bytes.
pub const TEXT_BYTES_MAX: usize = 8 * 1024;

/// The longest wait that may be promised.
pub const NEXT_IN_MAX: Duration = Duration::hours(7 * 24);

/// What a command on an existing incident leads to. Declaring is not one: it has no incident yet.
pub fn decide(
    incident: &Incident,
    actor: &Actor,
    act: &Act,
    at: DateTime<Utc>,
    timing: &Timing,
) -> Result<Vec<Fact>, Refusal> {
    match act {
        Act::Adopt { .. } => Err(words("incident", "is not named when adopting an alert")),
        Act::Declare { .. } => Err(words("incident", "is not named when declaring a new one")),
        Act::Confirm { text } => confirm(incident, text),
        Act::Update { text, impact, next_in } => {
            open(incident)?;
            let text = required("text", text, TEXT_BYTES_MAX)?;
            let impact = impact.as_ref().map(|impact| optional("impact", impact)).transpose()?;
            let next_by = next_by(incident, *next_in, at, timing)?;
            let promised = incident.promised().map(|promise| promise.by);
            Ok(vec![Fact::Updated { text, impact, next_by, promised }])
        }
        Act::Note { text } => {
            here(incident)?;
            Ok(vec![Fact::Noted { text: required("text", text, TEXT_BYTES_MAX)? }])
        }
        Act::Ack { .. } | Act::Edit { .. } | Act::Todo { .. } | Act::Done { .. } | Act::Follow | Act::Unfollow => {
            room::decide(incident, actor, act)
        }
        // Those need to know more than one incident.
        Act::Take { .. }
        | Act::Assign { .. }
        | Act::HandOver { .. }
        | Act::Accept { .. }
        | Act::Decline { .. }
        | Act::Undo
        | Act::Publish { .. }
        | Act::Review(_)
        | Act::Merge { .. }
        | Act::Split { .. } => Err(words("verb", "is decided elsewhere")),
        Act::Severity { to, text } => severity(incident, *to, text),
        Act::CallOff { code, reason } => call_off(incident, *code, reason),
        Act::Resolve { text } => resolve(incident, text),
        Act::Reopen { text } => reopen(incident, text),
    }
}

// When the next update is promised: as the person says, else as the severity asks.
fn next_by(
    incident: &Incident,
    next_in: Option<Duration>,
    at: DateTime<Utc>,
    timing: &Timing,
) -> Result<Option<DateTime<Utc>>, Refusal> {
    let Some(next_in) = next_in else {
        let wait = promise::wait(incident.severity, incident.opened_at, at, timing);
        return Ok(wait.map(|wait| at + wait));
    };
    if next_in.delta().is_zero() {
        return Err(words("next", "is no time at all; say how long until the next update, as `next 30m`"));
    }
    if next_in > NEXT_IN_MAX {
        return Err(words("next", &format!("is too far away; say something within {}", NEXT_IN_MAX.rough())));
    }
    Ok(Some(at + next_in.delta()))
}

/// A text that must be there, cleaned.
pub fn required(field: &str, text: &str, bytes_max: usize) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(words(field, "is missing; say it in a few words"));
    }
    if text.len() > bytes_max {
        return Err(words(field, &format!("has {} bytes; at most {bytes_max} fit", text.len())));
    }
    Ok(text::clean(text, bytes_max))
}

/// A text that may be empty, cleaned.
pub fn optional(field: &str, text: &str) -> Result<String, Refusal> {
    if text.trim().is_empty() { Ok(String::new()) } else { required(field, text, TEXT_BYTES_MAX) }
}

fn confirm(incident: &Incident, text: &str) -> Result<Vec<Fact>, Refusal> {
    open(incident)?;
    if incident.stage == Stage::Confirmed {
        return Err(already(incident, "confirmed"));
    }
    let because = optional("text", text)?;
    let because = if because.is_empty() { "a person confirmed it".to_owned() } else { because };
    Ok(vec![Fact::Confirmed { because, next_by: None }])
}

fn severity(incident: &Incident, to: Severity, text: &str) -> Result<Vec<Fact>, Refusal> {
    open(incident)?;
    if incident.severity == to {
        return Err(already(incident, to.word()));
    }
    Ok(vec![Fact::Severity { from: incident.severity, to, because: optional("text", text)?, next_by: None }])
}

fn call_off(incident: &Incident, code: CallOffCode, reason: &str) -> Result<Vec<Fact>, Refusal> {
    open(incident)?;
    // Everyone who saw the alarm is told why it was none; a code alone is not an answer.
    Ok(vec![Fact::CalledOff { code, reason: required("reason", reason, TEXT_BYTES_MAX)? }])
}

fn resolve(incident: &Incident, text: &str) -> Result<Vec<Fact>, Refusal> {
    open(incident)?;
    if incident.tally.firing > 0 {
        return Err(Refusal::StillFiring {
            incident: incident.id,
            firing: incident.tally.firing,
            alerts: incident.tally.alerts,
        });
    }
    let because = optional("text", text)?;
    Ok(vec![Fact::Resolved { because: if because.is_empty() { "service is back".to_owned() } else { because } }])
}

fn reopen(incident: &Incident, text: &str) -> Result<Vec<Fact>, Refusal> {
    if incident.stage.is_open() {
        return Err(Refusal::StillOpen { incident: incident.id, stage: incident.stage.word().to_owned() });
    }
    here(incident)?;
    let because = optional("text", text)?;
    // Whoever reopens it knows that it is real.
    let because = if because.is_empty() { "a person reopened it".to_owned() } else { because };
    Ok(vec![Fact::Reopened { because, confirmed: true, next_by: None }])
}

/// Refuses what only goes on can get.
pub fn open(incident: &Incident) -> Result<(), Refusal> {
    here(incident)?;
    if incident.stage.is_open() {
        return Ok(());
    }
    let stage = incident.stage.word().to_owned();
    Err(Refusal::NotOpen { incident: incident.id, number: incident.id.0, stage })
}

/// Refuses what belongs to the incident that this one is part of.
pub fn here(incident: &Incident) -> Result<(), Refusal> {
    match incident.stage {
        Stage::Merged { into, .. } => Err(Refusal::Merged { incident: incident.id, into }),
        Stage::Suspected | Stage::Confirmed | Stage::CalledOff { .. } | Stage::Resolved { .. } => Ok(()),
    }
}

fn already(incident: &Incident, what: &str) -> Refusal {
    Refusal::Already { incident: incident.id, what: what.to_owned() }
}

/// A refusal about words.
pub fn words(field: &str, problem: &str) -> Refusal {
    Refusal::Words { field: field.to_owned(), problem: problem.to_owned() }
}
