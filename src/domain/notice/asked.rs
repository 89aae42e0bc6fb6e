//! Notices that ask people something. Whoever answers for it is named first: a question to everyone is one to nobody.

use super::brief::todo_line;
use super::layout::Part;
use super::phrase::{clock, lasted, next_update};
use super::plan::Scene;
use crate::duration::Duration;
use crate::incident::due::Waits;
use crate::incident::due::roles::{Tired, tired};
use crate::incident::roles::COMMUNICATIONS;
use crate::incident::room::Prompt;
use crate::incident::{Fact, Incident};
use crate::policy::ReceiverSpec;
use chrono::{DateTime, Utc};

/// Most to-dos named in a call-out; the others are counted.
const TODOS_NAMED_MAX: usize = 5;

/// Who a fact asks by name, if it asks anyone: where there is a way to reach them alone, they hear of it there, too.
pub fn addressed<'a>(scene: &Scene<'a>, fact: &Fact) -> Vec<&'a str> {
    let incident = scene.incident;
    let roles = &incident.roles;
    let mut people: Vec<&str> = match fact {
        // Whose word it was, and who sees to it that it comes.
        Fact::PromiseMissed { .. } => roles.manager().into_iter().chain(roles.holder(COMMUNICATIONS)).collect(),
        Fact::Prompted { prompts } => {
            let long = prompts.contains(&Prompt::HandOver).then(|| {
                let waits = Waits { source: &scene.policy.source, directory: scene.directory };
                tired(incident, &waits, scene.at).into_iter().filter_map(|tired| roles.holder(&tired.role.0))
            });
            prompts.iter().filter_map(|prompt| asked_of(incident, *prompt)).chain(long.into_iter().flatten()).collect()
        }
        _ => Vec::new(),
    };
    let mut known = std::collections::BTreeSet::new();
    people.retain(|person| known.insert(*person));
    people
}

/// Whether questions reach people here while they talk. Where no receiver of the team does that, each hears them: a mail for
/// each question is better than none, but worse than a line in the thread.
pub fn talks(spec: &ReceiverSpec) -> bool {
    spec.kind.is_chat()
}

/// An update that was promised did not come.
pub fn promise_missed(scene: &Scene<'_>, by: DateTime<Utc>) -> Vec<Part> {
    let roles = &scene.incident.roles;
    let other = roles.holder(COMMUNICATIONS).filter(|person| roles.manager().is_some_and(|lead| lead != *person));
    let other = other.map(|person| format!(" {person} has communications.")).unwrap_or_default();
    let whoever = if roles.responsible(COMMUNICATIONS).is_none() { " Whoever can:" } else { "" };
    let say = if whoever.is_empty() { "Say" } else { "say" };
    let words = format!(
        "the update promised by {} did not come.{other}{whoever} {say} how it stands, even if nothing is new:",
        clock(by, scene.at)
    );
    vec![
        Part::Words(to(roles.manager().or_else(|| roles.holder(COMMUNICATIONS)), &words)),
        Part::Command(format!("earlybell incident update {} \"…\"", scene.incident.id.0)),
    ]
}

/// Questions, all in one notice.
pub fn asked(scene: &Scene<'_>, prompts: &[Prompt]) -> Vec<Part> {
    let (promises, others): (Vec<Prompt>, Vec<Prompt>) =
        prompts.iter().copied().partition(|prompt| *prompt == Prompt::Promise);
    let mut parts: Vec<Part> = promises.iter().chain(&others).flat_map(|prompt| question(scene, *prompt)).collect();
    if others.contains(&Prompt::CallOut) {
        parts.extend(how_it_stands(scene, promises.is_empty()));
    }
    parts
}

/// Who answers a question, if it is anybody's in particular.
pub fn asked_of(incident: &Incident, prompt: Prompt) -> Option<&str> {
    match prompt {
        Prompt::Scope | Prompt::Stale | Prompt::Promise => incident.roles.responsible(COMMUNICATIONS),
        Prompt::CallOut => incident.roles.manager(),
        Prompt::HandOver => None,
    }
}

