//! Each kind of condition by itself, at its edges.

use super::{Stage, alert, at, keyed, only, when};
use crate::alert::{Alert, AlertState, ResolvedBecause};
use crate::ids::AlertId;
use crate::rules::eval::{KEYS_MAX, Subject};

// What an alert does, as the table would note it.
fn fires(stage: &mut Stage, alert: &mut Alert, second: i64) -> Vec<String> {
    turns(stage, alert, AlertState::Firing, second)
}

fn ends(stage: &mut Stage, alert: &mut Alert, second: i64) -> Vec<String> {
    let over = AlertState::Resolved { ends_at: at(second), because: ResolvedBecause::Reported, contested_until: None };
    turns(stage, alert, over, second)
}

fn is_muted(stage: &mut Stage, alert: &mut Alert, second: i64) -> Vec<String> {
    turns(stage, alert, AlertState::Muted { by: vec!["silence".to_owned()] }, second)
}

fn turns(stage: &mut Stage, alert: &mut Alert, state: AlertState, second: i64) -> Vec<String> {
    alert.change(|alert| {
        if state.is_open() && !alert.state.is_open() {
            alert.starts_at = at(second);
        }
        alert.state = state;
        alert.last_seen = at(second);
    });
    stage.set(alert)
}

fn evidence(stage: &Stage, subject: &Subject) -> Vec<u64> {
    stage.evaluator.evidence(&stage.rules, subject, 9).into_iter().map(|AlertId(id)| id).collect()
}

