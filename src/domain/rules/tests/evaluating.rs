//! Verdicts against a plain reference, as alerts come and go.

use super::{Stage, alert, at, keyed, only, when};
use crate::ids::AlertId;
use crate::incident::Severity;
use crate::rules::eval::{KEYS_MAX, Verdict};

const TWO_VANTAGES: &str = r#"{"incident": "A", "when":
    {"alerts": ["alertname = ProbeFailed"], "distinct": ["vantage"], "at_least": 2, "for": "2m"}}"#;

#[test]
fn two_of_two_vantages_for_two_minutes() {
    let mut stage = Stage::new(TWO_VANTAGES);
    let [nue, prg] =
        [alert(1, "alertname=ProbeFailed vantage=nue", 0), alert(2, "alertname=ProbeFailed vantage=prg", 40)];
    let again = alert(3, "alertname=ProbeFailed vantage=nue instance=b", 10);
    assert_eq!(stage.fires(&nue), ["A{}"]);
    assert_eq!(stage.judge(&only(), 30), when(false, None));
    assert_eq!(stage.explain(&only(), 30), "[ ] 1 of 2 distinct vantage match alertname = ProbeFailed\n");

    stage.fires(&again);
    stage.fires(&prg);
    assert_eq!(stage.judge(&only(), 120), when(false, Some(160)));
    let explained = "[~] 2 of 2 distinct vantage match alertname = ProbeFailed; held 1m20s of 2m\n";
    assert_eq!(stage.explain(&only(), 120), explained);
    assert_eq!(stage.judge(&only(), 160), when(true, None));
    assert_eq!(stage.evaluator.evidence(&stage.rules, &only(), 2), [AlertId(1), AlertId(2)]);

    // One of two alerts of one vantage ends: still two vantages. Then the vantage is gone, and nothing is held.
    stage.ends(&nue);
    assert_eq!(stage.judge(&only(), 170), when(true, None));
    stage.ends(&again);
    assert_eq!(stage.judge(&only(), 180), when(false, None));
    stage.fires(&alert(1, "alertname=ProbeFailed vantage=nue", 200));
    assert_eq!(stage.judge(&only(), 210), when(false, Some(320)));
}

#[test]
fn waits_of_the_sender_count_towards_for() {
    let mut stage = Stage::new(TWO_VANTAGES);
    stage.fires(&alert(1, "alertname=ProbeFailed vantage=nue", 0));
    stage.fires(&alert(2, "alertname=ProbeFailed", 10));
    // Told at 140 what fires since 10; an alert without the label is one more value, the empty one.
    assert_eq!(stage.judge(&only(), 140), when(true, None));
}

#[test]
fn what_started_a_hold_may_go_while_others_stay() {
    let mut stage = Stage::new(r#"{"incident": "A", "when": {"alerts": ["job = a"], "for": "5m"}}"#);
    let [first, second] = [alert(1, "job=a instance=1", 0), alert(2, "job=a instance=2", 100)];
    stage.fires(&first);
    stage.fires(&second);
    assert_eq!(stage.judge(&only(), 110), when(false, Some(300)));
    stage.ends(&first);
    assert_eq!(stage.judge(&only(), 200), when(false, Some(300)));
    // A restart in between changes nothing.
    stage.restart(std::slice::from_ref(&second), &[only()], at(200));
    assert_eq!(stage.judge(&only(), 250), when(false, Some(300)));
    assert_eq!(stage.judge(&only(), 300), when(true, None));
}

#[test]
fn queue_and_errors_at_once_or_errors_alone_after_two_minutes() {
    let mut stage = Stage::new(
        r#"{"incident": "A", "when": {"any": [
            {"all": [{"alerts": ["alertname = Errors"]}, {"alerts": ["alertname = Queue", "proxy =~ \"obs.*\""]}]},
            {"alerts": ["alertname = Errors"], "for": "2m"}]}}"#,
    );
    let [errors, queue] = [alert(1, "alertname=Errors", 0), alert(2, "alertname=Queue proxy=obs_a", 30)];
    assert_eq!(stage.fires(&alert(3, "alertname=Queue proxy=other", 0)), [""; 0]);
    stage.fires(&errors);
    assert_eq!(stage.judge(&only(), 20), when(false, Some(120)));
    stage.fires(&queue);
    assert_eq!(stage.judge(&only(), 50), when(true, Some(120)));
    let explained = "\
[x] 1 of 2 conditions met, any suffices
  [x] 2 of 2 conditions met, all needed
    [x] 1 alert matches alertname = Errors
    [x] 1 alert matches alertname = Queue, proxy =~ \"obs.*\"
  [~] 1 alert matches alertname = Errors; held 50s of 2m
