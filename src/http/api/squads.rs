//! Squads: listed for the team; added, changed and removed by admins, where the configuration does not say who is in them.

use super::people::{made, name};
use super::strict::body;
use super::{answer, ok};
use crate::app::directory::Changed;
use crate::http::auth::Identity;
use crate::http::error::Failure;
use crate::http::site::Site;
use crate::http::who::everybody;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::directory::Squad;
use domain::directory::by_hand::Change;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    #[serde(default)]
    members: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    people: Vec<String>,
}

/// `GET /api/v1/squads`
pub async fn list(site: web::Data<Site>) -> Result<HttpResponse, Failure> {
    Ok(ok(&json!({"squads": everybody(&site).await?.squads})))
}

/// `GET /api/v1/squads/{name}`
pub async fn one(site: web::Data<Site>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    Ok(ok(&json!(everybody(&site).await?.squad(&name(&request))?)))
}

/// `POST /api/v1/squads`
pub async fn add(
    site: web::Data<Site>,
    request: HttpRequest,
    who: Identity,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let New { name, members } = body(&site, &request, payload).await?;
    let changed = made(&site, &who, Change::AddSquad(Squad { name, members })).await?;
    Ok(answer(StatusCode::CREATED, &shown(&site, changed).await?))
}

/// `POST /api/v1/squads/{name}/join`
pub async fn join(
    site: web::Data<Site>,
    request: HttpRequest,
    who: Identity,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let people = people(&site, &request, payload).await?;
    let changed = made(&site, &who, Change::Join { squad: name(&request), people }).await?;
    Ok(ok(&shown(&site, changed).await?))
}

/// `POST /api/v1/squads/{name}/leave`
pub async fn leave(
    site: web::Data<Site>,
    request: HttpRequest,
    who: Identity,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let people = people(&site, &request, payload).await?;
    let changed = made(&site, &who, Change::Leave { squad: name(&request), people }).await?;
    Ok(ok(&shown(&site, changed).await?))
}

/// `DELETE /api/v1/squads/{name}`: its people stay.
pub async fn remove(site: web::Data<Site>, request: HttpRequest, who: Identity) -> Result<HttpResponse, Failure> {
    let changed = made(&site, &who, Change::RemoveSquad { name: name(&request) }).await?;
    Ok(ok(&json!({"status": "done", "name": changed.name, "text": changed.text})))
}

async fn people(site: &Site, request: &HttpRequest, payload: web::Payload) -> Result<Vec<String>, Failure> {
    let Named { people } = body(site, request, payload).await?;
    if people.is_empty() {
        return Err(Failure::Shape("nobody is named; say who: {\"people\": [\"anna\"]}".to_owned()));
    }
    Ok(people)
}

async fn shown(site: &Site, changed: Changed) -> Result<Value, Failure> {
    let mut shown = json!(everybody(site).await?.squad(&changed.name)?);
    shown["text"] = json!(changed.text);
    Ok(shown)
}
