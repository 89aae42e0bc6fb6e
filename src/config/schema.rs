//! A JSON schema of rule files, for editors; made from the table of the language.

use domain::rules::language::{Kind, Need, OBJECTS, Object, RULE_FILE, Text};
use serde_json::{Map, Value, json};

/// The schema, as it is printed and committed.
pub fn rules_schema() -> String {
    let objects = OBJECTS.iter().filter(|object| object.name != RULE_FILE.name);
    let definitions: Map<String, Value> = objects.map(|object| (name(object), properties(object))).collect();
    let mut schema = properties(&RULE_FILE);
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema["title"] = json!("Earlybell rules");
    schema["definitions"] = definitions.into();
    format!("{schema:#}\n")
}

fn name(object: &Object) -> String {
    object.name.replace(' ', "_")
}

fn properties(object: &Object) -> Value {
    let keys: Map<String, Value> =
        object.keys.iter().map(|key| (key.name.to_owned(), described(&key.kind, key.says))).collect();
    let required: Vec<&str> = object.keys.iter().filter(|key| key.need == Need::Required).map(|key| key.name).collect();
    let mut properties = json!({
        "type": "object", "description": object.says, "additionalProperties": false, "properties": keys,
    });
    if !required.is_empty() {
        properties["required"] = json!(required);
    }
    properties
}

// Beside a reference nothing else is read.
fn described(kind: &Kind, says: &str) -> Value {
    match kind {
        Kind::Object(_) => json!({ "description": says, "allOf": [schema(kind)] }),
        _ => {
            let mut schema = schema(kind);
            schema["description"] = json!(says);
            schema
        }
    }
}

fn schema(kind: &Kind) -> Value {
    match kind {
        Kind::Text(text) => of_text(text),
        Kind::Number { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Object(object) => json!({ "$ref": format!("#/definitions/{}", name(object)) }),
        Kind::List(item) => json!({ "type": "array", "items": schema(item) }),
        Kind::Some(item) => json!({ "type": "array", "minItems": 1, "items": schema(item) }),
        Kind::Map(item) => json!({ "type": "object", "additionalProperties": schema(item) }),
    }
}

fn of_text(text: &Text) -> Value {
    let mut schema = match text.number {
        true => json!({ "type": ["string", "integer"] }),
        false => json!({ "type": "string" }),
    };
    if let Some(pattern) = text.pattern {
        schema["pattern"] = json!(pattern);
        schema["examples"] = json!([text.example]);
    }
    schema
}