";
    assert_eq!(stage.explain(&only(), 50), explained);
    stage.ends(&queue);
    assert_eq!(stage.judge(&only(), 60), when(false, Some(120)));
    assert_eq!(stage.evaluator.evidence(&stage.rules, &only(), 9), [AlertId(1)]);
}

#[test]
fn a_for_around_a_for_begins_when_the_inner_one_is_over() {
    let mut stage = Stage::new(
        r#"{"incident": "A", "when": {"any": [
            {"alerts": ["job = a"], "for": "1m"}, {"alerts": ["job = b"], "for": "1m"}], "for": "5m"}}"#,
    );
    stage.fires(&alert(1, "job=a", 0));
    assert_eq!(stage.judge(&only(), 0), when(false, Some(60)));
    assert_eq!(
        stage.explain(&only(), 30),
        "[~] 0 of 2 conditions met, any suffices\n  [~] 1 alert matches job = a; held 30s of 1m\n  \
                                            [ ] no alert matches job = b\n"
    );
    assert_eq!(stage.judge(&only(), 60), when(false, Some(360)));
    // The other part takes over without a gap, though nobody asked in between.
    stage.ends(&alert(1, "job=a", 0));
    stage.fires(&alert(2, "job=b", 100));
    assert_eq!(stage.judge(&only(), 160), when(false, Some(360)));
    assert_eq!(stage.judge(&only(), 360), when(true, None));
}

#[test]
fn nested_fors_judged_late_are_over_when_they_were() {
    let rule = r#"{"incident": "A", "when":
        {"all": [{"any": [{"alerts": ["job = a"], "for": "1m"}], "for": "5m"}], "for": "10s"}}"#;
    let mut stage = Stage::new(rule);
    stage.fires(&alert(1, "job=a", 0));
    assert_eq!(stage.judge(&only(), 300), when(false, Some(360)));
    assert_eq!(stage.judge(&only(), 365), when(false, Some(370)));
    // Nobody asked at all in between.
    let mut stage = Stage::new(rule);
    stage.fires(&alert(1, "job=a", 0));
    assert_eq!(stage.judge(&only(), 369), when(false, Some(370)));
    let mut stage = Stage::new(rule);
    stage.fires(&alert(1, "job=a", 0));
    assert_eq!(stage.judge(&only(), 370), when(true, None));
}

#[test]
fn a_gap_between_two_parts_begins_the_outer_for_anew() {
    let mut stage = Stage::new(
        r#"{"incident": "A", "when": {"any": [
            {"alerts": ["job = a"]}, {"alerts": ["job = b"], "for": "1m"}], "for": "5m"}}"#,
    );
    stage.fires(&alert(1, "job=a", 0));
    assert_eq!(stage.judge(&only(), 0), when(false, Some(300)));
    // The first part ends while the second one is still waiting: true again from 130 on, at the earliest.
    stage.fires(&alert(2, "job=b", 70));
    assert_eq!(stage.judge(&only(), 80), when(false, Some(130)));
    stage.ends(&alert(1, "job=a", 0));
    assert_eq!(stage.judge(&only(), 100), when(false, Some(130)));
    assert_eq!(stage.judge(&only(), 429), when(false, Some(430)));
    assert_eq!(stage.judge(&only(), 430), when(true, None));
}

