//! Tokens: listed, made, revoked.

use super::strict::body;
use super::{answer, ok};
use crate::http::auth::Identity;
use crate::http::error::Failure;
use crate::http::site::Site;
use crate::http::token::mint;
use crate::http::tokens::{PER_SOURCE_MAX, TOKENS_MAX};
use crate::store::{Role, Store, TokenRow};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

/// Longest name of a source or person, in bytes.
pub const NAME_BYTES_MAX: usize = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    role: String,
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
    let mut shown = make(store, &new.name, &new.role, site.now()).await?;
    if new.role == Role::Ingest.word() && !site.knows_source(&new.name) {
        let known = shown["text"].as_str().unwrap_or_default();
        shown["text"] =
            json!(format!("{known}; no source `{}` is configured yet, so it can't send anything", new.name));
    }
    site.tokens.refresh(store).await?;
    let (name, role, id) = (&new.name, &new.role, shown["id"].as_str());
    tracing::info!(token = id, name, role, by = %who.name, "a token for {name} was made");
    Ok(answer(StatusCode::CREATED, &shown))
}

/// Makes a token and stores it; the answer shows it. The command line does so too while no server runs.
///
/// # Errors
/// The name or role won't do, there are too many tokens, or the store does not take it.
pub async fn make(store: &dyn Store, name: &str, role: &str, now: DateTime<Utc>) -> Result<Value, Failure> {
    let role = parse_role(role)?;
    let name = plain_name(name)?;
    let live = store.tokens().await?;
    refuse_too_many(&live, name, role)?;
    let made = mint(name, role, now).map_err(|error| Failure::Internal(error.to_string()))?;
    store.add_token(made.row.clone()).await?;
    let mut shown = shape(&made.row);
    shown["token"] = json!(made.text);
    shown["text"] = json!(text(live.is_empty(), role));
    Ok(shown)
}

/// `DELETE /api/v1/tokens/{id}`: it no longer opens anything.
pub async fn revoke(site: web::Data<Site>, request: HttpRequest, who: Identity) -> Result<HttpResponse, Failure> {
    let id = request.match_info().get("id").unwrap_or("");
    let store = site.parts.store.as_ref();
    if !store.revoke_token(id, site.now()).await? {
        let id = domain::text::clean_line(id, NAME_BYTES_MAX);
        return Err(Failure::NotFound(format!("there is no live token {id}; `earlybell token list` shows them")));
    }
    site.tokens.refresh(store).await?;
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

// No colon: Basic credentials end the name there. Plain characters: it stands in metrics, logs and paths.
fn plain_name(text: &str) -> Result<&str, Failure> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-@".contains(&byte);
    if text.is_empty() || text.len() > NAME_BYTES_MAX || !text.bytes().all(plain) {
        let text = format!("a name has 1 to {NAME_BYTES_MAX} letters, digits, dots, dashes, underscores or @");
        return Err(Failure::Shape(text));
    }
    Ok(text)
}

fn refuse_too_many(live: &[TokenRow], name: &str, role: Role) -> Result<(), Failure> {
    if live.len() >= TOKENS_MAX {
        return Err(Failure::Conflict(format!("there are {TOKENS_MAX} tokens already; revoke some first")));
    }
    let same: Vec<&TokenRow> = live.iter().filter(|row| row.role == Role::Ingest && row.name == name).collect();
    if role == Role::Ingest && same.len() >= PER_SOURCE_MAX {
        let oldest = &same[0].id;
        return Err(Failure::Conflict(format!(
            "the source {name} has {PER_SOURCE_MAX} tokens already; revoke the old one first: `earlybell token revoke \
             {oldest}`"
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
    })
}
