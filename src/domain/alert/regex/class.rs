//! Classes and escapes of Go's grammar.

use super::translate::{NOTHING, RegexError, quoted};
use std::fmt::Write;

/// General categories of Unicode that Go knows by name; `C` is apart, because it leaves out the unassigned ones there.
const CATEGORIES: [&str; 36] = [
    "Cc", "Cf", "Co", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl", "No", "P", "Pc", "Pd",
    "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs", "Any", "C",
];

/// Scripts whose name has four letters; others of that length are short names, which Go does not know.
const SHORT_SCRIPTS: [&str; 9] = ["Ahom", "Cham", "Kawi", "Lisu", "Miao", "Modi", "Newa", "Thai", "Toto"];

const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word",
    "xdigit",
];

/// A class in brackets at the start of this text: its length, and what to write for it.
pub(super) fn bracketed(text: &str) -> Result<(usize, String), RegexError> {
    let missing = || RegexError::new("missing closing ]", text);
    let mut out = String::from("[");
    let mut rest = &text[1..];
    if let Some(negated) = rest.strip_prefix('^') {
        out.push('^');
        rest = negated;
    }
    let mut first = true;
    loop {
        if rest.is_empty() {
            return Err(missing());
        }
        // As the first one, a closing bracket is plain.
        if rest.starts_with(']') && !first {
            out.push(']');
            return Ok((text.len() - rest.len() + 1, out));
        }
        first = false;
        let (length, set) = match posix(rest)? {
            Some(found) => found,
            None => match named(rest)? {
                Some(found) => found,
                None => range(rest, &missing)?,
            },
        };
        out.push_str(&set);
        rest = &rest[length..];
    }
}

/// `\d`, `\W`, `\pL`, `\p{Greek}` … at the start of this text.
pub(super) fn named(text: &str) -> Result<Option<(usize, String)>, RegexError> {
    let Some(escape) = text.strip_prefix('\\') else { return Ok(None) };
    // ASCII sets, in brackets so that they stand alone and inside of a class; `(?i)` folds them as Go does.
    let set = match escape.chars().next() {
        Some('d') => "[0-9]",
        Some('D') => "[^0-9]",
        Some('s') => r"[\t\n\x0C\r ]",
        Some('S') => r"[^\t\n\x0C\r ]",
        Some('w') => "[0-9A-Za-z_]",
        Some('W') => "[^0-9A-Za-z_]",
        Some('p' | 'P') => return unicode(text).map(Some),
        _ => return Ok(None),
    };
    Ok(Some((2, set.to_owned())))
}

/// One escaped character at the start of this text: its length, and the character. `None` for a surrogate, which no
/// text contains.
pub(super) fn escaped(text: &str) -> Result<(usize, Option<char>), RegexError> {
    let Some(c) = text[1..].chars().next() else {
        return Err(RegexError::new("trailing backslash at end of expression", ""));
    };
    let length = 1 + c.len_utf8();
    let invalid = |length: usize| RegexError::new("invalid escape sequence", &text[..length]);
    let plain = match c {
        '0'..='7' => {
            let digits: String = text[1..].chars().take(3).take_while(|c| matches!(c, '0'..='7')).collect();
            // `\1` would refer back, which RE2 can't.
            if c != '0' && digits.len() == 1 {
                return Err(invalid(length));
            }
            let code = u32::from_str_radix(&digits, 8).map_err(|_| invalid(length))?;
            return Ok((1 + digits.len(), char::from_u32(code)));
        }
        'x' => return hexadecimal(text),
        'a' => '\x07',
        'f' => '\x0C',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0B',
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => c,
        _ => return Err(invalid(length)),
    };
    Ok((length, Some(plain)))
}

// `\x7F`, `\x{10FFFF}`.
fn hexadecimal(text: &str) -> Result<(usize, Option<char>), RegexError> {
    let (digits, length) = if text[2..].starts_with('{') {
        let end = text.find('}').ok_or_else(|| RegexError::new("invalid escape sequence", text))?;
        (&text[3..end], end + 1)
    } else {
        (text.get(2..4).unwrap_or(""), 4)
    };
    let code = u32::from_str_radix(digits, 16).ok().filter(|code| *code <= u32::from(char::MAX));
    let plain = digits.bytes().all(|b| b.is_ascii_hexdigit());
    match code {
        Some(code) if plain => Ok((length, char::from_u32(code))),
        _ => Err(RegexError::new("invalid escape sequence", text.get(..length).unwrap_or(text))),
    }
}

