//! `time_intervals`, of the configuration and of all rule files, and the rules that name them.

use super::{CONFIG, NamedRuleFile, PolicySource};
use crate::interval::{Intervals, NamedIntervals};
use crate::nearest::unknown;
use crate::rules::compile::Mistake;
use std::collections::BTreeMap;

/// All of them by name, ready to be asked, and what is wrong with them or with a rule that names one.
pub(super) fn intervals(source: &PolicySource) -> (BTreeMap<String, Intervals>, Vec<Mistake>) {
    let mut known = BTreeMap::new();
    let mut mistakes = add(&mut known, CONFIG, &source.time_intervals);
    for NamedRuleFile { name, file } in &source.rule_files {
        mistakes.extend(add(&mut known, name, &file.time_intervals));
    }
    let names: Vec<&String> = known.keys().collect();
    for file in &source.rule_files {
        mistakes.extend(unknown_names(file, &names));
    }
    (known, mistakes)
}

fn add(known: &mut BTreeMap<String, Intervals>, file: &str, written: &[NamedIntervals]) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for (at, named) in written.iter().enumerate() {
        let problem = match named.name.as_str() {
            "" => Some("is empty; name the interval".to_owned()),
            name if known.contains_key(name) => Some(format!("another interval is named `{name}`")),
            _ => None,
        };
        let path = format!("time_intervals[{at}].name");
        mistakes.extend(problem.map(|problem| Mistake { file: file.to_owned(), path, problem }));
        known.insert(named.name.clone(), Intervals::new([named]));
    }
    mistakes
}

fn unknown_names(NamedRuleFile { name: file, file: rules }: &NamedRuleFile, names: &[&String]) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for (group, rules) in rules.groups.iter().enumerate() {
        for (rule, model) in rules.rules.iter().enumerate() {
            let muted = ("mute_time_intervals", &model.mute_time_intervals);
            for (key, named) in [("active_time_intervals", &model.active_time_intervals), muted] {
                let nowhere = named.iter().enumerate().filter(|(_, name)| !names.contains(name));
                mistakes.extend(nowhere.map(|(at, name)| Mistake {
                    file: file.clone(),
                    path: format!("groups[{group}].rules[{rule}].{key}[{at}]"),
                    problem: unknown("time interval", name, names),
                }));
            }
        }
    }
    mistakes
}

#[cfg(test)]
mod tests {
    use crate::policy::{NamedRuleFile, Policy, PolicySource};
    use serde_json::json;

    #[test]
    fn names_of_the_configuration_and_of_every_file_are_known_and_others_are_said_with_the_nearest() {
        let file = |name: &str, file: serde_json::Value| NamedRuleFile {
            name: name.to_owned(),
            file: serde_json::from_value(file).unwrap(),
        };
        let rule = json!({
            "incident": "Down", "when": { "alerts": ["alertname = Down"] },
            "active_time_intervals": ["office", "Nights"], "mute_time_intervals": ["maintenence"],
        });
        let source = PolicySource {
            rule_files: vec![
                file("a.yml", json!({ "groups": [{ "name": "g", "rules": [rule] }] })),
                file(
                    "b.yml",
                    json!({ "time_intervals": [
                        { "name": "nights", "time_intervals": [] }, { "name": "office", "time_intervals": [{}] },
                    ]}),
                ),
            ],
            time_intervals: serde_json::from_value(json!([
                { "name": "maintenance", "time_intervals": [] }, { "name": "office", "time_intervals": [] },
            ]))
            .unwrap(),
            ..PolicySource::default()
        };
        let mistakes = Policy::compile(source).unwrap_err();
        assert_eq!(
            mistakes.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "b.yml: time_intervals[1].name: another interval is named `office`",
                "a.yml: groups[0].rules[0].active_time_intervals[1]: unknown time interval `Nights`; did you mean `nights`?",
                "a.yml: groups[0].rules[0].mute_time_intervals[0]: unknown time interval `maintenence`; did you mean \
                 `maintenance`?",
            ]
        );
    }
}
