//! Notices about people: who does what, what is asked, what was promised; and about incidents that become one, or two.

use super::brief::{brief, duties};
use super::builtin::Reader;
use super::layout::Part;
use super::phrase::{clock, incident_url};
use super::plan::Scene;
use crate::document::Audience;
use crate::document::roles::Cast;
use crate::document::sentence::sentence;
use crate::ids::IncidentId;
use crate::incident::due::roles::claim_until;
use crate::incident::roles::MANAGER;
use crate::incident::{CallOffCode, Fact};
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
        Fact::RoleOpen { role, .. } if reader == Reader::Team => {
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

/// Who does what, and until when whoever was asked to lead has time. Nothing where it is over, or nobody was asked.
pub fn who_does_what(scene: &Scene<'_>) -> Vec<Part> {
    if !scene.incident.stage.is_open() {
        return Vec::new();
    }
    let (incident, source) = (scene.incident, &*scene.policy.source);
    let Some(line) = (Cast { incident, source, directory: scene.directory, at: scene.at }).in_one_line() else {
        return Vec::new();
    };
    let mut parts = vec![Part::Field("Who does what", line)];
    if let Some(by) = claim_until(incident, &source.rituals) {
        parts.push(Part::Words(format!("Unless somebody takes it by {}, anyone may:", clock(by, scene.at))));
        parts.push(Part::Command(format!("earlybell incident take {} {MANAGER}", incident.id.0)));
    }
    parts
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
