//! What each verb takes.

mod afterwards;

use super::Verb;
use super::misunderstood::Misunderstood;
use super::parse::{bare, hashed};
use super::reading::{Digits, Reading};
use super::words::{Shape, Word, quoted};
use crate::alert::Pairs;
use crate::alert::matcher::MatcherText;
use crate::duration::Duration;
use crate::ids::IncidentId;
use crate::incident::roles::{MANAGER, RoleName};
use crate::incident::room::Part;
use crate::incident::{Act, CallOffCode, Severity};

/// What is said behind the verb, as an act on an incident.
pub(super) fn act(said: &mut Reading<'_>) -> Result<Act, Misunderstood> {
    said.known_options();
    match said.verb {
        Verb::Ack => said.number_first(Digits::Either).map(|()| Act::Ack { text: said.text() }),
        Verb::Confirm => said.number_first(Digits::Either).map(|()| Act::Confirm { text: said.text() }),
        Verb::Resolve => said.number_first(Digits::Either).map(|()| Act::Resolve { text: said.text() }),
        Verb::Reopen => said.number_first(Digits::Either).map(|()| Act::Reopen { text: said.text() }),
        Verb::Note => {
            said.number_first(Digits::Either)?;
            Ok(Act::Note { text: said.required("the text")? })
        }
        Verb::Update => update(said),
        Verb::Edit => edit(said),
        Verb::Todo => todo(said),
        Verb::Done => done(said),
        Verb::Publish => {
            said.number_first(Digits::Either)?;
            let path = said.said_option("path").map(str::to_owned);
            let anyway = said.said_option("anyway").is_some();
            Ok(Act::Publish { text: said.required("the text of the post")?, path, anyway })
        }
        Verb::Severity => severity(said),
        Verb::CallOff => call_off(said),
        Verb::Merge => merge(said),
        Verb::Split => split(said),
        Verb::Take => Ok(Act::Take { role: role(&said.number_anywhere()).unwrap_or_else(|| RoleName::from(MANAGER)) }),
        Verb::Accept => Ok(Act::Accept { role: role(&said.number_anywhere()) }),
        Verb::Decline => Ok(Act::Decline { role: role(&said.number_anywhere()) }),
        Verb::Assign => role_and_person(said).map(|(role, person)| Act::Assign { role, person }),
        Verb::HandOver => role_and_person(said).map(|(role, person)| Act::HandOver { role, person }),
        Verb::Follow => alone(said, Act::Follow),
        Verb::Unfollow => alone(said, Act::Unfollow),
        Verb::Undo => alone(said, Act::Undo),
        Verb::Section
        | Verb::Mark
        | Verb::Correct
        | Verb::Action
        | Verb::ActionEdit
        | Verb::ActionDone
        | Verb::ActionDrop
        | Verb::Postmortem
        | Verb::Waive => afterwards::act(said),
        // Said of no incident, and read elsewhere.
        verb @ (Verb::Declare | Verb::List | Verb::Show | Verb::Why | Verb::Help | Verb::Adopt) => {
            Err(Misunderstood::Unsaid { verb, what: "more" })
        }
    }
}

/// What is declared.
pub(super) fn declare(said: &mut Reading<'_>) -> Result<Act, Misunderstood> {
    let mut labels: Vec<(String, String)> = Vec::new();
    loop {
        said.known_options();
        // A title is never nothing but labels.
        let [_, .., last] = said.words else { break };
        let Shape::Pair { name, sign: "=", value } = &last.shape else { break };
        if !is_label(name) {
            break;
        }
        labels.push((name.clone(), value.clone()));
        said.words = &said.words[..said.words.len() - 1];
    }
    for (_, label) in said.options.iter().filter(|(name, _)| name == "label") {
        let split = label.split_once('=').filter(|(name, _)| is_label(name));
        let (name, value) =
            split.ok_or_else(|| said.value(&format!("`{}` is no label; write name=value", show(label))))?;
        labels.push((name.to_owned(), value.to_owned()));
    }
    Ok(Act::Declare {
        title: said.required("what is going on")?,
        severity: said.said_option("severity").map(|word| severity_of(said, word)).transpose()?,
        impact: said.said_option("impact").unwrap_or_default().to_owned(),
        labels: Pairs::labels(labels),
        drill: said.said_option("drill").is_some(),
    })
}

