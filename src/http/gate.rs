//! In front of every route: who may pass. Decided from the head of the request, before a byte of its body is read.

use super::auth::{Denied, Identity, Peer, Via, identify, is_from_here, same_origin};
use super::error::Failure;
use super::site::Site;
use super::webhook;
use crate::metrics::RouteMetrics;
use crate::store::Role;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{HttpMessage, ResponseError, web};
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
    let response = match gate.admit(&request) {
        Ok(identity) => {
            if let Some(identity) = identity {
                request.extensions_mut().insert(identity);
            }
            next.call(request).await?.map_into_boxed_body()
        }
        Err(failure) => request.into_response(failure.error_response()),
    };
    gate.metrics.answered(response.status().as_u16(), began.elapsed());
    Ok(response)
}

impl Gate {
    fn admit(&self, request: &ServiceRequest) -> Result<Option<Identity>, Failure> {
        let access = self.access(request.method())?;
        if access == Access::Anyone {
            return Ok(None);
        }
        let site = &self.site;
        let peer = request.request().conn_data::<Peer>().copied().unwrap_or(Peer::Stranger);
        let identity = identify(request.headers(), peer, site).map_err(|denied| self.denied(denied))?;
        let Some(identity) = identity else {
            return if access == Access::Reader { Ok(None) } else { Err(self.denied(self.missing(request))) };
        };
        if !may(access, identity.role) {
            return Err(self.denied(forbidden(access, &identity)));
        }
        if !request.method().is_safe() {
            refuse_forgery(request, &identity, site)?;
        }
        Ok(Some(identity))
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

    fn missing(&self, request: &ServiceRequest) -> Denied {
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
        Access::AtLeast(least) => role >= least,
    }
}

fn forbidden(access: Access, identity: &Identity) -> Denied {
    let needed = match access {
        Access::AtLeast(role) => role.word(),
        Access::Anyone | Access::Reader | Access::Ingest => Role::Ingest.word(),
    };
    let text = format!("the token of {} has the role {}; this needs {needed}", identity.name, identity.role.word());
    Denied { name: identity.name.to_string(), reason: "forbidden", failure: Failure::Forbidden(text) }
}

// A browser sends Basic credentials by itself, and reaches an open server of its own machine: there, a page of a
// stranger could act. It can neither read our tokens nor our socket.
fn refuse_forgery(request: &ServiceRequest, identity: &Identity, site: &Site) -> Result<(), Failure> {
    let forgeable = matches!(identity.via, Via::Basic | Via::Open);
    if forgeable && !same_origin(request.headers(), site) {
        return Err(Failure::Forbidden("a page of another site must not change anything here".to_owned()));
    }
    Ok(())
}
