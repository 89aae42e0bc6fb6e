//! Rotations as calendars export them: their quirks, clock changes, and calendars that mean harm.

mod harm;

use super::*;
use chrono::NaiveDateTime;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn zone(name: &str) -> Location {
    Location::parse(name).unwrap()
}

fn people() -> Vec<Person> {
    let person = |name: &str, full_name: &str, email: &str| Person {
        name: name.to_owned(),
        full_name: full_name.to_owned(),
        email: Some(email.to_owned()),
        ..Person::default()
    };
    vec![
        person("adrian", "Adrian S.", "adrian@example.org"),
        person("anna", "Anna Ääkkönen", "Anna@Example.org"),
        person("bert", "", "bert@example.org"),
    ]
}

fn calendar(events: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n")
}

fn event(lines: &[&str]) -> String {
    format!("BEGIN:VEVENT\r\n{}\r\nEND:VEVENT\r\n", lines.join("\r\n"))
}

// `anna until 2026-04-06T07:00, next 2026-04-06T07:00`
fn on_duty(text: &str, time: &str) -> String {
    said(&Calendar::read(text, None).unwrap(), time)
}

fn said(calendar: &Calendar, time: &str) -> String {
    let duty = calendar.on_duty(at(time), &people()).unwrap();
    let minute = |at: &DateTime<Utc>| at.format("%Y-%m-%dT%H:%M").to_string();
    let mut words: Vec<String> =
        duty.people.iter().map(|(person, until)| format!("{person} until {}", minute(until))).collect();
    if words.is_empty() {
        words.push("nobody".to_owned());
    }
    let next = duty.next_change.map_or_else(|| "never".to_owned(), |next| minute(&next));
    format!("{}; next {next}", words.join(", "))
}

#[test]
fn google_a_weekly_rotation_of_two_with_a_swap() {
    let rotation = |uid: &str, start: &str, end: &str, who: &str| {
        event(&[
            &format!("DTSTART;TZID=Europe/Berlin:{start}"),
            &format!("DTEND;TZID=Europe/Berlin:{end}"),
            "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO",
            "EXDATE;TZID=Europe/Berlin:20260511T090000",
            &format!("UID:{uid}@google.com"),
            "DESCRIPTION:Who answers\\, day and night\\nsee the handbook: https://example.org/a;b",
            &format!("SUMMARY:{who}"),
            "TRANSP:TRANSPARENT",
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            "DESCRIPTION:Bert",
            "SUMMARY:Bert",
            "DURATION:PT15M",
            "TRIGGER:-P0DT0H30M0S",
            "END:VALARM",
        ])
    };
    let swap = event(&[
        "DTSTART;TZID=Europe/Berlin:20260420T120000",
        "DTEND;TZID=Europe/Berlin:20260427T090000",
        "UID:b@google.com",
        "RECURRENCE-ID;TZID=Europe/Berlin:20260420T090000",
        "SUMMARY:On call: Bert for Adrian",
    ]);
    let zone = "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nX-LIC-LOCATION:Europe/Berlin\r\nBEGIN:DAYLIGHT\r\n\
                TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nDTSTART:19700329T020000\r\n\
                RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n";
    let text = calendar(&format!(
        "X-WR-TIMEZONE:Europe/Berlin\r\n{zone}{}{}{swap}",
        rotation("a", "20260330T090000", "20260406T090000", "Anna Ääkkönen"),
        rotation("b", "20260406T090000", "20260413T090000", "Adrian S."),
    ));
    assert_eq!(on_duty(&text, "2026-04-05T00:00:00Z"), "anna until 2026-04-06T07:00; next 2026-04-06T07:00");
    assert_eq!(on_duty(&text, "2026-04-06T07:00:00Z"), "adrian until 2026-04-13T07:00; next 2026-04-13T07:00");
    // The swap begins three hours late: nobody until then. Both names stand in its title.
    assert_eq!(on_duty(&text, "2026-04-20T08:00:00Z"), "nobody; next 2026-04-20T10:00");
    assert_eq!(
        on_duty(&text, "2026-04-20T10:00:00Z"),
        "adrian until 2026-04-27T07:00, bert until 2026-04-27T07:00; next 2026-04-27T07:00"
    );
    // Left out once; the next week is somebody else's.
    assert_eq!(on_duty(&text, "2026-05-12T00:00:00Z"), "nobody; next 2026-05-18T07:00");
}

