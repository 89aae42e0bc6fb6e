//! One event of a calendar, and when it happens.

use super::lines::Line;
use super::rule::Rule;
use super::stamp::{Length, Stamp, length, stamp};
use super::zone;
use crate::directory::Person;
use crate::interval::Location;
use crate::text::clean_line;
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// Longest text that names a person whom nobody knows, in bytes.
const NAME_BYTES_MAX: usize = 80;

/// An event that comes again lasts a year at most.
const AGAIN_DAYS_MAX: i64 = 366;

/// An event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Which: those that replace one occurrence have the same.
    pub uid: String,
    /// Which occurrence of that event this one replaces.
    pub instead_of: Option<Stamp>,
    /// It does not happen.
    pub cancelled: bool,
    /// Who attends: mail address in small letters, and name.
    pub attendees: Vec<(String, String)>,
    /// Its title.
    pub summary: String,
    zone: Location,
    start: NaiveDateTime,
    length: Length,
    rule: Option<Rule>,
    more: Vec<NaiveDateTime>,
    except: BTreeSet<NaiveDateTime>,
    except_days: BTreeSet<NaiveDate>,
}

/// Names of zones: as the calendar defines them, and what holds where none is named.
#[derive(Debug, Clone)]
pub struct Zones {
    /// What `X-LIC-LOCATION` says of each.
    pub defined: BTreeMap<String, String>,
    /// Where none is named.
    pub default: Location,
}

/// Occurrences that other events replace.
#[derive(Debug, Clone, Default)]
pub struct Replaced {
    /// By their start.
    pub starts: BTreeSet<DateTime<Utc>>,
    /// By their day.
    pub days: BTreeSet<NaiveDate>,
}

/// More than anybody's rotation asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMuch;

/// What may still be looked at.
#[derive(Debug)]
pub struct Work(pub u32);

impl Work {
    /// Takes so much of it.
    pub fn take(&mut self, much: usize) -> Result<(), TooMuch> {
        let left = u32::try_from(much).ok().and_then(|much| self.0.checked_sub(much));
        self.0 = left.ok_or(TooMuch)?;
        Ok(())
    }
}

impl Zones {
    fn of(&self, line: &Line) -> Result<Location, String> {
        let Some(name) = line.param("TZID") else { return Ok(self.default) };
        let defined = || self.defined.get(name).and_then(|name| zone::location(name));
        zone::location(name).or_else(defined).ok_or_else(|| format!("the time zone `{}`", clean_line(name, 80)))
    }

    /// When this is.
    pub fn instant(&self, stamp: Stamp, zone: Location) -> DateTime<Utc> {
        match stamp {
            Stamp::Day(day) => self.default.instant(day.and_time(chrono::NaiveTime::MIN)),
            Stamp::Wall(wall) => zone.instant(wall),
            Stamp::Utc(at) => at,
        }
    }
}

impl Event {
    /// Reads an event; says what is not understood.
    pub fn read(lines: &[Line], zones: &Zones) -> Result<Self, String> {
        let find = |name: &str| lines.iter().find(|line| line.name == name);
        let start_line = find("DTSTART").ok_or("it has no start")?;
        let named = zones.of(start_line)?;
        let (start, zone) = match read_stamp(start_line)? {
            Stamp::Day(day) => (day.and_time(chrono::NaiveTime::MIN), zones.default),
            Stamp::Wall(wall) => (wall, named),
            Stamp::Utc(at) => (at.naive_utc(), Location::UTC),
        };
        let is_day = matches!(read_stamp(start_line)?, Stamp::Day(_));
        let mut event = Self {
            uid: find("UID").map(|line| line.value.clone()).unwrap_or_default(),
            instead_of: None,
            cancelled: find("STATUS").is_some_and(|line| line.value.trim().eq_ignore_ascii_case("CANCELLED")),
            attendees: lines.iter().filter(|line| line.name == "ATTENDEE").filter_map(attendee).collect(),
            summary: find("SUMMARY").map(Line::text).unwrap_or_default(),
            zone,
            start,
            length: Length::default(),
            rule: find("RRULE").map(|line| Rule::parse(&line.value, zone)).transpose()?,
            more: Vec::new(),
            except: BTreeSet::new(),
            except_days: BTreeSet::new(),
        };
        event.length = event.read_length(find("DTEND"), find("DURATION"), is_day, zones)?;
        if let Some(line) = find("RECURRENCE-ID") {
            event.instead_of = Some(match read_stamp(line)? {
                Stamp::Wall(wall) => Stamp::Utc(zones.of(line)?.instant(wall)),
                other => other,
            });
        }
        for line in lines.iter().filter(|line| matches!(line.name.as_str(), "EXDATE" | "RDATE")) {
            event.read_dates(line, zones)?;
        }
        if (event.rule.is_some() || !event.more.is_empty()) && event.length.wall > TimeDelta::days(AGAIN_DAYS_MAX) {
            return Err("it comes again before it is over, for more than a year".to_owned());
        }
        Ok(event)
    }

