//! What incidents are found by, written in the same commit as what happened.

use super::codec::{from_json, int, micros, to_json};
use super::{history_tell, read};
use crate::store::StoreError;
use domain::alert::{Alert, Pairs};
use domain::engine::Changes;
use domain::history::words::{LABELS_MAX, labels, people, rewrites, said};
use domain::history::{Said, Words};
use domain::ids::{AlertId, IncidentId};
use domain::incident::{Entry, Incident, Stage};
use domain::statistics::Past;
use rusqlite::{Connection, OptionalExtension, params};
use std::borrow::Cow;
use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet};

/// Writes it for all that changed.
pub fn write(conn: &Connection, changes: &Changes) -> Result<(), StoreError> {
    let mut entries: BTreeMap<IncidentId, Vec<&Entry>> = BTreeMap::new();
    for entry in &changes.entries {
        entries.entry(entry.incident).or_default().push(entry);
    }
    for incident in changes.incidents.values() {
        // Told from its first entry on; of one that was there before, the rest is read later.
        let first = entries.get(&incident.id).and_then(|entries| entries.first());
        write_row(conn, incident, first.is_some_and(|entry| entry.number == 1))?;
    }
    for (id, entries) in entries {
        if !is_told(conn, id)? {
            continue;
        }
        match changes.incidents.get(&id) {
            Some(incident) => tell(conn, incident, &entries)?,
            None => read::incident(conn, id)?.map_or(Ok(()), |incident| tell(conn, &incident, &entries))?,
        }
    }
    write_labels(conn, changes)
}

/// Writes what every incident has: where it stands.
pub fn write_row(conn: &Connection, incident: &Incident, told: bool) -> Result<(), StoreError> {
    let sql = "INSERT INTO history (incident, public, drill, stage, code, severity, rule, declared_at, closed_at, told)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (incident) DO UPDATE SET public = excluded.public, stage = excluded.stage,
                 code = excluded.code, severity = excluded.severity, closed_at = excluded.closed_at";
    conn.prepare_cached(sql)?.execute(params![
        int(incident.id.0),
        incident.is_public(),
        incident.drill,
        incident.stage.word(),
        code(&incident.stage),
        incident.severity.word(),
        incident.rule.as_ref().map(|rule| rule.name.as_str()),
        micros(incident.declared_at),
        incident.stage.closed_at().map(micros),
        told,
    ])?;
    Ok(())
}

fn code(stage: &Stage) -> Option<&'static str> {
    match stage {
        Stage::CalledOff { code, .. } => Some(code.word()),
        Stage::Suspected | Stage::Confirmed | Stage::Resolved { .. } | Stage::Merged { .. } => None,
    }
}

/// Whether all of an incident is written down so far.
pub fn is_told(conn: &Connection, id: IncidentId) -> Result<bool, StoreError> {
    let sql = "SELECT told FROM history WHERE incident = ?";
    let told: Option<bool> = conn.prepare_cached(sql)?.query_row([int(id.0)], |row| row.get(0)).optional()?;
    Ok(told.unwrap_or(false))
}

fn tell(conn: &Connection, incident: &Incident, entries: &[&Entry]) -> Result<(), StoreError> {
    for entry in entries {
        write_people(conn, incident.id, people(entry))?;
    }
    write_past(conn, incident, entries)?;
    let mut room = Room::of(conn, incident.id)?;
    if entries.iter().any(|entry| entry.number == 1) {
        write_pairs(conn, incident.id, labels(incident), &mut room)?;
    }
    if entries.iter().any(|entry| rewrites(entry)) {
        return write_words(conn, incident.id, &history_tell::told(conn, incident)?.words);
    }
    let sayings: Vec<_> = entries.iter().map(|entry| said(incident, entry)).collect();
    add_words(conn, incident.id, &sayings, &room.new)
}

