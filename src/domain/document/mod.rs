//! The state document: a fold over the entries, as data that pages, Markdown and JSON show.

pub mod markdown;
pub mod pad;
pub mod promises;
pub mod roles;
pub mod room;
pub mod sentence;
pub mod withheld;

pub use markdown::markdown;
pub use pad::PadLine;
pub use sentence::entry_text;

use crate::alert::{Alert, AlertState, Pairs};
use crate::audit::Head;
use crate::delivery::DeliveryState;
use crate::directory::Directory;
use crate::drill::Score;
use crate::duration::Duration;
use crate::incident::explanation::Explanation;
use crate::incident::{Actor, Entry, Fact, Incident, LastUpdate, Stage};
use crate::notice::phrase::{alert_word, counts, next_update, page_url, resolved_how};
use crate::policy::PolicySource;
use crate::postmortem::{ActionLine, Owed};
use chrono::{DateTime, Utc};
use promises::PromisesLine;
use roles::{Cast, RoleLine};
use room::RoomLines;
use sentence::{is_private, sentence};
use serde::Serialize;
use withheld::{TAKEN_BACK, is_taken_back};

/// Who reads a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// The people who run the service: everything.
    Team,
    /// Everyone: no private entries, no labels, no inner workings, no names of people.
    Public,
}

/// What a document is made of.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// Its newest entries, newest first.
    pub entries: &'a [Entry],
    /// Its first entry: why it was declared.
    pub declared: Option<&'a Entry>,
    /// Its alerts, firing first.
    pub alerts: &'a [Alert],
    /// Notices about it, newest first.
    pub notices: &'a [Told],
    /// Where the pages are.
    pub external_url: &'a str,
    /// Which roles there are, and what is promised when nobody said.
    pub policy: &'a PolicySource,
    /// Who is on duty.
    pub directory: &'a Directory,
    /// When it is read.
    pub now: DateTime<Utc>,
}

/// A notice and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// To whom.
    pub receiver: String,
    /// Which kind.
    pub notice: &'static str,
    /// How it stands.
    pub state: DeliveryState,
    /// When it was decided.
    pub decided_at: DateTime<Utc>,
    /// When it was accepted or given up.
    pub finished_at: Option<DateTime<Utc>>,
    /// Attempts so far.
    pub attempts: u32,
    /// What the receiver said last, if it refused.
    pub last_error: Option<String>,
}

/// The state of an incident, for people.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Document {
    /// `INC-42`.
    pub id: String,
    /// 42.
    pub number: u64,
    /// Nothing is wrong: people practise.
    pub drill: bool,
    /// One line.
    pub title: String,
    /// `suspected`, `confirmed`, `called off`, `resolved`.
    pub stage: &'static str,
    /// `minor`, `major`, `critical`.
    pub severity: &'static str,
    /// A paragraph, kept by people; may be empty.
    pub summary: String,
    /// Who is affected; empty while nobody knows.
    pub impact: String,
    /// Who does what; for the public without names.
    pub roles: Vec<RoleLine>,
    /// What people keep about it.
    #[serde(flatten)]
    pub room: RoomLines,
    /// Alerts known to fire.
    pub firing: u32,
    /// Alerts attached so far.
    pub alerts_total: u32,
    /// The same in words; `None` without alerts.
    pub counts: Option<String>,
    /// Start of its first alert.
    pub first_alert_at: Option<DateTime<Utc>>,
    /// When it was declared.
    pub declared_at: DateTime<Utc>,
    /// By whom.
    pub declared_by: String,
    /// When it was confirmed.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub closed_at: Option<DateTime<Utc>>,
    /// How long from its start to its end, or to now, in seconds.
    pub lasted_seconds: u64,
    /// Number of times it was reopened.
    pub reopened: u32,
    /// Why it was nothing, if it was called off.
    pub called_off: Option<CalledOff>,
    /// The newest public update.
    pub last_update: Option<LastUpdate>,
    /// When the next one is due, while it is open.
    pub next_update_by: Option<DateTime<Utc>>,
    /// How promises are kept.
    pub promises: PromisesLine,
    /// What is to be better; for the team.
    pub actions: Vec<ActionLine>,
    /// How it stands with its post mortem, once it is over; for the team.
    pub post_mortem: Option<Owed>,
    /// How people did, where it was a drill that is over; for the team.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// Where people write along, once there is such a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pad: Option<PadLine>,
    /// The page of this document.
    pub url: String,
    /// Why it was declared, in words; for the team.
    pub because: String,
    /// The conditions as they stood; for the team.
    pub explanation: Option<Explanation>,
    /// Its alerts, firing first.
    pub alerts: Vec<AlertLine>,
    /// Notices sent, newest first; for the team.
    pub notices: Vec<Told>,
    /// The newest record of the audit log when it ended: `audit 118, 5f2c9e0a7b3d4c11`.
    pub record: Option<String>,
    /// What happened, newest first.
    pub timeline: Vec<Line>,
    /// Number of the oldest entry that was read for it.
    pub timeline_from: Option<u32>,
    /// Whether there are older entries than those.
    pub timeline_cut: bool,
    /// When this was read.
    pub read_at: DateTime<Utc>,
}

