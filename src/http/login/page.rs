//! `GET /login`: where people sign in. A plain form; it works without JavaScript.

use super::next::LocalPath;
use crate::http::auth::{Via, Visitor};
use crate::http::cookie::{self, Transport};
use crate::http::pages::{self, Chrome};
use crate::http::site::Site;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

/// What the page shows.
pub struct Shown<'a> {
    /// Where to go then.
    pub next: &'a LocalPath,
    /// What was typed as a name.
    pub name: &'a str,
    /// Why it did not work.
    pub problem: Option<String>,
    /// How they came here.
    pub headers: &'a HeaderMap,
}

#[derive(Deserialize, Default)]
struct Which {
    #[serde(default)]
    next: String,
}

#[derive(Serialize)]
struct Content<'a> {
    next: &'a str,
    next_query: String,
    name: String,
    problem: Option<String>,
    // Why nobody can sign in at this address.
    not_here: Option<String>,
    // Host of the provider.
    provider: Option<String>,
    // Whether nothing needs a sign-in here.
    open: bool,
}

/// `GET /login`
pub async fn show(site: web::Data<Site>, visitor: Visitor, request: HttpRequest) -> HttpResponse {
    let which = web::Query::<Which>::from_query(request.query_string()).map(web::Query::into_inner).unwrap_or_default();
    let next = LocalPath::parse(&which.next);
    answer(&site, &visitor, StatusCode::OK, &Shown { next: &next, name: "", problem: None, headers: request.headers() })
}

/// The page.
pub fn answer(site: &Site, visitor: &Visitor, status: StatusCode, shown: &Shown<'_>) -> HttpResponse {
    let config = site.parts.config.load();
    let here = cookie::name(cookie::SESSION, shown.headers, site).is_some();
    let provider = config.access.oidc.as_ref().map(|oidc| host(&oidc.issuer).to_owned());
    let content = Content {
        next: shown.next.as_str(),
        next_query: shown.next.query(),
        name: domain::text::clean_line(shown.name, super::people::NAME_BYTES_MAX),
        problem: shown.problem.clone(),
        not_here: (!here).then(|| not_here(site)),
        provider,
        open: visitor.who.as_ref().is_some_and(|who| who.via == Via::Open),
    };
    let page = pages::render("login.html", &Chrome::new(site, visitor, "Sign in"), &content);
    pages::with_status(site, visitor, status, page)
}

/// Why nobody can sign in at the address of this request, and where they can.
pub fn not_here(site: &Site) -> String {
    let url = site.external_url();
    match Transport::of(&url) {
        Transport::Secure | Transport::Here => format!("Sign in at {url}/login: that is the address Earlybell knows."),
        Transport::Readable => format!(
            "Nobody can sign in over plain http: everybody on the way could read it. Put a proxy with a certificate in \
             front of Earlybell, and start it with --web.external-url=https://… (now it is {url})."
        ),
    }
}

fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}
