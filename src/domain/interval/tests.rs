//! Grammar, meaning, and the two clock changes; random intervals against stepping minute by minute.

use super::{Intervals, Location, NamedIntervals, TimeInterval};
use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

fn read(interval: Value) -> Result<TimeInterval, String> {
    serde_json::from_value(interval).map_err(|error| error.to_string())
}

fn intervals(list: Value) -> Intervals {
    let named: NamedIntervals = serde_json::from_value(json!({ "name": "test", "time_intervals": list })).unwrap();
    Intervals::new([&named])
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

// The edges from one time to another, each with what holds from then on.
fn edges(intervals: &Intervals, from: &str, to: &str) -> Vec<String> {
    let (mut now, to) = (at(from), at(to));
    let mut found = Vec::new();
    while let Some(edge) = intervals.next_edge(now).filter(|edge| *edge <= to) {
        found.push(format!("{} {}", edge.format("%d %H:%M"), if intervals.holds(edge) { "in" } else { "out" }));
        now = edge;
    }
    found
}

#[test]
fn what_is_written_is_printed_again_and_numbers_need_no_quotes() {
    for (written, printed) in [
        (json!({"weekdays": ["monday:friday", "Saturday"]}), json!({"weekdays": ["monday:friday", "saturday"]})),
        (json!({"days_of_month": ["1:5", "-3:-1", 15]}), json!({"days_of_month": ["1:5", "-3:-1", "15"]})),
        (
            json!({"months": ["january:march", "1:3", "12"]}),
            json!({"months": ["january:march", "january:march", "december"]}),
        ),
        (json!({"years": ["2020:2022", 2030]}), json!({"years": ["2020:2022", "2030"]})),
        (
            json!({"times": [{"start_time": "09:00", "end_time": "24:00"}], "location": "Europe/Berlin"}),
            json!({"times": [{"start_time": "09:00", "end_time": "24:00"}], "location": "Europe/Berlin"}),
        ),
        (json!({"location": ""}), json!({"location": "UTC"})),
        (json!({}), json!({})),
    ] {
        let interval = read(written).unwrap();
        assert_eq!(serde_json::to_value(&interval).unwrap(), printed);
        assert_eq!(read(printed).unwrap(), interval);
    }
}

#[test]
fn what_alertmanager_refuses_is_refused_with_what_to_write() {
    let said: Vec<String> = [
        json!({"times": [{"start_time": "01:99", "end_time": "23:59"}]}),
        json!({"times": [{"start_time": "9:00", "end_time": "17:00"}]}),
        json!({"times": [{"start_time": "12:30", "end_time": "24:01"}]}),
        json!({"times": [{"start_time": "+1:00", "end_time": "24:00"}]}),
        json!({"times": [{"start_time": "22:00", "end_time": "06:00"}]}),
        json!({"times": [{"start_time": "17:31", "end_time": "17:31"}]}),
        json!({"times": [{"start_time": "14:03"}]}),
        json!({"weekdays": ["friday:monday"]}),
        json!({"weekdays": ["saturday:sunday"]}),
        json!({"weekdays": ["1:3"]}),
        json!({"weekdays": ["mon"]}),
        json!({"weekdays": ["monday:tuesday:friday"]}),
        json!({"weekdays": []}),
        json!({"days_of_month": ["0"]}),
        json!({"days_of_month": ["-50:-20"]}),
        json!({"days_of_month": ["1:50"]}),
        json!({"days_of_month": ["-15:5"]}),
        json!({"days_of_month": ["10:-25"]}),
        json!({"days_of_month": [1.5]}),
        json!({"months": ["martius:june"]}),
        json!({"months": ["13"]}),
        json!({"months": ["december:january"]}),
        json!({"years": ["2022:2020"]}),
        json!({"years": ["soon"]}),
        json!({"location": "Europe/Berln"}),
        json!({"location": "Local"}),
        json!({"weekday": ["monday"]}),
    ]
    .into_iter()
    .map(|interval| read(interval).unwrap_err())
    .collect();
    assert_eq!(
        said,
        [
            "`01:99` is no time of the day; write for example 09:00 or 24:00",
            "`9:00` is no time of the day; write for example 09:00 or 24:00",
            "`24:01` is no time of the day; write for example 09:00 or 24:00",
            "`+1:00` is no time of the day; write for example 09:00 or 24:00",
            "`06:00` is not after `22:00`; write two ranges, `22:00` to `24:00` and `00:00` to `06:00`",
            "`17:31` is not after `17:31`; write two ranges, `17:31` to `24:00` and `00:00` to `17:31`",
            "missing field `end_time`",
            "`friday:monday` ends before it starts, for weeks start on sunday; write both days, or two ranges",
            "`saturday:sunday` ends before it starts, for weeks start on sunday; write both days, or two ranges",
            "`1` is no day of the week; write for example monday:friday or saturday",
            "`mon` is no day of the week; did you mean `monday`?",
            "`tuesday:friday` is no day of the week; did you mean `tuesday`?",
            "an empty list never holds; leave the key out for always",
            "`0` is no day of the month; write for example 1:5, or -3:-1 for the last three",
            "`-50` is no day of the month; write for example 1:5, or -3:-1 for the last three",
            "`50` is no day of the month; write for example 1:5, or -3:-1 for the last three",
            "`-15:5` starts at the end of a month and ends in its beginning; write two ranges",
            "`10:-25` ends before it starts",
            "invalid type: floating point `1.5`, expected a range in quotes",
            "`martius` is no month; write for example january:march or 12",
            "`13` is no month; write for example january:march or 12",
            "`december:january` ends before it starts; write two ranges, one for each year",
            "`2022:2020` ends before it starts",
            "`soon` is no year; write for example 2026 or 2026:2028",
            "there is no time zone `Europe/Berln`; did you mean `Europe/Berlin`?",
            "`Local` is another zone on every machine; write its name, for example Europe/Berlin",
            "unknown field `weekday`, expected one of `times`, `weekdays`, `days_of_month`, `months`, `years`, `location`",
        ]
    );
}

#[test]
fn days_of_the_month_are_clamped_and_count_from_its_end() {
    let last = intervals(json!([{ "days_of_month": ["-3:-1"] }]));
    for (day, expected) in [("2024-02-26", false), ("2024-02-27", true), ("2024-02-29", true), ("2024-03-01", false)] {
        assert_eq!(last.holds(at(&format!("{day}T12:00:00Z"))), expected, "{day}");
    }
    // A range that starts after the end of the month is not moved into it; one that ends there is cut.
    let end = intervals(json!([{ "days_of_month": ["30:31"] }]));
    assert!(!end.holds(at("2025-02-28T12:00:00Z")) && end.holds(at("2025-04-30T12:00:00Z")));
    let all = intervals(json!([{ "days_of_month": ["-31:-1"], "months": ["june"] }]));
    assert_eq!(edges(&all, "2025-05-01T00:00:00Z", "2025-12-01T00:00:00Z"), ["01 00:00 in", "01 00:00 out"]);
}

#[test]
fn the_last_day_of_march_is_the_31st_where_clocks_change() {
    let last = intervals(json!([{ "days_of_month": ["-1"], "months": ["march"], "location": "Europe/Berlin" }]));
    assert_eq!(edges(&last, "2025-03-01T00:00:00Z", "2025-05-01T00:00:00Z"), ["30 22:00 in", "31 22:00 out"]);
}

#[test]
fn an_hour_that_is_skipped_is_skipped() {
    // On 30 March 2025, at 01:00 UTC, clocks in Berlin go from 02:00 to 03:00.
    let office =
        intervals(json!([{ "times": [{"start_time": "01:30", "end_time": "02:30"}], "location": "Europe/Berlin" }]));
    assert_eq!(
        edges(&office, "2025-03-29T12:00:00Z", "2025-03-31T12:00:00Z"),
        ["30 00:30 in", "30 01:00 out", "30 23:30 in", "31 00:30 out"]
    );
    let inside =
        intervals(json!([{ "times": [{"start_time": "02:10", "end_time": "02:50"}], "location": "Europe/Berlin" }]));
    assert_eq!(edges(&inside, "2025-03-29T12:00:00Z", "2025-03-31T12:00:00Z"), ["31 00:10 in", "31 00:50 out"]);
}

#[test]
fn an_hour_that_comes_twice_counts_twice() {
    // On 26 October 2025, at 01:00 UTC, clocks in Berlin go from 03:00 back to 02:00.
    let inside =
        intervals(json!([{ "times": [{"start_time": "02:10", "end_time": "02:50"}], "location": "Europe/Berlin" }]));
    assert_eq!(
        edges(&inside, "2025-10-25T12:00:00Z", "2025-10-26T12:00:00Z"),
        ["26 00:10 in", "26 00:50 out", "26 01:10 in", "26 01:50 out"]
    );
    let across =
        intervals(json!([{ "times": [{"start_time": "02:30", "end_time": "03:00"}], "location": "Europe/Berlin" }]));
    assert_eq!(
        edges(&across, "2025-10-25T12:00:00Z", "2025-10-26T12:00:00Z"),
        ["26 00:30 in", "26 01:00 out", "26 01:30 in", "26 02:00 out"]
    );
    let night =
        intervals(json!([{ "times": [{"start_time": "00:00", "end_time": "06:00"}], "location": "Europe/Berlin" }]));
    assert_eq!(edges(&night, "2025-10-25T12:00:00Z", "2025-10-26T12:00:00Z"), ["25 22:00 in", "26 05:00 out"]);
}

#[test]
fn days_that_touch_are_one_stretch_and_what_never_changes_has_no_edge() {
    let week = intervals(json!([
        { "weekdays": ["monday:friday"], "location": "Asia/Kathmandu" },
        { "weekdays": ["saturday"], "times": [{"start_time": "00:00", "end_time": "12:00"}], "location": "Asia/Kathmandu" },
        { "weekdays": ["saturday"], "times": [{"start_time": "12:00", "end_time": "18:00"}], "location": "Asia/Kathmandu" },
    ]));
    // Kathmandu is 5:45 ahead. 2025-06-01 is a Sunday.
    assert_eq!(edges(&week, "2025-06-01T00:00:00Z", "2025-06-08T00:00:00Z"), ["01 18:15 in", "07 12:15 out"]);
    let leap = intervals(json!([{ "days_of_month": ["29"], "months": ["february"] }]));
    assert_eq!(leap.next_edge(at("2024-03-01T00:00:00Z")), Some(at("2028-02-29T00:00:00Z")));
    for (never, holds) in [(json!([{}]), true), (json!([]), false), (json!([{ "years": ["2090"] }]), false)] {
        let never = intervals(never);
        let now = at("2025-06-01T12:00:30.5Z");
        assert_eq!((never.holds(now), never.next_edge(now)), (holds, None));
    }
    let odd = intervals(json!([{ "times": [{"start_time": "12:00", "end_time": "12:01"}] }]));
    assert_eq!(odd.next_edge(at("2025-06-01T12:00:00Z")), Some(at("2025-06-01T12:01:00Z")));
    assert_eq!(odd.next_edge(at("2025-06-01T11:59:59.999Z")), Some(at("2025-06-01T12:00:00Z")));
    assert_eq!(odd.next_edge(DateTime::<Utc>::MAX_UTC), None);
}

// Changes of their clocks: by an hour, by half an hour, at midnight, of a whole day, never; and the time of one.
const ZONES: [(&str, &str); 8] = [
    ("Europe/Berlin", "2025-03-30T01:00:00Z"),
    ("Europe/Berlin", "2025-10-26T01:00:00Z"),
    ("Australia/Lord_Howe", "2025-04-05T15:00:00Z"),
    ("America/Santiago", "2025-09-07T04:00:00Z"),
    ("Pacific/Apia", "2011-12-30T10:00:00Z"),
    ("Asia/Kathmandu", "2025-12-31T18:15:00Z"),
    ("America/St_Johns", "2024-03-10T05:30:00Z"),
    ("UTC", "2024-02-29T00:00:00Z"),
];

// Alertmanager's own way, from the fields of the local time, with the right length of a month.
fn contains(interval: &TimeInterval, at: DateTime<Utc>) -> bool {
    let zone: Tz = interval.location.unwrap_or(Location::UTC).name().parse().unwrap();
    let local = at.with_timezone(&zone);
    let days = i64::from(local.num_days_in_month());
    let minute = local.hour() * 60 + local.minute();
    fn within<T>(list: &Option<Vec<T>>, test: impl Fn(&T) -> bool) -> bool {
        list.as_ref().is_none_or(|list| list.iter().any(test))
    }
    let day_of = |day: i8| if day < 0 { days + i64::from(day) + 1 } else { day.into() };
    within(&interval.times, |range| minute >= range.start.into() && minute < range.end.into())
        && within(&interval.days_of_month, |range| {
            let (first, last) = (day_of(range.first), day_of(range.last));
            first <= days && i64::from(local.day()) >= first && i64::from(local.day()) <= last.min(days)
        })
        && within(&interval.months, |range| (range.first..=range.last).contains(&u8::try_from(local.month()).unwrap()))
        && within(&interval.weekdays, |range| {
            (range.first..=range.last).contains(&u8::try_from(local.weekday().num_days_from_sunday()).unwrap())
        })
        && within(&interval.years, |range| (range.first..=range.last).contains(&local.year()))
}

fn random(random: &mut fastrand::Rng, zone: &str, near: DateTime<Utc>) -> Value {
    let mut interval = serde_json::Map::new();
    let clock = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
    if random.u8(..4) > 0 {
        let times = (0..random.u8(1..4)).map(|_| {
            // Around the hours in which clocks change, in quarters, as often as anywhere.
            let latest = if random.bool() { 5 * 60 } else { 24 * 60 };
            let start = random.u32(0..latest / 15) * 15;
            let end = random.u32(start + 1..=24 * 60);
            json!({ "start_time": clock(start), "end_time": clock(if random.bool() { (end / 60 * 60).max(start + 1) } else { end }) })
        });
        let times: Vec<Value> = times.collect();
        interval.insert("times".to_owned(), times.into());
    }
    let days = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    if random.u8(..3) == 0 {
        let first = random.usize(..7);
        let last = random.usize(first..7);
        interval.insert("weekdays".to_owned(), json!([format!("{}:{}", days[first], days[last])]));
    }
    if random.u8(..3) == 0 {
        let ranges = ["1", "-1", "1:7", "-7:-1", "29:31", "27:-1", "-31:-1", "15:-1"];
        interval.insert("days_of_month".to_owned(), json!([ranges[random.usize(..ranges.len())]]));
    }
    if random.u8(..4) == 0 {
        let month = near.month() + random.u32(..2);
        interval.insert("months".to_owned(), json!([month.min(12)]));
    }
    if random.u8(..8) == 0 {
        interval.insert("years".to_owned(), json!([near.year() + random.i32(0..2)]));
    }
    interval.insert("location".to_owned(), json!(zone));
    interval.into()
}

#[test]
fn the_next_edge_is_where_stepping_minute_by_minute_finds_it() {
    for seed in 0..250 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let (zone, change) = ZONES[rng.usize(..ZONES.len())];
        let near = at(change);
        let list: Vec<Value> = (0..rng.u8(1..4))
            .map(|_| {
                let zone = if rng.u8(..4) > 0 { zone } else { ZONES[rng.usize(..ZONES.len())].0 };
                random(&mut rng, zone, near)
            })
            .collect();
        let read: Vec<TimeInterval> = serde_json::from_value(list.clone().into()).unwrap();
        let found = intervals(list.clone().into());
        let holds = |at: DateTime<Utc>| read.iter().any(|interval| contains(interval, at));
        let end = near + TimeDelta::hours(60);
        let mut now = near - TimeDelta::hours(60);
        let mut edge = found.next_edge(now);
        let mut here = holds(now);
        while now < end {
            let next = now + TimeDelta::minutes(1);
            let there = holds(next);
            assert_eq!(found.holds(next), there, "seed {seed} at {next}: {list:?}");
            if here != there {
                assert_eq!(edge, Some(next), "seed {seed}: {list:?}");
                edge = found.next_edge(next);
            }
            assert!(edge.is_none_or(|edge| edge > next), "seed {seed}: at {next} nothing changes: {edge:?} {list:?}");
            (now, here) = (next, there);
        }
    }
}
