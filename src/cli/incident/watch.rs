//! `earlybell incident watch`: the timeline as it grows. Asks again and again; what was shown is not shown twice.

use crate::cli::CliError;
use crate::cli::client::{Ask, Client};
use crate::cli::output::{self, Format, complain};
use crate::cli::timeline::{place, since};
use domain::document::sentence::entry_text;
use domain::incident::Entry;
use domain::text::clean_line;
use serde_json::Value;
use std::time::Duration;

/// The server is asked at most this often.
const EVERY_MIN: Duration = Duration::from_millis(50);

/// Longest wait between two questions while the server can't be asked.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// How often in a row it is asked in vain before that is the end: about ten minutes.
const FAILURES_MAX: u32 = 25;

/// Longest line, in bytes.
const LINE_BYTES_MAX: usize = 16 * 1024;

struct News {
    // Oldest first.
    entries: Vec<Value>,
    // How it stands, in a word.
    stage: String,
    is_open: bool,
}

/// Shows the timeline, from the last entries on, until the incident is over.
pub fn watch(client: &Client, print: (Format, bool), number: u64, last: u32, every: Duration) -> Result<(), CliError> {
    let every = every.max(EVERY_MIN);
    let (mut seen, mut failures) = (None, 0);
    loop {
        match news(client, number, seen, last) {
            Ok(News { entries, stage, is_open }) => {
                if failures > 0 {
                    complain("the server answers again");
                }
                failures = 0;
                for entry in &entries {
                    seen = Some(place(entry));
                    if !output::line(&line(entry, print)) {
                        // Whoever read it went away.
                        return Ok(());
                    }
                }
                seen = seen.or(Some(0));
                if !is_open {
                    if !print.1 && print.0 != Format::Json {
                        complain(&format!("INC-{number} is over: {stage}"));
                    }
                    return Ok(());
                }
                client.pause(every);
            }
            // What never worked will not work in a moment either.
            Err(error) if seen.is_some() && error.may_pass() && failures < FAILURES_MAX => {
                failures += 1;
                if failures == 1 {
                    complain(&format!("{error}; trying again"));
                }
                client.pause(back_off(every, failures));
            }
            Err(error) => return Err(error),
        }
    }
}

// How it stands, and then what is new: in this order, the entry that ended it is never missed.
fn news(client: &Client, number: u64, seen: Option<u32>, last: u32) -> Result<News, CliError> {
    let answer = client.json(&Ask::get(&format!("/api/v1/incidents/{number}")))?;
    let incident = &answer["incident"];
    let there = incident["entries"].as_u64().and_then(|entries| u32::try_from(entries).ok()).unwrap_or_default();
    let seen = seen.unwrap_or_else(|| there.saturating_sub(last));
    let entries = if there > seen { since(client, number, seen)? } else { Vec::new() };
    Ok(News { entries, stage: output::cell(incident, "/stage"), is_open: incident["open"] == Value::Bool(true) })
}

fn line(entry: &Value, (format, quiet): (Format, bool)) -> String {
    if format == Format::Json {
        return entry.to_string();
    }
    if quiet {
        return place(entry).to_string();
    }
    // A newer server may know facts that this program does not.
    let words = match serde_json::from_value::<Entry>(entry.clone()) {
        Ok(known) => format!("{}  {}", known.actor, entry_text(&known)),
        Err(_) => output::cell(entry, "/fact/fact"),
    };
    clean_line(&format!("{}  {words}", output::cell(entry, "/at")), LINE_BYTES_MAX)
}

fn back_off(every: Duration, failures: u32) -> Duration {
    every.saturating_mul(1 << failures.min(10)).min(WAIT_MAX)
}

#[cfg(test)]
mod tests {
    use super::{Format, WAIT_MAX, back_off, line};
    use serde_json::json;
    use std::time::Duration;

    #[test]
    fn waits_grow_to_a_limit() {
        let every = Duration::from_secs(2);
        let waits = [1, 2, 3, 4, 25].map(|failures| back_off(every, failures).as_secs());
        assert_eq!(waits, [4, 8, 16, 30, 30]);
        assert_eq!(back_off(Duration::from_secs(3600), u32::MAX), WAIT_MAX);
    }

    #[test]
    fn an_entry_is_one_line_whatever_stands_in_it() {
        let fact = json!({"fact": "noted", "text": "first\nsecond\u{1b}[2J"});
        let actor = json!({"by": "person", "name": "anna", "on": "cli"});
        let at = "2026-11-22T10:00:05Z";
        let entry = json!({"incident": 1, "number": 7, "at": at, "input": 9, "actor": actor, "fact": fact});
        let shown = line(&entry, (Format::Simple, false));
        assert_eq!(shown, "2026-11-22 10:00:05  anna  note: first second\u{FFFD}[2J");
        let mut newer = entry;
        newer["fact"] = json!({"fact": "sung", "song": "la"});
        assert_eq!(line(&newer, (Format::Simple, false)), "2026-11-22 10:00:05  sung");
        assert_eq!(line(&newer, (Format::Simple, true)), "7");
        assert!(!line(&newer, (Format::Json, false)).contains('\n'));
    }
}
