//! In front of every route: who may pass. Decided from the head of the request, before a byte of its body is read.

use super::auth::{Denied, Identity, Via, Visitor, identify, is_from_here, same_origin};
use super::error::Failure;
use super::site::Site;
use super::{body, csrf, form, pages, slack, webhook};
use crate::metrics::RouteMetrics;
use crate::store::Role;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::ACCEPT;
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use futures_util::stream;
use std::future::ready;
use std::sync::Arc;
use std::time::Instant;

/// What a route asks of whoever calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Anyone,
    /// Nothing, but the team sees more than the public.
    Reader,
    /// An ingest token, or an admin.
    Ingest,
    /// Slack's signature: over the body, so the handler looks at the rest of it.
    Slack,
    /// This role, or a higher one.
    AtLeast(Role),
}

/// What stands in front of one path.
pub struct Gate {
    /// Methods of this path, and what each asks for.
    pub rules: Vec<(Method, Access)>,
    /// Where its requests are counted.
    pub metrics: RouteMetrics,
    /// What handlers reach.
    pub site: web::Data<Site>,
}

/// Lets a request pass, or answers it.
///
/// # Errors
/// None of its own: a refusal is an answer.
pub async fn gate(
    gate: Arc<Gate>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let began = Instant::now();
    let response = match gate.pass(request).await {
        Ok(request) => next.call(request).await?.map_into_boxed_body(),
        Err((request, failure)) => {
            let refused = gate.refused(&request, &failure);
            ServiceResponse::new(request, refused)
        }
    };
    gate.metrics.answered(response.status().as_u16(), began.elapsed());
    Ok(response)
}

impl Gate {
    // People read a page, programs JSON.
    fn refused(&self, request: &HttpRequest, failure: &Failure) -> HttpResponse {
        let of_programs = ["/api/", "/-/", "/metrics", "/slack/"].iter().any(|path| request.path().starts_with(path));
        let accepts = request.headers().get(ACCEPT).and_then(|kinds| kinds.to_str().ok()).unwrap_or("");
        if of_programs || !accepts.contains("text/html") {
            return failure.error_response();
        }
        // Whoever signs in comes back to what they wanted to read; what they sent is gone.
        let reads = request.method().is_safe().then(|| request.uri().path_and_query()).flatten();
        let path = reads.map(|path| path.as_str().to_owned()).unwrap_or_default();
        pages::problem(&self.site, &Visitor { who: None, path }, failure)
    }

    // The request, for whoever answers it; or why it goes no further.
    async fn pass(&self, request: ServiceRequest) -> Result<ServiceRequest, (HttpRequest, Failure)> {
        let identity = match self.admit(request.request()).await {
            Ok(identity) => identity,
            Err(failure) => return Err((request.into_parts().0, failure)),
        };
        let Some(identity) = identity else { return Ok(request) };
        let request = match (&identity.csrf, request.method().is_safe()) {
            (Some(token), false) => self.with_token(request, &identity, token).await?,
            _ => request,
        };
        request.extensions_mut().insert(identity);
        Ok(request)
    }

    async fn admit(&self, request: &HttpRequest) -> Result<Option<Identity>, Failure> {
        let access = self.access(request.method())?;
        let site = &self.site;
        if access == Access::Slack {
            return slack::head(request.headers(), site.now()).map(|()| None).map_err(|denied| self.denied(denied));
        }
        if access == Access::Anyone {
            // Somebody else's page must not sign anybody in.
            let forged = !request.method().is_safe() && !same_origin(request.headers(), site);
            return if forged { Err(self.denied(forgery("unknown"))) } else { Ok(None) };
        }
        let identity = match identify(request, site).await {
            Ok(identity) => identity,
            // What anyone may read is not refused to somebody whose session is over.
            Err(denied) if access == Access::Reader && denied.reason == "expired" => None,
            Err(denied) => return Err(self.denied(denied)),
        };
        let Some(identity) = identity else {
            return if access == Access::Reader { Ok(None) } else { Err(self.denied(self.missing(request))) };
        };
        if !may(access, identity.role) {
            return Err(self.denied(forbidden(access, &identity)));
        }
        if !request.method().is_safe() && identity.csrf.is_some() && !same_origin(request.headers(), site) {
            return Err(self.denied(forgery(&identity.name)));
        }
        Ok(Some(identity))
    }

