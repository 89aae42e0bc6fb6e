//! Rules and labels from few values, so that they meet.

use super::compile;
use fastrand::Rng;

/// Labels from few values, so that rules and alerts meet.
pub(super) fn random_labels(rng: &mut Rng) -> String {
    let pick = |rng: &mut Rng, name: &str, most: u32| match rng.u32(0..=most) {
        0 => String::new(),
        value => format!(" {name}={name}{value}"),
    };
    let rest = [pick(rng, "job", 3), pick(rng, "zone", 2), pick(rng, "host", 4)].concat();
    format!("alertname=A{}{rest}", rng.u32(0..4))
}

pub(super) fn random_matchers(rng: &mut Rng) -> String {
    let needed = [
        format!("alertname = A{}", rng.u32(0..4)),
        r#"alertname =~ \"A1|A2\""#.to_owned(),
        format!("job =~ \\\"job[{}3].*\\\"", rng.u32(1..3)),
        "zone != \\\"\\\"".to_owned(),
        "host =~ \\\".+[12]\\\"".to_owned(),
    ];
    let more =
        ["zone = zone1", "job != job2", r#"host !~ \"host1|host2\""#, r#"zone =~ \"zone1|\""#, r#"job !~ \".*3\""#];
    let mut matchers = vec![needed[rng.usize(..needed.len())].as_str()];
    matchers.extend((0..rng.usize(..2)).map(|_| more[rng.usize(..more.len())]));
    rng.shuffle(&mut matchers);
    format!("[\"{}\"]", matchers.join("\", \""))
}

fn random_leaf(rng: &mut Rng, held: &str) -> String {
    if rng.u32(0..5) == 0 {
        return format!(r#"{{"absent": {}{held}}}"#, random_matchers(rng));
    }
    let within = if rng.bool() { format!(r#", "within": "{}s""#, rng.u32(1..60)) } else { String::new() };
    let counted = match rng.u32(0..4) {
        0 => r#", "distinct": ["host"]"#,
        1 if !within.is_empty() => r#", "count": "episodes""#,
        _ => "",
    };
    let silenced = if rng.u32(0..4) == 0 { r#", "count_silenced": true"# } else { "" };
    let at_least = if rng.bool() { 1 } else { rng.u32(1..4) };
    let matchers = random_matchers(rng);
    format!(r#"{{"alerts": {matchers}, "at_least": {at_least}{within}{counted}{silenced}{held}}}"#)
}

pub(super) fn random_condition(rng: &mut Rng, depth: usize) -> String {
    let held = if rng.bool() { format!(r#", "for": "{}s""#, rng.u32(1..40)) } else { String::new() };
    if depth == 0 || rng.u32(0..3) == 0 {
        return random_leaf(rng, &held);
    }
    if rng.u32(0..5) == 0 {
        return format!(r#"{{"not": {}{held}}}"#, random_condition(rng, depth - 1));
    }
    let parts: Vec<String> = (0..rng.usize(1..4)).map(|_| random_condition(rng, depth - 1)).collect();
    let (most, parts) = (parts.len() as u32, parts.join(", "));
    match rng.u32(0..3) {
        0 => format!(r#"{{"all": [{parts}]{held}}}"#),
        1 => format!(r#"{{"any": [{parts}]{held}}}"#),
        _ => format!(r#"{{"some": {{"at_least": {}, "of": [{parts}]}}{held}}}"#, rng.u32(1..=most)),
    }
}

pub(super) fn random_rule(rng: &mut Rng, name: usize) -> String {
    let by = ["[]", r#"["zone"]"#, r#"["zone", "job"]"#][rng.usize(..3)];
    let [when, confirm, raise, more] = std::array::from_fn(|_| random_condition(rng, 2));
    let rule = |by: &str| {
        format!(
            r#"{{"incident": "R{name}", "correlate_by": {by}, "when": {when}, "confirm": {{"when": {confirm}}},
                "severity": {{"raise": [{{"to": "major", "when": {raise}}}, {{"to": "critical", "when": {more}}}]}}}}"#
        )
    };
    // True with no alert at all: that can't be split.
    if compile(&rule(by)).is_ok() { rule(by) } else { rule("[]") }
}
