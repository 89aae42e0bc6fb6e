//! Replies that waited in one thread, told as one: the newest carries what the others said.

use super::codec::{int, micros, uint};
use super::deliveries::delivery;
use crate::store::{Claim, StoreError};
use chrono::{DateTime, Utc};
use domain::delivery::Delivery;
use domain::delivery::together::{TOGETHER_AFTER, go_together, join};
use domain::ids::IncidentId;
use domain::policy::Joining;
use rusqlite::{Connection, OptionalExtension, params};

/// Most notices told as one.
const JOINED_MAX: usize = 200;

/// The delivery that goes in the place of this head of a thread: the head itself, or the newest of what waits behind it. What
/// was tried before stays as it is, word by word: it may have been accepted.
pub fn newest_of(conn: &Connection, head: i64, claim: &Claim) -> Result<i64, StoreError> {
    if claim.kind.joining() == Joining::Never {
        return Ok(head);
    }
    let waiting = untried(conn, head, claim.now - TOGETHER_AFTER)?;
    let is_head = waiting.first().is_some_and(|first| int(first.id.0) == head);
    if !is_head || !go_together(&waiting, claim.kind, claim.now) {
        return Ok(head);
    }
    let (Some((newest, older)), Some(content)) = (waiting.split_last(), join(&waiting, claim.kind)) else {
        return Ok(head);
    };
    let newest = int(newest.id.0);
    let sql = "UPDATE deliveries SET sent_subject = ?, sent_body = ? WHERE id = ?";
    conn.prepare_cached(sql)?.execute(params![content.subject, content.body, newest])?;
    let sql = "UPDATE deliveries SET state = 'joined', joined = ?, next_at = NULL, due_at = NULL, finished_at = ? WHERE id = ?";
    let mut statement = conn.prepare_cached(sql)?;
    for one in older {
        statement.execute(params![newest, micros(claim.now), int(one.id.0)])?;
    }
    Ok(newest)
}

// What waits in the thread of this one, in order, as far as nothing of it was tried; nothing, where it did not wait itself since
// this time, which is nearly always so: then one row is all that is read.
fn untried(conn: &Connection, head: i64, since: DateTime<Utc>) -> Result<Vec<Delivery>, StoreError> {
    let sql = "SELECT incident, receiver FROM deliveries
               WHERE id = ? AND lane = 'post' AND attempts = 0 AND decided_at <= ?";
    let mut statement = conn.prepare_cached(sql)?;
    let lane: Option<(i64, String)> =
        statement.query_row(params![head, micros(since)], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((incident, receiver)) = lane else { return Ok(Vec::new()) };
    let incident = IncidentId(uint(incident));
    let sql = "SELECT id FROM deliveries
               WHERE receiver = ? AND incident = ? AND lane = 'post' AND state = 'pending' AND attempts = 0
               ORDER BY id LIMIT ?";
    let mut statement = conn.prepare_cached(sql)?;
    let ids = statement
        .query_map(params![receiver, int(incident.0), int(JOINED_MAX as u64)], |row| row.get(0))?
        .collect::<Result<Vec<i64>, _>>()?;
    ids.into_iter().map(|id| delivery(conn, id)).collect()
}
