//! Reports to look at: an ordinary one, and those that break pictures.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::alert::Pairs;
use domain::backtest::score::{Day, Declaration, Judgement, Report, RuleScore, Score, TrueIncident};
use domain::duration::Duration;
use domain::incident::Severity;
use std::collections::BTreeMap;

const NAMES: [&str; 12] = [
    "ObsFrontendDown",
    "ObsSchedulerStuck",
    "Several hosts of one service are down",
    "DatabaseReplicationBroken",
    "MonitoringBlind",
    "Users see errors",
    "Certificate expires",
    "QueueGrows",
    "Disk full soon",
    "Packages are not published",
    "Workers lost",
    "One host, many alerts",
];

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn blank(from: &str, to: &str) -> Report {
    Report {
        source: "year_2025_2026.jsonl".to_owned(),
        from: time(from),
        to: time(to),
        observations: 5_066,
        truth_known: true,
        total: Score::default(),
        rules: vec![],
        incidents: vec![],
        declarations: vec![],
        more_declarations: 0,
        days: vec![],
    }
}

fn known(id: &str, start: &str, people: Option<i64>, rules: Option<i64>, counts: bool) -> TrueIncident {
    let start = time(start);
    let after = |minutes: Option<i64>| minutes.map(|minutes| start + TimeDelta::minutes(minutes));
    TrueIncident {
        id: id.to_owned(),
        start,
        end: start + TimeDelta::hours(8),
        by_people: after(people),
        by_rules: after(rules),
        rule: rules.map(|_| NAMES[0].to_owned()),
        lead_minutes: people.zip(rules).map(|(people, rules)| (people - rules) as f64),
        lead_counts: counts,
    }
}

fn declaration(rule: &str, at: DateTime<Utc>, incident: Option<&str>) -> Declaration {
    Declaration {
        rule: rule.to_owned(),
        correlation: Pairs::labels([("service", "obs-frontend"), ("instance", "frontend-1.example.org:9100")]),
        at,
        until: Some(at + TimeDelta::minutes(95)),
        severity: Severity::Major,
        title: format!("{rule}: 3 of 7 alerts at obs-frontend"),
        first_alert_at: Some(at - TimeDelta::minutes(7)),
        judgement: if incident.is_some() { Judgement::Right } else { Judgement::Wrong },
        incident: incident.map(str::to_owned),
        called_off: incident.is_none(),
        reopened: u32::from(incident.is_some()),
        alerts: 7,
        notices: 4,
    }
}

// Rules, days and totals from declarations, as a backtest has them.
fn sum_up(mut report: Report, names: &[String]) -> Report {
    let weeks = (report.to - report.from).max(TimeDelta::days(1)).num_minutes() as f64 / 10_080.0;
    let score = |rule: Option<&str>| {
        let mine = report.declarations.iter().filter(|one| rule.is_none_or(|rule| one.rule == rule));
        let declared = mine.clone().count() as u64;
        let judged = |as_what| mine.clone().filter(|one| one.judgement == as_what).count() as u64;
        let (right, wrong) = (judged(Judgement::Right), judged(Judgement::Wrong));
        let found = report.incidents.iter().filter(|one| one.by_rules.is_some()).count() as u64;
        Score {
            declared,
            right,
            wrong,
            unjudged: judged(Judgement::Unjudged),
            called_off: mine.clone().filter(|one| one.called_off).count() as u64,
            found: if rule.is_none() { found } else { right.min(found) },
            known: report.incidents.len() as u64,
            precision: (right + wrong > 0).then(|| right as f64 / (right + wrong) as f64),
            recall: Some(found as f64 / 7.0),
            to_declare_p50: (declared > 0).then(|| Duration::minutes(7)),
            to_declare_p90: (declared > 0).then(|| Duration::minutes(64)),
            lead_minutes_p50: (right > 0).then_some(-10.0),
            wrong_per_week: wrong as f64 / weeks,
            notices_per_week: mine.map(|one| f64::from(one.notices)).sum::<f64>() / weeks,
        }
    };
    let rules = names.iter().map(|name| RuleScore { rule: name.clone(), score: score(Some(name)) }).collect();
    let total = score(None);
    let mut days: BTreeMap<NaiveDate, Day> = BTreeMap::new();
    for one in &report.declarations {
        let day = one.at.date_naive();
        let day = days.entry(day).or_insert(Day { day, right: 0, wrong: 0, unjudged: 0 });
        match one.judgement {
            Judgement::Right => day.right += 1,
            Judgement::Wrong => day.wrong += 1,
            Judgement::Unjudged => day.unjudged += 1,
        }
    }
    report.days = days.into_values().collect();
    Report { rules, total, ..report }
}

