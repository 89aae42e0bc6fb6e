//! Timeline facts: what happened, when, by whom. Their stored form only grows; everything else is a fold over them.

mod alerts;
mod code;
mod line;
mod post;
mod review;
pub use alerts::{ALERTS_NAMED_MAX, AlertChange, AlertsChanged, Change};
pub use {code::CallOffCode, line::Entry, post::PostFact, review::ReviewFact};

use super::room::{Member, Part, Prompt, Took};
use super::{Explanation, RuleRef, Severity, roles::OfferEnd, roles::RoleName};
use crate::ids::{AlertId, DeliveryId, IncidentId};
use crate::{alert::Pairs, duration::Duration};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

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
        /// When the next update is promised.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next_by: Option<DateTime<Utc>>,
    },
    /// Alerts of one input changed; one fact however many they are.
    Alerts(AlertsChanged),
    /// It is real.
    Confirmed {
        /// Why, in words.
        because: String,
        /// When the next update is promised.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next_by: Option<DateTime<Utc>>,
    },
    /// It is worse, or less bad, than thought.
    Severity {
        /// Before.
        from: Severity,
        /// Now.
        to: Severity,
        /// Why, in words.
        because: String,
        /// When the next update is promised, where that is sooner than it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next_by: Option<DateTime<Utc>>,
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
    /// Somebody takes back what they did; what makes it so follows. Words that only the team has seen are not shown then.
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
        /// Whether the public knew of it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        public: bool,
        /// Receivers that hear of this one from now on.
        receivers: Vec<String>,
        /// It, and those that were part of it: what they would have got comes here.
        members: Vec<Member>,
        /// Alerts it had been split off with.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        took: Vec<Took>,
        /// Start of its first alert.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first_alert_at: Option<DateTime<Utc>>,
    },
    /// What it is part of was called off.
    TargetCalledOff {
        /// Which that is.
        into: IncidentId,
        /// Why, in one word.
        code: CallOffCode,
        /// Why, in words.
        reason: String,
    },
    /// What it is part of was called off, and goes on after all.
    TargetReopened {
        /// Which that is.
        into: IncidentId,
        /// Why, in words.
        because: String,
    },
    /// Some of its alerts are an incident of their own.
    SplitOff {
        /// Which.
        into: IncidentId,
        /// The alerts, which leave this one.
        alerts: Vec<AlertId>,
    },
    /// It began as a part of another one.
    SplitFrom {
        /// Of which.
        from: IncidentId,
        /// The alerts it took along, and from what.
        took: Took,
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
        /// When the next update is promised.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next_by: Option<DateTime<Utc>>,
    },
    /// Its alerts come and go: people hear of it once in a while.
    Flapping {
        /// How often they did, within an hour.
        turns: u32,
    },
    /// They stopped coming and going.
    Steady,
    /// Its status message on this receiver is deleted: it has been over for long enough.
    Withdrawn {
        /// Which receiver.
        receiver: String,
    },
    /// It keeps another incident from being declared, whose alerts are attached here.
    Inhibits {
        /// Rule of the other one.
        rule: String,
        /// Values of its `correlate_by`.
        correlation: Pairs,
        /// Why it would have been declared, in words.
        because: String,
    },
    /// A receiver accepted the first notice.
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
        /// Whom it was to reach there, if one person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<String>,
        /// Which notice: `declared`, `resolved`, ….
        notice: String,
        /// What the receiver said.
        because: String,
        /// Whether nobody is told of it: somebody decided that it should not be sent any more.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        quiet: bool,
    },
    /// A receiver refuses everything until it is mended; its notices wait.
    ReceiverBlocked {
        /// Which receiver.
        receiver: String,
        /// What it said.
        because: String,
        /// Whether it is only out of reach, and nobody refuses anything.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        late: bool,
    },
    /// The post mortem goes to a blog, or has arrived there.
    Post(PostFact),
    /// It is written, or what is to be better is.
    Review(ReviewFact),
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
