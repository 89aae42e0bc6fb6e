//! The outbox: which delivery of a lane may go next, who has it, and how it ended.

use super::codec::{int, lane, micros, state, state_word, time, time_if, uint, uint32};
use super::deliveries::as_sent;
use super::hold::is_held;
use super::together;

use crate::store::{Claim, Claimed, Finish, StoreError};
use chrono::{DateTime, Utc};
use domain::delivery::pace::Pace;
use domain::delivery::{Delivery, DeliveryState, Lane, Outcome};
use domain::ids::{DeliveryId, IncidentId};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::collections::{BTreeMap, BTreeSet};

/// Most lane heads claimed at once.
pub const CLAIM_MAX: usize = 256;

// A delivery that is not finished.
struct Waiting {
    id: i64,
    lane: Lane,
    // To whom, in the lane of a person.
    person: Option<String>,
    state: DeliveryState,
    next_at: Option<i64>,
    lease_until: Option<i64>,
    due_at: Option<i64>,
}

// How the first post of an incident to a receiver stands.
enum Root {
    None,
    Waiting,
    Sent,
    Dead,
}

/// Says anew which deliveries of this incident and receiver are heads of their lanes, and drops the puts that a newer
/// one replaces. Called in every transaction that adds or changes one.
pub fn settle_lanes(conn: &Connection, incident: IncidentId, receiver: &str) -> Result<(), StoreError> {
    let waiting = waiting(conn, incident, receiver)?;
    let root = root(conn, incident, receiver)?;
    let newest_put = waiting.iter().filter(|one| one.lane == Lane::Put).map(|one| one.id).max();
    let is_replaced = |one: &Waiting| {
        one.lane == Lane::Put
            && one.state != DeliveryState::Leased
            && (Some(one.id) != newest_put || matches!(root, Root::Dead))
    };
    // Roots before posts, then in the order of decision: a reply must never overtake the notice it replies to.
    let posts = waiting.iter().filter(|one| matches!(one.lane, Lane::Root | Lane::Post));
    let post_head = posts.min_by_key(|one| (one.lane != Lane::Root, one.id)).map(|one| one.id);
    // A put that is on its way goes first, or an old text could overwrite a new one.
    let puts = || waiting.iter().filter(|one| one.lane == Lane::Put);
    let leased_put = puts().find(|one| one.state == DeliveryState::Leased).map(|one| one.id);
    let put_head = leased_put.or_else(|| newest_put.filter(|_| matches!(root, Root::None | Root::Sent)));
    let direct_heads = direct_heads(&waiting);
    for one in &waiting {
        if is_replaced(one) {
            supersede(conn, one.id)?;
            continue;
        }
        let is_head = Some(one.id) == post_head || Some(one.id) == put_head || direct_heads.contains(&one.id);
        let due_at = match one.state {
            _ if !is_head => None,
            DeliveryState::Leased => one.lease_until,
            _ => one.next_at,
        };
        if due_at != one.due_at {
            set_due(conn, one.id, due_at)?;
        }
    }
    Ok(())
}

// Of each person the first: nobody waits for another one.
fn direct_heads(waiting: &[Waiting]) -> BTreeSet<i64> {
    let mut heads: BTreeMap<Option<&str>, i64> = BTreeMap::new();
    for one in waiting.iter().filter(|one| one.lane == Lane::Direct) {
        let head = heads.entry(one.person.as_deref()).or_insert(one.id);
        *head = one.id.min(*head);
    }
    heads.into_values().collect()
}

fn waiting(conn: &Connection, incident: IncidentId, receiver: &str) -> Result<Vec<Waiting>, StoreError> {
    let sql = "SELECT id, lane, state, next_at, lease_until, due_at, person FROM deliveries
               WHERE receiver = ? AND incident = ? AND state IN ('pending', 'leased', 'unsure') ORDER BY id";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params![receiver, int(incident.0)])?;
    let mut waiting = Vec::new();
    while let Some(row) = rows.next()? {
        waiting.push(Waiting {
            id: row.get(0)?,
            lane: lane(row.get_ref(1)?.as_str().unwrap_or_default())?,
            state: state(row.get_ref(2)?.as_str().unwrap_or_default())?,
            next_at: row.get(3)?,
            lease_until: row.get(4)?,
            due_at: row.get(5)?,
            person: row.get(6)?,
        });
    }
    Ok(waiting)
}

