//! The answer to a scrape: what was counted, and what the store says now.

use super::Metrics;
use super::observe::{epoch, integration};
use crate::channels::Link;
use crate::store::Figures;
use chrono::{DateTime, NaiveDate, Utc};
use domain::incident::Severity;
use domain::incident::roles::MANAGER;
use domain::policy::{Postmortems, ReceiverKind};
use prometheus::proto::MetricFamily;
use prometheus::{GaugeVec, IntCounter, Opts, Registry, TextEncoder};
use std::collections::BTreeMap;

/// Version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit it was built from, where the build says so.
pub const REVISION: &str = match option_env!("EARLYBELL_REVISION") {
    Some(revision) => revision,
    None => "unknown",
};

/// Stages an incident can be open in.
const OPEN_STAGES: [&str; 2] = ["suspected", "confirmed"];

impl Metrics {
    /// Text 0.0.4. Without figures (the store is broken) everything else is told all the same.
    ///
    /// # Errors
    /// A metric that can't be written: a bug.
    pub fn scrape(
        &self,
        figures: Option<&Figures>,
        links: &BTreeMap<String, (ReceiverKind, Link)>,
        postmortem: &Postmortems,
        now: DateTime<Utc>,
    ) -> prometheus::Result<String> {
        let mut families = self.registry.gather();
        families.extend(self.stored(figures, links, postmortem, now)?);
        families.sort_by(|a, b| a.name().cmp(b.name()));
        TextEncoder::new().encode_to_string(&families)
    }

    // A registry per scrape: a receiver or stage that is gone leaves no old number behind, and two scrapes at once
    // don't mix.
    fn stored(
        &self,
        figures: Option<&Figures>,
        links: &BTreeMap<String, (ReceiverKind, Link)>,
        postmortem: &Postmortems,
        now: DateTime<Utc>,
    ) -> prometheus::Result<Vec<MetricFamily>> {
        let page = Page::default();
        let writes = figures.is_some_and(|figures| figures.refuses.is_none());
        page.one("earlybell_store_up", "Whether the store answered this scrape, and can write.", f64::from(writes))?;
        let polls = page.many(
            "earlybell_alertmanager_last_poll_timestamp_seconds",
            "When a poll of this source was answered last.",
            &["source"],
        )?;
        for (source, state) in self.polls() {
            if let Some(at) = state.answered_at {
                polls.with_label_values(&[source]).set(epoch(at));
            }
        }
        let connected = page.many(
            "earlybell_receiver_connected",
            "Whether the connection that is kept for this receiver stands; there is none for receivers that connect for each notice.",
            &["integration", "receiver"],
        )?;
        for (receiver, (kind, link)) in links {
            let up = f64::from(*link == Link::Up);
            connected.with_label_values(&[integration(*kind), receiver.as_str()]).set(up);
        }
        if let Some(figures) = figures {
            incidents(&page, figures)?;
            afterwards(&page, figures, postmortem, now)?;
            outbox(&page, figures, now)?;
            inbox(&page, figures)?;
            audit(&page, figures)?;
        }
        Ok(page.registry.gather())
    }
}

fn incidents(page: &Page, figures: &Figures) -> prometheus::Result<()> {
    let open = page.many(
        "earlybell_incidents",
        "Open incidents without drills, by stage and severity.",
        &["stage", "severity"],
    )?;
    for stage in OPEN_STAGES {
        for severity in Severity::ALL {
            open.with_label_values(&[stage, severity.word()]).set(0.0);
        }
    }
    for (stage, severity, count) in &figures.incidents {
        open.with_label_values(&[stage, severity]).set(*count as f64);
    }
    let roles = page.many(
        "earlybell_roles_open",
        "Roles of open incidents without drills that anyone may take, because whoever was asked or had them did not respond.",
        &["role"],
    )?;
    for (role, count) in &figures.roles_open {
        roles.with_label_values(&[role]).set(*count as f64);
    }
    roles.with_label_values(&[MANAGER]);
    page.one(
        "earlybell_alerts_open",
        "Known alerts that are not resolved, without those of drills.",
        figures.open_alerts as f64,
    )
}

