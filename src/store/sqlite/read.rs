//! What pages, the API and the engine's start read.

use super::audit;
use super::codec::{from_json, int, micros, time, time_if, uint, uint32};
use super::commit::ANSWERS_KEPT;
use super::{people, shadows};
use crate::store::{IncidentFilter, StoreError};
use chrono::{DateTime, TimeDelta, Utc};
use domain::alert::{Alert, AlertKey, Fingerprint, SourceName};
use domain::engine::{Answer, Evidence, Loaded};
use domain::ids::{AlertId, IncidentId, InputSeq};
use domain::incident::{Entry, Incident, Reply};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::HashMap;

/// Closed incidents are loaded for this long: longer than anybody may reopen one, or a cooldown lasts.
pub const CLOSED_LOADED: TimeDelta = TimeDelta::days(7);

/// Most closed incidents loaded, newest first.
pub const CLOSED_LOADED_MAX: u64 = 10_000;

/// Most incidents, entries or alerts listed at once.
pub const LISTED_MAX: usize = 10_000;

/// What the engine goes on from; one snapshot.
pub fn load(conn: &mut Connection, now: DateTime<Utc>) -> Result<Loaded, StoreError> {
    let tx = conn.transaction()?;
    let mut loaded = load_position(&tx)?;
    loaded.alerts = all_alerts(&tx)?;
    loaded.incidents = loaded_incidents(&tx, now)?;
    loaded.evidence = evidence_of_all(&tx, &loaded.incidents)?;
    let mut holds = tx.prepare("SELECT hold FROM holds ORDER BY rule, key")?;
    for hold in holds.query_map([], |row| row.get::<_, String>(0))? {
        loaded.holds.push(from_json("a hold", &hold?)?);
    }
    let mut beats = tx.prepare("SELECT beat FROM beats ORDER BY name")?;
    for beat in beats.query_map([], |row| row.get::<_, String>(0))? {
        loaded.beats.push(from_json("a heartbeat", &beat?)?);
    }
    loaded.shadows = shadows::lately(&tx, now - CLOSED_LOADED)?;
    loaded.last_shadow = shadows::last(&tx)?;
    loaded.answers = answers(&tx)?;
    loaded.audit = audit::head(&tx)?;
    let policy: Option<String> = tx.query_row("SELECT policy FROM policy", [], |row| row.get(0)).optional()?;
    loaded.policy = policy.map(|policy| from_json("a configuration", &policy)).transpose()?;
    loaded.directory = people::in_force(&tx)?;
    Ok(loaded)
}

fn load_position(conn: &Connection) -> Result<Loaded, StoreError> {
    let mut statement =
        conn.prepare("SELECT seq, at, last_incident, last_alert, last_delivery, began_at FROM position")?;
    let mut rows = statement.query([])?;
    let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    Ok(Loaded {
        position: InputSeq(uint(row.get(0)?)),
        at: time_if(row.get(1)?)?,
        last_incident: uint(row.get(2)?),
        last_alert: uint(row.get(3)?),
        last_delivery: uint(row.get(4)?),
        began_at: time_if(row.get(5)?)?,
        ..Loaded::default()
    })
}

/// How far the inbox is decided, and the time of that input.
pub fn position(conn: &Connection) -> Result<(InputSeq, Option<i64>), StoreError> {
    let mut statement = conn.prepare_cached("SELECT seq, at FROM position")?;
    Ok(statement.query_row([], |row| Ok((InputSeq(uint(row.get(0)?)), row.get(1)?)))?)
}

const ALERT_COLUMNS: &str = "id, source, fingerprint, labels, annotations, generator_url, state, starts_at, claimed_at, \
                             last_seen, grouped, expires_at, episodes, past, pre_existing";

// A few sources repeat on every row; they share one text in memory.
#[derive(Default)]
struct Sources(HashMap<String, SourceName>);

impl Sources {
    fn named(&mut self, name: &str) -> SourceName {
        if let Some(known) = self.0.get(name) {
            return known.clone();
        }
        let source = SourceName::from(name);
        self.0.insert(name.to_owned(), source.clone());
        source
    }
}

fn all_alerts(conn: &Connection) -> Result<Vec<Alert>, StoreError> {
    let mut statement = conn.prepare(&format!("SELECT {ALERT_COLUMNS} FROM alerts ORDER BY id"))?;
    read_alerts(&mut statement.query([])?)
}

fn read_alerts(rows: &mut rusqlite::Rows<'_>) -> Result<Vec<Alert>, StoreError> {
    let (mut alerts, mut sources) = (Vec::new(), Sources::default());
    while let Some(row) = rows.next()? {
        alerts.push(read_alert(row, &mut sources)?);
    }
    Ok(alerts)
}

