//! Tests of the tests: what a series, an action and a look mean, and what is said of a test that makes no sense.

use super::model::{ActionKind, ExpectIncident, RuleTest};
use super::{Failure, Looks, Outcome, Script, Why, play, policy};
use crate::policy::{NamedRuleFile, Policy};
use crate::rules::model::RuleFile;
use serde_json::{Value, json};
use std::sync::Arc;

// One rule `R` with these keys.
fn rules(rule: Value) -> Arc<Policy> {
    let mut rule = rule;
    rule["incident"] = json!("R");
    let file: RuleFile = serde_json::from_value(json!({"groups": [{"name": "g", "rules": [rule]}]})).unwrap();
    Arc::new(policy::policy(&[NamedRuleFile { name: "rules.yml".to_owned(), file }]).unwrap())
}

fn script(test: &Value) -> Script {
    let mut test = test.clone();
    test["name"] = json!("t");
    Script::read(&serde_json::from_value::<RuleTest>(test).unwrap()).unwrap_or_else(|wrong| panic!("{wrong:?}"))
}

fn run(policy: &Arc<Policy>, test: &Value) -> Outcome {
    play(policy, &script(test), Looks::Compare)
}

// States of the incidents of `R` at each of these times: the failures of a test that expects what never is.
fn states(policy: &Arc<Policy>, series: &[(&str, &str)], minutes: &[u32]) -> Vec<String> {
    let series: Vec<Value> = series.iter().map(|(s, v)| json!({"series": s, "values": v})).collect();
    minutes
        .iter()
        .map(|at| {
            let looks = json!([{"eval_time": format!("{at}m"), "incident": "R", "exp_incidents": [
                {"exp_title": "no such"}, {"exp_title": "no such"}, {"exp_title": "no such"}, {"exp_title": "no such"}]}]);
            let outcome = run(policy, &json!({"input_alerts": series, "incident_rule_test": looks}));
            let Why::Differs { got, .. } = &outcome.failures[0].why else { panic!("{outcome:?}") };
            format!("{at}m: {}", got.len())
        })
        .collect()
}

fn mistakes(test: Value) -> Vec<String> {
    let test: RuleTest = serde_json::from_value(test).unwrap();
    let wrong = Script::read(&test).unwrap_err();
    wrong.into_iter().map(|(path, problem)| format!("{path}: {problem}")).collect()
}

#[test]
fn a_for_is_over_at_its_time_and_not_before() {
    let policy = rules(json!({"when": {"alerts": ["alertname = Down"], "for": "2m"}}));
    assert_eq!(states(&policy, &[("{alertname=\"Down\"}", "_ 1x9")], &[2, 3]), ["2m: 0", "3m: 1"]);
}

#[test]
fn what_is_not_reported_stays_as_it_was() {
    let policy = rules(json!({"when": {"alerts": ["alertname = Down"], "for": "5m"}}));
    assert_eq!(states(&policy, &[("{alertname=\"Down\"}", "1 _x9")], &[4, 5]), ["4m: 0", "5m: 1"]);
    assert_eq!(states(&policy, &[("{alertname=\"Down\"}", "1 _ 0 _x9")], &[9]), ["9m: 0"]);
}

#[test]
fn an_alert_that_fires_for_days_does_not_go_stale() {
    let policy = rules(json!({
        "when": {"alerts": ["alertname = Down"], "for": "1d"}, "call_off": {"if_clear_for": "1m"},
    }));
    assert_eq!(states(&policy, &[("{alertname=\"Down\"}", "1x3000")], &[1439, 1440]), ["1439m: 0", "1440m: 1"]);
}

#[test]
fn silenced_alerts_do_not_count_and_count_again() {
    let policy = rules(json!({"when": {"alerts": ["alertname = Down"], "at_least": 2}}));
    let first = ("{alertname=\"Down\", instance=\"a\"}", "1 sx4 1x4");
    let second = ("{alertname=\"Down\", instance=\"b\"}", "0 0 0 1x9");
    assert_eq!(states(&policy, &[first, second], &[4, 5, 6]), ["4m: 0", "5m: 0", "6m: 1"]);
    // At 3m one is silenced and the other begins: never are there two.
    let second = ("{alertname=\"Down\", instance=\"b\"}", "0 1 s 1x9");
    let first = ("{alertname=\"Down\", instance=\"a\"}", "s 1 1 sx9");
    assert_eq!(states(&policy, &[first, second], &[0, 1, 4]), ["0m: 0", "1m: 1", "4m: 1"]);
}

#[test]
fn people_act_on_the_newest_incident_and_may_be_refused() {
    let policy = rules(json!({"when": {"alerts": ["alertname = Down"]}, "reopen_within": "0s"}));
    let series = json!([{"series": "{alertname=\"Down\"}", "values": "_ 1x9"}]);
    let actions = json!([
        {"at": "0m", "incident": "R", "action": "confirm"},
        {"at": "2m", "incident": "R", "action": "severity", "to": "critical"},
        {"at": "3m", "incident": "R", "action": "resolve"},
        {"at": "4m", "incident": "R", "action": "call_off", "code": "test"},
    ]);
    let looks = json!([{"eval_time": "5m", "incident": "R", "exp_incidents": [
        {"exp_state": "called_off", "exp_severity": "critical", "exp_alerts": 1, "exp_proposed": false}]}]);
    let outcome = run(&policy, &json!({"input_alerts": series, "actions": actions, "incident_rule_test": looks}));
    let said: Vec<String> = outcome
        .failures
        .iter()
        .map(|Failure { at, why, .. }| match why {
            Why::NotDone { action, because } => format!("{at}: {action:?}: {because}"),
            Why::Differs { expected, got } => format!("{at}: {expected:?} {got:?}"),
        })
        .collect();
    assert_eq!(
        said,
        [
            "0s: Confirm: R has declared no incident until then",
            "3m: Resolve: alerts of INC-1 still fire (1 of 1); wait for them, silence them, or call it off with a reason",
        ]
    );
}

