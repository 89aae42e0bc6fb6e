//! Data stays data: what alerts and people wrote can be no mention, link or formatting where it is shown.

use super::obs;
use crate::policy::{ReceiverKind, Writing};
use std::borrow::Cow;

/// Makes data safe to stand in a text of this kind.
pub fn escape(kind: ReceiverKind, data: &str) -> Cow<'_, str> {
    match kind.writing() {
        Writing::Plain => Cow::Borrowed(data),
        Writing::Mrkdwn => Cow::Owned(mrkdwn(data)),
        Writing::Markdown => Cow::Owned(markdown(data)),
        Writing::Status => Cow::Owned(obs::markdown(data)),
    }
}

/// Slack's own rule is to write `&`, `<` and `>` as entities: without `<` there is no mention and no link. It has no
/// escape for the marks of formatting, so one that could open a span, or a quote at the start of a line, is replaced by
/// a look-alike; `node_exporter_down` stays as it is.
pub fn mrkdwn(data: &str) -> String {
    let mut shown = String::with_capacity(data.len() + data.len() / 8);
    let mut before = None;
    let mut characters = data.chars().peekable();
    while let Some(c) = characters.next() {
        let opens = !before.is_some_and(char::is_alphanumeric) && characters.peek().is_some_and(|c| !c.is_whitespace());
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' if matches!(before, None | Some('\n')) => shown.push('›'),
            '>' => shown.push_str("&gt;"),
            '*' if opens => shown.push('∗'),
            '_' if opens => shown.push('ˍ'),
            '~' if opens => shown.push('∼'),
            // Also closes code of ours, so it never stays.
            '`' => shown.push('ˋ'),
            _ => shown.push(c),
        }
        before = Some(c);
    }
    shown
}

/// Chats read Markdown each in its own way, and some show the backslash of an escape: so whatever could begin something is
/// replaced by a look-alike, in all of them. What is in the middle of a word stays as it is.
pub fn markdown(data: &str) -> String {
    let mut shown = String::with_capacity(data.len() + data.len() / 8);
    let mut before = None;
    for (at, c) in data.char_indices() {
        let rest = &data[at + c.len_utf8()..];
        let next = rest.chars().next();
        let begins = matches!(before, None | Some('\n'));
        let in_word = before.is_some_and(char::is_alphanumeric);
        let opens = !in_word && next.is_some_and(|c| !c.is_whitespace());
        let alike = match c {
            '<' => Some('‹'),
            '`' => Some('ˋ'),
            '|' => Some('∣'),
            '>' if begins => Some('›'),
            '*' if opens || begins => Some('∗'),
            '_' if opens => Some('ˍ'),
            '~' if opens => Some('∼'),
            '#' if opens || begins => Some('＃'),
            '$' if opens => Some('＄'),
            '=' if begins => Some('＝'),
            '-' | '+' if begins && next.is_none_or(|next| next == ' ' || next == c) => {
                Some(if c == '-' { '–' } else { '＋' })
            }
            // `2026. ` at the start of a line would begin a list, and be counted anew.
            '.' | ')' if ends_number(&data[..at]) => Some(if c == '.' { '․' } else { '﹚' }),
            // The end of a link's words, or of the name of one.
            ']' if matches!(next, Some('(' | '[' | ':')) || rest.trim_start().starts_with('[') => Some('］'),
            '\\' if next.is_some_and(|next| next.is_ascii_punctuation()) => Some('⧵'),
            '&' if begins_entity(rest) => Some('＆'),
            '@' if !in_word || calls_all(rest) => Some('＠'),
            _ => None,
        };
        shown.push(alike.unwrap_or(c));
        before = Some(c);
    }
    shown
}

fn ends_number(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default();
    !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit())
}

fn begins_entity(rest: &str) -> bool {
    let name = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '#');
    name.len() < rest.len() && name.starts_with(';')
}

fn calls_all(rest: &str) -> bool {
    let word: String = rest.chars().take(8).collect::<String>().to_ascii_lowercase();
    ["here", "all", "channel", "everyone"].iter().any(|all| word.starts_with(all))
}

/// A link that may be shown as one: http or https, without anything that could end it early.
pub fn safe_url(url: &str) -> Option<&str> {
    let known = url.starts_with("https://") || url.starts_with("http://");
    let plain =
        url.chars().all(|c| !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | '|' | '"' | '\''));
    (known && plain && url.len() <= URL_BYTES_MAX).then_some(url)
}

const URL_BYTES_MAX: usize = 2_000;

#[cfg(test)]
mod tests {
    use super::{markdown, mrkdwn, safe_url};

    #[test]
    fn slack_reads_no_mention_link_or_formatting_out_of_data() {
        for (data, shown) in [
            (
                "<!channel> & <@U1|x> <http://evil|text>",
                "&lt;!channel&gt; &amp; &lt;@U1|x&gt; &lt;http://evil|text&gt;",
            ),
            ("*bold* _it_ ~gone~ `code` ```block", "∗bold* ˍit_ ∼gone~ ˋcodeˋ ˋˋˋblock"),
            ("> quoted\n> twice > once", "› quoted\n› twice &gt; once"),
            ("node_exporter_down: 5 * 3 ~ x", "node_exporter_down: 5 * 3 ~ x"),
            ("(*bold*)", "(∗bold*)"),
        ] {
            assert_eq!(mrkdwn(data), shown, "{data}");
        }
    }

    #[test]
    fn chats_read_no_mention_link_or_formatting_out_of_data() {
        for (data, shown) in [
            ("<!here> <@U1> <https://evil|text>", "‹!here> ‹＠U1> ‹https://evil∣text>"),
            ("[bank](https://evil) ![x](y) [a]: b [a] [b]", "[bank］(https://evil) ![x］(y) [a］: b [a］ [b]"),
            ("**bold** __it__ ~~gone~~ ||hidden||", "∗∗bold** ˍˍit__ ∼∼gone~~ ∣∣hidden∣∣"),
            ("`code` ```block", "ˋcodeˋ ˋˋˋblock"),
            (
                "# head\n> quote\n- item\n+ item\n---\n===\n12. item\n3) item",
                "＃ head\n› quote\n– item\n＋ item\n–--\n＝==\n12․ item\n3﹚ item",
            ),
            ("@here @all, mail ops@example.org or x@everyone", "＠here ＠all, mail ops@example.org or x＠everyone"),
            ("#tag $x^2$ &lt; &#60; a&b", "＃tag ＄x^2$ ＆lt; ＆＃60; a&b"),
            ("C:\\_x \\*", "C:⧵ˍx ⧵*"),
            ("node_exporter_down: 5 * 3 - 1 ~ x 2.5%, v1.2", "node_exporter_down: 5 * 3 - 1 ~ x 2.5%, v1.2"),
        ] {
            assert_eq!(markdown(data), shown, "{data}");
        }
    }

    #[test]
    fn only_web_addresses_are_links() {
        assert_eq!(safe_url("https://x.example/incidents/4?a=b"), Some("https://x.example/incidents/4?a=b"));
        for url in ["javascript:alert(1)", "https://a|<!channel>", "https://a b", "//x", "", "http://a\n"] {
            assert_eq!(safe_url(url), None, "{url}");
        }
    }
}
