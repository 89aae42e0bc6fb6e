//! What people do: one verb per path, one struct per verb. The engine decides; the answer is its answer.

use super::ok;
use super::strict::{body, number};
use crate::http::auth::Identity;
use crate::http::error::Failure;
use crate::http::site::Site;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::alert::Pairs;
use domain::duration::Duration;
use domain::ids::{AlertId, IncidentId};
use domain::incident::room::Part;
use domain::incident::{Act, CallOffCode, Command, Reply, Severity};
use domain::verbs::Spelling;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

/// Longest idempotency key, in bytes.
pub const KEY_BYTES_MAX: usize = 200;

/// The body of a verb.
pub trait Verb: DeserializeOwned {
    /// What it asks the engine to do.
    fn act(self) -> Act;
}

/// `declare`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declare {
    title: String,
    severity: Option<Severity>,
    #[serde(default)]
    impact: String,
    #[serde(default)]
    labels: Pairs,
    #[serde(default)]
    drill: bool,
}

/// `update`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Update {
    text: String,
    impact: Option<String>,
    next_in: Option<Duration>,
}

/// `note`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    text: String,
}

/// `summary`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    text: String,
}

/// `severity`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetSeverity {
    to: Severity,
    #[serde(default)]
    text: String,
}

/// `calloff`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallOff {
    code: CallOffCode,
    reason: String,
}

/// `confirm`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    #[serde(default)]
    text: String,
}

/// `resolve`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resolve {
    #[serde(default)]
    text: String,
}

/// `reopen`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reopen {
    #[serde(default)]
    text: String,
}

/// `POST /api/v1/incidents`
pub async fn declare(
    site: web::Data<Site>,
    request: HttpRequest,
    who: Identity,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let declare: Declare = body(&site, &request, payload).await?;
    ask(&site, &request, &who, None, declare.act()).await
}

/// `POST /api/v1/incidents/{number}/…`
pub async fn act<V: Verb>(
    site: web::Data<Site>,
    request: HttpRequest,
    who: Identity,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let incident = IncidentId(number(&request)?);
    let verb: V = body(&site, &request, payload).await?;
    ask(&site, &request, &who, Some(incident), verb.act()).await
}

async fn ask(
    site: &Site,
    request: &HttpRequest,
    who: &Identity,
    incident: Option<IncidentId>,
    act: Act,
) -> Result<HttpResponse, Failure> {
    let command = Command { actor: who.actor(), access: who.role, key: key(request, who)?, incident, act };
    let reply = site.parts.inbox.command(&command).await?;
    let text = reply.words(&Spelling::cli());
    match reply {
        Reply::Done { incident, .. } => {
            let url = format!("{}/incidents/{}", site.external_url(), incident.0);
            Ok(ok(&json!({"status": "done", "incident": incident, "text": text, "url": url})))
        }
        Reply::Adopted { alert, .. } => Ok(ok(&json!({"status": "done", "alert": alert, "text": text}))),
        Reply::Refused(refusal) => Err(refusal.into()),
    }
}

/// `POST /api/v1/alerts/{number}/adopt`
pub async fn adopt(site: web::Data<Site>, request: HttpRequest, who: Identity) -> Result<HttpResponse, Failure> {
    let alert = AlertId(number(&request)?);
    ask(&site, &request, &who, None, Act::Adopt { alert }).await
}

// Two people who choose the same key must not get each other's answer.
fn key(request: &HttpRequest, who: &Identity) -> Result<Option<String>, Failure> {
    let Some(header) = request.headers().get("idempotency-key") else { return Ok(None) };
    match header.to_str() {
        Ok(key) if !key.is_empty() && key.len() <= KEY_BYTES_MAX => Ok(Some(format!("{}/{key}", who.name))),
        _ => Err(Failure::Shape(format!("Idempotency-Key must be 1 to {KEY_BYTES_MAX} visible ASCII characters"))),
    }
}

impl Verb for Declare {
    fn act(self) -> Act {
        Act::Declare {
            title: self.title,
            severity: self.severity,
            impact: self.impact,
            labels: self.labels,
            drill: self.drill,
        }
    }
}

impl Verb for Update {
    fn act(self) -> Act {
        Act::Update { text: self.text, impact: self.impact, next_in: self.next_in }
    }
}

impl Verb for Note {
    fn act(self) -> Act {
        Act::Note { text: self.text }
    }
}

impl Verb for Summary {
    fn act(self) -> Act {
        Act::Edit { part: Part::Summary, text: self.text, version: None }
    }
}

impl Verb for SetSeverity {
    fn act(self) -> Act {
        Act::Severity { to: self.to, text: self.text }
    }
}

impl Verb for CallOff {
    fn act(self) -> Act {
        Act::CallOff { code: self.code, reason: self.reason }
    }
}

impl Verb for Confirm {
    fn act(self) -> Act {
        Act::Confirm { text: self.text }
    }
}

impl Verb for Resolve {
    fn act(self) -> Act {
        Act::Resolve { text: self.text }
    }
}

impl Verb for Reopen {
    fn act(self) -> Act {
        Act::Reopen { text: self.text }
    }
}
