//! Data stays data: what alerts and people wrote can be no mention, link or formatting where it is shown.

use crate::policy::ReceiverKind;
use std::borrow::Cow;

/// Makes data safe to stand in a text of this kind.
pub fn escape(kind: ReceiverKind, data: &str) -> Cow<'_, str> {
    match kind {
        ReceiverKind::Console | ReceiverKind::Email | ReceiverKind::Blog | ReceiverKind::Webhook => Cow::Borrowed(data),
        ReceiverKind::Slack => Cow::Owned(mrkdwn(data)),
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
    use super::{mrkdwn, safe_url};

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
    fn only_web_addresses_are_links() {
        assert_eq!(safe_url("https://x.example/incidents/4?a=b"), Some("https://x.example/incidents/4?a=b"));
        for url in ["javascript:alert(1)", "https://a|<!channel>", "https://a b", "//x", "", "http://a\n"] {
            assert_eq!(safe_url(url), None, "{url}");
        }
    }
}
