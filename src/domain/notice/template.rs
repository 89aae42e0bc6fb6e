//! Operators' templates: bounded in fuel, size and what they may use.

pub mod data;
pub mod engine;
pub mod fixture;
pub mod language;
pub mod scan;

use super::NoticeKind;
use super::builtin;
use super::escape::safe_url;
use super::plan::Scene;
use super::telling::Telling;
use crate::alert::{Alert, Pairs};
use crate::delivery::Lane;
use crate::duration::Duration;
use crate::incident::decide::TITLE_BYTES_MAX;
use crate::incident::{Incident, Severity};
use crate::policy::check::{self, Place};
use crate::policy::{NamedRuleFile, Policy, PolicySource, ReceiverKind, ReceiverSpec, Subject, Writing};
use crate::rules::Rule;
use crate::rules::compile::Mistake;
use crate::rules::compile::labels;
use crate::rules::model::RuleModel;
use crate::text::clean_line;
use engine::Engine;
use minijinja::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Templates that are always there, to use or to start from: what the notices of the two commonest situations say, and
/// the first and the last word of a build service; and all words of the languages that are there.
pub const SHIPPED: [(&str, &str); 9] = [
    ("obs-declare", include_str!("words/obs-declare.txt")),
    ("obs-declare.de", include_str!("words/obs-declare.de.txt")),
    ("obs-resolve", include_str!("words/obs-resolve.txt")),
    ("obs-resolve.de", include_str!("words/obs-resolve.de.txt")),
    ("service-disruption", include_str!("words/service-disruption.txt")),
    ("service-disruption.de", include_str!("words/service-disruption.de.txt")),
    ("unresponsive-page", include_str!("words/unresponsive-page.txt")),
    ("unresponsive-page.de", include_str!("words/unresponsive-page.de.txt")),
    ("words.de", include_str!("words/words.de.txt")),
];

/// Longest reason a template may give, in bytes.
const REASON_BYTES_MAX: usize = 1_000;
const HEADLINE_BYTES_MAX: usize = 400;
const STAGE_BYTES_MAX: usize = 40;

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

// Compiled once: they can't change, and policies are compiled often, by the thousand in tests.
static SHIPPED_COMPILED: LazyLock<Templates> = LazyLock::new(|| {
    let mut templates = Templates::default();
    for (name, text) in SHIPPED {
        // That each one is taken and works is what a test says.
        let _ = templates.take(name, text);
    }
    templates
});

/// All templates in force, compiled.
#[derive(Debug, Clone)]
pub struct Templates {
    plain: Engine,
    slack: Engine,
    markdown: Engine,
    status: Engine,
}

impl Default for Templates {
    fn default() -> Self {
        let [plain, slack, markdown, status] =
            [ReceiverKind::Email, ReceiverKind::Slack, ReceiverKind::Mattermost, ReceiverKind::Obs].map(Engine::new);
        Self { plain, slack, markdown, status }
    }
}

impl Templates {
    /// Compiles the operators' templates and the titles and reasons of the rules, beside the shipped ones; tries each one out.
    pub fn compile(source: &PolicySource, files: &[NamedRuleFile]) -> Result<Self, Vec<Mistake>> {
        let mut templates = SHIPPED_COMPILED.clone();
        let mut mistakes = Vec::new();
        for (name, text) in &source.templates {
            mistakes.extend(templates.add_notice(name, text));
        }
        for (place, group, rule) in check::rules(files) {
            mistakes.extend(templates.add_lines(rule, &labels(group, rule), &place));
        }
        if mistakes.is_empty() { Ok(templates) } else { Err(mistakes) }
    }

    /// Whether there is a notice template of this name.
    pub fn has(&self, name: &str) -> bool {
        self.plain.has(name)
    }

    fn engine(&self, kind: ReceiverKind) -> &Engine {
        match kind.writing() {
            Writing::Plain => &self.plain,
            Writing::Mrkdwn => &self.slack,
            Writing::Markdown => &self.markdown,
            Writing::Status => &self.status,
        }
    }

    // In the place of a shipped one of this name.
    fn take(&mut self, name: &str, text: &str) -> Result<(), String> {
        let all = [&mut self.plain, &mut self.slack, &mut self.markdown, &mut self.status];
        all.into_iter().try_for_each(|engine| engine.add(name, text))
    }

