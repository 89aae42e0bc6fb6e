//! What a rule set must not do: `precision < 0.8`, `CriticalAlert.wrong_per_week > 2`.

use super::score::{Report, Score};
use crate::duration::Duration;
use std::fmt;

/// A number that must not be so.
#[derive(Debug, Clone, PartialEq)]
pub struct FailIf {
    rule: Option<String>,
    metric: &'static str,
    order: Order,
    bound: f64,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Less,
    AtMost,
    More,
    AtLeast,
}

// Longer signs first: `<` is the beginning of `<=`.
const ORDERS: [(&str, Order); 4] =
    [("<=", Order::AtMost), (">=", Order::AtLeast), ("<", Order::Less), (">", Order::More)];

/// What can be asked, as it is named in the JSON report. Waits are in seconds.
pub const METRICS: [&str; 14] = [
    "declared",
    "right",
    "wrong",
    "unjudged",
    "called_off",
    "found",
    "known",
    "precision",
    "recall",
    "to_declare_p50",
    "to_declare_p90",
    "lead_minutes_p50",
    "wrong_per_week",
    "notices_per_week",
];

/// What a number was.
#[derive(Debug, Clone, PartialEq)]
pub enum Checked {
    /// As it may be.
    Fine,
    /// As it must not be; in words.
    Failed(String),
    /// There is no such number; in words.
    Unknown(String),
}

impl FailIf {
    /// Reads `[RULE.]METRIC < NUMBER`, with `<`, `<=`, `>` or `>=`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected = "write for example `precision < 0.8` or `MyRule.wrong_per_week > 2`";
        let found = ORDERS.iter().filter_map(|(sign, order)| Some((text.find(sign)?, *sign, *order)));
        let Some((at, sign, order)) = found.min_by_key(|(at, sign, _)| (*at, std::cmp::Reverse(sign.len()))) else {
            return Err(format!("it compares nothing: none of <, <=, >, >= is in it; {expected}"));
        };
        let (name, bound) = (text[..at].trim(), text[at + sign.len()..].trim());
        let (rule, metric) = match name.rsplit_once('.') {
            Some((rule, metric)) => (Some(rule.trim().to_owned()), metric.trim()),
            None => (None, name),
        };
        let known = METRICS.into_iter().find(|known| *known == metric);
        let metric =
            known.ok_or_else(|| format!("there is no number `{metric}`; there are: {}", METRICS.join(", ")))?;
        let seconds = || Duration::parse(bound).ok().filter(|_| metric.starts_with("to_declare"));
        let bound = bound.parse::<f64>().ok().filter(|bound| bound.is_finite());
        let bound = bound.or_else(|| seconds().map(|duration| duration.as_seconds() as f64));
        let bound = bound.ok_or_else(|| format!("what follows `{sign}` is no number; {expected}"))?;
        Ok(Self { rule, metric, order, bound, text: text.trim().to_owned() })
    }

    /// Looks at a report.
    pub fn check(&self, report: &Report) -> Checked {
        let score = match &self.rule {
            None => &report.total,
            Some(name) => match report.rules.iter().find(|rule| rule.rule == *name) {
                Some(rule) => &rule.score,
                None => {
                    let names: Vec<&str> = report.rules.iter().map(|rule| rule.rule.as_str()).collect();
                    return Checked::Unknown(format!("there is no rule `{name}`; there are: {}", names.join(", ")));
                }
            },
        };
        let Some(value) = number(score, self.metric) else {
            let because = match (report.truth_known, self.metric) {
                (false, _) => "nothing says what was right: name a truth file",
                (true, "lead_minutes_p50") => "no incident that was found has both times",
                (true, _) => "nothing was declared, or nothing is known",
            };
            return Checked::Unknown(format!("{self}: {} is not known, {because}", self.metric));
        };
        let fails = match self.order {
            Order::Less => value < self.bound,
            Order::AtMost => value <= self.bound,
            Order::More => value > self.bound,
            Order::AtLeast => value >= self.bound,
        };
        if fails { Checked::Failed(format!("{self}: it is {}", short(value))) } else { Checked::Fine }
    }
}

impl fmt::Display for FailIf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn number(score: &Score, metric: &str) -> Option<f64> {
    let seconds = |wait: Option<Duration>| wait.map(|wait| wait.as_seconds() as f64);
    match metric {
        "declared" => Some(score.declared as f64),
        "right" => Some(score.right as f64),
        "wrong" => Some(score.wrong as f64),
        "unjudged" => Some(score.unjudged as f64),
        "called_off" => Some(score.called_off as f64),
        "found" => Some(score.found as f64),
        "known" => Some(score.known as f64),
        "precision" => score.precision,
        "recall" => score.recall,
        "to_declare_p50" => seconds(score.to_declare_p50),
        "to_declare_p90" => seconds(score.to_declare_p90),
        "lead_minutes_p50" => score.lead_minutes_p50,
        "wrong_per_week" => Some(score.wrong_per_week),
        "notices_per_week" => Some(score.notices_per_week),
        _ => None,
    }
}

fn short(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Checked, FailIf};
    use crate::backtest::score::{Report, RuleScore, Score};
    use crate::duration::Duration;
    use chrono::DateTime;

    fn report() -> Report {
        let score =
            Score { precision: Some(0.75), wrong: 3, to_declare_p50: Some(Duration::minutes(10)), ..Score::default() };
        Report {
            source: "h".to_owned(),
            from: DateTime::UNIX_EPOCH,
            to: DateTime::UNIX_EPOCH,
            observations: 0,
            truth_known: true,
            total: score.clone(),
            rules: vec![RuleScore { rule: "a.b".to_owned(), score }],
            incidents: Vec::new(),
            declarations: Vec::new(),
            more_declarations: 0,
            days: Vec::new(),
        }
    }

    #[test]
    fn compares() {
        let failed = |text: &str, value: &str| Checked::Failed(format!("{text}: it is {value}"));
        for (text, expected) in [
            ("precision < 0.8", failed("precision < 0.8", "0.75")),
            ("precision<0.75", Checked::Fine),
            ("precision <= 0.75", failed("precision <= 0.75", "0.75")),
            ("a.b.wrong >= 3", failed("a.b.wrong >= 3", "3")),
            ("wrong > 3", Checked::Fine),
            ("to_declare_p50 > 5m", failed("to_declare_p50 > 5m", "600")),
            ("to_declare_p50 > 600", Checked::Fine),
        ] {
            assert_eq!(FailIf::parse(text).unwrap().check(&report()), expected, "{text}");
        }
        for (text, said) in [
            ("c.wrong > 1", "there is no rule `c`; there are: a.b"),
            ("recall < 1", "recall < 1: recall is not known, nothing was declared, or nothing is known"),
        ] {
            assert_eq!(FailIf::parse(text).unwrap().check(&report()), Checked::Unknown(said.to_owned()));
        }
    }

    #[test]
    fn says_what_it_expected() {
        for (text, said) in [
            ("precision", "it compares nothing: none of <, <=, >, >= is in it"),
            ("precison < 1", "there is no number `precison`; there are: declared, right"),
            ("precision < much", "what follows `<` is no number"),
            ("precision < 5m", "what follows `<` is no number"),
            ("", "it compares nothing"),
        ] {
            let problem = FailIf::parse(text).unwrap_err();
            assert!(problem.starts_with(said), "{text}: {problem}");
        }
    }
}
