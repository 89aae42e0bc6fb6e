//! Where in a YAML text a path like `groups[0].rules[1].when` stands, for mistakes found after reading.

use serde_saphyr::granit_parser::{Event, Parser, Span};
use std::collections::HashMap;

/// A stretch of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// In characters; at least 1.
    pub length: usize,
}

/// All places of a text by their paths.
#[derive(Debug)]
pub struct Places(HashMap<String, Place>);

impl Places {
    /// Walks over the text once.
    pub fn of(text: &str) -> Self {
        Self(Walk::over(text))
    }

    /// Finds a path, or the nearest thing around it that is there.
    pub fn find(&self, path: &str) -> Option<Place> {
        let mut path = path;
        loop {
            if let Some(place) = self.0.get(path) {
                return Some(*place);
            }
            let cut = path.rfind(['.', '['])?;
            path = &path[..cut];
        }
    }
}

#[derive(Default)]
struct Walk {
    open: Vec<Open>,
    places: HashMap<String, Place>,
}

enum Open {
    Map { path: String, key: Option<String> },
    List { path: String, next: usize },
}

impl Walk {
    // A text that stops being YAML halfway still gives the places before: this is used for good YAML only.
    fn over(text: &str) -> HashMap<String, Place> {
        let mut walk = Self::default();
        for (event, span) in Parser::new_from_str(text).map_while(Result::ok) {
            walk.take(event, span);
        }
        walk.places
    }

    fn take(&mut self, event: Event<'_>, span: Span) {
        match event {
            Event::Scalar(value, ..) => {
                if let Some(Open::Map { path, key: key @ None }) = self.open.last_mut() {
                    let path = join(path, &value);
                    self.places.insert(path, place_of(span));
                    *key = Some(value.into_owned());
                    return;
                }
                let path = self.enter();
                self.places.insert(path, place_of(span));
            }
            Event::Alias(_) => {
                self.enter();
            }
            Event::MappingStart(..) => {
                let path = self.enter();
                self.places.entry(path.clone()).or_insert_with(|| place_of(span));
                self.open.push(Open::Map { path, key: None });
            }
            Event::SequenceStart(..) => {
                let path = self.enter();
                self.places.entry(path.clone()).or_insert_with(|| place_of(span));
                self.open.push(Open::List { path, next: 0 });
            }
            Event::MappingEnd | Event::SequenceEnd => {
                self.open.pop();
            }
            _ => {}
        }
    }

    // The path of the value that starts now. Of a map or list under a key, the key is its place: `insert` above came
    // first, and a caret there reads better than one under the first thing inside.
    fn enter(&mut self) -> String {
        match self.open.last_mut() {
            None => String::new(),
            Some(Open::Map { path, key }) => join(path, &key.take().unwrap_or_default()),
            Some(Open::List { path, next }) => {
                *next += 1;
                format!("{path}[{}]", *next - 1)
            }
        }
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// The place of a parser's span.
pub(super) fn place_of(span: Span) -> Place {
    Place { line: span.start.line(), column: span.start.col() + 1, length: span.len().max(1) }
}

#[cfg(test)]
mod tests {
    use super::{Place, Places};

    const TEXT: &str =
        "groups:\n  - name: a\n    rules:\n      - when: { any: [{ alerts: ['a = b'] }] }\n  - \"name\": 'é b'\n";

    fn at(path: &str) -> Option<(usize, usize, usize)> {
        Places::of(TEXT).find(path).map(|Place { line, column, length }| (line, column, length))
    }

    #[test]
    fn a_path_leads_to_its_value_and_a_container_to_its_key() {
        assert_eq!(at("groups[0].name"), Some((2, 11, 1)));
        assert_eq!(at("groups[0].rules"), Some((3, 5, 5)));
        assert_eq!(at("groups[0].rules[0].when.any[0].alerts[0]"), Some((4, 34, 7)));
        assert_eq!(at("groups[1].name"), Some((5, 13, 5)));
    }

    #[test]
    fn what_is_missing_is_shown_where_it_should_stand() {
        assert_eq!(at("groups[0].rules[0].severity.raise[2].to"), at("groups[0].rules[0]"));
        assert_eq!(at("nothing"), None);
    }
}
