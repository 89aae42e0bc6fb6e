//! What other parts report while they work.

use super::{FAILURE_REASONS, KEPT, MISSED, Metrics, PollState};
use crate::app::delivery::Event;
use crate::app::directory::Standing;
use crate::app::engine_loop::{Decided, Reported};
use crate::app::slack::socket::Standing as Line;
use crate::config::Config;
use chrono::{DateTime, TimeDelta, Utc};
use domain::alert::table::Counts;
use domain::delivery::Outcome;
use domain::incident::judgement::Judgement;
use domain::incident::promise::keeps;
use domain::incident::roles::{MANAGER, NOBODY_HAD_IT};
use domain::incident::{Actor, Entry, Fact, Incident};
use domain::policy::ReceiverKind;
use prometheus::{Histogram, IntCounter, IntCounterVec, IntGauge};
use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::Duration;

/// Counters of one route, looked up once and not at every request.
#[derive(Clone)]
pub struct RouteMetrics {
    route: &'static str,
    requests: IntCounterVec,
    ok: IntCounter,
    seconds: Histogram,
}

impl RouteMetrics {
    /// A request was answered with this status after this time.
    pub fn answered(&self, status: u16, took: Duration) {
        self.seconds.observe(took.as_secs_f64());
        if status == 200 {
            self.ok.inc();
            return;
        }
        // Allocates, but only for what is not the rule.
        self.requests.with_label_values(&[self.route, status.to_string().as_str()]).inc();
    }
}

impl Metrics {
    /// Counters for one route pattern.
    pub fn route(&self, route: &'static str) -> RouteMetrics {
        RouteMetrics {
            route,
            requests: self.requests.clone(),
            ok: self.requests.with_label_values(&[route, "200"]),
            seconds: self.request_seconds.with_label_values(&[route]),
        }
    }

    /// A body with alerts is on disk, so long after its first byte.
    pub fn input_committed(&self, took: Duration) {
        self.webhook_commit.observe(took.as_secs_f64());
    }

    /// Events of Alertmanager's event recorder are on disk: so many of each kind.
    pub fn recorder_told(&self, kinds: &BTreeMap<&'static str, u64>) {
        for (kind, count) in kinds {
            self.recorder_events.with_label_values(&[kind]).inc_by(*count);
        }
    }

    /// A body with alerts was refused, for one of [`super::INVALID_REASONS`].
    pub fn alerts_refused(&self, reason: &'static str) {
        self.alerts_invalid.with_label_values(&[reason]).inc();
    }

    /// Somebody was not let in, for one of [`super::AUTH_REASONS`].
    pub fn not_let_in(&self, source: &str, reason: &'static str) {
        self.auth_failures.with_label_values(&[source, reason]).inc();
    }

    /// Bytes of bodies held now.
    pub fn body_bytes(&self) -> &IntGauge {
        &self.bytes_in_flight
    }

    /// The engine loop decided something, or found nothing to decide.
    pub fn decided(&self, decided: &Decided<'_>) {
        for input in decided.inputs {
            self.decide.observe(seconds(decided.now - input.at));
            if let Some(reported) = &input.reported {
                self.reported(reported);
            }
        }
        for (change, count) in changes_by_word(decided.changes.counts) {
            self.alert_changes.with_label_values(&[change]).inc_by(count);
        }
        self.alerts_duplicate.inc_by(decided.changes.counts.repeated);
        for entry in &decided.changes.entries {
            self.told(entry, decided.changes.incidents.get(&entry.incident));
        }
        self.policy_ok.set(i64::from(decided.policy_refused.is_none()));
        self.engine_progressed(decided.now);
    }

    /// Whether the engine decides by the newest stored rules.
    pub fn policy_is_in_force(&self) -> bool {
        self.policy_ok.get() == 1
    }

    fn reported(&self, reported: &Reported) {
        let source = &*reported.source.0;
        self.alerts_received.with_label_values(&[source, "firing"]).inc_by(reported.firing);
        self.alerts_received.with_label_values(&[source, "resolved"]).inc_by(reported.resolved);
        if reported.truncated {
            self.truncated.with_label_values(&[source]).inc();
        }
    }

    /// The engine loop went round; at least every ten seconds, also when there is nothing to do.
    pub fn engine_progressed(&self, now: DateTime<Utc>) {
        self.engine_progress.set(epoch(now));
    }

    /// When the engine loop last went round, in seconds since 1970; 0 if it never did.
    pub fn engine_progress_seconds(&self) -> f64 {
        self.engine_progress.get()
    }