    fn add_notice(&mut self, name: &str, text: &str) -> Option<Mistake> {
        let wrong = |problem| Mistake { file: "templates".to_owned(), path: name.to_owned(), problem };
        if let Err(problem) = self.take(name, text) {
            return Some(wrong(problem));
        }
        let try_out = fixture::each(|scene, telling| {
            let spec = ReceiverSpec {
                name: "team".to_owned(),
                kind: ReceiverKind::Slack,
                public: false,
                personal: false,
                subject: Subject::default(),
                templates: BTreeMap::new(),
                language: None,
            };
            let mut parts = language::Part::ALL.into_iter();
            parts.try_for_each(|part| self.slack.render(name, data::notice(scene, telling, &spec, part)).map(drop))
        });
        try_out.err().map(|failure| wrong(failure.because))
    }

    // Titles and reasons: one line each, named after their rule.
    fn add_lines(&mut self, rule: &RuleModel, labels: &Pairs, place: &Place<'_>) -> Vec<Mistake> {
        let alerts = fixture::alerts();
        let shown: Vec<&Alert> = alerts.iter().collect();
        let title = rule.title.as_ref().map(|text| {
            let data = title_data(Severity::Major, labels, &shown);
            (title_name(&rule.incident), ".title", text, data)
        });
        let reason = rule.call_off.as_ref().and_then(|call_off| call_off.reason.as_ref()).map(|text| {
            let data = reason_data(Duration::minutes(10), labels, &shown);
            (reason_name(&rule.incident), ".call_off.reason", text, data)
        });
        let lines = title.into_iter().chain(reason);
        let tried = lines.filter_map(|(name, path, text, data)| {
            let rendered =
                self.plain.add(&name, text).and_then(|()| self.plain.render(&name, data).map_err(|f| f.because));
            // They have one line only.
            let problem = rendered.err().map(|problem| problem.trim_start_matches("line 1: ").to_owned());
            problem.map(|problem| place.mistake(path, problem))
        });
        tried.collect()
    }
}

/// A notice by templates: what each part says in the place of the built-in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// What happened to which incident, in one line; `None` where the built-in words stand.
    pub headline: Option<String>,
    /// That it is a drill, likewise.
    pub drill: Option<String>,
    /// Everything else, escaped for the receiver.
    pub body: String,
}

/// The words of a template for a notice, if one is configured for this receiver or by the rule, or has the words of the
/// receiver's language.
pub fn write(
    scene: &Scene<'_>,
    telling: &Telling<'_>,
    spec: &ReceiverSpec,
    lane: Lane,
) -> Option<Result<Text, TemplateFailure>> {
    let templates = &scene.policy.templates;
    let language = language::of_reader(spec);
    let own = pick(scene.policy, scene.incident, spec, telling.kind, lane);
    let own = own.map(|name| language::variant(templates, name, language));
    let words = language.map(language::words);
    let name = own.as_deref().or(words.as_deref())?;
    let body = templates.engine(spec.kind).render(name, data::notice(scene, telling, spec, language::Part::Body));
    match body {
        Err(failure) => Some(Err(failure)),
        // A language need not have words for everything.
        Ok(body) if body.is_empty() && own.is_none() => None,
        Ok(body) if body.is_empty() => {
            Some(Err(TemplateFailure { template: name.to_owned(), because: "it came out empty".to_owned() }))
        }
        Ok(body) => Some(around(scene, telling, spec, body)),
    }
}

// The body with what stands above it, in the receiver's language.
fn around(
    scene: &Scene<'_>,
    telling: &Telling<'_>,
    spec: &ReceiverSpec,
    body: String,
) -> Result<Text, TemplateFailure> {
    let headline = in_language(scene, telling, spec, language::Part::Headline)?;
    let drill = in_language(scene, telling, spec, language::Part::Drill)?;
    Ok(Text { headline: headline.map(|line| clean_line(&line, HEADLINE_BYTES_MAX)), drill, body })
}

