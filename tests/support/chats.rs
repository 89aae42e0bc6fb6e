//! Chats that take messages by a webhook, each as strict as it is.

use super::hooks::{Heard, Says, World};
use serde_json::{Value, json};

fn says(status: u16, said: impl ToString) -> Says {
    (status, vec![], said.to_string())
}

// Every field must be one we mean to send, and of its kind: a slip of the pen is an error here, not ignored.
fn fields<'a>(body: &'a Value, known: &[(&str, Value)]) -> Option<&'a str> {
    let all = body.as_object()?;
    let text = ["text", "content"].iter().find_map(|name| body[*name].as_str())?;
    let expected = known.iter().all(|(name, value)| all.get(*name) == Some(value));
    (expected && all.len() == known.len() + 1 && !text.trim().is_empty()).then_some(text)
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// An incoming webhook of Slack, `/services/T0/B0/a-very-secret-part`.
pub fn slack(world: &mut World, heard: &Heard) -> Says {
    let body = heard.json().unwrap_or(Value::Null);
    match (heard.method.as_str(), heard.path.as_str()) {
        ("HEAD", _) => says(400, ""),
        ("POST", "/services/T0/B0/a-very-secret-part") => {
            let known = [("unfurl_links", json!(false)), ("unfurl_media", json!(false))];
            let Some(text) = fields(&body, &known).filter(|text| units(text) <= 40_000) else {
                return says(400, "invalid_payload");
            };
            world.messages.push(json!(text));
            says(200, "ok")
        }
        _ => says(404, "no_service"),
    }
}

/// One of Mattermost, `/hooks/a-very-secret-part`.
pub fn mattermost(world: &mut World, heard: &Heard) -> Says {
    let body = heard.json().unwrap_or(Value::Null);
    let no = |status: u16, id: &str, message: &str| {
        says(status, json!({"id": id, "message": message, "status_code": status}))
    };
    match (heard.method.as_str(), heard.path.as_str()) {
        ("HEAD", _) => says(405, ""),
        ("POST", "/hooks/a-very-secret-part") => match fields(&body, &[]) {
            // It would be cut into several messages.
            Some(text) if units(text) <= 16_383 => {
                world.messages.push(json!(text));
                says(200, "ok")
            }
            _ => no(400, "web.incoming_webhook.parse.app_error", "Unable to parse incoming data."),
        },
        _ => no(400, "web.incoming_webhook.invalid.app_error", "Invalid webhook."),
    }
}

/// One of Rocket.Chat, `/hooks/1/a-very-secret-part`.
pub fn rocketchat(world: &mut World, heard: &Heard) -> Says {
    let body = heard.json().unwrap_or(Value::Null);
    let no = |status: u16, error: &str| says(status, json!({"success": false, "error": error}));
    match (heard.method.as_str(), heard.path.as_str()) {
        ("HEAD", _) => says(405, ""),
        ("POST", "/hooks/1/a-very-secret-part") => match fields(&body, &[("parseUrls", json!(false))]) {
            Some(text) if units(text) > 5_000 => no(400, "error-message-size-exceeded"),
            Some(text) => {
                world.messages.push(json!(text));
                says(200, json!({"success": true}))
            }
            None => no(400, "body is missing"),
        },
        _ => no(404, "Invalid integration id or token provided."),
    }
}

/// One of Discord, `/api/webhooks/1/a-very-secret-part`.
pub fn discord(world: &mut World, heard: &Heard) -> Says {
    let body = heard.json().unwrap_or(Value::Null);
    let no = |status: u16, code: u64, message: &str| says(status, json!({"code": code, "message": message}));
    let Some(rest) = heard.path.strip_prefix("/api/webhooks/1/a-very-secret-part") else {
        return no(404, 10_015, "Unknown Webhook");
    };
    let known = [("allowed_mentions", json!({"parse": []})), ("flags", json!(4))];
    let text = fields(&body, &known).filter(|text| units(text) <= 2_000);
    match (heard.method.as_str(), rest, heard.query.as_str()) {
        ("GET", "", "") => {
            says(200, json!({"id": "1", "type": 1, "name": "Captain Hook", "channel_id": "199737254929760256"}))
        }
        ("POST" | "PATCH", ..) if text.is_none() => no(400, 50_035, "Invalid Form Body"),
        ("POST", "", "wait=true") => {
            let id = (1_000 + world.messages.len()).to_string();
            world.messages.push(json!({"id": id, "content": text}));
            says(200, json!({"id": id, "content": text}))
        }
        ("PATCH", rest, "") => {
            let id = rest.strip_prefix("/messages/").unwrap_or_default();
            match world.messages.iter_mut().find(|message| message["id"] == id) {
                Some(message) => {
                    message["content"] = json!(text);
                    says(200, message)
                }
                None => no(404, 10_008, "Unknown Message"),
            }
        }
        _ => no(405, 0, "405: Method Not Allowed"),
    }
}

const BLOCK: [&str; 6] = ["type", "text", "wrap", "weight", "size", "spacing"];

/// A workflow of Teams, `/workflows/a-very-secret-part`. It takes a card; one with anything it does not know it would drop.
pub fn teams(world: &mut World, heard: &Heard) -> Says {
    let body = heard.json().unwrap_or(Value::Null);
    let card = &body["attachments"][0]["content"];
    let block = |block: &Value| {
        let known = |name: &String| BLOCK.contains(&name.as_str()) || name == "fontType";
        block["type"] == "TextBlock"
            && block["text"].as_str().is_some_and(|text| !text.is_empty() && !text.contains('\n'))
            && block.as_object().is_some_and(|fields| fields.keys().all(known))
    };
    let blocks = card["body"].as_array().cloned().unwrap_or_default();
    let lines: Vec<&Value> =
        blocks.iter().flat_map(|one| one["items"].as_array().map_or(vec![one], |all| all.iter().collect())).collect();
    let actions = card["actions"].as_array().cloned().unwrap_or_default();
    let right = body["type"] == "message"
        && body["attachments"].as_array().is_some_and(|all| all.len() == 1)
        && body["attachments"][0]["contentType"] == "application/vnd.microsoft.card.adaptive"
        && card["type"] == "AdaptiveCard"
        && card["version"] == "1.4"
        && !lines.is_empty()
        && lines.iter().all(|one| block(one))
        && actions.iter().all(|action| action["type"] == "Action.OpenUrl" && action["url"].is_string());
    match (heard.method.as_str(), heard.path.as_str()) {
        ("HEAD", _) => says(404, ""),
        ("POST", "/workflows/a-very-secret-part") if heard.body.len() > 28 * 1024 => says(413, ""),
        ("POST", "/workflows/a-very-secret-part") if right => {
            let texts = lines.iter().map(|one| one["text"].as_str().unwrap());
            let buttons = actions
                .iter()
                .map(|action| format!("[{}] {}", action["title"].as_str().unwrap(), action["url"].as_str().unwrap()));
            let said: Vec<String> = texts.map(str::to_owned).chain(buttons).collect();
            world.messages.push(json!(said.join("\n")));
            says(202, "")
        }
        ("POST", "/workflows/a-very-secret-part") => {
            says(400, json!({"error": {"code": "TriggerInputSchemaMismatch", "message": "no card"}}))
        }
        _ => says(404, json!({"error": {"code": "WorkflowNotFound", "message": "The workflow could not be found."}})),
    }
}

/// The words of a message that was taken.
pub fn text(message: &Value) -> &str {
    message.as_str().or_else(|| message["content"].as_str()).unwrap()
}
