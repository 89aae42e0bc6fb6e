//! A scenario, read: what happens when, and what is expected.

use super::model::{AlertModel, ExpectModel, ExpectedAct, NoteModel, ScenarioModel};
use super::{ALERTS_MAX, DrillName, LABELS_MAX, LASTS, LASTS_MAX};
use crate::alert::Pairs;
use crate::alert::drill::DRILL_LABEL;
use crate::duration::Duration;
use crate::incident::roles::{MANAGER, RoleName};
use crate::rules::trial::series;
use crate::text::clean_line;
use std::collections::BTreeMap;

/// Longest name of a scenario, in bytes: its runs add their time to it.
pub const SCENARIO_NAME_BYTES_MAX: usize = 48;

/// Most notes, and most things expected.
pub const LINES_MAX: usize = 100;

/// Longest note, in bytes.
pub const NOTE_BYTES_MAX: usize = 2_000;

/// A scenario, ready to be run.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Its name.
    pub name: DrillName,
    /// What is practised, in a line; may be empty.
    pub title: String,
    /// How long it goes on at most.
    pub lasts: Duration,
    /// Its alerts, in the order they are written.
    pub alerts: Vec<Spell>,
    /// What people are expected to do, in the order it is written.
    pub expect: Vec<Expectation>,
    notes: Vec<(Duration, String)>,
}

/// An alert that begins and ends; times are from the start of the drill.
#[derive(Debug, Clone, PartialEq)]
pub struct Spell {
    /// Its labels, without the mark of the drill.
    pub labels: Pairs,
    /// Texts for people.
    pub annotations: Pairs,
    /// When it begins.
    pub from: Duration,
    /// When it ends.
    pub until: Duration,
}

/// Something people are expected to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// What.
    pub act: ExpectedAct,
    /// Of which role, where that matters.
    pub role: Option<RoleName>,
    /// On an incident of which rule, where that matters.
    pub rule: Option<String>,
    /// So long after the declaration; `declare` after the first alert.
    pub within: Duration,
}

/// What happens at one time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Moment<'a> {
    /// What is said to whoever runs it.
    pub notes: Vec<&'a str>,
    /// Alerts that end and begin again: this is told before the rest, or they would only fire on.
    pub again: Vec<&'a Spell>,
    /// Alerts that begin.
    pub begin: Vec<&'a Spell>,
    /// Alerts that end: after those that begin, so that one that takes the place of another keeps its incident open.
    pub end: Vec<&'a Spell>,
}

impl Scenario {
    /// Reads a scenario; or says everything that is wrong with it, each with its place: `alerts[0].series`.
    pub fn read(model: &ScenarioModel) -> Result<Self, Vec<(String, String)>> {
        let mut reader = Reader { wrong: Vec::new() };
        let scenario = reader.scenario(model);
        match scenario.filter(|_| reader.wrong.is_empty()) {
            Some(scenario) => Ok(scenario),
            None => Err(reader.wrong),
        }
    }

    /// All that happens, by the time at which it does.
    pub fn moments(&self) -> BTreeMap<Duration, Moment<'_>> {
        let mut moments: BTreeMap<Duration, Moment<'_>> = BTreeMap::new();
        for (at, text) in &self.notes {
            moments.entry(*at).or_default().notes.push(text);
        }
        for spell in &self.alerts {
            moments.entry(spell.from).or_default().begin.push(spell);
            let moment = moments.entry(spell.until).or_default();
            let again = self.alerts.iter().any(|other| other.labels == spell.labels && other.from == spell.until);
            if again { moment.again.push(spell) } else { moment.end.push(spell) }
        }
        moments
    }
}

impl Expectation {
    /// In words: `take incident_manager within 5m`.
    pub fn words(&self) -> String {
        let role = self.role.as_ref().map(|role| format!(" {role}")).unwrap_or_default();
        let rule = self.rule.as_ref().map(|rule| format!(" ({rule})")).unwrap_or_default();
        format!("{}{role}{rule} within {}", self.act.word(), self.within)
    }
}

struct Reader {
    wrong: Vec<(String, String)>,
}

impl Reader {
    fn scenario(&mut self, model: &ScenarioModel) -> Option<Scenario> {
        let name = self.name(&model.drill);
        self.few("alerts", model.alerts.len(), ALERTS_MAX);
        self.few("notes", model.notes.len(), LINES_MAX);
        self.few("expect", model.expect.len(), LINES_MAX);
        if model.alerts.is_empty() {
            self.mistake("alerts", "is empty; without an alert nobody would learn of the drill");
        }
        let notes: Vec<_> = model.notes.iter().enumerate().map(|(at, note)| self.note(at, note)).collect();
        let expect: Vec<_> = model.expect.iter().enumerate().map(|(at, one)| self.expectation(at, one)).collect();
        let ends = model.alerts.iter().enumerate().map(|(at, alert)| self.end(at, alert)).collect::<Vec<_>>();
        let lasts = self.lasts(model, &ends);
        let ends = ends.into_iter().map(|end| end.unwrap_or(lasts));
        let alerts: Vec<Spell> = model
            .alerts
            .iter()
            .zip(ends)
            .enumerate()
            .filter_map(|(at, (alert, end))| self.spell(at, alert, end))
            .collect();
        if self.wrong.is_empty() {
            self.overlaps(&alerts);
        }
        let title = clean_line(&model.title, NOTE_BYTES_MAX);
        Some(Scenario { name: name?, title, lasts, alerts, expect, notes })
    }