#[test]
fn a_role_is_taken_without_confirming() {
    let policy = rules(json!({"when": {"alerts": ["alertname = Down"]}, "call_off": {"if_clear_for": "2m"}}));
    let series = json!([{"series": "{alertname=\"Down\"}", "values": "1x3 0x9"}]);
    let looks = json!([{"eval_time": "9m", "incident": "R", "exp_incidents": [{"exp_state": "suspected"}]}]);
    let test = |action: ActionKind| {
        let actions = json!([{"at": "1m", "incident": "R", "action": action}]);
        run(&policy, &json!({"input_alerts": series, "actions": actions, "incident_rule_test": looks}))
    };
    assert_eq!(test(ActionKind::TakeRole), Outcome::default());
    assert_ne!(test(ActionKind::Confirm), Outcome::default());
}

#[test]
fn both_sides_are_shown_by_the_keys_of_the_test() {
    let policy = rules(json!({"when": {"alerts": ["alertname = Down"]}, "correlate_by": ["zone"], "title": "down"}));
    let series = json!([
        {"series": "{alertname=\"Down\", zone=\"a\"}", "values": "1x9"},
        {"series": "{alertname=\"Down\", zone=\"b\"}", "values": "0 1x9"},
    ]);
    let looks = json!([{"eval_time": "1m", "incident": "R", "exp_incidents": [
        {"exp_state": "confirmed", "exp_labels": {"zone": "a", "team": "web"}}]}]);
    let outcome = run(&policy, &json!({"input_alerts": series, "incident_rule_test": looks}));
    let Why::Differs { expected, got } = &outcome.failures[0].why else { panic!("{outcome:?}") };
    let json = |incidents: &[ExpectIncident]| serde_json::to_value(incidents).unwrap();
    assert_eq!(json(expected), json!([{"exp_state": "confirmed", "exp_labels": {"team": "web", "zone": "a"}}]));
    let surplus = json!({
        "exp_state": "suspected", "exp_severity": "major", "exp_labels": {"incident": "R", "zone": "b"},
        "exp_title": "down", "exp_alerts": 1, "exp_proposed": false,
    });
    assert_eq!(json(got), json!([{"exp_state": "suspected", "exp_labels": {"zone": "a"}}, surplus]));
}

#[test]
fn each_look_explains_each_key() {
    let policy = rules(json!({"when": {"alerts": ["alertname = Down"], "for": "2m"}, "correlate_by": ["zone"]}));
    let series = json!([{"series": "{alertname=\"Down\", zone=\"a\"}", "values": "0 1x9"}]);
    let looks = json!([{"eval_time": "0m", "incident": "R"}, {"eval_time": "2m", "incident": "R"}]);
    let test = json!({"input_alerts": series, "incident_rule_test": looks});
    let outcome = play(&policy, &script(&test), Looks::Explain);
    let said: Vec<String> = outcome.explained.iter().map(|e| format!("@{} {}", e.at, e.rule)).collect();
    assert_eq!(
        said,
        [
            "@0s R: condition not met\n  [ ] no alert matches alertname = Down\n",
            "@2m R {zone=\"a\"}: condition met, but not for long enough before 00:03:00 UTC\n  \
             [~] 1 alert matches alertname = Down; held 1m of 2m\n",
        ]
    );
}

#[test]
fn every_mistake_of_a_test_is_said_at_once() {
    let said = mistakes(json!({
        "name": " ", "interval": "0s", "start": "yesterday",
        "input_alerts": [
            {"series": "{alertname=\"A\"}", "values": "1x5"},
            {"series": "{alertname=\"A\"}", "values": "2"},
            {"series": "{alertname=\"A\"}", "values": "1x3"},
            {"series": "{alertname=~\"A\"}", "values": ""},
        ],
        "actions": [
            {"at": "1m", "incident": "R", "action": "severity"},
            {"at": "1m", "incident": "R", "action": "note", "to": "minor", "code": "test"},
        ],
        "incident_rule_test": [],
    }));
    let starts: Vec<&str> = said.iter().map(|line| line.split_once(": ").unwrap().0).collect();
    assert_eq!(
        starts,
        [
            ".name",
            ".interval",
            ".start",
            ".input_alerts[1].values",
            ".input_alerts[2].series",
            ".input_alerts[3].series",
            ".input_alerts[3].values",
            ".incident_rule_test",
            ".actions[0].to",
            ".actions[1].code",
            ".actions[1].to",
        ],
        "{said:#?}"
    );
}

#[test]
fn a_look_after_the_last_value_is_a_mistake() {
    let test = |at: &str| {
        json!({"name": "t", "input_alerts": [{"series": "{a=\"b\"}", "values": "1x5"}, {"series": "{a=\"c\"}", "values": "0"}],
            "incident_rule_test": [{"eval_time": at, "incident": "R"}]})
    };
    assert_eq!(
        mistakes(test("6m")),
        [".incident_rule_test[0].eval_time: `6m` is after the last value of every series (5m); write more values"]
    );
    assert!(Script::read(&serde_json::from_value(test("5m")).unwrap()).is_ok());
    // Without alerts there is nothing that could end: for what is absent.
    let alone = json!({"name": "t", "incident_rule_test": [{"eval_time": "6d", "incident": "R"}]});
    assert!(Script::read(&serde_json::from_value(alone).unwrap()).is_ok());
    let long = json!({"name": "t", "incident_rule_test": [{"eval_time": "2y", "incident": "R"}]});
    assert!(mistakes(long)[0].contains("a test lasts 366d at most"));
}
