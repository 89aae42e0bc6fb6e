//! Links of an incident: `label https://…`, one a line. They become links on pages, so nothing else may pass.

use super::words;
use crate::incident::Refusal;

/// Most links of one incident.
pub const LINKS_MAX: usize = 50;
/// Longest label, in bytes.
pub const LABEL_BYTES_MAX: usize = 200;
/// Longest address, in bytes.
pub const URL_BYTES_MAX: usize = 2000;

/// One link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link<'a> {
    /// What people read.
    pub label: &'a str,
    /// Where it leads: `http` or `https`.
    pub url: &'a str,
}

/// The links of a text that was checked.
pub fn links(text: &str) -> impl Iterator<Item = Link<'_>> {
    text.lines().filter_map(|line| read(line).ok())
}

/// The text, one link a line; or which line is wrong, and why.
pub fn checked(text: &str) -> Result<String, Refusal> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let mut kept = Vec::new();
    for (number, line) in lines {
        let link =
            read(line).map_err(|problem| words("links", &format!("line {number} `{}` {problem}", line.trim())))?;
        kept.push(format!("{} {}", link.label, link.url));
    }
    if kept.len() > LINKS_MAX {
        return Err(words("links", &format!("are {}; at most {LINKS_MAX} fit", kept.len())));
    }
    Ok(kept.join("\n"))
}

fn read(line: &str) -> Result<Link<'_>, &'static str> {
    let line = line.trim();
    let Some((label, url)) = line.rsplit_once(char::is_whitespace) else {
        return Err("needs a label and an address; write `label https://…`");
    };
    let (label, url) = (label.trim(), url.trim());
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else {
        return Err("ends with no http or https address; write `label https://…`");
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() || !rest.chars().all(|c| c.is_ascii_graphic() && !"\"'<>`\\{}|^".contains(c)) {
        return Err("has an address that is none; copy it from the browser");
    }
    // It would be read by everyone, and hides where the link leads.
    if host.contains('@') {
        return Err("has a name or a password in its address; leave it out");
    }
    if label.len() > LABEL_BYTES_MAX || url.len() > URL_BYTES_MAX {
        return Err("is too long; a label has 200 bytes at most, an address 2000");
    }
    Ok(Link { label, url })
}
