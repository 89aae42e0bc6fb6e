//! Timeline facts: what happened, when, by whom. Their stored form only grows; everything else is a fold over them.

use super::{Actor, Explanation, RuleRef, Severity};
use crate::alert::{Fingerprint, Pairs, ResolvedBecause, SourceName};
use crate::duration::Duration;
use crate::ids::{AlertId, DeliveryId, IncidentId, InputSeq};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One line of a timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Of which incident.
    pub incident: IncidentId,
    /// Place in its timeline, starting with 1.
    pub number: u32,
    /// When it was decided: the arrival time of its input, or the deadline of a timer.
    pub at: DateTime<Utc>,
    /// The input that led to it.
    pub input: InputSeq,
    /// Who did it.
    pub actor: Actor,
    /// What happened.
    pub fact: Fact,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// A rule or a person declared the incident.
    Declared {
        /// One line.
        title: String,
        /// Who is affected, if the rule or the person says so.
        impact: String,
        /// How bad.
        severity: Severity,
        /// Already known to be real.
        confirmed: bool,
        /// Which rule; `None` when a person declared.
        rule: Option<RuleRef>,
        /// Values of `correlate_by`.
        correlation: Pairs,
        /// Labels for routing.
        labels: Pairs,
        /// Who is told.
        receivers: Vec<String>,
        /// Start of the first alert.
        first_alert_at: Option<DateTime<Utc>>,
        /// Why, in words.
        because: String,
        /// The condition tree at that moment.
        explanation: Option<Explanation>,
        /// Stands for all that its rule would declare, which are too many.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        storm: bool,
    },
    /// Alerts of one input changed; one fact however many they are.
    Alerts(AlertsChanged),
    /// It is real.
    Confirmed {
        /// Why, in words.
        because: String,
    },
    /// It is worse, or less bad, than thought.
    Severity {
        /// Before.
        from: Severity,
        /// Now.
        to: Severity,
        /// Why, in words.
        because: String,
    },
    /// Said in public.
    Updated {
        /// The words.
        text: String,
        /// Who is affected, if that changed.
        impact: Option<String>,
        /// When the next update is promised.
        next_by: Option<DateTime<Utc>>,
    },
    /// Noted for the team only.
    Noted {
        /// The words.
        text: String,
    },
    /// The paragraph on top of the state document was rewritten.
    Summarised {
        /// The words.
        text: String,
    },
    /// No attached alert fires any more; the grace runs.
    Clear {
        /// When it would end by rule, if a rule says so.
        then: Option<DateTime<Utc>>,
    },
    /// What its rule asks for is true again, without any alert: it is not over.
    NotClear {
        /// Why, in words.
        because: String,
    },
    /// It looks over: somebody should say so.
    ResolveProposed {
        /// How long it has been clear.
        clear_for: Duration,
    },
    /// It was nothing.
    CalledOff {
        /// In one word.
        code: CallOffCode,
        /// In words.
        reason: String,
    },
    /// Service is back.
    Resolved {
        /// Why, in words.
        because: String,
    },
    /// It came back.
    Reopened {
        /// Why, in words.
        because: String,
        /// Whether it is already known to be real.
        confirmed: bool,
    },
    /// Its alerts come and go: people hear of it once in a while.
    Flapping {
        /// How often they did, within an hour.
        turns: u32,
    },
    /// They stopped coming and going.
    Steady,
    /// It keeps another incident from being declared, whose alerts are attached here.
    Inhibits {
        /// Rule of the other one.
        rule: String,
        /// Values of its `correlate_by`.
        correlation: Pairs,
        /// Why it would have been declared, in words.
        because: String,
    },
    /// A receiver accepted the first notice: where its thread starts.
    ThreadStarted {
        /// Which receiver.
        receiver: String,
        /// Its id there.
        remote_id: String,
    },
    /// A notice was not delivered and won't be.
    NoticeLost {
        /// Its number.
        delivery: DeliveryId,
        /// Which receiver.
        receiver: String,
        /// Which notice: `declared`, `resolved`, ….
        notice: String,
        /// What the receiver said.
        because: String,
    },
    /// A receiver refuses everything until its configuration is mended; its notices wait.
    ReceiverBlocked {
        /// Which receiver.
        receiver: String,
        /// What it said.
        because: String,
    },
    /// A template failed; the built-in text was sent instead.
    TemplateFailed {
        /// Which template.
        template: String,
        /// What went wrong.
        because: String,
    },
    /// The rule that declared it is gone or changed; rules no longer act on it.
    RuleGone {
        /// Its name.
        rule: String,
    },
}

/// Alerts of one incident that changed with one input.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AlertsChanged {
    /// What happened to each, the first [`ALERTS_NAMED_MAX`] of them.
    pub named: Vec<AlertChange>,
    /// How many more there were.
    pub more: u32,
    /// Known to fire now, muted ones included.
    pub firing: u32,
    /// Attached so far.
    pub alerts: u32,
    /// Whether the message was cut off by `max_alerts`: the counts are lower bounds.
    pub truncated: bool,
}

/// Most alerts named in one timeline entry; the others are counted.
pub const ALERTS_NAMED_MAX: usize = 20;

/// What happened to one alert of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertChange {
    /// Its row.
    pub alert: AlertId,
    /// Where it is reported from.
    pub source: SourceName,
    /// Its identity there.
    pub fingerprint: Fingerprint,
    /// Its name.
    pub name: String,
    /// Its text for people.
    pub summary: String,
    /// What happened.
    pub change: Change,
    /// Who mutes it: silences, or alerts that inhibit it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
}

/// What happened to an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It was attached, firing.
    Attached,
    /// It fires again.
    Firing,
    /// A complete message left it out.
    Unreported,
    /// A silence or inhibition mutes it.
    Muted,
    /// It is over.
    Resolved(ResolvedBecause),
}

/// Why an incident was nothing, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallOffCode {
    /// Another incident covers it.
    Duplicate,
    /// It came and went by itself.
    Flapping,
    /// Somebody was working on it.
    PlannedWork,
    /// The monitoring was wrong.
    MonitoringFault,
    /// Nobody noticed.
    NoUserImpact,
    /// A test.
    Test,
    /// Anything else; the words say what.
    Other,
}

impl CallOffCode {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Duplicate,
        Self::Flapping,
        Self::PlannedWork,
        Self::MonitoringFault,
        Self::NoUserImpact,
        Self::Test,
        Self::Other,
    ];

    /// Reads one of the words.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.word() == text)
    }

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::Flapping => "flapping",
            Self::PlannedWork => "planned-work",
            Self::MonitoringFault => "monitoring-fault",
            Self::NoUserImpact => "no-user-impact",
            Self::Test => "test",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for CallOffCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
