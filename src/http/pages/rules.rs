//! `/rules`: the rules in force and what became of their incidents. `/rules/NAME`: one rule as it stands now. Both answer
//! which rules an alert would touch.

use super::chrome::Chrome;
use super::explained::ExplainedRows;
use super::outbox::team_only;
use super::render::page;
use super::{asked, path_segment, shown};
use crate::app::explain;
use crate::http::auth::Reader;
use crate::http::error::Failure;
use crate::http::site::Site;
use crate::store::IncidentFilter;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::TimeDelta;
use domain::engine::explain::About;
use domain::incident::Incident;
use domain::incident::judgement::{RuleRecord, records};
use domain::rules::model::{Group, Mode, RuleModel};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is counted on these pages.
const COUNTED: TimeDelta = TimeDelta::days(30);
/// Most incidents that are counted; more than that is said.
const COUNTED_MAX: usize = 5_000;
/// Incidents read at once.
const READ_AT_ONCE: usize = 500;
/// Most rules on the page; each has a page of its own.
const ROWS_MAX: usize = 1_000;

#[derive(Deserialize, Default)]
struct Which {
    labels: Option<String>,
}

#[derive(Serialize)]
struct List {
    rows: Vec<Row>,
    more: usize,
    days: i64,
    // Only so many incidents were counted.
    cut_at: Option<usize>,
    question: Question,
}

#[derive(Serialize)]
struct One {
    row: Row,
    file: String,
    group: String,
    yaml: String,
    days: i64,
    now: Option<ExplainedRows>,
    // Why `now` is missing.
    problem: Option<String>,
    question: Question,
}

#[derive(Serialize)]
struct Row {
    rule: String,
    path: String,
    shadow: bool,
    declared: u32,
    open: u32,
    confirmed: u32,
    by_people: u32,
    by_rule: u32,
    // `67 % of 3`
    precision: Option<String>,
}

// The box "which rules would this alert touch?".
#[derive(Serialize, Default)]
struct Question {
    labels: String,
    answer: Option<ExplainedRows>,
    problem: Option<String>,
}

struct Counted {
    records: BTreeMap<String, RuleRecord>,
    cut: bool,
}

/// `GET /rules`
pub async fn list(site: web::Data<Site>, reader: Reader, request: HttpRequest) -> HttpResponse {
    let found = rule_list(&site, reader, &request).await;
    shown(&site, found)
}

/// `GET /rules/{name}`
pub async fn one(site: web::Data<Site>, reader: Reader, request: HttpRequest) -> HttpResponse {
    let found = rule_page(&site, reader, &request).await;
    shown(&site, found)
}

async fn rule_list(site: &Site, reader: Reader, request: &HttpRequest) -> Result<HttpResponse, Failure> {
    team_only(reader)?;
    let question = question(site, request).await;
    let counted = counted(site).await?;
    let config = site.parts.config.load();
    let rules = config.policy.rule_files.iter().flat_map(|file| &file.file.groups).flat_map(|group| &group.rules);
    let rows = rules.clone().take(ROWS_MAX).map(|rule| row(rule, &counted)).collect();
    let content = List {
        rows,
        more: rules.count().saturating_sub(ROWS_MAX),
        days: COUNTED.num_days(),
        cut_at: counted.cut.then_some(COUNTED_MAX),
        question,
    };
    page("rules.html", &Chrome::new(site, reader, "Rules").with_banners(site).await?, &content)
}

async fn rule_page(site: &Site, reader: Reader, request: &HttpRequest) -> Result<HttpResponse, Failure> {
    team_only(reader)?;
    let name = request.match_info().query("name");
    let config = site.parts.config.load();
    let (file, group, rule) = find(&config.policy.rule_files, name).ok_or_else(|| {
        let name = domain::text::clean_line(name, 100);
        Failure::NotFound(format!("no rule `{name}` is in the configuration; see the list of rules"))
    })?;
    let question = question(site, request).await;
    let (now, problem) = asked(site, About::Rule(name.to_owned())).await;
    let yaml = serde_saphyr::to_string(rule).map_err(|error| Failure::Internal(error.to_string()))?;
    // Written whether or not the rule says anything of it.
    let yaml = yaml.replace("\nseverity: {}\n", "\n");
    let content = One {
        row: row(rule, &counted(site).await?),
        file: file.to_owned(),
        group: group.name.clone(),
        yaml,
        days: COUNTED.num_days(),
        now,
        problem,
        question,
    };
    page("rule.html", &Chrome::new(site, reader, format!("Rule {name}")), &content)
}

fn find<'a>(files: &'a [domain::policy::NamedRuleFile], name: &str) -> Option<(&'a str, &'a Group, &'a RuleModel)> {
    let of_file = |file: &'a domain::policy::NamedRuleFile| {
        let groups = file.file.groups.iter();
        let rules = groups.flat_map(|group| group.rules.iter().map(move |rule| (group, rule)));
        rules.map(|(group, rule)| (file.name.as_str(), group, rule))
    };
    files.iter().flat_map(of_file).find(|(_, _, rule)| rule.incident == name)
}

async fn question(site: &Site, request: &HttpRequest) -> Question {
    let which = web::Query::<Which>::from_query(request.query_string()).map(web::Query::into_inner).unwrap_or_default();
    let Some(labels) = which.labels.filter(|labels| !labels.trim().is_empty()) else { return Question::default() };
    let (answer, problem) = match explain::labels(&labels) {
        Ok(read) => asked(site, About::Labels(read)).await,
        Err(problem) => (None, Some(problem)),
    };
    Question { labels, answer, problem }
}

// Numbers of incidents grow with the time of their declaration, so the newest are read until they are too old.
async fn counted(site: &Site) -> Result<Counted, Failure> {
    let since = site.now() - COUNTED;
    let mut found: Vec<Incident> = Vec::new();
    let mut before = None;
    while found.len() < COUNTED_MAX {
        let filter = IncidentFilter { open: None, before, max: READ_AT_ONCE };
        let read = site.parts.store.incidents(filter).await?;
        before = read.last().map(|incident| incident.id);
        let last = read.len() < READ_AT_ONCE;
        let new = read.into_iter().take_while(|incident| incident.declared_at >= since);
        let had = found.len();
        found.extend(new);
        if last || found.len() - had < READ_AT_ONCE {
            return Ok(Counted { records: records(&found), cut: false });
        }
    }
    Ok(Counted { records: records(&found), cut: true })
}

fn row(rule: &RuleModel, counted: &Counted) -> Row {
    let record = counted.records.get(&rule.incident).copied().unwrap_or_default();
    Row {
        rule: rule.incident.clone(),
        path: path_segment(&rule.incident),
        shadow: rule.mode == Mode::Shadow,
        declared: record.declared,
        open: record.open,
        confirmed: record.confirmed,
        by_people: record.called_off_by_people,
        by_rule: record.called_off_by_rule,
        precision: record.precision().map(|share| format!("{:.0} % of {}", share * 100.0, record.right + record.wrong)),
    }
}
