//! JSON, written: for notices that are read by programs, and are decided to the byte; and read back where more is added to it.

use std::fmt::{self, Write};
use std::iter::Peekable;
use std::str::Chars;

/// Deepest that one value may lie in another where JSON is read: ours lies less deep.
const DEPTH_MAX: usize = 32;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// Nothing is known.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A number.
    Number(u64),
    /// A text.
    Text(String),
    /// Values in their order.
    List(Vec<Json>),
    /// Named values, in their order.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Named values, in this order.
    pub fn object<const N: usize>(fields: [(&str, Json); N]) -> Self {
        Self::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// Reads what was written here; nothing of what it never writes, like fractions.
    pub fn read(text: &str) -> Option<Self> {
        let mut rest = text.chars().peekable();
        let value = value(&mut rest, DEPTH_MAX)?;
        rest.next().is_none().then_some(value)
    }

    /// A field, to change it.
    pub fn field_mut(&mut self, wanted: &str) -> Option<&mut Self> {
        let Self::Object(fields) = self else { return None };
        fields.iter_mut().find(|(name, _)| name == wanted).map(|(_, value)| value)
    }
}

fn value(rest: &mut Peekable<Chars<'_>>, depth: usize) -> Option<Json> {
    let deeper = depth.checked_sub(1)?;
    match *rest.peek()? {
        '"' => text(rest).map(Json::Text),
        '[' => {
            let mut values = Vec::new();
            each(rest, ']', |rest| {
                values.push(value(rest, deeper)?);
                Some(())
            })?;
            Some(Json::List(values))
        }
        '{' => {
            let mut fields = Vec::new();
            each(rest, '}', |rest| {
                let name = text(rest)?;
                rest.next_if_eq(&':')?;
                fields.push((name, value(rest, deeper)?));
                Some(())
            })?;
            Some(Json::Object(fields))
        }
        _ => word(rest),
    }
}

// What stands between brackets, with commas between.
fn each<'a>(
    rest: &mut Peekable<Chars<'a>>,
    end: char,
    mut one: impl FnMut(&mut Peekable<Chars<'a>>) -> Option<()>,
) -> Option<()> {
    rest.next();
    if rest.next_if_eq(&end).is_some() {
        return Some(());
    }
    loop {
        one(rest)?;
        match rest.next()? {
            ',' => {}
            c => return (c == end).then_some(()),
        }
    }
}

fn word(rest: &mut Peekable<Chars<'_>>) -> Option<Json> {
    let mut word = String::new();
    while let Some(c) = rest.next_if(char::is_ascii_alphanumeric) {
        word.push(c);
    }
    match word.as_str() {
        "null" => Some(Json::Null),
        "true" => Some(Json::Bool(true)),
        "false" => Some(Json::Bool(false)),
        number => number.parse().ok().map(Json::Number),
    }
}

fn text(rest: &mut Peekable<Chars<'_>>) -> Option<String> {
    rest.next_if_eq(&'"')?;
    let mut text = String::new();
    loop {
        let c = match rest.next()? {
            '"' => return Some(text),
            '\\' => match rest.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'u' => char::from_u32((0..4).try_fold(0, |code, _| Some(code * 16 + rest.next()?.to_digit(16)?))?)?,
                c @ ('"' | '\\') => c,
                _ => return None,
            },
            c => c,
        };
        text.push(c);
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Json {
    fn from(yes: bool) -> Self {
        Self::Bool(yes)
    }
}

impl<T: Into<Json>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(yes) => write!(f, "{yes}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => quoted(f, text),
            Self::List(values) => {
                f.write_char('[')?;
                for (at, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if at > 0 { "," } else { "" })?;
                }
                f.write_char(']')
            }
            Self::Object(fields) => {
                f.write_char('{')?;
                for (at, (name, value)) in fields.iter().enumerate() {
                    f.write_str(if at > 0 { "," } else { "" })?;
                    quoted(f, name)?;
                    write!(f, ":{value}")?;
                }
                f.write_char('}')
            }
        }
    }
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\t' => f.write_str("\\t")?,
            '\r' => f.write_str("\\r")?,
            // Line ends to JavaScript, and not to JSON.
            '\0'..='\u{1F}' | '\u{7F}' | '\u{2028}' | '\u{2029}' => write!(f, "\\u{:04x}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::Json;

    #[test]
    fn is_read_as_it_was_meant() {
        let odd = "a\"b\\c\n\t\r\0\u{1F}\u{7F}\u{2028}ä😀</script>";
        let json = Json::object([
            (odd, odd.into()),
            ("list", Json::List(vec![Json::Null, true.into(), Json::Number(u64::MAX)])),
            ("none", None::<String>.into()),
            ("empty", Json::List(Vec::new())),
        ]);
        let read: serde_json::Value = serde_json::from_str(&json.to_string()).unwrap();
        let meant = serde_json::json!({odd: odd, "list": [null, true, u64::MAX], "none": null, "empty": []});
        assert_eq!(read, meant);
        assert!(!json.to_string().contains(|c: char| c.is_control()));
        assert_eq!(Json::read(&json.to_string()), Some(json));
    }

    #[test]
    fn what_it_never_writes_it_does_not_read() {
        let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
        for other in [
            "",
            "words",
            "{",
            "[1",
            "[1,]",
            "{\"a\"}",
            "{\"a\":1,}",
            "{a:1}",
            "\"a",
            "\"\\x\"",
            "\"\\ud83d\"",
            "1.5",
            "-1",
            "[1] ",
            "[1]]",
            "TRUE",
            &deep,
        ] {
            assert_eq!(Json::read(other), None, "{other}");
        }
    }
}
