//! A YAML text as a tree with places: for saying everything that is wrong with it, where serde stops at the first.

use super::place::{Place, place_of};
use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, Span};
use std::collections::HashMap;
use std::rc::Rc;

/// One node, and where it stands.
#[derive(Debug)]
pub struct Node {
    /// Of a mapping or list under a key, the place of the key.
    pub place: Place,
    /// What it is.
    pub value: Value,
}

/// What a node is.
#[derive(Debug)]
pub enum Value {
    /// A scalar without quotes.
    Plain(String),
    /// A scalar in quotes, or a block.
    Quoted(String),
    /// A mapping: its keys in the order of the text, also those that stand twice.
    Map(Vec<(Name, Rc<Node>)>),
    /// A list.
    List(Vec<Rc<Node>>),
}

/// A key as written.
#[derive(Debug, Clone)]
pub struct Name {
    /// The word.
    pub text: String,
    /// Where.
    pub place: Place,
}

// Far deeper than any rule, far flatter than a stack.
const DEPTH_MAX: usize = 100;

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Rc<Node>>,
    root: Option<Rc<Node>>,
}

struct Open {
    place: Place,
    anchor: usize,
    value: Value,
    key: Option<Name>,
}

/// The tree of the first document; none if it is no YAML, or deeper than any rule.
pub fn tree(text: &str) -> Option<Rc<Node>> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.ok()?;
        builder.take(event, span);
        if builder.open.len() > DEPTH_MAX {
            return None;
        }
    }
    builder.root
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) {
        match event {
            Event::Scalar(text, style, anchor, _) => self.scalar(text.into_owned(), style, anchor, place_of(span)),
            Event::Alias(anchor) => {
                if let Some(node) = self.anchors.get(&anchor).cloned() {
                    self.add(node, 0);
                }
            }
            Event::MappingStart(_, anchor, _) => self.open(Value::Map(Vec::new()), anchor, span),
            Event::SequenceStart(_, anchor, _) => self.open(Value::List(Vec::new()), anchor, span),
            Event::MappingEnd | Event::SequenceEnd => {
                if let Some(Open { place, anchor, value, .. }) = self.open.pop() {
                    self.add(Rc::new(Node { place, value }), anchor);
                }
            }
            _ => {}
        }
    }

    fn scalar(&mut self, text: String, style: ScalarStyle, anchor: usize, place: Place) {
        if let Some(Open { value: Value::Map(_), key: key @ None, .. }) = self.open.last_mut() {
            *key = Some(Name { text, place });
            return;
        }
        let value = if style == ScalarStyle::Plain { Value::Plain(text) } else { Value::Quoted(text) };
        self.add(Rc::new(Node { place, value }), anchor);
    }

    fn open(&mut self, value: Value, anchor: usize, span: Span) {
        let key = self.open.last().and_then(|open| open.key.as_ref());
        let place = key.map_or_else(|| place_of(span), |key| key.place);
        self.open.push(Open { place, anchor, value, key: None });
    }

    fn add(&mut self, node: Rc<Node>, anchor: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        match self.open.last_mut() {
            None => {
                self.root.get_or_insert(node);
            }
            Some(Open { value: Value::List(items), .. }) => items.push(node),
            Some(Open { value: Value::Map(pairs), key, place, .. }) => {
                // A mapping as a key: no rule has one, and serde says so.
                let name = key.take().unwrap_or(Name { text: String::new(), place: *place });
                pairs.push((name, node));
            }
            Some(Open { value: Value::Plain(_) | Value::Quoted(_), .. }) => {}
        }
    }
}
