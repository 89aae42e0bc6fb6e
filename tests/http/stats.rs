//! The numbers of past incidents: the page and the API say the same, drills are left out, nothing that was typed is markup.

use crate::pages::{EVIL, assert_only_our_markup};
use crate::site::TestSite;
use crate::wire::Request;
use chrono::{DateTime, TimeDelta, Utc};
use domain::alert::Pairs;
use domain::engine::Changes;
use domain::ids::{IncidentId, InputSeq};
use domain::incident::entry::AlertsChanged;
use domain::incident::roles::MANAGER;
use domain::incident::{Actor, CallOffCode, Entry, Fact, RuleRef, Severity, Surface, apply};
use earlybell::clock::{Clock, SystemClock};
use earlybell::store::{Role, Store};
use serde_json::{Value, json};

struct Story<'a> {
    number: u64,
    rule: &'a str,
    drill: bool,
    // By whom, and how many minutes after the declaration.
    facts: Vec<(i64, &'a str, Fact)>,
}

// Declared on the first of this month, two minutes after its first alert.
async fn tell(site: &TestSite, story: Story<'_>) {
    let now = SystemClock.now();
    let start: DateTime<Utc> = domain::statistics::since(now, 1);
    let declared = json!({
        "fact": "declared", "title": "t", "impact": "", "severity": Severity::Major, "confirmed": false,
        "rule": RuleRef { name: story.rule.to_owned(), version: 1 }, "correlation": Pairs::default(),
        "labels": Pairs::default(), "receivers": [], "first_alert_at": start - TimeDelta::minutes(2), "because": "",
        "explanation": null, "drill": story.drill,
    });
    let first = (0, "", serde_json::from_value(declared).unwrap());
    let mut changes = Changes { position: InputSeq(story.number), at: Some(now), ..Changes::default() };
    let mut made = None;
    for (number, (minute, who, fact)) in (1..).zip([first].into_iter().chain(story.facts)) {
        let actor = if who.is_empty() { Actor::Rule } else { Actor::person(who, Surface::Cli) };
        let (incident, at) = (IncidentId(story.number), start + TimeDelta::minutes(minute));
        let entry = Entry { incident, number, at, input: InputSeq(story.number), actor, fact };
        match &mut made {
            Some(incident) => apply::apply(incident, &entry),
            None => made = apply::declared(&entry),
        }
        changes.entries.push(entry);
    }
    let incident = made.unwrap();
    changes.incidents.insert(incident.id, incident);
    site.store.commit(changes).await.unwrap();
}

fn take(person: &str) -> Fact {
    Fact::Taken { role: MANAGER.into(), person: person.to_owned(), from: None, because: String::new() }
}

// What stands in the row of a table, cell by cell.
fn row(body: &str, head: &str) -> Vec<String> {
    let row = body
        .split("<tr>")
        .find(|row| row.contains(&format!(">{head}<")))
        .unwrap_or_else(|| panic!("no {head}: {body}"));
    let row = row.split("</tr>").next().unwrap();
    let text = |cell: &str| {
        let mut plain = String::new();
        let mut inside = false;
        for c in cell.chars() {
            match c {
                '<' => inside = true,
                '>' => inside = false,
                c if !inside => plain.push(c),
                _ => {}
            }
        }
        plain.trim().to_owned()
    };
    row.split("</td>").map(text).filter(|cell| !cell.is_empty()).collect()
}

#[tokio::test]
async fn the_page_and_the_api_say_the_same() {
    let site = TestSite::open().await;
    let token = site.token("ada", Role::Viewer).await;
    let confirmed = || Fact::Confirmed { because: String::new(), next_by: None };
    let fires = || Fact::Alerts(AlertsChanged { firing: 1, alerts: 1, ..AlertsChanged::default() });
    let facts = vec![
        (4, "ada", confirmed()),
        (6, "ada", take("ada")),
        (20, "", Fact::Clear { then: None }),
        (21, "", fires()),
        (60, "ada", Fact::Resolved { because: String::new() }),
    ];
    tell(&site, Story { number: 1, rule: "ApiDown", drill: false, facts }).await;
    let off = Fact::CalledOff { code: CallOffCode::Flapping, reason: "nothing".to_owned() };
    tell(
        &site,
        Story { number: 2, rule: "ApiDown", drill: false, facts: vec![(5, EVIL, take(EVIL)), (9, "bert", off)] },
    )
    .await;
    tell(&site, Story { number: 3, rule: EVIL, drill: false, facts: vec![] }).await;
    tell(&site, Story { number: 4, rule: "Practice", drill: true, facts: vec![(1, "cleo", take("cleo"))] }).await;

    let get = |path: &'static str| site.call(Request::get(path).bearer(&token));
    let stats: Value = get("/api/v1/stats?months=2").await.json()["stats"].clone();
    let month = &stats["months"][1];
    assert_eq!(stats["months"].as_array().unwrap().len(), 2);
    assert_eq!((&month["declared"], &month["called_off"], &month["resolved"]), (&json!(3), &json!(1), &json!(1)));
    assert_eq!(month["until_declared"], json!({"count": 3, "median_seconds": 120, "p90_seconds": 120}));
    assert_eq!(month["until_public"], json!({"count": 1, "median_seconds": 240, "p90_seconds": 240}));
    assert_eq!(month["until_led"], json!({"count": 2, "median_seconds": 330, "p90_seconds": 360}));
    assert_eq!(month["until_resolved"], json!({"count": 1, "median_seconds": 3600, "p90_seconds": 3600}));
    let rule = &stats["rules"][0];
    assert_eq!(
        (&rule["rule"], &rule["precision"], &rule["codes"]),
        (&json!("ApiDown"), &json!(0.5), &json!({"flapping": 1}))
    );
    assert_eq!((&stats["heat"][0]["total"], &stats["heat"][0]["hours"][0]), (&json!(1), &json!(1)));
    assert!(!stats.to_string().contains("leo") && !stats.to_string().contains("Practice"), "{stats}");

    let page = get("/stats?months=2").await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert_only_our_markup(&page.body);
    let name = month["month"].as_str().unwrap();
    let cells = row(page.body.split("<h2>By month").nth(1).unwrap(), name);
    assert_eq!(cells, [&format!("{name}3"), "3", "1", "1", "2m", "2m", "4m", "4m", "5m", "6m", "1h", "1h", "0", "0"]);
    let cells = row(page.body.split("<h2>Rules").nth(1).unwrap(), "ApiDown");
    assert_eq!(cells, ["ApiDown\n2", "1", "1", "flapping 1", "50 % of 2"]);
    assert_eq!(row(&page.body, "ada").last().unwrap(), "0.9 (UTC)", "at night");
    assert!(page.body.matches("<svg class=\"trend\"").count() == 4 && page.body.matches("<desc ").count() == 4);
    for (path, status) in [("/stats?months=0", 422), ("/stats?months=x", 422), ("/api/v1/stats?months=61", 422)] {
        assert_eq!(get(path).await.status, status, "{path}");
    }
    assert_eq!(site.call(Request::get("/stats")).await.status, 401);
    site.stop().await;
}