#[test]
fn for_is_over_exactly_then_and_not_before() {
    let mut stage = Stage::new(r#"{"incident": "A", "when": {"alerts": ["job = a"], "for": "1m"}}"#);
    stage.fires(&alert(1, "job=a", 0));
    assert_eq!(stage.judge(&only(), 59), when(false, Some(60)));
    assert_eq!(stage.judge(&only(), 60), when(true, None));
    assert_eq!(stage.explain(&only(), 60), "[x] 1 alert matches job = a; held 1m of 1m\n");
    let mut stage = Stage::new(r#"{"incident": "A", "when": {"alerts": ["job = a"], "for": "0s"}}"#);
    stage.fires(&alert(1, "job=a", 5));
    assert_eq!(stage.judge(&only(), 5), when(true, None));
}

const FLAPS: &str = r#"{"incident": "A", "when":
    {"alerts": ["job = a"], "at_least": 3, "count": "episodes", "within": "20m"}}"#;

#[test]
fn three_episodes_of_one_alert_within_twenty_minutes() {
    let mut stage = Stage::new(FLAPS);
    let mut one = alert(1, "job=a", 0);
    stage.set(&one);
    assert_eq!(stage.judge(&only(), 0), when(false, None));
    ends(&mut stage, &mut one, 60);
    assert_eq!(stage.judge(&only(), 60), when(false, Some(60 + 1200)));
    fires(&mut stage, &mut one, 300);
    ends(&mut stage, &mut one, 360);
    assert_eq!(stage.judge(&only(), 360), when(false, Some(360 + 1200)));
    fires(&mut stage, &mut one, 600);
    // Until the first of them leaves, though the third fires on.
    assert_eq!(stage.judge(&only(), 600), when(true, Some(60 + 1200)));
    assert_eq!(stage.explain(&only(), 600), "[x] 3 of 3 episodes match job = a within 20m\n");
    assert_eq!(stage.judge(&only(), 1259), when(true, Some(1260)));
    assert_eq!(stage.judge(&only(), 1260), when(false, None));
    assert_eq!(stage.explain(&only(), 1260), "[ ] 2 of 3 episodes match job = a within 20m\n");
    assert_eq!(evidence(&stage, &only()), [1]);
}

#[test]
fn what_is_over_counts_within_and_is_evidence_but_fires_no_more() {
    let mut stage = Stage::new(
        r#"{"incident": "A", "correlate_by": ["i"], "when": {"alerts": ["job = a"], "at_least": 2, "within": "1m"}}"#,
    );
    let key = keyed(&[("i", "x")]);
    let [mut one, mut two] = [alert(1, "job=a i=x n=1", 0), alert(2, "job=a i=x n=2", 10)];
    stage.set(&one);
    assert_eq!(ends(&mut stage, &mut one, 5), [r#"A{i="x"}-"#]);
    stage.set(&two);
    assert!(stage.evaluator.fires(&stage.rules, &key));
    ends(&mut stage, &mut two, 20);
    assert_eq!(stage.judge(&key, 20), when(true, Some(65)));
    assert_eq!(evidence(&stage, &key), [1, 2]);
    assert!(!stage.evaluator.fires(&stage.rules, &key));
    // Asked ahead of time, it tells the time that was asked for, and changes nothing.
    assert_eq!(stage.explain(&key, 65), "[ ] 1 of 2 alerts match job = a within 1m\n");
    assert_eq!(stage.explain(&key, 64), "[x] 2 of 2 alerts match job = a within 1m\n");
    // The first leaves, then the second; then there is nothing to remember.
    assert_eq!(stage.judge(&key, 65), when(false, Some(80)));
    assert_eq!(evidence(&stage, &key), [2]);
    assert_eq!(stage.judge(&key, 80), when(false, None));
    assert_eq!(stage.evaluator.subjects().count(), 0);
}

#[test]
fn within_and_for_go_together_across_restarts() {
    let mut stage = Stage::new(r#"{"incident": "A", "when": {"alerts": ["job = a"], "within": "1m", "for": "5m"}}"#);
    let mut one = alert(1, "job=a", 0);
    stage.set(&one);
    assert_eq!(stage.judge(&only(), 0), when(false, Some(300)));
    for second in [30, 80, 130, 180, 230, 280] {
        ends(&mut stage, &mut one, second);
        assert_eq!(stage.judge(&only(), second), when(false, Some(300.min(second + 60))));
        stage.restart(std::slice::from_ref(&one), &[only()], at(second));
        assert_eq!(stage.judge(&only(), second), when(false, Some(300.min(second + 60))));
        fires(&mut stage, &mut one, second + 20);
        stage.judge(&only(), second + 20);
    }
    assert_eq!(stage.judge(&only(), 300), when(true, None));
    ends(&mut stage, &mut one, 310);
    assert_eq!(stage.judge(&only(), 310), when(true, Some(370)));
    assert_eq!(stage.judge(&only(), 370), when(false, None));
}

#[test]
fn distinct_values_within_a_time() {
    let mut stage = Stage::new(
        r#"{"incident": "A", "when": {"alerts": ["job = a"], "at_least": 2, "distinct": ["zone"], "within": "1m"}}"#,
    );
    let [mut one, mut two, mut three] =
        [alert(1, "job=a zone=x", 0), alert(2, "job=a zone=x i=2", 0), alert(3, "job=a zone=y", 10)];
    stage.set(&one);
    stage.set(&two);
    ends(&mut stage, &mut one, 5);
    stage.set(&three);
    assert_eq!(stage.judge(&only(), 10), when(true, None));
    ends(&mut stage, &mut three, 15);
    ends(&mut stage, &mut two, 20);
    assert_eq!(stage.judge(&only(), 20), when(true, Some(75)));
    assert_eq!(stage.explain(&only(), 20), "[x] 2 of 2 distinct zone match job = a within 1m\n");
    assert_eq!(stage.judge(&only(), 75), when(false, Some(80)));
}

#[test]
fn silenced_alerts_count_where_the_rule_says_so() {
    let rule = |silenced: &str| format!(r#"{{"incident": "A", "when": {{"alerts": ["job = a"]{silenced}}}}}"#);
    let mut plain = Stage::new(&rule(""));
    let mut silenced = Stage::new(&rule(r#", "count_silenced": true"#));
    let mut one = alert(1, "job=a", 0);
    plain.set(&one);
    assert_eq!(is_muted(&mut plain, &mut one, 10), ["A{}-"]);
    assert_eq!(plain.judge(&only(), 10), when(false, None));
    assert_eq!(silenced.set(&one), ["A{}"]);
    assert_eq!(silenced.judge(&only(), 10), when(true, None));
    assert_eq!(silenced.explain(&only(), 10), "[x] 1 alert matches job = a, silenced or not\n");
    assert!(silenced.evaluator.fires(&silenced.rules, &only()));
    // Until it was silenced it fired, and that is past.
    let mut within = Stage::new(&rule(r#", "within": "5s""#));
    within.set(&one);
    assert_eq!(within.judge(&only(), 14), when(true, Some(15)));
    assert_eq!(within.judge(&only(), 15), when(false, None));
    // Nobody knows why it is not told: that counts nowhere.
    turns(&mut silenced, &mut one, AlertState::Unreported { since: at(20) }, 20);
    assert_eq!(silenced.judge(&only(), 20), when(false, None));
}

const BLIND: &str = r#"{"incident": "Blind", "when": {"absent": ["alertname = Watchdog"], "for": "5m"}}"#;

#[test]
fn absence_is_noticed_though_no_alert_ever_came() {
    let mut stage = Stage::new(BLIND);
    assert!(stage.rules.rules[0].is_standing());
    assert_eq!(stage.rules.standing().collect::<Vec<_>>(), [only()]);
    assert_eq!(stage.explain(&only(), 100), "[~] no alert matches alertname = Watchdog; held 0s of 5m\n");
    assert_eq!(stage.judge(&only(), 100), when(false, Some(400)));
    assert_eq!(stage.explain(&only(), 160), "[~] no alert matches alertname = Watchdog; held 1m of 5m\n");
    // Across a restart, with not one alert known.
    stage.restart(&[], &[only()], at(399));
    assert_eq!(stage.judge(&only(), 399), when(false, Some(400)));
    assert_eq!(stage.judge(&only(), 400), when(true, None));
    assert_eq!((evidence(&stage, &only()).len(), stage.evaluator.fires(&stage.rules, &only())), (0, false));
    // It comes, and is no evidence: it is what was missing.
    let mut watchdog = alert(1, "alertname=Watchdog", 410);
    assert_eq!(stage.set(&watchdog), ["Blind{}?-"]);
    assert_eq!(stage.judge(&only(), 410), when(false, None));
    assert_eq!(stage.explain(&only(), 410), "[ ] 1 alert matches alertname = Watchdog, none may\n");
    // Who silences it is not blind.
    is_muted(&mut stage, &mut watchdog, 420);
    assert_eq!(stage.judge(&only(), 420), when(false, None));
    ends(&mut stage, &mut watchdog, 500);
    assert_eq!(stage.judge(&only(), 500), when(false, Some(800)));
}

#[test]
fn absent_without_for_is_true_at_once() {
    let mut stage = Stage::new(r#"{"incident": "A", "when": {"absent": ["job = a"]}}"#);
    assert_eq!(stage.judge(&only(), 0), when(true, None));
    assert_eq!(stage.evaluator.subjects().count(), 0, "and there is nothing to remember");
    stage.fires(&alert(1, "job=a", 0));
    stage.fires(&alert(2, "job=a i=2", 0));
    assert_eq!(stage.judge(&only(), 1), when(false, None));
    assert_eq!(stage.explain(&only(), 1), "[ ] 2 alerts match job = a, none may\n");
}

#[test]
fn some_of_four_weak_signs() {
    let mut stage = Stage::new(
        r#"{"incident": "A", "when": {"some": {"at_least": 2, "of": [{"alerts": ["job = a"], "for": "10s"},
            {"alerts": ["job = b"]}, {"alerts": ["job = c"]}, {"alerts": ["job = d"]}]}, "for": "1m"}}"#,
    );
    stage.fires(&alert(1, "job=b", 0));
    assert_eq!(stage.judge(&only(), 0), when(false, None));
    stage.fires(&alert(2, "job=a", 5));
    assert_eq!(stage.judge(&only(), 5), when(false, Some(15)));
    assert_eq!(
        stage.explain(&only(), 5),
        "[~] 1 of 4 conditions met, at least 2 needed\n  [~] 1 alert matches job = a; held 0s of 10s\n  \
         [x] 1 alert matches job = b\n  [ ] no alert matches job = c\n  [ ] no alert matches job = d\n"
    );
    assert_eq!(stage.judge(&only(), 15), when(false, Some(75)));
    // Another sign comes before one goes: enough all the time.
    stage.fires(&alert(3, "job=d", 30));
    stage.judge(&only(), 30);
    stage.ends(&alert(1, "job=b", 0));
    assert_eq!(stage.judge(&only(), 40), when(false, Some(75)));
    assert_eq!(stage.judge(&only(), 75), when(true, None));
    stage.ends(&alert(2, "job=a", 5));
    assert_eq!(stage.judge(&only(), 80), when(false, None));
}

const UNLESS: &str = r#"{"incident": "A", "correlate_by": ["host"], "when": {"all": [
    {"alerts": ["alertname = Down"]}, {"not": {"alerts": ["alertname = Maintenance"], "for": "30s"}}], "for": "1m"}}"#;

#[test]
fn not_keeps_a_rule_from_being_true() {
    let mut stage = Stage::new(UNLESS);
    assert!(!stage.rules.rules[0].is_standing());
    let key = keyed(&[("host", "x")]);
    let [down, maintenance] = [alert(1, "alertname=Down host=x", 0), alert(2, "alertname=Maintenance host=x", 20)];
    stage.fires(&down);
    assert_eq!(stage.judge(&key, 0), when(false, Some(60)));
    // It concerns the rule, and is no evidence for it.
    assert_eq!(stage.fires(&maintenance), [r#"A{host="x"}?-"#]);
    assert_eq!(stage.judge(&key, 20), when(false, Some(50)));
    assert_eq!(
        stage.explain(&key, 40),
        "[~] 2 of 2 conditions met, all needed; held 40s of 1m\n  [x] 1 alert matches alertname = Down\n  \
         [x] not: 1 of 1 alerts match alertname = Maintenance; held 20s of 30s\n"
    );
    assert_eq!(stage.judge(&key, 50), when(false, None));
    assert_eq!(
        stage.explain(&key, 50),
        "[ ] 1 of 2 conditions met, all needed\n  [x] 1 alert matches alertname = Down\n  \
         [ ] not: 1 of 1 alerts match alertname = Maintenance; held 30s of 30s\n"
    );
    assert_eq!(evidence(&stage, &key), [1]);
    stage.ends(&maintenance);
    assert_eq!(stage.judge(&key, 70), when(false, Some(130)));
    assert_eq!(stage.judge(&key, 130), when(true, None));
    assert_eq!(
        stage.evaluator.explain(&stage.rules, &key, at(130)).reason(),
        "1 alert matches alertname = Down; not: 0 of 1 alerts match alertname = Maintenance"
    );
}

#[test]
fn not_of_not_is_the_thing_itself() {
    let mut stage = Stage::new(
        r#"{"incident": "A", "correlate_by": ["i"], "when": {"not": {"any": [{"absent": ["job = a"]},
            {"alerts": ["job = b"]}]}}}"#,
    );
    let key = keyed(&[("i", "x")]);
    assert_eq!(stage.fires(&alert(1, "job=a i=x", 0)), [r#"A{i="x"}"#]);
    assert_eq!(stage.judge(&key, 0), when(true, None));
    assert_eq!(evidence(&stage, &key), [1]);
    let explained = "[x] not: 0 of 2 conditions met, any suffices\n  [ ] 1 alert matches job = a, none may\n  \
                     [ ] no alert matches job = b\n";
    assert_eq!(stage.explain(&key, 0), explained);
    assert_eq!(stage.fires(&alert(2, "job=b i=x", 0)), [r#"A{i="x"}?-"#]);
    assert_eq!(stage.judge(&key, 0), when(false, None));
}

#[test]
fn what_only_keeps_a_rule_from_being_true_takes_up_no_key() {
    let mut stage = Stage::new(UNLESS);
    let of = |name: &str, id: usize| alert(id as u64, &format!("alertname={name} host=h{}", id % 5_000), 0);
    for id in 0..2 * KEYS_MAX {
        stage.fires(&of("Maintenance", id));
    }
    for id in 0..KEYS_MAX {
        assert_eq!(stage.fires(&of("Down", 10_000 + id)), [format!("A{{host=\"h{id}\"}}")]);
    }
    // One too many: counted with the others, and no maintenance of one host speaks for them all.
    assert_eq!(stage.fires(&of("Down", 10_000 + KEYS_MAX)), ["A{}"]);
    assert_eq!(stage.fires(&of("Maintenance", 15_000 + KEYS_MAX)), [format!("A{{host=\"h{KEYS_MAX}\"}}?-")]);
    // A key that is free again is given again.
    stage.ends(&of("Down", 10_000));
    stage.ends(&of("Down", 10_001));
    let next = 10_000 + KEYS_MAX + 1;
    assert_eq!(stage.fires(&of("Down", next)), [format!("A{{host=\"h{}\"}}", KEYS_MAX + 1)]);
}

#[test]
fn a_key_without_alerts_is_forgotten_whatever_it_held() {
    let rule = UNLESS.replace(r#""for": "30s"}}"#, r#""for": "30s"}, "for": "10m"}"#);
    let mut stage = Stage::new(&rule);
    let key = keyed(&[("host", "x")]);
    let down = alert(1, "alertname=Down host=x", 0);
    stage.fires(&down);
    stage.judge(&key, 0);
    assert!(stage.evaluator.holds(&stage.rules, &key).is_some());
    stage.ends(&down);
    assert_eq!(stage.judge(&key, 10), when(false, None));
    assert_eq!((stage.evaluator.holds(&stage.rules, &key), stage.evaluator.subjects().count()), (None, 0));
    // The one subject of a rule that is not split is always there: what was long absent is when the alert comes.
    let mut stage = Stage::new(&rule.replace(r#"["host"]"#, "[]").replace(r#"], "for": "1m""#, "]"));
    assert_eq!(stage.rules.standing().count(), 1);
    assert_eq!(stage.judge(&only(), 0), when(false, Some(600)));
    assert_eq!(stage.judge(&only(), 600), when(false, None));
    stage.fires(&alert(1, "alertname=Down host=x", 900));
    assert_eq!(stage.judge(&only(), 900), when(true, None));
}
