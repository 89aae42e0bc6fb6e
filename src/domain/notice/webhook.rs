//! A notice for programs: JSON, in the shape that `docs/webhook.md` promises. Fields are added, never taken away.

use super::NoticeKind;
use super::builtin::Reader;
use super::phrase::{next_update, page_url};
use super::plan::Scene;
use crate::delivery::Content;
use crate::incident::{Incident, Stage};
use crate::json::Json;
use crate::text::clean;
use chrono::{DateTime, SecondsFormat, Utc};

/// Most labels of an incident that are sent.
pub const LABELS_MAX: usize = 64;

/// Longest value of a label, in bytes.
pub const LABEL_BYTES_MAX: usize = 1024;

/// What is sent of a notice whose words are `content`.
pub fn notice(scene: &Scene<'_>, kind: NoticeKind, reader: Reader, content: Content) -> Content {
    let incident = incident(scene, reader);
    let event = format!("incident.{}", kind.word());
    body(&event, scene.at, [("notice", words(kind, &content)), ("incident", incident)], content)
}

/// The same of action items that are late, whatever incidents they are of.
pub fn actions_late(at: DateTime<Utc>, content: Content) -> Content {
    body("actions.late", at, [("notice", words(NoticeKind::Prompt, &content)), ("incident", Json::Null)], content)
}

fn body(event: &str, at: DateTime<Utc>, data: [(&str, Json); 2], content: Content) -> Content {
    let json = Json::object([("type", event.into()), ("timestamp", time(at)), ("data", Json::object(data))]);
    Content { subject: content.subject, body: json.to_string() }
}

fn words(kind: NoticeKind, content: &Content) -> Json {
    Json::object([
        ("kind", kind.word().into()),
        ("headline", content.subject.as_str().into()),
        ("text", content.body.as_str().into()),
    ])
}

fn incident(scene: &Scene<'_>, reader: Reader) -> Json {
    let Incident { id, title, summary, impact, severity, drill, tally, .. } = scene.incident;
    let is_team = reader == Reader::Team;
    let rule = scene.incident.rule.as_ref().filter(|_| is_team).map(|rule| rule.name.as_str());
    Json::object([
        ("number", Json::Number(id.0)),
        ("name", id.to_string().into()),
        ("title", title.as_str().into()),
        ("state", state(&scene.incident.stage).into()),
        ("severity", severity.word().into()),
        ("drill", (*drill).into()),
        ("impact", impact.as_str().into()),
        ("summary", summary.as_str().into()),
        ("rule", rule.into()),
        ("labels", if is_team { labels(scene.incident) } else { Json::Object(Vec::new()) }),
        ("alerts", Json::object([("firing", number(tally.firing)), ("total", number(tally.alerts))])),
        ("declared_at", time(scene.incident.declared_at)),
        ("ended_at", scene.incident.stage.closed_at().map(time).into()),
        ("next_update_by", next_update(scene.incident).map(time).into()),
        ("url", page_url(&scene.policy.source.external_url, scene.incident).into()),
    ])
}

fn state(stage: &Stage) -> &'static str {
    match stage {
        Stage::Suspected => "suspected",
        Stage::Confirmed => "confirmed",
        Stage::CalledOff { .. } => "called_off",
        Stage::Resolved { .. } => "resolved",
        Stage::Merged { .. } => "merged",
    }
}

// Those it is routed by: what its rule correlates by, and what its rule and group say.
fn labels(incident: &Incident) -> Json {
    let mut all: Vec<(String, Json)> = Vec::new();
    for (name, value) in incident.correlation.iter().chain(incident.labels.iter()).take(LABELS_MAX) {
        if !all.iter().any(|(known, _)| known == name) {
            all.push((clean(name, LABEL_BYTES_MAX), clean(value, LABEL_BYTES_MAX).into()));
        }
    }
    Json::Object(all)
}

fn number(count: u32) -> Json {
    Json::Number(u64::from(count))
}

fn time(at: DateTime<Utc>) -> Json {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true).into()
}
