//! Templates to HTML. Every value is escaped; only the two filters here make markup, out of dates they have parsed.

use super::chrome::Chrome;
use crate::http::error::Failure;
use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;
use chrono::{DateTime, SecondsFormat, Utc};
use domain::duration::Duration;
use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value, context};
use serde::Serialize;
use std::sync::LazyLock;

/// What pages are.
pub const HTML: &str = "text/html; charset=utf-8";

const TEMPLATES: &[(&str, &str)] = &[
    ("base.html", include_str!("templates/base.html")),
    ("line.html", include_str!("../../report/templates/line.html")),
    ("state.html", include_str!("templates/state.html")),
    ("strip.html", include_str!("templates/strip.html")),
    ("list.html", include_str!("templates/list.html")),
    ("history.html", include_str!("templates/history.html")),
    ("stats.html", include_str!("templates/stats.html")),
    ("incident.html", include_str!("templates/incident.html")),
    ("form.html", include_str!("templates/form.html")),
    ("acts.html", include_str!("templates/acts.html")),
    ("again.html", include_str!("templates/again.html")),
    ("declare.html", include_str!("templates/declare.html")),
    ("edit.html", include_str!("templates/edit.html")),
    ("postmortem.html", include_str!("templates/postmortem.html")),
    ("actions.html", include_str!("templates/actions.html")),
    ("why.html", include_str!("templates/why.html")),
    ("explained.html", include_str!("templates/explained.html")),
    ("question.html", include_str!("templates/question.html")),
    ("rules.html", include_str!("templates/rules.html")),
    ("rule.html", include_str!("templates/rule.html")),
    ("receivers.html", include_str!("templates/receivers.html")),
    ("deliveries.html", include_str!("templates/deliveries.html")),
    ("quarantine.html", include_str!("templates/quarantine.html")),
    ("people.html", include_str!("templates/people.html")),
    ("login.html", include_str!("templates/login.html")),
    ("problem.html", include_str!("templates/problem.html")),
];

static PAGES: LazyLock<Result<Environment<'static>, Error>> = LazyLock::new(|| {
    let mut pages = Environment::new();
    pages.set_undefined_behavior(UndefinedBehavior::Strict);
    pages.add_filter("time", time);
    pages.add_filter("ago", ago);
    for &(name, text) in TEMPLATES {
        pages.add_template(name, text)?;
    }
    Ok(pages)
});

/// A page as answer.
pub fn page(template: &str, chrome: &Chrome, content: &impl Serialize) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, HTML)).body(render(template, chrome, content)?))
}

/// A page as text.
pub fn render(template: &str, chrome: &Chrome, content: &impl Serialize) -> Result<String, Failure> {
    let written =
        PAGES.as_ref().map_err(|error| Error::new(ErrorKind::BadInclude, error.to_string())).and_then(|pages| {
            let data = context! { page => Value::from(Serde(chrome)), it => Value::from(Serde(content)) };
            pages.get_template(template)?.render(data)
        });
    written.map_err(|error| {
        tracing::error!("the page {template} can't be written: {error:#}");
        Failure::Internal(format!("the page can't be written: {error}"))
    })
}

fn parsed(text: &str) -> Result<DateTime<Utc>, Error> {
    text.parse().map_err(|_| Error::new(ErrorKind::InvalidOperation, format!("`{text}` is no time")))
}

// `<time datetime="…">2026-07-08 01:46</time>`; nothing for no time.
fn time(value: &Value) -> Result<Value, Error> {
    let Some(text) = value.as_str() else { return Ok(Value::from("")) };
    let at = parsed(text)?;
    let (iso, text) = (at.to_rfc3339_opts(SecondsFormat::Secs, true), at.format("%Y-%m-%d %H:%M"));
    Ok(Value::from_safe_string(format!("<time datetime=\"{iso}\">{text}</time>")))
}

// The same, as people say it: `12m ago`, `in 5m`.
fn ago(value: &Value, now: &str) -> Result<Value, Error> {
    let Some(text) = value.as_str() else { return Ok(Value::from("")) };
    let (at, now) = (parsed(text)?, parsed(now)?);
    let words = if at > now {
        format!("in {}", Duration::between(now, at).rough())
    } else {
        format!("{} ago", Duration::between(at, now).rough())
    };
    let iso = at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let full = at.format("%Y-%m-%d %H:%M:%S UTC");
    Ok(Value::from_safe_string(format!("<time datetime=\"{iso}\" title=\"{full}\">{words}</time>")))
}