fn afterwards(page: &Page, figures: &Figures, postmortem: &Postmortems, now: DateTime<Utc>) -> prometheus::Result<()> {
    let late = |(severity, since): &&(Severity, DateTime<Utc>)| {
        postmortem.due(*severity, *since).is_some_and(|due| due <= now)
    };
    let overdue = figures.owed.iter().filter(late).count();
    page.one("earlybell_postmortems_owed", "Post mortems that are owed.", figures.owed.len() as f64)?;
    page.one("earlybell_postmortems_overdue", "Of these, those that were due before now.", overdue as f64)?;
    let sum = |late: bool| {
        let is_late = |due: &Option<NaiveDate>| due.is_some_and(|due| postmortem.late_from(due) <= now);
        let days = figures.actions_open.iter().filter(|(due, _)| !late || is_late(due));
        days.map(|(_, count)| *count).sum::<u64>() as f64
    };
    page.one("earlybell_actions_open", "Action items that are to be done.", sum(false))?;
    page.one("earlybell_actions_overdue", "Of these, those whose day is over.", sum(true))
}

fn outbox(page: &Page, figures: &Figures, now: DateTime<Utc>) -> prometheus::Result<()> {
    let length = page.many("earlybell_outbox_queue_length", "Notices that wait, by receiver.", &["receiver"])?;
    let age =
        page.many("earlybell_outbox_oldest_age_seconds", "Age of the oldest notice that waits.", &["receiver"])?;
    for (receiver, count, since) in &figures.outbox {
        length.with_label_values(&[receiver]).set(*count as f64);
        age.with_label_values(&[receiver]).set((now - *since).as_seconds_f64().max(0.0));
    }
    page.one(
        "earlybell_deliveries_held",
        "Whether nothing is sent, after a restore, until somebody releases it.",
        f64::from(figures.held.is_some()),
    )?;
    let dead = page.many("earlybell_outbox_dead", "Notices that were given up, by receiver.", &["receiver"])?;
    for (receiver, count) in &figures.dead {
        dead.with_label_values(&[receiver]).set(*count as f64);
    }
    Ok(())
}

fn inbox(page: &Page, figures: &Figures) -> prometheus::Result<()> {
    let (last, position) = (figures.last_input.0, figures.position.0);
    page.one("earlybell_inbox_last_input", "Number of the newest input.", last as f64)?;
    page.one("earlybell_engine_position", "Number of the newest input that was decided.", position as f64)?;
    page.one("earlybell_engine_lag_inputs", "Inputs that wait to be decided.", last.saturating_sub(position) as f64)?;
    page.one("earlybell_quarantined", "Refused bodies that are kept.", figures.quarantined as f64)?;
    page.one("earlybell_store_bytes", "Bytes in the database files and their logs.", figures.bytes as f64)?;
    page.one("earlybell_store_wal_bytes", "Bytes in the write-ahead logs.", figures.wal_bytes as f64)?;
    let seen = page.many(
        "earlybell_source_last_seen_timestamp_seconds",
        "When the newest webhook or push of this source came.",
        &["source"],
    )?;
    for (source, at) in &figures.last_seen {
        seen.with_label_values(&[source]).set(epoch(*at));
    }
    Ok(())
}

fn audit(page: &Page, figures: &Figures) -> prometheus::Result<()> {
    let records = IntCounter::new("earlybell_audit_records_total", "Records of the audit log.")?;
    records.inc_by(figures.audit_records);
    page.registry.register(Box::new(records))?;
    let newest = figures.audit_at.map(epoch).unwrap_or_default();
    page.one("earlybell_audit_last_record_timestamp_seconds", "When the newest record was written.", newest)
}

#[derive(Default)]
struct Page {
    registry: Registry,
}

