//! Reads what goes elsewhere: mail, Slack's text, Markdown, blog posts, metrics, log lines. Each is taken apart by its own
//! rules, and anything in it that is more than we write fails.

use crate::payloads::one_line;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::collections::BTreeMap;

const HEADERS: [&str; 13] = [
    "Message-ID",
    "Date",
    "From",
    "To",
    "Subject",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "Precedence",
    "X-Incident-Id",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
];

/// Subject and body of a mail as it was sent.
pub fn mail(bytes: &str) -> Result<(String, String), String> {
    if !bytes.is_ascii() || bytes.replace("\r\n", "").contains(['\r', '\n', '\0']) {
        return Err("more than ASCII in lines".to_owned());
    }
    let (head, body) = bytes.split_once("\r\n\r\n").ok_or("no body")?;
    let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let mut headers = BTreeMap::new();
    for line in head.split("\r\n") {
        let (name, value) = line.split_once(": ").ok_or(format!("`{line}` is no header"))?;
        if !HEADERS.contains(&name) || headers.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(format!("the header `{line}`"));
        }
    }
    let body = match headers.get("Content-Transfer-Encoding").map(String::as_str) {
        Some("7bit") => body.to_owned(),
        Some("base64") => decode(&body.replace("\r\n", ""))?,
        Some("quoted-printable") => quoted_printable(&body.replace("=\r\n", ""), '=')?,
        other => return Err(format!("encoded as {other:?}")),
    };
    let body = body.replace("\r\n..", "\r\n.");
    Ok((words(&headers["Subject"])?, one_line(&body)))
}

