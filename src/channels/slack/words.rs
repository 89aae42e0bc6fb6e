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

// Between characters, and outside of `<url|words>` and `&amp;`, half of which would be shown as they are.
fn cut(whole: &str) -> String {
    let mut room = TEXT_UNITS_MAX - units(CUT);
    let mut end = 0;
    for c in whole.chars() {
        if c.len_utf16() > room {
            break;
        }
        room -= c.len_utf16();
        end += c.len_utf8();
    }
    let mut kept = &whole[..end];
    for (open, close) in [('<', '>'), ('&', ';')] {
        if let Some(start) = kept.rfind(open)
            && !kept[start..].contains(close)
        {
            kept = &kept[..start];
        }
    }
    format!("{}{CUT}", kept.trim_end())
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