/// Why an incident was nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CalledOff {
    /// In one word.
    pub code: &'static str,
    /// In words.
    pub reason: String,
}

/// One alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlertLine {
    /// Its row, by which it is picked.
    pub number: u64,
    /// Its name.
    pub name: String,
    /// Its text for people.
    pub summary: String,
    /// `firing`, `unreported`, `muted`, `resolved`.
    pub state: &'static str,
    /// Who mutes it, or how we know that it is over where its source did not say so; for the team.
    pub detail: String,
    /// When it began.
    pub starts_at: DateTime<Utc>,
    /// When it ended.
    pub ends_at: Option<DateTime<Utc>>,
    /// Its labels; for the team.
    pub labels: Pairs,
}

/// One entry of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Its place, starting with 1.
    pub number: u32,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: String,
    /// What happened, in words.
    pub text: String,
    /// Whether only the team sees it.
    pub private: bool,
    /// The words that somebody gave it. The public does not read its own any more.
    pub corrected: Option<String>,
}

/// Writes the document of an incident. A suspected incident has none for the public: that is for the caller to refuse.
pub fn document(sources: &Sources<'_>, audience: Audience) -> Document {
    let incident = sources.incident;
    let began = incident.first_alert_at.unwrap_or(incident.declared_at).min(incident.declared_at);
    let ended = incident.stage.closed_at();
    let inner = Inner::of(sources, audience);
    let cast = Cast { incident, source: sources.policy, directory: sources.directory, at: sources.now };
    Document {
        id: incident.id.to_string(),
        number: incident.id.0,
        drill: incident.drill,
        title: incident.title.clone(),
        stage: incident.stage.word(),
        severity: incident.severity.word(),
        summary: incident.summary.clone(),
        impact: incident.impact.clone(),
        roles: cast.lines(audience),
        room: RoomLines::of(incident, sources.external_url, audience),
        firing: incident.tally.firing,
        alerts_total: incident.tally.alerts,
        counts: counts(&incident.tally),
        first_alert_at: incident.first_alert_at,
        declared_at: incident.declared_at,
        declared_by: by(&incident.declared_by, audience),
        confirmed_at: incident.confirmed_at,
        closed_at: ended,
        lasted_seconds: Duration::between(began, ended.unwrap_or(sources.now)).as_seconds(),
        reopened: incident.reopened,
        called_off: called_off(&incident.stage),
        last_update: incident.last_update.clone(),
        next_update_by: next_update(incident),
        promises: PromisesLine::of(incident, audience, sources.now),
        actions: inner.actions,
        post_mortem: inner.post_mortem,
        score: None,
        pad: None,
        url: page_url(sources.external_url, incident),
        because: inner.because,
        explanation: inner.explanation,
        alerts: sources.alerts.iter().map(|alert| alert_line(alert, audience)).collect(),
        notices: inner.notices,
        record: incident.audit_head.and_then(Head::words),
        timeline: timeline(incident, sources.entries, audience),
        timeline_from: sources.entries.last().map(|entry| entry.number),
        timeline_cut: sources.entries.last().is_some_and(|entry| entry.number > 1),
        read_at: sources.now,
    }
}

