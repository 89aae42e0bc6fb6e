//! Explanations as pages show them: a condition tree is a flat list, each line with its depth.

use super::path_segment;
use domain::engine::explain::Explained;
use domain::incident::Explanation;
use domain::incident::explanation::Mark;
use domain::rules::model::Mode;
use serde::Serialize;

/// One line of a condition tree. Flat: a list in a list for every level would be read out as such.
#[derive(Serialize)]
pub struct WhyRow {
    depth: usize,
    sign: &'static str,
    word: &'static str,
    text: String,
}

/// An answer, as a page shows it.
#[derive(Serialize)]
pub struct ExplainedRows {
    supposed: bool,
    alerts: Vec<AlertRow>,
    alerts_more: usize,
    rules: Vec<RuleRow>,
    rules_more: usize,
    near: Vec<NearRow>,
}

#[derive(Serialize)]
struct AlertRow {
    name: String,
    because: String,
    labels: Vec<(String, String)>,
}

#[derive(Serialize)]
struct RuleRow {
    rule: String,
    // The rest of the address of its page.
    path: String,
    shadow: bool,
    correlation: Option<String>,
    because: String,
    why: Vec<WhyRow>,
}

#[derive(Serialize)]
struct NearRow {
    rule: String,
    path: String,
    condition: String,
    matcher: String,
    label: String,
    value: String,
}

impl ExplainedRows {
    /// Of this answer.
    pub fn new(explained: Explained) -> Self {
        let alerts = explained.alerts.into_iter().map(|alert| AlertRow {
            name: alert.name,
            because: alert.because,
            labels: alert.labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        });
        let rules = explained.rules.into_iter().map(|rule| RuleRow {
            path: path_segment(&rule.rule),
            rule: rule.rule,
            shadow: rule.mode == Mode::Shadow,
            correlation: (!rule.correlation.is_empty()).then(|| rule.correlation.to_string()),
            because: rule.because,
            why: why(&rule.tree),
        });
        let near = explained.near.into_iter().map(|near| NearRow {
            path: path_segment(&near.rule),
            rule: near.rule,
            condition: near.condition,
            matcher: near.matcher,
            label: near.label,
            value: near.value,
        });
        Self {
            supposed: explained.supposed,
            alerts: alerts.collect(),
            alerts_more: explained.alerts_more,
            rules: rules.collect(),
            rules_more: explained.rules_more,
            near: near.collect(),
        }
    }
}

/// The lines of a tree.
pub fn why(explanation: &Explanation) -> Vec<WhyRow> {
    let mut rows = Vec::new();
    flatten(explanation, 0, &mut rows);
    rows
}

fn flatten(explanation: &Explanation, depth: usize, rows: &mut Vec<WhyRow>) {
    let word = match explanation.verdict {
        Mark::Met => "met",
        Mark::Holding => "holds, but not long enough yet",
        Mark::NotMet => "not met",
    };
    rows.push(WhyRow { depth, sign: explanation.verdict.sign(), word, text: explanation.text.clone() });
    explanation.parts.iter().for_each(|part| flatten(part, depth + 1, rows));
}