/// What the shipped rules might make of the recorded history.
pub fn typical() -> Report {
    let mut report = blank("2025-01-01T00:03:00Z", "2026-07-31T23:41:00Z");
    report.incidents = vec![
        known("2025-10-15", "2025-10-15T09:37:00Z", Some(64), Some(203), true),
        known("2025-10-29", "2025-10-29T13:55:00Z", Some(10), Some(10), true),
        known("2025-12-01", "2025-12-01T10:00:00Z", None, Some(6), false),
        known("2026-01-29", "2026-01-29T08:00:00Z", Some(3_649), Some(12), false),
        known("2026-02-15", "2026-02-15T20:15:00Z", Some(33), None, true),
        known("2026-03-04", "2026-03-04T11:11:00Z", None, None, false),
        known("2026-07-08", "2026-07-08T01:46:00Z", Some(340), Some(1), true),
    ];
    let right = report.incidents.clone();
    let right = right.iter().filter_map(|known| Some((known.by_rules?, known.id.as_str())));
    report.declarations = right.map(|(at, id)| declaration(NAMES[id.len() % 3], at, Some(id))).collect();
    for at in 0..27_i64 {
        let when = report.from + TimeDelta::minutes(at * at * 1_111 + 40_000);
        report.declarations.push(declaration(NAMES[(at * at % 7) as usize], when, None));
    }
    // A day on which both happened, and one with many.
    report.declarations.push(declaration(NAMES[1], time("2025-10-15T20:00:00Z"), None));
    report
        .declarations
        .extend((0..4).map(|hour| declaration(NAMES[5], time("2025-03-03T10:00:00Z") + TimeDelta::hours(hour), None)));
    report.declarations.sort_by_key(|one| one.at);
    sum_up(report, &NAMES.map(str::to_owned))
}

/// Other rules over the same history: louder, and some under other names.
pub fn other(report: &Report) -> Report {
    let mut other = report.clone();
    for (at, rule) in other.rules.iter_mut().enumerate().filter(|(at, _)| at % 3 != 0) {
        let more = at as u64 % 17 * 3;
        rule.score.declared += more;
        rule.score.wrong += more;
        rule.score.notices_per_week *= 1.5;
    }
    if let Some(rule) = other.rules.get_mut(1) {
        rule.rule = format!("Former {}", rule.rule);
    }
    other.total.declared *= 3;
    other.total.wrong *= 3;
    other.total.lead_minutes_p50 = Some(-139.0);
    for known in &mut other.incidents {
        known.by_rules = known.by_rules.map(|at| at + TimeDelta::minutes(25));
    }
    other
}

/// Nothing was given: no rules, no history, no truth.
pub fn empty() -> Report {
    let nothing = blank("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z");
    Report { observations: 0, truth_known: false, ..nothing }
}

/// Rules that never declare, with incidents to be found.
pub fn silent() -> Report {
    let mut report = blank("2025-01-01T00:03:00Z", "2026-07-31T23:41:00Z");
    report.incidents = vec![known("2025-10-15", "2025-10-15T09:37:00Z", Some(64), None, true)];
    sum_up(report, &NAMES.map(str::to_owned))
}

