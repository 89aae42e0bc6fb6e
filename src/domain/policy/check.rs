//! Names that point somewhere: receivers in rules and routes, templates in rules and receivers. And times that fit
//! together.

use super::{CONFIG, NamedRuleFile, PolicySource, Route};
use crate::notice::NoticeKind;
use crate::notice::template::SHIPPED;
use crate::rules::compile::Mistake;
use crate::rules::{Rule, RuleSet};
use std::collections::BTreeMap;

/// Says which names point nowhere.
pub fn names(source: &PolicySource, rules: &RuleSet, places: &Places) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    route(source, &source.route, "route", &mut mistakes);
    for spec in &source.receivers {
        let path = format!("receivers.{}.templates", spec.name);
        mistakes.extend(templates(source, &spec.templates).into_iter().map(|problem| in_config(&path, problem)));
    }
    for rule in &rules.rules {
        let wrong = receivers(source, &rule.model.receivers).into_iter();
        mistakes.extend(wrong.map(|problem| places.mistake(rule, "receivers", problem)));
        let wrong = templates(source, &rule.model.templates).into_iter();
        mistakes.extend(wrong.map(|problem| places.mistake(rule, "templates", problem)));
        mistakes.extend(forgotten(source, rule).map(|problem| places.mistake(rule, "when", problem)));
    }
    mistakes
}

/// Where rules stand: by name, the file and the place in it, `groups[0].rules[2]`.
pub struct Places(BTreeMap<String, (String, String)>);

impl Places {
    /// Of all rules.
    pub fn of(source: &PolicySource) -> Self {
        let mut places = BTreeMap::new();
        for NamedRuleFile { name, file } in &source.rule_files {
            for (group_at, group) in file.groups.iter().enumerate() {
                for (at, model) in group.rules.iter().enumerate() {
                    let place = (name.clone(), format!("groups[{group_at}].rules[{at}]"));
                    places.insert(model.incident.clone(), place);
                }
            }
        }
        Self(places)
    }

    /// A mistake in this rule.
    pub fn mistake(&self, rule: &Rule, key: &str, problem: String) -> Mistake {
        let (file, place) = self.0.get(&*rule.name).cloned().unwrap_or_default();
        Mistake { file, path: format!("{place}.{key}"), problem }
    }
}

fn route(source: &PolicySource, route_here: &Route, path: &str, mistakes: &mut Vec<Mistake>) {
    let wrong = receivers(source, &route_here.receivers).into_iter();
    mistakes.extend(wrong.map(|problem| in_config(&format!("{path}.receivers"), problem)));
    for (at, below) in route_here.routes.iter().enumerate() {
        route(source, below, &format!("{path}.routes[{at}]"), mistakes);
    }
}

fn receivers(source: &PolicySource, names: &[String]) -> Vec<String> {
    let known = || list(source.receivers.iter().map(|spec| spec.name.as_str()));
    let unknown = names.iter().filter(|name| source.receivers.iter().all(|spec| spec.name != **name));
    unknown.map(|name| format!("there is no receiver `{name}`; there are: {}", known())).collect()
}

fn templates(source: &PolicySource, by_notice: &BTreeMap<String, String>) -> Vec<String> {
    let mut problems = Vec::new();
    for (notice, template) in by_notice {
        if NoticeKind::parse(notice).is_none() {
            let known = list(NoticeKind::ALL.iter().map(|kind| kind.word()));
            problems.push(format!("there is no notice `{notice}`; there are: {known}"));
        }
        let said_twice = NoticeKind::parse(notice).filter(|kind| kind.word() != notice);
        if let Some(kind) = said_twice.filter(|kind| by_notice.contains_key(kind.word())) {
            problems.push(format!("`{notice}` and `{}` are the same notice; take one out", kind.word()));
        }
        let shipped = SHIPPED.iter().map(|(name, _)| *name);
        if !source.templates.contains_key(template) && shipped.clone().all(|name| name != template) {
            let known = list(shipped.chain(source.templates.keys().map(String::as_str)));
            problems.push(format!("there is no template `{template}`; there are: {known}"));
        }
    }
    problems
}

