//! One tale, as the team and the public read it; and what must stay text.

use super::markdown::escaped;
use super::{Audience, Document, Sources, Told, document, entry_text, markdown};
use crate::alert::Pairs;
use crate::delivery::DeliveryState;
use crate::directory::Directory;
use crate::ids::{AlertId, DeliveryId, IncidentId, InputSeq};
use crate::incident::entry::{AlertChange, AlertsChanged, Change};
use crate::incident::explanation::{Explanation, Mark};
use crate::incident::promise::with_promise;
use crate::incident::{Actor, CallOffCode, Entry, Fact, Incident, Severity, Surface, Tally, apply};
use crate::notice::template::fixture;
use crate::policy::{PolicySource, Timing};
use chrono::TimeDelta;

fn declared(title: &str, because: &str) -> Fact {
    let part =
        Explanation { verdict: Mark::Met, text: "1 alert matches alertname = HighLoad".to_owned(), parts: vec![] };
    Fact::Declared {
        title: title.to_owned(),
        impact: String::new(),
        severity: Severity::Major,
        confirmed: false,
        rule: None,
        correlation: Pairs::default(),
        labels: Pairs::default(),
        receivers: vec!["list".to_owned()],
        first_alert_at: Some(fixture::time() - TimeDelta::minutes(5)),
        because: because.to_owned(),
        explanation: Some(Explanation { verdict: Mark::Met, text: "any of".to_owned(), parts: vec![part] }),
        storm: false,
        drill: false,
        squad: String::new(),
        next_by: None,
    }
}

fn alerts_fact() -> Fact {
    let change = |id: u64, name: &str, change| AlertChange {
        alert: AlertId(id),
        source: "default".into(),
        fingerprint: fixture::alerts()[0].key.fingerprint,
        name: name.to_owned(),
        summary: String::new(),
        change,
        by: if change == Change::Muted { vec!["upgrade-silence".to_owned()] } else { Vec::new() },
    };
    let named = vec![
        change(1, "HighLoad", Change::Attached),
        change(2, "QueueFull", Change::Attached),
        change(3, "HighLoad", Change::Attached),
        change(4, "DiskFull", Change::Muted),
    ];
    Fact::Alerts(AlertsChanged { named, more: 3, firing: 6, alerts: 7, truncated: false })
}

// One fact a minute, oldest first.
fn tale(facts: Vec<(Actor, Fact)>) -> (Incident, Vec<Entry>) {
    let mut incident = None;
    let mut entries = Vec::new();
    for (number, (actor, fact)) in (1..).zip(facts) {
        let at = fixture::time() + TimeDelta::minutes(i64::from(number) - 1);
        let fact = with_promise(fact, incident.as_ref(), at, &Timing::default());
        let entry = Entry { incident: IncidentId(42), number, at, input: InputSeq(1), actor, fact };
        match &mut incident {
            Some(incident) => apply::apply(incident, &entry),
            None => incident = apply::declared(&entry),
        }
        entries.insert(0, entry);
    }
    let mut incident = incident.unwrap();
    incident.tally = Tally { firing: 1, alerts: 7, ..Tally::default() };
    (incident, entries)
}

fn read(incident: &Incident, entries: &[Entry], audience: Audience) -> Document {
    let told = Told {
        receiver: "list".to_owned(),
        notice: "declared",
        state: DeliveryState::Dead,
        decided_at: fixture::time(),
        finished_at: None,
        attempts: 3,
        last_error: Some("550 <nobody>".to_owned()),
    };
    document(
        &Sources {
            incident,
            entries,
            declared: entries.last(),
            alerts: &fixture::alerts(),
            notices: &[told],
            external_url: "https://bell.example.org",
            policy: &PolicySource::default(),
            directory: &Directory::default(),
            now: fixture::time() + TimeDelta::hours(1),
        },
        audience,
    )
}

fn story() -> (Incident, Vec<Entry>) {
    let adrian = || Actor::person("adrian", Surface::Cli);
    tale(vec![
        (Actor::Rule, declared("build: errors", "HighLoad fires")),
        (Actor::Rule, alerts_fact()),
        (adrian(), Fact::Confirmed { because: "users *complain*".to_owned(), next_by: None }),
        (adrian(), Fact::Noted { text: "the queue again".to_owned() }),
        (
            adrian(),
            Fact::Updated {
                text: "We restart it.\nSoon.".to_owned(),
                impact: Some("All".to_owned()),
                next_by: None,
                promised: None,
            },
        ),
        (
            Actor::Rule,
            Fact::NoticeLost {
                delivery: DeliveryId(1),
                receiver: "list".to_owned(),
                person: None,
                notice: "declared".to_owned(),
                because: "550".to_owned(),
                quiet: false,
            },
        ),
        (adrian(), Fact::CalledOff { code: CallOffCode::PlannedWork, reason: "an upgrade".to_owned() }),
    ])
}

