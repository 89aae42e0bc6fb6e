//! Lints: what is allowed in a rule file, and yet seldom meant. One file each; a mistake is refused elsewhere.

mod allow;
mod declared_together;
mod heard;
mod never_matches;
mod short_for;
mod unknown_receiver;
mod unknown_severity;
mod untested;

pub use allow::is_allowed;
pub use heard::{Declared, Heard, Learnt, SEEN_DAYS, Seen};

use super::model::{ConditionModel, RuleModel};
use crate::duration::Duration;
use crate::policy::NamedRuleFile;

/// Names of all lints, as people write them to allow one.
pub const NAMES: [&str; 6] = [
    never_matches::NAME,
    unknown_receiver::NAME,
    unknown_severity::NAME,
    untested::NAME,
    short_for::NAME,
    declared_together::NAME,
];

/// Alertmanager's `group_wait` where it says none.
pub const GROUP_WAIT: Duration = Duration::seconds(30);

/// What a lint found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Of which lint; one of [`NAMES`].
    pub lint: &'static str,
    /// Name of the file.
    pub file: String,
    /// Place in it: `groups[0].rules[1].when.any[0]`.
    pub path: String,
    /// Place of its rule: what is allowed there is allowed in all of it.
    pub rule: String,
    /// What is odd, and what to write.
    pub problem: String,
}

/// What the lints may go by; what is not known is not complained about.
#[derive(Debug, Clone, Copy)]
pub struct Grounds<'a> {
    /// The files.
    pub files: &'a [NamedRuleFile],
    /// Receivers of the configuration.
    pub receivers: Option<&'a [String]>,
    /// Alerts that were seen.
    pub seen: Option<&'a Seen>,
    /// What the rules declared for them.
    pub declared: &'a [Declared],
    /// How long Alertmanager waits before it tells; `None` if alerts come some other way too, sooner.
    pub group_wait: Option<Duration>,
}

/// Looks for everything, in the order of the files.
pub fn look(grounds: &Grounds<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in grounds.files {
        for (g, group) in file.file.groups.iter().enumerate() {
            for (r, rule) in group.rules.iter().enumerate() {
                let place = Place { file: &file.name, path: format!("groups[{g}].rules[{r}]"), rule };
                found.extend(never_matches::look(grounds, &place));
                found.extend(unknown_receiver::look(grounds, &place));
                found.extend(unknown_severity::look(grounds, &place));
                found.extend(untested::look(grounds, &place));
                found.extend(short_for::look(grounds, &place));
                found.extend(declared_together::look(grounds, &place));
            }
        }
    }
    found
}

// The rule that is looked at.
struct Place<'a> {
    file: &'a str,
    path: String,
    rule: &'a RuleModel,
}

impl Place<'_> {
    fn finding(&self, lint: &'static str, at: &str, problem: impl Into<String>) -> Finding {
        Finding {
            lint,
            file: self.file.to_owned(),
            path: format!("{}{at}", self.path),
            rule: self.path.clone(),
            problem: problem.into(),
        }
    }

    // All conditions of the rule, parts before what they are parts of; with their places in it.
    fn conditions(&self) -> Vec<(String, &ConditionModel)> {
        let mut found = Vec::new();
        walk(".when", &self.rule.when, &mut found);
        if let Some(when) = self.rule.confirm.as_ref().and_then(|confirm| confirm.when.as_ref()) {
            walk(".confirm.when", when, &mut found);
        }
        for (at, raise) in self.rule.severity.raise.iter().enumerate() {
            walk(&format!(".severity.raise[{at}].when"), &raise.when, &mut found);
        }
        found
    }
}

fn walk<'a>(path: &str, node: &'a ConditionModel, found: &mut Vec<(String, &'a ConditionModel)>) {
    let lists =
        [("all", node.all.as_ref()), ("any", node.any.as_ref()), ("some.of", node.some.as_ref().map(|some| &some.of))];
    for (key, parts) in lists {
        for (at, part) in parts.into_iter().flatten().enumerate() {
            walk(&format!("{path}.{key}[{at}]"), part, found);
        }
    }
    if let Some(part) = &node.not {
        walk(&format!("{path}.not"), part, found);
    }
    found.push((path.to_owned(), node));
}

#[cfg(test)]
mod tests;