    fn read_length(
        &self,
        end: Option<&Line>,
        duration: Option<&Line>,
        is_day: bool,
        zones: &Zones,
    ) -> Result<Length, String> {
        let wall = |wall| Length { wall, ..Length::default() };
        Ok(match (end, duration) {
            (Some(line), _) => {
                let end = match read_stamp(line)? {
                    Stamp::Day(day) => day.and_time(chrono::NaiveTime::MIN),
                    Stamp::Wall(end) => self.zone.wall(zones.of(line)?.instant(end)),
                    Stamp::Utc(at) => self.zone.wall(at),
                };
                wall((end - self.start).max(TimeDelta::zero()))
            }
            (None, Some(line)) => length(&line.value).ok_or_else(|| format!("`{}`", clean_line(&line.value, 80)))?,
            (None, None) if is_day => wall(TimeDelta::days(1)),
            (None, None) => Length::default(),
        })
    }

    fn read_dates(&mut self, line: &Line, zones: &Zones) -> Result<(), String> {
        for text in line.value.split(',').filter(|text| !text.trim().is_empty()) {
            // Of a period, the start.
            let text = text.split('/').next().unwrap_or(text);
            let read = stamp(text).ok_or_else(|| format!("`{}`", clean_line(text, 80)))?;
            let wall = match read {
                Stamp::Day(day) if line.name == "EXDATE" => {
                    self.except_days.insert(day);
                    continue;
                }
                Stamp::Day(day) => day.and_time(self.start.time()),
                Stamp::Wall(wall) => self.zone.wall(zones.of(line)?.instant(wall)),
                Stamp::Utc(at) => self.zone.wall(at),
            };
            match line.name.as_str() {
                "EXDATE" => drop(self.except.insert(wall)),
                _ => self.more.push(wall),
            }
        }
        Ok(())
    }

    /// When it happens, as far as that touches this time.
    #[expect(clippy::type_complexity, reason = "spans, said once")]
    pub fn spans(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        replaced: Option<&Replaced>,
        work: &mut Work,
    ) -> Result<Vec<(DateTime<Utc>, DateTime<Utc>)>, TooMuch> {
        let mut walls = self.more.clone();
        match &self.rule {
            None => walls.push(self.start),
            Some(rule) => self.repeat(rule, from, to, work, &mut walls)?,
        }
        walls.sort_unstable();
        walls.dedup();
        let mut spans = Vec::new();
        for wall in walls {
            work.take(1)?;
            let start = self.zone.instant(wall);
            let end = self.zone.instant(wall + self.length.wall) + self.length.exact;
            let is_out = self.except.contains(&wall)
                || self.except_days.contains(&wall.date())
                || replaced.is_some_and(|by| by.starts.contains(&start) || by.days.contains(&wall.date()));
            if start < end && end > from && start < to && !is_out {
                spans.push((start, end));
            }
        }
        Ok(spans)
    }

