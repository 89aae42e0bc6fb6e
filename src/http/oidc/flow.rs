//! The two pages of the code flow: `GET /login/oidc` sends people to the provider, `GET /login/oidc/callback` takes them
//! back in. Nothing changes here by the first; the second begins a session, for a browser that the first had sent.

use super::person;
use super::provider::{Code, ProviderError, pairs};
use super::sealed::{Begun, SIGN_IN_MINUTES_MAX};
use crate::config::Oidc;
use crate::http::auth::{Denied, Visitor};
use crate::http::cookie;
use crate::http::csrf::is_token;
use crate::http::error::Failure;
use crate::http::login::local;
use crate::http::login::next::LocalPath;
use crate::http::login::page::{self, Shown};
use crate::http::proxy::address;
use crate::http::session::Beginning;
use crate::http::site::Site;
use crate::store::{LoginRow, Way};
use actix_web::http::header::{HeaderValue, LOCATION, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use serde::Deserialize;

/// The cookie of a sign-in that was begun.
const COOKIE: &str = "earlybell-login";

/// Where the provider sends people back to.
pub const CALLBACK: &str = "/login/oidc/callback";

#[derive(Deserialize, Default)]
struct Which {
    #[serde(default)]
    next: String,
}

// What the provider sends along.
#[derive(Deserialize, Default)]
struct Back {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
    iss: Option<String>,
}

/// `GET /login/oidc`
pub async fn start(site: web::Data<Site>, visitor: Visitor, request: HttpRequest) -> HttpResponse {
    let which = web::Query::<Which>::from_query(request.query_string()).map(web::Query::into_inner).unwrap_or_default();
    let next = LocalPath::parse(&which.next);
    match sent(&site, &request, &next).await {
        Ok(response) => response,
        Err(failure) => told(&site, &visitor, &request, &next, &failure),
    }
}

/// `GET /login/oidc/callback`
pub async fn callback(site: web::Data<Site>, visitor: Visitor, request: HttpRequest) -> HttpResponse {
    let begun = cookie::value(COOKIE, request.headers(), &site).and_then(|text| site.seal.open(&text, site.now()));
    let next = LocalPath::parse(begun.as_ref().map_or("/", |begun| &begun.next));
    let mut response = match back(&site, &request, begun, &next).await {
        Ok(response) => response,
        Err(failure) => {
            refused(&site, &failure);
            told(&site, &visitor, &request, &next, &failure)
        }
    };
    // However it ended, it can't be ended twice.
    if let Some(name) = cookie::name(COOKIE, request.headers(), &site)
        && let Ok(forgotten) = HeaderValue::try_from(cookie::forget(&name))
    {
        response.headers_mut().append(SET_COOKIE, forgotten);
    }
    response
}

async fn sent(site: &Site, request: &HttpRequest, next: &LocalPath) -> Result<HttpResponse, Failure> {
    let config = provider(site)?;
    let Some(name) = cookie::name(COOKIE, request.headers(), site) else {
        return Err(Failure::Forbidden(page::not_here(site)));
    };
    let known = site.provider.known(&config, site.now()).await?;
    let begun = Begun::new(next.as_str(), site.now()).map_err(|error| Failure::Internal(error.to_string()))?;
    let sealed = site.seal.close(&begun).map_err(|error| Failure::Internal(error.to_string()))?;
    let (scope, acr, challenge) = (config.scopes.join(" "), config.acr.join(" "), begun.challenge());
    let redirect_uri = redirect_uri(site);
    let mut query = vec![
        ("response_type", "code"),
        ("client_id", config.client_id.as_str()),
        ("redirect_uri", &redirect_uri),
        ("scope", &scope),
        ("state", &begun.state),
        ("nonce", &begun.nonce),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    if !acr.is_empty() {
        query.push(("acr_values", &acr));
    }
    let address = known.authorization.as_str();
    let join = if address.contains('?') { '&' } else { '?' };
    let seconds = u32::try_from(SIGN_IN_MINUTES_MAX * 60).unwrap_or(0);
    let mut response = HttpResponse::SeeOther();
    response.insert_header((LOCATION, format!("{address}{join}{}", pairs(&query))));
    response.insert_header((SET_COOKIE, cookie::set(&name, &sealed, Some(seconds))));
    Ok(response.finish())
}

async fn back(
    site: &Site,
    request: &HttpRequest,
    begun: Option<Begun>,
    next: &LocalPath,
) -> Result<HttpResponse, Failure> {
    let config = provider(site)?;
    let back = web::Query::<Back>::from_query(request.query_string()).map(web::Query::into_inner).unwrap_or_default();
    let again = "this sign-in was not begun in this browser, or took too long; begin again";
    let begun = begun.ok_or_else(|| Failure::Unauthorized(again.to_owned()))?;
    if !back.state.as_ref().is_some_and(|state| is_token(&begun.state, state.as_bytes())) {
        return Err(Failure::Unauthorized(again.to_owned()));
    }
    // RFC 9207: an answer of another provider, which somebody slipped in.
    if back.iss.as_ref().is_some_and(|issuer| *issuer != config.issuer) {
        return Err(Failure::Unauthorized("another provider answered; begin again".to_owned()));
    }
    if let Some(error) = back.error {
        let said = back.error_description.map(|said| format!(": {said}")).unwrap_or_default();
        let said = domain::text::clean_line(&format!("{error}{said}"), 200);
        return Err(Failure::Unauthorized(format!("the identity provider says: {said}")));
    }
    let code = back.code.ok_or_else(|| Failure::Unauthorized(again.to_owned()))?;
    let (from, began) = (address(request, site), site.now());
    // Each asks the provider: nobody may make us ask very often.
    site.attempts.begin(None, from, began).map_err(|too_many| {
        Failure::Forbidden(format!("too many attempts from your address; try again in {} seconds", too_many.seconds))
    })?;
    let redirect_uri = redirect_uri(site);
    let (verifier, nonce) = (&begun.verifier, &begun.nonce);
    let code = Code { code: &code, verifier, redirect_uri: &redirect_uri, nonce };
    let login = match somebody(site, &config, code).await {
        Ok(login) => login,
        // Only what came this far, which is limited: a page that anybody may ask for must not fill the log.
        Err(failure) => {
            local::not_in(site, "somebody, at the identity provider", &failure.to_string()).await;
            return Err(failure);
        }
    };
    site.attempts.succeeded(None, from, began);
    site.logins.refresh(site.parts.store.as_ref()).await?;
    let who = Beginning { name: &login.name, way: Way::Oidc, token: None, headers: request.headers() };
    local::begin(site, who, login.role, next).await
}

async fn somebody(site: &Site, config: &Oidc, code: Code<'_>) -> Result<LoginRow, Failure> {
    let claims = site.provider.redeem(config, code, site.now()).await?;
    let person = person::person(&claims, config)?;
    person::login(site.parts.store.as_ref(), &person, site.now()).await
}

fn provider(site: &Site) -> Result<Oidc, Failure> {
    let config = site.parts.config.load().access.oidc.clone();
    config.ok_or_else(|| Failure::NotFound("no identity provider is configured (`access.oidc`)".to_owned()))
}

fn redirect_uri(site: &Site) -> String {
    format!("{}{CALLBACK}", site.external_url())
}

// The page to sign in on, with what went wrong: a login of ours is the way in when the provider is down.
fn told(site: &Site, visitor: &Visitor, request: &HttpRequest, next: &LocalPath, failure: &Failure) -> HttpResponse {
    let problem = Some(format!("Signing in did not work: {failure}."));
    page::answer(site, visitor, failure.status_code(), &Shown { next, name: "", problem, headers: request.headers() })
}

fn refused(site: &Site, failure: &Failure) {
    let reason = if matches!(failure, Failure::Forbidden(_)) { "forbidden" } else { "wrong" };
    site.parts.metrics.not_let_in("unknown", reason);
    let failure = Failure::Unauthorized(format!("at the identity provider: {failure}"));
    site.log_denied(&Denied { name: "unknown".to_owned(), reason, failure });
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Failed(_) => Self::NotReady(error.to_string()),
            ProviderError::Denied(_) | ProviderError::Token(_) => Self::Unauthorized(error.to_string()),
        }
    }
}
