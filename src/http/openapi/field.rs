//! What stands in a body or a query: names, what they hold, and which must be there.

use crate::store::Role;
use domain::incident::room::Part;
use domain::incident::{CallOffCode, Severity};
use serde_json::{Map, Value, json};

/// One name in a body or a query.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// As it is written.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it must be there.
    pub needed: bool,
}

/// One that must be there.
pub const fn need(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, needed: true }
}

/// One that may be.
pub const fn may(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, needed: false }
}

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Words.
    Text,
    /// A whole number.
    Number,
    /// How many: at least one.
    Count,
    /// Yes or no.
    Flag,
    /// A time span, as `20m`.
    Length,
    /// A moment.
    Time,
    /// A day, or `none`.
    Day,
    /// How bad.
    Severity,
    /// Why it was nothing.
    Code,
    /// What a token or a login may do.
    Role,
    /// A part of the state document.
    Part,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Names and values.
    Labels,
    /// Several words.
    Texts,
    /// Several numbers.
    Numbers,
    /// Names and values, in order.
    Options,
    /// Alerts of a drill.
    DrillAlerts,
}

impl Kind {
    /// As JSON Schema.
    pub fn schema(self) -> Value {
        let words = |words: Vec<&str>| json!({"type": "string", "enum": words});
        match self {
            Self::Text => json!({"type": "string"}),
            Self::Number => json!({"type": "integer", "minimum": 0}),
            Self::Count => json!({"type": "integer", "minimum": 1}),
            Self::Flag => json!({"type": "boolean"}),
            Self::Length => {
                json!({"type": "string", "description": "A time span, as `20m` or `1h30m`", "examples": ["20m"]})
            }
            Self::Time => json!({"type": "string", "format": "date-time"}),
            Self::Day => {
                json!({"type": "string", "description": "A day, as `2026-12-01`, or `none`", "examples": ["2026-12-01"]})
            }
            Self::Severity => words(Severity::ALL.map(Severity::word).into()),
            Self::Code => words(CallOffCode::ALL.map(CallOffCode::word).into()),
            Self::Role => words(Role::ALL.map(Role::word).into()),
            Self::Part => words(Part::ALL.map(Part::word).into()),
            Self::OneOf(known) => words(known.to_vec()),
            Self::Labels => json!({"type": "object", "additionalProperties": {"type": "string"}}),
            Self::Texts => json!({"type": "array", "items": {"type": "string"}}),
            Self::Numbers => json!({"type": "array", "items": {"type": "integer", "minimum": 0}}),
            Self::Options => {
                json!({"type": "array", "items": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "string"}}})
            }
            Self::DrillAlerts => json!({"type": "array", "items": object(DRILL_ALERT)}),
        }
    }
}

// One of them.
const DRILL_ALERT: &[Field] = &[
    need("labels", Kind::Labels),
    may("annotations", Kind::Labels),
    may("for", Kind::Length),
    may("over", Kind::Flag),
];

/// An object of exactly these fields. What may be left out may be null where it holds no list.
pub fn object(fields: &[Field]) -> Value {
    let properties: Map<String, Value> =
        fields.iter().map(|field| (field.name.to_owned(), field.kind.schema())).collect();
    let needed: Vec<&str> = fields.iter().filter(|field| field.needed).map(|field| field.name).collect();
    let mut object = json!({"type": "object", "properties": properties, "additionalProperties": false});
    if !needed.is_empty() {
        object["required"] = json!(needed);
    }
    object
}