fn root(conn: &Connection, incident: IncidentId, receiver: &str) -> Result<Root, StoreError> {
    let sql = "SELECT state FROM deliveries WHERE incident = ? AND receiver = ? AND lane = 'root'
               ORDER BY id DESC LIMIT 1";
    let word: Option<String> =
        conn.prepare_cached(sql)?.query_row(params![int(incident.0), receiver], |row| row.get(0)).optional()?;
    Ok(match word.as_deref().map(state).transpose()? {
        None => Root::None,
        Some(DeliveryState::Pending | DeliveryState::Leased | DeliveryState::Unsure) => Root::Waiting,
        Some(DeliveryState::Sent) => Root::Sent,
        Some(DeliveryState::Dead | DeliveryState::Superseded | DeliveryState::Joined) => Root::Dead,
    })
}

fn set_due(conn: &Connection, id: i64, due_at: Option<i64>) -> Result<(), StoreError> {
    conn.prepare_cached("UPDATE deliveries SET due_at = ? WHERE id = ?")?.execute(params![due_at, id])?;
    Ok(())
}

fn supersede(conn: &Connection, id: i64) -> Result<(), StoreError> {
    let sql =
        "UPDATE deliveries SET state = 'superseded', next_at = NULL, lease_until = NULL, due_at = NULL WHERE id = ?";
    conn.prepare_cached(sql)?.execute([id])?;
    Ok(())
}

/// Leases what is due.
pub fn claim(conn: &mut Connection, claim: &Claim) -> Result<Vec<Claimed>, StoreError> {
    // Most claims find nothing; those write nothing.
    if !is_due(conn, claim)? || is_held(conn)? {
        return Ok(Vec::new());
    }
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    judge_expired_puts(&tx, claim)?;
    let due = due_heads(&tx, claim)?;
    let mut claimed = Vec::with_capacity(due.len());
    for id in due {
        let id = together::newest_of(&tx, id, claim)?;
        claimed.push(lease(&tx, id, claim)?);
    }
    tx.commit()?;
    Ok(claimed)
}

// A head that has to go now, or something behind it in its thread.
const URGENT: &str = "(calm = 0 OR EXISTS (SELECT 1 FROM deliveries AS behind
    WHERE behind.receiver = deliveries.receiver AND behind.incident = deliveries.incident AND behind.calm = 0
      AND behind.lane IN ('root', 'post') AND behind.state IN ('pending', 'leased', 'unsure')))";

fn of_pace(pace: Pace) -> &'static str {
    match pace {
        Pace::All => "1",
        Pace::Urgent => URGENT,
    }
}

fn is_due(conn: &Connection, claim: &Claim) -> Result<bool, StoreError> {
    let pace = of_pace(claim.pace);
    let sql = format!("SELECT 1 FROM deliveries WHERE receiver = ? AND due_at <= ? AND {pace} LIMIT 1");
    Ok(conn.prepare_cached(&sql)?.exists(params![claim.receiver, micros(claim.now)])?)
}

