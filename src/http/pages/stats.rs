//! `/stats`: how fast people were, which rules were right, who carried the load: pictures, and the same numbers as tables.

use super::chrome::Chrome;
use super::outbox::team_only;
use super::render::page;
use super::trend::{Trend, trend};
use super::{path_segment, shown};
use crate::http::api::stats::{asked, counted};
use crate::http::auth::Visitor;
use crate::http::error::Failure;
use crate::http::site::Site;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use domain::duration::Duration;
use domain::statistics::load::PersonLine;
use domain::statistics::month::{Month, Spread};
use domain::statistics::rules::{HeatLine, RuleLine};
use serde::Serialize;

// What is offered; any other number may stand in the URL.
const RANGES: [u32; 4] = [3, 6, 12, 24];

#[derive(Serialize)]
struct Content {
    range: u32,
    ranges: [u32; 4],
    from: DateTime<Utc>,
    cut: bool,
    untold: u64,
    trends: Vec<Trend>,
    months: Vec<MonthRow>,
    rules: Vec<RuleRow>,
    people: Vec<PersonRow>,
    heat: Vec<HeatRow>,
}

#[derive(Serialize)]
struct MonthRow {
    name: String,
    declared: u32,
    by_rule: u32,
    resolved: u32,
    called_off: u32,
    // Median and p90 of each of the four times, as people say them.
    times: Vec<Time>,
    kept: u32,
    missed: u32,
}

#[derive(Serialize)]
struct Time {
    name: &'static str,
    count: u32,
    median: String,
    p90: String,
}

#[derive(Serialize)]
struct RuleRow {
    rule: String,
    path: String,
    declared: u32,
    confirmed: u32,
    called_off: u32,
    // `flapping 2, test 1`
    codes: String,
    precision: Option<String>,
}

#[derive(Serialize)]
struct PersonRow {
    person: String,
    path: String,
    led: u32,
    helped: u32,
    hours: String,
    outside: String,
    zone: &'static str,
}

#[derive(Serialize)]
struct HeatRow {
    rule: String,
    cells: Vec<Cell>,
    total: u32,
}

#[derive(Serialize)]
struct Cell {
    times: u32,
    // 0 to 4: how much of the most in any cell.
    heat: u32,
}

/// `GET /stats`
pub async fn show(site: web::Data<Site>, visitor: Visitor, request: HttpRequest) -> HttpResponse {
    let found = content(&site, &visitor, &request).await;
    shown(&site, &visitor, found)
}

async fn content(site: &Site, visitor: &Visitor, request: &HttpRequest) -> Result<HttpResponse, Failure> {
    team_only(visitor.reader())?;
    let range = asked(request)?;
    let found = counted(site, range).await?;
    let most = found.heat.iter().flat_map(|line| line.hours).max().unwrap_or(0);
    let names = found.total.times().map(|(name, _)| name);
    let trends = (0..).zip(names).map(|(at, name)| trend(at, name, &found.months)).collect();
    let content = Content {
        range,
        ranges: RANGES,
        from: found.from,
        cut: found.cut,
        untold: site.parts.store.history().untold().await?,
        trends,
        months: found.months.iter().rev().chain([&found.total]).map(month_row).collect(),
        rules: found.rules.iter().map(rule_row).collect(),
        people: found.people.iter().map(person_row).collect(),
        heat: found.heat.iter().map(|line| heat_row(line, most)).collect(),
    };
    page("stats.html", &Chrome::new(site, visitor, "Statistics"), &content)
}

fn month_row(month: &Month) -> MonthRow {
    let time = |(name, spread): (&'static str, &Spread)| Time {
        name,
        count: spread.count,
        median: spread.median_seconds.map(said).unwrap_or_default(),
        p90: spread.p90_seconds.map(said).unwrap_or_default(),
    };
    MonthRow {
        name: if month.month.is_empty() { "all".to_owned() } else { month.month.clone() },
        declared: month.declared,
        by_rule: month.by_rule,
        resolved: month.resolved,
        called_off: month.called_off,
        times: month.times().map(time).into(),
        kept: month.kept,
        missed: month.missed,
    }
}

/// So many seconds, as people say them.
pub fn said(seconds: u64) -> String {
    Duration::seconds(u32::try_from(seconds).unwrap_or(u32::MAX)).rough()
}

fn rule_row(line: &RuleLine) -> RuleRow {
    let judged = line.right + line.wrong;
    RuleRow {
        rule: line.rule.clone(),
        path: path_segment(&line.rule),
        declared: line.declared,
        confirmed: line.confirmed,
        called_off: line.called_off,
        codes: line.codes.iter().map(|(code, count)| format!("{code} {count}")).collect::<Vec<_>>().join(", "),
        precision: line.precision.map(|share| format!("{:.0} % of {judged}", share * 100.0)),
    }
}

fn person_row(line: &PersonLine) -> PersonRow {
    PersonRow {
        person: line.person.clone(),
        path: path_segment(&line.person),
        led: line.led,
        helped: line.helped,
        hours: hours(line.seconds),
        outside: hours(line.outside_seconds),
        zone: line.zone,
    }
}

// `12.5`: to the tenth of an hour, not rounded up.
fn hours(seconds: u64) -> String {
    let tenths = seconds / 360;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn heat_row(line: &HeatLine, most: u32) -> HeatRow {
    let cell = |times: u32| Cell { times, heat: (times * 4).div_ceil(most.max(1)) };
    let rule = if line.rule.is_empty() { "declared by people".to_owned() } else { line.rule.clone() };
    HeatRow { rule, cells: line.hours.map(cell).into(), total: line.total }
}
