//! `POST /login`: a name with a password of ours, or with a token.
//!
//! Whoever is refused learns nothing but that: the same words, after the same work, whether the name, the password or the
//! code was wrong, or they are shut out.

use super::limit::TooMany;
use super::next::LocalPath;
use super::page::{self, Shown};
use super::totp;
use crate::http::auth::{Denied, Visitor};
use crate::http::cookie;
use crate::http::error::Failure;
use crate::http::form::PostedForm;
use crate::http::proxy::address;
use crate::http::session::{self, Beginning};
use crate::http::site::Site;
use crate::http::token::PREFIX;
use crate::http::tokens::Checked;
use crate::store::{LoginRow, Role, Way};
use actix_web::http::StatusCode;
use actix_web::http::header::{LOCATION, RETRY_AFTER, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use domain::audit::AdminAct;
use domain::incident::{Actor, Surface};
use serde::Deserialize;

/// What whoever is refused is told.
pub const REFUSED: &str = "The name, the password or the code is wrong.";

/// What is typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Typed {
    name: String,
    password: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

// Who somebody turned out to be.
struct Known {
    name: String,
    role: Role,
    way: Way,
    token: Option<String>,
}

/// `POST /login`
pub async fn login(site: web::Data<Site>, request: HttpRequest, typed: PostedForm<Typed>) -> HttpResponse {
    let typed = typed.0;
    let next = LocalPath::parse(&typed.next);
    let visitor = Visitor { who: None, path: "/login".to_owned() };
    let shown = |status, text: String| {
        let shown = Shown { next: &next, name: &typed.name, problem: Some(text), headers: request.headers() };
        page::answer(&site, &visitor, status, &shown)
    };
    match attempt(&site, &request, &typed).await {
        Ok(Ok(known)) => match signed_in(&site, &request, &known, &next).await {
            Ok(response) => response,
            Err(failure) => shown(failure.status_code(), failure.to_string()),
        },
        Ok(Err(too_many)) => {
            let minutes = (too_many.seconds + 59) / 60;
            let text =
                format!("Too many attempts. Try again in {minutes} minutes, or ask an admin on the machine itself.");
            let mut response = shown(StatusCode::TOO_MANY_REQUESTS, text);
            response.headers_mut().insert(RETRY_AFTER, too_many.seconds.into());
            response
        }
        Err(Failure::Unauthorized(text)) => shown(StatusCode::UNAUTHORIZED, text),
        Err(failure) => shown(failure.status_code(), failure.to_string()),
    }
}

/// Begins a session and leads on.
///
/// # Errors
/// Nobody can be signed in at this address, or the store does not take it.
pub async fn begin(site: &Site, who: Beginning<'_>, role: Role, next: &LocalPath) -> Result<HttpResponse, Failure> {
    let Some(cookie) = cookie::name(cookie::SESSION, who.headers, site) else {
        return Err(Failure::Forbidden(page::not_here(site)));
    };
    let (name, way) = (who.name.to_owned(), who.way);
    // First who comes in: what can't be written down is not done.
    let actor = Actor::person(&name, Surface::Web);
    site.audit(AdminAct::done(actor, role, &format!("signed in, by {}", way.word()))).await?;
    let begun = session::begin(site, who).await?;
    tracing::info!(name, way = way.word(), session = begun.id, "{name} signed in");
    let mut response = HttpResponse::SeeOther();
    response.insert_header((LOCATION, format!("{}{}", site.prefix(), next.as_str())));
    response.insert_header((SET_COOKIE, cookie::set(&cookie, &begun.secret, None)));
    Ok(response.finish())
}

async fn signed_in(
    site: &Site,
    request: &HttpRequest,
    known: &Known,
    next: &LocalPath,
) -> Result<HttpResponse, Failure> {
    let token = known.token.as_deref();
    begin(site, Beginning { name: &known.name, way: known.way, token, headers: request.headers() }, known.role, next)
        .await
}

async fn attempt(site: &Site, request: &HttpRequest, typed: &Typed) -> Result<Result<Known, TooMany>, Failure> {
    if cookie::name(cookie::SESSION, request.headers(), site).is_none() {
        return Err(Failure::Forbidden(page::not_here(site)));
    }
    let (from, now) = (address(request, site), site.now());
    if let Err(too_many) = site.attempts.begin(Some(&typed.name), from, now) {
        refused(site, &typed.name, "limited", "too many attempts to sign in");
        return Ok(Err(too_many));
    }
    let known =
        if typed.password.starts_with(PREFIX) { by_token(site, typed) } else { by_password(site, typed).await? };
    let Some(known) = known else {
        refused(site, &typed.name, "wrong", "a wrong name, password or code");
        let name = if site.logins.knows(&typed.name) { &typed.name } else { "somebody unknown" };
        not_in(site, name, REFUSED).await;
        return Err(Failure::Unauthorized(REFUSED.to_owned()));
    };
    site.attempts.succeeded(Some(&typed.name), from, now);
    Ok(Ok(known))
}

fn by_token(site: &Site, typed: &Typed) -> Option<Known> {
    let Checked::Live(live) = site.tokens.check(typed.password.as_bytes(), site.now()) else { return None };
    let fits = *live.name == *typed.name && live.row.role >= Role::Viewer && !site.logins.is_shut_out(&live.name);
    live.used(site.now());
    fits.then(|| Known {
        name: live.name.to_string(),
        role: live.row.role,
        way: Way::Token,
        token: Some(live.row.id.clone()),
    })
}

async fn by_password(site: &Site, typed: &Typed) -> Result<Option<Known>, Failure> {
    let store = site.parts.store.access();
    let allowed = site.parts.config.load().access.local;
    let found = if allowed { store.login(&typed.name).await? } else { None };
    let row = found.filter(|row| row.disabled_at.is_none() && row.vouched.is_none());
    let hash = row.as_ref().and_then(|row| row.password.clone());
    let right = site.hasher.is_password(&typed.password, hash).await?;
    let Some(row) = row.filter(|_| right) else { return Ok(None) };
    let right = has_code(site, &row, &typed.code).await?;
    Ok(right.then_some(Known { name: row.name, role: row.role, way: Way::Password, token: None }))
}

// Looked at only when the password was right: a code that somebody else knows is not used up by guessing.
async fn has_code(site: &Site, row: &LoginRow, code: &str) -> Result<bool, Failure> {
    let Some(secret) = &row.totp else { return Ok(true) };
    match totp::step_of(secret, code, site.now()) {
        Some(step) => Ok(site.parts.store.access().use_totp_step(&row.name, step).await?),
        None => Ok(false),
    }
}

/// Writes down that somebody was not let in. They are refused in any case, so a store that is full is only logged.
pub async fn not_in(site: &Site, name: &str, because: &str) {
    let act = AdminAct {
        actor: Actor::Rule,
        access: None,
        what: format!("sign-in as {name}"),
        before: String::new(),
        after: String::new(),
        refused: Some(because.to_owned()),
        effect: None,
    };
    if let Err(error) = site.audit(act).await {
        tracing::warn!("a refused sign-in is missing in the audit log: {error}");
    }
}

// What a stranger types must become neither a label nor a line of the log: it may be somebody's password.
fn refused(site: &Site, name: &str, reason: &'static str, text: &str) {
    let name = if site.logins.knows(name) || site.tokens.knows(name) { name } else { "unknown" };
    site.parts.metrics.not_let_in(name, reason);
    let failure = Failure::Unauthorized(text.to_owned());
    site.log_denied(&Denied { name: name.to_owned(), reason, failure });
}
