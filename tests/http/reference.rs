//! The references people read are those of the program that runs.

use crate::site::config;
use chrono::{DateTime, Utc};
use domain::ids::InputSeq;
use domain::policy::ReceiverKind;
use earlybell::channels::Link;
use earlybell::http::routes::ROUTES;
use earlybell::metrics::Metrics;
use earlybell::store::Figures;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

fn docs(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    std::fs::read_to_string(&path).unwrap_or_default()
}

#[test]
fn every_route_stands_in_the_reference() {
    let reference = docs("api.md");
    for endpoint in ROUTES {
        let path = endpoint.path.trim_end_matches('/');
        let last = path.rsplit('/').next().unwrap();
        let shown = reference.contains(path) || reference.contains(&format!("…/{last}`"));
        assert!(shown, "docs/api.md does not have {path}");
    }
}

// A scrape with something in every metric.
fn full_scrape() -> String {
    let now: DateTime<Utc> = DateTime::UNIX_EPOCH;
    let metrics = Metrics::new().unwrap();
    metrics.config_loaded(&config(), now);
    metrics.polled("default", Ok(()), now);
    metrics.route("/").answered(200, Duration::ZERO);
    let figures = Figures {
        outbox: vec![("team".to_owned(), 1, now)],
        dead: vec![("team".to_owned(), 1)],
        last_input: InputSeq(1),
        last_seen: vec![("default".to_owned(), now)],
        ..Figures::default()
    };
    let links = [("team".to_owned(), (ReceiverKind::Irc, Link::Up))].into();
    metrics.scrape(Some(&figures), &links, &Default::default(), now).unwrap()
}

fn labels(text: &str, name: &str) -> String {
    let sample = text.lines().find(|line| {
        let rest = line.strip_prefix(name).unwrap_or("");
        let rest = rest.strip_prefix("_bucket").unwrap_or(rest);
        rest.starts_with('{')
    });
    let Some((_, rest)) = sample.and_then(|line| line.split_once('{')) else { return String::new() };
    let names = rest.split(',').filter_map(|pair| pair.split_once('=').map(|(name, _)| name));
    names.filter(|name| *name != "le").map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" ")
}

fn reference(text: &str) -> String {
    let mut page = "# Metrics\n\nWhat `GET /metrics` tells, besides `process_*`. Times are in seconds; everything starts at zero.\n\n\
        | name | type | labels | |\n|---|---|---|---|\n"
        .to_owned();
    let mut help = "";
    for line in text.lines().filter(|line| line.starts_with("# ") && line.contains(" earlybell_")) {
        let mut words = line.splitn(4, ' ').skip(1);
        let [Some(what), Some(name), Some(rest)] = [words.next(), words.next(), words.next()] else { continue };
        match what {
            "HELP" => help = rest,
            _ => writeln!(page, "| `{name}` | {rest} | {} | {help} |", labels(text, name)).unwrap(),
        }
    }
    page
}

/// `UPDATE=1` writes `docs/metrics.md` anew.
#[test]
fn every_metric_stands_in_the_reference() {
    let page = reference(&full_scrape());
    if std::env::var_os("UPDATE").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/metrics.md");
        std::fs::write(path, &page).unwrap();
    }
    assert!(page == docs("metrics.md"), "docs/metrics.md is not current; UPDATE=1 writes it anew:\n{page}");
}

#[test]
fn shipped_alerts_name_metrics_that_exist() {
    let known = full_scrape();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/prometheus/earlybell-alerts.yml");
    let rules = std::fs::read_to_string(path).unwrap();
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut named = 0;
    for expression in rules.lines().filter_map(|line| line.trim().strip_prefix("expr:")) {
        for name in expression.split(|c| !word(c)).filter(|name| name.starts_with("earlybell_")) {
            let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
            assert!(known.contains(&format!("# TYPE {base} ")), "no metric {name}, in {expression}");
            named += 1;
        }
    }
    assert!(named > 5, "only {named} metrics are watched");
}
