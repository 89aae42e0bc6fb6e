//! Forms that do something: `POST /incidents/N/do/VERB` and `/declare`. What was done leads back to the incident; what was refused
//! is shown with its reason and with everything that was typed.

use super::chrome::Chrome;
use super::forms::{Around, Form, Forms, Typed};
use super::render::render;
use super::{edit, postmortem};
use super::{shown, with_status};
use crate::http::api::{bodies, incidents};
use crate::http::auth::{Identity, Visitor};
use crate::http::error::Failure;
use crate::http::form::PostedForm;
use crate::http::site::Site;
use crate::http::token::hash;
use crate::store::IncidentFilter;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use domain::ids::IncidentId;
use domain::incident::roles::{RoleName, same_person};
use domain::incident::{Act, Command, Incident, Reply, Surface};
use domain::text::clean_line;
use domain::verbs::offered::{Looking, offered};
use domain::verbs::table::Group;
use domain::verbs::{Spelling, Verb};
use serde::{Deserialize, Serialize};

/// Most open incidents in a choice.
const OTHERS_MAX: usize = 50;
/// Longest title in a choice, in bytes.
const TITLE_BYTES_MAX: usize = 80;

/// What a page offers to do.
#[derive(Serialize)]
pub struct Acts {
    /// What most people want here.
    first: Vec<Form>,
    /// What else there is.
    more: Vec<Form>,
    /// Whether the document can be edited, to-dos ticked off and roles taken.
    writes: bool,
    /// What was done a moment ago.
    done: Option<&'static str>,
    /// What tells a second click from a second wish, for forms in between.
    key: String,
}

#[derive(Serialize)]
struct Again {
    problem: String,
    form: Form,
    back: String,
    title: String,
}

#[derive(Deserialize, Default)]
struct After {
    done: Option<String>,
}

/// What somebody is offered on the page of an incident; nothing where they may only read.
///
/// # Errors
/// The store can't be read.
pub async fn acts(
    site: &Site,
    who: &Identity,
    incident: &Incident,
    alerts: Vec<(u64, String)>,
    request: &HttpRequest,
) -> Result<Option<Acts>, Failure> {
    let config = site.parts.config.load();
    let looking =
        Looking { name: &who.name, access: who.role, at: site.now(), undo_within: config.policy.rituals.undo_within };
    let offered = offered(incident, &looking);
    if offered.first.is_empty() && offered.more.is_empty() {
        return Ok(None);
    }
    let around = around(site, &who.name, Some(incident), alerts).await?;
    let forms = Forms::new(&around)?;
    let on = |verb: &Verb| forms.on(*verb, incident.id.0, &preset(*verb, incident));
    let after = web::Query::<After>::from_query(request.query_string()).map(web::Query::into_inner).unwrap_or_default();
    Ok(Some(Acts {
        first: offered.first.iter().map(on).collect(),
        more: offered.more.iter().map(on).collect(),
        writes: incident.stage.is_open(),
        // Only words of ours: a link must not put any others on a page.
        done: after.done.and_then(|word| Verb::parse(&word)).map(Verb::word),
        key: forms.key().to_owned(),
    }))
}

// What a form says before anybody typed.
fn preset(verb: Verb, incident: &Incident) -> Typed {
    match verb {
        Verb::Severity => Typed::one("to", incident.severity.word()),
        _ => Typed::default(),
    }
}

/// `POST /incidents/{number}/do/{verb}`
pub async fn act(
    site: web::Data<Site>,
    request: HttpRequest,
    who: Identity,
    form: PostedForm<Vec<(String, String)>>,
) -> HttpResponse {
    let visitor = Visitor { who: Some(who.clone()), path: request.path().to_owned() };
    let done = async {
        let incident = IncidentId(crate::http::api::strict::number(&request)?);
        let word = request.match_info().get("verb").unwrap_or_default();
        let verb = Verb::parse(word).filter(|verb| verb.acts() && *verb != Verb::Declare);
        let verb = verb.ok_or_else(|| Failure::NotFound(format!("there is no verb {}", clean_line(word, 40))))?;
        said(&site, &visitor, &who, (verb, Some(incident)), Typed::new(form.0)?).await
    };
    let done = done.await;
    shown(&site, &visitor, done)
}

/// `POST /declare`
pub async fn declare(site: web::Data<Site>, who: Identity, form: PostedForm<Vec<(String, String)>>) -> HttpResponse {
    let visitor = Visitor { who: Some(who.clone()), path: "/declare".to_owned() };
    let done = async { said(&site, &visitor, &who, (Verb::Declare, None), Typed::new(form.0)?).await };
    let done = done.await;
    shown(&site, &visitor, done)
}

/// `GET /declare`
pub async fn declaring(site: web::Data<Site>, who: Identity) -> HttpResponse {
    let visitor = Visitor { who: Some(who), path: "/declare".to_owned() };
    let page = declare_page(&site, &visitor, &Typed::one("severity", "major"), String::new()).await;
    match page {
        Ok(page) => with_status(&site, &visitor, StatusCode::OK, Ok(page)),
        Err(failure) => shown(&site, &visitor, Err(failure)),
    }
}