// What only the team sees.
#[derive(Default)]
struct Inner {
    because: String,
    explanation: Option<Explanation>,
    notices: Vec<Told>,
    actions: Vec<ActionLine>,
    post_mortem: Option<Owed>,
}

impl Document {
    /// The same with its pad.
    #[must_use]
    pub fn with_pad(self, pad: Option<PadLine>) -> Self {
        Self { pad, ..self }
    }

    /// The same with the score of the drill, which only the team sees.
    #[must_use]
    pub fn with_score(self, score: Option<Score>, audience: Audience) -> Self {
        Self { score: score.filter(|_| audience == Audience::Team), ..self }
    }
}

impl Inner {
    fn of(sources: &Sources<'_>, audience: Audience) -> Self {
        if audience == Audience::Public {
            return Self::default();
        }
        let explanation = sources.declared.and_then(|entry| match &entry.fact {
            Fact::Declared { explanation, .. } => explanation.clone(),
            _ => None,
        });
        let (incident, policy) = (sources.incident, &sources.policy.postmortem);
        let action = |action| ActionLine::of(action, policy, sources.now);
        Self {
            because: incident.because.clone(),
            explanation,
            notices: sources.notices.to_vec(),
            actions: incident.review.actions.iter().map(action).collect(),
            post_mortem: incident.stage.closed_at().map(|_| Owed::of(incident, policy, sources.now)),
        }
    }
}

fn called_off(stage: &Stage) -> Option<CalledOff> {
    match stage {
        Stage::CalledOff { code, reason, .. } => Some(CalledOff { code: code.word(), reason: reason.clone() }),
        Stage::Suspected | Stage::Confirmed | Stage::Resolved { .. } | Stage::Merged { .. } => None,
    }
}

fn alert_line(alert: &Alert, audience: Audience) -> AlertLine {
    let ends_at = match &alert.state {
        AlertState::Resolved { ends_at, .. } => Some(*ends_at),
        _ => None,
    };
    AlertLine {
        number: alert.id.0,
        name: alert.name(),
        summary: alert.summary(),
        state: alert_word(&alert.state),
        detail: match audience {
            Audience::Team => alert_detail(&alert.state),
            Audience::Public => String::new(),
        },
        starts_at: alert.starts_at,
        ends_at,
        labels: match audience {
            Audience::Team => alert.labels.clone(),
            Audience::Public => Pairs::default(),
        },
    }
}

fn alert_detail(state: &AlertState) -> String {
    match state {
        AlertState::Muted { by } if !by.is_empty() => format!("by {}", by.join(", ")),
        AlertState::Resolved { because, .. } => resolved_how(*because).unwrap_or_default().to_owned(),
        AlertState::Firing | AlertState::Unreported { .. } | AlertState::Muted { .. } => String::new(),
    }
}

fn timeline(incident: &Incident, entries: &[Entry], audience: Audience) -> Vec<Line> {
    let seen = entries.iter().filter(|entry| audience == Audience::Team || !is_private(&entry.fact));
    let lines = seen.map(|entry| {
        let corrected = incident.review.corrected.get(&entry.number).filter(|_| !is_taken_back(incident, entry));
        let text = match (is_taken_back(incident, entry), audience, corrected) {
            (true, ..) => TAKEN_BACK.to_owned(),
            (_, Audience::Public, Some(_)) => String::new(),
            _ => sentence(&entry.fact, audience),
        };
        Line {
            number: entry.number,
            at: entry.at,
            by: by(&entry.actor, audience),
            text,
            private: is_private(&entry.fact),
            corrected: corrected.map(|correction| correction.text.clone()),
        }
    });
    lines.collect()
}

fn by(actor: &Actor, audience: Audience) -> String {
    match (actor, audience) {
        (Actor::Rule, _) => "earlybell".to_owned(),
        (Actor::Person { .. }, Audience::Public) => "the team".to_owned(),
        (Actor::Person { name, .. }, Audience::Team) => name.clone(),
    }
}

#[cfg(test)]
mod tests;
