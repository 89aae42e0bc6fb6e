//! Reads a page of ours. Not as a browser does, which makes something of everything: what is not plainly one of our elements
//! with our attributes, or text without any sign of markup, is refused. So what it reads is what every browser reads.

use crate::elements::ELEMENTS;

const VOID: [&str; 7] = ["meta", "link", "img", "input", "br", "hr", "wbr"];

/// What a page says.
#[derive(Default)]
pub struct Page {
    /// Its texts, one after the other.
    pub text: String,
    /// Values of its attributes.
    pub values: Vec<String>,
}

/// Reads it, or says what is not ours.
pub fn read(html: &str) -> Result<Page, String> {
    let mut page = Page::default();
    let mut open: Vec<String> = Vec::new();
    let mut rest = html.trim_start().strip_prefix("<!doctype html>").ok_or("no doctype")?;
    while let Some((text, after)) = rest.split_once('<') {
        said(&mut page, text)?;
        let (inside, after) = tag(after)?;
        rest = after;
        if let Some(name) = inside.strip_prefix('/') {
            let expected = open.pop().ok_or("too many ends")?;
            (expected == name).then_some(()).ok_or(format!("</{name}> ends <{expected}>"))?;
            continue;
        }
        let closed = inside.ends_with('/');
        let name = element(&mut page, inside.trim_end_matches('/'))?;
        if !closed && !VOID.contains(&name.as_str()) {
            open.push(name);
        }
        // Beside each other, words of two elements are two words.
        page.text.push(' ');
    }
    said(&mut page, rest)?;
    open.is_empty().then_some(page).ok_or(format!("{open:?} are not ended"))
}

// Up to the `>` that is in no value.
fn tag(text: &str) -> Result<(&str, &str), String> {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => return Ok((&text[..at], &text[at + 1..])),
            '<' => break,
            _ => {}
        }
    }
    Err(format!("no end of <{}", text.chars().take(60).collect::<String>()))
}

fn element(page: &mut Page, inside: &str) -> Result<String, String> {
    let name: String = inside.chars().take_while(char::is_ascii_alphanumeric).collect();
    ELEMENTS.contains(&name.as_str()).then_some(()).ok_or(format!("<{inside}> is none of ours"))?;
    let mut rest = inside[name.len()..].trim();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let key = &rest[..end];
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == ':';
        let wrong =
            key.is_empty() || !key.chars().all(plain) || key.starts_with("on") || ["style", "srcdoc"].contains(&key);
        (!wrong).then_some(()).ok_or(format!("<{inside}> has `{key}`"))?;
        rest = rest[end..].trim_start();
        if let Some(value) = rest.strip_prefix('=') {
            let value = value.strip_prefix('"').ok_or(format!("<{inside}>: no quotes"))?;
            let (value, after) = value.split_once('"').ok_or("a value without end")?;
            let value = decoded(value)?;
            leads_nowhere_else(key, &value)?;
            page.values.push(value);
            rest = after.trim_start();
        }
    }
    Ok(name)
}

fn leads_nowhere_else(key: &str, value: &str) -> Result<(), String> {
    let is_address = ["href", "src", "action", "formaction", "poster", "data"].contains(&key) || key.ends_with(":href");
    let known =
        ["/", "#", "http://", "https://"].iter().any(|start| value.starts_with(start)) && !value.starts_with("//");
    (!is_address || known).then_some(()).ok_or(format!("{key} leads to {value}"))?;
    (key != "http-equiv").then_some(()).ok_or("http-equiv".to_owned())
}

fn said(page: &mut Page, text: &str) -> Result<(), String> {
    page.text.push_str(&decoded(text)?);
    Ok(())
}

fn decoded(text: &str) -> Result<String, String> {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>']) {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        let known = [
            ("&lt;", '<'),
            ("&gt;", '>'),
            ("&amp;", '&'),
            ("&quot;", '"'),
            ("&#x27;", '\''),
            ("&#x2f;", '/'),
            ("&nbsp;", ' '),
        ];
        let (entity, c) = known
            .iter()
            .find(|(entity, _)| rest.starts_with(entity))
            .ok_or(format!("a bare sign of markup in …{}", rest.chars().take(60).collect::<String>()))?;
        decoded.push(*c);
        rest = &rest[entity.len()..];
    }
    decoded.push_str(rest);
    Ok(decoded)
}
