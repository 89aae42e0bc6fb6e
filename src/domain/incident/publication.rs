//! The post mortem on its way to the public: what is published, and what must not be yet.

use super::decide::{here, words};
use super::{Incident, Refusal};
use crate::delivery::post::{Post, PostPath, TEXT_BYTES_MAX};
use crate::ids::DeliveryId;
use crate::text::clean_line;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Longest title of a post that is read from its front matter, in bytes.
const TITLE_BYTES_MAX: usize = 200;

/// Most sections named that nobody has filled.
const UNFILLED_NAMED_MAX: usize = 10;

/// Where a post mortem stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// The newest delivery that brought it there.
    pub delivery: DeliveryId,
    /// Where people read it, or the branch it is on.
    pub address: String,
    /// When it was there.
    pub at: DateTime<Utc>,
}

/// What somebody wants to publish.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The file.
    pub text: &'a str,
    /// Where it goes in the repository; by its date and category if not said.
    pub path: Option<&'a str>,
    /// Although sections are not filled.
    pub anyway: bool,
}

/// The post that is published, or why none is.
pub fn decide(incident: &Incident, asked: Asked<'_>) -> Result<Post, Refusal> {
    here(incident)?;
    let Some(over_since) = incident.stage.closed_at() else {
        return Err(words("post mortem", &format!("waits for the end of {}; resolve it first", incident.id)));
    };
    if incident.drill {
        return Err(words("post mortem", "is of a drill; nothing of it is published"));
    }
    if asked.text.len() > TEXT_BYTES_MAX {
        return Err(words("text", &format!("has {} bytes; at most {TEXT_BYTES_MAX} fit", asked.text.len())));
    }
    let front = front_matter(asked.text)
        .ok_or_else(|| words("text", "has no front matter; begin with a line `---`, `title: …` and another `---`"))?;
    let unfilled = unfilled(asked.text);
    if !unfilled.is_empty() && !asked.anyway {
        let named = unfilled.iter().take(UNFILLED_NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
        return Err(words(
            "post mortem",
            &format!("still has guidance in comments: {named}. Fill it, take it out, or add --anyway"),
        ));
    }
    let path = match asked.path {
        Some(path) => path.to_owned(),
        None => default_path(incident, over_since, value(front, "category")),
    };
    let path = PostPath::parse(&path).map_err(|problem| words("path", &problem))?;
    let title = value(front, "title").unwrap_or_else(|| incident.title.clone());
    let title = clean_line(&title, TITLE_BYTES_MAX);
    let subject = format!("Add post mortem of {}: {title}", incident.id);
    Ok(Post { path, title, author: None, subject, text: asked.text.to_owned() })
}

// By when it was over, not by today: published again tomorrow, it is the same file.
fn default_path(incident: &Incident, over_since: DateTime<Utc>, category: Option<String>) -> String {
    let plain = |category: &String| {
        category.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') && !category.is_empty()
    };
    let folder = category.filter(plain).map(|category| format!("{category}/")).unwrap_or_default();
    format!("_posts/{folder}{}-post-mortem-inc-{}.md", over_since.format("%Y-%m-%d"), incident.id.0)
}

// Between the two lines `---` at its beginning.
fn front_matter(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("---\n")?;
    let end = rest.find("\n---\n").or_else(|| rest.strip_suffix("\n---").map(str::len))?;
    Some(&rest[..end])
}

fn value(front: &str, key: &str) -> Option<String> {
    let found = front.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?.trim();
    let quoted = found.strip_prefix('"').and_then(|found| found.strip_suffix('"'));
    let value = quoted.map_or_else(|| found.trim_matches('\'').to_owned(), unescaped);
    (!value.is_empty()).then_some(value)
}

// What the draft's own front matter has between double quotes: `\"` and `\\`, each read once.
fn unescaped(quoted: &str) -> String {
    let mut text = String::with_capacity(quoted.len());
    let mut signs = quoted.chars();
    while let Some(sign) = signs.next() {
        match (sign, signs.clone().next()) {
            ('\\', Some(escaped @ ('"' | '\\'))) => {
                text.push(escaped);
                signs.next();
            }
            _ => text.push(sign),
        }
    }
    text
}

/// Headings of sections that still hold a comment: guidance stays until somebody has written there.
pub fn unfilled(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut heading = "the beginning";
    let mut in_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        if line.starts_with('#') {
            heading = line.trim_matches(|c: char| c == '#' || c.is_whitespace());
        }
        if line.contains("<!--") && found.last().is_none_or(|last| last != heading) {
            found.push(clean_line(heading, TITLE_BYTES_MAX));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{front_matter, unfilled, value};

    #[test]
    fn front_matter_says_title_and_category() {
        let text =
            "---\nlayout: post\ntitle: \"A \\\"short\\\" day: builds\"\ncategory: deployments\n---\nwords\n---\n";
        let front = front_matter(text).unwrap();
        assert_eq!(value(front, "title").as_deref(), Some("A \"short\" day: builds"));
        assert_eq!(value(front, "category").as_deref(), Some("deployments"));
        assert_eq!(value(front, "author"), None);
        // As the draft writes it: each backslash is doubled, each quote has one.
        assert_eq!(value("title: \"C:\\\\\\\"x\\\" \\n\"", "title").as_deref(), Some("C:\\\"x\" \\n"));
        for none in ["", "words", "---\ntitle: x\n", " ---\ntitle: x\n---\n"] {
            assert_eq!(front_matter(none), None, "{none:?}");
        }
    }

    #[test]
    fn guidance_names_its_section() {
        let text = "---\ntitle: x\n---\n<!-- Intro -->\n## Detection\nWe saw it.\n## Root Cause\n<!-- Why? -->\n<!-- And why? \
                    -->\n```\n<!-- a page's own -->\n```\n### Action Items\n<!-- who -->\n";
        assert_eq!(unfilled(text), ["the beginning", "Root Cause", "Action Items"]);
        assert!(unfilled("## Detection\nWe saw it -> later.\n").is_empty());
    }
}
