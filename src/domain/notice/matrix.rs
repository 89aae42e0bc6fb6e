//! Notices for Matrix: the same words twice, as plain text and as HTML, in the JSON that a room takes.

use super::chat::{emoji, fitted};
use super::escape::safe_url;
use super::layout::{Message, Part, one_line, plain};
use crate::delivery::Content;
use crate::delivery::together::Late;
use crate::json::Json;
use crate::text::clean_line;

/// Most bytes of one notice: an event has 65,536, and an edit holds it twice.
pub const CONTENT_BYTES_MAX: usize = 24_000;

/// The same with what older ones said, which is a reply, and never an edit.
pub const LATE_BYTES_MAX: usize = 48_000;

const HEADLINE_BYTES_MAX: usize = 400;

/// The parts of an event's content that say something, as JSON.
pub fn show(message: &Message) -> Content {
    let subject = silenced(&clean_line(&message.headline, HEADLINE_BYTES_MAX));
    let json = |parts: &[Part]| {
        let icon = emoji(message.icon);
        Json::object([
            ("body", format!("{icon} {subject}\n{}", silenced(&plain(parts))).into()),
            ("format", "org.matrix.custom.html".into()),
            ("formatted_body", format!("{icon} <strong>{}</strong>{}", html(&subject), body(parts)).into()),
        ])
        .to_string()
    };
    let body = fitted(&message.parts, json, |made| made.len() <= CONTENT_BYTES_MAX);
    Content { subject, body }
}

/// The same content with what older notices said behind it; none if it was written for another chat.
pub fn with_late(content: &Content, late: &Late) -> Option<String> {
    let mut json = Json::read(&content.body)?;
    let Json::Text(text) = json.field_mut("body")? else { return None };
    let lines: Vec<String> = late.lines.iter().map(|line| silenced(&format!("\n- {line}"))).collect();
    text.push_str(&format!("\n\n{}{}", late.heading, lines.concat()));
    let Json::Text(text) = json.field_mut("formatted_body")? else { return None };
    text.push_str(&body(&[Part::Words(late.heading.clone()), Part::List(late.lines.clone())]));
    Some(json.to_string())
}

fn body(parts: &[Part]) -> String {
    let parts = parts.iter().map(|part| match part {
        Part::Words(text) | Part::Ready(text) => format!("<p>{}</p>", lines(text)),
        Part::Said(text) => format!("<blockquote>{}</blockquote>", lines(text)),
        Part::Field(name, value) => format!("<p><strong>{name}:</strong> {}</p>", html(&one_line(value))),
        Part::List(items) => {
            let items: String = items.iter().map(|item| format!("<li>{}</li>", html(item))).collect();
            format!("<ul>{items}</ul>")
        }
        // The address itself: where it leads is seen.
        Part::Link(name, url) => match safe_url(url) {
            Some(url) => format!("<p><strong>{name}:</strong> <a href=\"{0}\">{0}</a></p>", html(url)),
            None => format!("<p><strong>{name}:</strong> {}</p>", html(url)),
        },
        Part::Command(text) => format!("<p><code>{}</code></p>", html(text)),
    });
    parts.collect()
}

fn lines(text: &str) -> String {
    text.lines().map(html).collect::<Vec<_>>().join("<br/>")
}

fn html(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + text.len() / 8);
    for c in silenced(text).chars() {
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\'' => shown.push_str("&#39;"),
            c => shown.push(c),
        }
    }
    shown
}

// Calls everybody in the room, to clients that don't look at who is meant to be called.
fn silenced(text: &str) -> String {
    text.replace("@room", "＠room")
}
