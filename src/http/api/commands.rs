//! What people do: a path for each verb, and one for a line as people type it. The engine decides; the answer is its
//! answer.

use super::strict::{body, bytes, number};
use super::{bodies, ok};
use crate::app::desk::{Answered, Outcome, Said, To, Words};
use crate::http::auth::Identity;
use crate::http::error::Failure;
use crate::http::site::Site;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::{AlertId, IncidentId};
use domain::incident::room::Part;
use domain::incident::{Act, Command, Reply};
use domain::verbs::{Arguments, Spelling, Verb};
use serde::Deserialize;
use serde_json::{Value, json};

/// Longest idempotency key, in bytes.
pub const KEY_BYTES_MAX: usize = 200;

/// Longest word before commands, in bytes.
const PREFIX_BYTES_MAX: usize = 40;

/// `POST /api/v1/command`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    line: Option<String>,
    // Or, split by a shell:
    verb: Option<String>,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    options: Vec<(String, String)>,
    incident: Option<IncidentId>,
    #[serde(default)]
    prefix: String,
}

/// `POST /api/v1/incidents`
pub async fn declare(
    site: web::Data<Site>,
    request: HttpRequest,
    who: Identity,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let body = bytes(&site, &request, payload).await?;
    ask(&site, &request, &who, None, bodies::act(Verb::Declare, &body)?).await
}

/// `POST /api/v1/incidents/{number}/…`, the last piece of the path being the verb, or a part of the state document.
pub async fn act(
    site: web::Data<Site>,
    request: HttpRequest,
    who: Identity,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let incident = IncidentId(number(&request)?);
    let word = request.path().rsplit('/').next().unwrap_or_default();
    let body = bytes(&site, &request, payload).await?;
    let act = match (Verb::parse(word), Part::parse(word)) {
        (Some(verb), _) => bodies::act(verb, &body)?,
        (None, Some(part)) => bodies::edit(part, &body)?,
        (None, None) => return Err(Failure::NotFound(format!("there is no verb {word}"))),
    };
    ask(&site, &request, &who, Some(incident), act).await
}

/// `POST /api/v1/alerts/{number}/adopt`
pub async fn adopt(site: web::Data<Site>, request: HttpRequest, who: Identity) -> Result<HttpResponse, Failure> {
    let alert = AlertId(number(&request)?);
    ask(&site, &request, &who, None, Act::Adopt { alert }).await
}

/// `POST /api/v1/command`: a line as people type it.
pub async fn line(
    site: web::Data<Site>,
    request: HttpRequest,
    who: Identity,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let Typed { line, verb, words, options, incident, prefix } = body(&site, &request, payload).await?;
    let words = match (line, verb) {
        (Some(line), None) if words.is_empty() && options.is_empty() => Words::Line(line),
        (None, Some(verb)) => Words::Split(Arguments { verb, words, options }),
        _ => return Err(Failure::Shape("say a `line`, or a `verb` with its `words` and `options`".to_owned())),
    };
    if prefix.len() > PREFIX_BYTES_MAX || prefix.contains(char::is_control) {
        return Err(Failure::Shape(format!("prefix is one line of at most {PREFIX_BYTES_MAX} bytes, as /incident")));
    }
    let said = Said {
        words,
        actor: who.actor(),
        access: who.role,
        thread: incident,
        // Where bare numbers are meant, and `#` begins a comment.
        spelling: if prefix == Spelling::cli().prefix() { Spelling::cli() } else { Spelling::chat(&prefix) },
        key: key(&request, &who)?,
    };
    answered(&site, site.desk.answer(said).await?)
}

fn answered(site: &Site, answered: Answered) -> Result<HttpResponse, Failure> {
    let Answered { text, to, outcome } = answered;
    let to = match to {
        To::Speaker => "speaker",
        To::Everyone => "everyone",
    };
    match outcome {
        Outcome::Done(reply) => {
            let mut answer = done(site, &reply, text);
            answer["to"] = Value::from(to);
            Ok(ok(&answer))
        }
        Outcome::Told(question) => Ok(ok(&json!({"status": "told", "verb": question.verb(), "text": text, "to": to}))),
        Outcome::AskedBack(trouble) => Err(Failure::Misunderstood { trouble, text }),
        Outcome::Refused(refusal) => Err(Failure::RefusedIn { refusal, text }),
    }
}

pub(super) async fn ask(
    site: &Site,
    request: &HttpRequest,
    who: &Identity,
    incident: Option<IncidentId>,
    act: Act,
) -> Result<HttpResponse, Failure> {
    let command = Command { actor: who.actor(), access: who.role, key: key(request, who)?, incident, act };
    match site.parts.inbox.command(&command).await? {
        Reply::Refused(refusal) => Err(refusal.into()),
        reply => Ok(ok(&done(site, &reply, reply.words(&Spelling::cli())))),
    }
}

fn done(site: &Site, reply: &Reply, text: String) -> Value {
    match reply {
        Reply::Done { incident, .. } => {
            let url = format!("{}/incidents/{}", site.external_url(), incident.0);
            json!({"status": "done", "incident": incident, "text": text, "url": url})
        }
        Reply::Adopted { alert, .. } => json!({"status": "done", "alert": alert, "text": text}),
        // Told before as what it is.
        Reply::Refused(_) => json!({"status": "refused", "error": text}),
    }
}

// Two people who choose the same key must not get each other's answer.
fn key(request: &HttpRequest, who: &Identity) -> Result<Option<String>, Failure> {
    let Some(header) = request.headers().get("idempotency-key") else { return Ok(None) };
    match header.to_str() {
        Ok(key) if !key.is_empty() && key.len() <= KEY_BYTES_MAX => Ok(Some(format!("{}/{key}", who.name))),
        _ => Err(Failure::Shape(format!("Idempotency-Key must be 1 to {KEY_BYTES_MAX} visible ASCII characters"))),
    }
}
