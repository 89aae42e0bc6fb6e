//! What people do afterwards: sections of the post mortem, what of the timeline is in its file, and what is to be better.

use super::room::OWNER_BYTES_MAX;
use super::room::links::URL_BYTES_MAX;
use super::{TEXT_BYTES_MAX, here, required, words};
use crate::directory::Directory;
use crate::ids::IncidentId;
use crate::incident::act::{DueDate, ReviewAct};
use crate::incident::entry::ReviewFact;
use crate::incident::review::{ACTIONS_MAX, Action, ActionItem, Ended};
use crate::incident::room::{Deed, Undo};
use crate::incident::{Incident, Refusal};
use crate::nearest::unknown;
use crate::policy::Postmortems;
use crate::policy::postmortems::TITLE;
use crate::text::{clean, clean_line};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest text of a section, in bytes: an act is one input.
pub const SECTION_BYTES_MAX: usize = 32 * 1024;
/// Longest title of a post mortem, in bytes.
pub const TITLE_BYTES_MAX: usize = 200;
/// Longest words that an entry is given, in bytes.
pub const CORRECTION_BYTES_MAX: usize = 2 * 1024;
/// Longest text of an action item, in bytes.
pub const ACTION_BYTES_MAX: usize = 1024;

/// Two people wrote the same section: both texts are here, so that nothing is lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionConflict {
    /// Of which incident.
    pub incident: IncidentId,
    /// Which section.
    pub section: String,
    /// Its version now.
    pub version: u32,
    /// What it says now.
    pub theirs: String,
    /// What was to be written.
    pub yours: String,
    /// Who wrote it, if anyone did.
    pub by: Option<String>,
    /// When.
    pub at: Option<DateTime<Utc>>,
}

impl fmt::Display for SectionConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { section, version, theirs, yours, by, .. } = self;
        let who = match by {
            Some(by) => format!("was written by {by} meanwhile"),
            None => "is another one".to_owned(),
        };
        write!(
            f,
            "the section {section} {who}: “{theirs}” (version {version}). Yours is not lost: “{yours}”. Put both together, and \
             write it again"
        )
    }
}

/// What it leads to.
pub fn decide(
    incident: &Incident,
    act: &ReviewAct,
    policy: &Postmortems,
    directory: &Directory,
) -> Result<ReviewFact, Refusal> {
    here(incident)?;
    match act {
        ReviewAct::Section { section, text, version } => written(incident, section, text, *version, policy),
        ReviewAct::Mark { entry, shown } => {
            known_entry(incident, *entry)?;
            if incident.review.shown.get(entry).copied() == *shown {
                let how = shown.map_or("marked by nobody", |shown| shown.word());
                return Err(super::already(incident, &format!("one whose entry {entry} is {how}")));
            }
            Ok(ReviewFact::Shown { entry: *entry, shown: *shown })
        }
        ReviewAct::Correct { entry, text } => corrected(incident, *entry, text),
        ReviewAct::Action { text, owner, due, link } => {
            let item = ActionItem { text: String::new(), owner: None, due: None, link: None };
            let item = changed(item, Some(text), owner.as_deref(), *due, link.as_deref(), directory)?;
            if incident.review.actions.len() >= ACTIONS_MAX {
                return Err(words("action items", &format!("are {ACTIONS_MAX}, and no more fit")));
            }
            Ok(ReviewFact::ActionAdded { action: incident.review.actions_ever + 1, item })
        }
        ReviewAct::ActionEdit { action, text, owner, due, link } => {
            let known = open_action(incident, *action)?;
            let item = known.item.clone();
            let item = changed(item, text.as_deref(), owner.as_deref(), *due, link.as_deref(), directory)?;
            if item == known.item {
                return Err(super::already(incident, &format!("like that in its action {action}")));
            }
            Ok(ReviewFact::ActionChanged { action: *action, item })
        }
        ReviewAct::ActionDone { action } => {
            open_action(incident, *action)?;
            Ok(ReviewFact::ActionEnded { action: *action, end: Ended::Done })
        }
        ReviewAct::ActionDrop { action, because } => {
            open_action(incident, *action)?;
            let because = required("reason", because, TEXT_BYTES_MAX)?;
            Ok(ReviewFact::ActionEnded { action: *action, end: Ended::Dropped { because } })
        }
        ReviewAct::Ask => asked(incident),
        ReviewAct::Waive { because } => waived(incident, because),
    }
}