    /// Something happened to a delivery; for [`crate::app::delivery::Observer`].
    pub fn delivery(&self, event: &Event<'_>) {
        match event {
            Event::HandedOver { delivery, attempt: 1, after_decision } => {
                let latency = self.notification_latency.with_label_values(&[delivery.receiver.as_str()]);
                latency.observe(seconds(*after_decision));
            }
            Event::HandedOver { .. } => {}
            Event::Ended { delivery, kind, outcome, .. } => self.attempted(*kind, &delivery.receiver, outcome),
            Event::LeaseLost { receiver } => self.lease_lost.with_label_values(&[*receiver]).inc(),
        }
    }

    fn attempted(&self, kind: ReceiverKind, receiver: &str, outcome: &Outcome) {
        let integration = integration(kind);
        self.notifications.with_label_values(&[integration, receiver]).inc();
        let reason = match outcome {
            Outcome::Sent { .. } => return,
            Outcome::Retry { unsure: false, .. } => "retry",
            Outcome::Retry { unsure: true, .. } => "unsure",
            Outcome::Fatal { .. } => "fatal",
            Outcome::Misconfigured { .. } => "misconfigured",
        };
        self.notifications_failed.with_label_values(&[integration, receiver, reason]).inc();
    }

    /// A configuration is in force: its names start at zero.
    pub fn config_loaded(&self, config: &Config, now: DateTime<Utc>) {
        for source in &config.sources {
            for status in ["firing", "resolved"] {
                self.alerts_received.with_label_values(&[source.name.as_str(), status]);
            }
            self.truncated.with_label_values(&[source.name.as_str()]);
        }
        for receiver in &config.policy.receivers {
            let labels = [integration(receiver.kind), receiver.name.as_str()];
            self.notifications.with_label_values(&labels);
            for reason in FAILURE_REASONS {
                self.notifications_failed.with_label_values(&[labels[0], labels[1], reason]);
            }
            self.notification_latency.with_label_values(&[receiver.name.as_str()]);
            self.lease_lost.with_label_values(&[receiver.name.as_str()]);
        }
        let files = config.policy.rule_files.iter();
        for rule in files.flat_map(|file| &file.file.groups).flat_map(|group| &group.rules) {
            self.declared.with_label_values(&[rule.incident.as_str(), "rule"]);
            self.flapping.with_label_values(&[rule.incident.as_str()]);
            for by in ["rule", "human"] {
                self.called_off.with_label_values(&[rule.incident.as_str(), by]);
            }
            for judgement in Judgement::ALL {
                self.verdicts.with_label_values(&[rule.incident.as_str(), judgement.word()]);
            }
        }
        for role in &config.policy.roles {
            self.takeovers.with_label_values(&[&role.name.0]);
        }
        self.reload_ok.set(1);
        self.reload_at.set(epoch(now));
        // A float holds 53 bits; Alertmanager cuts its hash to 48 for the same reason.
        self.config_hash.set((config.hash & 0xFFFF_FFFF_FFFF) as f64);
    }

    /// A configuration was refused; the one before stays in force.
    pub fn config_refused(&self) {
        self.reload_ok.set(0);
    }

    /// Whether the last configuration that was read is in force; if not, it was refused and the one before stays.
    pub fn config_is_current(&self) -> bool {
        self.reload_ok.get() == 1
    }

    /// Whether a configuration is in force at all.
    pub fn config_is_loaded(&self) -> bool {
        self.reload_at.get() > 0.0
    }

    /// A source was polled: `Ok`, or what went wrong.
    pub fn polled(&self, source: &str, result: Result<(), String>, now: DateTime<Utc>) {
        self.alertmanager_up.with_label_values(&[source]).set(if result.is_ok() { 1.0 } else { 0.0 });
        let mut polls = self.polls.lock().unwrap_or_else(PoisonError::into_inner);
        let before = polls.get(source).and_then(|state| state.answered_at);
        let state = match result {
            Ok(()) => PollState { up: true, answered_at: Some(now), last_error: None },
            Err(error) => PollState { up: false, answered_at: before, last_error: Some(error) },
        };
        polls.insert(source.to_owned(), state);
    }

    /// Slack's socket is open, or not any more, or none is wanted.
    pub fn slack_socket(&self, line: Line) {
        self.slack_socket.set(i64::from(line != Line::Closed));
    }

    /// How the calendars stand that say who is on duty.
    pub fn duty(&self, calendars: &[Standing]) {
        // A squad that has none any more is not shown as it was.
        self.duty_calendar_up.reset();
        self.duty_calendar_read_at.reset();
        for Standing { squad, read_at, problem, .. } in calendars {
            let up = if problem.is_none() && read_at.is_some() { 1.0 } else { 0.0 };
            self.duty_calendar_up.with_label_values(&[squad]).set(up);
            let read_at = read_at.map_or(0.0, |at| at.timestamp() as f64);
            self.duty_calendar_read_at.with_label_values(&[squad]).set(read_at);
        }
    }