#[test]
fn pagerduty_bare_addresses_and_flat_shifts() {
    let shift = |from: &str, to: &str, attendee: &str, who: &str| {
        event(&[
            &format!("DTEND;VALUE=DATE-TIME:{to}"),
            &format!("DTSTART;VALUE=DATE-TIME:{from}"),
            attendee,
            &format!("UID:Q3{from}"),
            "URL:https://example.pagerduty.com/schedules#PFWMMZA",
            &format!("SUMMARY:On Call - {who} - Production"),
        ])
    };
    let text = calendar(&format!(
        "X-WR-CALNAME:On Call Schedule\r\n{}{}{}",
        shift("20260401T080000Z", "20260401T200000Z", "ATTENDEE:ANNA@example.org", "Anna Ä"),
        shift("20260401T200000Z", "20260402T080000Z", "ATTENDEE;CN=Jo:mailto:jo@example.org", "Jo Unknown"),
        shift("20260402T080000Z", "20260402T200000Z", "ATTENDEE:sre@example.org", "Adrian S."),
    ));
    assert_eq!(on_duty(&text, "2026-04-01T08:00:00Z"), "anna until 2026-04-01T20:00; next 2026-04-01T20:00");
    assert_eq!(
        on_duty(&text, "2026-04-01T21:00:00Z"),
        "On Call - Jo Unknown - Production until 2026-04-02T08:00; next 2026-04-02T08:00"
    );
    assert_eq!(on_duty(&text, "2026-04-02T12:00:00Z"), "adrian until 2026-04-02T20:00; next 2026-04-02T20:00");
    assert_eq!(on_duty(&text, "2026-04-02T20:00:00Z"), "nobody; next never");
}

#[test]
fn goalert_names_before_the_schedule_and_shifts_that_touch() {
    let shift = |from: &str, to: &str| {
        event(&[
            "UID:5f6a",
            "SUMMARY:Adrian S. On-Call (GoAlert: Production)",
            "DTSTAMP:20260301T000000Z",
            &format!("DTSTART:{from}"),
            &format!("DTEND:{to}"),
        ])
    };
    let text = calendar(&format!(
        "METHOD:PUBLISH\r\n{}{}",
        shift("20260401T000000Z", "20260402T000000Z"),
        shift("20260402T000000Z", "20260403T060000Z"),
    ));
    // One duty for them, in two events.
    assert_eq!(on_duty(&text, "2026-04-01T12:00:00Z"), "adrian until 2026-04-03T06:00; next 2026-04-03T06:00");
}

#[test]
fn outlook_names_zones_in_its_own_way_and_leaves_out_what_cannot_be() {
    let text = calendar(&format!(
        "{}{}{}",
        event(&[
            "DTSTART;TZID=\"W. Europe Standard Time\":20260701T080000",
            "DURATION:P1DT2H",
            "UID:1",
            "ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=DECLINED;CN=\"Bert\":MAILTO:bert@example.org",
            "ATTENDEE;CUTYPE=ROOM:mailto:adrian@example.org",
            "ATTENDEE;CN=\"Anna; on duty\":MAILTO:anna@example.org",
            "SUMMARY;LANGUAGE=de:Bereitschaft",
        ]),
        event(&["DTSTART;TZID=Customized Time Zone:20260701T080000", "DURATION:PT1H", "UID:2", "SUMMARY:Bert"]),
        event(&["DTSTART:20260701T000000Z", "RRULE:FREQ=HOURLY", "DURATION:PT1H", "UID:3", "SUMMARY:Bert"]),
    ));
    let calendar = Calendar::read(&text, None).unwrap();
    assert_eq!(said(&calendar, "2026-07-01T06:00:00Z"), "anna until 2026-07-02T08:00; next 2026-07-02T08:00");
    assert_eq!(calendar.skipped, 2);
    assert_eq!(
        calendar.because,
        [
            "“Bert”: the time zone `Customized Time Zone` is not understood",
            "“Bert”: `FREQ=HOURLY` in a rule is not understood"
        ]
    );
}

#[test]
fn days_are_those_of_the_calendar_or_as_configured() {
    let days = event(&["DTSTART;VALUE=DATE:20260401", "DTEND;VALUE=DATE:20260403", "UID:1", "SUMMARY:anna"]);
    let day = event(&["DTSTART;VALUE=DATE:20260403", "UID:2", "SUMMARY:bert"]);
    let text = calendar(&format!("{days}{day}"));
    let of = |zone: Option<Location>, time| said(&Calendar::read(&text, zone).unwrap(), time);
    assert_eq!(of(None, "2026-04-02T23:30:00Z"), "anna until 2026-04-03T00:00; next 2026-04-03T00:00");
    let berlin = Some(zone("Europe/Berlin"));
    assert_eq!(of(berlin, "2026-04-02T23:30:00Z"), "bert until 2026-04-03T22:00; next 2026-04-03T22:00");
    let own = calendar(&format!("X-WR-TIMEZONE:Pacific/Auckland\r\n{days}{day}"));
    assert_eq!(on_duty(&own, "2026-04-02T11:00:00Z"), "bert until 2026-04-03T11:00; next 2026-04-03T11:00");
}