fn question(scene: &Scene<'_>, prompt: Prompt) -> Vec<Part> {
    let incident = scene.incident;
    let number = incident.id.0;
    let ask = |words: &str| Part::Words(to(asked_of(incident, prompt), words));
    match prompt {
        Prompt::Scope => vec![
            ask("who is affected, and since when? Even “not known yet” helps."),
            Part::Command(format!("earlybell incident edit {number} impact \"…\"")),
        ],
        Prompt::Stale => {
            vec![ask(&last_written(scene)), Part::Command(format!("earlybell incident edit {number} summary \"…\""))]
        }
        Prompt::Promise => {
            vec![ask(&reminder(scene)), Part::Command(format!("earlybell incident update {number} \"…\""))]
        }
        Prompt::HandOver => vec![
            Part::Words(hand_over(scene)),
            Part::Command(format!("earlybell incident handover {number} ROLE PERSON")),
        ],
        Prompt::CallOut => vec![ask(&format!("it goes on for {} now.", lasted(incident, scene.at)))],
    }
}

// Who has had a role for long, by name; and who could go on with it.
fn hand_over(scene: &Scene<'_>) -> String {
    let waits = Waits { source: &scene.policy.source, directory: scene.directory };
    let long: Vec<String> =
        tired(scene.incident, &waits, scene.at).iter().map(|one| why_tired(one, scene.at)).collect();
    let long = if long.is_empty() { "It has been long".to_owned() } else { long.join("; ") };
    let squad = &scene.incident.roles.asked;
    let fresh = scene.directory.on_duty(squad, scene.at).into_iter().map(|shift| shift.person.as_str());
    let fresh: Vec<&str> = fresh.filter(|name| scene.incident.roles.of(name).next().is_none()).collect();
    let fresh = if fresh.is_empty() { String::new() } else { format!(" On duty now: {}.", fresh.join(", ")) };
    format!("{long}.{fresh} Hand over before you are tired; a role stays where it is until somebody accepts it:")
}

fn why_tired(tired: &Tired, at: DateTime<Utc>) -> String {
    let Tired { role, person, since, duty_ended } = tired;
    match duty_ended {
        Some(ended) => format!("{person} is {}, and was on duty until {}", role.words(), clock(*ended, at)),
        None => format!("{person} has been {} for {}", role.words(), Duration::between(*since, at).rough()),
    }
}

fn last_written(scene: &Scene<'_>) -> String {
    match scene.incident.last_word_of_people() {
        Some(at) => format!("the state document was last written at {}. Is it still true?", clock(at, scene.at)),
        None => "nobody has written the state document yet. What is known?".to_owned(),
    }
}

fn reminder(scene: &Scene<'_>) -> String {
    let Some(by) = next_update(scene.incident) else {
        return "an update was promised.".to_owned();
    };
    let left = Duration::between(scene.at, by).rough();
    format!("the next update is promised by {}, in {left}.", clock(by, scene.at))
}

// What is promised, where that is not said already, and what is to be done.
fn how_it_stands(scene: &Scene<'_>, say_promise: bool) -> Vec<Part> {
    let mut parts = Vec::new();
    if let Some(by) = next_update(scene.incident).filter(|_| say_promise) {
        let late = if by <= scene.at { ", which did not come" } else { "" };
        parts.push(Part::Field("Promised", format!("an update by {}{late}", clock(by, scene.at))));
    }
    let open: Vec<String> =
        scene.incident.room.todos.iter().filter(|todo| todo.done.is_none()).map(todo_line).collect();
    if !open.is_empty() {
        let more = open.len().saturating_sub(TODOS_NAMED_MAX);
        let more = (more > 0).then(|| format!("and {more} more"));
        parts.push(Part::Words("To do:".to_owned()));
        parts.push(Part::List(open.into_iter().take(TODOS_NAMED_MAX).chain(more).collect()));
    }
    parts
}

// `anna: who is affected?`, or to everyone: `Who is affected?`
fn to(person: Option<&str>, words: &str) -> String {
    let mut letters = words.chars();
    match (person, letters.next()) {
        (Some(person), _) => format!("{person}: {words}"),
        (None, Some(first)) => format!("{}{}", first.to_uppercase(), letters.as_str()),
        (None, None) => String::new(),
    }
}
