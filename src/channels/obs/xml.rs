//! The little XML that an Open Build Service speaks about status messages: what we send, and what it answers.

use chrono::{DateTime, NaiveDateTime, Utc};
use domain::delivery::status::Status;

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// One message, or a list of them.
    Messages(Vec<Message>),
    /// `<status code="…">`: that something was done, or why not.
    Status {
        /// Its word: `ok`, `validation_failed`.
        code: String,
        /// In words.
        summary: String,
    },
    /// Something else.
    Other,
}

/// A status message as it stands there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// Its number.
    pub id: u64,
    /// Its text.
    pub text: String,
    /// Who wrote it last.
    pub user: String,
    /// How bad it looks.
    pub severity: String,
    /// Who sees it.
    pub scope: String,
    /// When it was written first, if that can be read.
    pub created_at: Option<DateTime<Utc>>,
}

/// The body of a POST or PUT. The order is that of the schema there; older ones know nothing more. No CDATA: newer ones lose
/// what stands in it.
pub fn request(status: &Status) -> String {
    format!(
        "<status_message><message>{}</message><severity>{}</severity><scope>{}</scope></status_message>",
        escaped(&status.text),
        status.severity.word(),
        status.scope.word()
    )
}

fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            // A parser would make a newline of it.
            '\r' => shown.push('\n'),
            // What XML 1.0 has no way to say.
            '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => {
                shown.push(domain::text::REPLACEMENT);
            }
            _ => shown.push(c),
        }
    }
    shown
}

/// Reads an answer. What is no answer of this API is [`Answer::Other`]: pages of proxies, mostly.
pub fn read(body: &str) -> Answer {
    let mut walk = Walk { rest: body, path: Vec::new(), ends_at_once: false };
    let mut answer = Reading::default();
    loop {
        match walk.next() {
            Some(Token::Open(name, attributes)) => answer.open(walk.path.len(), name, attributes),
            Some(Token::Text(text)) => answer.text(&walk.path, &text),
            Some(Token::Close(name)) => answer.close(name),
            Some(Token::End) => return answer.end(),
            None => return Answer::Other,
        }
    }
}

#[derive(Default)]
struct Reading<'a> {
    root: Option<&'a str>,
    code: String,
    summary: String,
    message: Option<Message>,
    created_at: String,
    messages: Vec<Message>,
}

impl<'a> Reading<'a> {
    fn open(&mut self, depth: usize, name: &'a str, attributes: &str) {
        if depth == 1 {
            self.root = Some(name);
            self.code = attribute(attributes, "code").unwrap_or_default();
        }
        if name == "status_message" {
            let id = attribute(attributes, "id").and_then(|id| id.parse().ok());
            self.message = id.map(|id| Message { id, ..Message::default() });
            self.created_at.clear();
        }
    }

    fn text(&mut self, path: &[&str], text: &str) {
        match (path.last().copied(), &mut self.message) {
            (Some("message"), Some(message)) => message.text.push_str(text),
            (Some("user"), Some(message)) => message.user.push_str(text),
            (Some("severity"), Some(message)) => message.severity.push_str(text),
            (Some("scope"), Some(message)) => message.scope.push_str(text),
            (Some("created_at"), Some(_)) => self.created_at.push_str(text),
            (Some("summary"), None) if path.len() == 2 => self.summary.push_str(text),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        if name == "status_message"
            && let Some(message) = self.message.take()
        {
            let created_at = time(&self.created_at);
            self.messages.push(Message { created_at, ..message });
        }
    }

    fn end(self) -> Answer {
        match self.root {
            Some("status_message") if self.messages.len() == 1 => Answer::Messages(self.messages),
            Some("status_messages") => Answer::Messages(self.messages),
            Some("status") => Answer::Status { code: self.code, summary: self.summary.trim().to_owned() },
            _ => Answer::Other,
        }
    }
}

// `2026-11-22 07:30:19 UTC`.
fn time(text: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(text.trim(), "%Y-%m-%d %H:%M:%S UTC").ok().map(|time| time.and_utc())
}

enum Token<'a> {
    Open(&'a str, &'a str),
    Text(String),
    Close(&'a str),
    End,
}

// Deeper than any answer is; a hostile one ends here.
const DEPTH_MAX: usize = 8;

// Well-formed, and no more of XML than answers have: no document types, no CDATA, no comments.
struct Walk<'a> {
    rest: &'a str,
    path: Vec<&'a str>,
    // `<details/>`
    ends_at_once: bool,
}

