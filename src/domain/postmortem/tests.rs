//! Two incidents as the team would find their drafts; and what must never stand in one.

use super::{PostFile, PostMortem, Style, check, draft, file};
use crate::alert::Pairs;
use crate::directory::Directory;
use crate::document::Sources;
use crate::ids::{IncidentId, InputSeq};
use crate::incident::room::Part;
use crate::incident::{Actor, CallOffCode, Entry, Fact, Incident, RuleRef, Severity, Surface, apply};
use crate::policy::PolicySource;
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
        policy: &PolicySource::default(),
        directory: &Directory::default(),
        now: start + TimeDelta::days(1),
    });
    let file = file(&post, &Style { author: Some("the OBS Team".to_owned()), ..Style::default() });
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
    let waiting: Vec<_> = check(&post).iter().map(|unfilled| unfilled.section).collect();
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
    let waiting: Vec<_> = check(&post).iter().map(|unfilled| unfilled.section).collect();
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
