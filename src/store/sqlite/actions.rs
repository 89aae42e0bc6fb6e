//! Action items over all incidents: rows beside the incidents they belong to.

use super::codec::{from_json, int, to_json, uint};
use super::read::LISTED_MAX;
use crate::store::{ActionFilter, ActionRow, StoreError};
use chrono::{Datelike, NaiveDate};
use domain::ids::IncidentId;
use domain::incident::Incident;
use domain::incident::review::Action;
use rusqlite::{Connection, params};

/// Writes those of an incident; none is ever taken away.
pub fn write(conn: &Connection, incident: &Incident) -> Result<(), StoreError> {
    if incident.review.actions.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO actions (incident, number, open, due, owner, action) VALUES (?, ?, ?, ?, ?, ?)
               ON CONFLICT (incident, number) DO UPDATE SET open = excluded.open, due = excluded.due,
                 owner = excluded.owner, action = excluded.action
               WHERE action <> excluded.action";
    let mut upsert = conn.prepare_cached(sql)?;
    for action in &incident.review.actions {
        let (open, due) = (action.is_open(), action.item.due.map(days));
        let row = params![int(incident.id.0), action.number, open, due, action.item.owner, to_json(action)?];
        upsert.execute(row)?;
    }
    Ok(())
}

/// Those that somebody looks for: open ones by their day, others of the newest incident first.
pub fn list(conn: &Connection, filter: &ActionFilter) -> Result<Vec<ActionRow>, StoreError> {
    let open = "SELECT actions.incident, action, json_extract(incidents.incident, '$.title'), drill
                FROM actions INDEXED BY actions_open JOIN incidents ON incidents.id = actions.incident
                WHERE open = 1 AND (?1 IS NULL OR due < ?1) AND (?2 IS NULL OR owner = ?2 COLLATE NOCASE)
                ORDER BY due IS NULL, due, actions.incident, number LIMIT ?3";
    let ended = "SELECT actions.incident, action, json_extract(incidents.incident, '$.title'), drill
                 FROM actions CROSS JOIN incidents ON incidents.id = actions.incident
                 WHERE open = 0 AND (?1 IS NULL OR due < ?1) AND (?2 IS NULL OR owner = ?2 COLLATE NOCASE)
                 ORDER BY actions.incident DESC, number DESC LIMIT ?3";
    let all = "SELECT actions.incident, action, json_extract(incidents.incident, '$.title'), drill
               FROM actions CROSS JOIN incidents ON incidents.id = actions.incident
               WHERE (?1 IS NULL OR due < ?1) AND (?2 IS NULL OR owner = ?2 COLLATE NOCASE)
               ORDER BY actions.incident DESC, number DESC LIMIT ?3";
    let sql = match (filter.open, filter.due_before) {
        (Some(true), _) | (None, Some(_)) => open,
        (Some(false), _) => ended,
        (None, None) => all,
    };
    let mut statement = conn.prepare_cached(sql)?;
    let max = int(filter.max.min(LISTED_MAX) as u64);
    let mut rows = statement.query(params![filter.due_before.map(days), filter.owner, max])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let action: Action = from_json("an action item", row.get_ref(1)?.as_str().unwrap_or_default())?;
        let incident = IncidentId(uint(row.get(0)?));
        found.push(ActionRow { incident, title: row.get(2)?, drill: row.get(3)?, action });
    }
    Ok(found)
}

/// How many are open, by their day.
pub fn open_by_day(conn: &Connection) -> Result<Vec<(Option<NaiveDate>, u64)>, StoreError> {
    let sql = "SELECT due, COUNT(*) FROM actions INDEXED BY actions_open WHERE open = 1 GROUP BY due ORDER BY due";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, Option<i64>>(0)?, uint(row.get(1)?))))?;
    let counted: Vec<(Option<i64>, u64)> = rows.collect::<Result<_, _>>()?;
    Ok(counted.into_iter().map(|(due, count)| (due.and_then(date), count)).collect())
}

// Days since 1970, so that they compare.
fn days(date: NaiveDate) -> i64 {
    i64::from(date.num_days_from_ce()) - EPOCH_DAYS
}

fn date(days: i64) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(i32::try_from(days + EPOCH_DAYS).ok()?)
}

// 1970-01-01, counted from the first day of the year 1.
const EPOCH_DAYS: i64 = 719_163;
