//! Who carried how much.

use super::Past;
use super::hours::outside;
use crate::directory::Directory;
use crate::duration::Duration;
use crate::incident::roles::same_person;
use crate::interval::Location;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeMap;

/// Most people that are named.
pub const PEOPLE_MAX: usize = 100;

/// One person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PersonLine {
    /// Who.
    pub person: String,
    /// Incidents they led, at any time.
    pub led: u32,
    /// Incidents in which they had a role.
    pub helped: u32,
    /// How long they had roles; several at once count once.
    pub seconds: u64,
    /// Of this, outside of working hours where they live.
    pub outside_seconds: u64,
    /// Where that is.
    pub zone: &'static str,
}

// A time with its beginning and end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
}

/// By person, the longest first.
pub fn lines(past: &[&Past], now: DateTime<Utc>, directory: &Directory) -> Vec<PersonLine> {
    let mut people: BTreeMap<String, PersonLine> = BTreeMap::new();
    for past in past {
        // The case of letters tells nobody apart.
        let mut held: BTreeMap<String, (&str, Vec<Span>)> = BTreeMap::new();
        for one in &past.held {
            let (_, spans) = held.entry(one.person.to_ascii_lowercase()).or_insert((&one.person, Vec::new()));
            spans.push(Span { from: one.from, until: one.until.unwrap_or(now) });
        }
        for (key, (person, spans)) in held {
            let zone = zone(directory, person);
            let line = people.entry(key).or_insert_with(|| PersonLine {
                person: known(directory, person),
                led: 0,
                helped: 0,
                seconds: 0,
                outside_seconds: 0,
                zone: zone.name(),
            });
            line.helped += 1;
            line.led += u32::from(past.was_led_by(person));
            for Span { from, until } in merged(spans) {
                line.seconds += Duration::between(from, until).as_seconds();
                line.outside_seconds += outside(from, until, zone);
            }
        }
    }
    let mut lines: Vec<PersonLine> = people.into_values().collect();
    lines.sort_by_key(|line| std::cmp::Reverse((line.seconds, line.led)));
    lines.truncate(PEOPLE_MAX);
    lines
}

fn zone(directory: &Directory, name: &str) -> Location {
    let person = directory.people.iter().find(|person| same_person(&person.name, name));
    let zone = person.and_then(|person| person.time_zone.as_deref());
    zone.and_then(|zone| Location::parse(zone).ok()).unwrap_or(Location::UTC)
}

fn known(directory: &Directory, name: &str) -> String {
    let person = directory.people.iter().find(|person| same_person(&person.name, name));
    person.map_or_else(|| name.to_owned(), |person| person.name.clone())
}

// Times that overlap become one.
fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut merged: Vec<Span> = Vec::new();
    for span in spans {
        match merged.last_mut().filter(|last| span.from <= last.until) {
            Some(last) => last.until = last.until.max(span.until),
            None => merged.push(span),
        }
    }
    merged
}
