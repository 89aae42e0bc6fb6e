//! A picture of the alerts of an incident: one bar each, over time. The table below it says the same in words.

use crate::report::fit::{self, Line};
use chrono::{DateTime, TimeDelta, Utc};
use domain::document::{AlertLine, Document};
use serde::Serialize;

/// Most alerts in the picture.
const BARS_MAX: usize = 12;
const ROW_HEIGHT: u32 = 36;
const AXIS_HEIGHT: u32 = 22;
/// A bar of no width would not be seen.
const BAR_PERCENT_MIN: f64 = 0.5;

/// The picture. Lengths are in percent of the room there is, heights in pixels: text keeps its size on a phone.
#[derive(Debug, PartialEq, Serialize)]
pub struct Lanes {
    height: u32,
    axis_y: u32,
    from: String,
    to: String,
    // Where the incident was declared.
    declared_x: f64,
    bars: Vec<Bar>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Bar {
    name: Line,
    name_y: u32,
    x: f64,
    y: u32,
    width: f64,
    class: &'static str,
}

/// Draws the alerts of a document; nothing without alerts.
pub fn lanes(document: &Document) -> Option<Lanes> {
    let alerts = document.alerts.iter().take(BARS_MAX);
    let from = alerts.clone().map(|alert| alert.starts_at).min()?.min(document.declared_at);
    let to = document.closed_at.unwrap_or(document.read_at).max(from + TimeDelta::minutes(1));
    let place = |at: DateTime<Utc>| {
        let share = (at - from).num_milliseconds() as f64 / (to - from).num_milliseconds() as f64;
        round(share.clamp(0.0, 1.0) * 100.0)
    };
    let bars: Vec<Bar> = (0..)
        .zip(alerts)
        .map(|(row, alert)| {
            let x = place(alert.starts_at);
            let end = place(alert.ends_at.unwrap_or(to));
            let y = row * ROW_HEIGHT;
            let width = round((end - x).max(BAR_PERCENT_MIN));
            let x = x.min(100.0 - BAR_PERCENT_MIN);
            Bar { name: fit::name(label(document, alert)), name_y: y + 15, x, y: y + 21, width, class: alert.state }
        })
        .collect();
    let axis_y = u32::try_from(bars.len()).unwrap_or(0) * ROW_HEIGHT + 4;
    let declared_x = place(document.declared_at);
    // With the day where there is more than one.
    let form = if from.date_naive() == to.date_naive() { "%H:%M" } else { "%m-%d %H:%M" };
    let (from, to) = (from.format(form).to_string(), to.format(form).to_string());
    Some(Lanes { height: axis_y + AXIS_HEIGHT, axis_y, from, to, declared_x, bars })
}

// Of several alerts of one name, the instance tells which.
fn label<'a>(document: &Document, alert: &'a AlertLine) -> &'a str {
    let shared = document.alerts.iter().take(BARS_MAX).filter(|other| other.name == alert.name).count() > 1;
    let instance = alert.labels.value("instance");
    if shared && !instance.is_empty() { instance } else { &alert.name }
}

fn round(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::lanes;
    use chrono::{DateTime, TimeDelta, Utc};
    use domain::alert::Pairs;
    use domain::directory::Directory;
    use domain::document::{AlertLine, Audience, Document, Sources, document};
    use domain::ids::{IncidentId, InputSeq};
    use domain::incident::{Actor, Entry, Fact, Severity, apply};
    use domain::policy::PolicySource;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000, 0).unwrap() + TimeDelta::minutes(minutes)
    }

    fn empty() -> Document {
        let fact = Fact::Declared {
            title: "x".to_owned(),
            impact: String::new(),
            severity: Severity::Minor,
            confirmed: false,
            rule: None,
            correlation: Pairs::default(),
            labels: Pairs::default(),
            receivers: vec![],
            first_alert_at: None,
            because: String::new(),
            explanation: None,
            storm: false,
            drill: false,
            squad: String::new(),
            next_by: None,
        };
        let entry =
            Entry { incident: IncidentId(1), number: 1, at: at(5), input: InputSeq(1), actor: Actor::Rule, fact };
        let incident = apply::declared(&entry).unwrap();
        let (policy, directory) = (PolicySource::default(), Directory::default());
        let sources = Sources {
            incident: &incident,
            entries: &[],
            declared: None,
            alerts: &[],
            notices: &[],
            external_url: "",
            policy: &policy,
            directory: &directory,
            now: at(10),
        };
        document(&sources, Audience::Team)
    }

    #[test]
    fn bars_stand_where_their_alerts_fired() {
        let line = |starts_at, ends_at, state| AlertLine {
            number: 1,
            name: "A".to_owned(),
            summary: String::new(),
            state,
            detail: String::new(),
            starts_at,
            ends_at,
            labels: Pairs::default(),
        };
        let alerts = vec![line(at(0), None, "firing"), line(at(5), Some(at(5)), "resolved")];
        let drawn = lanes(&Document { alerts, ..empty() }).unwrap();
        let bars: Vec<_> = drawn.bars.iter().map(|bar| (bar.x, bar.width, bar.y, bar.class)).collect();
        assert_eq!(bars, [(0.0, 100.0, 21, "firing"), (50.0, 0.5, 57, "resolved")]);
        assert_eq!(
            (drawn.declared_x, drawn.height, drawn.from.as_str(), drawn.to.as_str()),
            (50.0, 98, "22:13", "22:23")
        );
        assert_eq!(lanes(&empty()), None);
    }

    #[test]
    fn instances_of_one_alert_are_told_apart() {
        let line = |name: &str, labels: Pairs| AlertLine {
            number: 1,
            name: name.to_owned(),
            summary: String::new(),
            state: "firing",
            starts_at: at(0),
            ends_at: None,
            labels,
            detail: String::new(),
        };
        let on = |instance| Pairs::labels([("instance", instance)]);
        let alerts =
            vec![line("A", on("a:1")), line("A", on("b:1")), line("A", Pairs::default()), line("B", on("a:1"))];
        let drawn = lanes(&Document { alerts, ..empty() }).unwrap();
        let names: Vec<_> = drawn.bars.iter().map(|bar| bar.name.roomy.as_str()).collect();
        assert_eq!(names, ["a:1", "b:1", "A", "B"]);
    }
}