    /// How the reconcile loop gets on, by source.
    pub fn polls(&self) -> BTreeMap<String, PollState> {
        self.polls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    // What happens to an incident once.
    fn milestones(&self, entry: &Entry, incident: &Incident) {
        let since_declared = seconds(entry.at - incident.declared_at);
        if incident.public_from == Some(entry.number) {
            self.public_delay.observe(since_declared);
        }
        // Each time somebody takes it while nobody has it: what was before, no entry says.
        if let Fact::Taken { role, from: None, .. } | Fact::Assigned { role, from: None, .. } = &entry.fact
            && role.0 == MANAGER
            && incident.reopened == 0
        {
            self.lead_delay.observe(since_declared);
        }
    }

    fn told(&self, entry: &Entry, incident: Option<&Incident>) {
        // Practice is no experience: it would change what is known of the rules and of us.
        if matches!(entry.fact, Fact::Declared { drill: true, .. }) || incident.is_some_and(|incident| incident.drill) {
            return;
        }
        let rule = incident.and_then(|incident| incident.rule.as_ref()).map_or("", |rule| rule.name.as_str());
        let ends = matches!(entry.fact, Fact::CalledOff { .. } | Fact::TargetCalledOff { .. } | Fact::Resolved { .. });
        if let Some(judgement) = incident.filter(|_| ends && !rule.is_empty()).and_then(Incident::judgement) {
            self.verdicts.with_label_values(&[rule, judgement.word()]).inc();
        }
        if let Some(incident) = incident {
            self.milestones(entry, incident);
        }
        match &entry.fact {
            Fact::Flapping { .. } => self.flapping.with_label_values(&[rule]).inc(),
            Fact::Declared { first_alert_at, .. } => {
                self.declared.with_label_values(&[rule, by(&entry.actor)]).inc();
                if let Some(first) = first_alert_at {
                    self.declare_delay.observe(seconds(entry.at - *first));
                }
            }
            Fact::CalledOff { .. } | Fact::TargetCalledOff { .. } => {
                self.called_off.with_label_values(&[rule, by(&entry.actor)]).inc()
            }
            Fact::Resolved { .. } => {
                if let Some(incident) = incident {
                    self.resolve_duration.observe(seconds(entry.at - incident.declared_at));
                }
            }
            Fact::Updated { promised, .. } if keeps(*promised, entry.at) => {
                self.promises.with_label_values(&[KEPT]).inc();
            }
            Fact::PromiseMissed { .. } => self.promises.with_label_values(&[MISSED]).inc(),
            Fact::Prompted { prompts } => {
                prompts.iter().for_each(|prompt| self.prompts.with_label_values(&[prompt.word()]).inc());
            }
            Fact::Taken { role, from, because, .. } if from.is_some() || because != NOBODY_HAD_IT => {
                self.takeovers.with_label_values(&[&role.0]).inc();
            }
            _ => {}
        }
    }
}

pub(super) fn changes_by_word(counts: Counts) -> [(&'static str, u64); 7] {
    [
        ("new", counts.new),
        ("again", counts.again),
        ("resolved", counts.resolved),
        ("contested", counts.contested),
        ("late", counts.late),
        ("unreported", counts.unreported),
        ("muted", counts.muted),
    ]
}

fn by(actor: &Actor) -> &'static str {
    match actor {
        Actor::Rule => "rule",
        Actor::Person { .. } => "human",
    }
}

pub(super) fn integration(kind: ReceiverKind) -> &'static str {
    match kind {
        ReceiverKind::Console => "console",
        ReceiverKind::Email => "email",
        ReceiverKind::Slack => "slack",
        ReceiverKind::Blog => "blog",
        ReceiverKind::Webhook => "webhook",
        ReceiverKind::SlackWebhook => "slack_webhook",
        ReceiverKind::Mattermost => "mattermost",
        ReceiverKind::RocketChat => "rocketchat",
        ReceiverKind::Discord => "discord",
        ReceiverKind::Teams => "teams",
        ReceiverKind::Matrix => "matrix",
        ReceiverKind::Irc => "irc",
        ReceiverKind::Obs => "obs",
    }
}

/// Seconds; a clock that was set back counts as none.
fn seconds(delta: TimeDelta) -> f64 {
    delta.as_seconds_f64().max(0.0)
}

pub(super) fn epoch(at: DateTime<Utc>) -> f64 {
    at.timestamp_micros() as f64 / 1e6
}