fn written(
    incident: &Incident,
    section: &str,
    text: &str,
    version: Option<u32>,
    policy: &Postmortems,
) -> Result<ReviewFact, Refusal> {
    let section = section.trim().to_lowercase().replace([' ', '_'], "-");
    let names: Vec<&str> = policy.sections.iter().map(|spec| spec.name.as_str()).chain([TITLE]).collect();
    // What is configured no more can still be cleared.
    let known = names.contains(&section.as_str()) || incident.review.sections.contains_key(&section);
    if !known {
        let problem = unknown("section", &section, &names);
        return Err(Refusal::UnknownName { what: "section".to_owned(), name: section, problem });
    }
    let text = match (text.trim(), section.as_str()) {
        ("", _) => String::new(),
        (title, TITLE) => required(TITLE, &clean_line(title, usize::MAX), TITLE_BYTES_MAX)?,
        (_, _) if text.len() > SECTION_BYTES_MAX => {
            return Err(words(&section, &format!("has {} bytes; at most {SECTION_BYTES_MAX} fit", text.len())));
        }
        (text, _) => clean(text, SECTION_BYTES_MAX),
    };
    let before = incident.review.sections.get(&section);
    let theirs = before.map(|written| written.text.as_str()).unwrap_or_default();
    // Whoever wrote it first: it says what was meant.
    if theirs == text {
        return Err(super::already(incident, &format!("like that in its section {section}")));
    }
    let known = incident.review.version(&section);
    if version.is_some_and(|version| version != known) {
        return Err(Refusal::SectionConflict(Box::new(SectionConflict {
            incident: incident.id,
            section,
            version: known,
            theirs: theirs.to_owned(),
            yours: text,
            by: before.map(|written| written.by.clone()),
            at: before.map(|written| written.at),
        })));
    }
    Ok(ReviewFact::Written { section, text })
}

fn known_entry(incident: &Incident, entry: u32) -> Result<(), Refusal> {
    if entry == 0 || entry > incident.entries {
        return Err(words("entry", &format!("{entry} is none of {}; it has {}", incident.id, incident.entries)));
    }
    if incident.room.retracted.contains(&entry) {
        return Err(words("entry", &format!("{entry} was taken back; nothing of it is shown")));
    }
    Ok(())
}

fn corrected(incident: &Incident, entry: u32, text: &str) -> Result<ReviewFact, Refusal> {
    known_entry(incident, entry)?;
    let text = clean_line(text, usize::MAX);
    let text = if text.is_empty() { text } else { required("text", &text, CORRECTION_BYTES_MAX)? };
    let before = incident.review.corrected.get(&entry).map(|correction| correction.text.as_str());
    if before.unwrap_or_default() == text {
        return Err(super::already(incident, &format!("like that in its entry {entry}")));
    }
    Ok(ReviewFact::Corrected { entry, text })
}

fn changed(
    mut item: ActionItem,
    text: Option<&str>,
    owner: Option<&str>,
    due: Option<DueDate>,
    link: Option<&str>,
    directory: &Directory,
) -> Result<ActionItem, Refusal> {
    if let Some(text) = text {
        item.text = required("text", &clean_line(text, usize::MAX), ACTION_BYTES_MAX)?;
    }
    if let Some(owner) = owner {
        let owner = clean_line(owner.trim_start_matches('@'), usize::MAX);
        item.owner = match directory.known_as(&owner) {
            Some(person) => Some(person.name.clone()),
            None if owner.is_empty() => None,
            None => Some(required("owner", &owner, OWNER_BYTES_MAX)?),
        };
    }
    if let Some(due) = due {
        item.due = due.0;
    }
    if let Some(link) = link {
        let link = link.trim();
        item.link = if link.is_empty() { None } else { Some(address(link)?) };
    }
    Ok(item)
}

