//! What templates see, under the names people know from Alertmanager.

use super::language::Part;
use crate::alert::{Alert, Pairs};
use crate::audit::Head;
use crate::document::Audience;
use crate::document::roles::Cast;
use crate::incident::Actor;
use crate::notice::NoticeKind;
use crate::notice::phrase::{alert_word, clock, counts, incident_url, lasted, next_update as promised, page_url, who};
use crate::notice::plan::Scene;
use crate::notice::telling::{About, Telling};
use crate::policy::ReceiverSpec;
use chrono::{DateTime, Utc};
use minijinja::Value;
use std::collections::BTreeMap;

/// Everything a notice template sees, of which it is to write this part.
pub fn notice(scene: &Scene<'_>, telling: &Telling<'_>, spec: &ReceiverSpec, part: Part) -> Value {
    let (reason, code) = reason(telling.about);
    // Reasons of rules name rules and matchers, which say nothing to the public; how it ended is said to everyone.
    let is_end = matches!(telling.kind, NoticeKind::CalledOff | NoticeKind::Resolved);
    let is_withheld = spec.public && !is_end && telling.actor == Some(&Actor::Rule);
    let reason = if is_withheld { "" } else { reason };
    map([
        ("part", part.word().into()),
        ("notice", telling.kind.word().into()),
        ("about", telling.about.word().into()),
        ("public", spec.public.into()),
        ("incident", incident(scene, spec)),
        ("alerts", alerts(scene.alerts, scene.at)),
        ("counts", tally(scene)),
        ("update", update(scene, telling.about)),
        ("other", other(scene, telling.about)),
        ("severity_before", severity_before(telling.about).into()),
        ("next_update", next_update(scene, telling).unwrap_or_default().into()),
        ("reason", reason.into()),
        ("code", code.into()),
        ("address", address(telling.about).into()),
        ("actor", telling.actor.map(who).unwrap_or_default().into()),
        ("receiver", spec.name.as_str().into()),
        ("who_does_what", who_does_what(scene, spec).into()),
        ("labels", pairs(&scene.incident.labels)),
        ("severity", scene.incident.severity.word().into()),
        ("drill", scene.incident.drill.into()),
        ("record", scene.incident.audit_head.and_then(Head::words).unwrap_or_default().into()),
    ])
}

/// Alerts as a list. The labels of each stand beside its own names, so that `map(attribute='alertname')` works.
pub fn alerts(alerts: &[&Alert], now: DateTime<Utc>) -> Value {
    alerts.iter().map(|alert| one_alert(alert, now)).collect()
}

/// Labels or annotations.
pub fn pairs(pairs: &Pairs) -> Value {
    pairs.iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect::<BTreeMap<_, _>>().into()
}

