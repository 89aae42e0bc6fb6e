//! Who is on duty, by a calendar that people keep elsewhere: iCalendar (RFC 5545) as far as rotations need it.
//!
//! A calendar is text of strangers. What is not understood is left out and said; how much is looked at has limits, so that
//! no calendar keeps us busy.

mod event;
mod lines;
mod rule;
mod stamp;
#[cfg(test)]
mod tests;
mod zone;

use crate::directory::Person;
use crate::interval::Location;
use crate::text::clean_line;
use chrono::{DateTime, TimeDelta, Utc};
use event::{Event, Known, Replaced, TooMuch, Work, Zones};
use lines::{Line, lines};
use std::collections::BTreeMap;

/// Largest calendar, in bytes.
pub const CALENDAR_BYTES_MAX: usize = 1024 * 1024;

/// Most events of a calendar.
pub const EVENTS_MAX: usize = 20_000;

/// Most people on duty at once for one squad.
pub const ON_DUTY_MAX: usize = 20;

/// Days and occurrences looked at for one question; some ten times what the largest rotation of our own asked for.
const WORK_MAX: u32 = 2_000_000;

/// How far ahead shifts of the same person that follow each other are seen as one.
const AHEAD: TimeDelta = TimeDelta::days(14);

/// Most reasons kept why events were left out.
const SKIPPED_MAX: usize = 5;

/// A calendar that was read.
#[derive(Debug, Clone)]
pub struct Calendar {
    events: Vec<Event>,
    replaced: BTreeMap<String, Replaced>,
    /// How many events were left out.
    pub skipped: usize,
    /// What was not understood of the first of them.
    pub because: Vec<String>,
}

/// Who is on duty at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OnDuty {
    /// Names of people, or what the calendar says; each with the end of their duty.
    pub people: Vec<(String, DateTime<Utc>)>,
    /// When that changes, if it does within two weeks.
    pub next_change: Option<DateTime<Utc>>,
}

/// Why a calendar says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Something else was sent: a page that asks to log in, mostly.
    #[error("it is no calendar: it does not begin with BEGIN:VCALENDAR")]
    NoCalendar,
    /// It stops in the middle.
    #[error("it is not whole: END:VCALENDAR is missing")]
    CutOff,
    /// It is too long.
    #[error("it is larger than {} KiB", CALENDAR_BYTES_MAX / 1024)]
    TooLong,
    /// It has too many events.
    #[error("it has more than {EVENTS_MAX} events")]
    TooMany,
    /// Its rules keep us busy.
    #[error("its events come again so often that nobody can be on duty")]
    TooMuch,
}

impl Calendar {
    /// Reads a calendar. `zone` is for days, and times that name no zone, unless the calendar names one for itself.
    pub fn read(text: &str, zone: Option<Location>) -> Result<Self, Unreadable> {
        if text.len() > CALENDAR_BYTES_MAX {
            return Err(Unreadable::TooLong);
        }
        let components = components(text)?;
        let named = components.zone.as_deref().and_then(zone::location);
        let zones = Zones { defined: components.zones, default: zone.or(named).unwrap_or(Location::UTC) };
        let mut calendar = Self { events: Vec::new(), replaced: BTreeMap::new(), skipped: 0, because: Vec::new() };
        for lines in &components.events {
            match Event::read(lines, &zones) {
                Ok(event) => calendar.add(event, &zones),
                Err(problem) => calendar.skip(lines, &problem),
            }
        }
        Ok(calendar)
    }

