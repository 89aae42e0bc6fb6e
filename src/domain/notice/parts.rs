//! Notices about incidents that become one, and one that becomes two.

use super::builtin::Reader;
use super::layout::Part;
use super::phrase::{counts, incident_url};
use super::plan::Scene;
use crate::ids::IncidentId;
use crate::incident::CallOffCode;
use crate::text::clean_line;

/// It is part of another one; what people did here, they do there, or not.
pub fn merged_into(scene: &Scene<'_>, reader: Reader, into: IncidentId, because: &str) -> Vec<Part> {
    let mut parts = vec![Part::Words(format!("This is part of {into} now; everything else is told there."))];
    parts.extend(why(because));
    let held = &scene.incident.roles.held;
    if reader == Reader::Team && !held.is_empty() {
        let roles: Vec<String> =
            held.iter().map(|(role, holding)| format!("{} ({})", role.words(), holding.person)).collect();
        parts.push(Part::Field("Roles that end here", format!("{}; {into} has its own", roles.join(", "))));
    }
    parts.push(link(scene, "Go on there", into));
    parts
}

/// Another one is part of it. What was only suspected stays out of public.
pub fn absorbed(reader: Reader, from: IncidentId, title: &str, public: bool) -> Part {
    Part::Words(match reader {
        Reader::Public if !public => "There is more to it than was known.".to_owned(),
        Reader::Public | Reader::Team => format!("{from} “{}” is part of this one now.", clean_line(title, 200)),
    })
}

/// What it is part of was nothing: told to whoever saw this alarm, too.
pub fn target_called_off(scene: &Scene<'_>, into: IncidentId, code: CallOffCode, reason: &str) -> Vec<Part> {
    vec![
        Part::Words(format!("{into}, which this is part of, was called off: this was not an incident ({code}).")),
        Part::Field("Reason", reason.to_owned()),
        Part::Words("If you saw the alarm, there is nothing more to do.".to_owned()),
        link(scene, "All of it", into),
    ]
}

/// What it is part of goes on after all.
pub fn target_reopened(scene: &Scene<'_>, into: IncidentId, because: &str) -> Vec<Part> {
    let mut parts = vec![Part::Words(format!("{into}, which this is part of, was called off, and goes on after all."))];
    parts.extend(why(because));
    parts.push(link(scene, "Go on there", into));
    parts
}

/// Some of its alerts are an incident of their own.
pub fn split_off(scene: &Scene<'_>, into: IncidentId, alerts: usize) -> Vec<Part> {
    let words = match alerts {
        1 => format!("1 of its alerts is an incident of its own now: {into}."),
        many => format!("{many} of its alerts are an incident of their own now: {into}."),
    };
    let known = counts(&scene.incident.tally).map(|counts| Part::Field("What is left", counts));
    let link = link(scene, "Follow it there", into);
    [Part::Words(words)].into_iter().chain(known).chain([link]).collect()
}

fn why(because: &str) -> Option<Part> {
    (!because.is_empty()).then(|| Part::Field("Why", because.to_owned()))
}

fn link(scene: &Scene<'_>, name: &'static str, incident: IncidentId) -> Part {
    Part::Link(name, incident_url(&scene.policy.source.external_url, incident))
}
