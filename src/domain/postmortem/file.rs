//! The draft as a file for a blog made by Jekyll. What alerts and people wrote stays text there: it is no markup, no
//! key of the front matter, and nothing that Liquid runs, which would stop the whole site from being made.

use super::{PostMortem, Section};
use crate::document::markdown::escaped;
use crate::text::clean_line;
use serde::Serialize;

/// Longest value in the front matter, in bytes.
const VALUE_BYTES_MAX: usize = 200;

/// How a blog wants its posts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    /// The layout of a post.
    pub layout: String,
    /// Its category, and the folder it stands in; letters, digits, `-` and `_`.
    pub category: String,
    /// Who signs it; the layout's own author if not said.
    pub author: Option<String>,
}

impl Default for Style {
    fn default() -> Self {
        Self { layout: "post".to_owned(), category: "deployments".to_owned(), author: None }
    }
}

/// A file, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PostFile {
    /// `_posts/deployments/2026-07-08-post-mortem-inc-42.md`: from ids, never from text.
    pub path: String,
    /// Its title.
    pub title: String,
    /// The file.
    pub text: String,
}

/// Writes the file.
pub fn file(draft: &PostMortem, style: &Style) -> PostFile {
    let drill = if draft.drill { "DRILL: " } else { "" };
    let title = plain(&format!("{drill}Post mortem: {}", draft.title));
    let mut text = format!("---\nlayout: {}\ntitle: {}\n", quoted(&style.layout), quoted(&title));
    text.push_str(&format!("category: {}\n", quoted(&style.category)));
    if let Some(author) = &style.author {
        text.push_str(&format!("author: {}\n", quoted(&plain(author))));
    }
    text.push_str("---\n");
    draft.sections.iter().for_each(|part| section(part, &mut text));
    text.push_str("\n## Timeline (All Time in UTC)\n\n");
    if draft.timeline_cut {
        text.push_str("<!-- Older entries are left out here: see the page of the incident. -->\n\n");
    }
    for moment in &draft.timeline {
        text.push_str(&format!("- {}: {}\n", moment.at.format("%Y-%m-%d %H:%M"), data(&moment.text)));
    }
    if let Some(record) = &draft.record {
        text.push_str(&format!("\nRecord: {}\n", escaped(record)));
    }
    PostFile { path: path(draft, style), title, text }
}

fn section(section: &Section, text: &mut String) {
    if !section.heading.is_empty() {
        text.push_str(&format!("\n{} {}\n", "#".repeat(section.level.into()), section.heading));
    }
    let paragraphs = section.text.split("\n\n").map(data).filter(|paragraph| !paragraph.is_empty());
    paragraphs.for_each(|paragraph| text.push_str(&format!("\n{paragraph}\n")));
    if let Some(guidance) = section.guidance {
        text.push_str(&format!("\n<!-- {guidance} -->\n"));
    }
}

// One line of data as text on a blog. Beyond what is marked everywhere: kramdown makes a table of every line with a `|`, and has no
// escape for the `%` that Liquid runs beside a brace, so that one is written as an entity. A comment is no guidance that somebody has
// to fill. The stand-ins are control characters, which no stored text has.
fn data(text: &str) -> String {
    let apart = text.replace("{%", "{\u{1}").replace("%}", "\u{1}}").replace('|', "\u{2}");
    escaped(&apart).replace("<!--", "<\\!--").replace('\u{1}', "&#37;").replace('\u{2}', "\\|")
}

// By when it was over: written again tomorrow, it is the same file.
fn path(draft: &PostMortem, style: &Style) -> String {
    let day = draft.over_at.unwrap_or(draft.facts.began_at).format("%Y-%m-%d");
    format!("_posts/{}/{day}-post-mortem-inc-{}.md", style.category, draft.number)
}

// Layouts put titles into HTML as they are, and some run them through Liquid.
fn plain(text: &str) -> String {
    let kept: String = text.chars().filter(|c| !matches!(c, '<' | '>' | '{' | '}')).collect();
    clean_line(&kept, VALUE_BYTES_MAX)
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}
