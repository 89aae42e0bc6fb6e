//! Names that point somewhere: receivers in rules and routes, templates in rules and receivers.

use super::{PolicySource, Route};
use crate::notice::NoticeKind;
use crate::notice::template::SHIPPED;
use crate::rules::RuleSet;
use crate::rules::compile::Mistake;
use std::collections::BTreeMap;

/// Says which names point nowhere.
pub fn names(source: &PolicySource, rules: &RuleSet) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    route(source, &source.route, "route", &mut mistakes);
    for spec in &source.receivers {
        let path = format!("receivers.{}.templates", spec.name);
        mistakes.extend(templates(source, "config", &path, &spec.templates));
    }
    for rule in &rules.rules {
        let file = format!("rule {}", rule.name);
        mistakes.extend(receivers(source, &file, "receivers", &rule.model.receivers));
        mistakes.extend(templates(source, &file, "templates", &rule.model.templates));
    }
    mistakes
}

fn route(source: &PolicySource, route_here: &Route, path: &str, mistakes: &mut Vec<Mistake>) {
    mistakes.extend(receivers(source, "config", &format!("{path}.receivers"), &route_here.receivers));
    for (at, below) in route_here.routes.iter().enumerate() {
        route(source, below, &format!("{path}.routes[{at}]"), mistakes);
    }
}

fn receivers(source: &PolicySource, file: &str, path: &str, names: &[String]) -> Vec<Mistake> {
    let known = || list(source.receivers.iter().map(|spec| spec.name.as_str()));
    let unknown = names.iter().filter(|name| source.receivers.iter().all(|spec| spec.name != **name));
    unknown.map(|name| mistake(file, path, format!("there is no receiver `{name}`; there are: {}", known()))).collect()
}

fn templates(source: &PolicySource, file: &str, path: &str, by_notice: &BTreeMap<String, String>) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for (notice, template) in by_notice {
        if NoticeKind::parse(notice).is_none() {
            let known = list(NoticeKind::ALL.iter().map(|kind| kind.word()));
            mistakes.push(mistake(file, path, format!("there is no notice `{notice}`; there are: {known}")));
        }
        let shipped = SHIPPED.iter().map(|(name, _)| *name);
        if !source.templates.contains_key(template) && shipped.clone().all(|name| name != template) {
            let known = list(shipped.chain(source.templates.keys().map(String::as_str)));
            mistakes.push(mistake(file, path, format!("there is no template `{template}`; there are: {known}")));
        }
    }
    mistakes
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn mistake(file: &str, path: &str, problem: String) -> Mistake {
    Mistake { file: file.to_owned(), path: path.to_owned(), problem }
}