fn decode(text: &str) -> Result<String, String> {
    let bytes = BASE64_STANDARD.decode(text).map_err(|error| format!("{text}: {error}"))?;
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

fn quoted_printable(text: &str, sign: char) -> Result<String, String> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(sign) {
        bytes.extend(before.as_bytes());
        let hex = after.get(..2).ok_or("half an escape")?;
        bytes.push(u8::from_str_radix(hex, 16).map_err(|error| format!("={hex}: {error}"))?);
        rest = &after[2..];
    }
    bytes.extend(rest.as_bytes());
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

// RFC 2047: blanks between two encoded words are none.
fn words(subject: &str) -> Result<String, String> {
    let mut text = String::new();
    let mut after_encoded = false;
    for word in subject.split(' ') {
        let encoded = word.strip_prefix("=?utf-8?").and_then(|word| word.strip_suffix("?="));
        if !(text.is_empty() || (encoded.is_some() && after_encoded)) {
            text.push(' ');
        }
        after_encoded = encoded.is_some();
        match encoded.and_then(|word| word.split_once('?')) {
            Some(("b", word)) => text.push_str(&decode(word)?),
            Some(("q", word)) => text.push_str(&quoted_printable(&word.replace('_', " "), '=')?),
            Some(_) => return Err(format!("{word} in a way we don't know")),
            None => text.push_str(word),
        }
    }
    Ok(text)
}

/// A text of Slack's: no mention, and no link but to our pages. Look-alikes are what they look like.
pub fn slack(text: &str) -> Result<String, String> {
    // The words of people are quoted: lines that begin so are ours.
    let unquoted: Vec<&str> = text.lines().map(|line| line.strip_prefix("> ").unwrap_or(line)).collect();
    let text = unquoted.join("\n");
    let mut rest = text.as_str();
    let mut read = String::new();
    while let Some(at) = rest.find(['<', '>']) {
        read.push_str(&rest[..at]);
        let (link, after) = rest[at..]
            .strip_prefix("<https://bell.example.org/")
            .and_then(|link| link.split_once('>'))
            .ok_or(format!("more than text: …{}", rest[at..].chars().take(80).collect::<String>()))?;
        (!link.contains(['<', '|'])).then_some(()).ok_or(format!("the link {link}"))?;
        rest = after;
    }
    read.push_str(rest);
    let bare = read.replace("&lt;", "").replace("&gt;", "").replace("&amp;", "");
    if bare.contains('&') {
        return Err(format!("an entity that is none: {read}"));
    }
    let alike =
        [("∗", "*"), ("ˍ", "_"), ("∼", "~"), ("ˋ", "`"), ("›", ">"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    Ok(one_line(&alike.iter().fold(read, |text, (shown, meant)| text.replace(shown, meant))))
}

/// A status message: `**headline**`, `**Name:** value`, links to our pages, and else only text; nobody is mentioned.
pub fn status(text: &str) -> Result<String, String> {
    let mut read = String::new();
    for line in text.lines() {
        let mut ours = unescaped_signs(line).replacen("**", "", 2).replace("&#64;", "");
        if let Some((before, rest)) = ours.split_once("<https://bell.example.org/incidents/") {
            let (number, after) = rest.split_once('>').ok_or(format!("half a link in `{line}`"))?;
            number.parse::<u64>().map_err(|error| format!("the link in `{line}`: {error}"))?;
            ours = format!("{before}{after}");
        }
        let begins =
            line.starts_with(['#', '>', '+', '=']) || line.starts_with("    ") && !line.starts_with("    earlybell");
        if begins || ours.contains(['<', '>', '*', '[', ']', '`', '{', '}', '&', '@']) || ours.contains("://") {
            return Err(format!("markup in `{line}`"));
        }
        read.push_str(&without_escapes(line).replace("&#64;", "@"));
        read.push('\n');
    }
    Ok(one_line(&read))
}

/// A document in Markdown without its escapes. What could be markup must have one, wherever data stands.
pub fn markdown(text: &str) -> Result<String, String> {
    let mut read = String::new();
    for line in text.lines() {
        let bare = unescaped_signs(line);
        // `# title`, `- list`, `**stage**`, `- [ ] 1. to-do` and our comments are ours.
        let ours = bare.trim_start().trim_start_matches(['#', '-', ' ']);
        let ours = ours.replace("[x]", "").replace("[ ]", "").replacen("**", "", 2);
        let ours = if line.starts_with("<!-- ") && line.ends_with(" -->") { String::new() } else { ours };
        if ours.contains(['<', '*', '[', ']', '`', '{', '}']) || ours.contains("&") && !ours.contains("&#37;") {
            return Err(format!("markup in `{line}`"));
        }
        let is_heading = line.starts_with('#');
        if is_heading && !HEADINGS.iter().any(|known| line.trim_start_matches('#').trim_start().starts_with(known)) {
            return Err(format!("the heading `{line}`"));
        }
        read.push_str(&without_escapes(line));
        read.push('\n');
    }
    Ok(one_line(&read))
}

const HEADINGS: [&str; 21] = [
    "From the pad",
    "INC-",
    "DRILL INC-",
    "Summary",
    "Who is affected",
    "Who does what",
    "To do",
    "It is over when",
    "Links",
    "Alerts",
    "Notices",
    "Why it was declared",
    "Timeline",
    "Impact",
    "Detection",
    "Root Cause",
    "Resolution",
    "Action Items",
    "Lessons Learned",
    "Trigger",
    "Supporting",
];

fn unescaped_signs(line: &str) -> String {
    let mut bare = String::new();
    let mut signs = line.chars();
    while let Some(c) = signs.next() {
        if c == '\\' {
            signs.next();
        } else {
            bare.push(c);
        }
    }
    bare
}

fn without_escapes(line: &str) -> String {
    let mut text = String::new();
    let mut signs = line.chars();
    while let Some(c) = signs.next() {
        match c {
            '\\' => text.extend(signs.next()),
            _ => text.push(c),
        }
    }
    text.replace("&#37;", "%")
}

/// A post of the blog: the values of its front matter, and its text.
pub fn post(text: &str) -> Result<(BTreeMap<String, String>, String), String> {
    let rest = text.strip_prefix("---\n").ok_or("no front matter")?;
    let (front, body) = rest.split_once("\n---\n").ok_or("no end of the front matter")?;
    let front: BTreeMap<String, String> = serde_saphyr::from_str(front).map_err(|error| format!("{front}: {error}"))?;
    // Liquid runs before Markdown, and knows no backslash.
    for runs in ["{{", "{%", "%}"] {
        (!body.contains(runs)).then_some(()).ok_or(format!("{runs} in {body}"))?;
    }
    (!unescaped_signs(body).contains("{:")).then_some(()).ok_or(format!("attributes in {body}"))?;
    Ok((front, markdown(body)?))
}

/// Lines of `/metrics`: a name, labels and a number, or a comment.
pub fn metrics(text: &str) -> Result<(), String> {
    for line in text.lines().filter(|line| !line.starts_with("# HELP ") && !line.starts_with("# TYPE ")) {
        let (series, number) = line.rsplit_once(' ').ok_or(format!("`{line}`"))?;
        number.parse::<f64>().map_err(|error| format!("`{line}`: {error}"))?;
        let name = series.split('{').next().unwrap_or_default();
        let known = name.starts_with("earlybell_") || name.starts_with("process_");
        (known && !name.contains(char::is_whitespace)).then_some(()).ok_or(format!("`{line}`"))?;
    }
    Ok(())
}

/// `message` of a line in logfmt.
pub fn logfmt(line: &str) -> Result<String, String> {
    let mut message = String::new();
    let mut rest = line;
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').ok_or(format!("`{rest}` in {line}"))?;
        key.chars()
            .all(|c| c.is_ascii_alphanumeric() || "_.".contains(c))
            .then_some(())
            .ok_or(format!("the key `{key}` in {line}"))?;
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => string(quoted).ok_or(format!("no end of a value in {line}"))?,
            None => {
                let end = after.find(' ').unwrap_or(after.len());
                (after[..end].to_owned(), &after[end..])
            }
        };
        if key == "message" {
            message = value;
        }
        rest = after.trim_start_matches(' ');
    }
    Ok(message)
}

fn string(quoted: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut signs = quoted.char_indices();
    while let Some((at, c)) = signs.next() {
        match c {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => match signs.next()?.1 {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                'r' => value.push('\r'),
                'u' => {
                    let rest = &quoted[at + 2..];
                    let code = rest
                        .strip_prefix('{')
                        .and_then(|rest| rest.split_once('}'))
                        .map(|(code, _)| (code, code.len() + 2));
                    let (code, length) = code.or_else(|| Some((rest.get(..4)?, 4)))?;
                    value.push(char::from_u32(u32::from_str_radix(code, 16).ok()?)?);
                    for _ in 0..length {
                        signs.next();
                    }
                }
                other => value.push(other),
            },
            _ => value.push(c),
        }
    }
    None
}