// A part besides the body in the receiver's language; nothing where the built-in words stand.
fn in_language(
    scene: &Scene<'_>,
    telling: &Telling<'_>,
    spec: &ReceiverSpec,
    part: language::Part,
) -> Result<Option<String>, TemplateFailure> {
    let Some(language) = language::of_reader(spec) else { return Ok(None) };
    let data = data::notice(scene, telling, spec, part);
    let text = scene.policy.templates.plain.render(&language::words(language), data)?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// How the incident stands, in a word of the receiver's language: the same in each notice, also where that has the built-in words.
pub fn stage(scene: &Scene<'_>, telling: &Telling<'_>, spec: &ReceiverSpec) -> String {
    // One that fails does so for the body, too, which says it.
    let word = in_language(scene, telling, spec, language::Part::Stage).ok().flatten();
    let word = word.map(|word| clean_line(&word, STAGE_BYTES_MAX)).filter(|word| !word.is_empty());
    word.unwrap_or_else(|| scene.incident.stage.word().to_owned())
}

/// The title of an incident that this rule declares. `labels` are those of the incident.
pub fn title(policy: &Policy, rule: &Rule, severity: Severity, labels: &Pairs, alerts: &[&Alert]) -> Words {
    let written = rule
        .model
        .title
        .as_ref()
        .map(|_| policy.templates.plain.render(&title_name(&rule.name), title_data(severity, labels, alerts)));
    words(written, title_name(&rule.name), TITLE_BYTES_MAX, || builtin::title(&rule.name, alerts))
}

/// Why this rule calls an incident off, in words.
pub fn call_off_reason(policy: &Policy, rule: &Rule, clear_for: Duration, labels: &Pairs, alerts: &[&Alert]) -> Words {
    let template = rule.model.call_off.as_ref().and_then(|call_off| call_off.reason.as_ref());
    let written = template
        .map(|_| policy.templates.plain.render(&reason_name(&rule.name), reason_data(clear_for, labels, alerts)));
    words(written, reason_name(&rule.name), REASON_BYTES_MAX, || {
        format!("no alert has fired for {clear_for}, and nobody saw a need to act")
    })
}

/// What to do, by the rule that declared the incident.
pub fn runbook<'a>(policy: &'a Policy, incident: &Incident) -> Option<&'a str> {
    let rule = rule_of(policy, incident)?;
    safe_url(rule.model.runbook_url.as_deref()?)
}

fn rule_of<'a>(policy: &'a Policy, incident: &Incident) -> Option<&'a Rule> {
    let reference = incident.rule.as_ref()?;
    policy.rules.by_name(&reference.name).map(|at| policy.rules.rule(at))
}

fn pick<'a>(
    policy: &'a Policy,
    incident: &Incident,
    spec: &'a ReceiverSpec,
    kind: NoticeKind,
    lane: Lane,
) -> Option<&'a str> {
    let of = |kind: NoticeKind| {
        // What a rule says to everybody is not what one person has to know.
        let rule = || rule_of(policy, incident).filter(|_| lane != Lane::Direct);
        let by_rule = || rule().and_then(|rule| kind.named_in(&rule.model.templates));
        kind.named_in(&spec.templates).or_else(by_rule).map(String::as_str)
    };
    // The first that the public hears is `confirmed`; it has the words of the declaration unless it has its own.
    of(kind).or_else(|| (lane == Lane::Root).then(|| of(NoticeKind::Declared)).flatten())
}

fn title_data(severity: Severity, labels: &Pairs, alerts: &[&Alert]) -> Value {
    let now = alerts.iter().map(|alert| alert.last_seen).max().unwrap_or_default();
    data::map([
        ("severity", severity.word().into()),
        ("labels", data::pairs(labels)),
        ("alerts", data::alerts(alerts, now)),
    ])
}

fn reason_data(clear_for: Duration, labels: &Pairs, alerts: &[&Alert]) -> Value {
    let now = alerts.iter().map(|alert| alert.last_seen).max().unwrap_or_default();
    data::map([
        ("duration", clear_for.to_string().into()),
        ("labels", data::pairs(labels)),
        ("alerts", data::alerts(alerts, now)),
    ])
}

// A template's line, or the built-in one where there is no template, it failed, or wrote nothing.
fn words(
    written: Option<Result<String, TemplateFailure>>,
    name: String,
    bytes_max: usize,
    otherwise: impl FnOnce() -> String,
) -> Words {
    let line = |text: &str| clean_line(text, bytes_max);
    match written {
        Some(Ok(text)) if !text.is_empty() => Words { text: line(&text), failure: None },
        Some(Ok(_)) => {
            let failure = TemplateFailure { template: name, because: "it came out empty".to_owned() };
            Words { text: line(&otherwise()), failure: Some(failure) }
        }
        Some(Err(failure)) => Words { text: line(&otherwise()), failure: Some(failure) },
        None => Words { text: line(&otherwise()), failure: None },
    }
}

fn title_name(rule: &str) -> String {
    format!("title of {rule}")
}

fn reason_name(rule: &str) -> String {
    format!("call-off reason of {rule}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_template_is_there_and_works() {
        let untold = PolicySource::default();
        let templates = Templates::compile(&untold, &[]).unwrap();
        for (name, text) in SHIPPED {
            assert!(templates.has(name), "{name}");
            assert_eq!(Templates::default().add_notice(name, text), None, "{name}");
        }
    }
}
