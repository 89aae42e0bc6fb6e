//! Writes what a run of inputs changed, in one transaction.

use super::codec::{int, lane_word, micros, to_json, uint};
use super::outbox::settle_lanes;
use super::{actions, audit, history, past, people, shadows};
use crate::store::StoreError;
use chrono::{DateTime, TimeDelta, Utc};
use domain::alert::{Alert, AlertState};
use domain::delivery::Delivery;
use domain::engine::{Answer, Changes, Evidence};
use domain::ids::{AlertId, IncidentId, InputSeq};
use domain::incident::{Entry, Incident};
use rusqlite::{Connection, TransactionBehavior, params};
use std::collections::BTreeSet;

/// How long answers to commands are kept for repeats.
pub const ANSWERS_KEPT: TimeDelta = TimeDelta::hours(24);

/// Writes them all, or nothing.
pub fn commit(conn: &mut Connection, changes: &Changes) -> Result<(), StoreError> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    refuse_twice(&tx, changes.position)?;
    write_alerts(&tx, changes)?;
    write_incidents(&tx, changes.incidents.values())?;
    write_entries(&tx, &changes.entries)?;
    take_away(&tx, &changes.detached)?;
    write_evidence(&tx, &changes.evidence)?;
    history::write(&tx, changes)?;
    write_holds(&tx, changes)?;
    write_beats(&tx, changes)?;
    shadows::write(&tx, changes.shadows.values())?;
    write_answers(&tx, &changes.answers, changes.at)?;
    write_deliveries(&tx, &changes.deliveries)?;
    audit::write(&tx, &changes.audit)?;
    if let Some(policy) = &changes.policy {
        tx.prepare_cached(
            "INSERT INTO policy (id, policy) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET policy = excluded.policy",
        )?
        .execute([to_json(policy.as_ref())?])?;
    }
    if let Some(directory) = &changes.directory {
        people::write_in_force(&tx, directory)?;
    }
    past::bury(&tx, changes)?;
    move_position(&tx, changes)?;
    Ok(tx.commit()?)
}

// An input takes effect once. Two engines on one store, or one that goes on from an old state, end here.
fn refuse_twice(conn: &Connection, position: InputSeq) -> Result<(), StoreError> {
    let stored: i64 = conn.prepare_cached("SELECT seq FROM position")?.query_row([], |row| row.get(0))?;
    let stored = uint(stored);
    if position.0 > stored {
        return Ok(());
    }
    Err(StoreError::Broken(format!(
        "the engine wants to commit input {position}, but input {stored} is committed already; is another engine running on this store?"
    )))
}

fn write_alerts(conn: &Connection, changes: &Changes) -> Result<(), StoreError> {
    // Labels make the fingerprint, and neither changes under one number.
    let sql = "INSERT INTO alerts (id, source, fingerprint, labels, annotations, generator_url, open, state,
                 starts_at, claimed_at, last_seen, grouped, expires_at, episodes, past,
                 pre_existing)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (id) DO UPDATE SET annotations = excluded.annotations,
                 generator_url = excluded.generator_url, open = excluded.open, state = excluded.state,
                 starts_at = excluded.starts_at, claimed_at = excluded.claimed_at,
                 last_seen = excluded.last_seen, grouped = excluded.grouped, expires_at = excluded.expires_at,
                 episodes = excluded.episodes, past = excluded.past,
                 pre_existing = excluded.pre_existing";
    let mut upsert = conn.prepare_cached(sql)?;
    for (id, alert) in &changes.alerts {
        let Some(alert) = alert else {
            forget(conn, *id)?;
            continue;
        };
        upsert.execute(params![
            int(id.0),
            &*alert.key.source.0,
            alert.key.fingerprint.0.cast_signed(),
            to_json(&alert.labels)?,
            to_json(&alert.annotations)?,
            &*alert.generator_url,
            openness(alert),
            to_json(&alert.state)?,
            micros(alert.starts_at),
            alert.claimed_starts_at.map(micros),
            micros(alert.last_seen),
            alert.group.map(u64::cast_signed),
            alert.expires_at.map(micros),
            alert.episodes,
            to_json(&alert.past)?,
            alert.pre_existing,
        ])?;
    }
    Ok(())
}

fn openness(alert: &Alert) -> i64 {
    match &alert.state {
        AlertState::Resolved { contested_until: Some(_), .. } => 2,
        state => i64::from(state.is_open()),
    }
}

// The engine knows it no more; the pages of its incidents still do.
fn forget(conn: &Connection, id: AlertId) -> Result<(), StoreError> {
    let keep = "INSERT OR REPLACE INTO past_alerts SELECT * FROM alerts
                WHERE id = ?1 AND EXISTS (SELECT 1 FROM evidence WHERE alert = ?1)";
    conn.prepare_cached(keep)?.execute([int(id.0)])?;
    conn.prepare_cached("DELETE FROM alerts WHERE id = ?")?.execute([int(id.0)])?;
    Ok(())
}

/// Writes whole incidents.
pub fn write_incidents<'a>(conn: &Connection, incidents: impl Iterator<Item = &'a Incident>) -> Result<(), StoreError> {
    let sql = "INSERT INTO incidents (id, stage, severity, closed_at, drill, kept, owed_since, incident)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (id) DO UPDATE SET stage = excluded.stage, severity = excluded.severity,
                 closed_at = excluded.closed_at, kept = excluded.kept, owed_since = excluded.owed_since,
                 incident = excluded.incident";
    let mut upsert = conn.prepare_cached(sql)?;
    for incident in incidents {
        upsert.execute(params![
            int(incident.id.0),
            incident.stage.word(),
            incident.severity.word(),
            incident.stage.closed_at().map(micros),
            incident.drill,
            incident.has_left(),
            incident.owes_since().map(micros),
            to_json(incident)?,
        ])?;
        actions::write(conn, incident)?;
    }
    Ok(())
}

