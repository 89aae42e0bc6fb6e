//! The draft of a post mortem: a fold over the entries of an incident, with what the public may read of them, and
//! guidance where only people know what to write.

pub mod facts;
pub mod file;
pub mod prose;
mod timeline;

pub use facts::{Facts, Held};
pub use file::{PostFile, file};
pub use timeline::{EntryLine, Moment};

use crate::document::Sources;
use crate::duration::Duration;
use crate::incident::review::{Action, Shown};
use crate::incident::room::Part;
use crate::incident::{Entry, Fact, Incident, Stage};
use crate::policy::postmortems::{ACTION_ITEMS, DETECTION, IMPACT, INTRO, RESOLUTION, TITLE};
use crate::policy::{Postmortems, SectionSpec};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

/// What is known of an incident that is over, in the sections of a post mortem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PostMortem {
    /// 42.
    pub number: u64,
    /// One line.
    pub title: String,
    /// The title that somebody wrote for it.
    pub own_title: Option<String>,
    /// Its version; 0 before anybody wrote one.
    pub title_version: u32,
    /// Nothing was wrong: people practised.
    pub drill: bool,
    /// When it was over.
    pub over_at: Option<DateTime<Utc>>,
    /// Whether it is owed, until when, and why not.
    pub owed: Owed,
    /// What was measured; for the team, and in no file.
    pub facts: Facts,
    /// Its sections, in their order; private ones are in no file.
    pub sections: Vec<Section>,
    /// What the public may read of its timeline, oldest first.
    pub timeline: Vec<Moment>,
    /// Every entry, oldest first, with whether it is in the file; for the team.
    pub entries: Vec<EntryLine>,
    /// Older entries are left out.
    pub timeline_cut: bool,
    /// The newest record of the audit log when it ended.
    pub record: Option<String>,
}

/// How it stands with writing it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Owed {
    /// Since when it is owed.
    pub since: Option<DateTime<Utc>>,
    /// Until when.
    pub due: Option<DateTime<Utc>>,
    /// Whether that is over.
    pub late: bool,
    /// Why nobody has to write it, if somebody said so.
    pub waived: Option<String>,
    /// Where it can be read, by receiver.
    pub published: Vec<String>,
}

/// One section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Its name, by which it is written.
    pub name: String,
    /// Its heading; empty for the words before the first one.
    pub heading: String,
    /// Of which level: `##` is 2.
    pub level: u8,
    /// What is known by itself; may be empty.
    pub known: String,
    /// What people wrote, in Markdown; may be empty.
    pub text: String,
    /// Action items, where they stand.
    pub actions: Vec<ActionLine>,
    /// What to write there, while it is not filled.
    pub guidance: Option<String>,
    /// For the team only.
    pub private: bool,
    /// What the next edit names, so that it overwrites nothing unseen; 0 before anybody wrote it.
    pub version: u32,
    /// Who wrote it last.
    pub by: Option<String>,
    /// When.
    pub at: Option<DateTime<Utc>>,
}

/// An action item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ActionLine {
    /// Its number within the incident.
    pub number: u32,
    /// What.
    pub text: String,
    /// By whom.
    pub owner: Option<String>,
    /// Until which day.
    pub due: Option<NaiveDate>,
    /// Where more of it is.
    pub link: Option<String>,
    /// `open`, `done`, `dropped`, `moved`.
    pub state: &'static str,
    /// Whether it is open, and its day is over.
    pub late: bool,
}

/// A section that still waits for somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unfilled {
    /// Its heading; `the beginning` before the first one.
    pub section: String,
    /// Its name, by which it is written.
    pub name: String,
    /// What to write there.
    pub guidance: String,
}

/// Writes the draft from all entries of an incident, newest first.
pub fn draft(sources: &Sources<'_>) -> PostMortem {
    let incident = sources.incident;
    let facts = Facts::of(sources);
    let own_title = incident.review.sections.get(TITLE).filter(|written| !written.text.is_empty());
    // What it was declared as may be what nobody should read.
    let title = if kept_back(incident, 1) { incident.id.to_string() } else { incident.title.clone() };
    PostMortem {
        number: incident.id.0,
        title,
        own_title: own_title.map(|written| written.text.clone()),
        title_version: incident.review.version(TITLE),
        drill: incident.drill,
        over_at: facts.over_at,
        owed: Owed::of(incident, &sources.policy.postmortem, sources.now),
        sections: sections(sources, &facts),
        timeline: timeline::moments(incident, &facts, sources.entries),
        entries: timeline::lines(incident, sources.entries),
        timeline_cut: sources.entries.last().is_some_and(|entry| entry.number > 1),
        record: incident.audit_head.and_then(crate::audit::Head::words),
        facts,
    }
}

/// Which sections nobody has filled yet.
pub fn check(draft: &PostMortem) -> Vec<Unfilled> {
    let waiting = draft.sections.iter().filter_map(|section| {
        let heading = if section.heading.is_empty() { "the beginning" } else { &section.heading };
        let guidance = section.guidance.clone()?;
        Some(Unfilled { section: heading.to_owned(), name: section.name.clone(), guidance })
    });
    waiting.collect()
}

