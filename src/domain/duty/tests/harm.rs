//! Calendars that mean harm.

use super::*;

#[test]
fn a_calendar_that_means_harm_ends_soon() {
    let many = |lines: &[&str], times: usize| calendar(&event(lines).repeat(times));
    let daily = ["DTSTART:19700101T000000Z", "DURATION:P366D", "RRULE:FREQ=DAILY", "SUMMARY:a"];
    let counted = ["DTSTART:19700101T000000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=999999999", "SUMMARY:a"];
    let never =
        ["DTSTART:19700101T000000Z", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2", "SUMMARY:a"];
    for lines in [daily, counted, never] {
        let one = Calendar::read(&many(&lines, 1), None).unwrap();
        assert!(one.on_duty(at("2199-12-01T00:00:00Z"), &people()).is_ok(), "{lines:?}");
        let all = Calendar::read(&many(&lines, 8000), None).unwrap();
        let asked = all.on_duty(at("2199-12-01T00:00:00Z"), &people());
        assert!(matches!(&asked, Err(Unreadable::TooMuch)) || lines[2] == never[2], "{lines:?}");
    }
    // A million dates, in one line and in as many.
    let dates: Vec<String> =
        (0..1_000_000).map(|at| format!("2026{:02}{:02}T000000Z", at % 12 + 1, at % 28 + 1)).collect();
    let mut long = calendar(&event(&["DTSTART:20260401", "SUMMARY:a", &format!("RDATE:{}", dates.join(","))]));
    long.truncate(CALENDAR_BYTES_MAX - 100);
    assert_eq!(Calendar::read(&long, None).map(drop), Err(Unreadable::CutOff));
    let rows = dates.iter().take(40_000).map(|date| format!("RDATE:{date}")).collect::<Vec<_>>().join("\r\n");
    let rows = Calendar::read(&calendar(&event(&["DTSTART:20260401", "SUMMARY:a", &rows])), None).unwrap();
    assert!(rows.on_duty(at("2026-04-01T00:00:00Z"), &people()).is_ok());
    let crowd: Vec<Person> = (0..1000).map(|at| Person { name: format!("p{at}"), ..Person::default() }).collect();
    let titles: String = (0..5000)
        .map(|at| event(&["DTSTART:20260401", &format!("SUMMARY:stranger {at}"), &format!("UID:{at}")]))
        .collect();
    let busy = Calendar::read(&calendar(&titles), None).unwrap();
    assert_eq!(busy.on_duty(at("2026-04-01T00:00:00Z"), &crowd), Err(Unreadable::TooMuch));
    assert_eq!(busy.on_duty(at("2026-04-01T00:00:00Z"), &people()).unwrap().people.len(), ON_DUTY_MAX);
}

#[test]
fn no_bytes_make_it_panic() {
    let words = [
        "BEGIN:VCALENDAR",
        "END:VCALENDAR",
        "BEGIN:VEVENT",
        "END:VEVENT",
        "DTSTART",
        ";TZID=",
        ";VALUE=DATE",
        ":",
        ";",
        "\"",
        "20260401",
        "T023000",
        "Z",
        "DTEND:",
        "DURATION:P",
        "1W",
        "T9H",
        "RRULE:FREQ=",
        "WEEKLY",
        "MONTHLY",
        ";BYDAY=",
        "-1MO",
        ";COUNT=",
        "99999999999999999999",
        ";UNTIL=",
        ";INTERVAL=",
        "-5",
        "EXDATE:",
        "RDATE:",
        "RECURRENCE-ID:",
        "UID:x",
        "SUMMARY:",
        "ä",
        "\\",
        "\\n",
        "\n",
        "\r\n ",
        "Europe/Berlin",
        "X-WR-TIMEZONE:",
        "ATTENDEE:mailto:",
        ",",
        "/",
        "22009999",
        "19700101",
    ];
    let mut chance = fastrand::Rng::with_seed(5);
    let mut read = 0;
    for _ in 0..20_000 {
        let mut text: String = (0..chance.usize(..40)).map(|_| words[chance.usize(..words.len())]).collect();
        if chance.bool() {
            text = calendar(&event(&["DTSTART:20260401T023000", &text]));
        }
        if let Ok(calendar) = Calendar::read(&text, Some(zone("Europe/Berlin"))) {
            read += usize::from(calendar.on_duty(at("2026-04-01T02:00:00Z"), &people()).is_ok());
        }
    }
    assert!(read > 1000, "only {read} could be read: this shows nothing");
}
