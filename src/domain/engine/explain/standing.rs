//! How a rule stands, in words.

use crate::engine::Standing;
use chrono::{DateTime, Utc};

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
            Self::SplitOff { by } => format!("condition met, but by alerts that {by} took along when it was split off"),
            Self::Shadow => "condition met, but the rule is in shadow mode: recorded, nobody is told".to_owned(),
            Self::Inhibited { by } => format!("condition met, but {by} is open, covers it, and takes its alerts"),
            Self::Spent { incident } => {
                format!("condition met still, but by what was over when {incident} ended; nothing fires since")
            }
            Self::Storm { by } => format!("one of many: attached to {by}, which stands for all of its rule"),
            Self::StormBegins => "one of many: declares one incident for all that follow".to_owned(),
            Self::Muted { interval, until } => {
                let until = until.as_ref().map_or_else(String::new, |until| format!(" until {}", clock(until)));
                format!("condition met, but muted by `{interval}`{until}")
            }
            Self::Inactive { until } => {
                let until = until.as_ref().map_or_else(String::new, |until| format!(" before {}", clock(until)));
                format!("condition met, but outside of its active times: it declares nothing{until}")
            }
            Self::BelowThreshold => "condition not met".to_owned(),
        }
    }
}
