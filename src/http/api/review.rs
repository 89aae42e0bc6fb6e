//! The bodies of what is done afterwards, and `PUT` of a section of the post mortem.

use super::commands;
use super::strict::{bytes, number, parsed};
use crate::http::auth::Identity;
use crate::http::error::Failure;
use crate::http::site::Site;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::IncidentId;
use domain::incident::Act;
use domain::incident::act::{DueDate, ReviewAct};
use domain::incident::review::Shown;
use domain::verbs::Verb;
use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    section: String,
    text: String,
    version: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SectionText {
    text: String,
    version: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    entry: u32,
    #[serde(deserialize_with = "shown")]
    shown: Option<Shown>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Correct {
    entry: u32,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Action {
    text: String,
    owner: Option<String>,
    due: Option<DueDate>,
    link: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ActionEdit {
    action: u32,
    text: Option<String>,
    owner: Option<String>,
    due: Option<DueDate>,
    link: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ActionDone {
    action: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ActionDrop {
    action: u32,
    because: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Waive {
    because: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// What the body of a verb of afterwards asks for; `None` for any other verb.
pub fn act(verb: Verb, body: &[u8]) -> Option<Result<Act, Failure>> {
    let act = match verb {
        Verb::Section => {
            parsed(body).map(|Section { section, text, version }| ReviewAct::Section { section, text, version })
        }
        Verb::Mark => parsed(body).map(|Mark { entry, shown }| ReviewAct::Mark { entry, shown }),
        Verb::Correct => parsed(body).map(|Correct { entry, text }| ReviewAct::Correct { entry, text }),
        Verb::Action => {
            parsed(body).map(|Action { text, owner, due, link }| ReviewAct::Action { text, owner, due, link })
        }
        Verb::ActionEdit => parsed(body).map(|ActionEdit { action, text, owner, due, link }| {
            // What a form leaves empty is kept.
            let text = text.filter(|text| !text.trim().is_empty());
            ReviewAct::ActionEdit { action, text, owner, due, link }
        }),
        Verb::ActionDone => parsed(body).map(|ActionDone { action }| ReviewAct::ActionDone { action }),
        Verb::ActionDrop => {
            parsed(body).map(|ActionDrop { action, because }| ReviewAct::ActionDrop { action, because })
        }
        Verb::Waive => parsed(body).map(|Waive { because }| ReviewAct::Waive { because }),
        Verb::Postmortem => parsed(body).map(|Nothing {}| ReviewAct::Ask),
        _ => return None,
    };
    Some(act.map(Act::Review))
}

/// `PUT /api/v1/incidents/{number}/postmortem/sections/{section}`
pub async fn put_section(
    site: web::Data<Site>,
    request: HttpRequest,
    who: Identity,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let incident = IncidentId(number(&request)?);
    let section = request.match_info().get("section").unwrap_or_default().to_owned();
    let body = bytes(&site, &request, payload).await?;
    let SectionText { text, version } = parsed(&body)?;
    let act = Act::Review(ReviewAct::Section { section, text, version });
    commands::ask(&site, &request, &who, Some(incident), act).await
}

// As people say it, or as it is kept.
fn shown<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Shown>, D::Error> {
    let said = String::deserialize(deserializer)?;
    match said.as_str() {
        "public" => Ok(Some(Shown::Public)),
        "private" => Ok(Some(Shown::Private)),
        "default" => Ok(None),
        _ => Err(serde::de::Error::custom(domain::nearest::unknown("mark", &said, &["public", "private", "default"]))),
    }
}