fn update(said: &mut Reading<'_>) -> Result<Act, Misunderstood> {
    said.number_first(Digits::Either)?;
    let next_in = said.said_option("next").map(Duration::parse).transpose();
    Ok(Act::Update {
        text: said.required("the text")?,
        impact: said.said_option("impact").map(str::to_owned),
        next_in: next_in.map_err(|error| said.value(&error.to_string()))?,
    })
}

fn edit(said: &mut Reading<'_>) -> Result<Act, Misunderstood> {
    let part = match said.part {
        Some(part) => {
            said.number_first(Digits::Either)?;
            part
        }
        None => {
            said.number_first(Digits::Incident)?;
            let Some((word, rest)) = said.words.split_first() else { return Err(said.unsaid("the part and its text")) };
            let part = Part::parse(&word.text.to_lowercase());
            let part = part.ok_or_else(|| said.unknown("part", word, Part::ALL.map(Part::word)))?;
            said.words = rest;
            part
        }
    };
    if said.words.is_empty() {
        return Err(said.unsaid("the text (\"\" clears it)"));
    }
    let version = said.said_option("version").map(str::parse).transpose();
    let version = version.map_err(|_| said.value("a version is a number, as version=7"))?;
    Ok(Act::Edit { part, text: said.text(), version })
}

fn todo(said: &mut Reading<'_>) -> Result<Act, Misunderstood> {
    said.number_first(Digits::Either)?;
    let owner = afterwards::owner(said);
    Ok(Act::Todo { text: said.required("what is to be done")?, owner })
}

// `done 3`, `done #42 3`, `done 42 3`: of two numbers the first is the incident.
fn done(said: &mut Reading<'_>) -> Result<Act, Misunderstood> {
    if let [_, _, ..] = said.words {
        said.number_first(Digits::Incident)?;
    }
    let words = match said.words {
        [only] if bare(only).is_some() => vec![only],
        _ => said.number_anywhere(),
    };
    let todo = match words[..] {
        [word] => bare(word).and_then(|number| u32::try_from(number).ok()),
        [] => return Err(said.unsaid("the number of the to-do")),
        [..] => None,
    };
    Ok(Act::Done { todo: todo.ok_or_else(|| said.value("a to-do is named by its number, as 3"))? })
}

fn severity(said: &mut Reading<'_>) -> Result<Act, Misunderstood> {
    said.number_first(Digits::Incident)?;
    let Some((word, rest)) = said.words.split_first() else { return Err(said.unsaid("how bad it is")) };
    let to = severity_of(said, &word.text)?;
    said.words = rest;
    // `severity critical #42`: a number alone is no reason.
    if let [only] = rest
        && said.number.is_none()
        && hashed(only).is_some()
    {
        said.number_first(Digits::Incident)?;
    }
    Ok(Act::Severity { to, text: said.text() })
}

fn severity_of(said: &Reading<'_>, word: &str) -> Result<Severity, Misunderstood> {
    let known = Severity::ALL.map(Severity::word).to_vec();
    Severity::parse(&word.to_lowercase()).ok_or_else(|| Misunderstood::Word {
        verb: said.verb,
        what: "severity",
        said: show(word),
        known,
    })
}

fn call_off(said: &mut Reading<'_>) -> Result<Act, Misunderstood> {
    said.number_first(Digits::Incident)?;
    let Some((word, rest)) = said.words.split_first() else { return Err(said.unsaid("a code and the reason")) };
    let code = CallOffCode::parse(&word.text.to_lowercase().replace('_', "-"));
    let code = code.ok_or_else(|| said.unknown("code", word, CallOffCode::ALL.map(CallOffCode::word)))?;
    said.words = rest;
    Ok(Act::CallOff { code, reason: said.required("the reason, which everyone who saw the alarm is told")? })
}

