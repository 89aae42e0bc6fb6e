//! What people read where there is little room: a chat, a terminal. Short lines of plain text; more stands behind the link.

use super::parse::Listed;
use super::{Spelling, Verb};
use crate::engine::explain::Explained;
use crate::incident::{Explanation, Incident};
use crate::notice::phrase::{clock, counts, lasted, next_update, page_url, stage};
use crate::policy::PolicySource;
use crate::text::{clean, clean_line};
use chrono::{DateTime, Utc};

/// Longest line, in bytes: one message on IRC with what stands around it.
pub const LINE_BYTES_MAX: usize = 350;

/// Most incidents in a list.
pub const LISTED_MAX: usize = 10;

// Most to-dos and conditions shown.
const ITEMS_MAX: usize = 8;

/// What an answer is made with.
#[derive(Debug, Clone, Copy)]
pub struct With<'a> {
    /// How commands are written where it is read.
    pub spelling: &'a Spelling,
    /// Waits, roles, and where pages are.
    pub policy: &'a PolicySource,
    /// What time it is.
    pub at: DateTime<Utc>,
}

/// Which incidents there are, newest first. Those given are all, or one more than fit.
pub fn list(which: Listed, incidents: &[Incident], with: &With<'_>) -> String {
    if incidents.is_empty() {
        return match which {
            Listed::Open => {
                format!("no incident is open; `{}` declares one", with.spelling.written("declare what is going on"))
            }
            Listed::Closed => "no incident is over yet".to_owned(),
            Listed::All => "there was no incident yet".to_owned(),
        };
    }
    let mut lines: Vec<String> = incidents.iter().take(LISTED_MAX).map(|incident| one_line(incident, with)).collect();
    if incidents.len() > LISTED_MAX {
        lines.push(format!("… and more: {}/", with.policy.external_url.trim_end_matches('/')));
    }
    joined(lines)
}

fn one_line(incident: &Incident, with: &With<'_>) -> String {
    let drill = if incident.drill { "DRILL, " } else { "" };
    let age = if incident.stage.is_open() { "for" } else { "after" };
    let lead = match (incident.stage.is_open(), incident.roles.manager()) {
        (true, Some(name)) => format!("; led by {name}"),
        (true, None) => "; nobody leads it".to_owned(),
        (false, _) => String::new(),
    };
    let counts = counts(&incident.tally).filter(|_| incident.stage.is_open());
    let counts = counts.map(|counts| format!("; {counts}")).unwrap_or_default();
    let (title, lasted) = (clean_line(&incident.title, 120), lasted(incident, with.at));
    let (number, stage) = (with.spelling.number(incident.id), stage(&incident.stage));
    format!("{number} {title} ({drill}{stage}, {}, {age} {lasted}){lead}{counts}", incident.severity)
}

/// How one incident stands.
pub fn show(incident: &Incident, with: &With<'_>) -> String {
    let mut lines = vec![one_line(incident, with)];
    let mut said = |name: &str, text: &str| {
        if !text.trim().is_empty() {
            lines.push(format!("{name}: {text}"));
        }
    };
    said("Summary", &incident.summary);
    said("Who is affected", &incident.impact);
    said("Who does what", &who_does_what(incident, with));
    if let Some(update) = &incident.last_update {
        said("Last update", &format!("{} ({})", update.text, clock(update.at, with.at)));
    }
    if let Some(by) = next_update(incident) {
        let late = if by < with.at { ", which is over" } else { "" };
        said("Next update", &format!("by {}{late}", clock(by, with.at)));
    }
    said("It is over when", &incident.room.exit_criteria);
    let open: Vec<_> = incident.room.todos.iter().filter(|todo| todo.done.is_none()).collect();
    for todo in open.iter().take(ITEMS_MAX) {
        let owner = todo.owner.as_ref().map(|owner| format!(" ({owner})")).unwrap_or_default();
        said("To do", &format!("{}. {}{owner}", todo.number, todo.text));
    }
    if open.len() > ITEMS_MAX {
        said("To do", &format!("… and {} more", open.len() - ITEMS_MAX));
    }
    said("Why it was declared", &incident.because);
    lines.push(page_url(&with.policy.external_url, incident));
    joined(lines)
}

fn who_does_what(incident: &Incident, with: &With<'_>) -> String {
    let names = with.policy.roles.iter().map(|spec| &spec.name);
    let others = incident.roles.held.keys().filter(|role| !with.policy.roles.iter().any(|spec| spec.name == **role));
    let held = names.chain(others).filter_map(|role| {
        let person = incident.roles.holder(&role.0)?;
        Some(format!("{} {person}", role.words()))
    });
    let mut words: Vec<String> = held.collect();
    for (role, offer) in &incident.roles.offers {
        words.push(format!("{} offered to {} by {}", role.words(), offer.to, offer.from));
    }
    if incident.roles.manager().is_none() && incident.stage.is_open() {
        let take = with.spelling.line(Verb::Take, Some(incident.id), "");
        words.push(format!("nobody leads: `{take}`"));
    }
    words.join("; ")
}

/// Why an incident was declared, and how its rule stands now; the tree as it was then.
pub fn why(incident: &Incident, then: Option<&Explanation>, now: Option<&Explained>, with: &With<'_>) -> String {
    let mut lines = vec![format!(
        "{} was declared at {}: {}",
        incident.name(),
        clock(incident.declared_at, with.at),
        incident.because
    )];
    // One condition alone is what the sentence says already.
    let tree = then.filter(|then| !then.parts.is_empty()).map(ToString::to_string).unwrap_or_default();
    lines.extend(tree.lines().take(ITEMS_MAX).map(str::to_owned));
    lines.extend(now.into_iter().flat_map(stands));
    lines.push(page_url(&with.policy.external_url, incident));
    joined(lines)
}

/// What holds, waits, or keeps quiet for a reason.
pub fn holds(now: &Explained, with: &With<'_>) -> String {
    let mut lines = stands(now);
    if lines.is_empty() {
        lines.push("no incident is open, and no rule holds, waits or keeps quiet".to_owned());
    }
    lines.push(format!("{}/rules", with.policy.external_url.trim_end_matches('/')));
    joined(lines)
}

fn stands(now: &Explained) -> Vec<String> {
    let line = |rule: &crate::engine::explain::RuleExplained| {
        let labels = if rule.correlation.is_empty() { String::new() } else { format!(" {}", rule.correlation) };
        format!("Now {}{labels}: {}", rule.rule, rule.because)
    };
    let mut lines: Vec<String> = now.rules.iter().take(ITEMS_MAX).map(line).collect();
    let more = now.rules.len().saturating_sub(ITEMS_MAX) + now.rules_more;
    if more > 0 {
        lines.push(format!("… and {more} more"));
    }
    lines
}

// Text of people and alerts is cleaned and cut, line by line.
fn joined(lines: Vec<String>) -> String {
    let lines: Vec<String> = lines.iter().map(|line| cut(line)).collect();
    lines.join("\n")
}

fn cut(line: &str) -> String {
    let line = line.trim_end().replace(['\n', '\r', '\t'], " ");
    clean(&line, LINE_BYTES_MAX)
}

#[cfg(test)]
mod tests;
