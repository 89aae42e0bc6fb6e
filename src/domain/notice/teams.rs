//! Notices for Microsoft Teams: an Adaptive Card, the only thing that a workflow there takes.

use super::chat::{emoji, fitted};
use super::escape::{markdown, safe_url};
use super::layout::{Message, Part, one_line};
use crate::delivery::Content;
use crate::delivery::together::Late;
use crate::json::Json;
use crate::text::clean_line;

/// Most bytes of a card: Teams takes 28 KiB, and drops what is larger without a word.
pub const CARD_BYTES_MAX: usize = 26_000;

/// The same with what older ones said.
pub const LATE_BYTES_MAX: usize = 28_000;

const HEADLINE_BYTES_MAX: usize = 400;

/// The whole body of a request, as JSON.
pub fn show(message: &Message) -> Content {
    let subject = clean_line(&message.headline, HEADLINE_BYTES_MAX);
    let json = |parts: &[Part]| {
        let headline = format!("{} {}", emoji(message.icon), text(&subject));
        let mut blocks = vec![block(headline, &[("weight", "Bolder"), ("size", "Medium")])];
        blocks.extend(parts.iter().flat_map(of_part));
        let actions = parts.iter().filter_map(action).collect();
        let card = Json::object([
            ("$schema", "http://adaptivecards.io/schemas/adaptive-card.json".into()),
            ("type", "AdaptiveCard".into()),
            ("version", "1.4".into()),
            ("body", Json::List(blocks)),
            ("actions", Json::List(actions)),
            ("msteams", Json::object([("width", "Full".into())])),
        ]);
        let attachment = Json::object([
            ("contentType", "application/vnd.microsoft.card.adaptive".into()),
            ("contentUrl", Json::Null),
            ("content", card),
        ]);
        Json::object([("type", "message".into()), ("attachments", Json::List(vec![attachment]))]).to_string()
    };
    let body = fitted(&message.parts, json, |made| made.len() <= CARD_BYTES_MAX);
    Content { subject, body }
}

/// The same card with what older notices said behind it; none if it was written for another chat.
pub fn with_late(content: &Content, late: &Late) -> Option<String> {
    let mut json = Json::read(&content.body)?;
    let Json::List(attachments) = json.field_mut("attachments")? else { return None };
    let Json::List(blocks) = attachments.first_mut()?.field_mut("content")?.field_mut("body")? else { return None };
    let parts = [Part::Words(late.heading.clone()), Part::List(late.lines.clone())];
    blocks.extend(parts.iter().flat_map(of_part));
    Some(json.to_string())
}

// A line is a block of its own: line ends within one are shown by some clients only.
fn of_part(part: &Part) -> Vec<Json> {
    match part {
        Part::Words(words) | Part::Ready(words) => words.lines().map(|line| block(text(line), &[])).collect(),
        Part::Said(words) => {
            let lines = words.lines().map(|line| block(text(line), &[])).collect();
            let said = [("type", "Container".into()), ("style", "emphasis".into()), ("items", Json::List(lines))];
            vec![Json::object(said)]
        }
        Part::Field(name, value) => vec![block(format!("**{name}:** {}", text(&one_line(value))), &[])],
        Part::List(items) => {
            items.iter().map(|item| block(format!("• {}", text(item)), &[("spacing", "None")])).collect()
        }
        // It is a button.
        Part::Link(_, url) if safe_url(url).is_some() => Vec::new(),
        Part::Link(name, url) => vec![block(format!("**{name}:** {}", text(url)), &[])],
        Part::Command(words) => vec![block(text(words), &[("fontType", "Monospace")])],
    }
}

fn action(part: &Part) -> Option<Json> {
    let Part::Link(name, url) = part else { return None };
    let url = safe_url(url)?;
    Some(Json::object([("type", "Action.OpenUrl".into()), ("title", (*name).into()), ("url", url.into())]))
}

fn block(text: String, more: &[(&str, &str)]) -> Json {
    let fields = [("type", "TextBlock".into()), ("text", Json::Text(text)), ("wrap", true.into())];
    let more = more.iter().map(|(name, value)| (*name, Json::from(*value)));
    Json::Object(fields.into_iter().chain(more).map(|(name, value)| (name.to_owned(), value)).collect())
}

// Two braces begin a date that the card computes; an empty block is none.
fn text(data: &str) -> String {
    let text = markdown(data).replace("{{", "｛｛").replace("}}", "｝｝");
    if text.trim().is_empty() { " ".to_owned() } else { text }
}