// `[:alpha:]` inside of brackets.
fn posix(text: &str) -> Result<Option<(usize, String)>, RegexError> {
    if !text.starts_with("[:") || text.len() < 3 {
        return Ok(None);
    }
    let Some(end) = text[2..].find(":]") else { return Ok(None) };
    let class = &text[..end + 4];
    let name = &class[2..end + 2];
    if POSIX.contains(&name.strip_prefix('^').unwrap_or(name)) {
        return Ok(Some((class.len(), class.to_owned())));
    }
    Err(RegexError::new("invalid character class range", class))
}

// `a`, `a-z`, `\x00-\x1F` inside of brackets.
fn range(text: &str, missing: &impl Fn() -> RegexError) -> Result<(usize, String), RegexError> {
    let one = |text: &str| match text.chars().next() {
        None => Err(missing()),
        Some('\\') => escaped(text),
        Some(c) => Ok((c.len_utf8(), Some(c))),
    };
    let (mut length, low) = one(text)?;
    let mut high = low;
    let rest = &text[length..];
    if rest.starts_with('-') && rest.len() >= 2 && !rest[1..].starts_with(']') {
        let (more, c) = one(&rest[1..])?;
        length += 1 + more;
        high = c;
    }
    let set = match (low, high) {
        (Some(low), Some(high)) if low == high => quoted(low),
        (Some(low), Some(high)) if low < high => format!("{}-{}", quoted(low), quoted(high)),
        // Only surrogates, or a range that begins or ends among them: what it holds beside them.
        (None, None) => NOTHING.to_owned(),
        (None, Some(high)) if high >= '\u{E000}' => format!("{}-{}", '\u{E000}', quoted(high)),
        (Some(low), None) if low < '\u{E000}' => format!("{}-{}", quoted(low), '\u{D7FF}'),
        _ => return Err(RegexError::new("invalid character class range", &text[..length])),
    };
    Ok((length, set))
}

// `\pL`, `\p{Greek}`, `\P{^Greek}`.
fn unicode(text: &str) -> Result<(usize, String), RegexError> {
    let invalid = |length: usize| RegexError::new("invalid character class range", &text[..length]);
    let mut negated = text.starts_with(r"\P");
    let Some(c) = text[2..].chars().next() else { return Err(invalid(text.len())) };
    let (length, mut name) = if c == '{' {
        let end = text.find('}').ok_or_else(|| invalid(text.len()))?;
        (end + 1, &text[3..end])
    } else {
        let length = 2 + c.len_utf8();
        (length, &text[2..length])
    };
    if let Some(rest) = name.strip_prefix('^') {
        negated = !negated;
        name = rest;
    }
    let not = if negated { "^" } else { "" };
    let mut set = String::new();
    let written = match name {
        "Any" => write!(set, r"[{not}\x00-\x{{10FFFF}}]"),
        "C" => write!(set, r"[{not}\p{{Cc}}\p{{Cf}}\p{{Co}}]"),
        // Surrogates.
        "Cs" if negated => write!(set, r"[\x00-\x{{10FFFF}}]"),
        "Cs" => write!(set, "{NOTHING}"),
        name if CATEGORIES.contains(&name) => write!(set, r"[{not}\p{{{name}}}]"),
        name if is_script(name) => write!(set, r"[{not}\p{{Script={name}}}]"),
        _ => return Err(invalid(length)),
    };
    // Writing to a String can't fail.
    let _ = written;
    Ok((length, set))
}

// Go knows scripts by their long names only, written exactly: `Greek`, `Old_Italic`; the `regex` crate is lenient.
fn is_script(name: &str) -> bool {
    let long = name.len() != 4 || SHORT_SCRIPTS.contains(&name);
    let well_written = matches!(name, "SignWriting")
        || name.split('_').all(|word| {
            let mut letters = word.chars();
            letters.next().is_some_and(|c| c.is_ascii_uppercase() || word == "of")
                && letters.all(|c| c.is_ascii_lowercase())
        });
    long && well_written && regex_syntax::parse(&format!(r"\p{{Script={name}}}")).is_ok()
}