// What is forgotten can't count.
fn forgotten(source: &PolicySource, rule: &Rule) -> Option<String> {
    let (within, kept) = (rule.looks_back()?, source.timing.forget_resolved);
    let problem = || {
        format!(
            "counts `within: {within}`, but alerts are forgotten {kept} after they ended; write at most {kept}, or raise \
             `timing.forget_resolved`"
        )
    };
    (within > kept).then(problem)
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn in_config(path: &str, problem: String) -> Mistake {
    Mistake { file: CONFIG.to_owned(), path: path.to_owned(), problem }
}

#[cfg(test)]
mod tests {
    use crate::policy::{NamedRuleFile, Policy, PolicySource, ReceiverKind, ReceiverSpec, Route};
    use crate::rules::model::{CallOffModel, ConditionModel, Group, RuleFile, RuleModel};
    use std::collections::BTreeMap;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn rule(title: &str, reason: &str, receivers: &[&str], templates: &[(&str, &str)]) -> RuleModel {
        let matcher = "alertname = Down".to_owned().try_into().unwrap();
        let mut model: RuleModel = serde_json::from_value(serde_json::json!({"incident": "Down", "when": {}})).unwrap();
        model.when = ConditionModel { alerts: Some(vec![matcher]), ..ConditionModel::default() };
        model.title = Some(title.to_owned());
        model.call_off =
            Some(CallOffModel { if_clear_for: crate::duration::Duration::minutes(5), reason: Some(reason.to_owned()) });
        model.receivers = receivers.iter().map(|name| (*name).to_owned()).collect();
        model.templates = map(templates);
        model
    }

    fn source(model: RuleModel, templates: &[(&str, &str)]) -> PolicySource {
        let group = Group { name: "g".to_owned(), labels: Default::default(), rules: vec![model] };
        PolicySource {
            rule_files: vec![NamedRuleFile {
                name: "a.yml".to_owned(),
                file: RuleFile { groups: vec![group], ..RuleFile::default() },
            }],
            receivers: vec![ReceiverSpec {
                name: "team".to_owned(),
                kind: ReceiverKind::Email,
                public: false,
                templates: BTreeMap::new(),
            }],
            route: Route { receivers: vec!["team".to_owned()], ..Route::default() },
            templates: map(templates),
            ..(*Policy::empty().source).clone()
        }
    }

    #[test]
    fn a_policy_that_names_what_is_there_compiles() {
        let model = rule(
            "{{ labels.service }}: {{ alerts | map(attribute='alertname') | unique | join(', ') }}",
            "over by itself after {{ duration }}",
            &["team"],
            &[("declared", "unresponsive-page"), ("resolve", "ours")],
        );
        assert!(Policy::compile(source(model, &[("ours", "{{ incident.title }} is over")])).is_ok());
    }

    #[test]
    fn everything_wrong_is_said_at_once_with_its_place() {
        let model =
            rule("{{ alerts | nope }}", "{% set x = 1 %}", &["team", "teem"], &[("declair", "unresponsiv-page")]);
        let mistakes = Policy::compile(source(model, &[("ours", "{{ incident.title")])).unwrap_err();
        let said: Vec<String> = mistakes.iter().map(|mistake| mistake.to_string().chars().take(96).collect()).collect();
        assert_eq!(
            said,
            [
                "templates: ours: line 1: unexpected end of input, expected end of variable block",
                "a.yml: groups[0].rules[0].title: line 1: there is no filter `nope`; there are: capitalize, count",
                "a.yml: groups[0].rules[0].call_off.reason: line 1: `{% set %}` is not allowed; there are: if, el",
                "a.yml: groups[0].rules[0].receivers: there is no receiver `teem`; there are: team",
                "a.yml: groups[0].rules[0].templates: there is no notice `declair`; there are: declared, updated,",
                "a.yml: groups[0].rules[0].templates: there is no template `unresponsiv-page`; there are: service",
            ]
        );
    }

    #[test]
    fn what_is_forgotten_is_not_looked_back_to() {
        let mut model = rule("", "", &[], &[]);
        (model.title, model.call_off) = (None, None);
        model.when.within = Some(crate::duration::Duration::hours(2));
        let mut short = source(model, &[]);
        assert!(Policy::compile(short.clone()).is_ok());
        short.timing.forget_resolved = crate::duration::Duration::hours(1);
        let said = Policy::compile(short).unwrap_err();
        let told = "a.yml: groups[0].rules[0].when: counts `within: 2h`, but alerts are forgotten 1h after they ended; \
                    write at most 1h, or raise `timing.forget_resolved`";
        assert_eq!(said.iter().map(ToString::to_string).collect::<Vec<_>>(), [told]);
    }
}