impl Page {
    fn many(&self, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<GaugeVec> {
        let gauges = GaugeVec::new(Opts::new(name, help), labels)?;
        self.registry.register(Box::new(gauges.clone()))?;
        Ok(gauges)
    }

    fn one(&self, name: &str, help: &str, value: f64) -> prometheus::Result<()> {
        self.many(name, help, &[])?.with_label_values::<&str>(&[]).set(value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::InputSeq;

    fn lines<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
        text.lines().filter(|line| line.starts_with(start)).collect()
    }

    #[test]
    fn known_label_values_stand_at_zero_from_the_start() {
        let text = Metrics::new()
            .unwrap()
            .scrape(Some(&Figures::default()), &BTreeMap::new(), &Postmortems::default(), DateTime::UNIX_EPOCH)
            .unwrap();
        assert_eq!(
            lines(&text, "earlybell_incidents{"),
            [
                "earlybell_incidents{severity=\"critical\",stage=\"confirmed\"} 0",
                "earlybell_incidents{severity=\"critical\",stage=\"suspected\"} 0",
                "earlybell_incidents{severity=\"major\",stage=\"confirmed\"} 0",
                "earlybell_incidents{severity=\"major\",stage=\"suspected\"} 0",
                "earlybell_incidents{severity=\"minor\",stage=\"confirmed\"} 0",
                "earlybell_incidents{severity=\"minor\",stage=\"suspected\"} 0",
            ]
        );
        assert_eq!(lines(&text, "earlybell_alerts_invalid_total{").len(), super::super::INVALID_REASONS.len());
        assert_eq!(lines(&text, "earlybell_build_info{").len(), 1);
    }

    #[test]
    fn the_store_s_numbers_are_those_of_this_scrape_only() {
        let metrics = Metrics::new().unwrap();
        let now = DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(100);
        let since = DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(58);
        let figures = Figures {
            outbox: vec![("team".to_owned(), 3, since)],
            last_input: InputSeq(12),
            position: InputSeq(10),
            ..Figures::default()
        };
        let link = |up| (ReceiverKind::Irc, if up { Link::Up } else { Link::Down("banned".to_owned()) });
        let links = [("a", true), ("b", false)].map(|(name, up)| (name.to_owned(), link(up))).into();
        let first = metrics.scrape(Some(&figures), &links, &Postmortems::default(), now).unwrap();
        assert_eq!(
            lines(&first, "earlybell_outbox_oldest"),
            ["earlybell_outbox_oldest_age_seconds{receiver=\"team\"} 42"]
        );
        assert_eq!(
            lines(&first, "earlybell_receiver_connected"),
            [
                "earlybell_receiver_connected{integration=\"irc\",receiver=\"a\"} 1",
                "earlybell_receiver_connected{integration=\"irc\",receiver=\"b\"} 0",
            ]
        );
        assert_eq!(lines(&first, "earlybell_engine_lag"), ["earlybell_engine_lag_inputs 2"]);
        let second = metrics.scrape(Some(&Figures::default()), &BTreeMap::new(), &Postmortems::default(), now).unwrap();
        assert_eq!(lines(&second, "earlybell_outbox_oldest"), Vec::<&str>::new());
        assert_eq!(lines(&second, "earlybell_store_up"), ["earlybell_store_up 1"]);
        let full = Figures { refuses: Some("disk is full".to_owned()), ..Figures::default() };
        for broken in [None, Some(&full)] {
            let text = metrics.scrape(broken, &BTreeMap::new(), &Postmortems::default(), now).unwrap();
            assert_eq!(lines(&text, "earlybell_store_up"), ["earlybell_store_up 0"]);
        }
    }

    #[test]
    fn what_is_left_to_do_is_counted_and_what_is_late() {
        let now = DateTime::UNIX_EPOCH + chrono::TimeDelta::days(40);
        let day = |days: i64| (now - chrono::TimeDelta::days(days)).date_naive();
        let figures = Figures {
            owed: vec![
                (Severity::Critical, now - chrono::TimeDelta::days(4)),
                (Severity::Major, now - chrono::TimeDelta::days(4)),
                (Severity::Minor, now - chrono::TimeDelta::days(8)),
            ],
            actions_open: vec![(None, 2), (Some(day(1)), 3), (Some(day(0)), 4)],
            ..Figures::default()
        };
        let text =
            Metrics::new().unwrap().scrape(Some(&figures), &BTreeMap::new(), &Postmortems::default(), now).unwrap();
        assert_eq!(
            lines(&text, "earlybell_postmortems_"),
            ["earlybell_postmortems_overdue 2", "earlybell_postmortems_owed 3"]
        );
        assert_eq!(lines(&text, "earlybell_actions_"), ["earlybell_actions_open 9", "earlybell_actions_overdue 3"]);
    }
}
