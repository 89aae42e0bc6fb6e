//! Scenarios as written, what they would declare, and how people did.

use super::expected::Course;
use super::model::ScenarioModel;
use super::rehearsal::rehearse;
use super::{Scenario, Score};
use crate::duration::Duration;
use crate::ids::{IncidentId, InputSeq};
use crate::incident::roles::{COMMUNICATIONS, MANAGER, OPERATIONS, OfferEnd, RoleName};
use crate::incident::{Actor, CallOffCode, Entry, Fact, RuleRef, Severity, Surface};
use crate::policy::{NamedRuleFile, Policy, PolicySource};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::sync::Arc;

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).unwrap()
}

fn scenario(text: Value) -> Scenario {
    let model: ScenarioModel = serde_json::from_value(text).unwrap();
    Scenario::read(&model).unwrap_or_else(|wrong| panic!("{wrong:?}"))
}

fn mistakes(text: Value) -> Vec<String> {
    let model: ScenarioModel = serde_json::from_value(text).unwrap();
    let wrong = Scenario::read(&model).unwrap_err();
    wrong.into_iter().map(|(path, problem)| format!("{path}: {problem}")).collect()
}

// What happens when, in a line each.
fn moments(scenario: &Scenario) -> Vec<String> {
    let names = |spells: &[&super::scenario::Spell]| {
        spells.iter().map(|spell| spell.labels.value("alertname").to_owned()).collect::<Vec<_>>().join(",")
    };
    let all = scenario.moments();
    all.iter()
        .map(|(at, moment)| {
            format!(
                "{at} +{} -{} again:{} {:?}",
                names(&moment.begin),
                names(&moment.end),
                names(&moment.again),
                moment.notes
            )
        })
        .collect()
}

#[test]
fn a_scenario_is_alerts_that_begin_and_end() {
    let read = scenario(json!({
        "drill": "frontend", "title": "The frontend\ngoes down",
        "alerts": [
            {"series": "{alertname=\"A\"}", "for": "10m"},
            {"series": "{alertname=\"B\"}", "at": "2m", "until": "10m"},
            {"series": "{alertname=\"A\"}", "at": "10m"},
        ],
        "notes": [{"text": "Watch."}, {"at": "2m", "text": "It gets worse."}],
        "expect": [
            {"act": "declare", "within": "3m"},
            {"act": "take", "within": "5m"},
            {"act": "handover", "role": "operations", "rule": "Down", "within": "40m"},
        ],
    }));
    assert_eq!(
        moments(&read),
        [
            "0s +A - again: [\"Watch.\"]",
            "2m +B - again: [\"It gets worse.\"]",
            "10m +A -B again:A []",
            "43m + -A again: []",
        ]
    );
    let expected: Vec<String> = read.expect.iter().map(|one| one.words()).collect();
    assert_eq!(
        expected,
        ["declare within 3m", "take incident_manager within 5m", "handover operations (Down) within 40m"]
    );
    assert_eq!((read.title.as_str(), read.lasts), ("The frontend goes down", Duration::minutes(43)));
}

#[test]
fn a_drill_that_expects_nothing_lasts_an_hour() {
    let read = scenario(json!({"drill": "x", "alerts": [{"series": "{alertname=\"A\"}", "at": "5m"}]}));
    assert_eq!(moments(&read), ["5m +A - again: []", "1h5m + -A again: []"]);
}