// `merge #43 into #42`, `merge #43 #42`; in the thread of one: `merge into #42`, `merge #42`.
fn merge(said: &mut Reading<'_>) -> Result<Act, Misunderstood> {
    let option = said.said_option("into").map(|text| super::parse::reference(text).ok_or_else(|| text.to_owned()));
    let option = option.transpose().map_err(|text| said.value(&format!("`{}` is no incident", show(&text))))?;
    let first = number(said);
    let says_into = said.words.first().is_some_and(|word| word.text.eq_ignore_ascii_case("into"));
    if says_into {
        said.words = &said.words[1..];
    }
    let second = if says_into || option.is_none() { number(said) } else { None };
    let (from, into) = match (first, second, option) {
        (from, None, Some(into)) | (from @ Some(_), Some(into), None) => (from, into),
        // Two were named, but which goes on was said already, or not at all.
        (None, Some(into), None) if says_into => (None, into),
        (Some(into), None, None) if said.number.is_some() || (said.context.thread.is_some() && !says_into) => {
            (None, into)
        }
        _ => return Err(said.unsaid("which one is part of which")),
    };
    if from.is_some() && said.number.is_some() {
        return Err(said.unsaid("which one is part of which"));
    }
    said.number = said.number.or(from);
    Ok(Act::Merge { into, text: said.text() })
}

fn number(said: &mut Reading<'_>) -> Option<IncidentId> {
    let (first, rest) = said.words.split_first()?;
    let number = hashed(first).or_else(|| bare(first).map(IncidentId))?;
    said.words = rest;
    Some(number)
}

fn split(said: &mut Reading<'_>) -> Result<Act, Misunderstood> {
    said.number_first(Digits::Either)?;
    let mut matchers = Vec::new();
    while let Some((last, before)) = said.words.split_last()
        && let Shape::Pair { name, sign, value } = &last.shape
        && is_label(name)
    {
        let text = format!("{name}{sign}{}", quoted_value(value));
        matchers.push(MatcherText::try_from(text).map_err(|problem| said.value(&problem))?);
        said.words = before;
    }
    if matchers.is_empty() {
        return Err(said.unsaid("which alerts it takes along, as alertname=UploadErrors"));
    }
    matchers.reverse();
    Ok(Act::Split { title: said.required("a title")?, matchers, alerts: Vec::new() })
}

// As matchers have it: no curly quotes are special there.
fn quoted_value(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

fn role_and_person(said: &mut Reading<'_>) -> Result<(RoleName, String), Misunderstood> {
    let mut words = said.number_anywhere();
    let Some(last) = words.pop() else { return Err(said.unsaid("the role and the person")) };
    if words.len() > 1 && words.last().is_some_and(|word| word.text.eq_ignore_ascii_case("to")) {
        words.pop();
    }
    let role = role(&words).ok_or_else(|| said.unsaid("the role and the person"))?;
    Ok((role, person(&last.text)))
}

fn alone(said: &mut Reading<'_>, act: Act) -> Result<Act, Misunderstood> {
    match said.number_anywhere().first() {
        None => Ok(act),
        Some(word) => Err(Misunderstood::TooMuch { verb: said.verb, said: word.text.clone() }),
    }
}

// `incident manager` is `incident_manager`.
fn role(words: &[&Word]) -> Option<RoleName> {
    let words: Vec<String> = words.iter().map(|word| word.text.to_lowercase().replace([' ', '-'], "_")).collect();
    (!words.is_empty()).then(|| RoleName(words.join("_")))
}

fn person(text: &str) -> String {
    text.trim_start_matches('@').to_owned()
}

fn is_label(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && letters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn show(text: &str) -> String {
    crate::text::clean_line(text, 80)
}

/// A text as it stands in a line: in quotes where it would be read as something else.
pub(super) fn written(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '.' | ',' | '!' | ';' | '(' | ')' | '/');
    let words_apart = !text.contains("  ") && text.trim() == text;
    let starts = text.starts_with(char::is_alphabetic);
    if words_apart && starts && text.chars().all(plain) { text.to_owned() } else { quoted(text) }
}
