//! An incident as an archive, read from both files; the same for a running server and for a store that is looked at.

use super::codec::{from_json, int, to_json};
use super::{deliveries, inbox, pads, read};
use crate::archive::incident::{About, Content, INPUT_BYTES_MAX, Origin, PadText, write};
use crate::store::{DeliveryFilter, StoreError};
use domain::engine::Loaded;
use domain::ids::{IncidentId, InputSeq};
use domain::incident::{Entry, Incident};
use rusqlite::{Connection, OptionalExtension};

/// Entries, alerts and notices of an archive.
const ENTRIES_MAX: usize = 1_000_000;
const PAGE: usize = 5_000;
const ROWS_MAX: usize = 4_096;

/// What `earlybell.db` knows of an incident.
pub enum Facts {
    /// It came as an archive, and goes as that.
    Archive(Vec<u8>),
    /// It happened here.
    Own(Box<Own>),
}

/// An incident of this instance.
pub struct Own {
    incident: Incident,
    content: Content,
    instance: String,
    missing: Vec<String>,
    // Number of the input that gave its last entry.
    last: u64,
}

/// Reads what `earlybell.db` knows.
pub fn facts(conn: &Connection, id: IncidentId, first_input: u64) -> Result<Option<Facts>, StoreError> {
    let tx = conn.unchecked_transaction()?;
    let archive = "SELECT archive FROM imported WHERE incident = ?";
    if let Some(archive) = tx.query_row(archive, [int(id.0)], |row| row.get(0)).optional()? {
        return Ok(Some(Facts::Archive(archive)));
    }
    let Some(incident) = read::incident(&tx, id)? else { return Ok(None) };
    let mut missing = Vec::new();
    let entries = entries(&tx, id)?;
    let first = entries.first().map_or(0, |entry| entry.input.0);
    let last = entries.iter().map(|entry| entry.input.0).max().unwrap_or(0);
    let mut found = read::alerts_of(&tx, id, read::LISTED_MAX)?;
    found.sort_by_key(|alert| alert.id);
    if found.len() == read::LISTED_MAX {
        missing.push(format!("of its alerts, those after the first {}", read::LISTED_MAX));
    }
    let filter = DeliveryFilter { incident: Some(id), max: deliveries::LISTED_MAX, ..DeliveryFilter::default() };
    let mut notices = deliveries::deliveries(&tx, &filter)?;
    notices.reverse();
    if notices.len() == deliveries::LISTED_MAX {
        missing.push(format!("of its notices, those before the last {}", deliveries::LISTED_MAX));
    }
    let checkpoint = start(&tx, first, first_input, &mut missing)?;
    // What is ours there, the timeline has.
    let pad = pads::pad(&tx, id)?.filter(|row| !row.people.is_empty());
    let pad = pad.map(|row| PadText { text: row.people, seen_at: row.people_at });
    let content = Content {
        alerts: found.iter().map(to_json).collect::<Result<_, _>>()?,
        entries,
        notices: notices.iter().map(to_json).collect::<Result<_, _>>()?,
        checkpoint,
        inputs: Vec::new(),
        pad,
    };
    let policy: Option<String> = tx.query_row("SELECT policy FROM policy", [], |row| row.get(0)).optional()?;
    let policy: Option<domain::policy::PolicySource> =
        policy.map(|policy| from_json("a configuration", &policy)).transpose()?;
    let instance = policy.map(|policy| policy.external_url).unwrap_or_default();
    Ok(Some(Facts::Own(Box::new(Own { incident, content, instance, missing, last }))))
}

/// Adds the inputs, and writes it.
pub fn with_inputs(conn: &Connection, own: Own) -> Result<Vec<u8>, StoreError> {
    let Own { incident, mut content, instance, mut missing, last } = own;
    let begin = content.checkpoint.as_ref().map_or(InputSeq(0), |checkpoint| checkpoint.position);
    if missing.iter().all(|sentence| !sentence.starts_with(PRUNED)) {
        let mut after = begin;
        let mut bytes = 0;
        while after.0 < last {
            let rows = inbox::inputs_after(conn, after, ROWS_MAX, INPUT_BYTES_MAX - bytes)?;
            let Some(newest) = rows.last() else { break };
            after = newest.seq;
            bytes += rows.iter().map(|input| input.body.len()).sum::<usize>();
            content.inputs.extend(rows.into_iter().filter(|input| input.seq.0 <= last));
            if bytes >= INPUT_BYTES_MAX {
                missing.push(format!(
                    "inputs after {after}, of {last}: with them it would be larger than {INPUT_BYTES_MAX} bytes"
                ));
                break;
            }
        }
    }
    let number = |input: Option<&crate::store::StoredInput>| input.map_or(0, |input| input.seq.0);
    let about = About {
        earlybell: env!("CARGO_PKG_VERSION").to_owned(),
        origin: Origin { instance, number: incident.id.0 },
        title: incident.title.clone(),
        declared_at: incident.declared_at,
        closed_at: incident.stage.closed_at(),
        inputs: (number(content.inputs.first()), number(content.inputs.last())),
        missing,
    };
    write(about, &incident, &content).map_err(|error| StoreError::Broken(error.to_string()))
}

// Begins the sentence about inputs that are gone.
const PRUNED: &str = "its inputs";

// What the engine knew before the first input; the newest that there is, so that few inputs go along.
fn start(
    conn: &Connection,
    first: u64,
    first_input: u64,
    missing: &mut Vec<String>,
) -> Result<Option<Loaded>, StoreError> {
    let sql = "SELECT state FROM checkpoints WHERE position < ? AND position + 1 >= ? ORDER BY position DESC LIMIT 1";
    let state: Option<String> = conn.query_row(sql, [int(first), int(first_input)], |row| row.get(0)).optional()?;
    let loaded: Option<Loaded> = state.map(|state| from_json("a checkpoint", &state)).transpose()?;
    if loaded.is_none() && first_input > 1 {
        missing.push(format!(
            "{PRUNED}: those before {first_input} are past --data.retention, and nothing later was written down from which \
             it can be played"
        ));
    }
    Ok(loaded)
}

fn entries(conn: &Connection, id: IncidentId) -> Result<Vec<Entry>, StoreError> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = read::timeline(conn, id, before, PAGE)?;
        before = page.last().map(|entry| entry.number);
        let whole = page.len() < PAGE || all.len() >= ENTRIES_MAX;
        all.extend(page);
        if whole {
            all.reverse();
            return Ok(all);
        }
    }
}
