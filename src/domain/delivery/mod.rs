//! The policy of the outbox: lanes, retries, leases, breakers. Pure; `app::delivery` does what is decided here.

pub mod backoff;
pub mod breaker;
pub mod lane;
pub mod pace;
pub mod post;
pub mod status;
pub mod together;
pub mod verdict;

use crate::ids::{DeliveryId, IncidentId};
use crate::notice::NoticeKind;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What must be told to one receiver, fully written, in the same commit as the fact it tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its number, in the order of decision.
    pub id: DeliveryId,
    /// About which incident.
    pub incident: IncidentId,
    /// To whom.
    pub receiver: String,
    /// Which kind of lane it stands in.
    pub lane: Lane,
    /// What it tells.
    pub notice: NoticeKind,
    /// Same on every attempt: `inc-42.declared.3.team-slack`.
    pub key: String,
    /// Who gets it, in the lane [`Lane::Direct`]; in others the receiver itself knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Addressee>,
    /// The words.
    pub content: Content,
    /// What it says in a line, escaped like the words: where it had to wait, and is told together with newer ones.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub brief: String,
    /// Whether it may wait: for the end of quiet hours, or of an hour in which much was told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub calm: bool,
    /// When it was decided; the Date of a mail.
    pub decided_at: DateTime<Utc>,
}

/// How deliveries to one receiver about one incident follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// The first post; everything else of this incident and receiver waits for it.
    Root,
    /// Each one, in order.
    Post,
    /// The newest replaces older ones that were not sent yet.
    Put,
    /// To one person, each one in order; nobody waits for another person, nor for a root. Without a person: to the receiver
    /// itself, outside of the incident's thread.
    Direct,
}

/// One person, and where they were reached when it was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addressee {
    /// Their name.
    pub person: String,
    /// Their mail address or Slack user id; never shown to others.
    pub address: String,
}

/// Words for one receiver, escaped for it already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// One line: a mail's subject, the first line elsewhere. Frozen per thread for mail.
    pub subject: String,
    /// Everything else.
    pub body: String,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Accepted.
    Sent {
        /// Id at the receiver: Slack's `ts`, a mail's Message-ID.
        remote_id: Option<String>,
    },
    /// Not now.
    Retry {
        /// What went wrong.
        because: String,
        /// The wait the receiver asked for.
        after: Option<std::time::Duration>,
        /// Whether it may have been accepted all the same: the next attempt must look first, if it can.
        unsure: bool,
    },
    /// Never, for this notice: it is dead, and that is reported elsewhere.
    Fatal {
        /// What went wrong.
        because: String,
    },
    /// Never, for any notice, until somebody mends the configuration: kept, retried slowly, reported at once.
    Misconfigured {
        /// What went wrong.
        because: String,
    },
}

/// How a delivery stands in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Waits for its turn or its next attempt.
    Pending,
    /// An attempt runs, under a lease.
    Leased,
    /// Accepted.
    Sent,
    /// An attempt ended without an answer.
    Unsure,
    /// Given up.
    Dead,
    /// A newer one replaced it.
    Superseded,
    /// It had to wait, and is told in a line of a newer one.
    Joined,
}

impl DeliveryState {
    /// Nothing more happens to it by itself.
    pub fn is_final(self) -> bool {
        match self {
            Self::Sent | Self::Dead | Self::Superseded | Self::Joined => true,
            Self::Pending | Self::Leased | Self::Unsure => false,
        }
    }
}
