//! How Alertmanager quotes.

use std::fmt::Write;

/// As in the metrics format: only what would end the text is escaped.
pub(super) fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('\n', r"\n").replace('"', "\\\"")
}

/// As Go's `strconv.Quote` does.
pub(super) fn go_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        // Writing to a String can't fail.
        let _ = match c {
            '"' | '\\' => write!(out, "\\{c}"),
            '\x07' => write!(out, r"\a"),
            '\x08' => write!(out, r"\b"),
            '\x0C' => write!(out, r"\f"),
            '\n' => write!(out, r"\n"),
            '\r' => write!(out, r"\r"),
            '\t' => write!(out, r"\t"),
            '\x0B' => write!(out, r"\v"),
            c if c.is_ascii_control() => write!(out, r"\x{:02x}", u32::from(c)),
            c if c.is_control() || (c != ' ' && c.is_whitespace()) => write!(out, r"\u{:04x}", u32::from(c)),
            c => write!(out, "{c}"),
        };
    }
    out.push('"');
    out
}

/// As Go's `strconv.Unquote` does, between the quotes. `None` if it is no such text, or not UTF-8.
pub(super) fn go_unquoted(quoted: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(quoted.len());
    let mut rest = quoted;
    while let Some(c) = rest.chars().next() {
        if c == '\n' || c == '"' {
            return None;
        }
        if c != '\\' {
            bytes.extend_from_slice(&rest.as_bytes()[..c.len_utf8()]);
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let kind = *rest.as_bytes().get(1)?;
        rest = rest.get(2..)?;
        let mut code = |digits: usize, radix: u32| -> Option<u32> {
            let number = rest.get(..digits).filter(|number| number.chars().all(|c| c.is_digit(radix)))?;
            rest = &rest[digits..];
            u32::from_str_radix(number, radix).ok()
        };
        match kind {
            b'a' => bytes.push(7),
            b'b' => bytes.push(8),
            b'f' => bytes.push(0x0C),
            b'n' => bytes.push(b'\n'),
            b'r' => bytes.push(b'\r'),
            b't' => bytes.push(b'\t'),
            b'v' => bytes.push(0x0B),
            b'\\' | b'"' => bytes.push(kind),
            // Bytes, not characters: together they must be UTF-8.
            b'x' => bytes.push(u8::try_from(code(2, 16)?).ok()?),
            b'0'..=b'7' => {
                let low = code(2, 8)?;
                bytes.push(u8::try_from(u32::from(kind - b'0') * 64 + low).ok()?);
            }
            b'u' => push_char(&mut bytes, code(4, 16)?)?,
            b'U' => push_char(&mut bytes, code(8, 16)?)?,
            _ => return None,
        }
    }
    String::from_utf8(bytes).ok()
}

fn push_char(bytes: &mut Vec<u8>, code: u32) -> Option<()> {
    let c = char::from_u32(code)?;
    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    Some(())
}
