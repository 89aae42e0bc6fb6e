//! Version of a rule: a hash of what it says, the same on every machine and after every upgrade.

use super::model::RuleModel;
use crate::alert::Pairs;
use crate::alert::fingerprint::hash_texts;
use minijinja::value::{Serde, Value, ValueKind};

/// Of the rule as written and the labels it has in the end. Keys that are not said add nothing, so that a key the
/// language gains later leaves the versions of old rules alone.
pub(super) fn version(model: &RuleModel, labels: &Pairs) -> u64 {
    let mut texts = Vec::new();
    flatten(&Value::from(Serde(model)), &mut texts);
    flatten(&Value::from(Serde(labels)), &mut texts);
    hash_texts(texts.iter().map(String::as_str))
}

// Each value between marks, keys sorted: two rules that differ give different lists.
fn flatten(value: &Value, texts: &mut Vec<String>) {
    match value.kind() {
        ValueKind::Map => {
            let mut pairs: Vec<(String, Value)> = value
                .try_iter()
                .into_iter()
                .flatten()
                .map(|key| (key.to_string(), value.get_item(&key).unwrap_or_default()))
                .collect();
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            texts.push("{".to_owned());
            for (key, value) in pairs {
                texts.push(key);
                flatten(&value, texts);
            }
            texts.push("}".to_owned());
        }
        ValueKind::Seq => {
            texts.push("[".to_owned());
            value.try_iter().into_iter().flatten().for_each(|part| flatten(&part, texts));
            texts.push("]".to_owned());
        }
        // Texts are marked, so that `{` written by a person is not our mark.
        _ => texts.push(format!("={value}")),
    }
}

#[cfg(test)]
mod tests {
    use super::version;
    use crate::alert::Pairs;
    use crate::rules::tests::rule;

    #[test]
    fn differs_with_the_rule_and_with_nothing_else() {
        let written = rule(r#"{"incident": "A", "when": {"alerts": ["alertname = Down"]}}"#);
        let labels = Pairs::new([("incident", "A")]);
        // This number is in people's stores: it may not change with a release.
        assert_eq!(version(&written, &labels), 4_056_462_720_545_686_002);
        assert_eq!(version(&written.clone(), &labels), version(&written, &labels));
        let held = rule(r#"{"incident": "A", "when": {"alerts": ["alertname = Down"], "for": "1m"}}"#);
        assert_ne!(version(&held, &labels), version(&written, &labels));
        assert_ne!(version(&written, &Pairs::new([("incident", "A"), ("team", "x")])), version(&written, &labels));
    }
}
