//! A unified diff of a few lines.

/// Lines that only one side has, among those that both have; nothing is left out.
pub(super) fn unified(expected: &[String], got: &[String]) -> Vec<String> {
    let common = common(expected, got);
    let mut lines =
        vec!["--- Expected".to_owned(), "+++ Actual".to_owned(), format!("@@ -{} +{} @@", range(expected), range(got))];
    let (mut left, mut right) = (0, 0);
    for (at_left, at_right) in common.into_iter().chain([(expected.len(), got.len())]) {
        lines.extend(expected[left..at_left].iter().map(|line| format!("-{line}")));
        lines.extend(got[right..at_right].iter().map(|line| format!("+{line}")));
        lines.extend(expected.get(at_left).map(|line| format!(" {line}")));
        (left, right) = (at_left + 1, at_right + 1);
    }
    lines
}

fn range(lines: &[String]) -> String {
    if lines.is_empty() { "0,0".to_owned() } else { format!("1,{}", lines.len()) }
}

// Places of the longest common run of lines, not necessarily side by side.
fn common(a: &[String], b: &[String]) -> Vec<(usize, usize)> {
    let mut lengths = vec![vec![0_usize; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            lengths[i][j] =
                if a[i] == b[j] { lengths[i + 1][j + 1] + 1 } else { lengths[i + 1][j].max(lengths[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut found) = (0, 0, Vec::new());
    while i < a.len() && j < b.len() {
        if a[i] == b[j] {
            found.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if lengths[i + 1][j] >= lengths[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::unified;

    fn lines(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn keeps_what_both_have() {
        let shown = unified(&lines("a b c"), &lines("a x c d"));
        assert_eq!(
            shown[2..],
            lines("@@ -1,3 +1,4 @@").join(" ").lines().chain([" a", "-b", "+x", " c", "+d"]).collect::<Vec<_>>()[..]
        );
        assert_eq!(unified(&[], &lines("a"))[2..], ["@@ -0,0 +1,1 @@", "+a"]);
        assert_eq!(unified(&lines("a"), &[])[2..], ["@@ -1,1 +0,0 @@", "-a"]);
    }
}
