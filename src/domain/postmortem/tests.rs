//! Two incidents as the team would find their drafts; and what must never stand in one.

use super::{PostFile, PostMortem, check, draft, file, hints};
use crate::alert::Pairs;
use crate::directory::Directory;
use crate::document::Sources;
use crate::ids::{IncidentId, InputSeq};
use crate::incident::entry::ReviewFact;
use crate::incident::review::{ActionItem, Ended, Shown};
use crate::incident::room::Part;
use crate::incident::{Actor, CallOffCode, Entry, Fact, Incident, RuleRef, Severity, Surface, apply};
use crate::policy::{PolicySource, Postmortems, SectionSpec};
use chrono::{DateTime, TimeDelta, Utc};

fn time(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn declared(title: &str, rule: Option<&str>, first: Option<DateTime<Utc>>) -> Fact {
    Fact::Declared {
        title: title.to_owned(),
        impact: String::new(),
        severity: Severity::Major,
        confirmed: rule.is_none(),
        rule: rule.map(|name| RuleRef { name: name.to_owned(), version: 1 }),
        correlation: Pairs::default(),
        labels: Pairs::default(),
        receivers: vec!["secret-receiver".to_owned()],
        first_alert_at: first,
        because: "secret-because".to_owned(),
        explanation: None,
        storm: false,
        drill: false,
        squad: String::new(),
        next_by: None,
    }
}

fn updated(text: &str, impact: Option<&str>, next_by: Option<DateTime<Utc>>) -> Fact {
    Fact::Updated { text: text.to_owned(), impact: impact.map(str::to_owned), next_by, promised: None }
}

fn adrian() -> Actor {
    Actor::person("adrian", Surface::Cli)
}

// Facts with the minutes after the start at which they happened, oldest first.
fn written(start: DateTime<Utc>, facts: Vec<(i64, Actor, Fact)>) -> (PostMortem, PostFile) {
    let style = Postmortems { author: Some("the OBS Team".to_owned()), ..Postmortems::default() };
    written_as(start, facts, style)
}

fn written_as(start: DateTime<Utc>, facts: Vec<(i64, Actor, Fact)>, postmortem: Postmortems) -> (PostMortem, PostFile) {
    let policy = PolicySource { postmortem, ..PolicySource::default() };
    let mut incident: Option<Incident> = None;
    let mut entries = Vec::new();
    for (number, (minute, actor, fact)) in (1..).zip(facts) {
        let at = start + TimeDelta::minutes(minute);
        let entry = Entry { incident: IncidentId(42), number, at, input: InputSeq(1), actor, fact };
        match &mut incident {
            Some(incident) => apply::apply(incident, &entry),
            None => incident = apply::declared(&entry),
        }
        entries.insert(0, entry);
    }
    let incident = incident.unwrap();
    let post = draft(&Sources {
        incident: &incident,
        entries: &entries,
        declared: entries.last(),
        alerts: &[],
        notices: &[],
        external_url: "https://bell.example.org",
        policy: &policy,
        directory: &Directory::default(),
        now: start + TimeDelta::days(1),
    });
    let file = file(&post, &policy.postmortem);
    (post, file)
}

#[test]
fn a_night_of_slow_pages() {
    let start = time("2026-07-08T01:46:00Z");
    let confirmed = Fact::Confirmed { because: "secret-because".to_owned(), next_by: None };
    let (post, file) = written(
        start,
        vec![
            (4, Actor::Rule, declared("Pages are slow", Some("web-slow"), Some(start))),
            (6, adrian(), Fact::Noted { text: "secret-note".to_owned() }),
            (8, adrian(), confirmed),
            (9, adrian(), updated("We look into it.", Some("Everyone who opens a page."), Some(start))),
            (40, adrian(), Fact::Resolved { because: "A query was taken out.".to_owned() }),
        ],
    );
    assert_eq!(file.path, "_posts/deployments/2026-07-08-post-mortem-inc-42.md");
    let expected = include_str!("golden/2026-07-08.md");
    assert_eq!(file.text, expected, "\n{}", file.text);
    let waiting: Vec<String> = check(&post).into_iter().map(|unfilled| unfilled.section).collect();
    assert_eq!(waiting, ["the beginning", "Root Cause", "Action Items", "Lessons Learned"]);
    assert_eq!(crate::incident::publication::unfilled(&file.text), waiting);
    assert_eq!((post.facts.until_declared_seconds, post.facts.lasted_seconds), (240, Some(2400)));
    assert_eq!(post.facts.until_public_seconds, Some(480));
}

#[test]
fn over_midnight_and_declared_by_a_person() {
    let start = time("2023-12-07T22:30:00Z");
    let (post, file) = written(
        start,
        vec![
            (0, adrian(), declared("No builds", None, None)),
            (120, Actor::Rule, Fact::Resolved { because: "no alert for 10m".to_owned() }),
        ],
    );
    assert!(file.text.contains("On 2023-12-07, from 22:30 to 2023-12-08 00:30 UTC (2h)"), "{}", file.text);
    let waiting: Vec<String> = check(&post).into_iter().map(|unfilled| unfilled.section).collect();
    let all = ["the beginning", "Impact", "Detection", "Root Cause", "Resolution", "Action Items", "Lessons Learned"];
    assert_eq!(waiting, all);
}

#[test]
fn what_only_the_team_saw_stays_inside() {
    let start = time("2026-07-08T01:46:00Z");
    let secret = || "secret".to_owned();
    let (_, file) = written(
        start,
        vec![
            (0, Actor::Rule, declared("Pages are slow", Some("secret-rule"), Some(start))),
            (1, Actor::person("secret-person", Surface::Cli), Fact::Acknowledged { text: secret() }),
            (2, adrian(), Fact::Noted { text: secret() }),
            (3, adrian(), Fact::Edited { part: Part::Links, text: "https://secret.example".to_owned() }),
            (4, adrian(), Fact::TodoAdded { todo: 1, text: secret(), owner: Some(secret()) }),
            (5, adrian(), Fact::Followed { person: secret() }),
            (6, adrian(), Fact::CalledOff { code: CallOffCode::Test, reason: "a test".to_owned() }),
        ],
    );
    assert!(!file.text.contains("secret") && !file.text.contains("adrian"), "{}", file.text);
}

#[test]
fn hostile_text_stays_text() {
    let start = time("2026-07-08T01:46:00Z");
    let hostile = [
        "{% endraw %}{% include x %}",
        "{{ site.secret }}",
        "{{%{%{{",
        "a | b {%|%}",
        "a: \"b\"\n---\nlayout: evil",
        "<script>alert(1)</script> --> <!-- x",
        "# heading\n\n## heading\n\n---\n\n- [x](javascript:y)",
        "\\",
        "\\\"",
    ];
    for text in hostile {
        let (_, file) = written(
            start,
            vec![
                (0, adrian(), declared(text, None, Some(start))),
                (1, adrian(), Fact::Edited { part: Part::Summary, text: text.to_owned() }),
                (1, adrian(), Fact::Edited { part: Part::Impact, text: text.to_owned() }),
                (2, adrian(), updated(text, None, None)),
                (3, adrian(), Fact::Resolved { because: text.to_owned() }),
            ],
        );
        let written = &file.text;
        assert!(!written.contains("{%") && !written.contains("{{"), "{written}");
        let body = written.split("\n---\n").nth(1).unwrap();
        assert!(!body.replace("\\|", "").contains('|') && !body.contains("\\%"), "{body}");
        assert!(!written.replace("\\<", "").contains("<script"), "{written}");
        let headings = written.lines().filter(|line| line.starts_with('#')).count();
        let rules = written.lines().filter(|line| line.trim() == "---").count();
        assert_eq!((headings, rules), (7, 2), "{written}");
        let title = written.lines().find(|line| line.starts_with("title: ")).unwrap();
        let read: String = serde_json::from_str(&title["title: ".len()..]).unwrap();
        assert_eq!(read, file.title, "{written}");
        assert_eq!(written.matches("<!--").count(), written.matches("-->").count(), "{written}");
    }
}

fn review(fact: ReviewFact) -> Fact {
    Fact::Review(fact)
}

fn wrote(section: &str, text: &str) -> Fact {
    review(ReviewFact::Written { section: section.to_owned(), text: text.to_owned() })
}

fn item(text: &str, owner: Option<&str>, due: Option<(i32, u32, u32)>, link: Option<&str>) -> ActionItem {
    ActionItem {
        text: text.to_owned(),
        owner: owner.map(str::to_owned),
        due: due.map(|(year, month, day)| chrono::NaiveDate::from_ymd_opt(year, month, day).unwrap()),
        link: link.map(str::to_owned),
    }
}

#[test]
fn what_people_wrote_stands_with_what_is_known() {
    let start = time("2023-12-07T12:52:00Z");
    let corrected = |entry, text: &str| review(ReviewFact::Corrected { entry, text: text.to_owned() });
    let (post, file) = written(
        start,
        vec![
            (23, adrian(), declared("The web is slow", None, Some(start))),
            (25, adrian(), updated("All is lost.", Some("All users."), None)),
            (26, adrian(), Fact::Noted { text: "a query takes all workers".to_owned() }),
            (28, adrian(), Fact::Resolved { because: "it went away".to_owned() }),
            (99, adrian(), wrote("title", "Slow pages on a Thursday")),
            (100, adrian(), wrote("intro", "A **service degradation**: pages took up to `30s`.")),
            (100, adrian(), wrote("detection", "A user told us before the alert did.")),
            (
                101,
                adrian(),
                wrote("root-cause", "A query without an index:\n\n- [the change](https://example.org/pr/7)\n"),
            ),
            (101, adrian(), wrote("resolution", "We took the query out.")),
            (102, adrian(), wrote("lessons-learned", "## What went well\n\nIt was short.\n\n{{ site.x }} <b>bold</b>")),
            (103, adrian(), corrected(2, "update: some pages are slow")),
            (104, adrian(), review(ReviewFact::Shown { entry: 3, shown: Some(Shown::Public) })),
            (
                105,
                adrian(),
                review(ReviewFact::ActionAdded {
                    action: 1,
                    item: item("Alert on slow queries", Some("carla"), Some((2023, 12, 20)), None),
                }),
            ),
            (
                106,
                adrian(),
                review(ReviewFact::ActionAdded {
                    action: 2,
                    item: item("Add the index", None, None, Some("https://tracker.example.org/8")),
                }),
            ),
            (106, adrian(), review(ReviewFact::ActionAdded { action: 3, item: item("Never mind", None, None, None) })),
            (107, adrian(), review(ReviewFact::ActionEnded { action: 2, end: Ended::Done })),
            (
                108,
                adrian(),
                review(ReviewFact::ActionEnded { action: 3, end: Ended::Dropped { because: "too much".to_owned() } }),
            ),
        ],
    );
    let expected = include_str!("golden/2023-12-07.md");
    assert_eq!(file.text, expected, "\n{}", file.text);
    assert_eq!(file.path, "_posts/deployments/2023-12-07-post-mortem-inc-42.md");
    // What was said to the public of who is affected was corrected: somebody must say it anew.
    let waiting: Vec<String> = check(&post).into_iter().map(|unfilled| unfilled.name).collect();
    assert_eq!(waiting, ["impact"]);
    assert_eq!(hints(&post), ["entry 3 is for the team, and was marked public: note: a query takes all workers"]);
    assert_eq!((post.sections[3].version, post.sections[3].by.as_deref()), (8, Some("adrian")));
    let owed = post.owed;
    assert_eq!((owed.since, owed.due), (Some(start + TimeDelta::minutes(28)), Some(time("2023-12-14T13:20:00Z"))));
}

#[test]
fn owners_are_named_where_that_is_wanted() {
    let start = time("2023-12-07T12:52:00Z");
    let facts = || {
        let added = ReviewFact::ActionAdded { action: 1, item: item("Do it", Some("carla"), None, None) };
        vec![
            (0, adrian(), declared("Slow", None, None)),
            (1, adrian(), Fact::Resolved { because: "x".to_owned() }),
            (2, adrian(), review(added)),
        ]
    };
    assert!(!written(start, facts()).1.text.contains("carla"));
    let named = Postmortems { name_owners: true, ..Postmortems::default() };
    assert!(written_as(start, facts(), named).1.text.contains("- Do it (carla)\n"));
}

// Words with `secret` are for the team, or were taken back, corrected, or marked private: whatever else happens, none of them is in
// the file.
#[test]
fn whatever_happens_nothing_private_is_in_the_file() {
    let mut postmortem = Postmortems::default();
    let private = SectionSpec {
        name: "inside".to_owned(),
        heading: "Inside".to_owned(),
        private: true,
        ..postmortem.sections[1].clone()
    };
    postmortem.sections.push(private);
    for seed in 0..3_000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let (_, file) = written_as(time("2026-07-08T01:46:00Z"), secrets(&mut random), postmortem.clone());
        assert!(!file.text.contains("secret"), "seed {seed}:\n{}", file.text);
    }
}

