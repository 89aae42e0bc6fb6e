//! Says everything that is wrong with a rule file as it is written, by the table of the language, and mends it as far as
//! needed to look at the rest: what a mistake made unclear is left alone.

use super::check::MISTAKES_MAX;
use super::place::Place;
use super::report::{ConfigError, Text, unknown};
use super::tree::{Name, Node, Value, tree};
use domain::interval::EMPTY;
use domain::nearest::nearest;
use domain::rules::language::{Key, Kind, Need, Object, RULE_FILE};
use domain::rules::model::RuleFile;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::rc::Rc;

/// A rule file with mistakes in how it is written.
#[derive(Debug, Default)]
pub struct Mended {
    /// What is wrong.
    pub mistakes: Vec<ConfigError>,
    /// The file with stand-ins for what is wrong.
    pub rules: RuleFile,
    /// What must not be judged: the stand-ins, and what stands beside a key that is misspelt.
    pub unclear: Unclear,
}

/// Paths of a file that must not be judged.
#[derive(Debug, Default)]
pub struct Unclear {
    // And all that is within.
    whole: BTreeSet<String>,
    // Mappings whose keys mean something only together: they and their keys, but not what is within those.
    together: BTreeSet<String>,
    // Keys of the file in which there are mistakes; none, if the file as a whole is one.
    touched: BTreeSet<String>,
}

// Aliases make a small file large: beyond this, nobody reads on.
const NODES_MAX: usize = 1_000_000;

/// Looks through a file that serde refused with this error.
pub fn mend(text: Text<'_>, refused: ConfigError) -> Mended {
    let Some(root) = tree(text.content) else {
        let mut unclear = Unclear::default();
        unclear.touched.insert(String::new());
        return Mended { mistakes: vec![refused], rules: RuleFile::default(), unclear };
    };
    let mut mender = Mender { text, found: Vec::new(), more: 0, unclear: Unclear::default(), nodes: 0 };
    let json = mender.object(&root, &RULE_FILE, "");
    let rules = serde_json::from_value(json).unwrap_or_default();
    let Mender { mut found, more, unclear, .. } = mender;
    if found.iter().all(|mistake| mistake.line() != refused.line()) {
        found.push(refused);
    }
    found.sort_by_key(ConfigError::order);
    let and_more = ConfigError::of_file(text.file, format!("and {more} more mistakes"));
    found.extend((more > 0).then_some(and_more));
    Mended { mistakes: found, rules, unclear }
}

impl Unclear {
    /// Whether there are mistakes under this key of the file, or nobody knows.
    pub fn touches(&self, key: &str) -> bool {
        self.touched.contains(key) || self.touched.contains("")
    }

    /// Whether something within this path is unclear.
    pub fn is_within(&self, path: &str) -> bool {
        self.whole.iter().chain(&self.together).any(|unclear| unclear.starts_with(path))
    }

    /// Whether nothing can be said about what stands at this path.
    pub fn hides(&self, path: &str) -> bool {
        let prefixes = path.match_indices(['.', '[']).map(|(at, _)| &path[..at]).chain([path]);
        let parent = path.rfind('.').map_or("", |at| &path[..at]);
        prefixes.into_iter().any(|prefix| self.whole.contains(prefix))
            || self.together.contains(path)
            || self.together.contains(parent)
    }
}

struct Mender<'a> {
    text: Text<'a>,
    found: Vec<ConfigError>,
    more: usize,
    unclear: Unclear,
    nodes: usize,
}