#[test]
fn the_team_reads_everything() {
    let (incident, entries) = story();
    assert_eq!(
        markdown(&read(&incident, &entries, Audience::Team)),
        "\
# INC-42: build: errors

- Status: **called off**, major
- Called off: an upgrade (planned-work)
- First alert: 2023-11-14 22:08 UTC
- Declared: 2023-11-14 22:13 UTC by earlybell
- Confirmed: 2023-11-14 22:15 UTC
- Over: 2023-11-14 22:19 UTC, after 11m
- Last update: We restart it. Soon. (2023-11-14 22:17 UTC)
- Page: https://bell.example.org/incidents/42

## Who is affected

All

## Alerts

1 of 7 alerts still fires

- HighLoad: load of web1 is 40 (firing, 2023-11-14 22:08 UTC)
- QueueFull: load of web1 is 40 (resolved, 2023-11-14 22:08 UTC to 2023-11-14 22:13 UTC)
- and 5 more

## Notices

- 2023-11-14 22:13 UTC declared to list: given up: 550 \\<nobody\\>

## Why it was declared

HighLoad fires

- [x] any of
  - [x] 1 alert matches alertname = HighLoad

## Timeline (UTC, newest first)

- 2023-11-14 22:19 adrian: called off (planned-work): an upgrade
- 2023-11-14 22:18 earlybell (team only): the notice “declared” did not reach list: 550
- 2023-11-14 22:17 adrian: update: We restart it. Soon. Who is affected: All
- 2023-11-14 22:16 adrian (team only): note: the queue again
- 2023-11-14 22:15 adrian: confirmed: users \\*complain\\*
- 2023-11-14 22:14 earlybell: new: HighLoad ×2, QueueFull; muted by upgrade-silence: DiskFull; 3 more changed (6 of 7 alerts still fire)
- 2023-11-14 22:13 earlybell: declared “build: errors” (suspected, major): HighLoad fires
"
    );
}

#[test]
fn the_public_reads_no_names_notes_labels_or_inner_workings() {
    let (incident, entries) = story();
    let shown = read(&incident, &entries, Audience::Public);
    let json = serde_json::to_string(&shown).unwrap();
    for hidden in ["adrian", "the queue again", "550", "instance", "HighLoad fires", "any of", "complain"] {
        assert!(!json.contains(hidden), "{hidden} in {json}");
    }
    let texts: Vec<(&str, &str)> = shown.timeline.iter().map(|line| (line.by.as_str(), line.text.as_str())).collect();
    assert_eq!(
        texts,
        [
            ("the team", "called off (planned-work): an upgrade"),
            ("the team", "update: We restart it.\nSoon. Who is affected: All"),
            ("the team", "confirmed"),
            ("earlybell", "new: HighLoad ×2, QueueFull; muted: DiskFull; 3 more changed (6 of 7 alerts still fire)"),
            ("earlybell", "declared “build: errors” (suspected, major)"),
        ]
    );
}

#[test]
fn an_open_incident_says_when_the_next_update_is_due_and_what_nobody_knows_yet() {
    let (incident, entries) = tale(vec![(Actor::Rule, declared("x", ""))]);
    let text = markdown(&read(&incident, &entries, Audience::Team));
    assert!(text.contains("- Next update: was due by 2023-11-14 22:43 UTC, and is late\n"), "{text}");
    assert!(text.contains("## Who is affected\n\nNot known yet.\n"), "{text}");
}

#[test]
fn whatever_they_write_stays_text() {
    for (data, shown) in [
        ("# heading", "\\# heading"),
        ("- item\n1. item", "\\- item 1. item"),
        ("12. item", "12\\. item"),
        ("1) item", "1\\) item"),
        ("<script>alert(1)</script>", "\\<script\\>alert(1)\\</script\\>"),
        ("[a](javascript:b) ![c](d)", "\\[a\\](javascript:b) !\\[c\\](d)"),
        ("see http://evil.example or www.evil.example", "see http\\://evil.example or www\\.evil.example"),
        ("{{ x }} {% y %}", "\\{\\{ x \\}\\} \\{\\% y \\%\\}"),
        ("`code` *b* _i_ ~s~ | \\ &amp;", "\\`code\\` \\*b\\* \\_i\\_ \\~s~ | \\\\ \\&amp;"),
        ("| - | :-: |", "\\| - \\| :-: \\|"),
        (":-", "\\:-"),
        ("called_off: severity =~ \"a|b\"", "called_off: severity =~ \"a|b\""),
        ("=== x", "\\=== x"),
        ("> quoted", "\\> quoted"),
        ("plain text, 3 of 7 (still): yes!", "plain text, 3 of 7 (still): yes!"),
    ] {
        assert_eq!(escaped(data), shown, "{data}");
    }
}

#[test]
fn entries_read_the_same_everywhere() {
    let (_, entries) = story();
    let texts: Vec<String> = entries.iter().map(entry_text).collect();
    assert_eq!(texts[0], "called off (planned-work): an upgrade");
    assert_eq!(texts[3], "note: the queue again");
}
