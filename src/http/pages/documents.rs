//! `/incidents/N`, `.md`, `.json`: the state document of one incident.

use super::acts::{Acts, acts};
use super::chrome::Chrome;
use super::explained::{ExplainedRows, WhyRow, why};
use super::lanes::{Lanes, lanes};
use super::list::{class, may_see};
use super::render::page;
use super::{ENGINE_WAIT, asked, path_segment, shown};
use crate::http::api::incidents::scored;
use crate::http::api::past::missing;
use crate::http::auth::{Reader, Visitor};
use crate::http::error::Failure;
use crate::http::site::Site;
use crate::store::{DeliveryFilter, DeliveryRow, Imported};
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use domain::directory::Directory;
use domain::document::markdown::state_word;
use domain::document::{AlertLine, Audience, Document, PadLine, Sources, Told, document};
use domain::drill::Score;
use domain::engine::explain::About;
use domain::ids::IncidentId;
use domain::incident::{Incident, Refusal};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Most alerts in a document, firing first.
pub const ALERTS_MAX: usize = 100;
/// Most entries of the timeline in a document, newest first; older ones follow on the next page.
const ENTRIES_MAX: usize = 200;
/// Most notices in a document, newest first.
const NOTICES_MAX: usize = 100;

#[derive(Deserialize, Default)]
struct Part {
    before: Option<u32>,
}

#[derive(Serialize)]
struct Content {
    document: Document,
    class: &'static str,
    open: bool,
    lasted: String,
    lanes: Option<Lanes>,
    notices: Vec<NoticeRow>,
    why: Vec<WhyRow>,
    // How its rule stands now, while it is open.
    now: Option<ExplainedRows>,
    now_problem: Option<String>,
    rule_path: Option<String>,
    // Number of the oldest entry shown, where there are older ones.
    before: Option<u32>,
    first_page: bool,
    alerts_more: u32,
    acts: Option<Acts>,
    // How the drill went: name and words of each line.
    score: Vec<(&'static str, String)>,
    imported: Option<Imported>,
}

#[derive(Serialize)]
struct NoticeRow {
    told: Told,
    state: &'static str,
    failed: bool,
}

/// `GET /incidents/{number}`
pub async fn html(site: web::Data<Site>, visitor: Visitor, request: HttpRequest) -> HttpResponse {
    let found = content(&site, &visitor, &request).await;
    shown(&site, &visitor, found)
}

/// `GET /incidents/{number}.md`
pub async fn markdown(site: web::Data<Site>, reader: Reader, request: HttpRequest) -> HttpResponse {
    match read(&site, reader, &request).await {
        Ok((_, document)) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "text/markdown; charset=utf-8"))
            .body(domain::document::markdown(&document)),
        Err(failure) => failure.error_response(),
    }
}

/// `GET /incidents/{number}.json`
pub async fn json(site: web::Data<Site>, reader: Reader, request: HttpRequest) -> HttpResponse {
    match read(&site, reader, &request).await {
        Ok((_, document)) => HttpResponse::Ok().json(document),
        Err(failure) => failure.error_response(),
    }
}

async fn content(site: &Site, visitor: &Visitor, request: &HttpRequest) -> Result<HttpResponse, Failure> {
    let reader = visitor.reader();
    let (incident, document) = read(site, reader, request).await?;
    let oldest = document.timeline_from;
    let rule = incident.rule.as_ref().filter(|_| reader == Reader::Team);
    let (now, now_problem) = match rule.filter(|_| incident.stage.is_open()) {
        Some(_) => asked(site, About::Incident(incident.id)).await,
        None => (None, None),
    };
    let imported = site.parts.store.past().imported(incident.id).await?.filter(|_| reader == Reader::Team);
    let acts = match visitor.who.as_ref().filter(|_| imported.is_none()) {
        Some(who) => {
            let alerts = document.alerts.iter().map(|alert| (alert.number, alert_choice(alert))).collect();
            acts(site, who, &incident, alerts, request).await?
        }
        None => None,
    };
    let content = Content {
        acts,
        imported,
        class: class(&incident.stage),
        open: incident.stage.is_open(),
        lasted: domain::notice::phrase::lasted(&incident, document.read_at),
        lanes: lanes(&document),
        notices: document.notices.iter().cloned().map(notice_row).collect(),
        score: document.score.as_ref().map(Score::lines).unwrap_or_default(),
        why: document.explanation.as_ref().map(why).unwrap_or_default(),
        now,
        now_problem,
        rule_path: rule.map(|rule| path_segment(&rule.name)),
        before: oldest.filter(|_| document.timeline_cut),
        first_page: part(request).before.is_none(),
        alerts_more: document.alerts_total.saturating_sub(u32::try_from(document.alerts.len()).unwrap_or(u32::MAX)),
        document,
    };
    let title = format!("{}: {}", incident.name(), content.document.title);
    page("incident.html", &Chrome::new(site, visitor, title).with_held(site).await?, &content)
}

