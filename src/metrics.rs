//! What Prometheus scrapes: one struct on its own registry, made once, no label of unbounded values. What changes is
//! counted where it happens; what is stored is asked for at the scrape.

mod observe;
mod pads;
mod scrape;
mod shelf;

pub use observe::RouteMetrics;
pub use scrape::{REVISION, VERSION};

use crate::app::wire::recorder;
use domain::alert::table::Counts;
use domain::incident::roles::MANAGER;
use domain::incident::room::Prompt;
use prometheus::{Gauge, GaugeVec, Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge, Registry};
use shelf::{HOURS, MILLISECONDS, Shelf};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// What could be wrong with a body that was refused, as the label `reason` of `earlybell_alerts_invalid_total`.
pub const INVALID_REASONS: [&str; 7] = ["not_json", "shape", "alert", "too_large", "encoding", "timeout", "incomplete"];

/// Why somebody was not let in, as the label `reason` of `earlybell_auth_failures_total`.
pub const AUTH_REASONS: [&str; 7] = ["missing", "wrong", "forbidden", "expired", "forged", "limited", "untrusted"];

/// How an attempt failed, as the label `reason` of `earlybell_notifications_failed_total`.
pub const FAILURE_REASONS: [&str; 4] = ["retry", "unsure", "fatal", "misconfigured"];

/// A promised update came in time, or did not; the label `result` of `earlybell_promises_total`.
const KEPT: &str = "kept";
const MISSED: &str = "missed";

/// Everything this program says about itself to Prometheus.
pub struct Metrics {
    registry: Registry,
    /// Alerts in accepted bodies.
    alerts_received: IntCounterVec,
    /// Bodies that were refused.
    alerts_invalid: IntCounterVec,
    /// Alerts that said nothing new.
    alerts_duplicate: IntCounter,
    alert_changes: IntCounterVec,
    /// Webhooks cut off by `max_alerts`.
    truncated: IntCounterVec,
    recorder_events: IntCounterVec,
    auth_failures: IntCounterVec,
    webhook_commit: Histogram,
    decide: Histogram,
    notification_latency: HistogramVec,
    declare_delay: Histogram,
    resolve_duration: Histogram,
    public_delay: Histogram,
    lead_delay: Histogram,
    flapping: IntCounterVec,
    declared: IntCounterVec,
    called_off: IntCounterVec,
    verdicts: IntCounterVec,
    promises: IntCounterVec,
    prompts: IntCounterVec,
    takeovers: IntCounterVec,
    notifications: IntCounterVec,
    notifications_failed: IntCounterVec,
    lease_lost: IntCounterVec,
    /// Requests answered, by route pattern; see [`Metrics::route`].
    requests: IntCounterVec,
    request_seconds: HistogramVec,
    bytes_in_flight: IntGauge,
    reload_ok: IntGauge,
    reload_at: Gauge,
    config_hash: Gauge,
    engine_progress: Gauge,
    policy_ok: IntGauge,
    alertmanager_up: GaugeVec,
    slack_socket: IntGauge,
    duty_calendar_up: GaugeVec,
    duty_calendar_read_at: GaugeVec,
    polls: Mutex<BTreeMap<String, PollState>>,
    pub(crate) pads: pads::PadMetrics,
}

/// How the reconcile loop gets on with one source.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PollState {
    /// Whether the newest poll was answered.
    pub up: bool,
    /// When one was answered last.
    pub answered_at: Option<chrono::DateTime<chrono::Utc>>,
    /// What the newest failure said.
    pub last_error: Option<String>,
}