fn read_alert(row: &Row<'_>, sources: &mut Sources) -> Result<Alert, StoreError> {
    let text = |column| row.get_ref(column).map(|value| value.as_str().unwrap_or_default());
    Ok(Alert {
        id: AlertId(uint(row.get(0)?)),
        key: AlertKey {
            source: sources.named(text(1)?),
            fingerprint: Fingerprint(row.get::<_, i64>(2)?.cast_unsigned()),
        },
        labels: from_json("an alert", text(3)?)?,
        annotations: from_json("an alert", text(4)?)?,
        generator_url: text(5)?.into(),
        state: from_json("an alert", text(6)?)?,
        starts_at: time(row.get(7)?)?,
        claimed_starts_at: time_if(row.get(8)?)?,
        last_seen: time(row.get(9)?)?,
        group: row.get::<_, Option<i64>>(10)?.map(i64::cast_unsigned),
        expires_at: time_if(row.get(11)?)?,
        episodes: uint32(row.get(12)?),
        past: from_json("an alert", text(13)?)?,
        pre_existing: row.get(14)?,
    })
}

/// Incidents of rows whose first column they are.
pub fn read_incidents(rows: &mut rusqlite::Rows<'_>) -> Result<Vec<Incident>, StoreError> {
    let mut incidents = Vec::new();
    while let Some(row) = rows.next()? {
        incidents.push(from_json("an incident", row.get_ref(0)?.as_str().unwrap_or_default())?);
    }
    Ok(incidents)
}

fn loaded_incidents(conn: &Connection, now: DateTime<Utc>) -> Result<Vec<Incident>, StoreError> {
    let open = "SELECT incident FROM incidents INDEXED BY incidents_open WHERE closed_at IS NULL ORDER BY id";
    let mut incidents = read_incidents(&mut conn.prepare(open)?.query([])?)?;
    let closed = "SELECT incident FROM incidents WHERE closed_at > ? AND id NOT IN (SELECT incident FROM imported)
                  ORDER BY closed_at DESC LIMIT ?";
    let since = params![micros(now - CLOSED_LOADED), int(CLOSED_LOADED_MAX)];
    incidents.extend(read_incidents(&mut conn.prepare(closed)?.query(since)?)?);
    let kept = "SELECT incident FROM incidents INDEXED BY incidents_kept
                WHERE kept = 1 AND closed_at <= ? ORDER BY id DESC LIMIT ?";
    let before = params![micros(now - CLOSED_LOADED), int(CLOSED_LOADED_MAX)];
    incidents.extend(read_incidents(&mut conn.prepare(kept)?.query(before)?)?);
    incidents.sort_by_key(|incident| incident.id);
    Ok(incidents)
}

fn evidence_of_all(conn: &Connection, incidents: &[Incident]) -> Result<Vec<Evidence>, StoreError> {
    let mut statement = conn.prepare("SELECT alert, counted FROM evidence WHERE incident = ? ORDER BY alert")?;
    let mut evidence = Vec::new();
    for incident in incidents {
        let mut rows = statement.query([int(incident.id.0)])?;
        while let Some(row) = rows.next()? {
            let alert = AlertId(uint(row.get(0)?));
            evidence.push(Evidence { incident: incident.id, alert, counted: row.get(1)? });
        }
    }
    Ok(evidence)
}

fn answers(conn: &Connection) -> Result<Vec<Answer>, StoreError> {
    let mut statement = conn.prepare("SELECT key, input, at, reply FROM answers WHERE at > COALESCE((SELECT at FROM position), 0) - ? ORDER BY input, key")?;
    let mut rows = statement.query([ANSWERS_KEPT.num_microseconds().unwrap_or(i64::MAX)])?;
    let mut answers = Vec::new();
    while let Some(row) = rows.next()? {
        answers.push(Answer {
            key: row.get(0)?,
            input: InputSeq(uint(row.get(1)?)),
            at: time(row.get(2)?)?,
            reply: from_json("an answer", &row.get::<_, String>(3)?)?,
        });
    }
    Ok(answers)
}

/// The answer under this key, within a day by the engine's clock.
pub fn answer(conn: &Connection, key: &str) -> Result<Option<Reply>, StoreError> {
    let sql = "SELECT reply FROM answers WHERE key = ?1 AND at > COALESCE((SELECT at FROM position), 0) - ?2";
    let kept = ANSWERS_KEPT.num_microseconds().unwrap_or(i64::MAX);
    let mut statement = conn.prepare_cached(sql)?;
    let reply: Option<String> = statement.query_row(params![key, kept], |row| row.get(0)).optional()?;
    reply.map(|reply| from_json("an answer", &reply)).transpose()
}

