//! Where people are told on IRC alone: whoever is not connected in that moment never hears of it.

use super::check::{self, Place};
use super::{CONFIG, PolicySource, ReceiverKind, Route};
use crate::rules::compile::Mistake;

const PROBLEM: &str = "only IRC is told here, and whoever is not connected then never hears of it; add a receiver that keeps what it is told, such as `email`";

/// Routes and rules whose receivers are channels of IRC only. No mistakes: what is meant so works.
pub fn on_irc_alone(source: &PolicySource) -> Vec<Mistake> {
    let mut found = Vec::new();
    route(source, &source.route, "route", &mut found);
    for (place, _, rule) in check::rules(&source.rule_files) {
        if is_irc_alone(source, &rule.receivers) {
            found.push(Place::mistake(&place, ".receivers", PROBLEM.to_owned()));
        }
    }
    found
}

fn route(source: &PolicySource, here: &Route, path: &str, found: &mut Vec<Mistake>) {
    if is_irc_alone(source, &here.receivers) {
        found.push(Mistake { file: CONFIG.to_owned(), path: path.to_owned(), problem: PROBLEM.to_owned() });
    }
    for (at, below) in here.routes.iter().enumerate() {
        route(source, below, &format!("{path}.routes[{at}]"), found);
    }
}

fn is_irc_alone(source: &PolicySource, names: &[String]) -> bool {
    let kind = |name: &String| source.receivers.iter().find(|spec| spec.name == *name).map(|spec| spec.kind);
    !names.is_empty() && names.iter().all(|name| kind(name) == Some(ReceiverKind::Irc))
}
