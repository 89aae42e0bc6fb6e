//! How a rule stands: what follows from its condition now, or why nothing does.

use crate::engine::State;
use crate::engine::judge::Earlier;
use crate::ids::IncidentId;
use crate::rules::Subject;
use crate::rules::model::Mode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How a rule stands towards one set of correlation labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Standing {
    /// Its condition is met, and nothing is in the way: it declares.
    New,
    /// Its condition is met, and its last incident ended so recently that it is the same one.
    Reopens {
        /// Which.
        incident: IncidentId,
    },
    /// Its incident is open: what matches is attached to it.
    Attached {
        /// To which.
        incident: IncidentId,
    },
    /// Its condition is met, by evidence of which a person said that it was nothing.
    Cooldown {
        /// The incident that was called off.
        incident: IncidentId,
        /// Until when it keeps quiet, unless there is new evidence.
        until: DateTime<Utc>,
    },
    /// Its condition is met, but not for long enough.
    Holding {
        /// From when on it is.
        until: DateTime<Utc>,
    },
    /// Its condition is met, but the rule is on trial: it is recorded, and nobody is told.
    Shadow,
    /// Its condition is not met.
    BelowThreshold,
}

impl State {
    /// How a rule stands. The order of the checks is that of the engine.
    pub(super) fn standing(&self, subject: &Subject, at: DateTime<Utc>) -> Standing {
        let earlier = self.earlier(subject, at);
        if let Earlier::Open(incident) = earlier {
            return Standing::Attached { incident };
        }
        match self.evaluator.true_from(&self.policy.rules, subject, at) {
            None => return Standing::BelowThreshold,
            Some(until) if until > at => return Standing::Holding { until },
            Some(_) => {}
        }
        if self.policy.rules.rule(subject.rule).model.mode == Mode::Shadow {
            return Standing::Shadow;
        }
        match earlier {
            Earlier::Open(incident) => Standing::Attached { incident },
            Earlier::Reopen(incident) => Standing::Reopens { incident },
            Earlier::Quiet { incident, until } => Standing::Cooldown { incident, until },
            Earlier::None => Standing::New,
        }
    }
}

impl Standing {
    /// In words; times on another day than `now` with their date.
    pub fn words(&self, now: DateTime<Utc>) -> String {
        let clock = |time: &DateTime<Utc>| {
            let form = if time.date_naive() == now.date_naive() { "%H:%M:%S UTC" } else { "%Y-%m-%d %H:%M:%S UTC" };
            time.format(form).to_string()
        };
        match self {
            Self::New => "declares a new incident".to_owned(),
            Self::Reopens { incident } => format!("reopens {incident}, which ended only just now"),
            Self::Attached { incident } => format!("attached to {incident}, which is open"),
            Self::Cooldown { incident, until } => format!(
                "quiet until {}: a person called off {incident}, and nothing else fires than did then",
                clock(until)
            ),
            Self::Holding { until } => format!("condition met, but not for long enough before {}", clock(until)),
            Self::Shadow => "condition met, but the rule is in shadow mode: recorded, nobody is told".to_owned(),
            Self::BelowThreshold => "condition not met".to_owned(),
        }
    }
}