// It becomes a link on pages and on a blog, so nothing else may pass.
fn address(url: &str) -> Result<String, Refusal> {
    let wrong = |problem: &str| words("link", problem);
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let rest = rest.ok_or_else(|| wrong("is no http or https address"))?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() || !rest.chars().all(|c| c.is_ascii_graphic() && !"\"'<>`\\{}|^()[]".contains(c)) {
        return Err(wrong("is no address; copy it from the browser"));
    }
    if host.contains('@') {
        return Err(wrong("has a name or a password in it; leave it out"));
    }
    if url.len() > URL_BYTES_MAX {
        return Err(wrong(&format!("has {} bytes; at most {URL_BYTES_MAX} fit", url.len())));
    }
    Ok(url.to_owned())
}

fn open_action(incident: &Incident, number: u32) -> Result<&Action, Refusal> {
    match incident.review.action(number) {
        Some(action) if action.is_open() => Ok(action),
        Some(action) => Err(super::already(incident, &format!("through with action {number} ({})", action.state()))),
        None => {
            let open = incident.review.open_actions();
            let open: Vec<String> =
                open.map(|action| format!("{} ({})", action.number, clean_line(&action.item.text, 60))).collect();
            let open = if open.is_empty() { "none is open".to_owned() } else { format!("open: {}", open.join(", ")) };
            Err(words("action", &format!("{number} is none of {}; {open}", incident.id)))
        }
    }
}

fn asked(incident: &Incident) -> Result<ReviewFact, Refusal> {
    if incident.drill {
        return Err(words("post mortem", "would be of a drill; nothing of it is published"));
    }
    if incident.stage.is_open() && incident.review.asked_at.is_some() || incident.owes_since().is_some() {
        return Err(super::already(incident, "one that needs a post mortem"));
    }
    Ok(ReviewFact::Asked)
}

fn waived(incident: &Incident, because: &str) -> Result<ReviewFact, Refusal> {
    if incident.owes_since().is_none() {
        return Err(words("post mortem", &format!("is not owed for {}; there is nothing to waive", incident.id)));
    }
    Ok(ReviewFact::Waived { because: required("reason", because, TEXT_BYTES_MAX)? })
}

/// Whether nobody else has changed what a deed is to be taken back of.
///
/// # Errors
/// Somebody did; says who, and what.
pub fn unchanged_since(incident: &Incident, deed: &Deed, back: &ReviewFact) -> Result<(), String> {
    let review = &incident.review;
    let same = |other: &ReviewFact| match (back, other) {
        (ReviewFact::Written { section, .. }, ReviewFact::Written { section: other, .. }) => section == other,
        (ReviewFact::Shown { entry, .. }, ReviewFact::Shown { entry: other, .. })
        | (ReviewFact::Corrected { entry, .. }, ReviewFact::Corrected { entry: other, .. }) => entry == other,
        _ => about(back).is_some() && about(back) == about(other),
    };
    let later = incident.room.deeds.iter().filter(|other| other.entry > deed.entry);
    let mut later = later.filter(|other| matches!(&other.undo, Ok(Undo::Review { back: other }) if same(other)));
    if let Some(by) = later.next() {
        return Err(format!("{} went on with it since", by.person));
    }
    match back {
        ReviewFact::Written { section, .. } if review.version(section) != deed.entry => {
            Err(format!("the section {section} was written again since"))
        }
        ReviewFact::ActionReopened { action } if review.action(*action).is_some_and(Action::is_open) => {
            Err(format!("action {action} is to be done again already"))
        }
        _ => Ok(()),
    }
}

fn about(fact: &ReviewFact) -> Option<u32> {
    match fact {
        ReviewFact::ActionAdded { action, .. }
        | ReviewFact::ActionChanged { action, .. }
        | ReviewFact::ActionEnded { action, .. }
        | ReviewFact::ActionReopened { action } => Some(*action),
        ReviewFact::Written { .. }
        | ReviewFact::Shown { .. }
        | ReviewFact::Corrected { .. }
        | ReviewFact::ActionsLate { .. }
        | ReviewFact::Asked
        | ReviewFact::Waived { .. }
        | ReviewFact::Reminded { .. }
        | ReviewFact::Left { .. } => None,
    }
}
