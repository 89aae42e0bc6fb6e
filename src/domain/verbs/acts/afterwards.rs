//! What the verbs of afterwards take.

use super::{alone, person, show};
use crate::incident::Act;
use crate::incident::act::{DueDate, ReviewAct};
use crate::incident::review::Shown;
use crate::verbs::Verb;
use crate::verbs::misunderstood::Misunderstood;
use crate::verbs::parse::{bare, hashed};
use crate::verbs::reading::{Digits, Reading};
use crate::verbs::spelling::Numbers;
use crate::verbs::words::Shape;

/// What is said behind the verb.
pub(in crate::verbs) fn act(said: &mut Reading<'_>) -> Result<Act, Misunderstood> {
    let act = match said.verb {
        Verb::Section => section(said)?,
        Verb::Mark => mark(said)?,
        Verb::Correct => {
            let entry = numbered(said, "the number of the entry")?;
            if said.words.is_empty() {
                return Err(said.unsaid("its words (\"\" brings its own back)"));
            }
            ReviewAct::Correct { entry, text: said.text() }
        }
        Verb::Action => {
            said.number_first(Digits::Either)?;
            let (due, link) = (due(said)?, said.said_option("link").map(str::to_owned));
            let owner = owner(said);
            ReviewAct::Action { text: said.required("what is to be better")?, owner, due, link }
        }
        Verb::ActionEdit => {
            let action = numbered(said, "the number of the action item")?;
            let (due, link) = (due(said)?, said.said_option("link").map(str::to_owned));
            let owner = said.said_option("owner").map(person);
            let text = Some(said.text()).filter(|text| !text.is_empty());
            ReviewAct::ActionEdit { action, text, owner, due, link }
        }
        Verb::ActionDone => {
            let action = numbered(said, "the number of the action item")?;
            if !said.words.is_empty() {
                return Err(said.too_much(said.words));
            }
            ReviewAct::ActionDone { action }
        }
        Verb::ActionDrop => {
            let action = numbered(said, "the number of the action item")?;
            ReviewAct::ActionDrop { action, because: said.required("why it will not be done")? }
        }
        Verb::Waive => {
            said.number_first(Digits::Either)?;
            ReviewAct::Waive { because: said.required("why nobody has to write it")? }
        }
        _ => return alone(said, Act::Review(ReviewAct::Ask)),
    };
    Ok(Act::Review(act))
}

fn section(said: &mut Reading<'_>) -> Result<ReviewAct, Misunderstood> {
    said.number_first(Digits::Incident)?;
    let Some((word, rest)) = said.words.split_first() else { return Err(said.unsaid("the section and its text")) };
    said.words = rest;
    if rest.is_empty() {
        return Err(said.unsaid("the text (\"\" clears it)"));
    }
    let version = said.said_option("version").map(str::parse).transpose();
    let version = version.map_err(|_| said.value("a version is a number, as version=7"))?;
    Ok(ReviewAct::Section { section: word.text.to_lowercase(), text: said.text(), version })
}

fn mark(said: &mut Reading<'_>) -> Result<ReviewAct, Misunderstood> {
    let entry = numbered(said, "the number of the entry")?;
    let [word, rest @ ..] = said.words else { return Err(said.unsaid("public, private or default")) };
    if !rest.is_empty() {
        return Err(said.too_much(rest));
    }
    let known = ["public", "private", "default"];
    let shown = match known.iter().position(|known| known.eq_ignore_ascii_case(&word.text)) {
        Some(0) => Some(Shown::Public),
        Some(1) => Some(Shown::Private),
        Some(_) => None,
        None => return Err(said.unknown("mark", word, known)),
    };
    Ok(ReviewAct::Mark { entry, shown })
}

// `3 …`, `#42 3 …`; on a command line, where bare numbers are incidents, `42 3 …`.
fn numbered(said: &mut Reading<'_>, what: &'static str) -> Result<u32, Misunderstood> {
    let two = matches!(said.words, [first, second, ..] if bare(first).is_some() && bare(second).is_some());
    let bare_incident = two && said.context.spelling.numbers == Numbers::Bare;
    if said.words.first().is_some_and(|first| hashed(first).is_some()) || bare_incident {
        said.number_first(Digits::Incident)?;
    }
    let Some((first, rest)) = said.words.split_first() else { return Err(said.unsaid(what)) };
    let number = bare(first).and_then(|number| u32::try_from(number).ok());
    let number = number.ok_or_else(|| said.value(&format!("`{}` is no number", show(&first.text))))?;
    said.words = rest;
    Ok(number)
}

fn due(said: &Reading<'_>) -> Result<Option<DueDate>, Misunderstood> {
    said.said_option("due").map(DueDate::parse).transpose().map_err(|problem| said.value(&problem))
}

/// By whom: `owner=carla`, or `@carla` at the end.
pub(super) fn owner(said: &mut Reading<'_>) -> Option<String> {
    let owner = said.said_option("owner").map(person);
    if let [before @ .., last] = said.words
        && !before.is_empty()
        && last.shape == Shape::Plain
        && last.text.len() > 1
        && last.text.starts_with('@')
    {
        let named = person(&last.text);
        said.words = before;
        return owner.or(Some(named));
    }
    owner
}
