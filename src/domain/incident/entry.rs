//! Timeline facts: what happened, when, by whom. Their stored form only grows; everything else is a fold over them.

use super::roles::{OfferEnd, RoleName};
use super::room::{Part, Prompt};
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
        /// Nothing is wrong: people practise.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        drill: bool,
        /// The squad that is asked to lead; empty if none is.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        squad: String,
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
        /// When this one was promised; kept if it came before that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        promised: Option<DateTime<Utc>>,
    },
    /// Noted for the team only.
    Noted {
        /// The words.
        text: String,
    },
    /// A part of the state document was rewritten.
    Edited {
        /// Which.
        part: Part,
        /// Its text now.
        text: String,
    },
    /// Somebody saw it.
    Acknowledged {
        /// In words; may be empty.
        text: String,
    },
    /// Somebody took a role: nobody held it, or anyone was free to take it.
    Taken {
        /// Which.
        role: RoleName,
        /// Who has it now.
        person: String,
        /// Who had it.
        from: Option<String>,
        /// Why it could be taken, in words: `the squad did not respond`.
        because: String,
    },
    /// Somebody gave a role to somebody.
    Assigned {
        /// Which.
        role: RoleName,
        /// Who has it now.
        person: String,
        /// Who had it.
        from: Option<String>,
    },
    /// A hand-over was offered; until it is accepted nothing changes.
    Offered {
        /// Which role.
        role: RoleName,
        /// Who hands over.
        from: String,
        /// Who is asked.
        to: String,
        /// Until when.
        expires_at: DateTime<Utc>,
    },
    /// An offer ended without being accepted.
    OfferEnded {
        /// Which role.
        role: RoleName,
        /// Who offered it.
        from: String,
        /// Who was asked.
        to: String,
        /// How.
        end: OfferEnd,
    },
    /// A hand-over was accepted.
    HandedOver {
        /// Which role.
        role: RoleName,
        /// Who had it.
        from: String,
        /// Who has it now.
        to: String,
    },
    /// Nobody holds a role any more.
    Released {
        /// Which.
        role: RoleName,
        /// Who had it.
        person: String,
        /// Why, in words.
        because: String,
    },
    /// Anyone may take a role: nobody claimed it, or its holder is silent.
    RoleOpen {
        /// Which.
        role: RoleName,
        /// Why, in words: `the squad did not respond`.
        because: String,
        /// How often this was said by now, this time counted.
        times: u32,
        /// When it is said again, if nobody takes it.
        again_at: Option<DateTime<Utc>>,
    },
    /// A promised update did not come.
    PromiseMissed {
        /// When it was promised.
        by: DateTime<Utc>,
    },
    /// People were asked something.
    Prompted {
        /// What, all at once.
        prompts: Vec<Prompt>,
    },
    /// Something is to be done.
    TodoAdded {
        /// Its number.
        todo: u32,
        /// What.
        text: String,
        /// By whom, if anyone said so.
        owner: Option<String>,
    },
    /// It is done.
    TodoDone {
        /// Its number.
        todo: u32,
    },
    /// It is not done after all.
    TodoReopened {
        /// Its number.
        todo: u32,
    },
    /// It need not be done.
    TodoDropped {
        /// Its number.
        todo: u32,
    },
    /// Somebody wants to hear of it personally.
    Followed {
        /// Who.
        person: String,
    },
    /// They don't any more.
    Unfollowed {
        /// Who.
        person: String,
    },
    /// Words that only the team has seen were taken back.
    Retracted {
        /// Number of the entry.
        entry: u32,
    },
    /// It is part of another one, and ends here.
    MergedInto {
        /// Which one it is part of.
        into: IncidentId,
        /// Why, in words; may be empty.
        because: String,
    },
    /// Another one is part of it: its alerts are attached here, its receivers hear of this one.
    Absorbed {
        /// Which.
        from: IncidentId,
        /// Its title.
        title: String,
        /// Receivers that hear of this one from now on.
        receivers: Vec<String>,
        /// Rule and correlation labels of the other, and what it stood for itself: what they would have got comes here.
        stands_for: Vec<(String, Pairs)>,
    },
    /// Some of its alerts are an incident of their own.
    SplitOff {
        /// Which.
        into: IncidentId,
        /// The alerts, which leave this one.
        alerts: Vec<AlertId>,
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
