//! Blocks: a text in sections, with buttons below it.

use super::words;
use domain::ids::IncidentId;
use domain::notice::buttons::Button;
use serde_json::{Value, json};

/// Longest text of a section, in UTF-16 units.
const SECTION_UNITS_MAX: usize = 3_000;

/// A message of this text, in Slack's own marks, with these buttons below.
pub fn message(text: &str, buttons: &[Button], incident: IncidentId, external_url: &str) -> Vec<Value> {
    let section = |text| {
        // Verbatim: what looks like the name of a channel or person is none.
        json!({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}})
    };
    let mut blocks: Vec<Value> = words::pieces(text, SECTION_UNITS_MAX).into_iter().map(section).collect();
    if !buttons.is_empty() {
        let elements: Vec<Value> = buttons.iter().map(|kind| button(*kind, incident, external_url)).collect();
        blocks.push(json!({"type": "actions", "block_id": "incident", "elements": elements}));
    }
    blocks
}

// The number is all that comes back with a press; words of alerts never do.
fn button(button: Button, incident: IncidentId, external_url: &str) -> Value {
    let mut element = json!({
        "type": "button",
        "action_id": button.word(),
        "text": {"type": "plain_text", "text": button.label()},
        "value": incident.0.to_string(),
    });
    match button {
        Button::Take => element["style"] = json!("primary"),
        Button::CallOff => {}
        Button::Open => element["url"] = json!(format!("{external_url}/incidents/{}", incident.0)),
    }
    element
}
