//! Who may log in: listed, added, changed, signed out. For admins.

use super::strict::body;
use super::{answer, ok};
use crate::http::auth::Identity;
use crate::http::error::Failure;
use crate::http::login::people::{self, Edit, NewLogin};
use crate::http::site::Site;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    role: String,
    #[serde(deserialize_with = "password_text")]
    password: String,
    #[serde(default)]
    totp: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewRole {
    role: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    #[serde(deserialize_with = "password_text")]
    password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewTotp {
    on: bool,
}

// What serde says of a number in the place of a text repeats the number.
fn password_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(text),
        _ => Err(D::Error::custom("`password` must be a text")),
    }
}

/// `GET /api/v1/logins`
pub async fn list(site: web::Data<Site>) -> Result<HttpResponse, Failure> {
    let rows = site.parts.store.access().logins().await?;
    Ok(ok(&json!({"logins": rows.iter().map(people::shape).collect::<Vec<_>>()})))
}

/// `POST /api/v1/logins`
pub async fn add(
    site: web::Data<Site>,
    request: HttpRequest,
    who: Identity,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let new: New = body(&site, &request, payload).await?;
    let login = NewLogin { name: &new.name, role: &new.role, password: &new.password, totp: new.totp };
    let shown = people::add(site.parts.store.as_ref(), &site.hasher, login, site.now()).await?;
    done(&site, &who, &new.name, &shown).await?;
    Ok(answer(StatusCode::CREATED, &shown))
}

/// `POST /api/v1/logins/{name}/role`
pub async fn role(
    site: web::Data<Site>,
    request: HttpRequest,
    who: Identity,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let new: NewRole = body(&site, &request, payload).await?;
    edit(&site, &request, &who, Edit::Role(&new.role)).await
}

/// `POST /api/v1/logins/{name}/password`
pub async fn password(
    site: web::Data<Site>,
    request: HttpRequest,
    who: Identity,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let new: NewPassword = body(&site, &request, payload).await?;
    edit(&site, &request, &who, Edit::Password(&new.password)).await
}

/// `POST /api/v1/logins/{name}/totp`
pub async fn totp(
    site: web::Data<Site>,
    request: HttpRequest,
    who: Identity,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let new: NewTotp = body(&site, &request, payload).await?;
    edit(&site, &request, &who, Edit::Totp(new.on)).await
}

/// `POST /api/v1/logins/{name}/disable`
pub async fn disable(site: web::Data<Site>, request: HttpRequest, who: Identity) -> Result<HttpResponse, Failure> {
    edit(&site, &request, &who, Edit::Disable).await
}

/// `POST /api/v1/logins/{name}/enable`
pub async fn enable(site: web::Data<Site>, request: HttpRequest, who: Identity) -> Result<HttpResponse, Failure> {
    edit(&site, &request, &who, Edit::Enable).await
}

/// `DELETE /api/v1/logins/{name}`
pub async fn remove(site: web::Data<Site>, request: HttpRequest, who: Identity) -> Result<HttpResponse, Failure> {
    let shown = people::remove(site.parts.store.access(), name(&request)).await?;
    done(&site, &who, name(&request), &shown).await?;
    Ok(ok(&shown))
}

/// `GET /api/v1/logins/{name}/sessions`
pub async fn sessions(site: web::Data<Site>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let rows = site.parts.store.access().sessions(name(&request)).await?;
    let now = site.now();
    let live = rows.iter().filter(|row| crate::http::session::holds(row, now)).map(people::session_shape);
    Ok(ok(&json!({"sessions": live.collect::<Vec<_>>()})))
}

/// `POST /api/v1/logins/{name}/logout`
pub async fn logout(site: web::Data<Site>, request: HttpRequest, who: Identity) -> Result<HttpResponse, Failure> {
    let shown = people::sign_out(site.parts.store.access(), name(&request)).await?;
    done(&site, &who, name(&request), &shown).await?;
    Ok(ok(&shown))
}

async fn edit(site: &Site, request: &HttpRequest, who: &Identity, edit: Edit<'_>) -> Result<HttpResponse, Failure> {
    let shown = people::edit(site.parts.store.access(), &site.hasher, name(request), edit, site.now()).await?;
    done(site, who, name(request), &shown).await?;
    Ok(ok(&shown))
}

fn name(request: &HttpRequest) -> &str {
    request.match_info().get("name").unwrap_or("")
}

// What was changed counts from the next request on.
async fn done(site: &Site, who: &Identity, name: &str, shown: &Value) -> Result<(), Failure> {
    site.logins.refresh(site.parts.store.as_ref()).await?;
    let text = shown["text"].as_str().unwrap_or_default();
    site.audit(who.does(&format!("login of {name} changed: {text}"))).await?;
    tracing::info!(login = name, by = %who.name, "{text}");
    Ok(())
}