#[test]
fn shifts_follow_the_clock_on_the_wall_when_it_is_changed() {
    let week = |who: &str, start: &str, end: &str| {
        event(&[
            &format!("DTSTART;TZID=Europe/Berlin:{start}T090000"),
            &format!("DTEND;TZID=Europe/Berlin:{end}T090000"),
            "RRULE:FREQ=WEEKLY;INTERVAL=2",
            &format!("UID:{who}"),
            &format!("SUMMARY:{who}"),
        ])
    };
    let text = calendar(&format!("{}{}", week("anna", "20260309", "20260316"), week("bert", "20260316", "20260323")));
    // Put forward on 29 March, back on 25 October: each week still ends where the next one begins.
    assert_eq!(on_duty(&text, "2026-03-29T12:00:00Z"), "anna until 2026-03-30T07:00; next 2026-03-30T07:00");
    assert_eq!(on_duty(&text, "2026-03-30T07:00:00Z"), "bert until 2026-04-06T07:00; next 2026-04-06T07:00");
    assert_eq!(on_duty(&text, "2026-10-25T12:00:00Z"), "anna until 2026-10-26T08:00; next 2026-10-26T08:00");
    assert_eq!(on_duty(&text, "2026-10-26T07:59:00Z"), "anna until 2026-10-26T08:00; next 2026-10-26T08:00");
    assert_eq!(on_duty(&text, "2026-10-26T08:00:00Z"), "bert until 2026-11-02T08:00; next 2026-11-02T08:00");
}

#[test]
fn hours_that_are_skipped_or_come_twice() {
    let daily = |start: &str, end: &[&str]| {
        let start = format!("DTSTART;TZID=Europe/Berlin:{start}");
        let mut lines = vec![start.as_str(), "RRULE:FREQ=DAILY", "UID:1", "SUMMARY:anna"];
        lines.extend(end);
        calendar(&event(&lines))
    };
    let early = daily("20260301T023000", &["DURATION:PT1H"]);
    // 02:30 does not exist on 29 March: it is the moment that would have been it.
    assert_eq!(on_duty(&early, "2026-03-28T01:30:00Z"), "anna until 2026-03-28T02:30; next 2026-03-28T02:30");
    assert_eq!(on_duty(&early, "2026-03-29T01:30:00Z"), "anna until 2026-03-29T02:30; next 2026-03-29T02:30");
    assert_eq!(on_duty(&early, "2026-03-30T00:30:00Z"), "anna until 2026-03-30T01:30; next 2026-03-30T01:30");
    // It comes twice on 25 October: the first time counts.
    assert_eq!(on_duty(&early, "2026-10-25T00:30:00Z"), "anna until 2026-10-25T01:30; next 2026-10-25T01:30");
    assert_eq!(on_duty(&early, "2026-10-25T01:30:00Z"), "nobody; next 2026-10-26T01:30");
    // A night shift is an hour shorter, or longer; by a length in hours it is not.
    let night = daily("20260301T220000", &["DTEND;TZID=Europe/Berlin:20260302T060000"]);
    assert_eq!(on_duty(&night, "2026-03-28T23:00:00Z"), "anna until 2026-03-29T04:00; next 2026-03-29T04:00");
    assert_eq!(on_duty(&night, "2026-10-24T23:00:00Z"), "anna until 2026-10-25T05:00; next 2026-10-25T05:00");
    let hours = daily("20260301T220000", &["DURATION:PT8H"]);
    assert_eq!(on_duty(&hours, "2026-03-28T23:00:00Z"), "anna until 2026-03-29T05:00; next 2026-03-29T05:00");
}

#[test]
fn whoever_overlaps_is_on_duty_together_and_cancelled_is_not() {
    let one = |who: &str, from: &str, to: &str, status: &str| {
        let (from, to) = (format!("DTSTART:{from}"), format!("DTEND:{to}"));
        event(&[&from, &to, &format!("UID:{who}"), &format!("SUMMARY:{who}"), status])
    };
    let text = calendar(&format!(
        "{}{}{}",
        one("anna", "20260401T080000Z", "20260401T160000Z", "STATUS:CONFIRMED"),
        one("bert", "20260401T120000Z", "20260401T200000Z", "STATUS:TENTATIVE"),
        one("adrian", "20260401T000000Z", "20260402T000000Z", "STATUS:CANCELLED"),
    ));
    assert_eq!(on_duty(&text, "2026-04-01T09:00:00Z"), "anna until 2026-04-01T16:00; next 2026-04-01T12:00");
    assert_eq!(
        on_duty(&text, "2026-04-01T12:00:00Z"),
        "anna until 2026-04-01T16:00, bert until 2026-04-01T20:00; next 2026-04-01T16:00"
    );
}