    fn repeat(
        &self,
        rule: &Rule,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        work: &mut Work,
        walls: &mut Vec<NaiveDateTime>,
    ) -> Result<(), TooMuch> {
        let first = self.start.date();
        let reach =
            Days::new(self.length.wall.num_days().unsigned_abs() + self.length.exact.num_days().unsigned_abs() + 2);
        let near = self.zone.wall(from).date().checked_sub_days(reach).unwrap_or(first).max(first);
        let last = self.zone.wall(to).date();
        // How many there were before can only be counted.
        let begin = if rule.count.is_some() { first } else { near };
        let mut left = rule.count.unwrap_or(u64::MAX);
        for day in begin.iter_days().take_while(|day| *day <= last) {
            work.take(1)?;
            if left == 0 {
                break;
            }
            if !rule.falls_on(first, day) {
                continue;
            }
            left -= 1;
            let wall = day.and_time(self.start.time());
            if rule.is_over(day, self.zone.instant(wall)) {
                break;
            }
            if day >= near {
                walls.push(wall);
            }
        }
        Ok(())
    }

    /// Who it is about: whom its attendees' addresses belong to; else whom its title names; else its title, as it is.
    pub fn people(&self, known: &Known) -> Vec<String> {
        let attends = |one: &One| self.attendees.iter().any(|(email, _)| one.email.as_ref() == Some(email));
        let mut found = known.names(attends);
        if found.is_empty() {
            found = known.named_in(&self.summary);
        }
        if found.is_empty() {
            let name = self.attendees.iter().map(|(_, name)| name.as_str()).find(|name| !name.is_empty());
            let text = if self.summary.trim().is_empty() { name.unwrap_or_default() } else { &self.summary };
            found.push(clean_line(text, NAME_BYTES_MAX));
        }
        found.retain(|name| !name.is_empty());
        found
    }
}

/// People as titles may name them.
pub struct Known(Vec<One>);

// All in small letters.
struct One {
    name: String,
    full_name: String,
    email: Option<String>,
}

impl Known {
    /// Of these people.
    pub fn of(people: &[Person]) -> Self {
        let one = |person: &Person| One {
            name: person.name.to_lowercase(),
            full_name: person.full_name.trim().to_lowercase(),
            email: person.email.as_ref().map(|email| email.to_lowercase()),
        };
        Self(people.iter().map(one).collect())
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    fn names(&self, is: impl Fn(&One) -> bool) -> Vec<String> {
        self.0.iter().filter(|one| is(one)).map(|one| one.name.clone()).collect()
    }

    // A title that is a name, or has full names in it, or else names, as whole words.
    fn named_in(&self, title: &str) -> Vec<String> {
        let title = title.trim().to_lowercase();
        if title.is_empty() {
            return Vec::new();
        }
        let ways: [&dyn Fn(&One) -> bool; 3] =
            [&|one| one.name == title || one.full_name == title, &|one| has_words(&title, &one.full_name), &|one| {
                has_words(&title, &one.name)
            }];
        ways.iter().map(|way| self.names(way)).find(|found| !found.is_empty()).unwrap_or_default()
    }
}

fn has_words(text: &str, words: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    !words.is_empty()
        && text.match_indices(words).any(|(at, found)| {
            !is_part(text[..at].chars().next_back()) && !is_part(text[at + found.len()..].chars().next())
        })
}

fn read_stamp(line: &Line) -> Result<Stamp, String> {
    stamp(&line.value).ok_or_else(|| format!("the time `{}`", clean_line(&line.value, 80)))
}

fn attendee(line: &Line) -> Option<(String, String)> {
    let is = |name: &str, values: &[&str]| {
        line.param(name).is_some_and(|value| values.iter().any(|known| value.eq_ignore_ascii_case(known)))
    };
    if is("PARTSTAT", &["DECLINED", "DELEGATED"]) || is("CUTYPE", &["ROOM", "RESOURCE"]) {
        return None;
    }
    // PagerDuty writes the bare address.
    let value = line.value.trim();
    let address = match value.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => &value[7..],
        _ => value,
    };
    Some((address.trim().to_lowercase(), line.param("CN").unwrap_or_default().to_owned()))
}