fn due_heads(conn: &Connection, claim: &Claim) -> Result<Vec<i64>, StoreError> {
    let pace = of_pace(claim.pace);
    let sql =
        format!("SELECT id FROM deliveries WHERE receiver = ? AND due_at <= ? AND {pace} ORDER BY due_at, id LIMIT ?");
    let max = int(claim.max.min(CLAIM_MAX) as u64);
    let mut statement = conn.prepare_cached(&sql)?;
    let ids = statement.query_map(params![claim.receiver, micros(claim.now), max], |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

// A put whose lease ran out is taken over only where it would go now: not if a newer one says it all, and not while
// there is no root to edit.
fn judge_expired_puts(conn: &Connection, claim: &Claim) -> Result<(), StoreError> {
    let sql = "SELECT id, incident FROM deliveries INDEXED BY deliveries_leased_puts
               WHERE receiver = ? AND due_at <= ? AND lane = 'put' AND state = 'leased'";
    let mut statement = conn.prepare_cached(sql)?;
    let expired = statement
        .query_map(params![claim.receiver, micros(claim.now)], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<Vec<(i64, i64)>, _>>()?;
    for (id, incident) in expired {
        let incident = IncidentId(uint(incident));
        let waiting = waiting(conn, incident, &claim.receiver)?;
        let is_newest = !waiting.iter().any(|other| other.lane == Lane::Put && other.id > id);
        match root(conn, incident, &claim.receiver)? {
            Root::None | Root::Sent if is_newest => {}
            // The end of its root settles this lane again.
            Root::Waiting if is_newest => set_due(conn, id, None)?,
            Root::None | Root::Waiting | Root::Sent | Root::Dead => {
                supersede(conn, id)?;
                settle_lanes(conn, incident, &claim.receiver)?;
            }
        }
    }
    Ok(())
}

fn lease(conn: &Connection, id: i64, claim: &Claim) -> Result<Claimed, StoreError> {
    // A lease that ran out may have been used: whoever held it is gone, or too slow.
    let sql = "UPDATE deliveries SET unsure = unsure OR state IN ('leased', 'unsure'), state = 'leased',
                 attempts = attempts + 1, first_attempt_at = COALESCE(first_attempt_at, ?1), lease_until = ?2,
                 due_at = ?2, next_at = NULL
               WHERE id = ?3 RETURNING attempts, unsure, first_attempt_at";
    let (attempt, unsure, first): (i64, bool, i64) =
        conn.prepare_cached(sql)?.query_row(params![micros(claim.now), micros(claim.lease_until), id], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    let delivery = as_sent(conn, id)?;
    let thread = match delivery.lane {
        Lane::Root => None,
        Lane::Post | Lane::Put => thread(conn, &delivery)?,
        Lane::Direct => first_to_person(conn, &delivery)?,
    };
    Ok(Claimed { delivery, attempt: uint32(attempt), first_attempt_at: time(first)?, thread, unsure })
}

fn thread(conn: &Connection, delivery: &Delivery) -> Result<Option<String>, StoreError> {
    let sql =
        "SELECT remote_id FROM deliveries WHERE incident = ? AND receiver = ? AND lane = 'root' AND state = 'sent'
               ORDER BY id DESC LIMIT 1";
    let mut statement = conn.prepare_cached(sql)?;
    let found = statement.query_row(params![int(delivery.incident.0), delivery.receiver], |row| row.get(0));
    Ok(found.optional()?.flatten())
}

// What this person was told first; a mail to them replies to that.
fn first_to_person(conn: &Connection, delivery: &Delivery) -> Result<Option<String>, StoreError> {
    let sql = "SELECT remote_id FROM deliveries
               WHERE incident = ? AND receiver = ? AND person = ? AND lane = 'direct' AND state = 'sent'
               ORDER BY id LIMIT 1";
    let person = delivery.to.as_ref().map(|to| &to.person);
    let mut statement = conn.prepare_cached(sql)?;
    let found = statement.query_row(params![int(delivery.incident.0), delivery.receiver, person], |row| row.get(0));
    Ok(found.optional()?.flatten())
}

/// Gives back every lease: for the one process that may use this store, before it claims anything. Whoever held them is
/// dead, and may have sent what it held. They are due from when they were first tried, so at once.
pub fn release_leases(conn: &mut Connection) -> Result<usize, StoreError> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let sql = "UPDATE deliveries SET state = 'unsure', unsure = 1, lease_until = NULL, due_at = NULL,
                 next_at = COALESCE(first_attempt_at, decided_at)
               WHERE state = 'leased' RETURNING incident, receiver";
    let lanes = tx
        .prepare(sql)?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<BTreeSet<(i64, String)>, _>>()?;
    for (incident, receiver) in &lanes {
        settle_lanes(&tx, IncidentId(uint(*incident)), receiver)?;
    }
    tx.commit()?;
    Ok(lanes.len())
}

/// Writes how an attempt ended, unless somebody else has taken it over.
pub fn finish(conn: &mut Connection, finish: &Finish) -> Result<bool, StoreError> {
    let is_final = match finish.state {
        DeliveryState::Sent | DeliveryState::Dead | DeliveryState::Superseded | DeliveryState::Joined => true,
        DeliveryState::Pending | DeliveryState::Unsure => false,
        DeliveryState::Leased => {
            return Err(StoreError::Broken(format!("delivery {}: an attempt can't end as leased", finish.id)));
        }
    };
    let (remote_id, because, unsure) = match &finish.outcome {
        Outcome::Sent { remote_id } => (remote_id.as_deref(), None, false),
        Outcome::Retry { because, unsure, .. } => (None, Some(because), *unsure),
        Outcome::Fatal { because } | Outcome::Misconfigured { because } => (None, Some(because), false),
    };
    let next_at = (!is_final).then(|| micros(finish.next_at.unwrap_or(finish.now)));
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let sql = "UPDATE deliveries SET state = ?1, next_at = ?2, lease_until = NULL, due_at = NULL,
                 finished_at = ?3, remote_id = COALESCE(?4, remote_id), last_error = COALESCE(?5, last_error),
                 unsure = unsure OR ?6
               WHERE id = ?7 AND attempts = ?8 AND state = 'leased' RETURNING incident, receiver";
    let lane = tx
        .prepare_cached(sql)?
        .query_row(
            params![
                state_word(finish.state),
                next_at,
                is_final.then(|| micros(finish.now)),
                remote_id,
                because,
                unsure || finish.state == DeliveryState::Unsure,
                int(finish.id.0),
                finish.attempt,
            ],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)),
        )
        .optional()?;
    let Some((incident, receiver)) = lane else { return Ok(false) };
    settle_lanes(&tx, IncidentId(uint(incident)), &receiver)?;
    tx.commit()?;
    Ok(true)
}

/// Takes a dead one up again. Attempt numbers go on, so that the fence still holds; the time to give up starts anew.
pub fn retry(conn: &mut Connection, id: DeliveryId, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let sql = "UPDATE deliveries SET state = 'pending', next_at = ?1, first_attempt_at = NULL, finished_at = NULL
               WHERE id = ?2 AND state = 'dead' RETURNING incident, receiver";
    let lane = tx
        .prepare_cached(sql)?
        .query_row(params![micros(now), int(id.0)], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))
        .optional()?;
    let Some((incident, receiver)) = lane else { return Ok(false) };
    settle_lanes(&tx, IncidentId(uint(incident)), &receiver)?;
    tx.commit()?;
    Ok(true)
}

/// Makes the next attempts at this receiver due now.
pub fn hurry(conn: &Connection, receiver: &str, now: DateTime<Utc>) -> Result<usize, StoreError> {
    // The condition on the three states is that of the index.
    let sql = "UPDATE deliveries SET next_at = ?2, due_at = CASE WHEN due_at IS NOT NULL THEN ?2 END
               WHERE receiver = ?1 AND state IN ('pending', 'leased', 'unsure') AND state <> 'leased' AND next_at > ?2";
    Ok(conn.prepare_cached(sql)?.execute(params![receiver, micros(now)])?)
}

/// When there is something to do for this receiver: an attempt, or a lease to take over.
pub fn next_due(conn: &Connection, receiver: &str, pace: Pace) -> Result<Option<DateTime<Utc>>, StoreError> {
    let pace = of_pace(pace);
    let sql = format!(
        "SELECT due_at FROM deliveries WHERE receiver = ? AND due_at IS NOT NULL AND {pace}
           AND NOT EXISTS (SELECT 1 FROM held) ORDER BY due_at LIMIT 1"
    );
    let due = conn.prepare_cached(&sql)?.query_row([receiver], |row| row.get(0)).optional()?;
    time_if(due)
}
