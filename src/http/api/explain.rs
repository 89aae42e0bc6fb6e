//! Why something happened, or did not: condition trees with a verdict each.

use super::ok;
use super::strict::query;
use crate::app::explain::{self, NotExplained};
use crate::http::body::{Allowance, read};
use crate::http::error::Failure;
use crate::http::site::Site;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use domain::engine::explain::{About, Explained, Unknown};
use domain::ids::IncidentId;
use domain::incident::{Explanation, Fact, Refusal};
use serde::{Deserialize, Serialize};

/// Largest message that is explained, in bytes.
pub const PAYLOAD_BYTES_MAX: usize = 1024 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    alert: Option<String>,
    labels: Option<String>,
    incident: Option<String>,
    rule: Option<String>,
}

#[derive(Serialize, Default)]
struct Answer {
    #[serde(flatten)]
    explained: Explained,
    // Why there is no more to say.
    note: Option<String>,
    // Of an incident, as it was then.
    declared: Option<Declared>,
}

/// Why an incident was declared, as it was then.
#[derive(Serialize)]
pub struct Declared {
    at: DateTime<Utc>,
    because: String,
    tree: Option<Explanation>,
}

/// `GET /api/v1/explain`
pub async fn ask(site: web::Data<Site>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let which: Which = query(&request)?;
    let answer = match about(&which)? {
        About::Incident(id) => of_incident(&site, id).await?,
        about => {
            let explained = site.explainer.explain(about, site.now()).await?;
            Answer { explained, ..Answer::default() }
        }
    };
    Ok(answered(answer, which.rule.as_deref()))
}

/// `POST /api/v1/explain`: a message that is explained and not taken in.
pub async fn payload(
    site: web::Data<Site>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let rule = query::<Which>(&request)?;
    if rule.alert.is_some() || rule.labels.is_some() || rule.incident.is_some() {
        return Err(Failure::Shape("in the query: beside a message only `rule` can be said".to_owned()));
    }
    let allowance = Allowance { bytes_max: PAYLOAD_BYTES_MAX, ..site.small_body() };
    let body = read(&request, payload, &site.budget, allowance).await?;
    let batch = explain::payload(&body.bytes, site.now())?;
    let explained = site.explainer.explain_batch(batch, site.now()).await?;
    drop(body.held);
    Ok(answered(Answer { explained, ..Answer::default() }, rule.rule.as_deref()))
}

fn about(which: &Which) -> Result<About, Failure> {
    let wrong = |problem: String| Failure::Shape(format!("in the query: {problem}"));
    match (&which.alert, &which.labels, &which.incident, &which.rule) {
        (Some(alert), None, None, _) => explain::alert(alert).map_err(wrong),
        (None, Some(labels), None, _) => explain::labels(labels).map(About::Labels).map_err(wrong),
        (None, None, Some(incident), _) => explain::incident(incident).map_err(wrong),
        (None, None, None, Some(rule)) => Ok(About::Rule(rule.clone())),
        (None, None, None, None) => Ok(About::Now),
        _ => Err(wrong("`alert`, `labels` and `incident` can't stand beside each other; write one of them".to_owned())),
    }
}

async fn of_incident(site: &Site, id: IncidentId) -> Result<Answer, Failure> {
    let declared = declared(site, id).await?;
    match site.explainer.explain(About::Incident(id), site.now()).await {
        Ok(explained) => Ok(Answer { explained, declared, note: None }),
        Err(NotExplained::Unknown(unknown)) => {
            let explained = Explained { at: site.now(), ..Explained::default() };
            Ok(Answer { explained, declared, note: Some(unknown.to_string()) })
        }
        Err(error) => Err(error.into()),
    }
}

async fn declared(site: &Site, id: IncidentId) -> Result<Option<Declared>, Failure> {
    let store = &site.parts.store;
    if store.incident(id).await?.is_none() {
        return Err(Failure::Refused(Refusal::Unknown { incident: id }));
    }
    let first = store.timeline(id, Some(2), 1).await?.into_iter().next();
    Ok(first.and_then(|entry| match entry.fact {
        Fact::Declared { because, explanation, .. } => Some(Declared { at: entry.at, because, tree: explanation }),
        _ => None,
    }))
}

fn answered(mut answer: Answer, rule: Option<&str>) -> HttpResponse {
    if let Some(rule) = rule {
        answer.explained = answer.explained.of_rule(rule);
    }
    // Texts, numbers and maps of texts only: serde_json has nothing to refuse in it.
    ok(&serde_json::to_value(&answer).unwrap_or_default())
}

impl From<NotExplained> for Failure {
    fn from(error: NotExplained) -> Self {
        match error {
            NotExplained::NoAnswer(error) => error.into(),
            NotExplained::Unknown(Unknown::ByPerson(_)) => Self::Conflict(error.to_string()),
            NotExplained::Unknown(_) => Self::NotFound(error.to_string()),
        }
    }
}