// Does it; or says why not, with all that was typed.
async fn said(
    site: &Site,
    visitor: &Visitor,
    who: &Identity,
    (verb, incident): (Verb, Option<IncidentId>),
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let act = typed.body().and_then(|body| bodies::act(verb, &body));
    let failure = match act {
        Ok(act) => match command(site, who, incident, act, &typed).await? {
            Reply::Done { incident, .. } => return Ok(led_back(site, incident, verb)),
            Reply::Adopted { .. } => return Ok(see_other(site, "/")),
            Reply::Refused(refusal) => Failure::Refused(refusal),
        },
        Err(failure @ (Failure::Shape(_) | Failure::NotJson(_))) => failure,
        Err(failure) => return Err(failure),
    };
    again(site, visitor, (verb, incident), &typed, failure).await
}

async fn command(
    site: &Site,
    who: &Identity,
    incident: Option<IncidentId>,
    act: Act,
    typed: &Typed,
) -> Result<Reply, Failure> {
    let key = typed.wish().map(|(key, said)| {
        let said = hash(&said).iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>();
        format!("{}/web/{}/{said}", who.name, clean_line(key, 40))
    });
    let actor = who.actor_on(Surface::Web);
    let command = Command { actor, access: who.role, key, incident, act };
    Ok(site.parts.inbox.command(&command).await?)
}

async fn again(
    site: &Site,
    visitor: &Visitor,
    (verb, incident): (Verb, Option<IncidentId>),
    typed: &Typed,
    failure: Failure,
) -> Result<HttpResponse, Failure> {
    let status = failure.status_code();
    let Some(id) = incident else {
        let page = declare_page(site, visitor, typed, in_words(&failure)).await;
        return Ok(with_status(site, visitor, status, page));
    };
    let found = incidents::find(site, id).await?;
    if verb == Verb::Edit {
        let page = edit::again(site, visitor, &found, typed, &failure);
        return Ok(with_status(site, visitor, status, page));
    }
    if verb.spec().group == Group::Review {
        let page = postmortem::again(site, visitor, &found, typed, &failure).await;
        return Ok(with_status(site, visitor, status, page));
    }
    let alerts = site.parts.store.alerts_of(id, super::documents::ALERTS_MAX).await?;
    let alerts = alerts.iter().map(|alert| (alert.id.0, alert.summary())).collect();
    let name = visitor.who.as_ref().map_or("", |who| &who.name);
    let around = around(site, name, Some(&found), alerts).await?;
    let content = Again {
        problem: in_words(&failure),
        form: Forms::new(&around)?.on(verb, id.0, typed),
        back: format!("/incidents/{}", id.0),
        title: format!("{}: {}", found.name(), found.title),
    };
    let page = render("again.html", &Chrome::new(site, visitor, content.title.clone()), &content);
    Ok(with_status(site, visitor, status, page))
}

async fn declare_page(site: &Site, visitor: &Visitor, typed: &Typed, problem: String) -> Result<String, Failure> {
    let around = around(site, "", None, Vec::new()).await?;
    let form = Forms::new(&around)?.declare(typed);
    let content = Again { problem, form, back: "/".to_owned(), title: String::new() };
    render("declare.html", &Chrome::new(site, visitor, "Declare an incident").with_held(site).await?, &content)
}

/// Why something was not done, for somebody who reads a page.
pub fn in_words(failure: &Failure) -> String {
    match failure {
        Failure::Refused(refusal) => refusal.words(&Spelling::cli()),
        other => other.to_string(),
    }
}

// What choices are made from.
async fn around(
    site: &Site,
    who: &str,
    incident: Option<&Incident>,
    alerts: Vec<(u64, String)>,
) -> Result<Around, Failure> {
    let open = IncidentFilter { open: Some(true), max: OTHERS_MAX, ..IncidentFilter::default() };
    let others = match incident {
        Some(incident) => {
            let mut others = site.parts.store.incidents(open).await?;
            others.retain(|other| other.id != incident.id);
            others
        }
        None => Vec::new(),
    };
    let title =
        |other: Incident| (other.id.0, format!("{}: {}", other.name(), clean_line(&other.title, TITLE_BYTES_MAX)));
    let config = site.parts.config.load();
    let specs = config.policy.roles.iter().map(|spec| &spec.name);
    let held = incident.into_iter().flat_map(|incident| incident.roles.held.keys());
    let mut roles: Vec<(String, String)> = Vec::new();
    for role in specs.chain(held) {
        let RoleName(name) = role;
        if roles.iter().all(|(known, _)| known != name) {
            roles.push((name.clone(), role.words()));
        }
    }
    let directory = site.parts.directory.shown().directory;
    let me = directory.person(who).map_or(who, |person| person.name.as_str());
    let offers = incident.into_iter().flat_map(|incident| &incident.roles.offers);
    let to_me = offers.filter(|(_, offer)| same_person(&offer.to, me));
    let offered = to_me.map(|(role, _)| (role.0.clone(), role.words())).collect();
    let people = directory.people.into_iter().map(|person| person.name).collect();
    Ok(Around { roles, offered, people, others: others.into_iter().map(title).collect(), alerts })
}

fn led_back(site: &Site, incident: IncidentId, verb: Verb) -> HttpResponse {
    let page = if verb.spec().group == Group::Review { "/postmortem" } else { "" };
    see_other(site, &format!("/incidents/{}{page}?done={}", incident.0, verb.word()))
}

fn see_other(site: &Site, path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, format!("{}{path}", site.prefix()))).finish()
}
