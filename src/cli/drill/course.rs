//! What a drill led to, as the server tells it: its incidents, and their timelines as they grow.

use crate::cli::CliError;
use crate::cli::client::{Ask, Client};
use crate::cli::output;
use crate::cli::timeline::since;
use domain::alert::drill::DRILL_LABEL;
use domain::drill::{DrillName, Score};
use domain::incident::Entry;
use serde_json::Value;
use std::collections::BTreeMap;

/// Incidents looked at to find those of the drill: those of the last minutes.
const LOOKED_AT: usize = 50;

/// The incidents of a drill.
#[derive(Default)]
pub struct Incidents(BTreeMap<u64, Followed>);

#[derive(Default)]
struct Followed {
    seen: u32,
    entries: Vec<Entry>,
    open: bool,
}

impl Incidents {
    /// Looks what is new: entries in the order of time.
    pub fn look(&mut self, client: &Client, name: &DrillName) -> Result<Vec<Entry>, CliError> {
        let answer = client.json(&Ask::get(&format!("/api/v1/incidents?limit={LOOKED_AT}")))?;
        let own = |incident: &&Value| incident["labels"][DRILL_LABEL] == name.as_str();
        let mut new = Vec::new();
        for incident in output::rows_of(&answer, "incidents").iter().filter(own) {
            let Some(number) = incident["number"].as_u64() else { continue };
            let followed = self.0.entry(number).or_default();
            followed.open = incident["open"] == Value::Bool(true);
            let there = incident["entries"].as_u64().and_then(|there| u32::try_from(there).ok()).unwrap_or_default();
            if there > followed.seen {
                let entries = since(client, number, followed.seen)?;
                // A newer server may know facts that this program does not.
                let known = entries.into_iter().filter_map(|entry| serde_json::from_value::<Entry>(entry).ok());
                let known: Vec<Entry> = known.collect();
                followed.seen = known.last().map_or(there, |entry| entry.number.max(there));
                new.extend(known.iter().cloned());
                followed.entries.extend(known);
            }
        }
        new.sort_by_key(|entry| (entry.at, entry.incident.0, entry.number));
        Ok(new)
    }

    /// Whether there was none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Numbers of those that are open.
    pub fn open(&self) -> Vec<u64> {
        self.0.iter().filter(|(_, followed)| followed.open).map(|(number, _)| *number).collect()
    }

    /// The timeline of each, oldest first.
    pub fn timelines(&self) -> Vec<Vec<Entry>> {
        self.0.values().map(|followed| followed.entries.clone()).collect()
    }

    /// How people did in each.
    pub fn scores(&self) -> Vec<Score> {
        self.0.values().filter_map(|followed| Score::of(&followed.entries)).collect()
    }
}
