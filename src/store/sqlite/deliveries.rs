//! Deliveries as they are read and listed.

use super::codec::{all_states, from_json, int, lane, state, state_word, time, time_if, uint, uint32};
use crate::store::{DeliveryFilter, DeliveryRow, StoreError};
use domain::delivery::{Addressee, Content, Delivery, DeliveryState};
use domain::ids::{DeliveryId, IncidentId};
use rusqlite::{Connection, Row, params};

/// Most deliveries listed at once.
pub const LISTED_MAX: usize = 1000;

const AS_DECIDED: &str = "subject, body";
const AS_SENT: &str = "COALESCE(sent_subject, subject), COALESCE(sent_body, body)";

// What `read_delivery` reads, in its order.
fn columns(words: &str) -> String {
    format!("id, incident, receiver, lane, notice, key, {words}, decided_at, person, address, brief, calm")
}

/// One delivery, as it was decided.
pub fn delivery(conn: &Connection, id: i64) -> Result<Delivery, StoreError> {
    one(conn, id, AS_DECIDED)
}

/// The same with the words it goes out with.
pub fn as_sent(conn: &Connection, id: i64) -> Result<Delivery, StoreError> {
    one(conn, id, AS_SENT)
}

fn one(conn: &Connection, id: i64, words: &str) -> Result<Delivery, StoreError> {
    let mut statement = conn.prepare_cached(&format!("SELECT {} FROM deliveries WHERE id = ?", columns(words)))?;
    let mut rows = statement.query([id])?;
    let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    read_delivery(row)
}

fn read_delivery(row: &Row<'_>) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        id: DeliveryId(uint(row.get(0)?)),
        incident: IncidentId(uint(row.get(1)?)),
        receiver: row.get(2)?,
        lane: lane(&row.get::<_, String>(3)?)?,
        notice: from_json("a delivery", &row.get::<_, String>(4)?)?,
        key: row.get(5)?,
        content: Content { subject: row.get(6)?, body: row.get(7)? },
        decided_at: time(row.get(8)?)?,
        to: addressee(row.get(9)?, row.get(10)?),
        brief: row.get(11)?,
        calm: row.get(12)?,
    })
}

fn addressee(person: Option<String>, address: Option<String>) -> Option<Addressee> {
    Some(Addressee { person: person?, address: address? })
}

fn sent_as(subject: Option<String>, body: Option<String>) -> Option<Content> {
    Some(Content { subject: subject?, body: body? })
}

fn read_row(row: &Row<'_>) -> Result<DeliveryRow, StoreError> {
    Ok(DeliveryRow {
        delivery: read_delivery(row)?,
        state: state(&row.get::<_, String>(13)?)?,
        attempts: uint32(row.get(14)?),
        next_at: time_if(row.get(15)?)?,
        finished_at: time_if(row.get(16)?)?,
        remote_id: row.get(17)?,
        last_error: row.get(18)?,
        sent_as: sent_as(row.get(19)?, row.get(20)?),
        joined: row.get::<_, Option<i64>>(21)?.map(|id| DeliveryId(uint(id))),
    })
}

/// Deliveries, newest first. Each state is asked for alone, so that every question has its index.
pub fn deliveries(conn: &Connection, filter: &DeliveryFilter) -> Result<Vec<DeliveryRow>, StoreError> {
    let max = filter.max.min(LISTED_MAX);
    let mut found = match (filter.incident, &filter.receiver, filter.states.is_empty()) {
        (Some(_), _, _) => listed(conn, filter, None, max)?,
        (None, None, true) => listed(conn, filter, None, max)?,
        (None, _, _) => {
            let all = all_states();
            let states = if filter.states.is_empty() { &all } else { &filter.states };
            let mut found = Vec::new();
            for state in states {
                found.extend(listed(conn, filter, Some(*state), max)?);
            }
            found
        }
    };
    found.sort_by_key(|row| std::cmp::Reverse(row.delivery.id));
    found.dedup_by_key(|row| row.delivery.id);
    found.truncate(max);
    Ok(found)
}

fn listed(
    conn: &Connection,
    filter: &DeliveryFilter,
    state: Option<DeliveryState>,
    max: usize,
) -> Result<Vec<DeliveryRow>, StoreError> {
    let incident = filter.incident.map(|id| int(id.0));
    let conditions = match (incident, &filter.receiver, state) {
        (Some(_), _, _) => "incident = ?1 AND (?2 IS NULL OR receiver = ?2) AND ?3 IS NULL",
        (None, Some(_), _) => "?1 IS NULL AND receiver = ?2 AND state = ?3",
        (None, None, Some(_)) => "?1 IS NULL AND ?2 IS NULL AND state = ?3",
        (None, None, None) => "?1 IS NULL AND ?2 IS NULL AND ?3 IS NULL",
    };
    let sql = format!(
        "SELECT {}, state, attempts, next_at, finished_at, remote_id, last_error, sent_subject, sent_body,
           joined
         FROM deliveries WHERE {conditions} ORDER BY id DESC",
        columns(AS_DECIDED)
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params![incident, filter.receiver, state.map(state_word)])?;
    let mut found = Vec::new();
    while found.len() < max {
        let Some(row) = rows.next()? else { break };
        let row = read_row(row)?;
        if filter.states.is_empty() || filter.states.contains(&row.state) {
            found.push(row);
        }
    }
    Ok(found)
}
