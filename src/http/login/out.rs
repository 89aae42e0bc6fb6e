//! `POST /logout`.

use crate::http::auth::Identity;
use crate::http::cookie;
use crate::http::error::Failure;
use crate::http::site::Site;
use actix_web::http::header::{LOCATION, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse, web};

/// `POST /logout`: the session ends, on every surface, at once.
pub async fn logout(site: web::Data<Site>, who: Identity, request: HttpRequest) -> Result<HttpResponse, Failure> {
    if let Some(session) = &who.session {
        site.parts.store.access().end_session(session).await?;
        site.audit(who.does("signed out")).await?;
        tracing::info!(name = %who.name, session = %session, "{} signed out", who.name);
    }
    let mut response = HttpResponse::SeeOther();
    response.insert_header((LOCATION, format!("{}/", site.prefix())));
    if let Some(name) = cookie::name(cookie::SESSION, request.headers(), &site) {
        response.insert_header((SET_COOKIE, cookie::forget(&name)));
    }
    Ok(response.finish())
}
