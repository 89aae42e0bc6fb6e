//! Operators' templates: bounded in fuel, size and what they may use.

use crate::alert::{Alert, Pairs};
use crate::duration::Duration;
use crate::incident::Severity;
use crate::policy::Policy;
use crate::rules::Rule;

/// A template that failed when it was needed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("template `{template}`: {because}")]
pub struct TemplateFailure {
    /// Its name.
    pub template: String,
    /// What went wrong.
    pub because: String,
}

/// Words from a rule's own template; where that failed, the built-in ones and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// One line.
    pub text: String,
    /// What went wrong, if the built-in words stand here.
    pub failure: Option<TemplateFailure>,
}

/// All templates in force, compiled.
#[derive(Debug, Default)]
pub struct Templates {}

/// The title of an incident that this rule declares. `labels` are those of the incident.
pub fn title(policy: &Policy, rule: &Rule, severity: Severity, labels: &Pairs, alerts: &[&Alert]) -> Words {
    let _ = (policy, severity, labels, alerts);
    Words { text: rule.name.to_string(), failure: None }
}

/// Why this rule calls an incident off, in words.
pub fn call_off_reason(policy: &Policy, rule: &Rule, clear_for: Duration, labels: &Pairs, alerts: &[&Alert]) -> Words {
    let _ = (policy, rule, labels, alerts);
    Words { text: format!("no alert has fired for {clear_for}"), failure: None }
}