impl<'a> Walk<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        if std::mem::take(&mut self.ends_at_once) {
            return self.path.pop().map(Token::Close);
        }
        if self.path.is_empty() {
            self.rest = self.rest.trim_start_matches(['\u{FEFF}', ' ', '\t', '\r', '\n']);
            if self.rest.is_empty() {
                return Some(Token::End);
            }
        }
        let Some(markup) = self.rest.strip_prefix('<') else {
            let end = self.rest.find('<').filter(|_| !self.path.is_empty())?;
            let (text, rest) = self.rest.split_at(end);
            self.rest = rest;
            return unescaped(text).map(Token::Text);
        };
        // No value of an attribute in an answer holds a `>`.
        let (tag, rest) = markup.split_once('>')?;
        self.rest = rest;
        if tag.starts_with('?') && self.path.is_empty() {
            return self.next();
        }
        if let Some(name) = tag.strip_prefix('/') {
            return (self.path.pop()? == name.trim_end()).then_some(Token::Close(name.trim_end()));
        }
        let (inner, is_empty) = tag.strip_suffix('/').map_or((tag, false), |inner| (inner, true));
        let (name, attributes) = inner.split_once([' ', '\n', '\t']).unwrap_or((inner, ""));
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if name.is_empty() || !name.chars().all(is_name) || self.path.len() >= DEPTH_MAX {
            return None;
        }
        self.path.push(name);
        self.ends_at_once = is_empty;
        Some(Token::Open(name, attributes))
    }
}

fn attribute(attributes: &str, name: &str) -> Option<String> {
    let mut rest = attributes.trim_start();
    while let Some((found, value)) = rest.split_once('=') {
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, after) = value[1..].split_once(quote)?;
        if found.trim() == name {
            return unescaped(value);
        }
        rest = after.trim_start();
    }
    None
}

fn unescaped(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let (entity, after) = after.split_once(';')?;
        plain.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            number => {
                let number = number.strip_prefix('#')?;
                let code = match number.strip_prefix('x') {
                    Some(hex) => u32::from_str_radix(hex, 16),
                    None => number.parse(),
                };
                char::from_u32(code.ok()?)?
            }
        });
        rest = after;
    }
    plain.push_str(rest);
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::{Answer, Message, escaped, read};

    fn status(code: &str, summary: &str) -> Answer {
        Answer::Status { code: code.to_owned(), summary: summary.to_owned() }
    }

    #[test]
    fn answers_are_read() {
        let list = "<status_messages count=\"2\">\n  <status_message id=\"9\">\n    <message>a &lt; b &amp; c\n&#x1F6A8;</message>\n    \
            <user>Admin</user>\n    <severity>green</severity>\n    <scope>all_users</scope>\n    \
            <created_at>2026-11-22 07:30:23 UTC</created_at>\n  </status_message>\n  <status_message id='8'><message/></status_message>\n</status_messages>\n";
        let Answer::Messages(messages) = read(list) else { panic!("no list") };
        assert_eq!(messages[0].text, "a < b & c\n🚨");
        assert_eq!(messages[0].created_at.unwrap().to_rfc3339(), "2026-11-22T07:30:23+00:00");
        assert_eq!(messages[1], Message { id: 8, ..Message::default() });
        assert_eq!(read("<status_messages count=\"0\"/>"), Answer::Messages(Vec::new()));
        assert_eq!(read("<status code=\"ok\">\n  <summary>Ok</summary>\n</status>\n"), status("ok", "Ok"));
        let down = "<status code=\"maintainance\"><summary>Moving &#39;house&#39;</summary><details/></status>";
        assert_eq!(read(down), status("maintainance", "Moving 'house'"));
    }

    #[test]
    fn what_is_no_answer_is_told_apart() {
        for body in [
            "",
            "ok",
            "<!DOCTYPE html><html></html>",
            "<?xml version=\"1.0\"?><hash><status type=\"integer\">500</status></hash>",
            "<status code=\"ok\"><summary>Ok</status>",
            "<status code=\"ok\">",
            "<status_message><message>no number</message></status_message>",
            "<status_messages><status_message id=\"1\"><message><![CDATA[x]]></message></status_message></status_messages>",
            "<status code=\"ok\"><summary>&unknown;</summary></status>",
            "<a><a><a><a><a><a><a><a><a></a></a></a></a></a></a></a></a></a>",
            "</status>",
            "<status code=\"ok\"></status> and more",
        ] {
            assert_eq!(read(body), Answer::Other, "{body}");
        }
    }

    #[test]
    fn text_goes_out_as_text() {
        assert_eq!(
            escaped("a < b && c > d ]]> \u{1}\u{FFFF}\r\n"),
            "a &lt; b &amp;&amp; c &gt; d ]]&gt; \u{FFFD}\u{FFFD}\n\n"
        );
    }
}
