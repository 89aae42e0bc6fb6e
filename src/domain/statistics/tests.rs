//! Numbers calculated by hand.

use super::hours::outside;
use super::month::Spread;
use super::{Past, since, statistics};
use crate::alert::Pairs;
use crate::directory::{Directory, Person};
use crate::ids::{IncidentId, InputSeq};
use crate::incident::entry::AlertsChanged;
use crate::incident::roles::{COMMUNICATIONS, MANAGER};
use crate::incident::{Actor, CallOffCode, Entry, Fact, Incident, RuleRef, Severity, Surface, apply};
use crate::interval::Location;
use chrono::{DateTime, TimeDelta, Utc};

fn time(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn declared(rule: Option<&str>, first_alert_at: Option<DateTime<Utc>>, drill: bool) -> Fact {
    Fact::Declared {
        title: "t".to_owned(),
        impact: String::new(),
        severity: Severity::Major,
        confirmed: rule.is_none(),
        rule: rule.map(|name| RuleRef { name: name.to_owned(), version: 1 }),
        correlation: Pairs::default(),
        labels: Pairs::default(),
        receivers: Vec::new(),
        first_alert_at,
        because: String::new(),
        explanation: None,
        storm: false,
        drill,
        squad: String::new(),
        next_by: None,
    }
}

// An incident whose facts happen so many minutes after its declaration; kept as the store keeps it, entry by entry.
fn past(id: u64, at: &str, first: Fact, facts: Vec<(i64, &str, Fact)>) -> Past {
    let start = time(at);
    let all = [(0, "", first)].into_iter().chain(facts);
    let (mut past, mut made) = (Past::default(), None::<Incident>);
    for (number, (minute, who, fact)) in (1..).zip(all) {
        let actor = if who.is_empty() { Actor::Rule } else { Actor::person(who, Surface::Cli) };
        let at = start + TimeDelta::minutes(minute);
        let entry = Entry { incident: IncidentId(id), number, at, input: InputSeq(1), actor, fact };
        match &mut made {
            Some(incident) => apply::apply(incident, &entry),
            None => made = apply::declared(&entry),
        }
        let incident = made.as_ref().unwrap();
        past.take(incident, &entry);
        past.settle(incident);
    }
    past
}

fn take(role: &str, person: &str) -> Fact {
    Fact::Taken { role: role.into(), person: person.to_owned(), from: None, because: String::new() }
}

fn confirmed() -> Fact {
    Fact::Confirmed { because: String::new(), next_by: None }
}

fn resolved() -> Fact {
    Fact::Resolved { because: String::new() }
}

fn fires() -> Fact {
    Fact::Alerts(AlertsChanged { firing: 1, alerts: 1, ..AlertsChanged::default() })
}

#[test]
fn the_median_and_the_ninth_of_ten() {
    let spread = |seconds: &[u64]| {
        let Spread { count, median_seconds, p90_seconds } = Spread::of(seconds.iter().copied());
        (count, median_seconds, p90_seconds)
    };
    assert_eq!(spread(&[]), (0, None, None));
    assert_eq!(spread(&[7]), (1, Some(7), Some(7)));
    assert_eq!(spread(&[10, 1]), (2, Some(5), Some(10)));
    assert_eq!(spread(&[9, 1, 5]), (3, Some(5), Some(9)));
    assert_eq!(spread(&[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]), (10, Some(5), Some(9)));
    assert_eq!(spread(&[11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]), (11, Some(6), Some(10)));
}

#[test]
fn months_begin_at_their_first_moment() {
    assert_eq!(since(time("2026-11-29T12:00:00Z"), 1), time("2026-11-01T00:00:00Z"));
    assert_eq!(since(time("2026-11-29T12:00:00Z"), 12), time("2025-12-01T00:00:00Z"));
    assert_eq!(since(time("2026-03-31T12:00:00Z"), 2), time("2026-02-01T00:00:00Z"));
    assert_eq!(since(time("2026-03-31T12:00:00Z"), 0), time("2026-03-01T00:00:00Z"));
}

#[test]
fn working_hours_are_those_of_where_somebody_lives() {
    let berlin = Location::parse("Europe/Berlin").unwrap();
    let hours = |from, until, zone| outside(time(from), time(until), zone) / 3600;
    // A Friday: 16:00 to 20:00 in UTC, 17:00 to 21:00 in Berlin.
    assert_eq!(hours("2026-11-27T16:00:00Z", "2026-11-27T20:00:00Z", Location::UTC), 2);
    assert_eq!(hours("2026-11-27T16:00:00Z", "2026-11-27T20:00:00Z", berlin), 3);
    // From then to Monday at 09:00: two hours of Friday and one of Monday are worked.
    assert_eq!(hours("2026-11-27T16:00:00Z", "2026-11-30T09:00:00Z", Location::UTC), 65 - 3);
    // In summer Berlin is two hours ahead; work ends there at 16:00 UTC.
    assert_eq!(hours("2026-07-01T06:00:00Z", "2026-07-01T18:00:00Z", berlin), 2);
    assert_eq!(hours("2026-11-28T00:00:00Z", "2026-11-29T00:00:00Z", berlin), 24);
    assert_eq!(hours("2026-11-27T20:00:00Z", "2026-11-27T16:00:00Z", berlin), 0);
}

#[test]
fn a_quarter_by_hand() {
    let down = |minutes_before: i64, at: &str| {
        declared(Some("ApiDown"), Some(time(at) - TimeDelta::minutes(minutes_before)), false)
    };
    let all = [
        // September: told after 4 minutes, led after 6, over after 60; ada leads and speaks, bert speaks for the last half hour.
        past(
            1,
            "2026-09-10T10:00:00Z",
            down(2, "2026-09-10T10:00:00Z"),
            vec![
                (4, "ada", confirmed()),
                (6, "ada", take(MANAGER, "ada")),
                (10, "ada", take(COMMUNICATIONS, "Ada")),
                (
                    20,
                    "ada",
                    Fact::Updated {
                        text: String::new(),
                        impact: None,
                        next_by: None,
                        promised: Some(time("2026-09-10T10:30:00Z")),
                    },
                ),
                (30, "bert", take(COMMUNICATIONS, "bert")),
                (40, "", Fact::Clear { then: None }),
                (41, "", fires()),
                (42, "", fires()),
                (50, "", Fact::Clear { then: None }),
                (60, "ada", resolved()),
            ],
        ),
        // September too: nothing, said ada after 10 minutes; nobody led.
        past(
            2,
            "2026-09-20T10:00:00Z",
            down(8, "2026-09-20T10:00:00Z"),
            vec![(10, "ada", Fact::CalledOff { code: CallOffCode::Flapping, reason: String::new() })],
        ),
        // November, a Saturday, by hand: known at once, led until it was resolved, and again when it was reopened.
        past(
            3,
            "2026-11-28T10:00:00Z",
            declared(None, None, false),
            vec![
                (0, "bert", take(MANAGER, "bert")),
                (30, "", Fact::PromiseMissed { by: time("2026-11-28T10:30:00Z") }),
                (60, "bert", resolved()),
                (120, "bert", Fact::Reopened { because: String::new(), confirmed: true, next_by: None }),
                (180, "bert", resolved()),
            ],
        ),
        // Practice, and what is too long ago.
        past(4, "2026-11-01T10:00:00Z", declared(None, None, true), vec![(1, "ada", take(MANAGER, "ada"))]),
        past(5, "2026-08-31T23:59:59Z", declared(None, None, false), vec![(1, "ada", take(MANAGER, "ada"))]),
    ];
    let directory = Directory {
        people: vec![Person { name: "ada".to_owned(), time_zone: Some("Asia/Tokyo".to_owned()), ..Person::default() }],
        ..Directory::default()
    };
    let found = statistics(&all, time("2026-11-29T12:00:00Z"), 3, &directory);
    let months: Vec<_> =
        found.months.iter().map(|month| (month.month.as_str(), month.declared, month.by_rule)).collect();
    assert_eq!(months, [("2026-09", 2, 2), ("2026-10", 0, 0), ("2026-11", 1, 0)]);
    let spread = |count, median, p90| Spread { count, median_seconds: Some(median), p90_seconds: Some(p90) };
    let september = &found.months[0];
    assert_eq!(september.until_declared, spread(2, 300, 480));
    assert_eq!(september.until_public, spread(1, 240, 240));
    assert_eq!(september.until_led, spread(1, 360, 360));
    assert_eq!(september.until_resolved, spread(1, 3600, 3600));
    assert_eq!((september.kept, september.missed, september.resolved, september.called_off), (1, 0, 1, 1));
    assert_eq!(found.months[1].until_declared, Spread::default());
    assert_eq!(found.total.until_public, spread(2, 120, 240));
    assert_eq!(found.total.until_resolved, spread(2, 7200, 10800));
    assert_eq!((found.total.declared, found.total.missed), (3, 1));
    let [rule] = found.rules.as_slice() else { panic!("{:?}", found.rules) };
    assert_eq!((rule.rule.as_str(), rule.declared, rule.confirmed, rule.called_off), ("ApiDown", 2, 1, 1));
    assert_eq!((rule.right, rule.wrong, rule.precision), (1, 1, Some(0.5)));
    assert_eq!(rule.codes.iter().map(|(code, count)| (*code, *count)).collect::<Vec<_>>(), [("flapping", 1)]);
    // Bert: two hours on a Saturday, and half an hour of a working day in September. Ada: two roles at once count once, from
    // 10:06 to 11:00, when it is past 19:00 in Tokyo.
    let people: Vec<_> = found
        .people
        .iter()
        .map(|line| (line.person.as_str(), line.led, line.helped, line.seconds, line.outside_seconds))
        .collect();
    assert_eq!(people, [("bert", 1, 2, 9000, 7200), ("ada", 1, 1, 3240, 3240)]);
    let [heat] = found.heat.as_slice() else { panic!("{:?}", found.heat) };
    assert_eq!((heat.rule.as_str(), heat.total, heat.hours[10]), ("ApiDown", 1, 1));
}

#[test]
fn what_is_kept_of_an_incident_can_be_read_by_a_version_that_keeps_more() {
    let kept = past(1, "2026-09-10T10:00:00Z", declared(None, None, false), vec![(1, "ada", take(MANAGER, "ada"))]);
    let text = serde_json::to_string(&kept).unwrap();
    assert_eq!(serde_json::from_str::<Past>(&text).unwrap(), kept);
    assert_eq!(serde_json::from_str::<Past>("{}").unwrap(), Past::default());
}