fn secrets(random: &mut fastrand::Rng) -> Vec<(i64, Actor, Fact)> {
    let secret = || "secret-words".to_owned();
    let said = |random: &mut fastrand::Rng| if random.bool() { secret() } else { "fine".to_owned() };
    let title = said(random);
    let mut facts = vec![declared(&title, random.bool().then_some("rule"), None)];
    for _ in 0..random.usize(..12) {
        let number = u32::try_from(facts.len()).unwrap();
        let any = random.u32(1..=number);
        facts.push(match random.u8(..16) {
            0 => updated(&said(random), random.bool().then(|| said(random)).as_deref(), None),
            1 => Fact::Edited { part: Part::ALL[random.usize(..4)], text: said(random) },
            2 => Fact::Confirmed { because: secret(), next_by: None },
            3 => Fact::Noted { text: secret() },
            4 => Fact::Acknowledged { text: secret() },
            5 => Fact::TodoAdded { todo: number, text: secret(), owner: Some(secret()) },
            6 => Fact::Taken { role: "operations".into(), person: secret(), from: None, because: secret() },
            7 => wrote("inside", &secret()),
            8 => wrote("gone-from-the-configuration", &secret()),
            9 => wrote(["impact", "intro", "resolution", "title"][random.usize(..4)], "fine"),
            10 => wrote(["impact", "intro", "resolution", "title"][random.usize(..4)], ""),
            11 => Fact::Retracted { entry: any },
            12 => review(ReviewFact::Corrected { entry: any, text: "fine".to_owned() }),
            13 => review(ReviewFact::ActionAdded { action: number, item: item("fine", Some("secret"), None, None) }),
            14 => review(ReviewFact::Waived { because: secret() }),
            _ => Fact::Reopened { because: secret(), confirmed: true, next_by: None },
        });
    }
    let end = said(random);
    facts.push(match random.bool() {
        true => Fact::Resolved { because: end },
        false => Fact::CalledOff { code: CallOffCode::Test, reason: end },
    });
    // Whatever the public could read, and should not have.
    for number in 1..=u32::try_from(facts.len()).unwrap() {
        let fact = &facts[number as usize - 1];
        let told = matches!(
            fact,
            Fact::Declared { .. }
                | Fact::Updated { .. }
                | Fact::Edited { .. }
                | Fact::Resolved { .. }
                | Fact::CalledOff { .. }
        );
        if told && format!("{fact:?}").contains("secret-words") {
            facts.push(match random.u8(..3) {
                0 => Fact::Retracted { entry: number },
                1 => review(ReviewFact::Corrected { entry: number, text: "fine".to_owned() }),
                _ => review(ReviewFact::Shown { entry: number, shown: Some(Shown::Private) }),
            });
        }
    }
    (0..).zip(facts).map(|(minute, fact)| (minute, adrian(), fact)).collect()
}
