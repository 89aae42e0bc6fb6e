//! The draft of a post mortem: a fold over the entries of an incident, with what the public may read of them, and
//! guidance where only people know what to write.

pub mod facts;
pub mod file;

pub use facts::{Facts, Held};
pub use file::{PostFile, Style, file};

use crate::document::sentence::{is_private, sentence};
use crate::document::{Audience, Sources};
use crate::duration::Duration;
use crate::incident::{Entry, Fact, Incident, Stage};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// What is known of an incident that is over, in the sections of a post mortem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PostMortem {
    /// 42.
    pub number: u64,
    /// One line.
    pub title: String,
    /// Nothing was wrong: people practised.
    pub drill: bool,
    /// When it was over.
    pub over_at: Option<DateTime<Utc>>,
    /// What was measured; for the team, and in no file.
    pub facts: Facts,
    /// Its sections, in their order.
    pub sections: Vec<Section>,
    /// What the public may read of its timeline, oldest first.
    pub timeline: Vec<Moment>,
    /// Older entries are left out.
    pub timeline_cut: bool,
    /// The newest record of the audit log when it ended.
    pub record: Option<String>,
}

/// One section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Its heading; empty for the words before the first one.
    pub heading: &'static str,
    /// Of which level: `##` is 2.
    pub level: u8,
    /// What is known; may be empty.
    pub text: String,
    /// What to write there, while it is not filled.
    pub guidance: Option<&'static str>,
}

/// One line of its timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// When.
    pub at: DateTime<Utc>,
    /// What happened.
    pub text: String,
}

/// A section that still waits for somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unfilled {
    /// Its heading; `the beginning` before the first one.
    pub section: &'static str,
    /// What to write there.
    pub guidance: &'static str,
}

/// Writes the draft from all entries of an incident, newest first.
pub fn draft(sources: &Sources<'_>) -> PostMortem {
    let incident = sources.incident;
    let facts = Facts::of(sources);
    PostMortem {
        number: incident.id.0,
        title: incident.title.clone(),
        drill: incident.drill,
        over_at: facts.over_at,
        sections: sections(incident, &facts, sources.entries),
        timeline: timeline(incident, &facts, sources.entries),
        timeline_cut: sources.entries.last().is_some_and(|entry| entry.number > 1),
        record: incident.audit_head.and_then(crate::audit::Head::words),
        facts,
    }
}

/// Which sections nobody has filled yet.
pub fn check(draft: &PostMortem) -> Vec<Unfilled> {
    let named = |heading: &'static str| if heading.is_empty() { "the beginning" } else { heading };
    let waiting = draft.sections.iter().filter_map(|section| Some((named(section.heading), section.guidance?)));
    waiting.map(|(section, guidance)| Unfilled { section, guidance }).collect()
}

fn sections(incident: &Incident, facts: &Facts, entries: &[Entry]) -> Vec<Section> {
    let filled_or = |heading, level, text: String, guidance| {
        let guidance = text.is_empty().then_some(guidance);
        Section { heading, level, text, guidance }
    };
    let always = |heading, level, guidance| filled_or(heading, level, String::new(), guidance);
    let intro = Section {
        heading: "",
        level: 0,
        text: span(facts),
        guidance: incident.summary.is_empty().then_some(
            "What was broken, and how badly: service degradation (few users), severe service degradation (nearly every \
             user), or downtime (every visit an error page)?",
        ),
    };
    let summary = Section { heading: "", level: 0, text: incident.summary.clone(), guidance: None };
    let mut sections = vec![intro];
    sections.extend((!summary.text.is_empty()).then_some(summary));
    sections.extend([
        filled_or("Impact", 2, incident.impact.clone(), "Who could not do what, and how many were they?"),
        Section {
            heading: "Detection",
            level: 2,
            text: detection(facts),
            guidance: facts.rule.is_none().then_some("How did we notice? Which alert should have told us?"),
        },
        always("Root Cause", 2, "What made it happen, and what made that possible?"),
        filled_or("Resolution", 2, ending(incident, entries), "What did we do, and which part of it helped?"),
        always("Action Items", 3, "What will be done so that it does not happen again: what, by whom, until when?"),
        always("Lessons Learned", 2, "What went well, what went wrong, where were we lucky?"),
    ]);
    sections
}

fn span(facts: &Facts) -> String {
    let from = facts.began_at;
    let day = from.format("%Y-%m-%d");
    let Some(over) = facts.over_at else { return format!("It began on {day} at {} UTC.", from.format("%H:%M")) };
    let until = if over.date_naive() == from.date_naive() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    let lasted = Duration::between(from, over).rough();
    format!("On {day}, from {} to {} UTC ({lasted}).", from.format("%H:%M"), over.format(until))
}

// In times only: why a rule declares may name machines that are nobody else's.
fn detection(facts: &Facts) -> String {
    let clock = |at: DateTime<Utc>| at.format("%H:%M UTC").to_string();
    let by = if facts.rule.is_some() { "by a rule" } else { "by a person" };
    let mut text = match facts.first_alert_at {
        Some(first) => format!(
            "The first alert fired at {}; the incident was declared {by} at {}, {}.",
            clock(first),
            clock(facts.declared_at),
            after(first, facts.declared_at, "later")
        ),
        None => format!("The incident was declared {by} at {}.", clock(facts.declared_at)),
    };
    if let Some(public) = facts.first_public_at {
        let after = after(facts.began_at, public, "after it began");
        text.push_str(&format!(" The public was first told at {}, {after}.", clock(public)));
    }
    text
}

// A minute is what people write times by.
fn after(from: DateTime<Utc>, to: DateTime<Utc>, what: &str) -> String {
    let between = Duration::between(from, to);
    if between.as_seconds() < 60 { "at once".to_owned() } else { format!("{} {what}", between.rough()) }
}

// A rule only knows that alerts stopped; people know what they did.
fn ending(incident: &Incident, entries: &[Entry]) -> String {
    if let Stage::CalledOff { code, reason, .. } = &incident.stage {
        return format!("It was called off ({code}): {reason}");
    }
    let by_people = entries.iter().find_map(|entry| match (&entry.fact, &entry.actor) {
        (Fact::Resolved { because }, crate::incident::Actor::Person { .. }) => Some(because.clone()),
        _ => None,
    });
    by_people.unwrap_or_default()
}

fn timeline(incident: &Incident, facts: &Facts, entries: &[Entry]) -> Vec<Moment> {
    let first = facts.first_alert_at.filter(|first| *first < facts.declared_at);
    let first = first.map(|at| Moment { at, text: "the first alert fires".to_owned() });
    let seen = entries.iter().rev().filter(|entry| {
        let about_the_post = matches!(entry.fact, Fact::Post(_));
        !is_private(&entry.fact) && !about_the_post && !incident.room.retracted.contains(&entry.number)
    });
    let lines = seen.map(|entry| Moment { at: entry.at, text: said(&entry.fact) });
    first.into_iter().chain(lines).collect()
}

// What was promised for later is of no use to who reads it afterwards.
fn said(fact: &Fact) -> String {
    match fact {
        Fact::Updated { text, impact, .. } => sentence(
            &Fact::Updated { text: text.clone(), impact: impact.clone(), next_by: None, promised: None },
            Audience::Public,
        ),
        fact => sentence(fact, Audience::Public),
    }
}

#[cfg(test)]
mod tests;