/// What else somebody should look at before it is published.
pub fn hints(draft: &PostMortem) -> Vec<String> {
    let mut hints = Vec::new();
    let actions = draft.sections.iter().flat_map(|section| &section.actions);
    for action in actions.filter(|action| action.state == "open") {
        for (missing, what) in [(action.owner.is_none(), "owner"), (action.due.is_none(), "day until which it is done")]
        {
            hints.extend(missing.then(|| format!("action {} has no {what}: {}", action.number, action.text)));
        }
    }
    let opened = draft.entries.iter().filter(|line| line.private && line.mark == Some(Shown::Public));
    hints.extend(
        opened.map(|line| format!("entry {} is for the team, and was marked public: {}", line.number, line.text)),
    );
    hints
}

impl Owed {
    /// How it stands with an incident at this time.
    pub fn of(incident: &Incident, policy: &Postmortems, now: DateTime<Utc>) -> Self {
        let due = incident.post_mortem_due(policy);
        Self {
            since: incident.owes_since(),
            due,
            late: due.is_some_and(|due| due <= now),
            waived: incident.review.waived.as_ref().map(|waived| waived.because.clone()),
            published: incident.published.values().map(|published| published.address.clone()).collect(),
        }
    }
}

impl ActionLine {
    /// An action item at this time.
    pub fn of(action: &Action, policy: &Postmortems, now: DateTime<Utc>) -> Self {
        let item = action.item.clone();
        Self {
            number: action.number,
            text: item.text,
            owner: item.owner,
            due: item.due,
            link: item.link,
            state: action.state(),
            late: action.is_late(now, policy),
        }
    }
}

/// Whether the words of an entry stay out of the file: they were taken back, corrected, or are for the team only.
fn kept_back(incident: &Incident, entry: u32) -> bool {
    let review = &incident.review;
    incident.room.retracted.contains(&entry)
        || review.corrected.contains_key(&entry)
        || review.shown.get(&entry) == Some(&Shown::Private)
}

fn sections(sources: &Sources<'_>, facts: &Facts) -> Vec<Section> {
    let (policy, review) = (&sources.policy.postmortem, &sources.incident.review);
    let mut sections: Vec<Section> = policy.sections.iter().map(|spec| section(sources, facts, spec)).collect();
    // What was written before the configuration changed is not lost; nobody said that it may be read.
    let unplaced = review
        .sections
        .iter()
        .filter(|(name, written)| name.as_str() != TITLE && policy.section(name).is_none() && !written.text.is_empty());
    sections.extend(unplaced.map(|(name, _)| {
        let heading = name.replace('-', " ");
        let spec = SectionSpec { name: name.clone(), heading, level: 2, guidance: String::new(), private: true };
        section(sources, facts, &spec)
    }));
    sections
}

fn section(sources: &Sources<'_>, facts: &Facts, spec: &SectionSpec) -> Section {
    let incident = sources.incident;
    let written = incident.review.sections.get(&spec.name);
    let text = written.map(|written| written.text.clone()).unwrap_or_default();
    let wrote = !text.is_empty();
    let mut known = String::new();
    let mut actions = Vec::new();
    // Whether what is known is all that is to be said.
    let mut enough = false;
    match spec.name.as_str() {
        INTRO => {
            let summary = part(incident, Part::Summary).filter(|_| !wrote);
            enough = summary.is_some();
            known = [Some(span(facts)), summary].into_iter().flatten().collect::<Vec<_>>().join("\n\n");
        }
        IMPACT => known = part(incident, Part::Impact).filter(|_| !wrote).unwrap_or_default(),
        DETECTION => {
            known = detection(facts);
            enough = facts.rule.is_some();
        }
        RESOLUTION => known = ending(incident, sources.entries).filter(|_| !wrote).unwrap_or_default(),
        ACTION_ITEMS => {
            let line = |action| ActionLine::of(action, &sources.policy.postmortem, sources.now);
            actions = incident.review.actions.iter().map(line).collect();
            enough = actions.iter().any(|action: &ActionLine| matches!(action.state, "open" | "done"));
        }
        _ => {}
    }
    enough |= matches!(spec.name.as_str(), IMPACT | RESOLUTION) && !known.is_empty();
    let guidance = Some(&spec.guidance).filter(|guidance| !(guidance.is_empty() || wrote || enough));
    Section {
        name: spec.name.clone(),
        heading: spec.heading.clone(),
        level: spec.level,
        known,
        text,
        actions,
        guidance: guidance.filter(|_| !spec.private).cloned(),
        private: spec.private,
        version: written.map_or(0, |written| written.version),
        by: written.map(|written| written.by.clone()),
        at: written.map(|written| written.at),
    }
}

// A part of the state document, unless the entry that wrote it is kept back.
fn part(incident: &Incident, part: Part) -> Option<String> {
    let text = incident.part(part);
    let by = incident.room.editions.get(&part).map_or(1, |edition| edition.version);
    (!text.is_empty() && !kept_back(incident, by)).then(|| text.to_owned())
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
fn ending(incident: &Incident, entries: &[Entry]) -> Option<String> {
    let shown = |entry: &&Entry| !kept_back(incident, entry.number);
    if let Stage::CalledOff { code, reason, .. } = &incident.stage {
        let ended = entries.iter().find(|entry| matches!(entry.fact, Fact::CalledOff { .. }));
        return ended.filter(shown).map(|_| format!("It was called off ({code}): {reason}"));
    }
    let by_people = entries.iter().find(|entry| {
        let person = matches!(entry.actor, crate::incident::Actor::Person { .. });
        person && matches!(entry.fact, Fact::Resolved { .. })
    });
    match &by_people.filter(shown)?.fact {
        Fact::Resolved { because } => Some(because.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
