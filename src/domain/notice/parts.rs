//! Notices about incidents that become one, one that becomes two, and what is written afterwards.

use super::NoticeKind;
use super::builtin::Reader;
use super::layout::Part;
use super::phrase::{counts, incident_url};
use super::plan::Scene;
use crate::ids::IncidentId;
use crate::incident::CallOffCode;
use crate::policy::ReceiverKind;
use crate::text::clean_line;

/// Its post mortem can be read: at an address, or on a branch of the blog.
pub fn published(address: &str) -> Vec<Part> {
    let words = Part::Words("The post mortem is written.".to_owned());
    let is_url = address.starts_with("https://") || address.starts_with("http://");
    let place = match address {
        "" => None,
        url if is_url => Some(Part::Link("Read it", url.to_owned())),
        branch => Some(Part::Field("On the blog's branch", clean_line(branch, 300))),
    };
    [Some(words), place].into_iter().flatten().collect()
}

/// A notice will not get there.
pub fn lost(scene: &Scene<'_>, receiver: &str, person: Option<&str>, notice: &str, because: &str) -> Vec<Part> {
    let (words, instead) = match person {
        Some(person) => (
            format!("{person} was not told by {receiver} (“{notice}”), and will not be told again."),
            format!("Tell {person} another way."),
        ),
        None if notice == NoticeKind::Post.word() => (
            format!("The post mortem did not get to {receiver}."),
            format!("Mend what is wrong, and publish it again; it stays with {} until then.", scene.incident.id),
        ),
        None => (
            format!("The notice “{notice}” did not reach {receiver} and will not be sent again."),
            "Tell the people who only read that receiver another way.".to_owned(),
        ),
    };
    vec![Part::Words(words), Part::Field("Reason", because.to_owned()), Part::Words(instead)]
}

/// A receiver has to be mended.
pub fn blocked(scene: &Scene<'_>, receiver: &str, because: &str, late: bool) -> Vec<Part> {
    if late {
        return vec![
            Part::Words(format!("{receiver} is not reached. Its notices wait, and go out once it is.")),
            Part::Field("Reason", because.to_owned()),
            Part::Words("Tell the people who only read that receiver another way.".to_owned()),
        ];
    }
    let is_blog = scene.policy.receiver(receiver).is_some_and(|spec| spec.kind == ReceiverKind::Blog);
    let (words, instead) = if is_blog {
        (
            format!(
                "{receiver} does not take the post mortem. It waits, and goes out once its configuration is fixed."
            ),
            None,
        )
    } else {
        (
            format!("{receiver} refuses every notice. They wait, and go out once its configuration is fixed."),
            Some(Part::Words("Tell the people who only read that receiver another way.".to_owned())),
        )
    };
    [Part::Words(words), Part::Field("Reason", because.to_owned())].into_iter().chain(instead).collect()
}

/// Somebody hears of it in the place of a receiver that can't.
pub fn in_place_of(receiver: &str, because: &str) -> Vec<Part> {
    vec![
        Part::Words(format!("You are told in the place of {receiver}, which does not take its notices now.")),
        Part::Field("Reason", because.to_owned()),
    ]
}

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