impl Metrics {
    /// All metrics, at zero.
    ///
    /// # Errors
    /// Two metrics of one name: a bug that every test would show.
    pub fn new() -> prometheus::Result<Self> {
        let shelf = Shelf::default();
        let metrics = Self {
            alerts_received: shelf.counters(
                "earlybell_alerts_received_total",
                "Alerts in accepted webhooks and pushes, by source and status.",
                &["source", "status"],
            )?,
            alerts_invalid: shelf.counters(
                "earlybell_alerts_invalid_total",
                "Bodies with alerts that were refused, by reason; see `earlybell quarantine`.",
                &["reason"],
            )?,
            alerts_duplicate: shelf.counter(
                "earlybell_alerts_duplicate_total",
                "Alerts that said what was known: repeats, other replicas, other routes.",
            )?,
            alert_changes: shelf.counters(
                "earlybell_alert_changes_total",
                "What messages, polls and time changed about alerts.",
                &["change"],
            )?,
            truncated: shelf.counters(
                "earlybell_webhooks_truncated_total",
                "Webhooks from which `max_alerts` cut alerts off, by source.",
                &["source"],
            )?,
            recorder_events: shelf.counters(
                "earlybell_alertmanager_events_total",
                "Events of Alertmanager's event recorder, by kind; `unknown` for kinds that this version does not know.",
                &["kind"],
            )?,
            auth_failures: shelf.counters(
                "earlybell_auth_failures_total",
                "Requests that were not let in, by source (`unknown` if it can't be told) and reason.",
                &["source", "reason"],
            )?,
            webhook_commit: shelf.histogram(
                "earlybell_webhook_commit_seconds",
                "From the first byte of a body with alerts to its being on disk.",
                MILLISECONDS,
            )?,
            decide: shelf.histogram(
                "earlybell_decide_seconds",
                "From the arrival of an input to the commit of what it changed.",
                MILLISECONDS,
            )?,
            notification_latency: shelf.histograms(
                "earlybell_notification_latency_seconds",
                "From the decision to tell to the first attempt, by receiver.",
                MILLISECONDS,
                &["receiver"],
            )?,
            declare_delay: shelf.histogram(
                "earlybell_incident_declare_delay_seconds",
                "From the start of the first alert to the declaration of its incident.",
                HOURS,
            )?,
            public_delay: shelf.histogram(
                "earlybell_incident_public_delay_seconds",
                "From the declaration of an incident to the first public word: its confirmation.",
                HOURS,
            )?,
            lead_delay: shelf.histogram(
                "earlybell_incident_lead_delay_seconds",
                "From the declaration of an incident until somebody led it, each time nobody had.",
                HOURS,
            )?,
            flapping: shelf.counters(
                "earlybell_incidents_flapping_total",
                "Incidents whose alerts began to come and go, by the rule that declared them (empty for people).",
                &["rule"],
            )?,
            resolve_duration: shelf.histogram(
                "earlybell_incident_resolve_duration_seconds",
                "From the declaration of an incident to its resolution.",
                HOURS,
            )?,
            declared: shelf.counters(
                "earlybell_incidents_declared_total",
                "Incidents declared, by rule (empty for people) and origin (rule or human).",
                &["rule", "origin"],
            )?,
            called_off: shelf.counters(
                "earlybell_incidents_called_off_total",
                "Incidents called off, by the rule that declared them (empty for people) and who called off.",
                &["rule", "by"],
            )?,
            verdicts: shelf.counters(
                "earlybell_rule_verdicts_total",
                "Incidents of a rule that people judged by the end: right (confirmed) or wrong (called off). Its precision is right / (right + wrong).",
                &["rule", "verdict"],
            )?,
            promises: shelf.counters(
                "earlybell_promises_total",
                "Promised updates, by whether they came in time: kept or missed.",
                &["result"],
            )?,
            prompts: shelf.counters("earlybell_prompts_total", "What people were asked, by question.", &["prompt"])?,
            takeovers: shelf.counters(
                "earlybell_role_takeovers_total",
                "Roles that somebody took because whoever was asked or had them did not respond, by role.",
                &["role"],
            )?,
            notifications: shelf.counters(
                "earlybell_notifications_total",
                "Attempts to deliver a notice, by integration and receiver.",
                &["integration", "receiver"],
            )?,
            notifications_failed: shelf.counters(
                "earlybell_notifications_failed_total",
                "Attempts that failed, by integration, receiver and reason.",
                &["integration", "receiver", "reason"],
            )?,
            lease_lost: shelf.counters(
                "earlybell_notifications_lease_lost_total",
                "Attempts that ended after their lease: they may be told twice.",
                &["receiver"],
            )?,
            requests: shelf.counters(
                "earlybell_http_requests_total",
                "HTTP requests answered, by route and status code.",
                &["route", "code"],
            )?,
            request_seconds: shelf.histograms(
                "earlybell_http_request_duration_seconds",
                "Time to answer an HTTP request, by route.",
                MILLISECONDS,
                &["route"],
            )?,
            bytes_in_flight: shelf.gauge(
                "earlybell_http_body_bytes_in_flight",
                "Bytes of request bodies that are held and not yet on disk.",
            )?,
            reload_ok: shelf.gauge(
                "earlybell_config_last_reload_successful",
                "Whether the last attempt to load the configuration succeeded.",
            )?,
            reload_at: shelf.gauge_of_seconds(
                "earlybell_config_last_reload_success_timestamp_seconds",
                "When the configuration in force was loaded.",
            )?,
            config_hash: shelf
                .gauge_of_seconds("earlybell_config_hash", "Hash of the configuration in force, cut to 48 bits.")?,
            engine_progress: shelf.gauge_of_seconds(
                "earlybell_engine_last_progress_timestamp_seconds",
                "When the engine loop last went round.",
            )?,
            policy_ok: shelf.gauge(
                "earlybell_engine_policy_in_force",
                "Whether the engine decides by the newest stored rules; 0: this version can't use them.",
            )?,
            slack_socket: shelf.gauge(
                "earlybell_slack_socket_connected",
                "Whether Slack's socket is open; 1 where none is configured.",
            )?,
            duty_calendar_up: shelf.gauges(
                "earlybell_duty_calendar_up",
                "Whether the calendar that says who of this squad is on duty could be read last time.",
                &["squad"],
            )?,
            duty_calendar_read_at: shelf.gauges(
                "earlybell_duty_calendar_last_read_timestamp_seconds",
                "When the calendar of this squad was read last; 0 if it never was.",
                &["squad"],
            )?,
            alertmanager_up: shelf.gauges(
                "earlybell_alertmanager_up",
                "Whether the last poll of this source was answered.",
                &["source"],
            )?,
            polls: Mutex::default(),
            pads: pads::PadMetrics::new(&shelf)?,
            registry: shelf.finish()?,
        };
        metrics.start_at_zero();
        Ok(metrics)
    }

    // A counter that appears with its first event hides that event from `increase()`.
    fn start_at_zero(&self) {
        for reason in INVALID_REASONS {
            self.alerts_invalid.with_label_values(&[reason]);
        }
        for (change, _) in observe::changes_by_word(Counts::default()) {
            self.alert_changes.with_label_values(&[change]);
        }
        for kind in recorder::kinds() {
            self.recorder_events.with_label_values(&[kind]);
        }
        for reason in AUTH_REASONS {
            self.auth_failures.with_label_values(&["unknown", reason]);
        }
        for result in [KEPT, MISSED] {
            self.promises.with_label_values(&[result]);
        }
        for prompt in Prompt::ALL {
            self.prompts.with_label_values(&[prompt.word()]);
        }
        self.takeovers.with_label_values(&[MANAGER]);
        self.policy_ok.set(1);
        self.slack_socket.set(1);
        self.declared.with_label_values(&["", "human"]);
        self.flapping.with_label_values(&[""]);
        for by in ["rule", "human"] {
            self.called_off.with_label_values(&["", by]);
        }
    }
}
