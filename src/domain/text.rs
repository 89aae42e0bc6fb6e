//! Text from outside is data: cleaned once at the door, cut by named limits, escaped again for each place it goes to.

/// Longest label or annotation value kept, in bytes.
pub const VALUE_BYTES_MAX: usize = 16 * 1024;

/// What replaces a character that must not travel.
pub const REPLACEMENT: char = '\u{FFFD}';

/// Replaces control characters other than newline and tab, which PostgreSQL, mail headers, IRC and terminals
/// understand differently, and cuts at `bytes_max` on a character boundary, with a mark that it was cut.
pub fn clean(text: &str, bytes_max: usize) -> String {
    let mut kept = String::with_capacity(text.len().min(bytes_max));
    for c in text.chars() {
        if kept.len() + c.len_utf8() > bytes_max {
            kept.push('…');
            break;
        }
        kept.push(if is_unsafe(c) { REPLACEMENT } else { c });
    }
    kept
}

/// One line: newlines and tabs become spaces too. For titles, subjects and headers.
pub fn clean_line(text: &str, bytes_max: usize) -> String {
    let line: String = text.trim().chars().map(|c| if c == '\n' || c == '\t' || c == '\r' { ' ' } else { c }).collect();
    clean(&line, bytes_max)
}

/// `1 rule`, `12 rules`, `12 entries`.
pub fn counted(number: u64, what: &str) -> String {
    let changes = |stem: &&str| !stem.ends_with(['a', 'e', 'o', 'u']);
    match (number, what.strip_suffix('y').filter(changes)) {
        (1, _) => format!("1 {what}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {what}s"),
    }
}

/// Whether [`clean`] would leave this text as it is: the common case, without an allocation.
pub fn is_clean(text: &str, bytes_max: usize) -> bool {
    text.len() <= bytes_max && (is_plain(text) || !text.chars().any(is_unsafe))
}

// Printable ASCII, nearly always. In blocks without an early exit inside, so that the compiler can compare many bytes at
// once.
fn is_plain(text: &str) -> bool {
    let plain = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    text.as_bytes().chunks(32).all(|block| block.iter().fold(true, |all, byte| all & plain(byte)))
}

// C0 and C1 controls, and the marks that reorder or hide text (bidi overrides and isolates, zero-width joiners stay:
// scripts need them).
fn is_unsafe(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::{clean, clean_line, counted, is_clean};

    #[test]
    fn replaces_what_other_systems_stumble_over() {
        assert_eq!(clean("a\0b\x1b[31m\u{202E}c\nd\te", 100), "a\u{FFFD}b\u{FFFD}[31m\u{FFFD}c\nd\te");
        assert_eq!(clean_line(" Subject\r\nBcc: x ", 100), "Subject  Bcc: x");
        assert!(is_clean("plain\ntext", 100) && !is_clean("\0", 100) && !is_clean("long", 3));
    }

    #[test]
    fn counts() {
        let said = [(0, "rule"), (1, "entry"), (2, "entry"), (2, "day")].map(|(number, what)| counted(number, what));
        assert_eq!(said, ["0 rules", "1 entry", "2 entries", "2 days"]);
    }

    #[test]
    fn cuts_between_characters() {
        assert_eq!(clean("ääää", 5), "ää…");
    }
}
