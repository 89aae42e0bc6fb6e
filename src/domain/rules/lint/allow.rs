//! Comments that allow a lint: `# lint: allow NAME`, or several names with commas between them.

/// What such a comment begins with.
const ALLOW: &str = "lint: allow ";

/// Whether a comment allows this lint at one of these lines (counted from 1): on the line itself, in the comment right
/// above it, or at the head of the file.
pub fn is_allowed(lint: &str, content: &str, lines: &[usize]) -> bool {
    let text: Vec<&str> = content.lines().collect();
    let head = text.iter().take_while(|line| is_comment(line));
    let mut near = Vec::new();
    for line in lines {
        let at = line.saturating_sub(1).min(text.len());
        near.extend(text.get(at));
        near.extend(text[..at].iter().rev().take_while(|line| is_comment(line)));
    }
    head.chain(near).any(|line| allows(line, lint))
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

fn allows(line: &str, lint: &str) -> bool {
    let comments = line.split('#').skip(1);
    let mut names =
        comments.filter_map(|comment| comment.trim_start().strip_prefix(ALLOW)).flat_map(|names| names.split(','));
    names.any(|name| name.trim() == lint)
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    const FILE: &str = "\
# Rules of the shop.
# lint: allow untested
groups:
  - name: shop
    rules:
      # What the shop has.
      # lint: allow never-matches, short-for
      - incident: Shop
        when: { alerts: ['a = b'], for: 1s }  # for a reason  # lint: allow declared-together
";

    #[test]
    fn a_comment_allows_where_it_stands_and_in_its_rule() {
        for (lint, lines, allowed) in [
            ("untested", &[9][..], true),
            ("never-matches", &[9], false),
            ("never-matches", &[9, 8], true),
            ("short-for", &[9, 8], true),
            ("short", &[9, 8], false),
            ("declared-together", &[9], true),
            ("declared-together", &[8], false),
            ("never-matches", &[99], false),
        ] {
            assert_eq!(is_allowed(lint, FILE, lines), allowed, "{lint} at {lines:?}");
        }
    }
}