fn add_words(
    conn: &Connection,
    id: IncidentId,
    sayings: &[Said<'_>],
    values: &BTreeSet<String>,
) -> Result<(), StoreError> {
    if values.is_empty() && sayings.iter().all(|said| said.public.is_empty() && said.team.is_empty()) {
        return Ok(());
    }
    let mut words = read_words(conn, id)?;
    let new = sayings.iter().fold(false, |new, said| words.add(said) | new);
    let new = values.iter().fold(new, |new, value| words.add_for_team(value) | new);
    if new { write_words(conn, id, &words) } else { Ok(()) }
}

// What statistics keep of it goes on from what was kept before.
fn write_past(conn: &Connection, incident: &Incident, entries: &[&Entry]) -> Result<(), StoreError> {
    let mut statement = conn.prepare_cached("SELECT past FROM history WHERE incident = ?")?;
    let kept: Option<Option<String>> = statement.query_row([int(incident.id.0)], |row| row.get(0)).optional()?;
    let kept = kept.flatten().map(|kept| from_json("numbers of an incident", &kept)).transpose()?;
    let mut past: Past = kept.unwrap_or_default();
    entries.iter().for_each(|entry| past.take(incident, entry));
    past.settle(incident);
    put_past(conn, incident.id, &past)
}

/// Puts these numbers in the place of those before.
pub fn put_past(conn: &Connection, id: IncidentId, past: &Past) -> Result<(), StoreError> {
    let sql = "UPDATE history SET past = ? WHERE incident = ?";
    conn.prepare_cached(sql)?.execute(params![to_json(past)?, int(id.0)])?;
    Ok(())
}

/// Writes who had to do with it.
pub fn write_people<'a>(
    conn: &Connection,
    id: IncidentId,
    people: impl Iterator<Item = &'a str>,
) -> Result<(), StoreError> {
    let mut insert = conn.prepare_cached("INSERT OR IGNORE INTO incident_people (person, incident) VALUES (?, ?)")?;
    for person in people {
        insert.execute(params![person.to_ascii_lowercase(), int(id.0)])?;
    }
    Ok(())
}

fn read_words(conn: &Connection, id: IncidentId) -> Result<Words, StoreError> {
    let mut statement = conn.prepare_cached("SELECT public, team FROM words WHERE rowid = ?")?;
    let words = statement.query_row([int(id.0)], |row| Ok(Words { public: row.get(0)?, team: row.get(1)? }));
    Ok(words.optional()?.unwrap_or_default())
}

/// Puts these words in the place of those before.
pub fn write_words(conn: &Connection, id: IncidentId, words: &Words) -> Result<(), StoreError> {
    let mut replace = conn.prepare_cached("REPLACE INTO words (rowid, public, team) VALUES (?, ?, ?)")?;
    replace.execute(params![int(id.0), words.public, words.team])?;
    Ok(())
}

/// How many more label pairs an incident may have, and what was new.
pub struct Room {
    left: usize,
    new: BTreeSet<String>,
}

impl Room {
    /// For this incident.
    pub fn of(conn: &Connection, id: IncidentId) -> Result<Self, StoreError> {
        let sql = "SELECT COUNT(*) FROM incident_labels WHERE incident = ?";
        let count: i64 = conn.prepare_cached(sql)?.query_row([int(id.0)], |row| row.get(0))?;
        Ok(Self { left: LABELS_MAX.saturating_sub(usize::try_from(count).unwrap_or(usize::MAX)), new: BTreeSet::new() })
    }

    /// Values that were new.
    pub fn into_new(self) -> BTreeSet<String> {
        self.new
    }

    /// Whether nothing more fits.
    pub fn is_full(&self) -> bool {
        self.left == 0
    }
}

/// Writes label pairs.
pub fn write_pairs<'a>(
    conn: &Connection,
    id: IncidentId,
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
    room: &mut Room,
) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO incident_labels (name, value, incident) VALUES (?, ?, ?)";
    let mut insert = conn.prepare_cached(sql)?;
    for (name, value) in pairs {
        if room.is_full() {
            break;
        }
        if insert.execute(params![name, value, int(id.0)])? > 0 {
            room.left -= 1;
            room.new.insert(value.to_owned());
        }
    }
    Ok(())
}

// The labels of alerts come with the alerts. A storm has more of them than anybody asks for: beyond a number they are not
// looked at any more.
fn write_labels(conn: &Connection, changes: &Changes) -> Result<(), StoreError> {
    let mut rooms: BTreeMap<IncidentId, Option<Room>> = BTreeMap::new();
    for one in &changes.evidence {
        let room = match rooms.entry(one.incident) {
            Slot::Occupied(known) => known.into_mut(),
            Slot::Vacant(new) => {
                let told = is_told(conn, one.incident)?;
                new.insert(told.then(|| Room::of(conn, one.incident)).transpose()?)
            }
        };
        let Some(room) = room.as_mut().filter(|room| !room.is_full()) else { continue };
        if let Some(labels) = labels_of(conn, changes, one.alert)? {
            write_pairs(conn, one.incident, labels.iter(), room)?;
        }
    }
    for (id, room) in rooms {
        add_words(conn, id, &[], &room.map(|room| room.new).unwrap_or_default())?;
    }
    Ok(())
}

fn labels_of<'a>(conn: &Connection, changes: &'a Changes, id: AlertId) -> Result<Option<Cow<'a, Pairs>>, StoreError> {
    if let Some(Some(Alert { labels, .. })) = changes.alerts.get(&id) {
        return Ok(Some(Cow::Borrowed(labels)));
    }
    let mut statement = conn.prepare_cached("SELECT labels FROM alerts WHERE id = ?")?;
    let labels: Option<String> = statement.query_row([int(id.0)], |row| row.get(0)).optional()?;
    Ok(labels.map(|labels| from_json("an alert", &labels)).transpose()?.map(Cow::Owned))
}
