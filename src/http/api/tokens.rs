//! Tokens: listed, made, revoked.

use super::strict::body;
use super::{answer, ok};
use crate::http::auth::Identity;
use crate::http::error::Failure;
use crate::http::login::people::{NAME_BYTES_MAX, plain_name};
use crate::http::site::Site;
use crate::http::token::mint;
use crate::http::tokens::{PER_SOURCE_MAX, TOKENS_MAX};
use crate::store::{Role, Store, TokenRow};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use domain::duration::Duration;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    role: String,
    expires_in: Option<Duration>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Again {
    expires_in: Option<Duration>,
}

/// A token to make.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The source or person it belongs to.
    pub name: &'a str,
    /// What it may do.
    pub role: &'a str,
    /// How long it opens anything; for ever if not said.
    pub expires_in: Option<Duration>,
}

/// `GET /api/v1/tokens`: live ones, oldest first, never the secret part.
pub async fn list(site: web::Data<Site>) -> Result<HttpResponse, Failure> {
    // Another process may have made one a moment ago.
    site.tokens.refresh(site.parts.store.as_ref()).await?;
    let rows: Vec<Value> = site.tokens.list().iter().map(shape).collect();
    Ok(ok(&json!({"tokens": rows})))
}

/// `POST /api/v1/tokens`: makes one, and shows it this once.
pub async fn add(
    site: web::Data<Site>,
    request: HttpRequest,
    who: Identity,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let new: New = body(&site, &request, payload).await?;
    let _one_at_a_time = site.tokens.adding.lock().await;
    let store = site.parts.store.as_ref();
    let wanted = Wanted { name: &new.name, role: &new.role, expires_in: new.expires_in };
    let mut shown = make(store, wanted, site.now()).await?;
    if new.role == Role::Ingest.word() && !site.knows_source(&new.name) {
        let known = shown["text"].as_str().unwrap_or_default();
        shown["text"] =
            json!(format!("{known}; no source `{}` is configured yet, so it can't send anything", new.name));
    }
    site.tokens.refresh(store).await?;
    let (name, role, id) = (&new.name, &new.role, shown["id"].as_str());
    site.audit(who.does(&format!("token {} of {name} made, {role}", id.unwrap_or_default()))).await?;
    tracing::info!(token = id, name, role, by = %who.name, "a token for {name} was made");
    Ok(answer(StatusCode::CREATED, &shown))
}

/// Makes a token and stores it; the answer shows it. The command line does so too while no server runs.
///
/// # Errors
/// The name or role won't do, there are too many tokens, or the store does not take it.
pub async fn make(store: &dyn Store, wanted: Wanted<'_>, now: DateTime<Utc>) -> Result<Value, Failure> {
    let role = parse_role(wanted.role)?;
    let name = plain_name(wanted.name)?;
    let known = store.tokens().await?;
    let live: Vec<&TokenRow> = known.iter().filter(|row| row.holds(now)).collect();
    refuse_too_many(&live, name, role, role == Role::Ingest)?;
    let mut shown = add_one(store, (name, role), wanted.expires_in, now).await?;
    shown["text"] = json!(text(known.is_empty(), role));
    Ok(shown)
}

/// `POST /api/v1/tokens/{id}/rotate`: a second token of the same name and role; both are live until one is revoked.
pub async fn rotate(
    site: web::Data<Site>,
    request: HttpRequest,
    who: Identity,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let id = request.match_info().get("id").unwrap_or("").to_owned();
    let wanted: Again = body(&site, &request, payload).await?;
    let _one_at_a_time = site.tokens.adding.lock().await;
    let store = site.parts.store.as_ref();
    let shown = again(store, &id, wanted.expires_in, site.now()).await?;
    site.tokens.refresh(store).await?;
    let new = shown["id"].as_str().unwrap_or_default();
    site.audit(who.does(&format!("token {new} made beside {id}"))).await?;
    tracing::info!(token = new, by = %who.name, "token {id} is rotated");
    Ok(answer(StatusCode::CREATED, &shown))
}

