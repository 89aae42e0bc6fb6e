//! Notices about people: who does what, what is asked, what was promised; and about incidents that become one, or two.

use super::builtin::Reader;
use super::layout::Part;
use super::phrase::{clock, incident_url, lasted};
use super::plan::Scene;
use crate::document::Audience;
use crate::document::sentence::sentence;
use crate::ids::IncidentId;
use crate::incident::roles::{MANAGER, RoleName};
use crate::incident::{CallOffCode, Fact, Incident};
use crate::policy::Policy;
use crate::text::clean_line;

/// A role changed hands, or anyone may take it.
pub fn role(scene: &Scene<'_>, fact: &Fact, reader: Reader) -> Vec<Part> {
    let number = scene.incident.id.0;
    let audience = match reader {
        Reader::Team => Audience::Team,
        Reader::Public => Audience::Public,
    };
    let mut parts = vec![Part::Words(sentence_of(fact, audience))];
    match fact {
        Fact::RoleOpen { role, .. } => {
            parts.push(Part::Words("Whoever takes it first has it:".to_owned()));
            parts.push(Part::Command(format!("earlybell incident take {number} {role}")));
        }
        Fact::Offered { role, to, .. } if reader == Reader::Team => {
            parts.extend(brief(scene, role));
            parts.push(Part::Words(format!("{to}, take it over, or say that you can't:")));
            parts.push(Part::Command(format!("earlybell incident accept {number} {role}")));
            parts.push(Part::Command(format!("earlybell incident decline {number} {role}")));
        }
        Fact::Taken { role, .. } | Fact::Assigned { role, .. } | Fact::HandedOver { role, .. }
            if reader == Reader::Team =>
        {
            parts.extend(duties(scene.policy, role));
        }
        _ => {}
    }
    parts.extend(who_does_what(scene.policy, scene.incident).filter(|_| reader == Reader::Team));
    parts
}

fn sentence_of(fact: &Fact, audience: Audience) -> String {
    let sentence = sentence(fact, audience);
    let mut letters = sentence.chars();
    let Some(first) = letters.next() else { return sentence };
    // Names of people are written as they are.
    let starts_with_words =
        sentence.starts_with("anyone") || sentence.starts_with("the ") || sentence.starts_with("somebody");
    if starts_with_words { format!("{}{}.", first.to_uppercase(), letters.as_str()) } else { format!("{sentence}.") }
}

/// What somebody needs who goes on with a role: how it stands, what was promised, what is to be done, who knows what.
pub fn brief(scene: &Scene<'_>, role: &RoleName) -> Vec<Part> {
    let incident = scene.incident;
    let mut parts = vec![Part::Field(
        "State",
        format!("{} ({}), for {}", incident.stage.word(), incident.severity, lasted(incident, scene.at)),
    )];
    let said = |name, text: &str| (!text.is_empty()).then(|| Part::Field(name, text.to_owned()));
    parts.extend(said("Summary", &incident.summary));
    parts.extend(said("Who is affected", &incident.impact));
    parts.extend(super::phrase::counts(&incident.tally).map(|counts| Part::Field("What we know", counts)));
    if let Some(update) = &incident.last_update {
        parts.push(Part::Field("Last update", format!("{} ({})", update.text, clock(update.at, scene.at))));
    }
    if let Some(by) = super::phrase::next_update(incident) {
        parts.push(Part::Field("Promised", format!("the next update by {}", clock(by, scene.at))));
    }
    let open: Vec<String> = incident.room.todos.iter().filter(|todo| todo.done.is_none()).map(todo_line).collect();
    if !open.is_empty() {
        parts.push(Part::Words("To do:".to_owned()));
        parts.push(Part::List(open));
    }
    let known: Vec<String> = incident
        .room
        .signs
        .iter()
        .map(|(name, at)| format!("{name}, last heard of at {}", clock(*at, scene.at)))
        .collect();
    if !known.is_empty() {
        parts.push(Part::Words("Who has worked on it:".to_owned()));
        parts.push(Part::List(known));
    }
    parts.extend(duties(scene.policy, role));
    parts
}

