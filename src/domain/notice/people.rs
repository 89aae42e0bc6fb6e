//! Notices about people: who does what, what is asked, what was promised.

use super::brief::{brief, duties};
use super::builtin::Reader;
use super::layout::Part;
use super::phrase::clock;
use super::plan::Scene;
use crate::document::Audience;
use crate::document::roles::Cast;
use crate::document::sentence::sentence;
use crate::incident::Fact;
use crate::incident::due::roles::claim_until;
use crate::incident::roles::MANAGER;

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