    /// Who is on duty at this time, of these people or by the calendar's own words.
    #[expect(clippy::type_complexity, reason = "spans by person, said once")]
    pub fn on_duty(&self, at: DateTime<Utc>, people: &[Person]) -> Result<OnDuty, Unreadable> {
        let (mut work, known) = (Work(WORK_MAX), Known::of(people));
        let mut shifts: BTreeMap<String, Vec<(DateTime<Utc>, DateTime<Utc>)>> = BTreeMap::new();
        for event in self.events.iter().filter(|event| !event.cancelled) {
            // One that replaces an occurrence is not replaced by itself.
            let replaced = if event.instead_of.is_none() { self.replaced.get(&event.uid) } else { None };
            let spans = event.spans(at, at + AHEAD, replaced, &mut work).map_err(|TooMuch| Unreadable::TooMuch)?;
            if spans.is_empty() {
                continue;
            }
            work.take(known.len()).map_err(|TooMuch| Unreadable::TooMuch)?;
            for person in event.people(&known) {
                shifts.entry(person).or_default().extend(&spans);
            }
        }
        let shifts = shifts.into_iter().map(|(person, spans)| (person, joined(spans)));
        let mut duty = OnDuty::default();
        for (person, spans) in shifts {
            for (start, end) in spans {
                let change = if start <= at { end } else { start };
                duty.next_change = Some(duty.next_change.map_or(change, |next| next.min(change)));
                if start <= at && duty.people.len() < ON_DUTY_MAX {
                    duty.people.push((person.clone(), end));
                }
            }
        }
        Ok(duty)
    }

    fn add(&mut self, event: Event, zones: &Zones) {
        if let Some(instead_of) = event.instead_of {
            let replaced = self.replaced.entry(event.uid.clone()).or_default();
            match instead_of {
                stamp::Stamp::Day(day) => drop(replaced.days.insert(day)),
                other => drop(replaced.starts.insert(zones.instant(other, zones.default))),
            }
        }
        self.events.push(event);
    }

    fn skip(&mut self, lines: &[Line], problem: &str) {
        self.skipped += 1;
        if self.because.len() < SKIPPED_MAX {
            let title = lines.iter().find(|line| line.name == "SUMMARY").map(Line::text).unwrap_or_default();
            self.because.push(format!("“{}”: {problem} is not understood", clean_line(&title, 80)));
        }
    }
}

// Shifts that touch or overlap are one.
fn joined(mut spans: Vec<(DateTime<Utc>, DateTime<Utc>)>) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
    spans.sort_unstable();
    let mut joined: Vec<(DateTime<Utc>, DateTime<Utc>)> = Vec::new();
    for (start, end) in spans {
        match joined.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => joined.push((start, end)),
        }
    }
    joined
}

#[derive(Default)]
struct Components {
    events: Vec<Vec<Line>>,
    // What the calendar says of its zones.
    zones: BTreeMap<String, String>,
    // Its own, by `X-WR-TIMEZONE`.
    zone: Option<String>,
}

fn components(text: &str) -> Result<Components, Unreadable> {
    let mut found = Components::default();
    let mut open: Vec<String> = Vec::new();
    let (mut event, mut zone) = (Vec::new(), String::new());
    let (mut begun, mut ended) = (false, false);
    for line in lines(text) {
        let value = line.value.trim().to_ascii_uppercase();
        match line.name.as_str() {
            "BEGIN" => {
                begun |= value == "VCALENDAR";
                open.push(value);
            }
            "END" => {
                open.pop();
                ended |= value == "VCALENDAR";
                if value == "VEVENT" {
                    found.events.push(std::mem::take(&mut event));
                }
            }
            _ if !begun => return Err(Unreadable::NoCalendar),
            // A reminder inside of an event has a length and a text of its own.
            name => match (open.last().map(String::as_str), name) {
                (Some("VEVENT"), _) => event.push(line),
                (Some("VTIMEZONE"), "TZID") => zone = line.value,
                (Some("VTIMEZONE"), "X-LIC-LOCATION") => drop(found.zones.insert(zone.clone(), line.value)),
                (Some("VCALENDAR"), "X-WR-TIMEZONE") => found.zone = Some(line.value),
                _ => {}
            },
        }
        if found.events.len() > EVENTS_MAX {
            return Err(Unreadable::TooMany);
        }
    }
    match (begun, ended) {
        (false, _) => Err(Unreadable::NoCalendar),
        (true, false) => Err(Unreadable::CutOff),
        (true, true) => Ok(found),
    }
}
