//! Whether an answer has the shape that was promised. As much of JSON Schema as our own schemas use: `type`, `enum`, `items`,
//! `required`, `properties`, `additionalProperties`, and `$ref` to a component. What is not promised must not be there.

use serde_json::Value;

/// Fails where it has not; `root` is what `$ref` begins at.
pub fn fits(root: &Value, schema: &Value, value: &Value, path: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let found = root.pointer(reference.trim_start_matches('#'));
        return fits(root, found.unwrap_or_else(|| panic!("{reference} leads nowhere")), value, path);
    }
    let kind = kind(value);
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        several => several.as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
    };
    assert!(kinds.contains(&kind), "{path} is {kind}, not {kinds:?}: {value}");
    if let Some(known) = schema["enum"].as_array() {
        assert!(known.contains(value), "{path} is {value}");
    }
    for (at, item) in value.as_array().into_iter().flatten().enumerate() {
        fits(root, &schema["items"], item, &format!("{path}/{at}"));
    }
    let Some(fields) = value.as_object() else { return };
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let missing: Vec<&str> = required.filter(|name| !fields.contains_key(*name)).collect();
    assert!(missing.is_empty(), "{path} lacks {missing:?}: {value}");
    // Where nothing is said of what is inside, anything may be.
    if schema.get("properties").is_none() && schema.get("additionalProperties").is_none() {
        return;
    }
    for (name, field) in fields {
        let known = schema["properties"].get(name).or_else(|| schema.get("additionalProperties"));
        let known = known.filter(|known| known.is_object()).unwrap_or_else(|| panic!("{path}/{name} is not promised"));
        fits(root, known, field, &format!("{path}/{name}"));
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