// One of several alerts, in a line: its name, what it says, and where.
fn alert_choice(alert: &AlertLine) -> String {
    let instance = alert.labels.value("instance");
    let words = [alert.name.as_str(), alert.summary.as_str(), instance];
    let mut said: Vec<&str> = Vec::new();
    words.into_iter().filter(|word| !word.is_empty()).for_each(|word| {
        if !said.contains(&word) {
            said.push(word);
        }
    });
    said.join(" · ")
}

fn part(request: &HttpRequest) -> Part {
    web::Query::<Part>::from_query(request.query_string()).map(web::Query::into_inner).unwrap_or_default()
}

// Reads an incident and writes its document; one that this reader may not see is not there.
async fn read(site: &Site, reader: Reader, request: &HttpRequest) -> Result<(Incident, Document), Failure> {
    let id = IncidentId(crate::http::api::strict::number(request)?);
    let store = &site.parts.store;
    let found = store.incident(id).await?;
    if found.is_none() && reader == Reader::Team {
        return Err(missing(site, id).await?);
    }
    let found = found.filter(|incident| may_see(incident, reader));
    let incident = found.ok_or(Failure::Refused(Refusal::Unknown { incident: id }))?;
    let entries = store.timeline(id, part(request).before, ENTRIES_MAX).await?;
    let declared = store.timeline(id, Some(2), 1).await?;
    let alerts = store.alerts_of(id, ALERTS_MAX).await?;
    let filter = DeliveryFilter { incident: Some(id), max: NOTICES_MAX, ..DeliveryFilter::default() };
    let notices: Vec<Told> = store.deliveries(filter).await?.into_iter().filter_map(DeliveryRow::told).collect();
    let policy = &site.parts.config.load().policy;
    let directory = on_duty(site, &incident).await;
    let sources = Sources {
        incident: &incident,
        entries: &entries,
        declared: declared.first(),
        alerts: &alerts,
        notices: &notices,
        external_url: &policy.external_url,
        policy,
        directory: &directory,
        now: site.now(),
    };
    let audience = audience(reader);
    // While it goes on, people look at the incident, not at themselves.
    let over = reader == Reader::Team && !incident.stage.is_open();
    let score = if over { scored(site, &incident).await? } else { None };
    let pad = pad(site, &incident, audience).await?;
    let document = document(&sources, audience).with_score(score, audience).with_pad(pad);
    Ok((incident, document))
}

async fn pad(site: &Site, incident: &Incident, audience: Audience) -> Result<Option<PadLine>, Failure> {
    let config = site.parts.config.load();
    let url = config.policy.pads.as_ref().and_then(|pads| pads.address(incident, audience));
    let Some(url) = url else { return Ok(None) };
    let row = site.parts.store.pads().pad(incident.id).await?.unwrap_or_default();
    Ok(Some(PadLine::new(url, &row.people, row.people_at, row.well_at, audience, site.now())))
}

// Who is on duty matters only until somebody leads. The engine knows it; a page is never missing because of that.
async fn on_duty(site: &Site, incident: &Incident) -> Arc<Directory> {
    if !incident.stage.is_open() || incident.roles.manager().is_some() {
        return Arc::default();
    }
    let asked = site.parts.questions.ask(|state| Arc::clone(state.directory()));
    let answer = tokio::time::timeout(ENGINE_WAIT, asked).await;
    answer.ok().and_then(Result::ok).unwrap_or_default()
}

/// How much a reader sees.
pub fn audience(reader: Reader) -> Audience {
    match reader {
        Reader::Team => Audience::Team,
        Reader::Public => Audience::Public,
    }
}

fn notice_row(told: Told) -> NoticeRow {
    let sent = matches!(told.state, domain::delivery::DeliveryState::Sent);
    NoticeRow { state: state_word(told.state), failed: !sent && told.last_error.is_some(), told }
}
