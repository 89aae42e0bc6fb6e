//! What of the timeline is in the file: what the public may read, unless people said otherwise, and in the words they gave it.

use super::Facts;
use crate::document::Audience;
use crate::document::sentence::{entry_text, is_private, sentence};
use crate::document::withheld::{TAKEN_BACK, is_taken_back};
use crate::incident::review::Shown;
use crate::incident::{Entry, Fact, Incident};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// One line of the file's timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// When.
    pub at: DateTime<Utc>,
    /// What happened.
    pub text: String,
}

/// One entry, as the team sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntryLine {
    /// Its number, by which it is marked and corrected.
    pub number: u32,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: String,
    /// Its own words.
    pub text: String,
    /// The words that somebody gave it.
    pub corrected: Option<String>,
    /// Whether it tells what is for the team only.
    pub private: bool,
    /// What somebody said about that.
    pub mark: Option<Shown>,
    /// Whether it is in the file.
    pub in_file: bool,
}

/// What is in the file, oldest first.
pub fn moments(incident: &Incident, facts: &Facts, entries: &[Entry]) -> Vec<Moment> {
    let first = facts.first_alert_at.filter(|first| *first < facts.declared_at);
    let first = first.map(|at| Moment { at, text: "the first alert fires".to_owned() });
    let seen = entries.iter().rev().filter(|entry| is_in_file(incident, entry));
    let lines = seen.map(|entry| {
        let corrected = incident.review.corrected.get(&entry.number);
        let text = corrected.map_or_else(|| said(&entry.fact), |correction| correction.text.clone());
        Moment { at: entry.at, text }
    });
    first.into_iter().chain(lines).collect()
}

/// Every entry that says something, oldest first.
pub fn lines(incident: &Incident, entries: &[Entry]) -> Vec<EntryLine> {
    let all = entries.iter().rev().filter(|entry| !is_about_the_post(&entry.fact));
    let line = |entry: &Entry| EntryLine {
        number: entry.number,
        at: entry.at,
        by: entry.actor.name().unwrap_or("earlybell").to_owned(),
        text: if is_taken_back(incident, entry) { TAKEN_BACK.to_owned() } else { entry_text(entry) },
        corrected: incident.review.corrected.get(&entry.number).map(|correction| correction.text.clone()),
        private: is_private(&entry.fact),
        mark: incident.review.shown.get(&entry.number).copied(),
        in_file: is_in_file(incident, entry),
    };
    all.map(line).collect()
}

fn is_in_file(incident: &Incident, entry: &Entry) -> bool {
    if is_about_the_post(&entry.fact) || is_taken_back(incident, entry) {
        return false;
    }
    match incident.review.shown.get(&entry.number) {
        Some(shown) => *shown == Shown::Public,
        None => !is_private(&entry.fact),
    }
}

// How the post mortem came to be is not what happened.
fn is_about_the_post(fact: &Fact) -> bool {
    matches!(fact, Fact::Post(_) | Fact::Review(_) | Fact::Retracted { .. })
}

// What was promised for later is of no use to who reads it afterwards.
fn said(fact: &Fact) -> String {
    match fact {
        Fact::Updated { text, impact, .. } => sentence(
            &Fact::Updated { text: text.clone(), impact: impact.clone(), next_by: None, promised: None },
            Audience::Public,
        ),
        Fact::Clear { .. } => sentence(&Fact::Clear { then: None }, Audience::Public),
        // That it was a note for the team is of no use either.
        Fact::Noted { text } => text.clone(),
        fact => sentence(fact, Audience::Public),
    }
}