    fn name(&mut self, text: &str) -> Option<DrillName> {
        match DrillName::parse(text) {
            Ok(name) if text.len() <= SCENARIO_NAME_BYTES_MAX => return Some(name),
            Ok(_) => self
                .mistake("drill", format!("is longer than {SCENARIO_NAME_BYTES_MAX} letters; each run adds its time")),
            Err(problem) => self.mistake("drill", problem.to_string()),
        }
        None
    }

    fn note(&mut self, at: usize, note: &NoteModel) -> (Duration, String) {
        if note.text.trim().is_empty() || note.text.len() > NOTE_BYTES_MAX {
            self.mistake(
                format!("notes[{at}].text"),
                format!("is {} bytes; write 1 to {NOTE_BYTES_MAX}", note.text.len()),
            );
        }
        (note.at, note.text.trim().to_owned())
    }

    fn expectation(&mut self, at: usize, model: &ExpectModel) -> Expectation {
        let ExpectModel { act, role, rule, within } = model.clone();
        let about_roles = matches!(act, ExpectedAct::Take | ExpectedAct::HandOver);
        if role.is_some() && !about_roles {
            let problem = format!("`role` belongs to `take` and `handover`, not to `{}`; take it out", act.word());
            self.mistake(format!("expect[{at}].role"), problem);
        }
        if within == Duration::default() {
            self.mistake(format!("expect[{at}].within"), "is no time at all; write for example `5m`");
        }
        let role = role.or_else(|| (act == ExpectedAct::Take).then(|| RoleName::from(MANAGER)));
        Expectation { act, role, rule, within }
    }

    // When an alert ends, if it says so.
    fn end(&mut self, at: usize, alert: &AlertModel) -> Option<Duration> {
        match (alert.lasts, alert.until) {
            (Some(_), Some(_)) => {
                self.mistake(format!("alerts[{at}].until"), "stands beside `for`; both say when it ends, keep one");
                None
            }
            (Some(lasts), None) if lasts == Duration::default() => {
                self.mistake(format!("alerts[{at}].for"), "is no time at all; write for example `10m`");
                None
            }
            (None, Some(until)) if until <= alert.at => {
                self.mistake(
                    format!("alerts[{at}].until"),
                    format!("is {until}, and it begins at {}; it ends later", alert.at),
                );
                None
            }
            (lasts, until) => lasts.map(|lasts| alert.at + lasts).or(until),
        }
    }

    fn lasts(&mut self, model: &ScenarioModel, ends: &[Option<Duration>]) -> Duration {
        let begins = model.alerts.iter().map(|alert| alert.at);
        let first = begins.clone().min().unwrap_or_default();
        // What is expected counts from a declaration, which comes some time after the first alert.
        let declared = model.expect.iter().filter(|one| one.act == ExpectedAct::Declare).map(|one| one.within).max();
        let expected = model.expect.iter().map(|one| first + declared.unwrap_or_default() + one.within);
        let notes = model.notes.iter().map(|note| note.at);
        let last_begin = begins.max().unwrap_or_default();
        let needed = ends.iter().flatten().copied().chain(notes).max().unwrap_or_default();
        let reach = expected.max().unwrap_or_default().max(needed);
        let lasts = model.lasts.unwrap_or(if reach > last_begin { reach } else { last_begin + LASTS });
        if lasts == Duration::default() || lasts > LASTS_MAX {
            let place = if model.lasts.is_some() { "lasts" } else { "drill" };
            self.mistake(place, format!("lasts {lasts}; a drill lasts {LASTS_MAX} at most"));
        } else if model.lasts.is_some_and(|lasts| lasts < needed || lasts <= last_begin) {
            self.mistake("lasts", format!("is {lasts}, and something happens at {} still", needed.max(last_begin)));
        }
        lasts
    }

    fn spell(&mut self, at: usize, alert: &AlertModel, until: Duration) -> Option<Spell> {
        let labels = match series::labels(&alert.series) {
            Ok(labels) => labels,
            Err(problem) => {
                self.mistake(format!("alerts[{at}].series"), format!("`series`: {problem}"));
                return None;
            }
        };
        if labels.get(DRILL_LABEL).is_some() {
            let problem = format!("has `{DRILL_LABEL}`, which is set by the name of the drill; leave it out");
            self.mistake(format!("alerts[{at}].series"), problem);
        }
        if labels.len().max(alert.annotations.len()) > LABELS_MAX {
            self.mistake(format!("alerts[{at}].series"), format!("has more than {LABELS_MAX} labels or annotations"));
        }
        Some(Spell { labels, annotations: alert.annotations.clone(), from: alert.at, until })
    }

    // The same alert may come again, but not while it fires.
    fn overlaps(&mut self, alerts: &[Spell]) {
        for (at, spell) in alerts.iter().enumerate() {
            let meets =
                |other: &&Spell| other.labels == spell.labels && other.from < spell.until && spell.from < other.until;
            if let Some(other) = alerts[..at].iter().find(meets) {
                let problem = format!("fires from {} to {} already: it is the same alert", other.from, other.until);
                self.mistake(format!("alerts[{at}].series"), problem);
            }
        }
    }

    fn few(&mut self, place: &str, number: usize, max: usize) {
        if number > max {
            self.mistake(place, format!("has {number} lines; at most {max} fit"));
        }
    }

    fn mistake(&mut self, path: impl Into<String>, problem: impl Into<String>) {
        self.wrong.push((path.into(), problem.into()));
    }
}