/// A map of known names.
pub fn map<const N: usize>(fields: [(&'static str, Value); N]) -> Value {
    fields.into_iter().collect::<BTreeMap<_, _>>().into()
}

fn one_alert(alert: &Alert, now: DateTime<Utc>) -> Value {
    let labels = alert.labels.iter().map(|(name, value)| (name.to_owned(), Value::from(value)));
    let own = [
        ("name", alert.name().into()),
        ("summary", alert.summary().into()),
        ("state", alert_word(&alert.state).into()),
        ("since", clock(alert.starts_at, now).into()),
        ("labels", pairs(&alert.labels)),
        ("annotations", pairs(&alert.annotations)),
    ];
    labels.chain(own.map(|(name, value)| (name.to_owned(), value))).collect::<BTreeMap<_, _>>().into()
}

// Names are for the team.
fn who_does_what(scene: &Scene<'_>, spec: &ReceiverSpec) -> String {
    let source = &*scene.policy.source;
    let cast = Cast { incident: scene.incident, source, directory: scene.directory, at: scene.at };
    if spec.public { String::new() } else { cast.in_one_line().unwrap_or_default() }
}

fn incident(scene: &Scene<'_>, spec: &ReceiverSpec) -> Value {
    let reader = if spec.public { Audience::Public } else { Audience::Team };
    let incident = scene.incident;
    let first_alert = incident.first_alert_at.map(|at| clock(at, scene.at)).unwrap_or_default();
    map([
        ("id", incident.id.to_string().into()),
        ("number", incident.id.0.into()),
        ("title", incident.title.as_str().into()),
        ("severity", incident.severity.word().into()),
        ("stage", incident.stage.word().into()),
        ("impact", incident.impact.as_str().into()),
        ("summary", incident.summary.as_str().into()),
        ("because", incident.because.as_str().into()),
        ("labels", pairs(&incident.labels)),
        ("declared_at", clock(incident.declared_at, scene.at).into()),
        ("declared_by", who(&incident.declared_by).into()),
        ("first_alert_at", first_alert.into()),
        ("lasted", lasted(incident, scene.at).into()),
        ("url", page_url(&scene.policy.source.external_url, incident).into()),
        ("pad_url", scene.policy.pad(scene.incident, reader).unwrap_or_default().into()),
        ("runbook_url", super::runbook(scene.policy, incident).unwrap_or_default().into()),
    ])
}

fn tally(scene: &Scene<'_>) -> Value {
    let tally = &scene.incident.tally;
    map([
        ("firing", tally.firing.into()),
        ("total", tally.alerts.into()),
        ("text", counts(tally).unwrap_or_default().into()),
    ])
}

fn update(scene: &Scene<'_>, about: About<'_>) -> Value {
    let (text, next_by) = match about {
        About::Said { text, next_by, .. } => (text, next_by),
        _ => match &scene.incident.last_update {
            Some(update) => (update.text.as_str(), update.next_by),
            None => ("", None),
        },
    };
    let next_by = next_by.map(|by| clock(by, scene.at)).unwrap_or_default();
    map([("text", text.into()), ("next_by", next_by.into())])
}

fn next_update(scene: &Scene<'_>, telling: &Telling<'_>) -> Option<String> {
    let by = match (telling.kind, telling.about) {
        (NoticeKind::CalledOff | NoticeKind::Resolved, _) => return None,
        (_, About::Said { next_by, .. }) => next_by?,
        _ => promised(scene.incident)?,
    };
    Some(clock(by, scene.at))
}

// Another incident, which this one is part of now, or which is part of it.
fn other(scene: &Scene<'_>, about: About<'_>) -> Value {
    let (id, title) = match about {
        About::MergedInto(into, _) | About::TargetCalledOff(into, ..) | About::TargetReopened(into, _) => (into, ""),
        About::SplitOff(into, _) => (into, ""),
        // What was only suspected stays out of public.
        About::Absorbed { from, title, public: true } | About::Joined { from, title, public: true } => (from, title),
        _ => return Value::UNDEFINED,
    };
    let url = incident_url(&scene.policy.source.external_url, id);
    map([("id", id.to_string().into()), ("title", title.into()), ("url", url.into())])
}

// Where its post mortem is read.
fn address(about: About<'_>) -> &str {
    match about {
        About::Published(address) => address,
        _ => "",
    }
}

fn severity_before(about: About<'_>) -> &'static str {
    match about {
        About::Severity { from, .. } => from.word(),
        _ => "",
    }
}

fn reason(about: About<'_>) -> (&str, &str) {
    match about {
        About::CalledOff(code, reason) | About::TargetCalledOff(_, code, reason) => (reason, code.word()),
        About::Confirmed(because) | About::Resolved(because) | About::Reopened(because) => (because, ""),
        About::TargetReopened(_, because) => (because, ""),
        About::Severity { because, .. }
        | About::Lost { because, .. }
        | About::Blocked { because, .. }
        | About::MergedInto(_, because)
        | About::InPlaceOf { because, .. } => (because, ""),
        About::Alarm
        | About::Board
        | About::Said { .. }
        | About::Alerts(_)
        | About::LooksOver(_)
        | About::Flapping(_)
        | About::Role(_)
        | About::PromiseMissed(_)
        | About::Asked(_)
        | About::Absorbed { .. }
        | About::Joined { .. }
        | About::Published(_)
        | About::PostMortemDue(..)
        | About::SplitOff(..) => ("", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, notice};
    use crate::notice::story::receiver;
    use crate::notice::template::fixture;
    use crate::policy::ReceiverKind;
    use minijinja::Value;
    use std::collections::BTreeSet;

    // Their names, and those inside them, but for labels, which are anybody's.
    fn names(data: &Value) -> BTreeSet<String> {
        let of = |value: &Value| value.try_iter().into_iter().flatten().map(|key| key.to_string()).collect::<Vec<_>>();
        let inner = |name: &String| match name.as_str() {
            "labels" | "other" => Vec::new(),
            "alerts" => ["name", "summary", "state", "since", "labels", "annotations"].map(str::to_owned).into(),
            name => data
                .get_attr(name)
                .ok()
                .filter(|value| value.kind() == minijinja::value::ValueKind::Map)
                .map_or_else(Vec::new, |map| of(&map)),
        };
        let outer = of(data);
        outer.iter().flat_map(inner).chain(outer.iter().cloned()).collect()
    }

    #[test]
    fn everything_that_templates_see_is_written_down() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/templates.md");
        let page = std::fs::read_to_string(path).unwrap();
        let (_, table) = page.split_once("| name | what it is |").unwrap();
        let (table, _) = table.split_once("\n\n").unwrap();
        fixture::each(|scene, telling| {
            let spec = receiver("team", ReceiverKind::Email);
            let missing: Vec<_> = names(&notice(scene, telling, &spec, Part::Body))
                .into_iter()
                .filter(|name| !table.contains(&format!("`{name}`")))
                .collect();
            if missing.is_empty() { Ok(()) } else { Err(missing) }
        })
        .unwrap();
    }
}
