//! Our own record: every message that came, played again; and what people made of the incidents that followed.

use super::feed::Feed;
use crate::app::wire;
use crate::cli::CliError;
use crate::cli::output::complain;
use crate::store::InputKind;
use crate::store::sqlite::ReadOnly;
use domain::backtest::{Known, KnownAlert, Moment, Truth};
use domain::ids::InputSeq;
use domain::incident::{Actor, CallOffCode, Incident, Stage};
use std::collections::BTreeMap;
use std::path::Path;

/// Inputs read at once.
const ROWS_MAX: usize = 256;
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// Newest incidents that are looked at for what people said of them.
const INCIDENTS_MAX: usize = 10_000;

/// Alerts by which such an incident is known again.
const ALERTS_MAX: usize = 1_000;

/// Opens the store of a server, which may be running.
pub fn open(folder: &Path) -> Result<ReadOnly, CliError> {
    ReadOnly::open(folder).map_err(CliError::told)
}

/// Reads messages and polls. Commands and what became of notices belong to the incidents of the rules that were in force.
pub fn read(store: &ReadOnly, feed: &mut Feed) -> Result<(), CliError> {
    let (first, last) = store.span().map_err(CliError::told)?;
    let (mut position, mut left_out) = (InputSeq::default(), 0_u64);
    loop {
        let inputs = store.inputs_after(position, ROWS_MAX, BYTES_MAX).map_err(CliError::told)?;
        let Some(newest) = inputs.last() else { break };
        position = newest.seq;
        let heard = inputs.into_iter().filter(|stored| match stored.kind {
            InputKind::Webhook | InputKind::Push | InputKind::Events | InputKind::Poll => true,
            InputKind::Command
            | InputKind::Outcome
            | InputKind::Policy
            | InputKind::Directory
            | InputKind::Acted
            | InputKind::Tick
            | InputKind::Started => false,
        });
        for stored in heard {
            match wire::decode(&stored) {
                Ok(input) => {
                    let done = (stored.seq.0 - first.0) as f64 / (last.0 - first.0).max(1) as f64;
                    feed.take(Moment { at: stored.at, input }, || done)?;
                }
                Err(_) => left_out += 1,
            }
        }
    }
    if left_out > 0 {
        complain(&format!("{left_out} messages could not be understood and are left out, as they were when they came"));
    }
    Ok(())
}

/// What people judged: called off is nothing; resolved by a person, or confirmed and acted on, is real.
pub fn truth(store: &ReadOnly) -> Result<Truth, CliError> {
    let incidents = store.incidents(None, INCIDENTS_MAX).map_err(CliError::told)?;
    let (mut real, mut false_alarms) = (Vec::new(), Vec::new());
    // Practice says nothing of what was real.
    for incident in incidents.iter().filter(|incident| !incident.drill) {
        match judged(incident) {
            Some(Judged::Real) => real.push(known(store, incident)?),
            Some(Judged::Nothing) => false_alarms.push(known(store, incident)?),
            None => {}
        }
    }
    Ok(Truth::judged(real, false_alarms))
}

enum Judged {
    Real,
    Nothing,
}

fn judged(incident: &Incident) -> Option<Judged> {
    let by_person = |actor: Option<&Actor>| matches!(actor, Some(Actor::Person { .. }));
    match &incident.stage {
        // Twice the same is no false alarm; the other one has its own judgement.
        Stage::CalledOff { code: CallOffCode::Duplicate, .. } | Stage::Merged { .. } => None,
        Stage::CalledOff { .. } => by_person(incident.closed_by.as_ref()).then_some(Judged::Nothing),
        Stage::Resolved { .. } if by_person(incident.closed_by.as_ref()) => Some(Judged::Real),
        Stage::Resolved { .. } | Stage::Suspected | Stage::Confirmed => {
            let acted = incident.touched || by_person(Some(&incident.declared_by));
            (acted && incident.confirmed_at.is_some()).then_some(Judged::Real)
        }
    }
}

fn known(store: &ReadOnly, incident: &Incident) -> Result<Known, CliError> {
    let alerts = store.alerts_of(incident.id, ALERTS_MAX).map_err(CliError::told)?;
    let start = incident.first_alert_at.unwrap_or(incident.declared_at).min(incident.declared_at);
    let end = incident.stage.closed_at().unwrap_or(incident.changed_at);
    let by_person = matches!(incident.declared_by, Actor::Person { .. });
    let alert = |alert: domain::alert::Alert| KnownAlert {
        // The row tells the newest episode, which may be long after; that it belonged to the incident is what counts.
        firing_at: start,
        resolved_at: Some(end),
        modelled: false,
        labels: alert.labels,
        flat: BTreeMap::new(),
    };
    Ok(Known {
        id: incident.id.to_string(),
        start,
        end,
        declared_by_humans_at: by_person.then_some(incident.declared_at),
        first_timed_real_alert_at: Some(start),
        alerts: alerts.into_iter().map(alert).collect(),
    })
}
