//! `/people`: who is there, who is on duty, who does what in open incidents; for admins, forms to change it.

use super::chrome::Chrome;
use super::render::render;
use super::with_status;
use crate::http::auth::{Identity, Visitor};
use crate::http::error::Failure;
use crate::http::form::{Nothing, PostedForm};
use crate::http::site::Site;
use crate::http::who::{PersonShape, SquadShape, everybody};
use crate::store::Role;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use domain::directory::by_hand::{Change, Edit};
use domain::directory::{Person, Squad};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct People {
    people: Vec<PersonShape>,
    squads: Vec<SquadShape>,
    // Whether whoever reads may change it.
    admin: bool,
    problem: Option<String>,
    // What was typed, so that nobody types it twice.
    typed: Typed,
}

/// Somebody, as typed.
#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Typed {
    name: String,
    full_name: String,
    email: String,
    time_zone: String,
    slack: String,
    irc: String,
}

/// What is known of somebody, as typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    full_name: String,
    email: String,
    time_zone: String,
    slack: String,
    irc: String,
}

/// A squad, as typed: its people with spaces or commas between them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSquad {
    name: String,
    members: String,
}

/// Who joins, or leaves.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    person: String,
}

/// `GET /people`
pub async fn show(site: web::Data<Site>, visitor: Visitor) -> HttpResponse {
    with_status(&site, &visitor, StatusCode::OK, page(&site, &visitor, None, Typed::default()).await)
}

/// `POST /people`
pub async fn add(site: web::Data<Site>, visitor: Visitor, who: Identity, form: PostedForm<Typed>) -> HttpResponse {
    let typed = form.0;
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let person = Person {
        name: typed.name.trim().to_owned(),
        full_name: typed.full_name.trim().to_owned(),
        email: some(&typed.email),
        time_zone: some(&typed.time_zone),
        slack: some(&typed.slack),
        irc: some(&typed.irc),
    };
    made(&site, &visitor, &who, Change::AddPerson { person, squads: Vec::new() }, typed).await
}

/// `POST /people/{name}/change`
pub async fn change(
    site: web::Data<Site>,
    request: HttpRequest,
    visitor: Visitor,
    who: Identity,
    form: PostedForm<Known>,
) -> HttpResponse {
    let Known { full_name, email, time_zone, slack, irc } = form.0;
    let said = |text: String| Some(text.trim().to_owned());
    let edit = Edit {
        full_name: said(full_name),
        email: said(email),
        time_zone: said(time_zone),
        slack: said(slack),
        irc: said(irc),
    };
    let change = Change::ChangePerson { name: name(&request), edit };
    made(&site, &visitor, &who, change, Typed::default()).await
}

/// `POST /people/{name}/remove`
pub async fn remove(
    site: web::Data<Site>,
    request: HttpRequest,
    visitor: Visitor,
    who: Identity,
    _: PostedForm<Nothing>,
) -> HttpResponse {
    let change = Change::RemovePerson { name: name(&request) };
    made(&site, &visitor, &who, change, Typed::default()).await
}

/// `POST /squads`
pub async fn add_squad(
    site: web::Data<Site>,
    visitor: Visitor,
    who: Identity,
    form: PostedForm<NewSquad>,
) -> HttpResponse {
    let NewSquad { name, members } = form.0;
    let members = members.split([' ', ',', '\t']).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let change = Change::AddSquad(Squad { name: name.trim().to_owned(), members });
    made(&site, &visitor, &who, change, Typed::default()).await
}

/// `POST /squads/{name}/join`
pub async fn join(
    site: web::Data<Site>,
    request: HttpRequest,
    visitor: Visitor,
    who: Identity,
    form: PostedForm<Named>,
) -> HttpResponse {
    let change = Change::Join { squad: name(&request), people: vec![form.0.person.trim().to_owned()] };
    made(&site, &visitor, &who, change, Typed::default()).await
}

/// `POST /squads/{name}/leave`
pub async fn leave(
    site: web::Data<Site>,
    request: HttpRequest,
    visitor: Visitor,
    who: Identity,
    form: PostedForm<Named>,
) -> HttpResponse {
    let change = Change::Leave { squad: name(&request), people: vec![form.0.person.trim().to_owned()] };
    made(&site, &visitor, &who, change, Typed::default()).await
}

/// `POST /squads/{name}/remove`
pub async fn remove_squad(
    site: web::Data<Site>,
    request: HttpRequest,
    visitor: Visitor,
    who: Identity,
    _: PostedForm<Nothing>,
) -> HttpResponse {
    let change = Change::RemoveSquad { name: name(&request) };
    made(&site, &visitor, &who, change, Typed::default()).await
}

// Back to the page, or the page with what is wrong and what was typed.
async fn made(site: &Site, visitor: &Visitor, who: &Identity, change: Change, typed: Typed) -> HttpResponse {
    let act = who.does(&change.what());
    let failure = match site.parts.directory.change(change, act).await {
        Ok(changed) => {
            tracing::info!(name = %changed.name, by = %who.name, "{}", changed.text);
            return HttpResponse::SeeOther().insert_header((LOCATION, format!("{}/people", site.prefix()))).finish();
        }
        Err(error) => Failure::from(error),
    };
    let html = page(site, visitor, Some(failure.to_string()), typed).await;
    with_status(site, visitor, failure.status_code(), html)
}

async fn page(site: &Site, visitor: &Visitor, problem: Option<String>, typed: Typed) -> Result<String, Failure> {
    let found = everybody(site).await?;
    let admin = visitor.who.as_ref().is_some_and(|who| who.role == Role::Admin);
    let content = People { people: found.people, squads: found.squads, admin, problem, typed };
    render("people.html", &Chrome::new(site, visitor, "People").with_held(site).await?, &content)
}

fn name(request: &HttpRequest) -> String {
    request.match_info().get("name").unwrap_or_default().to_owned()
}
