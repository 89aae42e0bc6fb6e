//! Reads the configuration and all files it names, and checks them against each other.

use super::check::{self, Check, Receivers};
use super::report::{ConfigError, ConfigErrors, Text};
use super::rules::{self, Findings, Read};
use super::written::{ReceiverWritten, Written};
use super::{Address, Config, Receiver, SlackAppConfig, read};
use domain::alert::fingerprint::hash_texts;
use domain::policy::lonely::on_irc_alone;
use domain::policy::rituals::{RoleSpec, default_roles};
use domain::policy::status_messages::StatusMessages;
use domain::policy::{CONFIG, Policy, PolicySource, ReceiverKind, ReceiverSpec, Subject};
use domain::rules::compile::Mistake;
use std::collections::BTreeMap;
use std::path::Path;

/// The commented default configuration: the reference of every key.
pub const DEFAULT_CONFIG: &str = include_str!("../../config/earlybell.yml");
/// The rules that come with the program.
pub const DEFAULT_RULES: &str = include_str!("../../rules/default.yml");
/// What errors call the shipped rules.
pub const DEFAULT_RULES_NAME: &str = "rules/default.yml (shipped)";
/// Where the configuration is looked for if nobody says.
pub const DEFAULT_PATH: &str = "earlybell.yml";

/// What the command line says.
#[derive(Debug, Clone)]
pub struct Overrides {
    /// Where people find the pages.
    pub external_url: String,
}

/// A file's name and content.
#[derive(Debug, Clone)]
pub struct Named {
    /// As errors call it.
    pub name: String,
    /// What it holds.
    pub content: String,
}

impl Default for Overrides {
    fn default() -> Self {
        Self { external_url: "http://127.0.0.1:9797".to_owned() }
    }
}

impl Named {
    /// For errors.
    pub fn text(&self) -> Text<'_> {
        Text { file: &self.name, content: &self.content }
    }
}

/// Loads the configuration: this file, or `./earlybell.yml`, or the embedded default.
pub fn load(path: Option<&Path>, overrides: &Overrides) -> Result<Config, ConfigErrors> {
    let default = Path::new(DEFAULT_PATH);
    let Some(path) = path.or_else(|| default.exists().then_some(default)) else {
        let name = "config/earlybell.yml (shipped)".to_owned();
        return parse(&Named { name, content: DEFAULT_CONFIG.to_owned() }, Path::new(""), overrides);
    };
    let name = path.display().to_string();
    let content =
        read::file(path).map_err(|problem| ConfigError::of_file(&name, format!("can't read it: {problem}")))?;
    parse(&Named { name, content }, path.parent().unwrap_or(Path::new("")), overrides)
}

/// Checks a configuration; files in it are relative to `base`.
pub fn parse(file: &Named, base: &Path, overrides: &Overrides) -> Result<Config, ConfigErrors> {
    let external_url = check::http_url(&overrides.external_url)
        .map_err(|problem| ConfigError::of_file("--web.external-url", problem))?;
    let written: Written = read::yaml(file.text())?;
    let mut check = Check::new(file.text(), base);
    let sources = check.sources(written.sources);
    let access = check.access(written.access);
    // Taken before the check: a receiver with a mistake in it is not missing as well.
    let specs = receiver_specs(written.receivers.as_deref());
    let routed: Vec<&str> = specs.iter().filter(|spec| spec.is_routed()).map(|spec| spec.name.as_str()).collect();
    let blogs: Vec<&str> =
        specs.iter().filter(|spec| spec.kind == ReceiverKind::Blog).map(|spec| spec.name.as_str()).collect();
    let personal: Vec<&str> = specs.iter().filter(|spec| spec.personal).map(|spec| spec.name.as_str()).collect();
    let template_files = templates(&mut check, base, &written.templates);
    let templates: BTreeMap<String, String> =
        template_files.iter().map(|(name, file)| (name.clone(), file.content.clone())).collect();
    check.slack.external_url.clone_from(&external_url);
    let slack_app = check.slack_app(written.slack_app);
    let fallbacks = check.fallbacks(written.receivers.as_deref(), &routed);
    let receivers = check.receivers(written.receivers, &written.time_intervals);
    let slack_app = check.with_token(slack_app, &receivers);
    let route = check.route(written.route, Receivers { routed: &routed, personal: &personal, blogs: &blogs });
    let (etherpad, pads) = check.etherpad(written.etherpad).unzip();
    let (directory, duty_lists) = check.people(written.people, written.squads);
    let rules = rule_files(&mut check, base, written.rule_files.as_deref());
    let mut found = Findings { mistakes: check.mistakes(), warnings: Vec::new() };
    let read = Read::of(&rules, &mut found);
    let hash = hash([file].into_iter().chain(&rules), &templates);
    let mut policy = PolicySource {
        rule_files: read.files.clone(),
        receivers: specs,
        fallbacks,
        route,
        templates,
        external_url,
        timing: written.timing,
        time_intervals: written.time_intervals,
        inhibit_rules: written.inhibit_rules,
        heartbeats: written.heartbeats,
        roles: roles(written.roles),
        rituals: written.rituals,
        postmortem: written.postmortem,
        status_messages: BTreeMap::new(),
        commands: BTreeMap::new(),
        pads,
    };
    match Policy::compile(policy.clone()) {
        Ok(policy) => found.warnings.extend(rules::shown(&rules, policy.rules.warnings)),
        Err(mistakes) => found.mistakes.extend(said(file, &read, &template_files, mistakes)),
    }
    if !found.mistakes.is_empty() {
        let files: Vec<Named> = [file].into_iter().chain(&rules).cloned().collect();
        rules::in_order(&files, &mut found.mistakes);
        return Err(ConfigErrors(found.mistakes));
    }
    policy.receivers = receivers.iter().map(|receiver| receiver.spec.clone()).collect();
    policy.status_messages = status_messages(&receivers);
    policy.commands = slack_app.as_ref().map(|app| commands(app, &receivers)).unwrap_or_default();
    let files: Vec<Named> = [file].into_iter().chain(&rules).cloned().collect();
    let lonely = on_irc_alone(&policy).into_iter().map(|lonely| match lonely.file.as_str() {
        CONFIG => Mistake { file: file.name.clone(), ..lonely },
        _ => lonely,
    });
    found.warnings.extend(rules::shown(&files, lonely.collect()));
    let warnings = found.warnings;
    Ok(Config { policy, receivers, sources, access, slack_app, etherpad, directory, duty_lists, hash, warnings })
}

