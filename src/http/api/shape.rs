//! What the API shows of an incident and its alerts. Apart from the stored form, so that one can change without the
//! other.

use chrono::{DateTime, Utc};
use domain::alert::{Alert, AlertState, Pairs};
use domain::audit::Head;
use domain::incident::roles::{Holding, Offer, Opened, Roles};
use domain::incident::{Actor, CallOffCode, Incident, Stage};
use serde::Serialize;
use std::collections::BTreeMap;

/// An incident.
#[derive(Serialize)]
pub struct IncidentShape<'a> {
    number: u64,
    id: String,
    url: String,
    drill: bool,
    stage: &'static str,
    open: bool,
    title: &'a str,
    summary: &'a str,
    impact: &'a str,
    severity: &'static str,
    rule: Option<&'a str>,
    labels: &'a Pairs,
    correlation: &'a Pairs,
    declared_at: DateTime<Utc>,
    declared_by: String,
    because: &'a str,
    first_alert_at: Option<DateTime<Utc>>,
    confirmed_at: Option<DateTime<Utc>>,
    closed_at: Option<DateTime<Utc>>,
    closed_by: Option<String>,
    called_off: Option<CalledOff<'a>>,
    roles: RolesShape<'a>,
    reopened: u32,
    firing: u32,
    alerts: u32,
    truncated: bool,
    clear_since: Option<DateTime<Utc>>,
    last_update: Option<Update<'a>>,
    next_update_by: Option<DateTime<Utc>>,
    promises: Promises,
    receivers: &'a [String],
    record: Option<Head>,
    entries: u32,
    changed_at: DateTime<Utc>,
}

#[derive(Serialize)]
struct CalledOff<'a> {
    code: CallOffCode,
    reason: &'a str,
}

#[derive(Serialize)]
struct Update<'a> {
    at: DateTime<Utc>,
    text: &'a str,
    next_by: Option<DateTime<Utc>>,
}

/// Who does what: roles by name.
#[derive(Serialize)]
struct RolesShape<'a> {
    asked: Option<&'a str>,
    unclaimed_since: Option<DateTime<Utc>>,
    held: BTreeMap<&'a str, HeldShape<'a>>,
    open: BTreeMap<&'a str, OpenShape<'a>>,
    offers: BTreeMap<&'a str, OfferShape<'a>>,
}

#[derive(Serialize)]
struct HeldShape<'a> {
    person: &'a str,
    since: DateTime<Utc>,
}

#[derive(Serialize)]
struct OpenShape<'a> {
    since: DateTime<Utc>,
    because: &'a str,
    times: u32,
}

#[derive(Serialize)]
struct OfferShape<'a> {
    from: &'a str,
    to: &'a str,
    at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

#[derive(Serialize)]
struct Promises {
    kept: u32,
    missed: u32,
}

/// An alert attached to an incident.
#[derive(Serialize)]
pub struct AlertShape<'a> {
    source: &'a str,
    fingerprint: String,
    name: String,
    summary: String,
    state: &'static str,
    labels: &'a Pairs,
    annotations: &'a Pairs,
    starts_at: DateTime<Utc>,
    last_seen: DateTime<Utc>,
    generator_url: &'a str,
}

impl<'a> IncidentShape<'a> {
    /// Of this incident; its page stands under this URL.
    pub fn new(incident: &'a Incident, external_url: &str) -> Self {
        Self {
            number: incident.id.0,
            id: incident.id.to_string(),
            url: format!("{external_url}/incidents/{}", incident.id.0),
            drill: incident.drill,
            stage: incident.stage.word(),
            open: incident.stage.is_open(),
            title: &incident.title,
            summary: &incident.summary,
            impact: &incident.impact,
            severity: incident.severity.word(),
            rule: incident.rule.as_ref().map(|rule| rule.name.as_str()),
            labels: &incident.labels,
            correlation: &incident.correlation,
            declared_at: incident.declared_at,
            declared_by: incident.declared_by.to_string(),
            because: &incident.because,
            first_alert_at: incident.first_alert_at,
            confirmed_at: incident.confirmed_at,
            closed_at: incident.stage.closed_at(),
            closed_by: incident.closed_by.as_ref().map(Actor::to_string),
            called_off: called_off(&incident.stage),
            roles: RolesShape::new(&incident.roles),
            reopened: incident.reopened,
            firing: incident.tally.firing,
            alerts: incident.tally.alerts,
            truncated: incident.tally.truncated,
            clear_since: incident.clear_since,
            last_update: incident.last_update.as_ref().map(|update| Update {
                at: update.at,
                text: &update.text,
                next_by: update.next_by,
            }),
            next_update_by: incident.promised().map(|promise| promise.by),
            promises: Promises { kept: incident.room.promises.kept, missed: incident.room.promises.missed },
            receivers: &incident.receivers,
            record: incident.audit_head,
            entries: incident.entries,
            changed_at: incident.changed_at,
        }
    }
}

impl<'a> RolesShape<'a> {
    fn new(roles: &'a Roles) -> Self {
        let held = roles.held.iter().map(|(role, holding)| {
            let Holding { person, since } = holding;
            (role.0.as_str(), HeldShape { person, since: *since })
        });
        let open = roles.open.iter().map(|(role, opened)| {
            let Opened { since, said_at: _, times, because } = opened;
            (role.0.as_str(), OpenShape { since: *since, because, times: *times })
        });
        let offers = roles.offers.iter().map(|(role, offer)| {
            let Offer { from, to, at, expires_at } = offer;
            (role.0.as_str(), OfferShape { from, to, at: *at, expires_at: *expires_at })
        });
        Self {
            asked: Some(roles.asked.as_str()).filter(|asked| !asked.is_empty()),
            unclaimed_since: roles.unclaimed_since,
            held: held.collect(),
            open: open.collect(),
            offers: offers.collect(),
        }
    }
}

fn called_off(stage: &Stage) -> Option<CalledOff<'_>> {
    match stage {
        Stage::CalledOff { code, reason, .. } => Some(CalledOff { code: *code, reason }),
        Stage::Suspected | Stage::Confirmed | Stage::Resolved { .. } | Stage::Merged { .. } => None,
    }
}

impl<'a> AlertShape<'a> {
    /// Of this alert.
    pub fn new(alert: &'a Alert) -> Self {
        Self {
            source: &alert.key.source.0,
            fingerprint: alert.key.fingerprint.to_string(),
            name: alert.name(),
            summary: alert.summary(),
            state: state(&alert.state),
            labels: &alert.labels,
            annotations: &alert.annotations,
            starts_at: alert.starts_at,
            last_seen: alert.last_seen,
            generator_url: &alert.generator_url,
        }
    }
}

fn state(state: &AlertState) -> &'static str {
    match state {
        AlertState::Firing => "firing",
        AlertState::Unreported { .. } => "unreported",
        AlertState::Muted { .. } => "muted",
        AlertState::Resolved { .. } => "resolved",
    }
}
