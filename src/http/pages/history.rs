//! `/history`: every incident there was, by words, labels, rule, people, day, severity and outcome. What is asked stands in
//! the URL.

use super::chrome::Chrome;
use super::documents::audience;
use super::list::class;
use super::render::page;
use super::{path_segment, shown};
use crate::http::api::search::Asked;
use crate::http::api::strict;
use crate::http::auth::{Reader, Visitor};
use crate::http::error::Failure;
use crate::http::site::Site;
use crate::store::Search;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use domain::history::Outcome;
use domain::incident::{Incident, Severity, Stage};
use domain::notice::phrase::lasted;
use serde::Serialize;

/// Incidents on one page.
const PAGE: usize = 50;

#[derive(Serialize)]
struct Content {
    asked: Asked,
    // Why nothing was looked for.
    problem: Option<String>,
    rows: Vec<Row>,
    // What the next page is asked with.
    next: Option<String>,
    first_page: bool,
    // Incidents that are not found by words, labels and people yet.
    untold: u64,
    severities: [&'static str; 3],
    outcomes: Vec<&'static str>,
}

#[derive(Serialize)]
struct Row {
    number: u64,
    id: String,
    title: String,
    stage: &'static str,
    class: &'static str,
    // Why it was nothing, in one word.
    code: Option<&'static str>,
    severity: &'static str,
    declared_at: DateTime<Utc>,
    lasted: String,
    // Who led it, for the team.
    led: Option<String>,
}

/// `GET /history`
pub async fn show(site: web::Data<Site>, visitor: Visitor, request: HttpRequest) -> HttpResponse {
    let found = content(&site, &visitor, &request).await;
    shown(&site, &visitor, found)
}

async fn content(site: &Site, visitor: &Visitor, request: &HttpRequest) -> Result<HttpResponse, Failure> {
    let reader = visitor.reader();
    let (asked, search) = match strict::query::<Asked>(request) {
        Ok(asked) => {
            let search = asked.search(reader, PAGE + 1);
            (asked, search)
        }
        Err(failure) => (Asked::default(), Err(failure.to_string())),
    };
    let (problem, mut found) = match search {
        Ok(search) => (None, look(site, search).await?),
        Err(problem) => (Some(problem), Vec::new()),
    };
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let last = found.last().filter(|_| more).map(|incident| incident.id.0);
    let now = site.now();
    let content = Content {
        rows: found.iter().map(|incident| row(incident, reader, now)).collect(),
        next: last.map(|last| next(&asked, last)),
        first_page: asked.before.is_empty(),
        asked,
        problem,
        untold: site.parts.store.history().untold().await?,
        severities: Severity::ALL.map(Severity::word),
        outcomes: Outcome::all().map(Outcome::word).collect(),
    };
    page("history.html", &Chrome::new(site, visitor, "History"), &content)
}

async fn look(site: &Site, search: Search) -> Result<Vec<Incident>, Failure> {
    Ok(site.parts.store.history().find(search).await?)
}

fn row(incident: &Incident, reader: Reader, now: DateTime<Utc>) -> Row {
    let code = match &incident.stage {
        Stage::CalledOff { code, .. } => Some(code.word()),
        Stage::Suspected | Stage::Confirmed | Stage::Resolved { .. } | Stage::Merged { .. } => None,
    };
    let led = incident.roles.manager().filter(|_| audience(reader) == domain::document::Audience::Team);
    Row {
        number: incident.id.0,
        id: incident.name(),
        title: incident.title.clone(),
        stage: incident.stage.word(),
        class: class(&incident.stage),
        code,
        severity: incident.severity.word(),
        declared_at: incident.declared_at,
        lasted: lasted(incident, now),
        led: led.map(str::to_owned),
    }
}

// `?text=disk%20full&before=17`
fn next(asked: &Asked, before: u64) -> String {
    let filters = asked.filters().into_iter().filter(|(_, value)| !value.is_empty());
    let query: String = filters.map(|(name, value)| format!("{name}={}&", path_segment(value))).collect();
    format!("?{query}before={before}")
}

#[cfg(test)]
mod tests {
    use super::next;
    use crate::http::api::search::Asked;

    #[test]
    fn the_next_page_is_asked_the_same() {
        let asked = Asked {
            text: "a&b=\" ä".to_owned(),
            drill: "false".to_owned(),
            before: "9".to_owned(),
            ..Asked::default()
        };
        assert_eq!(next(&asked, 3), "?text=a%26b%3D%22%20%C3%A4&drill=false&before=3");
    }
}
