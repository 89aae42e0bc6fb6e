//! What somebody might write who wants a text to be more than text: families for each place it may go to, each sign of them
//! alone, in a word, on a line of its own, in quotes, and so on.

/// For pages.
const HTML: [&str; 18] = [
    "<script>alert(1)</script>",
    "</title><script src=//evil.example/x.js></script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "\" autofocus onfocus=alert(1) x=\"",
    "<svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "<!--><script>alert(1)</script>-->",
    "--><script>alert(1)</script><!--",
    "<a href=\"javascript:alert(1)\">click</a>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<math><mi//xlink:href=\"data:x,<script>alert(1)</script>\">",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;b&#62; &amp;lt; &#x3c;",
    "<style>*{display:none}</style>",
    "javascript:alert(1)//",
];

/// For Markdown, kramdown, Liquid, Jinja and front matter.
const MARKDOWN: [&str; 24] = [
    "[click](javascript:alert(1))",
    "![x](https://evil.example/pixel.png)",
    "<https://evil.example>",
    "https://evil.example/login",
    "www.evil.example",
    "**bold** _it_ ~~gone~~ `code`",
    "# heading",
    "> quote",
    "- item",
    "+ item",
    "1. item",
    "| a | b |",
    "```",
    "    code",
    "===",
    "---",
    "{% include secrets.html %}",
    "{{ site.github.token }}",
    "{% raw %}{{ 7*7 }}{% endraw %}",
    "{::options parse_block_html=\"true\" /}",
    "{: onclick=\"alert(1)\"}",
    "[^1]: footnote",
    "title: \"x\" # comment",
    "{{ 7*7 }}{# gone #}",
];

/// For chats, mails, terminals, logs, metrics, tables, shells and paths.
const OTHERS: [&str; 34] = [
    "<!channel> look",
    "<!here|here>",
    "<@U012AB3CD>",
    "<#C012AB3CD|general>",
    "@everyone @channel @here",
    "<https://evil.example|https://bell.example.org>",
    "&lt;!channel&gt;",
    "*bold* _it_ ~gone~ `code`",
    "x\r\nBcc: victim@example.org\r\n\r\nforged",
    "x\nSubject: forged",
    "x\r.\r\nMAIL FROM:<evil@example.org>",
    "=?utf-8?q?=0ABcc:_victim@example.org?=",
    "=?utf-8?b?PHNjcmlwdD4=?=",
    "\u{1b}[2J\u{1b}[31mred\u{1b}[0m",
    "\u{1b}]8;;https://evil.example\u{1b}\\click\u{1b}]8;;\u{1b}\\",
    "\u{9b}31m C1",
    "a\rb overwritten",
    "\u{7}\u{8}\u{8}bell",
    "\u{202e}txt.exe",
    "\u{2066}isolated\u{2069} \u{2028}line \u{2029}paragraph",
    "nul \0 byte",
    "PRIVMSG #channel :forged\r\nQUIT",
    "\u{3}04,01red\u{f} \u{2}bold",
    "=HYPERLINK(\"https://evil.example\",\"x\")",
    "+1+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "x\nts=2026-01-01T00:00:00Z level=error msg=\"forged\"",
    "msg=forged level=error \"quoted\" back\\slash",
    "x\"} 1\nforged_metric{a=\"b",
    "$(touch /tmp/x) `id` ; rm -rf / | cat && x",
    "../../../../etc/passwd",
    "..\\..\\windows%2f%2e%2e%00.md",
    "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301} zalgo",
    "x\n== INC-1 resolved == 2026-01-01 00:00:00 UTC",
];

/// All of them, each once.
pub fn all() -> Vec<String> {
    let bases = HTML.iter().chain(&MARKDOWN).chain(&OTHERS);
    let dressed = |base: &&str| {
        [
            (*base).to_owned(),
            format!("before {base}"),
            format!("{base} after"),
            format!("two\n{base}"),
            format!("\"{base}\""),
            format!("a{base}b"),
            format!("\\{base}\\"),
        ]
    };
    let mut all: Vec<String> = bases.flat_map(dressed).collect();
    all.sort();
    all.dedup();
    all
}

/// As it is read: in one line, blanks together, and what must not travel replaced.
pub fn shown(payload: &str) -> String {
    one_line(&domain::text::clean_line(payload, usize::MAX))
}

/// Blanks together.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
