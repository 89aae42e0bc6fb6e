//! What an incident's pad says: its state document as plain text, since a pad shows no markup.

use crate::document::{AlertLine, Document, Line};
use crate::text::{clean, clean_line};
use chrono::{DateTime, Utc};
use std::fmt::Write;

/// Longest block, in bytes: pads with more are slow for everybody.
pub const BLOCK_BYTES_MAX: usize = 60_000;

/// Most alerts named; the others are counted.
const ALERTS_MAX: usize = 30;

/// Most entries of the timeline, newest first.
const ENTRIES_MAX: usize = 60;

/// Longest line of data, in bytes.
const LINE_BYTES_MAX: usize = 1_000;

/// The content of our block.
pub fn text(document: &Document, restored_at: Option<DateTime<Utc>>) -> String {
    let mut text = String::new();
    head(&mut text, document);
    if let Some(at) = restored_at {
        line(&mut text, "Restored", &format!("{}: somebody had deleted this block. It is written anew.", utc(at)));
    }
    section(&mut text, "Summary", document.summary.lines().map(data));
    let impact = if document.impact.trim().is_empty() { "Not known yet." } else { document.impact.as_str() };
    section(&mut text, "Who is affected", impact.lines().map(data));
    section(
        &mut text,
        "Who does what",
        document.roles.iter().map(|role| format!("{}: {}", role.name, data(&role.text))),
    );
    let todos = document.room.todos.iter().map(|todo| {
        let sign = if todo.done_at.is_some() { "done" } else { "to do" };
        let owner = todo.owner.as_ref().map(|owner| format!(" ({})", data(owner))).unwrap_or_default();
        format!("{}. {sign}: {}{owner}", todo.number, data(&todo.text))
    });
    section(&mut text, "To do", todos);
    section(&mut text, "It is over when", document.room.exit_criteria.lines().map(data));
    section(
        &mut text,
        "Links",
        document.room.links.iter().map(|link| format!("{}: {}", data(&link.label), data(&link.url))),
    );
    alerts(&mut text, document);
    timeline(&mut text, document);
    clean(&text, BLOCK_BYTES_MAX)
}

fn head(text: &mut String, document: &Document) {
    let drill = if document.drill { "DRILL " } else { "" };
    let _ = writeln!(text, "{drill}{}: {}", document.id, data(&document.title));
    if document.drill {
        text.push_str("This is a drill. Nothing is wrong; act as if it were.\n");
    }
    text.push_str("To put a line on the timeline, begin it with !note\n\n");
    line(text, "Status", &format!("{}, {}", document.stage, document.severity));
    if let Some(called_off) = &document.called_off {
        line(text, "Called off", &format!("{} ({})", data(&called_off.reason), called_off.code));
    }
    if let Some(part_of) = &document.room.part_of {
        line(text, "Goes on in", &format!("{} {}", part_of.id, part_of.url));
    }
    if let Some(at) = document.first_alert_at {
        line(text, "First alert", &utc(at));
    }
    line(text, "Declared", &format!("{} by {}", utc(document.declared_at), data(&document.declared_by)));
    if let Some(at) = document.confirmed_at {
        line(text, "Confirmed", &utc(at));
    }
    if let Some(at) = document.closed_at {
        line(text, "Over", &utc(at));
    }
    if let Some(update) = &document.last_update {
        line(text, "Last update", &format!("{} ({})", data(&update.text), utc(update.at)));
    }
    if let Some(by) = document.next_update_by {
        let words = if document.promises.overdue { "was due by" } else { "by" };
        line(text, "Next update", &format!("{words} {}", utc(by)));
    }
    line(text, "The whole record", &document.url);
}

fn alerts(text: &mut String, document: &Document) {
    let Some(counts) = &document.counts else { return };
    let named = document.alerts.iter().take(ALERTS_MAX).map(alert);
    let more = (document.alerts_total as usize).saturating_sub(document.alerts.len().min(ALERTS_MAX));
    let more = (more > 0).then(|| format!("and {more} more"));
    section(text, "Alerts", [counts.clone()].into_iter().chain(named).chain(more));
}

fn alert(alert: &AlertLine) -> String {
    let (name, summary) = (data(&alert.name), data(&alert.summary));
    let words = if name == summary || summary.is_empty() { name } else { format!("{name}: {summary}") };
    let over = alert.ends_at.map(|at| format!(" to {}", utc(at))).unwrap_or_default();
    format!("{words} ({}, {}{over})", alert.state, utc(alert.starts_at))
}

fn timeline(text: &mut String, document: &Document) {
    let lines = document.timeline.iter().filter(|line| !shown(line).is_empty());
    let entries = lines.take(ENTRIES_MAX).map(|line| {
        let at = line.at.format("%Y-%m-%d %H:%M");
        format!("{at} {}: {}", data(&line.by), data(shown(line)))
    });
    let is_cut = document.timeline_cut || document.timeline.len() > ENTRIES_MAX;
    let more = is_cut.then(|| "older ones: see the whole record".to_owned());
    section(text, "Timeline (UTC, newest first)", entries.chain(more));
}

fn shown(line: &Line) -> &str {
    line.corrected.as_deref().unwrap_or(&line.text)
}

fn section(text: &mut String, name: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
    if !lines.is_empty() {
        let _ = writeln!(text, "\n{name}");
        lines.iter().for_each(|line| {
            let _ = writeln!(text, "- {line}");
        });
    }
}

fn line(text: &mut String, name: &str, value: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{name}: {value}");
}

// What alerts and people wrote stays one line.
fn data(data: &str) -> String {
    clean_line(data, LINE_BYTES_MAX)
}

fn utc(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}