#[test]
fn each_mistake_has_its_place() {
    let alert = json!({"series": "{alertname=\"A\"}", "for": "5m"});
    assert_eq!(
        mistakes(json!({
            "drill": "a b",
            "alerts": [
                {"series": "{alertname=~\"A\"}"},
                {"series": "{alertname=\"B\", earlybell_drill=\"x\"}", "for": "0s"},
                {"series": "{alertname=\"C\"}", "at": "5m", "until": "5m"},
                {"series": "{alertname=\"D\"}", "for": "5m", "until": "6m"},
            ],
            "notes": [{"text": " "}],
            "expect": [{"act": "update", "role": "communications", "within": "0"}],
        })),
        [
            "drill: `a b` is no name of a drill; write 1 to 64 letters, digits, `-` or `_`",
            "notes[0].text: is 1 bytes; write 1 to 2000",
            "expect[0].role: `role` belongs to `take` and `handover`, not to `update`; take it out",
            "expect[0].within: is no time at all; write for example `5m`",
            "alerts[1].for: is no time at all; write for example `10m`",
            "alerts[2].until: is 5m, and it begins at 5m; it ends later",
            "alerts[3].until: stands beside `for`; both say when it ends, keep one",
            "alerts[0].series: `series`: an alert has values, not patterns: `alertname=~\"A\"`; write for example \
             {alertname=\"Down\", instance=\"a\"}",
            "alerts[1].series: has `earlybell_drill`, which is set by the name of the drill; leave it out",
        ]
    );
    for (text, said) in [
        (json!({"drill": "x", "alerts": []}), "alerts: is empty"),
        (json!({"drill": "x".repeat(49), "alerts": [alert]}), "drill: is longer than 48"),
        (json!({"drill": "x", "lasts": "4m", "alerts": [alert]}), "lasts: is 4m, and something happens at 5m still"),
        (json!({"drill": "x", "lasts": "25h", "alerts": [alert]}), "lasts: lasts 1d1h; a drill lasts 1d at most"),
        (json!({"drill": "x", "alerts": [alert], "expect": [{"act": "ack", "within": "2d"}]}), "drill: lasts 2d;"),
        (json!({"drill": "x", "alerts": [alert, alert]}), "alerts[1].series: fires from 0s to 5m already"),
        (json!({"drill": "x", "alerts": vec![alert.clone(); 101]}), "alerts: has 101 lines; at most 100 fit"),
    ] {
        let wrong = mistakes(text);
        assert!(wrong[0].contains(said), "{wrong:?}");
    }
}

fn policy(rules: Value) -> Arc<Policy> {
    let file = json!({"groups": [{"name": "g", "rules": rules}], "time_intervals": [
        {"name": "night", "time_intervals": [{"times": [{"start_time": "00:00", "end_time": "00:01"}]}]}]});
    let file = NamedRuleFile { name: "rules.yml".to_owned(), file: serde_json::from_value(file).unwrap() };
    let source = PolicySource { rule_files: vec![file], ..PolicySource::default() };
    Arc::new(Policy::compile(source).unwrap_or_else(|wrong| panic!("{wrong:?}")))
}

#[test]
fn a_rehearsal_says_what_rules_would_make_of_it() {
    let policy = policy(json!([
        {"incident": "Down", "title": "{{ labels.site }} is down", "correlate_by": ["site"],
         "when": {"alerts": ["alertname = Down"], "for": "2m"}},
        {"incident": "AtNight", "active_time_intervals": ["night"], "when": {"alerts": ["alertname = Down"], "for": "1m"}},
        {"incident": "Nothing", "when": {"absent": ["alertname = Other"], "for": "1m"}},
    ]));
    let read = scenario(json!({"drill": "x", "alerts": [
        {"series": "{alertname=\"Down\", site=\"a\"}", "for": "10m"},
        {"series": "{alertname=\"Down\", site=\"b\"}", "at": "1m", "for": "1m"},
    ]}));
    let found = rehearse(&policy, &read, start());
    let declared: Vec<String> =
        found.declared.iter().map(|one| format!("{} {} {}", one.at, one.rule, one.title)).collect();
    assert_eq!(declared, ["2m Down a is down"]);
    let quiet: Vec<&str> = found.quiet.iter().map(|(rule, _)| rule.as_str()).collect();
    assert_eq!(quiet, ["AtNight"], "{:?}", found.quiet);
}

struct Timeline(Vec<Entry>);

impl Timeline {
    fn declared(id: u64, seconds: i64, rule: &str) -> Self {
        let fact = Fact::Declared {
            title: "errors".to_owned(),
            impact: String::new(),
            severity: Severity::Major,
            confirmed: false,
            rule: Some(RuleRef { name: rule.to_owned(), version: 1 }),
            correlation: Default::default(),
            labels: Default::default(),
            receivers: Vec::new(),
            first_alert_at: Some(start()),
            because: String::new(),
            explanation: None,
            storm: false,
            drill: true,
            squad: String::new(),
            next_by: None,
        };
        let mut new = Self(Vec::new());
        new.add(id, seconds, Actor::Rule, fact);
        new
    }

