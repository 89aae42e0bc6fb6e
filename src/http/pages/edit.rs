//! `/incidents/N/edit`: the parts of the state document that people write. Each carries the version that was read; of two people
//! who write the same part, the second one sees both texts, and goes on from there.

use super::acts::in_words;
use super::chrome::Chrome;
use super::forms::Typed;
use super::render::render;
use super::{shown, with_status};
use crate::http::api::incidents;
use crate::http::auth::{Identity, Visitor};
use crate::http::error::Failure;
use crate::http::site::Site;
use crate::http::token::random_text;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use domain::incident::room::Part;
use domain::incident::{Incident, Refusal};
use serde::Serialize;

#[derive(Serialize)]
struct Content {
    id: String,
    number: u64,
    title: String,
    problem: Option<String>,
    parts: Vec<PartForm>,
    key: String,
}

#[derive(Serialize)]
struct PartForm {
    part: &'static str,
    label: &'static str,
    hint: &'static str,
    text: String,
    version: u32,
    by: Option<String>,
    at: Option<DateTime<Utc>>,
    // What somebody else wrote meanwhile.
    theirs: Option<String>,
}

/// `GET /incidents/{number}/edit`
pub async fn show(site: web::Data<Site>, request: HttpRequest, who: Identity) -> HttpResponse {
    let visitor = Visitor { who: Some(who), path: request.path().to_owned() };
    match page(&site, &visitor, &request).await {
        Ok(page) => with_status(&site, &visitor, StatusCode::OK, Ok(page)),
        Err(failure) => shown(&site, &visitor, Err(failure)),
    }
}

async fn page(site: &Site, visitor: &Visitor, request: &HttpRequest) -> Result<String, Failure> {
    let incident = incidents::named(site, request).await?;
    written(site, visitor, &incident, None, forms(&incident))
}

/// The page again, with what was typed and why it was not taken.
///
/// # Errors
/// It can't be written.
pub fn again(
    site: &Site,
    visitor: &Visitor,
    incident: &Incident,
    typed: &Typed,
    failure: &Failure,
) -> Result<String, Failure> {
    let mut forms = forms(incident);
    for form in forms.iter_mut().filter(|form| typed.text("part") == Some(form.part)) {
        // The newest text is shown beside theirs, and the newest version goes along: saving again is a decision.
        form.theirs = matches!(failure, Failure::Refused(Refusal::Conflict { .. })).then(|| form.text.clone());
        form.text = typed.text("text").unwrap_or_default().to_owned();
    }
    let problem = match failure {
        Failure::Refused(Refusal::Conflict { part, by, .. }) => {
            let who = by.as_deref().unwrap_or("somebody");
            format!(
                "{who} wrote the {} while you did. Both texts are below; nothing is lost.",
                part.word().replace('-', " ")
            )
        }
        other => in_words(other),
    };
    written(site, visitor, incident, Some(problem), forms)
}

fn written(
    site: &Site,
    visitor: &Visitor,
    incident: &Incident,
    problem: Option<String>,
    parts: Vec<PartForm>,
) -> Result<String, Failure> {
    let key = random_text(super::forms::KEY_CHARS)?;
    let (id, title) = (incident.name(), incident.title.clone());
    let chrome = Chrome::new(site, visitor, format!("Edit {id}"));
    render("edit.html", &chrome, &Content { id, number: incident.id.0, title, problem, parts, key })
}

fn forms(incident: &Incident) -> Vec<PartForm> {
    Part::ALL.into_iter().map(|part| form(incident, part)).collect()
}

fn form(incident: &Incident, part: Part) -> PartForm {
    let edition = incident.room.editions.get(&part);
    let (label, hint, text) = match part {
        Part::Summary => ("Summary", "A paragraph for somebody who comes new to it.", &incident.summary),
        Part::Impact => ("Who is affected", "Who, how many, since when, and what they see.", &incident.impact),
        Part::ExitCriteria => ("It is over when", "One criterion a line.", &incident.room.exit_criteria),
        Part::Links => ("Links", "One a line: label https://…", &incident.room.links),
    };
    PartForm {
        part: part.word(),
        label,
        hint,
        text: text.clone(),
        version: edition.map_or(0, |edition| edition.version),
        by: edition.map(|edition| edition.by.clone()),
        at: edition.map(|edition| edition.at),
        theirs: None,
    }
}
