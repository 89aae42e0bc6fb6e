//! Which rules were right, which were noisy, and at which hour their alerts come and go.

use super::Past;
use crate::incident::judgement::RuleRecord;
use serde::Serialize;
use std::collections::BTreeMap;

/// Most rules that are named.
pub const RULES_MAX: usize = 50;

/// One rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleLine {
    /// Its name.
    pub rule: String,
    /// Incidents it declared.
    pub declared: u32,
    /// Of these, confirmed.
    pub confirmed: u32,
    /// Called off, by people or by itself.
    pub called_off: u32,
    /// Why, by code.
    pub codes: BTreeMap<&'static str, u32>,
    /// Judged right by people.
    pub right: u32,
    /// Judged wrong by people.
    pub wrong: u32,
    /// Right among the judged; `None` where nobody judged.
    pub precision: Option<f64>,
}

/// When alerts of a rule came back after they were gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeatLine {
    /// Its name; empty for incidents that people declared.
    pub rule: String,
    /// How often, by hour of the day in UTC.
    pub hours: [u32; 24],
    /// All together.
    pub total: u32,
}

/// By rule, the noisiest first: what was called off most often, then what declared most.
pub fn lines(past: &[&Past]) -> Vec<RuleLine> {
    let mut rules: BTreeMap<&str, (RuleRecord, BTreeMap<&'static str, u32>)> = BTreeMap::new();
    for past in past {
        let Some(rule) = &past.rule else { continue };
        let (record, codes) = rules.entry(rule).or_default();
        record.count(&past.verdict);
        if let Some(code) = past.code {
            *codes.entry(code.word()).or_default() += 1;
        }
    }
    let line = |(rule, (record, codes)): (&str, (RuleRecord, BTreeMap<&'static str, u32>))| RuleLine {
        rule: rule.to_owned(),
        declared: record.declared,
        confirmed: record.confirmed,
        called_off: record.called_off_by_people + record.called_off_by_rule,
        codes,
        right: record.right,
        wrong: record.wrong,
        precision: record.precision(),
    };
    let mut lines: Vec<RuleLine> = rules.into_iter().map(line).collect();
    // The sort is stable: of equals the first by name.
    lines.sort_by_key(|line| std::cmp::Reverse((line.called_off, line.declared)));
    lines.truncate(RULES_MAX);
    lines
}

/// By rule, those that came back most first.
pub fn heat(past: &[&Past]) -> Vec<HeatLine> {
    let mut rules: BTreeMap<&str, [u32; 24]> = BTreeMap::new();
    for past in past {
        let hours = rules.entry(past.rule.as_deref().unwrap_or_default()).or_default();
        for (hour, times) in &past.returns {
            hours[*hour as usize % 24] += times;
        }
    }
    let line = |(rule, hours): (&str, [u32; 24])| HeatLine { rule: rule.to_owned(), hours, total: hours.iter().sum() };
    let mut lines: Vec<HeatLine> = rules.into_iter().map(line).filter(|line| line.total > 0).collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.total));
    lines.truncate(RULES_MAX);
    lines
}
