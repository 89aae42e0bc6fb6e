//! Recorded requests of real Alertmanagers, read and played into the table of alerts.

mod bodies;
mod recorder;
mod scenarios;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::path::Path;

/// One recorded request.
#[derive(Deserialize)]
struct Recorded {
    request: Request,
    body_raw: Option<String>,
}

#[derive(Deserialize)]
struct Request {
    received_at: DateTime<Utc>,
    method: String,
}

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/alertmanager");

// Recordings of one release whose name starts like this, in order.
fn recorded(release: &str, name: &str) -> Vec<(String, DateTime<Utc>, String)> {
    let folder = Path::new(FIXTURES).join(release);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let mut found = Vec::new();
    for file in files {
        let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
        let scenario = stem.rsplit_once('_').map_or(&*stem, |(scenario, _)| scenario);
        if !name.is_empty() && scenario != name {
            continue;
        }
        let recorded: Recorded = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        if let ("POST", Some(body)) = (&*recorded.request.method, recorded.body_raw) {
            found.push((format!("{release}/{stem}"), recorded.request.received_at, body));
        }
    }
    found
}