/// Nobody has said what was right.
pub fn without_truth() -> Report {
    let mut report = typical();
    report.truth_known = false;
    report.incidents.clear();
    for one in &mut report.declarations {
        (one.judgement, one.incident) = (Judgement::Unjudged, None);
    }
    let names: Vec<String> = report.rules.iter().map(|rule| rule.rule.clone()).collect();
    sum_up(report, &names)
}

/// Our own inbox: people have judged some declarations, not all.
pub fn partly_judged() -> Report {
    let mut report = typical();
    for one in report.declarations.iter_mut().skip(1).step_by(2) {
        (one.judgement, one.incident) = (Judgement::Unjudged, None);
    }
    let names: Vec<String> = report.rules.iter().map(|rule| rule.rule.clone()).collect();
    sum_up(report, &names)
}

/// 400 rules, five years with something nearly every day, more incidents than can be drawn.
pub fn huge() -> Report {
    let mut report = blank("2021-03-05T00:00:00Z", "2026-02-20T00:00:00Z");
    report.observations = 10_000_000;
    let names: Vec<String> = (0..400).map(|at| format!("Rule {at} of {}", NAMES[at % 12])).collect();
    report.incidents = (0..150)
        .map(|at: i64| {
            let start = (report.from + TimeDelta::days(at * 12)).to_rfc3339();
            let id = format!("INC-{:05}", at * 77);
            known(&id, &start, (at % 3 > 0).then_some(at * at), (at % 5 > 0).then_some(at * 2), at % 4 > 0)
        })
        .collect();
    for at in 0..5_000_i64 {
        let when = report.from + TimeDelta::minutes(at * 520);
        let incident = (at % 9 == 0).then_some("INC-00077");
        report.declarations.push(declaration(&names[(at * at % 311) as usize], when, incident));
    }
    report.more_declarations = 12_345;
    sum_up(report, &names)
}

/// Names that nobody expected.
pub fn strange_names() -> Report {
    let mut report = blank("2025-11-30T00:00:00Z", "2026-01-02T00:00:00Z");
    let names = [
        "W".repeat(300),
        "HAProxyHighHttp5xxErrorRateBackendOfTheWholeBuildServiceInAllRegionsAndZones".to_owned(),
        "خدمة البناء لا تستجيب للطلبات منذ عشر دقائق على جميع الخوادم".to_owned(),
        "שירות הבנייה אינו מגיב (obs-frontend-1) מזה עשר דקות".to_owned(),
        "構築サービスが応答しません。データベースの複製が停止しています。".to_owned(),
        "\u{202e}turned around\u{202c}".to_owned(),
        "🔥🔥🔥 everything burns 🔥🔥🔥 everything burns 🔥🔥🔥".to_owned(),
        "Щедрые Ширины Жёлтых Щитов Журналов Шифрования".to_owned(),
        "a\nline\nbreak, a\ttab, </text><b>markup</b> & \"quotes\"".to_owned(),
        String::new(),
        "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301} combined".to_owned(),
        "one word".to_owned(),
    ];
    report.source = names[1].repeat(4);
    report.incidents = names
        .iter()
        .zip(0..)
        .map(|(name, at)| known(name, "2025-12-01T00:00:00Z", Some(at * 100_000), Some(at * 3), true))
        .collect();
    for (name, at) in names.iter().zip(0..) {
        for more in 0..=at {
            let when = report.from + TimeDelta::hours(at * 60 + more);
            let mut one = declaration(name, when, (more % 3 == 0).then_some(name.as_str()));
            one.correlation = Pairs::labels([(name.as_str(), name.as_str())]);
            report.declarations.push(one);
        }
    }
    sum_up(report, &names)
}

/// A history without a length: all at once.
pub fn moment() -> Report {
    let mut report = blank("2025-12-31T23:59:59Z", "2025-12-31T23:59:59Z");
    report.observations = 1;
    report.incidents = vec![known("1", "2025-12-31T23:59:59Z", Some(0), Some(0), true)];
    report.declarations = vec![declaration(NAMES[0], report.from, Some("1"))];
    sum_up(report, &[NAMES[0].to_owned()])
}
