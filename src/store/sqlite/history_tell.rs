//! Reads an incident from its first entry on, to write down what it is found by: after words were taken back, and for what an
//! older version left.

use super::codec::{from_json, int, time, uint, uint32};
use super::history::{Room, put_past, write_pairs, write_people, write_row, write_words};
use super::read;
use crate::store::StoreError;
use domain::alert::Pairs;
use domain::history::Words;
use domain::history::words::{LABELS_MAX, labels, people, said};
use domain::ids::{IncidentId, InputSeq};
use domain::incident::{Entry, Incident};
use domain::statistics::Past;
use rusqlite::{Connection, Row, TransactionBehavior, params};
use std::collections::BTreeSet;

/// Most incidents looked at in one batch.
const BATCH_INCIDENTS_MAX: usize = 200;

/// All that an incident is found by.
pub struct Told {
    id: IncidentId,
    // As of so many entries.
    entries: u32,
    /// Its words.
    pub words: Words,
    people: BTreeSet<String>,
    past: Past,
}

/// Reads all entries of an incident.
pub fn told(conn: &Connection, incident: &Incident) -> Result<Told, StoreError> {
    let (mut words, mut names, mut past) = (Words::default(), BTreeSet::new(), Past::default());
    let sql = "SELECT number, at, input, actor, fact FROM entries WHERE incident = ? ORDER BY number";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([int(incident.id.0)])?;
    while let Some(row) = rows.next()? {
        let entry = entry(incident.id, row)?;
        words.add(&said(incident, &entry));
        past.take(incident, &entry);
        names.extend(people(&entry).map(str::to_owned));
    }
    past.settle(incident);
    let values = "SELECT DISTINCT value FROM incident_labels WHERE incident = ? ORDER BY value";
    let mut statement = conn.prepare_cached(values)?;
    for value in statement.query_map([int(incident.id.0)], |row| row.get::<_, String>(0))? {
        words.add_for_team(&value?);
    }
    Ok(Told { id: incident.id, entries: incident.entries, words, people: names, past })
}

fn entry(incident: IncidentId, row: &Row<'_>) -> Result<Entry, StoreError> {
    Ok(Entry {
        incident,
        number: uint32(row.get(0)?),
        at: time(row.get(1)?)?,
        input: InputSeq(uint(row.get(2)?)),
        actor: from_json("an entry", row.get_ref(3)?.as_str().unwrap_or_default())?,
        fact: from_json("an entry", row.get_ref(4)?.as_str().unwrap_or_default())?,
    })
}

/// Writes down all that an incident is found by whose entries are there already.
pub fn tell_whole(conn: &Connection, incident: &Incident) -> Result<(), StoreError> {
    write_row(conn, incident, false)?;
    write_told(conn, incident, &told(conn, incident)?)
}

/// How many incidents wait to be told.
pub fn untold(conn: &Connection) -> Result<u64, StoreError> {
    let sql = "SELECT COUNT(*) FROM history INDEXED BY history_untold WHERE told = 0";
    Ok(uint(conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?))
}

/// Some of those that wait, newest first, until about so many entries were read.
pub fn read_batch(conn: &Connection, entries_max: usize) -> Result<Vec<Told>, StoreError> {
    let sql = "SELECT incident FROM history INDEXED BY history_untold WHERE told = 0 ORDER BY incident DESC LIMIT ?";
    let mut statement = conn.prepare_cached(sql)?;
    let ids = statement.query_map([int(BATCH_INCIDENTS_MAX as u64)], |row| row.get(0))?;
    let ids: Vec<i64> = ids.collect::<Result<_, _>>()?;
    let (mut batch, mut entries) = (Vec::new(), 0);
    for id in ids.into_iter().map(|id| IncidentId(uint(id))) {
        if entries >= entries_max {
            break;
        }
        let Some(incident) = read::incident(conn, id)? else { continue };
        let told = told(conn, &incident)?;
        entries += told.entries as usize;
        batch.push(told);
    }
    Ok(batch)
}

fn labels_of_alerts(conn: &Connection, id: IncidentId) -> Result<Vec<Pairs>, StoreError> {
    let mut found = Vec::new();
    for sql in [
        "SELECT labels FROM evidence CROSS JOIN alerts ON alerts.id = alert WHERE incident = ? ORDER BY alert LIMIT ?",
        "SELECT labels FROM evidence CROSS JOIN past_alerts ON past_alerts.id = alert WHERE incident = ? ORDER BY alert LIMIT ?",
    ] {
        let mut statement = conn.prepare_cached(sql)?;
        let mut rows = statement.query(params![int(id.0), int(LABELS_MAX as u64)])?;
        while let Some(row) = rows.next()? {
            found.push(from_json("an alert", row.get_ref(0)?.as_str().unwrap_or_default())?);
        }
    }
    Ok(found)
}

/// Writes a batch. What changed since it was read waits for the next one.
pub fn write_batch(conn: &mut Connection, batch: &[Told]) -> Result<(), StoreError> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for told in batch {
        let now = read::incident(&tx, told.id)?;
        if let Some(incident) = now.filter(|incident| incident.entries == told.entries) {
            write_told(&tx, &incident, told)?;
        }
    }
    Ok(tx.commit()?)
}

fn write_told(conn: &Connection, incident: &Incident, told: &Told) -> Result<(), StoreError> {
    write_people(conn, told.id, told.people.iter().map(String::as_str))?;
    let mut room = Room::of(conn, told.id)?;
    write_pairs(conn, told.id, labels(incident), &mut room)?;
    // Read only now: alerts come without an entry, too.
    for labels in labels_of_alerts(conn, told.id)? {
        write_pairs(conn, told.id, labels.iter(), &mut room)?;
    }
    let mut words = told.words.clone();
    for value in room.into_new() {
        words.add_for_team(&value);
    }
    write_words(conn, told.id, &words)?;
    put_past(conn, told.id, &told.past)?;
    conn.prepare_cached("UPDATE history SET told = 1 WHERE incident = ?")?.execute([int(told.id.0)])?;
    Ok(())
}
