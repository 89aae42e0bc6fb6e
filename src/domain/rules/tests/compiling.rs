//! What compiles, and what is refused with which words.

use super::{compile, file};
use crate::rules::RuleSet;
use crate::rules::eval::KEYS_MAX;

fn mistakes(rules: &str) -> Vec<String> {
    compile(rules).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn says_everything_that_is_wrong_at_once() {
    let wrong = mistakes(
        r#"{"incident": "A", "when": {"any": [{"at_least": 2, "all": []}, {}, {"alerts": ["a = b"], "at_least": 0}]}},
           {"incident": "A", "when": {"alerts": ["a = b"], "any": []}, "correlate_by": ["x", "x"],
            "severity": {"fixed": "major", "default": "minor", "raise": [{"to": "critical", "when": {"alerts": []}}]},
            "confirm": {}, "gather": ["b != c"], "resolve": {"propose_after": "1h", "automatic_after": "30m"}},
           {"incident": "", "when": {"alerts": ["a = b"], "distinct": []}, "labels": {"incident": "x"}, "resolve": {}}"#,
    );
    assert_eq!(
        wrong,
        [
            "rules.yml: groups[0].rules[0].when.any[0].at_least: belongs beside `alerts`; move it there",
            "rules.yml: groups[0].rules[0].when.any[0].all: is empty; write at least one condition",
            "rules.yml: groups[0].rules[0].when.any[1]: says nothing; write one of `alerts`, `absent`, `all`, `any`, \
             `some`, `not`",
            "rules.yml: groups[0].rules[0].when.any[2].at_least: is 0; write a number from 1 to 10000",
            "rules.yml: groups[0].rules[1].incident: another rule is named `A`; incidents are told apart by it, rename \
             one",
            "rules.yml: groups[0].rules[1].correlate_by: names label `x` twice",
            "rules.yml: groups[0].rules[1].severity: is `fixed`, so `from_label`, `map` and `default` say nothing; take \
             one side out",
            "rules.yml: groups[0].rules[1].confirm: says nothing; write `after`, `when`, or both",
            "rules.yml: groups[0].rules[1].resolve: `automatic_after` 30m is not later than `propose_after` 1h: nobody \
             could answer",
            "rules.yml: groups[0].rules[1].when: says `alerts` and `any` side by side; write one, or nest them: \
             `all: [{alerts: …}, …]`",
            "rules.yml: groups[0].rules[1].severity.raise[0].when.alerts: is empty and would match every alert; write \
             at least one matcher",
            "rules.yml: groups[0].rules[1].gather: matches an alert without any of these labels, so every alert; add \
             a matcher that a missing label does not pass, for example `severity = critical`",
            "rules.yml: groups[0].rules[2].incident: is empty; name the rule",
            "rules.yml: groups[0].rules[2].labels: sets `incident`; the name of the rule does",
            "rules.yml: groups[0].rules[2].resolve: says nothing; write `propose_after`, `automatic_after`, or both",
            "rules.yml: groups[0].rules[2].when.distinct: is empty; write at least one label name",
        ]
    );
}

#[test]
fn refuses_matchers_that_an_alert_without_labels_passes() {
    for matchers in [r#"["a != b"]"#, r#"["a =~ \".*\""]"#, r#"["a =~ \"x|\""]"#, r#"["a !~ \"x\"", "b = \"\""]"#] {
        let rule = format!(r#"{{"incident": "A", "when": {{"alerts": {matchers}}}}}"#);
        assert_eq!(mistakes(&rule).len(), 1, "{matchers}");
    }
    for matchers in [r#"["a != \"\""]"#, r#"["a =~ \".+\""]"#, r#"["a != b", "c = d"]"#] {
        let rule = format!(r#"{{"incident": "A", "when": {{"alerts": {matchers}}}}}"#);
        assert!(compile(&rule).is_ok(), "{matchers}");
    }
}

#[test]
fn nests_five_deep_and_no_deeper() {
    let nested = |depth: usize| {
        let open = r#"{"any": ["#.repeat(depth - 1);
        let close = "]}".repeat(depth - 1);
        format!(r#"{{"incident": "A", "when": {open}{{"alerts": ["a = b"]}}{close}}}"#)
    };
    assert!(compile(&nested(5)).is_ok());
    let place = ".any[0]".repeat(5);
    let expected =
        format!("rules.yml: groups[0].rules[0].when{place}: conditions stand more than 5 deep; split the rule");
    assert_eq!(mistakes(&nested(6)), [expected]);
}

#[test]
fn names_are_unique_over_all_files_and_groups_within_one() {
    let one = r#"[{"name": "g", "rules": [{"incident": "A", "when": {"alerts": ["a = b"]}}]}]"#;
    let two = r#"[{"name": "g", "rules": []}, {"name": "g", "labels": {"incident": "x"}, "rules": []}]"#;
    let wrong = RuleSet::compile(&[file("one.yml", one), file("two.yml", one), file("three.yml", two)]).unwrap_err();
    let wrong: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    assert_eq!(
        wrong,
        [
            "two.yml: groups[0].rules[0].incident: another rule is named `A`; incidents are told apart by it, rename one",
            "three.yml: groups[1].labels: sets `incident`; the name of each rule does",
            "three.yml: groups[1].name: another group of this file is named `g`; rename one",
        ]
    );
}

#[test]
fn labels_of_the_rule_win_over_its_groups() {
    let groups = r#"[{"name": "g", "labels": {"team": "a", "service": "s"}, "rules": [
        {"incident": "A", "labels": {"team": "b"}, "when": {"alerts": ["a = b"]}}]}]"#;
    let rules = RuleSet::compile(&[file("f", groups)]).unwrap();
    let ix = rules.by_name("A").unwrap();
    assert_eq!(rules.rule(ix).labels.to_string(), r#"{incident="A", service="s", team="b"}"#);
    assert_eq!(rules.by_name("B"), None);
}

#[test]
fn a_rule_too_many_is_refused() {
    let rules: Vec<String> =
        (0..10_001).map(|at| format!(r#"{{"incident": "R{at}", "when": {{"alerts": ["a = b{at}"]}}}}"#)).collect();
    let wrong = mistakes(&rules.join(","));
    assert_eq!(wrong, ["rules.yml: groups[0].rules[10000]: is one rule too many; there may be 10000"]);
    assert!(compile(&rules[..KEYS_MAX].join(",")).is_ok());
}

#[test]
fn doubts_are_told_and_refuse_nothing() {
    let rules = compile(
        r#"{"incident": "A", "when": {"alerts": ["a = b"]}, "general_impact": "users of {{ labels.site }}"},
           {"incident": "B", "when": {"alerts": ["a = b"]}, "general_impact": "everyone"}"#,
    );
    let warnings: Vec<String> = rules.unwrap().warnings.iter().map(ToString::to_string).collect();
    let told =
        "rules.yml: groups[0].rules[0].general_impact: is no template: `{{` is shown as it stands; write plain words";
    assert_eq!(warnings, [told]);
}

#[test]
fn what_does_not_go_together_is_said_at_once() {
    let wrong = mistakes(
        r#"{"incident": "A", "when": {"any": [
            {"alerts": ["a = b"], "count": "episodes"},
            {"alerts": ["a = b"], "count": "alerts", "distinct": ["c"], "within": "1m"},
            {"alerts": ["a = b"], "within": "0s", "at_least": 0},
            {"alerts": ["a = b"], "within": "25h"},
            {"absent": ["a = b"], "within": "1m", "count": "alerts", "count_silenced": true, "at_least": 2,
             "distinct": ["c"]},
            {"absent": ["a != b"]},
            {"absent": []},
            {"some": {"at_least": 3, "of": [{"alerts": ["a = b"]}, {}]}, "at_least": 1},
            {"some": {"at_least": 0, "of": [{"alerts": ["a = b"]}]}},
            {"some": {"at_least": 1, "of": []}},
            {"not": {"not": {}}},
            {"alerts": ["a = b"], "not": {"alerts": ["c = d"]}, "absent": ["a = b"]}]}}"#,
    );
    let wrong: Vec<&str> = wrong.iter().map(|wrong| &wrong["rules.yml: groups[0].rules[0].when.".len()..]).collect();
    assert_eq!(
        wrong,
        [
            "any[0].count: is `episodes`, and does not say of which time; add for example `within: 20m`",
            "any[1].count: does not go with `distinct`; take one of them out",
            "any[2].within: is 0s; write more than 0s and at most 24h",
            "any[2].at_least: is 0; write a number from 1 to 10000",
            "any[3].within: is 1d1h; write more than 0s and at most 24h",
            "any[4].at_least: belongs beside `alerts`; move it there",
            "any[4].distinct: belongs beside `alerts`; move it there",
            "any[4].count: belongs beside `alerts`; move it there",
            "any[4].within: belongs beside `alerts`; move it there",
            "any[4].count_silenced: belongs beside `alerts`; move it there",
            "any[5].absent: matches an alert without any of these labels, so every alert; add a matcher that a missing \
             label does not pass, for example `severity = critical`",
            "any[6].absent: is empty and would match every alert; write at least one matcher",
            "any[7].at_least: belongs inside `some`; move it there",
            "any[7].some.of[1]: says nothing; write one of `alerts`, `absent`, `all`, `any`, `some`, `not`",
            "any[7].some.at_least: is 3; write a number from 1 to 2, the number of conditions",
            "any[8].some.at_least: is 0; write a number from 1 to 1, the number of conditions",
            "any[9].some.of: is empty; write at least one condition",
            "any[10].not.not: says nothing; write one of `alerts`, `absent`, `all`, `any`, `some`, `not`",
            "any[11]: says `alerts` and `absent` and `not` side by side; write one, or nest them: \
             `all: [{alerts: …}, …]`",
        ]
    );
}

#[test]
fn what_is_true_of_nothing_can_not_be_split() {
    let rule = |by: &str, condition: &str| {
        compile(&format!(r#"{{"incident": "A", "correlate_by": {by}, "when": {condition}}}"#))
    };
    let [a, absent] = [r#"{"alerts": ["a = b"]}"#, r#"{"absent": ["c = d"], "for": "1h"}"#];
    for (condition, standing) in [
        (a.to_owned(), false),
        (absent.to_owned(), true),
        (format!(r#"{{"not": {a}, "for": "5m"}}"#), true),
        (format!(r#"{{"not": {absent}}}"#), false),
        (format!(r#"{{"all": [{a}, {absent}]}}"#), false),
        (format!(r#"{{"any": [{a}, {absent}]}}"#), true),
        (format!(r#"{{"some": {{"at_least": 2, "of": [{a}, {absent}, {{"not": {a}}}]}}}}"#), true),
        (format!(r#"{{"some": {{"at_least": 3, "of": [{a}, {absent}, {{"not": {a}}}]}}}}"#), false),
    ] {
        assert_eq!(rule("[]", &condition).unwrap().rules[0].is_standing(), standing, "{condition}");
        let split = rule(r#"["x"]"#, &condition).err().into_iter().flatten().map(|wrong| wrong.to_string());
        let refused = "rules.yml: groups[0].rules[0].correlate_by: splits a rule that is true with no alert at all, and \
                       no alert means no labels to split by; write `correlate_by: []`, or let `when` need alerts too: \
                       `all: [{alerts: …}, …]`";
        assert_eq!(split.collect::<Vec<_>>(), if standing { vec![refused] } else { vec![] }, "{condition}");
    }
}