/// A to-do in one line.
pub fn todo_line(todo: &crate::incident::room::Todo) -> String {
    let owner = todo.owner.as_ref().map(|owner| format!(" ({owner})")).unwrap_or_default();
    format!("{}. {}{owner}", todo.number, clean_line(&todo.text, 300))
}

fn duties(policy: &Policy, role: &RoleName) -> Vec<Part> {
    let spec = policy.source.roles.iter().find(|spec| spec.name == *role);
    let Some(duties) = spec.map(|spec| spec.duties.clone()).filter(|duties| !duties.is_empty()) else {
        return Vec::new();
    };
    vec![Part::Words(format!("What {} does:", role.words())), Part::List(duties)]
}

/// Who does what, in one line.
pub fn who_does_what(policy: &Policy, incident: &Incident) -> impl Iterator<Item = Part> + use<> {
    let roles = &incident.roles;
    let mut lines = Vec::new();
    for spec in &policy.source.roles {
        let who = match (roles.holder(&spec.name.0), roles.offers.get(&spec.name)) {
            (Some(person), Some(offer)) => format!("{person}, offered to {}", offer.to),
            (Some(person), None) => person.to_owned(),
            (None, _) if spec.name.0 == MANAGER && !roles.open.contains_key(MANAGER) && !roles.asked.is_empty() => {
                format!("nobody yet; {} was asked", roles.asked)
            }
            (None, _) if spec.name.0 == MANAGER => "nobody; anyone may take it".to_owned(),
            (None, _) => continue,
        };
        lines.push(format!("{}: {who}", spec.name.words()));
    }
    (!lines.is_empty()).then(|| Part::Field("Who does what", lines.join("; "))).into_iter()
}

/// It is part of another one.
pub fn merged_into(scene: &Scene<'_>, into: IncidentId, because: &str) -> Vec<Part> {
    let mut parts = vec![Part::Words(format!("This is part of {into} now; everything else is told there."))];
    if !because.is_empty() {
        parts.push(Part::Field("Why", because.to_owned()));
    }
    parts.push(Part::Link("Go on there", incident_url(&scene.policy.source.external_url, into)));
    parts
}

/// Another one is part of it. What was only suspected stays out of public.
pub fn absorbed(reader: Reader, from: IncidentId, title: &str, public: bool) -> Part {
    Part::Words(match reader {
        Reader::Public if !public => "There is more to it than was known.".to_owned(),
        _ => format!("{from} “{}” is part of this one now.", clean_line(title, 200)),
    })
}

/// What it is part of was nothing: told to whoever saw this alarm, too.
pub fn target_called_off(scene: &Scene<'_>, into: IncidentId, code: CallOffCode, reason: &str) -> Vec<Part> {
    vec![
        Part::Words(format!("{into}, which this is part of, was called off: this was not an incident ({code}).")),
        Part::Field("Reason", reason.to_owned()),
        Part::Words("If you saw the alarm, there is nothing more to do.".to_owned()),
        Part::Link("All of it", incident_url(&scene.policy.source.external_url, into)),
    ]
}

/// What it is part of goes on after all.
pub fn target_reopened(scene: &Scene<'_>, into: IncidentId, because: &str) -> Vec<Part> {
    let mut parts = vec![Part::Words(format!("{into}, which this is part of, was called off, and goes on after all."))];
    if !because.is_empty() {
        parts.push(Part::Field("Why", because.to_owned()));
    }
    parts.push(Part::Link("Go on there", incident_url(&scene.policy.source.external_url, into)));
    parts
}

/// Some of its alerts are an incident of their own.
pub fn split_off(scene: &Scene<'_>, into: IncidentId, alerts: usize) -> Vec<Part> {
    let alerts = if alerts == 1 { "1 alert is".to_owned() } else { format!("{alerts} alerts are") };
    vec![
        Part::Words(format!("{alerts} an incident of their own now: {into}.")),
        Part::Link("Follow it there", incident_url(&scene.policy.source.external_url, into)),
    ]
}
