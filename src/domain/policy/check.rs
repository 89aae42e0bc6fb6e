//! Names that point somewhere: receivers in rules and routes, templates in rules and receivers. And times that fit
//! together.

use super::{CONFIG, NamedRuleFile, PolicySource, ReceiverKind, Route};
use crate::nearest::unknown;
use crate::notice::NoticeKind;
use crate::notice::template::SHIPPED;
use crate::notice::template::language::{self, ENGLISH};
use crate::rules::compile::Mistake;
use crate::rules::model::{Group, RuleModel};
use crate::rules::{Rule, RuleSet};
use crate::text::clean_line;
use std::collections::BTreeMap;

/// Longest name of a role, in bytes.
pub const ROLE_BYTES_MAX: usize = 40;

const LANGUAGE_BYTES_MAX: usize = 40;

/// Says which names point nowhere.
pub fn names(source: &PolicySource, set: &RuleSet) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let config = Place { file: CONFIG, path: String::new() };
    route(source, &source.route, &config.inner("route"), &mut mistakes);
    mistakes.extend(roles(source, &config.inner("roles")));
    for (at, spec) in source.receivers.iter().enumerate() {
        let place = config.inner(&format!("receivers[{at}]"));
        templates(source, &spec.templates, &place.inner(".templates"), &mut mistakes);
        let unknown = spec.language.as_deref().and_then(|language| unspoken(source, language));
        mistakes.extend(unknown.map(|problem| place.mistake(".language", problem)));
    }
    for (place, _, rule) in rules(&source.rule_files) {
        receivers(source, &rule.receivers, &place.inner(".receivers"), &mut mistakes);
        mistakes.extend(asked(source, rule, &place));
        templates(source, &rule.templates, &place.inner(".templates"), &mut mistakes);
        let wrong = forgotten(source, set.by_name(&rule.incident).map(|ix| set.rule(ix)));
        mistakes.extend(wrong.map(|problem| place.mistake(".when", problem)));
    }
    mistakes
}

/// Every rule of these files, with its group and where it stands.
pub fn rules(files: &[NamedRuleFile]) -> impl Iterator<Item = (Place<'_>, &Group, &RuleModel)> {
    files.iter().flat_map(|NamedRuleFile { name, file }| {
        file.groups.iter().enumerate().flat_map(move |(group_at, group)| {
            group.rules.iter().enumerate().map(move |(at, rule)| {
                (Place { file: name, path: format!("groups[{group_at}].rules[{at}]") }, group, rule)
            })
        })
    })
}

/// A place in a file.
pub struct Place<'a> {
    file: &'a str,
    path: String,
}

impl Place<'_> {
    /// What is wrong at a path inside it.
    pub fn mistake(&self, inner: &str, problem: String) -> Mistake {
        Mistake { file: self.file.to_owned(), path: format!("{}{inner}", self.path), problem }
    }

    fn inner(&self, inner: &str) -> Self {
        Self { file: self.file, path: format!("{}{inner}", self.path) }
    }
}

// What people type, and what stands in addresses.
fn roles(source: &PolicySource, place: &Place<'_>) -> Vec<Mistake> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let named = |name: &str| name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(plain);
    let wrong = source.roles.iter().filter(|spec| !named(&spec.name.0) || spec.name.0.len() > ROLE_BYTES_MAX);
    let problem = |name: &str| {
        let name = clean_line(name, ROLE_BYTES_MAX);
        format!(
            "`{name}` is no name for a role; write at most {ROLE_BYTES_MAX} of a-z, 0-9 and `_`, as incident_manager"
        )
    };
    wrong.map(|spec| place.mistake("", problem(&spec.name.0))).collect()
}

// Squads of a rule, by role. Tests of rules are played without any roles.
fn asked(source: &PolicySource, rule: &RuleModel, place: &Place<'_>) -> Vec<Mistake> {
    let known: Vec<&str> = source.roles.iter().map(|spec| spec.name.0.as_str()).collect();
    let nowhere = rule.roles.keys().filter(|role| !known.is_empty() && !known.contains(&role.as_str()));
    nowhere.map(|role| place.mistake(&format!(".roles.{role}"), unknown("role", role, &known))).collect()
}

