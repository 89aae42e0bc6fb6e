//! Which notice for which fact, to whom, in which lane.

use super::NoticeKind;
use super::template::TemplateFailure;
use crate::alert::Alert;
use crate::delivery::{Content, Lane};
use crate::incident::{Entry, Incident};
use crate::policy::Policy;
use chrono::{DateTime, Utc};

/// Most alerts named in one notice; the others are counted.
pub const ALERTS_SHOWN_MAX: usize = 20;

/// What one step of the engine did to one incident.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// What is in force.
    pub policy: &'a Policy,
    /// The incident, after the facts were applied.
    pub incident: &'a Incident,
    /// New entries of this incident in this step, in order; may be empty when `tell_alerts` is set.
    pub entries: &'a [Entry],
    /// Attached alerts, firing first, at most [`ALERTS_SHOWN_MAX`].
    pub alerts: &'a [&'a Alert],
    /// Whether changed alerts are due to be told, and not only shown on the board.
    pub tell_alerts: bool,
    /// The time of the step.
    pub at: DateTime<Utc>,
}

/// What must be told, and what went wrong in writing it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Planned {
    /// In the order they are to leave.
    pub deliveries: Vec<NewDelivery>,
    /// Templates that failed; the built-in words stand in the deliveries.
    pub failures: Vec<TemplateFailure>,
}

/// A delivery without the numbers that the engine gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// To whom.
    pub receiver: String,
    /// Which kind of lane it stands in.
    pub lane: Lane,
    /// What it tells.
    pub notice: NoticeKind,
    /// Same on every attempt, different for every notice.
    pub key: String,
    /// The words, escaped for the receiver.
    pub content: Content,
}

/// Says what one step of the engine must tell to whom, in full words.
pub fn plan(scene: &Scene<'_>) -> Planned {
    let _ = scene;
    Planned::default()
}