#[test]
fn counts_ends_and_extra_days() {
    let text = calendar(&event(&[
        "DTSTART:20260401T080000Z",
        "DURATION:PT1H",
        "RRULE:FREQ=DAILY;COUNT=3",
        // A day that is left out counts all the same.
        "EXDATE:20260402T080000Z,20260405T080000Z",
        "RDATE:20260410T080000Z,20260411T080000Z",
        "UID:1",
        "SUMMARY:anna",
    ]));
    let days: Vec<u32> =
        (1..15).filter(|day| on_duty(&text, &format!("2026-04-{day:02}T08:30:00Z")).starts_with("anna")).collect();
    assert_eq!(days, [1, 3, 10, 11]);
    let whole_day = calendar(&event(&[
        "DTSTART;TZID=Europe/Berlin:20260401T080000",
        "DURATION:PT1H",
        "RRULE:FREQ=DAILY;UNTIL=20260403",
        "EXDATE;VALUE=DATE:20260402",
        "UID:1",
        "SUMMARY:anna",
    ]));
    assert_eq!(on_duty(&whole_day, "2026-04-02T06:30:00Z"), "nobody; next 2026-04-03T06:00");
    assert_eq!(on_duty(&whole_day, "2026-04-03T07:00:00Z"), "nobody; next never");
}

#[test]
fn names_are_whole_words_and_text_of_strangers_stays_one_line() {
    let duty = |summary: &str| {
        let text = calendar(&event(&["DTSTART:20260401T000000Z", "DTEND:20260402T000000Z", "UID:1", summary]));
        let duty = Calendar::read(&text, None).unwrap().on_duty(at("2026-04-01T12:00:00Z"), &people()).unwrap();
        duty.people.into_iter().map(|(person, _)| person).collect::<Vec<_>>()
    };
    assert_eq!(duty("SUMMARY:ADRIAN"), ["adrian"]);
    assert_eq!(duty("SUMMARY:Anna ÄÄKKÖNEN (primary)"), ["anna"]);
    assert_eq!(duty("SUMMARY:bert+anna"), ["anna", "bert"]);
    assert_eq!(duty("SUMMARY:Hubert\\, Annabel"), ["Hubert, Annabel"]);
    assert_eq!(duty("SUMMARY:<b>x</b>\\n\\r\\nBcc: a@b\u{202E}"), ["<b>x</b> r Bcc: a@b\u{FFFD}"]);
    assert_eq!(duty(&format!("SUMMARY:{}", "x".repeat(5000)))[0].len(), 80 + "…".len());
    assert_eq!(duty("SUMMARY:"), [] as [&str; 0], "nobody is called nothing");
}

#[test]
fn what_is_no_calendar_or_half_of_one_is_refused() {
    let refused = |text: &str| Calendar::read(text, None).map(drop).unwrap_err();
    assert_eq!(refused(""), Unreadable::NoCalendar);
    assert_eq!(refused("<!DOCTYPE html><a href=\"https://sso.example.org\">Log in</a>"), Unreadable::NoCalendar);
    assert_eq!(refused("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20260401\r\n"), Unreadable::CutOff);
    assert_eq!(refused(&" ".repeat(CALENDAR_BYTES_MAX + 1)), Unreadable::TooLong);
    assert_eq!(refused(&calendar(&"BEGIN:VEVENT\nEND:VEVENT\n".repeat(EVENTS_MAX + 1))), Unreadable::TooMany);
    let empty = Calendar::read(&calendar(""), None).unwrap();
    assert_eq!(empty.on_duty(at("2026-04-01T00:00:00Z"), &people()), Ok(OnDuty::default()));
}

#[test]
fn a_wall_clock_and_its_moments() {
    let berlin = zone("Europe/Berlin");
    let wall = |text: &str| text.parse::<NaiveDateTime>().unwrap();
    for (shown, moment) in [
        ("2026-03-29T01:59:59", "2026-03-29T00:59:59Z"),
        ("2026-03-29T02:30:00", "2026-03-29T01:30:00Z"),
        ("2026-03-29T03:00:00", "2026-03-29T01:00:00Z"),
        ("2026-10-25T02:30:00", "2026-10-25T00:30:00Z"),
        ("2026-10-25T03:00:00", "2026-10-25T02:00:00Z"),
    ] {
        assert_eq!(berlin.instant(wall(shown)), at(moment), "{shown}");
    }
    assert_eq!(berlin.wall(at("2026-10-25T01:30:00Z")), wall("2026-10-25T02:30:00"));
    // A day that Samoa never had.
    let skipped = zone("Pacific/Apia").instant(wall("2011-12-30T12:00:00"));
    assert_eq!(skipped, at("2011-12-30T22:00:00Z"));
}
