//! Webhook bodies: eight labels and about 300 bytes of annotations each, as a real one has; every alert with a number of
//! its own, so that each request brings new fingerprints, and requests alternate between firing and resolved.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use earlybell::clock::{Clock, SystemClock};

/// Digits of the number inside each alert.
const DIGITS: usize = 12;
const MARK: &str = "############";

/// What the alerts say of their severity: `critical` ones make incidents.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Info,
    Critical,
}

/// A body whose numbers can be replaced in place.
#[derive(Clone)]
pub struct Body {
    pub bytes: Vec<u8>,
    places: Vec<usize>,
}

impl Body {
    /// A webhook of so many alerts.
    pub fn webhook(alerts: usize, status: &str, severity: Severity) -> Self {
        let list: Vec<String> = (0..alerts).map(|_| alert(status, severity)).collect();
        Self::new(format!(
            "{{\"receiver\":\"earlybell\",\"status\":\"{status}\",\"alerts\":[{}],\"groupLabels\":{{\"alertname\":\"HttpErrors\"}},\
             \"commonLabels\":{{\"alertname\":\"HttpErrors\",\"cluster\":\"prod\"}},\"commonAnnotations\":{{}},\
             \"externalURL\":\"http://am.example.org:9093\",\"version\":\"4\",\
             \"groupKey\":\"{{}}:{{alertname=\\\"HttpErrors\\\", batch=\\\"{MARK}\\\"}}\",\"truncatedAlerts\":0}}\n",
            list.join(",")
        ))
    }

    /// The same alerts as `POST /api/v2/alerts` takes them.
    pub fn push(alerts: usize, severity: Severity) -> Self {
        let list: Vec<String> = (0..alerts).map(|_| format!("{{{}}}", inside(severity))).collect();
        Self::new(format!("[{}]", list.join(",")))
    }

    fn new(text: String) -> Self {
        let places = text.match_indices(MARK).map(|(at, _)| at).collect();
        Self { bytes: text.into_bytes(), places }
    }

    /// Numbers every alert anew, counting up.
    pub fn renumber(&mut self, next: &mut u64) {
        for place in &self.places {
            *next += 1;
            let mut rest = *next;
            for digit in (0..DIGITS).rev() {
                self.bytes[place + digit] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
                rest /= 10;
            }
        }
    }
}

fn alert(status: &str, severity: Severity) -> String {
    // One that began days ago is nothing new.
    let now = SystemClock.now();
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
    let ends = if status == "resolved" { time(now) } else { "0001-01-01T00:00:00Z".to_owned() };
    let starts = time(now - TimeDelta::minutes(1));
    format!("{{\"status\":\"{status}\",{},\"startsAt\":\"{starts}\",\"endsAt\":\"{ends}\"}}", inside(severity))
}

fn inside(severity: Severity) -> String {
    let severity = if severity == Severity::Critical { "critical" } else { "info" };
    format!(
        "\"labels\":{{\"alertname\":\"HttpErrors\",\"cluster\":\"prod\",\"instance\":\"frontend-{MARK}:9100\",\"job\":\"haproxy\",\
         \"monitor\":\"opensuse\",\"proxy\":\"obs_frontend\",\"service\":\"build\",\"severity\":\"{severity}\"}},\
         \"annotations\":{{\"summary\":\"Many answers of the frontend are errors\",\"description\":\"{}\"}},\
         \"generatorURL\":\"http://prometheus.example.org:9090/graph?g0.expr=rate&g0.tab=1\"",
        "More than five percent of all answers of this proxy in the last five minutes were errors of the server. "
            .repeat(2)
    )
}