    fn add(&mut self, id: u64, seconds: i64, actor: Actor, fact: Fact) {
        let number = u32::try_from(self.0.len()).unwrap() + 1;
        let at = start() + TimeDelta::seconds(seconds);
        self.0.push(Entry { incident: IncidentId(id), number, at, input: InputSeq(1), actor, fact });
    }

    fn rule(mut self, seconds: i64, fact: Fact) -> Self {
        self.add(self.0[0].incident.0, seconds, Actor::Rule, fact);
        self
    }

    fn anna(mut self, seconds: i64, fact: Fact) -> Self {
        self.add(self.0[0].incident.0, seconds, Actor::person("anna", Surface::Irc), fact);
        self
    }
}

fn role(name: &str) -> RoleName {
    RoleName::from(name)
}

fn taken(name: &str, person: &str) -> Fact {
    Fact::Taken { role: role(name), person: person.to_owned(), from: None, because: String::new() }
}

fn updated(promised: Option<i64>) -> Fact {
    let promised = promised.map(|seconds| start() + TimeDelta::seconds(seconds));
    Fact::Updated { text: "We look.".to_owned(), impact: None, next_by: None, promised }
}

fn handed_over(name: &str) -> Fact {
    Fact::HandedOver { role: role(name), from: "anna".to_owned(), to: "bert".to_owned() }
}

fn offered(name: &str) -> Fact {
    Fact::Offered { role: role(name), from: "anna".to_owned(), to: "bert".to_owned(), expires_at: start() }
}

fn whole() -> Timeline {
    let open = Fact::RoleOpen { role: role(MANAGER), because: String::new(), times: 1, again_at: None };
    let ended =
        |name| Fact::OfferEnded { role: role(name), from: "anna".into(), to: "carla".into(), end: OfferEnd::Declined };
    Timeline::declared(7, 60, "Down")
        .anna(90, Fact::Acknowledged { text: String::new() })
        .rule(360, open)
        .anna(420, taken(MANAGER, "anna"))
        .anna(430, taken(OPERATIONS, "bert"))
        .anna(440, Fact::Confirmed { because: String::new(), next_by: None })
        .rule(445, updated(None))
        .anna(500, updated(Some(600)))
        .rule(900, Fact::PromiseMissed { by: start() })
        .anna(950, updated(Some(900)))
        .anna(960, offered(COMMUNICATIONS))
        .anna(965, ended(COMMUNICATIONS))
        .anna(970, offered(MANAGER))
        .anna(1030, handed_over(MANAGER))
        .anna(1260, Fact::Resolved { because: String::new() })
}

#[test]
fn a_score_tells_how_long_everything_took() {
    let score = Score::of(&whole().0).unwrap();
    let lines: Vec<String> = score.lines().iter().map(|(name, words)| format!("{name}: {words}")).collect();
    assert_eq!(
        lines,
        [
            "declared: 1m after the first alert",
            "seen: after 30s",
            "incident manager: anna after 6m; everyone was asked once",
            "other role: operations: bert after 6m10s",
            "confirmed: after 6m20s",
            "first word: after 7m20s",
            "promises: 1 kept, 1 missed",
            "hand-over: incident manager: anna to bert after 16m10s, 1m after the offer",
            "hand-overs: 1 offered and not accepted",
            "end: resolved by anna after 20m",
        ]
    );
    assert_eq!((score.updates, score.claims.len()), (2, 2));
    let back: Score = serde_json::from_value(serde_json::to_value(&score).unwrap()).unwrap();
    assert_eq!(back, score);
}

