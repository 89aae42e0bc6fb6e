//! The limits of Slack's blocks, as its documentation and its own Python SDK state them.

use serde_json::Value;

/// What is wrong with the blocks of a message, in Slack's word for it.
pub fn check(blocks: &Value) -> Result<(), &'static str> {
    let Some(blocks) = blocks.as_array() else { return Err("invalid_blocks_format") };
    if blocks.len() > 50 {
        return Err("invalid_blocks");
    }
    if blocks.iter().all(|block| fits(block).is_some()) { Ok(()) } else { Err("invalid_blocks") }
}

fn fits(block: &Value) -> Option<()> {
    match block["type"].as_str()? {
        "section" => {
            only(block, &["type", "block_id", "text", "accessory"])?;
            block.get("accessory").map_or(Some(()), button)?;
            text(&block["text"], &["mrkdwn", "plain_text"], 3_000)
        }
        "context" => {
            only(block, &["type", "elements"])?;
            all(&block["elements"], 10, |element| text(element, &["mrkdwn", "plain_text"], 3_000))
        }
        "header" => text(&block["text"], &["plain_text"], 150),
        "divider" => only(block, &["type"]),
        "actions" => {
            only(block, &["type", "block_id", "elements"])?;
            all(&block["elements"], 25, button)
        }
        "input" => {
            only(block, &["type", "block_id", "label", "element", "optional", "hint"])?;
            text(&block["label"], &["plain_text"], 2_000)?;
            input(&block["element"])
        }
        _ => None,
    }
}

fn input(element: &Value) -> Option<()> {
    match element["type"].as_str()? {
        "plain_text_input" => {
            only(element, &["type", "action_id", "multiline", "initial_value", "max_length", "placeholder"])?;
            (element["max_length"].as_u64().unwrap_or(1) <= 3_000).then_some(())
        }
        "static_select" => {
            only(element, &["type", "action_id", "options", "initial_option", "placeholder"])?;
            all(&element["options"], 100, |option| {
                only(option, &["text", "value"])?;
                text(&option["text"], &["plain_text"], 75)?;
                (option["value"].as_str()?.len() <= 150).then_some(())
            })
        }
        _ => None,
    }
}

fn button(element: &Value) -> Option<()> {
    only(element, &["type", "action_id", "text", "value", "style", "url"])?;
    text(&element["text"], &["plain_text"], 75)?;
    let short = |name: &str, most| element.get(name).is_none_or(|text| text.as_str().is_some_and(|t| t.len() <= most));
    let styled = element.get("style").is_none_or(|style| style == "primary" || style == "danger");
    (element["type"] == "button" && styled && short("action_id", 255) && short("value", 2_000) && short("url", 3_000))
        .then_some(())
}

fn text(object: &Value, kinds: &[&str], units_max: usize) -> Option<()> {
    let kind = object["type"].as_str().filter(|kind| kinds.contains(kind))?;
    only(object, if kind == "mrkdwn" { &["type", "text", "verbatim"] } else { &["type", "text", "emoji"] })?;
    let units = object["text"].as_str()?.encode_utf16().count();
    (units > 0 && units <= units_max).then_some(())
}

fn only(object: &Value, names: &[&str]) -> Option<()> {
    object.as_object()?.keys().all(|name| names.contains(&name.as_str())).then_some(())
}

fn all(list: &Value, most: usize, fits: impl Fn(&Value) -> Option<()>) -> Option<()> {
    let list = list.as_array()?;
    (!list.is_empty() && list.len() <= most && list.iter().all(|item| fits(item).is_some())).then_some(())
}
