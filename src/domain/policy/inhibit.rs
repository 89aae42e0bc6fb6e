//! `inhibit_rules`, of the configuration and of all rule files: read as Alertmanager reads its own, on incident labels.

use super::{NamedRuleFile, PolicySource};
use crate::alert::Pairs;
use crate::alert::matcher::MatcherText;
use crate::rules::compile::Mistake;
use crate::rules::model::InhibitModel;

impl InhibitModel {
    /// Whether an open incident with these labels keeps one with those from being declared.
    pub fn keeps(&self, source: &Pairs, target: &Pairs) -> bool {
        // As in Alertmanager, a label that both lack is the same in both.
        matches(&self.source_matchers, source)
            && matches(&self.target_matchers, target)
            && self.equal.iter().all(|name| source.value(name) == target.value(name))
    }
}

/// All of them, and what is wrong with them.
pub(super) fn inhibitions(source: &PolicySource) -> (Vec<InhibitModel>, Vec<Mistake>) {
    let mut all = source.inhibit_rules.clone();
    let mut mistakes = check("config", &source.inhibit_rules);
    for NamedRuleFile { name, file } in &source.rule_files {
        all.extend(file.inhibit_rules.iter().cloned());
        mistakes.extend(check(name, &file.inhibit_rules));
    }
    (all, mistakes)
}

fn matches(matchers: &[MatcherText], labels: &Pairs) -> bool {
    matchers.iter().flat_map(MatcherText::matchers).all(|matcher| matcher.matches_labels(labels))
}

fn check(file: &str, rules: &[InhibitModel]) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        for (key, matchers) in [("source_matchers", &rule.source_matchers), ("target_matchers", &rule.target_matchers)]
        {
            if matchers.is_empty() {
                let problem = "is empty, and would match every incident; write at least one matcher".to_owned();
                let path = format!("inhibit_rules[{at}].{key}");
                mistakes.push(Mistake { file: file.to_owned(), path, problem });
            }
        }
    }
    mistakes
}

#[cfg(test)]
mod tests {
    use crate::alert::Pairs;
    use crate::rules::model::InhibitModel;

    #[test]
    fn matches_incident_labels_as_alertmanager_does_those_of_alerts() {
        let rule: InhibitModel = serde_json::from_value(serde_json::json!({
            "source_matchers": ["incident = SiteDown"], "target_matchers": ["incident =~ \"OBS.+\""],
            "equal": ["team", "site"],
        }))
        .unwrap();
        let labels = |incident: &str, team: &str| Pairs::labels([("incident", incident), ("team", team)]);
        assert!(rule.keeps(&labels("SiteDown", "a"), &labels("OBSQueue", "a")), "both lack `site`");
        assert!(!rule.keeps(&labels("SiteDown", "a"), &labels("OBSQueue", "b")));
        assert!(!rule.keeps(&labels("SiteDown", "a"), &labels("Web", "a")));
        assert!(!rule.keeps(&labels("OBSQueue", "a"), &labels("SiteDown", "a")));
    }
}