    // A browser acts for them by itself, so it must show that one of our pages asked it to: by the token in a header, or
    // in the form. The body of a form is read here, and handed on: no handler can forget to look.
    async fn with_token(
        &self,
        request: ServiceRequest,
        who: &Identity,
        token: &str,
    ) -> Result<ServiceRequest, (HttpRequest, Failure)> {
        if let Some(shown) = request.headers().get(csrf::HEADER) {
            return match csrf::is_token(token, shown.as_bytes()) {
                true => Ok(request),
                false => Err((request.into_parts().0, self.denied(stale_form(&who.name)))),
            };
        }
        if !form::is_form(request.headers()) {
            // What was typed as name and password, and an open server of this machine, are for programs too: those
            // send no forms, and a page elsewhere that sends anything is known by its origin.
            return match who.via {
                Via::Basic | Via::Open => Ok(request),
                _ => Err((request.into_parts().0, self.denied(stale_form(&who.name)))),
            };
        }
        let (request, mut payload) = request.into_parts();
        let read = self.form(&request, &mut payload).await;
        match read {
            Ok(body) if form::token(&body).is_some_and(|shown| csrf::is_token(token, shown)) => {
                let body = stream::once(ready(Ok(web::Bytes::from(body))));
                Ok(ServiceRequest::from_parts(request, Payload::Stream { payload: Box::pin(body) }))
            }
            Ok(_) => Err((request, self.denied(stale_form(&who.name)))),
            Err(failure) => Err((request, failure)),
        }
    }

    async fn form(&self, request: &HttpRequest, payload: &mut Payload) -> Result<Vec<u8>, Failure> {
        let payload = web::Payload::from_request(request, payload).await;
        let payload = payload.map_err(|error| Failure::Broken(error.to_string()))?;
        Ok(body::read(request, payload, &self.site.budget, self.site.small_body()).await?.bytes)
    }

    fn access(&self, method: &Method) -> Result<Access, Failure> {
        let wanted = if method == Method::HEAD { &Method::GET } else { method };
        if let Some((_, access)) = self.rules.iter().find(|(known, _)| known == wanted) {
            return Ok(*access);
        }
        let allow = self.rules.iter().map(|(known, _)| known.as_str()).collect::<Vec<_>>().join(", ");
        let takes_alerts = self.rules.iter().any(|(_, access)| *access == Access::Ingest);
        let text = if takes_alerts { webhook::HOW_TO.to_owned() } else { format!("this path takes {allow} only") };
        Err(Failure::Method { allow, text })
    }

    fn missing(&self, request: &HttpRequest) -> Denied {
        let named = request.match_info().get("source").filter(|name| self.site.knows_source(name));
        let text = match (self.site.is_open(), is_from_here(request.headers())) {
            (true, false) => {
                "without tokens only this machine is served, under its own names and not through a proxy; see `earlybell token new`"
            }
            _ => "this needs a token: `Authorization: Bearer <token>`; `earlybell token new` makes one",
        };
        let name = named.unwrap_or("unknown").to_owned();
        Denied { name, reason: "missing", failure: Failure::Unauthorized(text.to_owned()) }
    }

    fn denied(&self, denied: Denied) -> Failure {
        self.site.parts.metrics.not_let_in(&denied.name, denied.reason);
        self.site.log_denied(&denied);
        denied.failure
    }
}

fn may(access: Access, role: Role) -> bool {
    match access {
        Access::Anyone | Access::Reader => true,
        Access::Ingest => matches!(role, Role::Ingest | Role::Admin),
        // Nobody but Slack.
        Access::Slack => false,
        Access::AtLeast(least) => role >= least,
    }
}

fn forbidden(access: Access, identity: &Identity) -> Denied {
    let needed = match access {
        Access::AtLeast(role) => role.word(),
        Access::Anyone | Access::Reader | Access::Ingest | Access::Slack => Role::Ingest.word(),
    };
    let text = format!("the token of {} has the role {}; this needs {needed}", identity.name, identity.role.word());
    Denied { name: identity.name.to_string(), reason: "forbidden", failure: Failure::Forbidden(text) }
}

// A browser sends cookies and Basic credentials by itself, and reaches an open server of its own machine: there, a page
// of a stranger could act. It can neither read our tokens nor our socket.
fn forgery(name: &str) -> Denied {
    let text = "a page of another site must not change anything here".to_owned();
    Denied { name: name.to_owned(), reason: "forged", failure: Failure::Forbidden(text) }
}

fn stale_form(name: &str) -> Denied {
    let text = format!(
        "this form is of another session: load its page again (a script sends what stands in its field `{}` as {})",
        csrf::FIELD,
        csrf::HEADER
    );
    Denied { name: name.to_owned(), reason: "forged", failure: Failure::Forbidden(text) }
}