#[test]
fn keys_are_judged_apart_and_gather_follows_them() {
    let mut stage = Stage::new(
        r#"{"incident": "A", "correlate_by": ["arch"], "gather": ["service = obs"],
            "when": {"alerts": ["alertname = WorkerLost"], "at_least": 2}}"#,
    );
    let arm = keyed(&[("arch", "arm")]);
    assert_eq!(stage.fires(&alert(1, "alertname=WorkerLost arch=arm i=1", 0)), [r#"A{arch="arm"}"#]);
    assert_eq!(stage.fires(&alert(2, "alertname=WorkerLost arch=x86 i=2", 0)), [r#"A{arch="x86"}"#]);
    assert_eq!(stage.judge(&arm, 1), when(false, None));
    assert_eq!(stage.fires(&alert(3, "alertname=WorkerLost arch=arm i=3", 0)), [r#"A{arch="arm"}"#]);
    assert_eq!(stage.judge(&arm, 1), when(true, None));
    // Gathered: concerns the subject, counts for nothing. Both: counted.
    assert_eq!(stage.fires(&alert(4, "alertname=Other arch=arm service=obs", 0)), [r#"A{arch="arm"}?"#]);
    assert_eq!(stage.fires(&alert(5, "alertname=WorkerLost service=obs", 0)), ["A{}"]);
    let other = only();
    let gathered = |stage: &Stage, key| stage.evaluator.gathered(&stage.rules, key, 9);
    assert_eq!((gathered(&stage, &arm), gathered(&stage, &other)), (vec![AlertId(4)], vec![AlertId(5)]));
    stage.ends(&alert(4, "alertname=Other arch=arm service=obs", 0));
    assert_eq!((gathered(&stage, &arm), gathered(&stage, &other)), (vec![], vec![AlertId(5)]));
    assert_eq!(stage.evaluator.evidence(&stage.rules, &arm, 9), [AlertId(1), AlertId(3)]);
    assert_eq!(stage.evaluator.evidence(&stage.rules, &arm, 1), [AlertId(1)]);
    assert_eq!(stage.evaluator.evidence(&stage.rules, &keyed(&[("arch", "s390")]), 9), []);
}

#[test]
fn setting_twice_is_setting_once_and_a_new_start_is_a_new_episode() {
    let mut stage = Stage::new(r#"{"incident": "A", "when": {"alerts": ["job = a"], "at_least": 2, "for": "1m"}}"#);
    let one = alert(1, "job=a", 0);
    assert_eq!((stage.fires(&one), stage.fires(&one)), (vec!["A{}".to_owned()], vec!["A{}".to_owned()]));
    assert_eq!(stage.judge(&only(), 10), when(false, None));
    stage.fires(&alert(2, "job=a i=2", 20));
    assert_eq!(stage.judge(&only(), 30), when(false, Some(80)));
    // Fires anew with another start, in one step: it never was false, so the hold stays.
    stage.fires(&alert(2, "job=a i=2", 35));
    assert_eq!(stage.judge(&only(), 40), when(false, Some(80)));
    // Asked in between, it was false: the hold begins anew.
    assert_eq!(stage.ends(&alert(2, "job=a i=2", 35)), ["A{}-"]);
    assert_eq!(stage.judge(&only(), 50), when(false, None));
    stage.fires(&alert(2, "job=a i=2", 55));
    assert_eq!(stage.judge(&only(), 56), when(false, Some(115)));
    // Ended and never counted: nothing to take away, still concerned.
    assert_eq!(stage.ends(&alert(9, "job=a i=9", 0)), ["A{}-"]);
    assert_eq!(stage.judge(&only(), 57), when(false, Some(115)));
}

#[test]
fn confirm_and_raise_are_trees_of_their_own() {
    let mut stage = Stage::new(
        r#"{"incident": "A", "when": {"alerts": ["job = a"]}, "confirm": {"when": {"alerts": ["job = pool"]}},
            "severity": {"default": "minor", "raise": [
                {"to": "critical", "when": {"alerts": ["job = pool"], "for": "5m"}},
                {"to": "major", "when": {"alerts": ["job = pool"]}}]}}"#,
    );
    stage.fires(&alert(1, "job=a", 0));
    assert_eq!(stage.judge(&only(), 1), when(true, None));
    assert_eq!(stage.fires(&alert(2, "job=pool", 10)), ["A{}"]);
    let raised = |to, due: Option<i64>| Verdict { when: true, confirm: true, raise: Some(to), due: due.map(at) };
    assert_eq!(stage.judge(&only(), 20), raised(Severity::Major, Some(310)));
    assert_eq!(stage.judge(&only(), 310), raised(Severity::Critical, None));
    // Only what counts for `when` is evidence.
    assert_eq!(stage.evaluator.evidence(&stage.rules, &only(), 9), [AlertId(1)]);
}

#[test]
fn severity_comes_from_the_evidence() {
    let of = |severity: &str, values: &[&str]| {
        let rule = format!(r#"{{"incident": "A", "when": {{"alerts": ["a = b"]}}, "severity": {severity}}}"#);
        let alerts: Vec<_> = values.iter().map(|value| alert(1, &format!("severity={value}"), 0)).collect();
        Stage::new(&rule).rules.rules[0].severity_of(&alerts)
    };
    let by_label =
        r#"{"from_label": "severity", "map": {"page": "critical", "critical": "major"}, "default": "minor"}"#;
    assert_eq!(of(r#"{"fixed": "minor"}"#, &["critical"]), Severity::Minor);
    assert_eq!(of(by_label, &["critical"]), Severity::Major);
    assert_eq!(of(by_label, &["warning", "page", "minor"]), Severity::Critical);
    assert_eq!(of(by_label, &["warning", ""]), Severity::Minor);
    assert_eq!(of(r#"{"from_label": "severity"}"#, &["minor"]), Severity::Minor);
    assert_eq!(of("{}", &["critical"]), Severity::Major);
}

#[test]
fn too_many_keys_are_counted_together() {
    let mut stage =
        Stage::new(r#"{"incident": "A", "correlate_by": ["i"], "when": {"alerts": ["job = a"], "at_least": 2}}"#);
    let of = |id: usize| alert(id as u64, &format!("job=a i={id}"), 0);
    for id in 1..=KEYS_MAX {
        assert_eq!(stage.fires(&of(id)), [format!("A{{i=\"{id}\"}}")]);
    }
    assert_eq!(stage.fires(&of(KEYS_MAX + 1)), ["A{}"]);
    assert_eq!(stage.fires(&of(KEYS_MAX + 2)), ["A{}"]);
    assert_eq!(stage.judge(&only(), 1), when(true, None));
    // A key becomes free; who stands with the overflow stays there, and leaves there.
    stage.ends(&of(1));
    stage.ends(&of(2));
    assert_eq!(stage.fires(&of(KEYS_MAX + 1)), ["A{}"]);
    assert_eq!(stage.fires(&of(KEYS_MAX + 3)), [format!("A{{i=\"{}\"}}", KEYS_MAX + 3)]);
    assert_eq!(stage.ends(&of(KEYS_MAX + 1)), ["A{}-"]);
    assert_eq!(stage.judge(&only(), 1), when(false, None));
}

#[test]
fn subjects_without_alerts_are_forgotten() {
    let mut stage =
        Stage::new(r#"{"incident": "A", "correlate_by": ["i"], "when": {"alerts": ["job = a"], "for": "1m"}}"#);
    for id in 1..=3 * KEYS_MAX {
        let one = alert(id as u64, &format!("job=a i={id}"), 0);
        let own = keyed(&[("i", &id.to_string())]);
        assert_eq!(stage.fires(&one), [format!("A{}", own.key)]);
        assert_eq!(stage.judge(&own, 1), when(false, Some(60)));
        assert!(stage.evaluator.holds(&stage.rules, &own).is_some());
        stage.ends(&one);
        assert_eq!(stage.judge(&own, 2), when(false, None));
        assert_eq!(stage.evaluator.holds(&stage.rules, &own), None);
    }
    assert_eq!(stage.evaluator.subjects().count(), 0);
}

#[test]
fn holds_of_another_rule_or_version_are_not_taken() {
    let mut stage = Stage::new(TWO_VANTAGES);
    stage.fires(&alert(1, "alertname=ProbeFailed vantage=nue", 0));
    stage.fires(&alert(2, "alertname=ProbeFailed vantage=prg", 40));
    stage.judge(&only(), 50);
    let row = stage.evaluator.holds(&stage.rules, &only()).unwrap();
    assert_eq!((row.rule.as_str(), row.since.as_slice()), ("A", [Some(at(40))].as_slice()));
    let mut other = Stage::new(&TWO_VANTAGES.replace("2m", "3m"));
    assert_eq!(other.evaluator.restore(&other.rules, &row), None);
    let mut gone = Stage::new(&TWO_VANTAGES.replace("\"A\"", "\"B\""));
    assert_eq!(gone.evaluator.restore(&gone.rules, &row), None);
    let mut same = Stage::new(TWO_VANTAGES);
    assert_eq!(same.evaluator.restore(&same.rules, &row), Some(only()));
    // Its alerts are not there any more: judging it ends the hold.
    assert_eq!(same.judge(&only(), 60), when(false, None));
    assert_eq!(same.evaluator.subjects().count(), 0);
}
