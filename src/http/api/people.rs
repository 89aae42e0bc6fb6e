//! People: listed for the team; added, changed and removed by admins, where the configuration does not say who they are.

use super::strict::body;
use super::{answer, ok};
use crate::app::directory::Changed;
use crate::http::auth::Identity;
use crate::http::error::Failure;
use crate::http::site::Site;
use crate::http::who::{PersonShape, everybody};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::directory::Person;
use domain::directory::by_hand::{Change, Edit};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    #[serde(default)]
    full_name: String,
    email: Option<String>,
    time_zone: Option<String>,
    slack: Option<String>,
    irc: Option<String>,
    #[serde(default)]
    squads: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Different {
    #[serde(default, deserialize_with = "said")]
    full_name: Option<String>,
    #[serde(default, deserialize_with = "said")]
    email: Option<String>,
    #[serde(default, deserialize_with = "said")]
    time_zone: Option<String>,
    #[serde(default, deserialize_with = "said")]
    slack: Option<String>,
    #[serde(default, deserialize_with = "said")]
    irc: Option<String>,
}

// `null` takes away, as an empty text does; what is not said stays.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::<String>::deserialize(deserializer).map(|text| Some(text.unwrap_or_default()))
}

/// `GET /api/v1/people`
pub async fn list(site: web::Data<Site>) -> Result<HttpResponse, Failure> {
    Ok(ok(&json!({"people": everybody(&site).await?.people})))
}

/// `GET /api/v1/people/{name}`
pub async fn one(site: web::Data<Site>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    Ok(ok(&json!(everybody(&site).await?.person(&name(&request))?)))
}

/// `POST /api/v1/people`
pub async fn add(
    site: web::Data<Site>,
    request: HttpRequest,
    who: Identity,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let New { name, full_name, email, time_zone, slack, irc, squads } = body(&site, &request, payload).await?;
    let person = Person { name, full_name, email, time_zone, slack, irc };
    let changed = made(&site, &who, Change::AddPerson { person, squads }).await?;
    Ok(answer(StatusCode::CREATED, &shown(&site, changed).await?))
}

/// `POST /api/v1/people/{name}`
pub async fn change(
    site: web::Data<Site>,
    request: HttpRequest,
    who: Identity,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let Different { full_name, email, time_zone, slack, irc } = body(&site, &request, payload).await?;
    let edit = Edit { full_name, email, time_zone, slack, irc };
    if edit.is_empty() {
        let text = "nothing is to be changed; say full_name, email, time_zone, slack or irc";
        return Err(Failure::Shape(text.to_owned()));
    }
    let changed = made(&site, &who, Change::ChangePerson { name: name(&request), edit }).await?;
    Ok(ok(&shown(&site, changed).await?))
}

/// `DELETE /api/v1/people/{name}`: their roles in open incidents are free.
pub async fn remove(site: web::Data<Site>, request: HttpRequest, who: Identity) -> Result<HttpResponse, Failure> {
    let name = name(&request);
    let before = everybody(&site).await?.person(&name).ok();
    let changed = made(&site, &who, Change::RemovePerson { name }).await?;
    let behind = before.as_ref().map(PersonShape::leaves_behind).unwrap_or_default();
    let text = format!("{}{behind}", changed.text);
    Ok(ok(&json!({"status": "done", "name": changed.name, "text": text})))
}

/// Makes a change of whoever asks.
pub(super) async fn made(site: &Site, who: &Identity, change: Change) -> Result<Changed, Failure> {
    let act = who.does(&change.what());
    let changed = site.parts.directory.change(change, act).await?;
    tracing::info!(name = %changed.name, by = %who.name, "{}", changed.text);
    Ok(changed)
}

async fn shown(site: &Site, changed: Changed) -> Result<Value, Failure> {
    let mut shown = json!(everybody(site).await?.person(&changed.name)?);
    shown["text"] = json!(changed.text);
    Ok(shown)
}

/// The name in the path.
pub(super) fn name(request: &HttpRequest) -> String {
    request.match_info().get("name").unwrap_or_default().to_owned()
}
