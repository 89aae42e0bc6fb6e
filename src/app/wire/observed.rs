//! One line of a recorded history: an alert that began or ended, and when.

use super::fields::{Text, Texts};
use super::time;
use chrono::{DateTime, Utc};
use domain::alert::{Batch, Fingerprint, Observation, SourceName, Status};
use domain::text::clean_line;
use serde::Deserialize;

/// What such a line looks like; errors show it.
pub const EXPECTED: &str =
    r#"{"at": "2026-01-01T00:00:00Z", "status": "firing" or "resolved", "labels": {…}, "annotations": {…}}"#;

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    at: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow)]
    labels: Texts<'a>,
    #[serde(borrow, default)]
    annotations: Option<Texts<'a>>,
}

/// Reads a line; the error is a fragment that says what is wrong with it.
pub fn line(source: &SourceName, text: &str) -> Result<(DateTime<Utc>, Batch), String> {
    let line: Line<'_> = serde_json::from_str(text).map_err(|error| in_words(&error))?;
    let at = time::read(&line.at.0).ok().flatten();
    let at =
        at.ok_or_else(|| format!("`at` is {:?}, expected a time such as 2026-01-01T00:00:00Z", shown(&line.at)))?;
    let status = match &*line.status.0 {
        "firing" => Status::Firing,
        "resolved" => Status::Resolved,
        _ => return Err(format!("`status` is {:?}, expected firing or resolved", shown(&line.status))),
    };
    let labels = line.labels.labels();
    if labels.is_empty() {
        return Err("`labels` holds nothing; an alert is known by its labels".to_owned());
    }
    let observation = Observation {
        status,
        fingerprint: Fingerprint::of(&labels),
        labels,
        annotations: line.annotations.map(Texts::pairs).unwrap_or_default(),
        // Each line is news: that it fires is since then, and that it is over too.
        starts_at: None,
        ends_at: None,
        generator_url: Box::default(),
    };
    Ok((at, Batch { source: source.clone(), group: None, truncated: 0, observations: vec![observation] }))
}

// serde counts lines and columns of the one line it was given: only the column says something.
fn in_words(error: &serde_json::Error) -> String {
    let words = error.to_string();
    let words = words.split(" at line ").next().unwrap_or_default();
    match error.column() {
        0 => words.to_owned(),
        column => format!("{words} at column {column}"),
    }
}

fn shown(text: &Text<'_>) -> String {
    clean_line(&text.0, 40)
}

#[cfg(test)]
mod tests {
    use super::line;
    use domain::alert::{SourceName, Status};

    #[test]
    fn reads_what_the_recorded_histories_hold() {
        let text = r#"{"at":"2025-10-15T09:37:00Z","status":"resolved","labels":{"severity":"warning","alertname":"A"},"annotations":{"summary":"s"},"modelled":true}"#;
        let (at, batch) = line(&SourceName::from("h"), text).unwrap();
        assert_eq!(at.to_rfc3339(), "2025-10-15T09:37:00+00:00");
        assert_eq!(batch.observations[0].status, Status::Resolved);
        assert_eq!(batch.observations[0].labels.to_string(), r#"{alertname="A", severity="warning"}"#);
        assert_eq!(batch.observations[0].annotations.value("summary"), "s");
    }

    #[test]
    fn says_what_is_wrong() {
        let wrong = [
            ("", "EOF while parsing a value"),
            (r#"{"at":"2025-10-15T09:37:00Z","status":"firing"}"#, "missing field `labels` at column 47"),
            (r#"{"at":"yesterday","status":"firing","labels":{"a":"b"}}"#, "`at` is \"yesterday\", expected a time"),
            (
                r#"{"at":"2025-10-15T09:37:00Z","status":"on","labels":{"a":"b"}}"#,
                "`status` is \"on\", expected firing",
            ),
            (r#"{"at":"2025-10-15T09:37:00Z","status":"firing","labels":{}}"#, "`labels` holds nothing"),
            (
                r#"{"at":"2025-10-15T09:37:00Z","status":"firing","labels":{"a":1}}"#,
                "invalid type: integer `1`, expected a text",
            ),
        ];
        for (text, said) in wrong {
            let problem = line(&SourceName::from("h"), text).unwrap_err();
            assert!(problem.starts_with(said), "{text}: {problem}");
        }
    }
}
