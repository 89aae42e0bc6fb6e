//! The draft as a file for a blog made by Jekyll. What alerts and people wrote stays text there: it is no markup, no
//! key of the front matter, and nothing that Liquid runs, which would stop the whole site from being made.

use super::prose::prose;
use super::{ActionLine, PostMortem, Section};
use crate::document::markdown::escaped;
use crate::policy::Postmortems;
use crate::text::clean_line;
use serde::Serialize;

/// Longest value in the front matter, in bytes.
const VALUE_BYTES_MAX: usize = 200;

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

/// Writes the file, as a blog wants its posts.
pub fn file(draft: &PostMortem, style: &Postmortems) -> PostFile {
    let title = plain(&title(draft, style));
    let mut text = format!("---\nlayout: {}\ntitle: {}\n", quoted(&plain(&style.layout)), quoted(&title));
    text.push_str(&format!("category: {}\n", quoted(&style.category)));
    if let Some(author) = &style.author {
        text.push_str(&format!("author: {}\n", quoted(&plain(author))));
    }
    text.push_str("---\n");
    let public = draft.sections.iter().filter(|section| !section.private);
    public.for_each(|part| section(part, style.name_owners, &mut text));
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

// In one go: what a title holds is no placeholder.
fn title(draft: &PostMortem, style: &Postmortems) -> String {
    let drill = if draft.drill { "DRILL: " } else { "" };
    if let Some(written) = &draft.own_title {
        return format!("{drill}{written}");
    }
    let id = format!("INC-{}", draft.number);
    let date = day(draft);
    let mut text = drill.to_owned();
    let mut rest = style.title.as_str();
    while let Some(at) = rest.find('{') {
        let end = rest[at..].find('}').map_or(rest.len(), |end| at + end + 1);
        text.push_str(&rest[..at]);
        text.push_str(match &rest[at..end] {
            "{title}" => &draft.title,
            "{id}" => &id,
            "{date}" => &date,
            _ => "",
        });
        rest = &rest[end..];
    }
    text + rest
}

fn section(section: &Section, owners: bool, text: &mut String) {
    if !section.heading.is_empty() {
        text.push_str(&format!("\n{} {}\n", "#".repeat(section.level.into()), data(&section.heading)));
    }
    let paragraphs = section.known.split("\n\n").map(data).filter(|paragraph| !paragraph.is_empty());
    paragraphs.for_each(|paragraph| text.push_str(&format!("\n{paragraph}\n")));
    if !section.text.is_empty() {
        text.push_str(&format!("\n{}\n", prose(&section.text, section.level)));
    }
    let actions: Vec<String> = section.actions.iter().filter_map(|action| action_line(action, owners)).collect();
    if !actions.is_empty() {
        text.push_str(&format!("\n{}\n", actions.join("\n")));
    }
    if let Some(guidance) = &section.guidance {
        text.push_str(&format!("\n<!-- {guidance} -->\n"));
    }
}

// What will not be done, or is done elsewhere, is nothing to promise.
fn action_line(action: &ActionLine, owners: bool) -> Option<String> {
    let done = match action.state {
        "open" => None,
        "done" => Some("done".to_owned()),
        _ => return None,
    };
    let owner = action.owner.as_deref().filter(|_| owners).map(data);
    let due = action.due.map(|due| format!("by {due}")).filter(|_| done.is_none());
    let about: Vec<String> = owner.into_iter().chain(due).chain(done).collect();
    let about = if about.is_empty() { String::new() } else { format!(" ({})", about.join(", ")) };
    let link = action.link.as_ref().map(|link| format!(" [{}]({link})", data(&shown(link)))).unwrap_or_default();
    Some(format!("- {}{about}{link}", data(&action.text)))
}

// An address without what everybody knows.
fn shown(link: &str) -> String {
    let short = link.split_once("://").map_or(link, |(_, rest)| rest);
    clean_line(short, 60)
}

// One line of data as text on a blog. Beyond what is marked everywhere: kramdown makes a table of every line with a `|`, and has no
// escape for the `%` that Liquid runs beside a brace, so that one is written as an entity. A comment is no guidance that somebody has
// to fill. The stand-ins are control characters, which no stored text has.
fn data(text: &str) -> String {
    let apart = text.replace("{%", "{\u{1}").replace("%}", "\u{1}}").replace('|', "\u{2}");
    escaped(&apart).replace("<!--", "<\\!--").replace('\u{1}', "&#37;").replace('\u{2}', "\\|")
}

// By when it was over: written again tomorrow, it is the same file.
fn path(draft: &PostMortem, style: &Postmortems) -> String {
    format!("_posts/{}/{}-post-mortem-inc-{}.md", style.category, day(draft), draft.number)
}

fn day(draft: &PostMortem) -> String {
    draft.over_at.unwrap_or(draft.facts.began_at).format("%Y-%m-%d").to_string()
}

// Layouts put titles into HTML as they are, and some run them through Liquid.
fn plain(text: &str) -> String {
    let kept: String = text.chars().filter(|c| !matches!(c, '<' | '>' | '{' | '}')).collect();
    clean_line(&kept, VALUE_BYTES_MAX)
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}