#[test]
fn where_nobody_came_the_score_says_so() {
    let open = |times| Fact::RoleOpen { role: role(MANAGER), because: String::new(), times, again_at: None };
    let timeline = Timeline::declared(1, 0, "Down").rule(300, open(1)).rule(600, open(2));
    let lines = |timeline: &Timeline| -> Vec<String> {
        let score = Score::of(&timeline.0).unwrap();
        score.lines().iter().map(|(name, words)| format!("{name}: {words}")).collect()
    };
    assert_eq!(
        lines(&timeline),
        [
            "declared: 0s after the first alert",
            "incident manager: nobody; everyone was asked 2 times",
            "first word: none",
            "promises: 0 kept, 0 missed",
            "end: it goes on",
        ]
    );
    let by_rule = timeline.rule(700, Fact::CalledOff { code: CallOffCode::Flapping, reason: String::new() });
    assert_eq!(lines(&by_rule).last().unwrap(), "end: called off by its rule after 11m40s");
    let again = by_rule.anna(800, Fact::Reopened { because: String::new(), confirmed: true, next_by: None });
    assert_eq!(lines(&again).last().unwrap(), "end: it goes on");
    assert_eq!(Score::of(&again.0[1..]), None);
    assert_eq!(Score::of(&[]), None);
}

// What was expected, and what became of it, at this second.
fn judged(expect: Value, timelines: &[Vec<Entry>], speed: u32, now: i64) -> Vec<String> {
    let alerts = json!([{"series": "{alertname=\"A\"}"}]);
    let read = scenario(json!({"drill": "x", "alerts": alerts, "expect": expect}));
    let course = Course { timelines, began: start(), speed, now: start() + TimeDelta::seconds(now) };
    course.judge(&read.expect).into_iter().map(|one| format!("{}: {}", one.expected, one.verdict.words())).collect()
}

#[test]
fn what_was_expected_is_met_late_or_missing() {
    let expect = json!([
        {"act": "declare", "within": "30s"},
        {"act": "ack", "within": "30s"},
        {"act": "take", "within": "5m"},
        {"act": "take", "role": "communications", "within": "10m"},
        {"act": "update", "within": "10m"},
        {"act": "update", "within": "20m"},
        {"act": "update", "within": "3h"},
        {"act": "handover", "within": "20m"},
        {"act": "calloff", "within": "1h"},
    ]);
    let said = judged(expect, &[whole().0], 1, 3_000);
    assert_eq!(
        said,
        [
            "declare within 30s: late: after 1m, by rule Down",
            "ack within 30s: met after 30s, by anna",
            "take incident_manager within 5m: late: after 6m, by anna",
            "take communications within 10m: missing",
            "update within 10m: met after 7m20s, by anna",
            "update within 20m: met after 14m50s, by anna",
            "update within 3h: not yet",
            "handover within 20m: met after 16m10s, by anna",
            "calloff within 1h: not yet",
        ]
    );
}

#[test]
fn without_an_incident_nothing_is_met() {
    let expect = json!([{"act": "declare", "within": "2m"}, {"act": "take", "within": "5m"}]);
    assert_eq!(
        judged(expect.clone(), &[], 1, 200),
        ["declare within 2m: missing", "take incident_manager within 5m: not yet"]
    );
    assert_eq!(judged(expect, &[], 1, 400)[1], "take incident_manager within 5m: missing");
}

#[test]
fn an_expectation_may_be_about_one_rule_and_a_drill_may_be_played_faster() {
    let timelines =
        [Timeline::declared(1, 2, "Down").0, Timeline::declared(2, 4, "Slow").anna(5, taken(MANAGER, "anna")).0];
    let expect = json!([
        {"act": "take", "rule": "Down", "within": "5m"},
        {"act": "take", "rule": "Slow", "within": "5m"},
        {"act": "declare", "within": "1m"},
    ]);
    assert_eq!(
        judged(expect.clone(), &timelines, 60, 6),
        [
            "take incident_manager (Down) within 5m: not yet",
            "take incident_manager (Slow) within 5m: met after 1m, by anna",
            "declare within 1m: late: after 2m, by rule Down",
        ]
    );
    assert_eq!(judged(expect, &timelines, 60, 8)[0], "take incident_manager (Down) within 5m: missing");
}

#[test]
fn what_was_taken_back_was_not_done() {
    let timeline = Timeline::declared(1, 0, "Down")
        .anna(10, Fact::Acknowledged { text: String::new() })
        .anna(20, Fact::Retracted { entry: 2 });
    let expect = json!([{"act": "ack", "within": "1m"}]);
    assert_eq!(judged(expect, &[timeline.0], 1, 30), ["ack within 1m: not yet"]);
}
