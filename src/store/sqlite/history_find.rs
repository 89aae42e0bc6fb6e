//! Finds past incidents, and reads what is kept of them for statistics: along their numbers, newest first, until the page is full.

use super::codec::{from_json, int, micros, to_json};
use super::read::{LISTED_MAX, read_incidents};
use crate::store::{Search, StoreError};
use chrono::{DateTime, Utc};
use domain::document::Audience;
use domain::history::{Outcome, Wanted};
use domain::incident::{CallOffCode, Incident};
use domain::statistics::Past;
use rusqlite::{Connection, named_params, params};

// Everything that may be asked for; what is NULL was not. The plus keeps the days from being looked up in their own index:
// then all that fits would be read and sorted for one page.
const FITS: &str = "history.incident < :before AND (:team OR history.public)
  AND +history.declared_at >= :from AND +history.declared_at < :to
  AND (:closed IS NULL OR (history.closed_at IS NOT NULL) = :closed)
  AND (:drill IS NULL OR history.drill = :drill)
  AND (:severity IS NULL OR history.severity = :severity)
  AND (:stage IS NULL OR history.stage = :stage)
  AND (:code IS NULL OR history.code = :code)
  AND (:rule IS NULL OR history.rule = :rule)
  AND (:person IS NULL OR EXISTS (SELECT 1 FROM incident_people
    WHERE incident_people.person = :person AND incident_people.incident = history.incident))
  AND (:labels IS NULL OR NOT EXISTS (SELECT 1 FROM json_each(:labels) AS wanted WHERE NOT EXISTS
    (SELECT 1 FROM incident_labels WHERE incident_labels.name = wanted.key
      AND incident_labels.value = wanted.value AND incident_labels.incident = history.incident)))";

/// Incidents that fit, newest first.
pub fn find(conn: &Connection, search: &Search) -> Result<Vec<Incident>, StoreError> {
    let (from, order) = match (search.words.is_empty(), search.open) {
        (false, _) => (
            "words CROSS JOIN history ON history.incident = words.rowid
             CROSS JOIN incidents ON incidents.id = history.incident
             WHERE words MATCH :words AND words.rowid < :before",
            "words.rowid",
        ),
        (true, Some(true)) => (
            "history INDEXED BY history_open CROSS JOIN incidents ON incidents.id = history.incident
             WHERE history.closed_at IS NULL AND :words IS NULL",
            "history.incident",
        ),
        (true, _) => {
            ("history CROSS JOIN incidents ON incidents.id = history.incident WHERE :words IS NULL", "history.incident")
        }
    };
    let sql = format!("SELECT incidents.incident FROM {from} AND {FITS} ORDER BY {order} DESC LIMIT :max");
    let (stage, code) = outcome(search.outcome);
    let open = if search.outcome == Some(Outcome::Open) { Some(true) } else { search.open };
    // Whoever asks for both gets what is both: nothing.
    let none = search.outcome == Some(Outcome::Open) && search.open == Some(false);
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(named_params! {
        ":words": matching(&search.words, search.audience),
        ":before": search.before.map_or(i64::MAX, |id| int(id.0)),
        ":team": search.audience == Audience::Team,
        ":from": search.from.map_or(i64::MIN, micros),
        ":to": search.to.map_or(i64::MAX, micros),
        ":closed": open.map(|open| !open),
        ":drill": search.drill,
        ":severity": search.severity.map(|severity| severity.word()),
        ":stage": stage,
        ":code": code.map(CallOffCode::word),
        ":rule": search.rule,
        ":person": search.person.as_ref().map(|person| person.to_ascii_lowercase()),
        ":labels": if search.labels.is_empty() { None } else { Some(to_json(&search.labels)?) },
        ":max": if none { 0 } else { int(search.max.min(LISTED_MAX) as u64) },
    })?;
    read_incidents(&mut rows)
}

/// What is kept for statistics, newest first.
pub fn past(conn: &Connection, since: DateTime<Utc>, max: usize) -> Result<Vec<Past>, StoreError> {
    let sql = "SELECT past FROM history WHERE declared_at >= ? AND drill = 0 AND past IS NOT NULL
               ORDER BY declared_at DESC LIMIT ?";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params![micros(since), int(max as u64)])?;
    let mut past = Vec::new();
    while let Some(row) = rows.next()? {
        past.push(from_json("numbers of an incident", row.get_ref(0)?.as_str().unwrap_or_default())?);
    }
    Ok(past)
}

fn outcome(outcome: Option<Outcome>) -> (Option<&'static str>, Option<CallOffCode>) {
    match outcome {
        None | Some(Outcome::Open) => (None, None),
        Some(Outcome::Resolved) => (Some("resolved"), None),
        Some(Outcome::CalledOff(code)) => (Some("called off"), code),
        Some(Outcome::Merged) => (Some("merged"), None),
    }
}

// In the language of FTS5, where a word between quotes is nothing but a word: `{public} : ("disk" AND "web-01" *)`.
fn matching(words: &[Wanted], audience: Audience) -> Option<String> {
    let each = words
        .iter()
        .map(|Wanted { word, begins }| format!("\"{}\"{}", word.replace('"', "\"\""), if *begins { " *" } else { "" }));
    let all = each.collect::<Vec<_>>().join(" AND ");
    if all.is_empty() {
        return None;
    }
    Some(match audience {
        Audience::Team => all,
        Audience::Public => format!("{{public}} : ({all})"),
    })
}

#[cfg(test)]
mod tests {
    use super::matching;
    use domain::document::Audience;
    use domain::history::query::wanted;

    #[test]
    fn words_are_quoted() {
        let asked = |text, audience| matching(&wanted(text).unwrap_or_default(), audience);
        let expected = "\"web-01\" AND \"a\"\"\" AND \"publ\" * AND \"NEAR(x\"";
        assert_eq!(asked("web-01 a\" publ* NEAR(x", Audience::Team).as_deref(), Some(expected));
        assert_eq!(asked("a", Audience::Public).as_deref(), Some("{public} : (\"a\")"));
        assert_eq!(asked(" ", Audience::Team), None);
    }
}