fn route(source: &PolicySource, route_here: &Route, place: &Place<'_>, mistakes: &mut Vec<Mistake>) {
    receivers(source, &route_here.receivers, &place.inner(".receivers"), mistakes);
    for (at, below) in route_here.routes.iter().enumerate() {
        route(source, below, &place.inner(&format!(".routes[{at}]")), mistakes);
    }
}

fn receivers(source: &PolicySource, names: &[String], place: &Place<'_>, mistakes: &mut Vec<Mistake>) {
    let known: Vec<&str> =
        source.receivers.iter().filter(|spec| spec.is_routed()).map(|spec| spec.name.as_str()).collect();
    let unrouted = |name: &str| source.receivers.iter().find(|spec| !spec.is_routed() && spec.name == name);
    for (at, name) in names.iter().enumerate().filter(|(_, name)| !known.contains(&name.as_str())) {
        let problem = match unrouted(name) {
            Some(spec) if spec.kind == ReceiverKind::Blog => {
                format!("`{name}` is a blog: it takes post mortems, no notices")
            }
            Some(_) => format!("`{name}` is personal: it tells whom an incident concerns, and can't be chosen"),
            None => unknown("receiver", name, &known),
        };
        mistakes.push(place.mistake(&format!("[{at}]"), problem));
    }
}

fn templates(
    source: &PolicySource,
    by_notice: &BTreeMap<String, String>,
    place: &Place<'_>,
    mistakes: &mut Vec<Mistake>,
) {
    let notices = NoticeKind::TEMPLATED.map(NoticeKind::word);
    let known = names_of_templates(source);
    // Nobody means one of many languages by name.
    let meant: Vec<&str> = known.iter().copied().filter(|name| !name.contains('.')).collect();
    for (notice, template) in by_notice {
        let mut wrong = |problem| mistakes.push(place.mistake(&format!(".{notice}"), problem));
        match NoticeKind::parse(notice).filter(|kind| NoticeKind::TEMPLATED.contains(kind)) {
            None => wrong(unknown("notice", notice, &notices)),
            Some(kind) if kind.word() != notice && by_notice.contains_key(kind.word()) => {
                wrong(format!("`{notice}` and `{}` are the same notice; take one out", kind.word()));
            }
            Some(_) => {}
        }
        if !known.contains(&template.as_str()) {
            wrong(unknown("template", template, &meant));
        }
    }
}

fn names_of_templates(source: &PolicySource) -> Vec<&str> {
    source.templates.keys().map(String::as_str).chain(SHIPPED.iter().map(|(name, _)| *name)).collect()
}

// A language that no template has the words of.
fn unspoken(source: &PolicySource, language: &str) -> Option<String> {
    let names = names_of_templates(source);
    let known: Vec<&str> = [ENGLISH].into_iter().chain(names.into_iter().filter_map(language::of)).collect();
    let problem = || {
        let wanted = language::words(&clean_line(language, LANGUAGE_BYTES_MAX));
        format!("{}; a template named `{wanted}` brings another one", unknown("language", language, &known))
    };
    (!known.contains(&language)).then(problem)
}

// What is forgotten can't count.
fn forgotten(source: &PolicySource, rule: Option<&Rule>) -> Option<String> {
    let (within, kept) = (rule?.looks_back()?, source.timing.forget_resolved);
    let problem = || {
        format!(
            "counts `within: {within}`, but alerts are forgotten {kept} after they ended; write at most {kept}, or raise \
             `timing.forget_resolved`"
        )
    };
    (within > kept).then(problem)
}

#[cfg(test)]
mod tests {
    use crate::policy::{NamedRuleFile, Policy, PolicySource, ReceiverKind, ReceiverSpec, Route, Subject};
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
                personal: false,
                subject: Subject::default(),
                templates: BTreeMap::new(),
                language: None,
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
                "a.yml: groups[0].rules[0].title: there is no filter `nope`; there are: capitalize, count, d, def",
                "a.yml: groups[0].rules[0].call_off.reason: `{% set %}` is not allowed; there are: if, elif, else",
                "a.yml: groups[0].rules[0].receivers[1]: unknown receiver `teem`; did you mean `team`?",
                "a.yml: groups[0].rules[0].templates.declair: unknown notice `declair`; did you mean `declared`?",
                "a.yml: groups[0].rules[0].templates.declair: unknown template `unresponsiv-page`; did you mean `",
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
