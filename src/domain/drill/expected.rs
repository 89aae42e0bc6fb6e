//! What was expected against what people did: read off the timelines of the incidents of a drill.

use super::model::ExpectedAct;
use super::scenario::Expectation;
use crate::duration::Duration;
use crate::incident::{Actor, Entry, Fact};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use std::collections::BTreeSet;

/// What became of something expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Verdict {
    /// It was done in time.
    Met {
        /// How long after what it counts from.
        after: Duration,
        /// By whom.
        by: String,
    },
    /// It was done, but too late.
    Late {
        /// How long after what it counts from.
        after: Duration,
        /// By whom.
        by: String,
    },
    /// It was not done, and its time has passed.
    Overdue,
    /// It was not done yet.
    Open,
}

/// Something expected, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// In words: `take incident_manager within 5m`.
    pub expected: String,
    /// What became of it.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The entry that did it: of which incident, and its number there.
    #[serde(skip)]
    pub entry: Option<(u64, u32)>,
}

/// How a drill goes.
#[derive(Debug, Clone, Copy)]
pub struct Course<'a> {
    /// Timelines of its incidents, each oldest first.
    pub timelines: &'a [Vec<Entry>],
    /// When its first alert was sent.
    pub began: DateTime<Utc>,
    /// How many times as fast as written it is played; times are told as they are written.
    pub speed: u32,
    /// Now.
    pub now: DateTime<Utc>,
}

impl Verdict {
    /// Whether nothing can change it any more.
    pub fn is_settled(&self) -> bool {
        matches!(self, Self::Met { .. } | Self::Late { .. })
    }

    /// In words: `after 3m, by anna`.
    pub fn words(&self) -> String {
        match self {
            Self::Met { after, by } => format!("met after {}, by {by}", told(*after)),
            Self::Late { after, by } => format!("late: after {}, by {by}", told(*after)),
            Self::Overdue => "missing".to_owned(),
            Self::Open => "not yet".to_owned(),
        }
    }
}

// To the second: two expectations may lie close together.
fn told(length: Duration) -> Duration {
    Duration::seconds(u32::try_from(length.as_seconds()).unwrap_or(u32::MAX))
}

impl Course<'_> {
    /// Judges what was expected, in its order. Each act counts once: of two expected updates the second is met by the
    /// second.
    pub fn judge(&self, expected: &[Expectation]) -> Vec<Judged> {
        let mut used = BTreeSet::new();
        expected
            .iter()
            .map(|one| {
                let from = self.counts_from(one);
                let found = from.and_then(|from| self.first(one, from, &used));
                used.extend(found.map(|entry| (entry.incident.0, entry.number)));
                Judged {
                    expected: one.words(),
                    verdict: self.verdict(one, from, found),
                    entry: found.map(|entry| (entry.incident.0, entry.number)),
                }
            })
            .collect()
    }

    fn verdict(&self, one: &Expectation, from: Option<DateTime<Utc>>, found: Option<&Entry>) -> Verdict {
        // Without an incident nothing can be done to it; how long that has been so counts from the first alert.
        let from = from.unwrap_or(self.began);
        match found {
            Some(entry) => {
                let after = self.length(from, entry.at);
                let by = match &entry.fact {
                    Fact::Declared { rule: Some(rule), .. } => format!("rule {}", rule.name),
                    _ => entry.actor.to_string(),
                };
                if after <= one.within { Verdict::Met { after, by } } else { Verdict::Late { after, by } }
            }
            None if self.length(from, self.now) > one.within => Verdict::Overdue,
            None => Verdict::Open,
        }
    }

    fn length(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Duration {
        let millis = (to - from).num_milliseconds().saturating_mul(i64::from(self.speed.max(1)));
        let end = DateTime::UNIX_EPOCH.checked_add_signed(TimeDelta::milliseconds(millis));
        Duration::between(DateTime::UNIX_EPOCH, end.unwrap_or(DateTime::<Utc>::MAX_UTC))
    }

    fn counts_from(&self, one: &Expectation) -> Option<DateTime<Utc>> {
        match one.act {
            ExpectedAct::Declare => Some(self.began),
            _ => self.concerned(one).filter_map(|timeline| timeline.first()).map(|entry| entry.at).min(),
        }
    }

    fn concerned<'a>(&'a self, one: &'a Expectation) -> impl Iterator<Item = &'a Vec<Entry>> {
        let of_rule = |entry: &Entry| match (&entry.fact, &one.rule) {
            (Fact::Declared { rule, .. }, Some(wanted)) => rule.as_ref().is_some_and(|rule| rule.name == *wanted),
            (Fact::Declared { .. }, None) => true,
            _ => false,
        };
        self.timelines.iter().filter(move |timeline| timeline.first().is_some_and(of_rule))
    }

    fn first<'a>(
        &'a self,
        one: &'a Expectation,
        from: DateTime<Utc>,
        used: &BTreeSet<(u64, u32)>,
    ) -> Option<&'a Entry> {
        let found = self.concerned(one).flat_map(|timeline| {
            let retracted: BTreeSet<u32> = timeline.iter().filter_map(retracts).collect();
            timeline.iter().filter(move |entry| !retracted.contains(&entry.number))
        });
        let fits =
            |entry: &&Entry| entry.at >= from && does(one, entry) && !used.contains(&(entry.incident.0, entry.number));
        found.filter(fits).min_by_key(|entry| (entry.at, entry.incident.0, entry.number))
    }
}

fn retracts(entry: &Entry) -> Option<u32> {
    match entry.fact {
        Fact::Retracted { entry } => Some(entry),
        _ => None,
    }
}

// Only people practise: what a rule does by itself is no answer, but that it declares.
fn does(one: &Expectation, entry: &Entry) -> bool {
    if one.act == ExpectedAct::Declare {
        return matches!(entry.fact, Fact::Declared { .. });
    }
    let of_role = |role| one.role.as_ref().is_none_or(|wanted| wanted == role);
    matches!(entry.actor, Actor::Person { .. })
        && match (one.act, &entry.fact) {
            (ExpectedAct::Take, Fact::Taken { role, .. } | Fact::Assigned { role, .. })
            | (ExpectedAct::HandOver, Fact::HandedOver { role, .. }) => of_role(role),
            (ExpectedAct::Ack, Fact::Acknowledged { .. })
            | (ExpectedAct::Confirm, Fact::Confirmed { .. })
            | (ExpectedAct::Update, Fact::Updated { .. })
            | (ExpectedAct::Severity, Fact::Severity { .. })
            | (ExpectedAct::Note, Fact::Noted { .. })
            | (ExpectedAct::Resolve, Fact::Resolved { .. })
            | (ExpectedAct::CallOff, Fact::CalledOff { .. }) => true,
            _ => false,
        }
}
