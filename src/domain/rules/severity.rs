//! How bad an incident is by its evidence; `raise` comes on top, from the verdict.

use super::compile::Rule;
use crate::alert::Alert;
use crate::incident::Severity;

/// Where a rule says nothing.
const UNSAID: Severity = Severity::Major;

impl Rule {
    /// The fixed severity, or the highest that the label of these alerts maps to, or the default.
    pub fn severity_of<'a>(&self, evidence: impl IntoIterator<Item = &'a Alert>) -> Severity {
        let said = &self.model.severity;
        let read = |label: &str| {
            let values = evidence.into_iter().map(|alert| alert.labels.value(label));
            values.filter_map(|value| said.map.get(value).copied().or_else(|| Severity::parse(value))).max()
        };
        let by_label = || said.from_label.as_deref().and_then(read);
        said.fixed.or_else(by_label).or(said.default).unwrap_or(UNSAID)
    }
}