// What each receiver shows that keeps a status message.
fn status_messages(receivers: &[Receiver]) -> BTreeMap<String, StatusMessages> {
    let messages = |receiver: &Receiver| match &receiver.address {
        Address::Obs(obs) => Some((receiver.spec.name.clone(), obs.messages.clone())),
        _ => None,
    };
    receivers.iter().filter_map(messages).collect()
}

// What is typed where the app reads it: in the workspace of its token. A receiver with another one may be elsewhere.
fn commands(app: &SlackAppConfig, receivers: &[Receiver]) -> BTreeMap<String, String> {
    let command = |receiver: &Receiver| match &receiver.address {
        Address::Slack(slack) if slack.bot_token.expose() == app.bot_token.expose() => {
            Some((receiver.spec.name.clone(), app.command.clone()))
        }
        _ => None,
    };
    receivers.iter().filter_map(command).collect()
}

// Those of the protocol, with duties as written, and more.
fn roles(written: Vec<RoleSpec>) -> Vec<RoleSpec> {
    let mut roles = default_roles();
    for spec in written {
        match roles.iter_mut().find(|known| known.name == spec.name) {
            Some(known) => *known = spec,
            None => roles.push(spec),
        }
    }
    roles
}

// Who can be told, as far as rules and routes name them; what is wrong with a receiver is said elsewhere.
fn receiver_specs(written: Option<&[ReceiverWritten]>) -> Vec<ReceiverSpec> {
    let spec = |receiver: &ReceiverWritten| ReceiverSpec {
        name: receiver.name.clone(),
        kind: if receiver.blog.is_some() { ReceiverKind::Blog } else { ReceiverKind::Console },
        public: receiver.public,
        personal: receiver.personal,
        subject: Subject::default(),
        templates: receiver.templates.clone(),
        language: receiver.language.clone(),
    };
    match written {
        Some(written) => written.iter().map(spec).collect(),
        None => vec![check::console().spec],
    }
}

// What all parts together show to be wrong, each in its file.
fn said(
    config: &Named,
    read: &Read<'_>,
    templates: &BTreeMap<String, Named>,
    mistakes: Vec<Mistake>,
) -> Vec<ConfigError> {
    let (of_templates, others): (Vec<_>, Vec<_>) =
        read.clear(mistakes).into_iter().partition(|mistake| mistake.file == "templates");
    let of_templates = of_templates.into_iter().map(|mistake| match templates.get(&mistake.path) {
        Some(template) => ConfigError::of_template(template.text(), &mistake.problem),
        None => ConfigError::of_file(&mistake.path, mistake.problem),
    });
    // Routes were looked at as they are written, with `receiver` beside `receivers`.
    let others = others.into_iter().filter(|mistake| mistake.file != CONFIG || !mistake.path.starts_with("route"));
    let others = others.map(|mistake| match mistake.file.as_str() {
        CONFIG => Mistake { file: config.name.clone(), ..mistake },
        _ => mistake,
    });
    let files: Vec<Named> = read.texts().iter().chain([config]).cloned().collect();
    rules::shown(&files, others.collect()).into_iter().chain(of_templates).collect()
}

fn templates(check: &mut Check<'_>, base: &Path, patterns: &[String]) -> BTreeMap<String, Named> {
    let mut templates = BTreeMap::new();
    for (at, pattern) in patterns.iter().enumerate() {
        let path = format!("templates[{at}]");
        for (file, content) in check.good(&path, read::files(base, pattern)).unwrap_or_default() {
            let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let file = Named { name: file.display().to_string(), content };
            if templates.insert(name.clone(), file).is_some() {
                check.wrong(&path, format!("two files give a template `{name}`"));
            }
        }
    }
    templates
}

fn rule_files(check: &mut Check<'_>, base: &Path, patterns: Option<&[String]>) -> Vec<Named> {
    let Some(patterns) = patterns else {
        return vec![Named { name: DEFAULT_RULES_NAME.to_owned(), content: DEFAULT_RULES.to_owned() }];
    };
    let mut files: Vec<Named> = Vec::new();
    for (at, pattern) in patterns.iter().enumerate() {
        for (file, content) in check.good(&format!("rule_files[{at}]"), read::files(base, pattern)).unwrap_or_default()
        {
            let name = file.display().to_string();
            // Two patterns may meet in one file; it counts once.
            if !files.iter().any(|known| known.name == name) {
                files.push(Named { name, content });
            }
        }
    }
    files
}

fn hash<'a>(files: impl Iterator<Item = &'a Named>, templates: &BTreeMap<String, String>) -> u64 {
    let texts = files.flat_map(|file| [&file.name, &file.content]);
    let templates = templates.iter().flat_map(|(name, content)| [name, content]);
    hash_texts(texts.chain(templates).map(String::as_str))
}
