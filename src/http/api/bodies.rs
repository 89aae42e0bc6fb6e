//! The bodies of verbs, one shape each: what must be said, what may be, and nothing else.

use super::strict::parsed;
use crate::http::error::Failure;
use domain::alert::Pairs;
use domain::alert::matcher::MatcherText;
use domain::duration::Duration;
use domain::ids::{AlertId, IncidentId};
use domain::incident::roles::{MANAGER, RoleName};
use domain::incident::room::Part;
use domain::incident::{Act, CallOffCode, Severity};
use domain::verbs::Verb;
use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declare {
    title: String,
    severity: Option<Severity>,
    #[serde(default)]
    impact: String,
    #[serde(default)]
    labels: Pairs,
    #[serde(default)]
    drill: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MaybeText {
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Update {
    text: String,
    impact: Option<String>,
    next_in: Option<Duration>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    #[serde(deserialize_with = "part")]
    part: Part,
    text: String,
    version: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EditPart {
    text: String,
    version: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Todo {
    text: String,
    owner: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Done {
    todo: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Publish {
    text: String,
    path: Option<String>,
    #[serde(default)]
    anyway: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetSeverity {
    to: Severity,
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallOff {
    code: CallOffCode,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MaybeRole {
    role: Option<RoleName>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleAndPerson {
    role: RoleName,
    person: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Merge {
    into: IncidentId,
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Split {
    title: String,
    #[serde(default)]
    matchers: Vec<MatcherText>,
    #[serde(default)]
    alerts: Vec<AlertId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// What the body of a verb asks for.
///
/// # Errors
/// It is not of the verb's shape.
pub fn act(verb: Verb, body: &[u8]) -> Result<Act, Failure> {
    Ok(match verb {
        Verb::Declare => {
            let Declare { title, severity, impact, labels, drill } = parsed(body)?;
            Act::Declare { title, severity, impact, labels, drill }
        }
        Verb::Ack => Act::Ack { text: parsed::<MaybeText>(body)?.text },
        Verb::Confirm => Act::Confirm { text: parsed::<MaybeText>(body)?.text },
        Verb::Resolve => Act::Resolve { text: parsed::<MaybeText>(body)?.text },
        Verb::Reopen => Act::Reopen { text: parsed::<MaybeText>(body)?.text },
        Verb::Note => Act::Note { text: parsed::<Text>(body)?.text },
        Verb::Update => {
            let Update { text, impact, next_in } = parsed(body)?;
            Act::Update { text, impact, next_in }
        }
        Verb::Edit => {
            let Edit { part, text, version } = parsed(body)?;
            Act::Edit { part, text, version }
        }
        Verb::Todo => {
            let Todo { text, owner } = parsed(body)?;
            Act::Todo { text, owner }
        }
        Verb::Done => Act::Done { todo: parsed::<Done>(body)?.todo },
        Verb::Publish => {
            let Publish { text, path, anyway } = parsed(body)?;
            Act::Publish { text, path, anyway }
        }
        Verb::Severity => {
            let SetSeverity { to, text } = parsed(body)?;
            Act::Severity { to, text }
        }
        Verb::CallOff => {
            let CallOff { code, reason } = parsed(body)?;
            Act::CallOff { code, reason }
        }
        Verb::Merge => {
            let Merge { into, text } = parsed(body)?;
            Act::Merge { into, text }
        }
        Verb::Split => {
            let Split { title, matchers, alerts } = parsed(body)?;
            Act::Split { title, matchers, alerts }
        }
        other => return super::review::act(other, body).unwrap_or_else(|| about_people(other, body)),
    })
}

fn about_people(verb: Verb, body: &[u8]) -> Result<Act, Failure> {
    let nothing = || parsed::<Nothing>(body);
    Ok(match verb {
        Verb::Take => Act::Take { role: parsed::<MaybeRole>(body)?.role.unwrap_or_else(|| RoleName::from(MANAGER)) },
        Verb::Accept => Act::Accept { role: parsed::<MaybeRole>(body)?.role },
        Verb::Decline => Act::Decline { role: parsed::<MaybeRole>(body)?.role },
        Verb::Assign => {
            let RoleAndPerson { role, person } = parsed(body)?;
            Act::Assign { role, person }
        }
        Verb::HandOver => {
            let RoleAndPerson { role, person } = parsed(body)?;
            Act::HandOver { role, person }
        }
        Verb::Follow => nothing().map(|Nothing {}| Act::Follow)?,
        Verb::Unfollow => nothing().map(|Nothing {}| Act::Unfollow)?,
        Verb::Undo => nothing().map(|Nothing {}| Act::Undo)?,
        other => return Err(Failure::NotFound(format!("`{}` has no body", other.word()))),
    })
}

/// What the body of a part's own path asks for.
///
/// # Errors
/// It is not of the shape.
pub fn edit(part: Part, body: &[u8]) -> Result<Act, Failure> {
    let EditPart { text, version } = parsed(body)?;
    Ok(Act::Edit { part, text, version })
}

// As people type it, or as the timeline has it: `exit-criteria`, `exit_criteria`.
fn part<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Part, D::Error> {
    let said = String::deserialize(deserializer)?;
    let known = Part::ALL.map(Part::word);
    Part::parse(&said.replace('_', "-"))
        .ok_or_else(|| serde::de::Error::custom(domain::nearest::unknown("part", &said, &known)))
}