impl Mender<'_> {
    fn value(&mut self, node: &Node, kind: &Kind, path: &str) -> Json {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return stand_in(kind);
        }
        match (kind, &node.value) {
            (Kind::Object(object), Value::Map(_)) => self.object(node, object, path),
            (Kind::Some(_), Value::List(items)) if items.is_empty() => {
                self.stand_in(node.place, kind, path, EMPTY.to_owned())
            }
            (Kind::List(item) | Kind::Some(item), Value::List(items)) => {
                let one = |(at, node): (usize, &Rc<Node>)| self.value(node, item, &format!("{path}[{at}]"));
                items.iter().enumerate().map(one).collect()
            }
            (Kind::Map(item), Value::Map(pairs)) => {
                let one = |(name, node): &(Name, Rc<Node>)| {
                    (name.text.clone(), self.value(node, item, &join(path, &name.text)))
                };
                pairs.iter().map(one).collect()
            }
            (Kind::Text(_) | Kind::Number { .. } | Kind::Flag | Kind::Word(_), Value::Plain(text)) => {
                self.scalar(node, kind, text, Style::Plain, path)
            }
            (Kind::Text(_) | Kind::Word(_), Value::Quoted(text)) => self.scalar(node, kind, text, Style::Quoted, path),
            _ => self.stand_in(node.place, kind, path, format!("expected {}", expected(kind))),
        }
    }

    fn scalar(&mut self, node: &Node, kind: &Kind, text: &str, style: Style, path: &str) -> Json {
        let read = match kind {
            Kind::Text(_) if style == Style::Plain && is_null(text) => {
                Err(format!("is empty; write {}", expected(kind)))
            }
            Kind::Text(form) => (form.check)(text).map(|()| Json::from(text)),
            Kind::Word(words) if words.contains(&text) => Ok(Json::from(text)),
            Kind::Word(words) => Err(unknown("value", text, words)),
            Kind::Flag => text.parse().map(Json::Bool).map_err(|_| format!("expected {}", expected(kind))),
            _ => text.parse::<u32>().map(Json::from).map_err(|_| format!("expected {}", expected(kind))),
        };
        read.unwrap_or_else(|problem| self.stand_in(node.place, kind, path, problem))
    }

    fn object(&mut self, node: &Node, object: &'static Object, path: &str) -> Json {
        let Value::Map(pairs) = &node.value else {
            return self.stand_in(node.place, &Kind::Flag, path, "expected a mapping (`key: value`)".to_owned());
        };
        let before = self.found.len() + self.more;
        let mut json = serde_json::Map::new();
        for (name, node) in pairs {
            let Some(key) = self.key(name, object, path) else { continue };
            if json.contains_key(key.name) {
                self.wrong(name.place, path, format!("`{}` is written twice", key.name));
                continue;
            }
            // `title:` with nothing behind it is as if it was not written.
            let nothing = matches!(&node.value, Value::Plain(text) if is_null(text)) && key.need != Need::Required;
            if !nothing {
                let value = self.value(node, &key.kind, &join(path, key.name));
                json.insert(key.name.to_owned(), value);
            }
        }
        let place = pairs.first().map_or(node.place, |(name, _)| name.place);
        for key in object.keys.iter().filter(|key| key.need == Need::Required) {
            if !json.contains_key(key.name) {
                self.missing(place, object, key, path);
                json.insert(key.name.to_owned(), stand_in(&key.kind));
            }
        }
        let text = |(key, value): (&String, &Json)| Some((key.clone(), value.as_str()?.to_owned()));
        let together = (object.check)(&json.iter().filter_map(text).collect());
        match together {
            Err(problem) if self.found.len() + self.more == before => {
                self.stand_in(place, &Kind::Object(object), path, problem)
            }
            _ => json.into(),
        }
    }

    // The key of this name, or the one that was meant.
    fn key(&mut self, name: &Name, object: &Object, path: &str) -> Option<&'static Key> {
        if let Some(key) = object.key(&name.text) {
            return Some(key);
        }
        if name.text == "<<" {
            self.wrong(name.place, path, "merge keys are not understood; write the keys themselves");
            return None;
        }
        let known: Vec<&str> = object.keys.iter().map(|key| key.name).collect();
        self.wrong(name.place, path, unknown("key", &name.text, &known));
        let meant = nearest(&name.text, &known).and_then(|near| object.key(near));
        match meant {
            // What is said of it by its right name has no place.
            Some(key) => self.unclear.together.insert(join(path, key.name)),
            None => self.unclear(object, path),
        };
        meant
    }

    fn missing(&mut self, place: Place, object: &Object, key: &Key, path: &str) {
        self.wrong(place, path, format!("`{}` is missing", key.name));
        self.unclear.whole.insert(join(path, key.name));
        self.unclear(object, path);
    }

    fn unclear(&mut self, object: &Object, path: &str) -> bool {
        object.together && self.unclear.together.insert(path.to_owned())
    }

    fn stand_in(&mut self, place: Place, kind: &Kind, path: &str, problem: String) -> Json {
        self.wrong(place, path, problem);
        self.unclear.whole.insert(path.to_owned());
        stand_in(kind)
    }

    fn wrong(&mut self, place: Place, path: &str, problem: impl Into<String>) {
        let key = path.split(['.', '[']).next().unwrap_or_default();
        self.unclear.touched.insert(key.to_owned());
        let mistake = ConfigError::at(self.text, Some(place), problem.into());
        // What an alias repeats is wrong once.
        if self.found.contains(&mistake) {
            return;
        }
        if self.found.len() < MISTAKES_MAX {
            self.found.push(mistake);
        } else {
            self.more += 1;
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Quoted,
}

// The plainest value of a kind, in place of one that is wrong.
fn stand_in(kind: &Kind) -> Json {
    match kind {
        Kind::Text(text) => Json::from(text.example),
        Kind::Number { min, .. } => Json::from(*min),
        Kind::Flag => Json::Bool(false),
        Kind::Word(words) => Json::from(words.first().copied()),
        Kind::Object(object) => {
            let required = object.keys.iter().filter(|key| key.need == Need::Required);
            required.map(|key| (key.name.to_owned(), stand_in(&key.kind))).collect()
        }
        Kind::List(_) => Json::Array(Vec::new()),
        Kind::Some(item) => Json::Array(vec![stand_in(item)]),
        Kind::Map(_) => Json::Object(serde_json::Map::new()),
    }
}

fn expected(kind: &Kind) -> String {
    match kind {
        Kind::Text(text) => format!("{}, for example `{}`", text.name, text.example),
        Kind::Number { max: u32::MAX, .. } => "a whole number".to_owned(),
        Kind::Number { min, max } => format!("a number from {min} to {max}"),
        Kind::Flag => "`true` or `false`".to_owned(),
        Kind::Word(words) => format!("one of {}", words.join(", ")),
        Kind::Object(_) | Kind::Map(_) => "a mapping (`key: value`)".to_owned(),
        Kind::List(_) | Kind::Some(_) => "a list".to_owned(),
    }
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