/// Incidents, newest first.
pub fn incidents(conn: &Connection, filter: &IncidentFilter) -> Result<Vec<Incident>, StoreError> {
    let before = filter.before.map_or(i64::MAX, |id| int(id.0));
    let sql = match filter.open {
        None => "SELECT incident FROM incidents WHERE id < ? ORDER BY id DESC LIMIT ?",
        Some(true) => {
            "SELECT incident FROM incidents INDEXED BY incidents_open
                       WHERE id < ? AND closed_at IS NULL ORDER BY id DESC LIMIT ?"
        }
        Some(false) => "SELECT incident FROM incidents WHERE id < ? AND closed_at IS NOT NULL ORDER BY id DESC LIMIT ?",
    };
    let max = int(filter.max.min(LISTED_MAX) as u64);
    read_incidents(&mut conn.prepare_cached(sql)?.query(params![before, max])?)
}

/// Incidents whose post mortem is owed, those that have been for longest first.
pub fn owed(conn: &Connection, max: usize) -> Result<Vec<Incident>, StoreError> {
    let sql = "SELECT incident FROM incidents INDEXED BY incidents_owed
               WHERE owed_since IS NOT NULL ORDER BY owed_since LIMIT ?";
    read_incidents(&mut conn.prepare_cached(sql)?.query([int(max.min(LISTED_MAX) as u64)])?)
}

/// One incident.
pub fn incident(conn: &Connection, id: IncidentId) -> Result<Option<Incident>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT incident FROM incidents WHERE id = ?")?;
    let incidents = read_incidents(&mut statement.query([int(id.0)])?)?;
    Ok(incidents.into_iter().next())
}

/// A page of a timeline, newest first.
pub fn timeline(conn: &Connection, id: IncidentId, before: Option<u32>, max: usize) -> Result<Vec<Entry>, StoreError> {
    let sql = "SELECT number, at, input, actor, fact FROM entries WHERE incident = ? AND number < ?
               ORDER BY number DESC LIMIT ?";
    let mut statement = conn.prepare_cached(sql)?;
    let before = before.map_or(i64::MAX, i64::from);
    let mut rows = statement.query(params![int(id.0), before, int(max.min(LISTED_MAX) as u64)])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(Entry {
            incident: id,
            number: uint32(row.get(0)?),
            at: time(row.get(1)?)?,
            input: InputSeq(uint(row.get(2)?)),
            actor: from_json("an entry", row.get_ref(3)?.as_str().unwrap_or_default())?,
            fact: from_json("an entry", row.get_ref(4)?.as_str().unwrap_or_default())?,
        });
    }
    Ok(entries)
}

/// Alerts of an incident, those that fire first; also those the engine has forgotten since. Each part is read along its
/// order until there are enough: a storm has more alerts than anybody shows.
pub fn alerts_of(conn: &Connection, id: IncidentId, max: usize) -> Result<Vec<Alert>, StoreError> {
    let max = max.min(LISTED_MAX);
    let part = |condition: &str, max: usize| {
        let sql = format!("SELECT {ALERT_COLUMNS} FROM evidence CROSS JOIN {condition} ORDER BY alert LIMIT ?");
        let mut statement = conn.prepare_cached(&sql)?;
        read_alerts(&mut statement.query(params![int(id.0), int(max as u64)])?)
    };
    let mut alerts = part("alerts ON alerts.id = alert WHERE incident = ? AND open = 1", max)?;
    let room = max - alerts.len();
    let mut over = part("alerts ON alerts.id = alert WHERE incident = ? AND open <> 1", room)?;
    over.extend(part("past_alerts ON past_alerts.id = alert WHERE incident = ?", room)?);
    over.sort_by_key(|alert| alert.id);
    over.truncate(room);
    alerts.append(&mut over);
    Ok(alerts)
}

/// Alerts of a source that are open or contested.
pub fn open_alerts(conn: &Connection, source: &str) -> Result<Vec<Alert>, StoreError> {
    let sql = format!("SELECT {ALERT_COLUMNS} FROM alerts WHERE source = ? AND open > 0 ORDER BY id");
    let mut statement = conn.prepare_cached(&sql)?;
    read_alerts(&mut statement.query([source])?)
}

/// Numbers of the alerts of an incident.
pub fn evidence_of(conn: &Connection, id: IncidentId) -> Result<Vec<AlertId>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT alert FROM evidence WHERE incident = ? ORDER BY alert")?;
    let ids = statement.query_map([int(id.0)], |row| row.get(0))?;
    Ok(ids.collect::<Result<Vec<i64>, _>>()?.into_iter().map(|id| AlertId(uint(id))).collect())
}
