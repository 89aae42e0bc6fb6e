//! The result of a backtest: numbers per rule, and everything a report shows. All of it is data; nothing here prints.

use crate::alert::Pairs;
use crate::duration::Duration;
use crate::incident::Severity;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

/// What a rule set made of a history.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// What was played: `history.jsonl`.
    pub source: String,
    /// First and last observation.
    pub from: DateTime<Utc>,
    /// Last observation.
    pub to: DateTime<Utc>,
    /// How many there were.
    pub observations: u64,
    /// Whether there was anything to compare with; without, precision, recall and lead are not known.
    pub truth_known: bool,
    /// All rules together.
    pub total: Score,
    /// Each rule, in the order of the files.
    pub rules: Vec<RuleScore>,
    /// Incidents that people know of, in order.
    pub incidents: Vec<TrueIncident>,
    /// What the rules declared, in order; at most [`DECLARATIONS_MAX`].
    pub declarations: Vec<Declaration>,
    /// How many more there were.
    pub more_declarations: u64,
    /// Declarations by day (UTC), days without one left out.
    pub days: Vec<Day>,
}

/// Most declarations listed one by one; the numbers count all.
pub const DECLARATIONS_MAX: usize = 10_000;

/// One rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleScore {
    /// Its name.
    pub rule: String,
    /// Its numbers.
    #[serde(flatten)]
    pub score: Score,
}

/// Numbers of a rule, or of all.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Score {
    /// Incidents declared; reopened ones count once.
    pub declared: u64,
    /// Declared while an incident went on that people know of, by its alerts.
    pub right: u64,
    /// Declared for anything else; where only some incidents were judged, for what people called off.
    pub wrong: u64,
    /// Declared for what nobody judged: says neither. None, where the truth is a file.
    pub unjudged: u64,
    /// Called off by the rule itself.
    pub called_off: u64,
    /// Known incidents that were declared, and how many there are.
    pub found: u64,
    /// Known incidents.
    pub known: u64,
    /// right / (right + wrong); not known without either.
    pub precision: Option<f64>,
    /// found / known.
    pub recall: Option<f64>,
    /// First alert of the evidence → declared, median.
    pub to_declare_p50: Option<Duration>,
    /// The same, nine of ten are quicker.
    pub to_declare_p90: Option<Duration>,
    /// Minutes before people declared, median over the found incidents for which both times are known; negative is later.
    pub lead_minutes_p50: Option<f64>,
    /// Wrong ones per week of history.
    pub wrong_per_week: f64,
    /// Notices to one receiver that hears everything, per week.
    pub notices_per_week: f64,
}

/// An incident that people know of.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrueIncident {
    /// Its name: a date or a number.
    pub id: String,
    /// When it began.
    pub start: DateTime<Utc>,
    /// When it was over.
    pub end: DateTime<Utc>,
    /// When people declared it.
    pub by_people: Option<DateTime<Utc>>,
    /// When a rule declared it first, and which.
    pub by_rules: Option<DateTime<Utc>>,
    /// Which rule was first.
    pub rule: Option<String>,
    /// Minutes before people; negative is later.
    pub lead_minutes: Option<f64>,
    /// Whether the first sign of it is a measured time: only then is the lead honest.
    pub lead_counts: bool,
}

/// What a rule declared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Declaration {
    /// Which rule.
    pub rule: String,
    /// Values of its `correlate_by`.
    pub correlation: Pairs,
    /// When.
    pub at: DateTime<Utc>,
    /// Until when; open at the end of the history if not said.
    pub until: Option<DateTime<Utc>>,
    /// How bad.
    pub severity: Severity,
    /// Title.
    pub title: String,
    /// Start of its first alert.
    pub first_alert_at: Option<DateTime<Utc>>,
    /// Whether it was right.
    pub judgement: Judgement,
    /// The known incident it belongs to, if any.
    pub incident: Option<String>,
    /// Whether it ended as called off.
    pub called_off: bool,
    /// Times it was reopened.
    pub reopened: u32,
    /// Alerts it had.
    pub alerts: u32,
    /// Notices to one receiver that hears everything.
    pub notices: u32,
}

/// Whether a declaration was right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// It was about a real incident.
    Right,
    /// It was about nothing.
    Wrong,
    /// Nobody said.
    Unjudged,
}

/// One day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Day {
    /// Which, in UTC.
    pub day: NaiveDate,
    /// Declared for known incidents.
    pub right: u32,
    /// Declared for anything else.
    pub wrong: u32,
    /// Declared for what nobody judged.
    pub unjudged: u32,
}
