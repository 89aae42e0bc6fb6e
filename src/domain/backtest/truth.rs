//! What people know of the incidents of a history: which there were, which alerts belonged to them, when it was said.

use crate::alert::{Alert, Pairs};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

/// A declaration this long before the start that people wrote down may still be the early one of that incident; one
/// that was open for longer is about something else.
pub const EARLY_MAX: TimeDelta = TimeDelta::hours(1);

/// An incident that people know of, as it is written in a truth file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Known {
    /// Its name: a date or a number.
    pub id: String,
    /// When it began.
    pub start: DateTime<Utc>,
    /// When it was over.
    pub end: DateTime<Utc>,
    /// When people declared it.
    #[serde(default)]
    pub declared_by_humans_at: Option<DateTime<Utc>>,
    /// The first alert with a measured time; without, the lead of the rules is a guess and does not count.
    #[serde(default)]
    pub first_timed_real_alert_at: Option<DateTime<Utc>>,
    /// Alerts that belonged to it. Without any, whatever is declared while it went on does.
    #[serde(default)]
    pub alerts: Vec<KnownAlert>,
}

/// An alert of a known incident: its labels, or some of them, and when it fired.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct KnownAlert {
    /// From when on.
    pub firing_at: DateTime<Utc>,
    /// Until when; to the end of the incident if not said.
    #[serde(default)]
    pub resolved_at: Option<DateTime<Utc>>,
    /// Whether its time is made up; nothing depends on it here.
    #[serde(default)]
    pub modelled: bool,
    /// Its labels, under this name or beside the times.
    #[serde(default)]
    pub labels: Pairs,
    /// Labels beside the times.
    #[serde(flatten)]
    pub flat: BTreeMap<String, String>,
}

/// All that is known, ready to be asked.
#[derive(Debug, Default)]
pub struct Truth {
    /// What was real, in order of its start.
    pub real: Vec<Known>,
    // What was none. `None`: everything that is not real is none.
    false_alarms: Option<Vec<Known>>,
    listed: HashMap<String, Vec<Listed>>,
    // Real incidents that list no alerts.
    windows: Vec<usize>,
}

#[derive(Debug)]
struct Listed {
    labels: Pairs,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    belongs: Belongs,
}

/// What an alert belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Belongs {
    /// The real incident at this place of [`Truth::real`].
    Real(usize),
    /// Something that people called off.
    FalseAlarm,
}

impl Truth {
    /// Every incident there was: whatever else is declared is wrong.
    pub fn complete(real: Vec<Known>) -> Self {
        Self::new(real, None)
    }

    /// Incidents that people judged; what nobody judged says nothing.
    pub fn judged(real: Vec<Known>, false_alarms: Vec<Known>) -> Self {
        Self::new(real, Some(false_alarms))
    }

    fn new(mut real: Vec<Known>, false_alarms: Option<Vec<Known>>) -> Self {
        real.sort_by(|a, b| (a.start, &a.id).cmp(&(b.start, &b.id)));
        let mut listed: HashMap<String, Vec<Listed>> = HashMap::new();
        let mut list = |known: &Known, belongs: Belongs| {
            for alert in &known.alerts {
                let flat = alert.flat.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                let labels = Pairs::labels(alert.labels.iter().chain(flat));
                let name = labels.value("alertname").to_owned();
                let to = alert.resolved_at.unwrap_or(known.end);
                listed.entry(name).or_default().push(Listed { labels, from: alert.firing_at, to, belongs });
            }
        };
        (0..).zip(&real).for_each(|(at, known): (usize, _)| list(known, Belongs::Real(at)));
        false_alarms.iter().flatten().for_each(|known| list(known, Belongs::FalseAlarm));
        let windows = (0..real.len()).filter(|at| real[*at].alerts.is_empty()).collect();
        Self { real, false_alarms, listed, windows }
    }

    /// Whether what is not known to be real is known to be nothing.
    pub fn is_complete(&self) -> bool {
        self.false_alarms.is_none()
    }

    /// What an alert that fires, or fired until a moment ago, belongs to.
    pub fn of_alert(&self, alert: &Alert, at: DateTime<Utc>) -> impl Iterator<Item = Belongs> {
        // Entries without a name concern alerts of any name.
        let name = alert.labels.value("alertname");
        let nameless = if name.is_empty() { None } else { self.listed.get("") };
        let listed = self.listed.get(name).into_iter().chain(nameless).flatten();
        listed
            .filter(move |listed| listed.from <= at && alert.starts_at <= listed.to && listed.is(&alert.labels))
            .map(|listed| listed.belongs)
    }

    /// Real incidents without a list of alerts that went on while this declaration was open.
    pub fn of_time(&self, opened: DateTime<Utc>, until: DateTime<Utc>) -> impl Iterator<Item = usize> {
        let in_time = move |at: &usize| until >= self.real[*at].start && self.may_be_early_for(opened, *at);
        self.windows.iter().copied().filter(in_time)
    }

    /// Whether what was declared then can be about this incident: while it went on, or [`EARLY_MAX`] before.
    pub fn may_be_early_for(&self, opened: DateTime<Utc>, real: usize) -> bool {
        let known = &self.real[real];
        known.start - EARLY_MAX <= opened && opened <= known.end
    }
}

impl Listed {
    fn is(&self, labels: &Pairs) -> bool {
        self.labels.iter().all(|(name, value)| labels.value(name) == value)
    }
}
