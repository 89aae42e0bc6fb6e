//! What people write for a post mortem is Markdown, and stays that; but it runs nothing. Raw HTML, what Liquid would run while the site
//! is made, attributes of kramdown and addresses that are scripts become text. So does a comment: guidance is ours.

/// Text of a section, as it stands in the file below a heading of this level.
pub fn prose(text: &str, level: u8) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut fence: Option<&str> = None;
    for line in text.lines() {
        let mark = ["```", "~~~"].into_iter().find(|mark| line.trim_start().starts_with(mark));
        match (fence, mark) {
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, Some(mark)) => fence = Some(mark),
            _ => {}
        }
        lines.push(if fence.is_some() || mark.is_some() { code(line) } else { plain(line, level) });
    }
    // One that is never closed is none, and its lines would be markup.
    lines.extend(fence.map(str::to_owned));
    lines.join("\n").trim_end().to_owned()
}

// Entities are not read in code, so braces are only moved apart. Addresses count here, too: not every reader knows such fences.
fn code(line: &str) -> String {
    let mut text = links(&html(line)).replace("{{", "{ {").replace("{%", "{ %").replace("{:", "{ :");
    while text.contains("{{") {
        text = text.replace("{{", "{ {");
    }
    text
}

fn plain(line: &str, level: u8) -> String {
    // A heading of theirs stands below ours.
    let hashes = line.len() - line.trim_start_matches('#').len();
    let deeper = "#".repeat(if hashes > 0 { usize::from(level).saturating_sub(1).min(6 - hashes.min(6)) } else { 0 });
    let text = links(&html(line));
    let mut safe = deeper;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '{' if matches!(letters.peek(), Some('{' | '%' | ':' | '#')) => safe.push_str("&#123;"),
            letter => safe.push(letter),
        }
    }
    safe
}

// A `<` that could begin something.
fn html(line: &str) -> String {
    let mut safe = String::with_capacity(line.len());
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        let begins = |next: &char| next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?');
        match letter {
            '<' if letters.peek().is_some_and(begins) => safe.push_str("&lt;"),
            letter => safe.push(letter),
        }
    }
    safe
}

// `[x](address)` and `[x]: address` stay links if it is clear where they lead.
fn links(line: &str) -> String {
    let mut safe = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(']') {
        let (before, behind) = rest.split_at(at + 1);
        safe.push_str(before);
        let inline = behind.strip_prefix('(').map(|address| leads_somewhere(address.trim_start(), &[')', '"', '\'']));
        let named = || behind.strip_prefix(':').map(|address| leads_somewhere(address.trim_start(), &['"', '\'']));
        if inline.or_else(named) == Some(false) {
            safe.push('\\');
        }
        rest = behind;
    }
    safe.push_str(rest);
    safe
}

// It must end where it stands: kramdown reads on, over tabs and the end of the line, and browsers leave both out of an address.
fn leads_somewhere(address: &str, ends: &[char]) -> bool {
    let known = ["https://", "http://", "mailto:", "/", "#"];
    let end = address.find(|c: char| c.is_whitespace() || c == ')').unwrap_or(address.len());
    let behind = address[end..].trim_start();
    let over = behind.starts_with(ends) || (behind.is_empty() && !ends.contains(&')'));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    over && (known.iter().any(|start| address.starts_with(start)) || (end > 0 && address[..end].chars().all(plain)))
}

#[cfg(test)]
mod tests {
    use super::prose;

    #[test]
    fn markdown_stays_markdown() {
        let text = "Two *things*:\n\n- a [page](https://example.org/a?b=c \"why\")\n[1]: https://example.org\n- `df -h` | a < b\n\n| a | b |\n|---|---|\n\n## Why";
        assert_eq!(prose(text, 2), text.replace("## Why", "### Why"));
        assert_eq!(prose("# a\n###### b", 3), "### a\n###### b");
        assert_eq!(prose("```\nif a < b { run }\n```", 2), "```\nif a < b { run }\n```");
        assert_eq!(prose("```\nnever closed", 2), "```\nnever closed\n```");
    }

    #[test]
    fn nothing_runs() {
        for hostile in [
            "{{ site.secret }}",
            "{% include x %}",
            "{{{{%{%",
            "```\n{{ x }} {{{% x %}\n<script>\n",
            "~~~\n```\n{{ x }}\n<img src=x>",
            "<script>alert(1)</script>",
            "<!-- not ours -->",
            "[x](javascript:alert(1))",
            "[x]( javascript:alert(1))",
            "[x](javascript&colon;alert(1))",
            "[x](java\nscript:alert(1))",
            "[x](java\tscript:alert(1))",
            "[x]:\n  javascript:alert(1)",
            "[x]: javascript:alert(1)",
            "[x](&#106;avascript:alert(1))",
            "![x](data:text/html;base64,xx)",
            "words\n{: onclick=\"alert(1)\"}",
            "{::options parse_block_html=\"true\" /}",
            "---\ntitle: evil\n---",
        ] {
            let safe = prose(hostile, 2);
            for runs in ["{{", "{%", "{:", "<s", "<!", "<i"] {
                assert!(!safe.contains(runs), "{hostile:?} → {safe:?}");
            }
            assert!(!safe.contains("](") || !hostile.contains("script"), "{hostile:?} → {safe:?}");
            assert!(
                !safe.contains("](java") && !safe.contains("](data") && !safe.contains("]: java"),
                "{hostile:?} → {safe:?}"
            );
        }
    }

    #[test]
    fn whatever_is_written_nothing_runs() {
        let pieces =
            ["{", "%", ":", "<", "!--", "```\n", "~~~\n", "\n", "](", "]:", "javascript:", "s", " ", "#", "{{"];
        for seed in 0..20_000 {
            let mut random = fastrand::Rng::with_seed(seed);
            let text: String = (0..random.usize(..14)).map(|_| pieces[random.usize(..pieces.len())]).collect();
            let safe = prose(&text, 2);
            for runs in ["{{", "{%", "<!", "<s", "](javascript", "]: javascript", "]:javascript"] {
                assert!(!safe.contains(runs), "seed {seed}: {text:?} → {safe:?}");
            }
        }
    }
}