/// Makes a second token of the same name and role; it lasts as long as the first did, if nobody says otherwise.
///
/// # Errors
/// There is no such live token, or there are two already, or the store does not take it.
pub async fn again(
    store: &dyn Store,
    id: &str,
    expires_in: Option<Duration>,
    now: DateTime<Utc>,
) -> Result<Value, Failure> {
    let rows = store.tokens().await?;
    let live: Vec<&TokenRow> = rows.iter().filter(|row| row.holds(now)).collect();
    // One whose time is over can be rotated too: that is when people find out.
    let old = rows.iter().find(|row| row.id == id).ok_or_else(|| no_token(id))?;
    refuse_too_many(&live, &old.name, old.role, true)?;
    let lasted = old.expires_at.map(|over| Duration::between(old.created_at, over));
    let mut shown = add_one(store, (&old.name, old.role), expires_in.or(lasted), now).await?;
    shown["text"] = json!(format!("shown only now. Use it in place of {id}, then `earlybell token revoke {id}`"));
    Ok(shown)
}

async fn add_one(
    store: &dyn Store,
    (name, role): (&str, Role),
    expires_in: Option<Duration>,
    now: DateTime<Utc>,
) -> Result<Value, Failure> {
    let mut made = mint(name, role, now).map_err(|error| Failure::Internal(error.to_string()))?;
    made.row.expires_at = expires_in.map(|after| over_at(now, after)).transpose()?;
    store.add_token(made.row.clone()).await?;
    let mut shown = shape(&made.row);
    shown["token"] = json!(made.text);
    Ok(shown)
}

/// `DELETE /api/v1/tokens/{id}`: it no longer opens anything.
pub async fn revoke(site: web::Data<Site>, request: HttpRequest, who: Identity) -> Result<HttpResponse, Failure> {
    let id = request.match_info().get("id").unwrap_or("");
    let store = site.parts.store.as_ref();
    if !store.revoke_token(id, site.now()).await? {
        return Err(no_token(id));
    }
    site.tokens.refresh(store).await?;
    site.audit(who.does(&format!("token {id} revoked"))).await?;
    tracing::info!(token = id, by = %who.name, "token {id} was revoked");
    let text = match (site.tokens.is_empty(), site.is_open()) {
        (true, true) => "revoked; it was the last one: everything is open to this machine again",
        (true, false) => "revoked; it was the last one: only the socket on this machine is served now",
        (false, _) => "revoked",
    };
    Ok(ok(&json!({"status": "done", "text": text})))
}

fn parse_role(word: &str) -> Result<Role, Failure> {
    Role::parse(word).ok_or_else(|| {
        let known = Role::ALL.map(Role::word).join(", ");
        Failure::Shape(format!("there is no role `{}`; known: {known}", domain::text::clean_line(word, 50)))
    })
}

fn over_at(now: DateTime<Utc>, after: Duration) -> Result<DateTime<Utc>, Failure> {
    let over = now.checked_add_signed(after.delta()).filter(|over| *over > now);
    over.ok_or_else(|| Failure::Shape("`expires_in` is more than nothing, and less than for ever".to_owned()))
}

fn no_token(id: &str) -> Failure {
    let id = domain::text::clean_line(id, NAME_BYTES_MAX);
    Failure::NotFound(format!("there is no live token {id}; `earlybell token list` shows them"))
}

// People may have one per machine; whatever is rotated, and every source, has two at most.
fn refuse_too_many(live: &[&TokenRow], name: &str, role: Role, two_at_most: bool) -> Result<(), Failure> {
    if live.len() >= TOKENS_MAX {
        return Err(Failure::Conflict(format!("there are {TOKENS_MAX} tokens already; revoke some first")));
    }
    let same: Vec<_> = live.iter().filter(|row| row.role == role && row.name == name).collect();
    if two_at_most && same.len() >= PER_SOURCE_MAX {
        let (oldest, whose) = (&same[0].id, if role == Role::Ingest { "the source " } else { "" });
        return Err(Failure::Conflict(format!(
            "{whose}{name} has {} tokens already; revoke the old one first: `earlybell token revoke {oldest}`",
            same.len()
        )));
    }
    Ok(())
}

fn text(first: bool, role: Role) -> &'static str {
    match (first, role) {
        (true, Role::Ingest) => {
            "shown only now. From now on everything needs a token: people too (`earlybell token new --role manager --name you`)"
        }
        (true, _) => {
            "shown only now. From now on everything needs a token: give Alertmanager one before its next message \
             (`earlybell token new --role ingest --name default`)"
        }
        (false, _) => "shown only now",
    }
}

/// A token as it may be shown: without its secret.
pub fn shape(row: &TokenRow) -> Value {
    json!({
        "id": row.id,
        "name": row.name,
        "role": row.role,
        "created_at": row.created_at,
        "used_at": row.used_at,
        "expires_at": row.expires_at,
    })
}