/// Adds entries.
pub fn write_entries(conn: &Connection, entries: &[Entry]) -> Result<(), StoreError> {
    let sql = "INSERT INTO entries (incident, number, at, input, actor, fact) VALUES (?, ?, ?, ?, ?, ?)";
    let mut insert = conn.prepare_cached(sql)?;
    for entry in entries {
        insert.execute(params![
            int(entry.incident.0),
            entry.number,
            micros(entry.at),
            int(entry.input.0),
            to_json(&entry.actor)?,
            to_json(&entry.fact)?,
        ])?;
    }
    Ok(())
}

fn take_away(conn: &Connection, detached: &BTreeSet<(IncidentId, AlertId)>) -> Result<(), StoreError> {
    let mut delete = conn.prepare_cached("DELETE FROM evidence WHERE incident = ? AND alert = ?")?;
    for (incident, alert) in detached {
        delete.execute(params![int(incident.0), int(alert.0)])?;
    }
    Ok(())
}

fn write_evidence(conn: &Connection, evidence: &[Evidence]) -> Result<(), StoreError> {
    // What counted once stays counted.
    let sql = "INSERT INTO evidence (incident, alert, counted) VALUES (?, ?, ?)
               ON CONFLICT (incident, alert) DO UPDATE SET counted = MAX(counted, excluded.counted)";
    let mut upsert = conn.prepare_cached(sql)?;
    for one in evidence {
        upsert.execute(params![int(one.incident.0), int(one.alert.0), one.counted])?;
    }
    Ok(())
}

fn write_holds(conn: &Connection, changes: &Changes) -> Result<(), StoreError> {
    let sql = "INSERT INTO holds (rule, key, hold) VALUES (?, ?, ?)
               ON CONFLICT (rule, key) DO UPDATE SET hold = excluded.hold";
    let mut upsert = conn.prepare_cached(sql)?;
    let mut delete = conn.prepare_cached("DELETE FROM holds WHERE rule = ? AND key = ?")?;
    for ((rule, key), hold) in &changes.holds {
        let key = to_json(key)?;
        match hold {
            Some(hold) => upsert.execute(params![rule, key, to_json(hold)?])?,
            None => delete.execute(params![rule, key])?,
        };
    }
    Ok(())
}

fn write_beats(conn: &Connection, changes: &Changes) -> Result<(), StoreError> {
    let sql = "INSERT INTO beats (name, beat) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET beat = excluded.beat";
    for (name, beat) in &changes.beats {
        match beat {
            Some(beat) => conn.prepare_cached(sql)?.execute(params![name, to_json(beat)?])?,
            None => conn.prepare_cached("DELETE FROM beats WHERE name = ?")?.execute([name])?,
        };
    }
    Ok(())
}

fn write_answers(conn: &Connection, answers: &[Answer], at: Option<DateTime<Utc>>) -> Result<(), StoreError> {
    if let Some(at) = at.filter(|_| !answers.is_empty()) {
        conn.prepare_cached("DELETE FROM answers WHERE at <= ?")?.execute([micros(at - ANSWERS_KEPT)])?;
    }
    // The first answer under a key stands.
    let sql = "INSERT INTO answers (key, input, at, reply) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO NOTHING";
    let mut insert = conn.prepare_cached(sql)?;
    for answer in answers {
        if let Some(key) = &answer.key {
            insert.execute(params![key, int(answer.input.0), micros(answer.at), to_json(&answer.reply)?])?;
        }
    }
    Ok(())
}

fn write_deliveries(conn: &Connection, deliveries: &[Delivery]) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO deliveries (id, incident, receiver, lane, state, next_at, notice, key, subject, body, decided_at,
                 person, address, brief, calm)
               VALUES (?, ?, ?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let mut insert = conn.prepare_cached(sql)?;
    let mut lanes = BTreeSet::new();
    for delivery in deliveries {
        insert.execute(params![
            int(delivery.id.0),
            int(delivery.incident.0),
            delivery.receiver,
            lane_word(delivery.lane),
            micros(delivery.decided_at),
            to_json(&delivery.notice)?,
            delivery.key,
            delivery.content.subject,
            delivery.content.body,
            micros(delivery.decided_at),
            delivery.to.as_ref().map(|to| &to.person),
            delivery.to.as_ref().map(|to| &to.address),
            delivery.brief,
            delivery.calm,
        ])?;
        lanes.insert((delivery.incident, delivery.receiver.as_str()));
    }
    lanes.into_iter().try_for_each(|(incident, receiver)| settle_lanes(conn, incident, receiver))
}

fn move_position(conn: &Connection, changes: &Changes) -> Result<(), StoreError> {
    let incidents = changes.incidents.keys().next_back().map_or(0, |id| id.0).max(changes.numbers_given);
    let alerts = changes.alerts.keys().next_back().map_or(0, |id| id.0);
    let deliveries = changes.deliveries.iter().map(|delivery| delivery.id.0).max().unwrap_or(0);
    let sql = "UPDATE position SET seq = ?, at = COALESCE(?, at), began_at = COALESCE(began_at, ?),
                 last_incident = MAX(last_incident, ?),
                 last_alert = MAX(last_alert, ?), last_delivery = MAX(last_delivery, ?)";
    conn.prepare_cached(sql)?.execute(params![
        int(changes.position.0),
        changes.at.map(micros),
        changes.began_at.map(micros),
        int(incidents),
        int(alerts),
        int(deliveries),
    ])?;
    Ok(())
}
