//! Reads the configuration and all files it names, and checks them against each other.

use super::check::{self, Check, MISTAKES_MAX};
use super::place::Places;
use super::report::{ConfigError, ConfigErrors, Text};
use super::written::{ReceiverWritten, Written};
use super::{Config, read};
use domain::alert::fingerprint::hash_texts;
use domain::policy::{CONFIG, NamedRuleFile, Policy, PolicySource};
use domain::rules::compile::{Mistake, RuleSet};
use domain::rules::model::RuleFile;
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
    // Taken before the check: a receiver with a mistake in it is not missing as well.
    let names = receiver_names(written.receivers.as_deref());
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let template_files = templates(&mut check, base, &written.templates);
    let templates: BTreeMap<String, String> =
        template_files.iter().map(|(name, file)| (name.clone(), file.content.clone())).collect();
    let receivers = check.receivers(written.receivers, &templates);
    let route = check.route(written.route, &names);
    let rules = rule_files(&mut check, base, written.rule_files.as_deref());
    let mut found = Findings { mistakes: check.mistakes(), warnings: Vec::new() };
    let rule_files = parse_rules(&rules, &mut found);
    let Findings { mut mistakes, warnings } = found;
    for (text, rules) in rules.iter().zip(&rule_files) {
        mistakes.extend(rules_against_config(text, &rules.file, &names, &templates));
    }
    if !mistakes.is_empty() {
        return Err(ConfigErrors(mistakes));
    }
    let hash = hash([file].into_iter().chain(&rules), &templates);
    let specs = receivers.iter().map(|receiver| receiver.spec.clone()).collect();
    let policy = PolicySource {
        rule_files,
        receivers: specs,
        route,
        templates,
        external_url,
        timing: written.timing,
        time_intervals: written.time_intervals,
        inhibit_rules: written.inhibit_rules,
        heartbeats: written.heartbeats,
    };
    // Rules were compiled above, so that their mistakes stand beside the others; here it is what only all parts show.
    if let Err(found) = Policy::compile(policy.clone()) {
        let (of_templates, others): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|mistake| mistake.file == "templates");
        let of_templates = of_templates.into_iter().map(|mistake| match template_files.get(&mistake.path) {
            Some(template) => ConfigError::of_template(template.text(), &mistake.problem),
            None => ConfigError::of_file(&mistake.path, mistake.problem),
        });
        let files: Vec<Named> = rules.into_iter().chain([file.clone()]).collect();
        let others = others.into_iter().map(|mistake| match mistake.file.as_str() {
            CONFIG => Mistake { file: file.name.clone(), ..mistake },
            _ => mistake,
        });
        let others = shown(&files, others.collect());
        return Err(ConfigErrors(of_templates.chain(others).collect()));
    }
    Ok(Config { policy, receivers, sources, hash, warnings })
}

fn receiver_names(written: Option<&[ReceiverWritten]>) -> Vec<String> {
    match written {
        Some(written) => written.iter().map(|receiver| receiver.name.clone()).collect(),
        None => vec![check::CONSOLE.to_owned()],
    }
}

/// What was found in files.
#[derive(Debug, Default)]
pub struct Findings {
    /// What must be mended.
    pub mistakes: Vec<ConfigError>,
    /// What is understood, but better written anew.
    pub warnings: Vec<ConfigError>,
}

/// Reads rule files and compiles them together; what is wrong, and what could be better, goes to `found`.
pub fn parse_rules(files: &[Named], found: &mut Findings) -> Vec<NamedRuleFile> {
    let before = found.mistakes.len();
    let mut parsed = Vec::with_capacity(files.len());
    for file in files {
        match read::yaml::<RuleFile>(file.text()) {
            Ok(rules) => parsed.push(NamedRuleFile { name: file.name.clone(), file: rules }),
            Err(error) => found.mistakes.push(error),
        }
    }
    // Rules are compiled together only if all were read: else a file that is missing would be blamed on the others.
    if found.mistakes.len() > before {
        return Vec::new();
    }
    match RuleSet::compile(&parsed) {
        Ok(rules) => found.warnings.extend(shown(files, rules.warnings)),
        Err(mistakes) => found.mistakes.extend(shown(files, mistakes)),
    }
    parsed
}

// What `domain` found wrong, shown where it stands.
pub(super) fn shown(files: &[Named], found: Vec<Mistake>) -> Vec<ConfigError> {
    let mut places: BTreeMap<&str, Places> = BTreeMap::new();
    let more = found.len().saturating_sub(MISTAKES_MAX);
    let and_more = found.last().filter(|_| more > 0).map(|last| last.file.clone());
    let and_more = and_more.map(|file| ConfigError::of_file(&file, format!("and {more} more mistakes")));
    let show = |mistake: Mistake| {
        let Some(file) = files.iter().find(|file| file.name == mistake.file) else {
            return ConfigError::of_file(&mistake.file, format!("{}: {}", mistake.path, mistake.problem));
        };
        let places = places.entry(&file.name).or_insert_with(|| Places::of(&file.content));
        ConfigError::at_path(file.text(), places, &mistake.path, mistake.problem)
    };
    found.into_iter().take(MISTAKES_MAX).map(show).chain(and_more).collect()
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

fn rules_against_config(
    text: &Named,
    rules: &RuleFile,
    receivers: &[&str],
    templates: &BTreeMap<String, String>,
) -> Vec<ConfigError> {
    let mut check = Check::new(text.text(), Path::new(""));
    for (g, group) in rules.groups.iter().enumerate() {
        for (r, rule) in group.rules.iter().enumerate() {
            let path = format!("groups[{g}].rules[{r}]");
            for (at, name) in rule.receivers.iter().enumerate() {
                check.known_receiver(&format!("{path}.receivers[{at}]"), name, receivers);
            }
            check.templates(&path, &rule.templates, templates);
        }
    }
    check.mistakes()
}

fn hash<'a>(files: impl Iterator<Item = &'a Named>, templates: &BTreeMap<String, String>) -> u64 {
    let texts = files.flat_map(|file| [&file.name, &file.content]);
    let templates = templates.iter().flat_map(|(name, content)| [name, content]);
    hash_texts(texts.chain(templates).map(String::as_str))
}
