//! `/rules`: the rules in force and what became of their incidents. `/rules/NAME`: one rule as it stands now. Both answer
//! which rules an alert would touch.

use super::chrome::Chrome;
use super::explained::ExplainedRows;
use super::outbox::team_only;
use super::render::page;
use super::strip::{Strip, strip};
use super::{asked, path_segment, shown};
use crate::app::explain;
use crate::http::auth::Visitor;
use crate::http::error::Failure;
use crate::http::site::Site;
use crate::store::IncidentFilter;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, TimeDelta, Utc};
use domain::engine::Shadow;
use domain::engine::explain::About;
use domain::incident::Incident;
use domain::incident::compare::{Span, Trial};
use domain::incident::judgement::{RuleRecord, records};
use domain::rules::model::{Group, Mode, RuleModel};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is counted on these pages.
const COUNTED: TimeDelta = TimeDelta::days(30);
/// Most incidents that are counted; more than that is said.
const COUNTED_MAX: usize = 5_000;
/// Most that rules on trial would have declared, of all of them together.
const SHADOWS_MAX: usize = 5_000;
/// Most of those on the page of a rule, newest first.
const SHADOWS_SHOWN_MAX: usize = 50;
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
    trials: Vec<TrialRow>,
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
    trial: Option<TrialRow>,
    shadows: Vec<ShadowRow>,
    strip: Option<Strip>,
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

// A rule on trial: what it would have declared, beside what was confirmed.
#[derive(Serialize)]
struct TrialRow {
    rule: String,
    path: String,
    would_declare: u32,
    during: u32,
    otherwise: u32,
    missed: u32,
}

#[derive(Serialize)]
struct ShadowRow {
    from: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
    severity: &'static str,
    title: String,
    correlation: Option<String>,
    because: String,
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
    // When incidents of each rule went on, and those that were confirmed.
    declared: BTreeMap<String, Vec<Span>>,
    real: Vec<Span>,
    shadows: Vec<Shadow>,
    cut: bool,
}

/// `GET /rules`
pub async fn list(site: web::Data<Site>, visitor: Visitor, request: HttpRequest) -> HttpResponse {
    let found = rule_list(&site, &visitor, &request).await;
    shown(&site, &visitor, found)
}

/// `GET /rules/{name}`
pub async fn one(site: web::Data<Site>, visitor: Visitor, request: HttpRequest) -> HttpResponse {
    let found = rule_page(&site, &visitor, &request).await;
    shown(&site, &visitor, found)
}

async fn rule_list(site: &Site, visitor: &Visitor, request: &HttpRequest) -> Result<HttpResponse, Failure> {
    team_only(visitor.reader())?;
    let question = question(site, request).await;
    let counted = counted(site).await?;
    let config = site.parts.config.load();
    let rules = config.policy.rule_files.iter().flat_map(|file| &file.file.groups).flat_map(|group| &group.rules);
    let rows = rules.clone().take(ROWS_MAX).filter(|rule| rule.mode == Mode::Live);
    let rows = rows.map(|rule| row(rule, &counted)).collect();
    let on_trial = rules.clone().filter(|rule| rule.mode == Mode::Shadow).take(ROWS_MAX);
    let trials = on_trial.map(|rule| trial(rule, &counted)).collect();
    let content = List {
        rows,
        more: rules.count().saturating_sub(ROWS_MAX),
        trials,
        days: COUNTED.num_days(),
        cut_at: counted.cut.then_some(COUNTED_MAX),
        question,
    };
    page("rules.html", &Chrome::new(site, visitor, "Rules").with_banners(site).await?, &content)
}

async fn rule_page(site: &Site, visitor: &Visitor, request: &HttpRequest) -> Result<HttpResponse, Failure> {
    team_only(visitor.reader())?;
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
    let counted = counted(site).await?;
    let shadows = counted.shadows.iter().filter(|shadow| shadow.rule == name).take(SHADOWS_SHOWN_MAX);
    let content = One {
        row: row(rule, &counted),
        trial: (rule.mode == Mode::Shadow).then(|| trial(rule, &counted)),
        shadows: shadows.map(shadow_row).collect(),
        strip: last_days(site.now(), rule, &counted),
        file: file.to_owned(),
        group: group.name.clone(),
        yaml,
        days: COUNTED.num_days(),
        now,
        problem,
        question,
    };
    page("rule.html", &Chrome::new(site, visitor, format!("Rule {name}")), &content)
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
            return counted_of(site, &found, since, false).await;
        }
    }
    counted_of(site, &found, since, true).await
}

async fn counted_of(site: &Site, found: &[Incident], since: DateTime<Utc>, cut: bool) -> Result<Counted, Failure> {
    let shadows = site.parts.store.shadows(SHADOWS_MAX).await?;
    Ok(Counted {
        records: records(found),
        declared: declared(found),
        real: found.iter().filter_map(Span::of_real).collect(),
        shadows: shadows.into_iter().filter(|shadow| shadow.from >= since).collect(),
        cut,
    })
}

fn declared(found: &[Incident]) -> BTreeMap<String, Vec<Span>> {
    let mut spans: BTreeMap<String, Vec<Span>> = BTreeMap::new();
    for incident in found.iter().filter(|incident| !incident.drill) {
        if let Some(rule) = &incident.rule {
            let span = Span { from: incident.declared_at, until: incident.stage.closed_at() };
            spans.entry(rule.name.clone()).or_default().push(span);
        }
    }
    spans
}

fn last_days(now: DateTime<Utc>, rule: &RuleModel, counted: &Counted) -> Option<Strip> {
    if rule.mode == Mode::Shadow {
        return strip(now - COUNTED, now, "would have declared", &on_trial(rule, counted), &counted.real);
    }
    let declared = counted.declared.get(&rule.incident).map_or(&[][..], Vec::as_slice);
    strip(now - COUNTED, now, "declared", declared, &counted.real)
}

fn on_trial(rule: &RuleModel, counted: &Counted) -> Vec<Span> {
    let of_rule = counted.shadows.iter().filter(|shadow| shadow.rule == rule.incident);
    of_rule.map(|shadow| Span { from: shadow.from, until: shadow.until }).collect()
}

fn trial(rule: &RuleModel, counted: &Counted) -> TrialRow {
    let trial = Trial::new(&on_trial(rule, counted), &counted.real);
    TrialRow {
        rule: rule.incident.clone(),
        path: path_segment(&rule.incident),
        would_declare: trial.would_declare,
        during: trial.during,
        otherwise: trial.would_declare - trial.during,
        missed: trial.missed,
    }
}

fn shadow_row(shadow: &Shadow) -> ShadowRow {
    ShadowRow {
        from: shadow.from,
        until: shadow.until,
        severity: shadow.severity.word(),
        title: shadow.title.clone(),
        correlation: (!shadow.correlation.is_empty()).then(|| shadow.correlation.to_string()),
        because: shadow.because.clone(),
    }
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
