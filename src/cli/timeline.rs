//! The timeline of an incident as the server tells it, page by page.

use super::CliError;
use super::client::{Ask, Client};
use super::output;
use serde_json::Value;

/// Entries of one answer.
const PAGE: u32 = 100;

/// Entries after this one, oldest first.
pub fn since(client: &Client, number: u64, seen: u32) -> Result<Vec<Value>, CliError> {
    let mut entries = Vec::new();
    let mut before = String::new();
    loop {
        let path = format!("/api/v1/incidents/{number}/timeline?limit={PAGE}{before}");
        let page = output::rows_of(&client.json(&Ask::get(&path))?, "entries");
        let oldest = page.last().map_or(0, place);
        entries.extend(page.into_iter().filter(|entry| place(entry) > seen));
        if oldest <= seen + 1 {
            entries.reverse();
            return Ok(entries);
        }
        before = format!("&before={oldest}");
    }
}

/// The number of an entry.
pub fn place(entry: &Value) -> u32 {
    entry["number"].as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or_default()
}
