//! The text of a message, within Slack's limit.

use domain::delivery::Content;
use domain::text;

/// Longest text of a message, in UTF-16 units; what is longer Slack cuts, anywhere.
pub const TEXT_UNITS_MAX: usize = 40_000;

const CUT: &str = "\n… _cut here: the whole text is on the incident's page_";

/// Subject and body, escaped for Slack already, as one text.
pub fn text(content: &Content) -> String {
    let subject = text::clean_line(&content.subject, TEXT_UNITS_MAX);
    let body = text::clean(content.body.trim_end(), 4 * TEXT_UNITS_MAX);
    let whole = match (subject.is_empty(), body.is_empty()) {
        (false, false) => format!("{subject}\n{body}"),
        (true, _) => body,
        (_, true) => subject,
    };
    if units(&whole) <= TEXT_UNITS_MAX { whole } else { cut(&whole) }
}

/// The text in pieces of at most so many units, between lines where that is possible.
pub fn pieces(text: &str, units_max: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text.trim_end();
    while !rest.is_empty() {
        let kept = beginning(rest, units_max);
        let end = match kept.rfind('\n') {
            _ if kept.len() == rest.len() => rest.len(),
            Some(line) if line > 0 => line,
            _ => kept.len(),
        };
        // One `<` with nothing behind it for longer than a piece is none of ours, and must not hold us up.
        let end = if end == 0 { rest.floor_char_boundary(units_max) } else { end };
        pieces.push(rest[..end].trim_end());
        rest = rest[end..].trim_start_matches('\n');
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

fn cut(whole: &str) -> String {
    format!("{}{CUT}", beginning(whole, TEXT_UNITS_MAX - units(CUT)).trim_end())
}

// Between characters, and outside of `<url|words>` and `&amp;`, half of which would be shown as they are.
fn beginning(whole: &str, units_max: usize) -> &str {
    let mut room = units_max;
    let mut end = 0;
    for c in whole.chars() {
        if c.len_utf16() > room {
            break;
        }
        room -= c.len_utf16();
        end += c.len_utf8();
    }
    let mut kept = &whole[..end];
    if end == whole.len() {
        return kept;
    }
    for (open, close) in [('<', '>'), ('&', ';')] {
        if let Some(start) = kept.rfind(open)
            && !kept[start..].contains(close)
        {
            kept = &kept[..start];
        }
    }
    kept
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(subject: &str, body: &str) -> String {
        text(&Content { subject: subject.into(), body: body.into() })
    }

    #[test]
    fn subject_and_body_are_one_text() {
        assert_eq!(shown("*Down*", "who: all\nlink\n\n"), "*Down*\nwho: all\nlink");
        assert_eq!(shown("*Down*", ""), "*Down*");
        assert_eq!(shown("", "body"), "body");
    }

    #[test]
    fn pieces_end_between_lines_if_they_can() {
        assert_eq!(pieces("ab\ncd\nef\n", 6), ["ab\ncd", "ef"]);
        assert_eq!(pieces("abcdefgh\ni", 5), ["abcde", "fgh\ni"]);
        assert_eq!(pieces("a <https://x|y> b", 8), ["a", "<https:/", "/x|y> b"]);
        assert_eq!(pieces("😀😀😀", 4), ["😀😀", "😀"]);
        assert_eq!(pieces("", 4), [""; 0]);
        let long = "x &amp; <https://a.example|page> 😀\n".repeat(1_200);
        let pieces = pieces(&long, 3_000);
        assert!(pieces.len() < 30 && pieces.iter().all(|piece| units(piece) <= 3_000), "{}", pieces.len());
        assert_eq!(pieces.join("\n"), long.trim_end());
    }

    #[test]
    fn a_text_that_is_too_long_is_cut_where_it_does_not_show() {
        let exact = "x".repeat(TEXT_UNITS_MAX - 2);
        assert_eq!(shown("a", &exact), format!("a\n{exact}"));
        for (tail, kept) in [("&amp;b", ""), ("<https://a.example|page>", ""), ("a&amp;", "a"), ("😀😀", "😀😀")]
        {
            let room = TEXT_UNITS_MAX - units(CUT) - 2 - 4;
            let body = format!("{}{tail}{}", "x".repeat(room), "y".repeat(TEXT_UNITS_MAX));
            let text = shown("a", &body);
            assert_eq!(text, format!("a\n{}{kept}{CUT}", "x".repeat(room)), "{tail}");
            assert!(units(&text) <= TEXT_UNITS_MAX);
        }
    }
}
