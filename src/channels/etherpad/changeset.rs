//! Etherpad's changesets, as far as one splice needs them: `Z:c>3|1=5*0+3$abc`. Counts are in base 36 of UTF-16 units.

use domain::pad::Edit;

/// Changes of a pad with this text, in its order, as one changeset. None if nothing changes. What is inserted carries the
/// attribute 0, which the message names as our author.
pub fn changeset(pad: &str, edits: &[Edit]) -> Option<String> {
    let (mut at, mut operations, mut inserted, mut removed) = (0, String::new(), String::new(), 0);
    for edit in edits.iter().map(|edit| edit.trimmed(pad)).filter(|edit| edit.from < edit.to || !edit.text.is_empty()) {
        operations += &run("=", "", &pad[at..edit.from]);
        operations += &run("-", "", &pad[edit.from..edit.to]);
        operations += &run("+", "*0", &edit.text);
        removed += units(&pad[edit.from..edit.to]);
        inserted += &edit.text;
        at = edit.to;
    }
    if operations.is_empty() {
        return None;
    }
    let added = units(&inserted);
    let (sign, delta) = if added < removed { ('<', removed - added) } else { ('>', added - removed) };
    Some(format!("Z:{}{sign}{}{operations}${inserted}", base36(units(pad)), base36(delta)))
}

// One operation over a text: whole lines in one run that says how many, then the rest of the last one.
fn run(sign: &str, attributes: &str, text: &str) -> String {
    let (whole, rest) = text.split_at(text.rfind('\n').map_or(0, |at| at + 1));
    let mut run = String::new();
    if !whole.is_empty() {
        let newlines = whole.bytes().filter(|byte| *byte == b'\n').count();
        run.push_str(&format!("{attributes}|{}{sign}{}", base36(newlines), base36(units(whole))));
    }
    if !rest.is_empty() {
        run.push_str(&format!("{attributes}{sign}{}", base36(units(rest))));
    }
    run
}

/// How long JavaScript says a text is.
pub fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

fn base36(mut number: usize) -> String {
    let mut digits = Vec::new();
    loop {
        // Below 36, so it is a digit.
        digits.extend(char::from_digit((number % 36) as u32, 36));
        number /= 36;
        if number == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{base36, changeset, units};
    use domain::pad::Edit;

    // An independent reader of the format, strict as the server is.
    fn apply(changeset: &str, pad: &str) -> String {
        let old: Vec<u16> = pad.encode_utf16().collect();
        let (head, bank) = changeset.split_once('$').unwrap();
        let mut bank: std::collections::VecDeque<u16> = bank.encode_utf16().collect();
        let head = head.strip_prefix("Z:").unwrap();
        let sign_at = head.find(['<', '>']).unwrap();
        assert_eq!(usize::from_str_radix(&head[..sign_at], 36).unwrap(), old.len());
        let rest = &head[sign_at + 1..];
        let operations_at = rest.find(['|', '=', '+', '-', '*']).unwrap_or(rest.len());
        let delta = i64::from_str_radix(&rest[..operations_at], 36).unwrap();
        let delta = if head[sign_at..].starts_with('<') { -delta } else { delta };
        let (mut at, mut new, mut operations) = (0, Vec::new(), &rest[operations_at..]);
        while !operations.is_empty() {
            let author = operations.strip_prefix("*0");
            operations = author.unwrap_or(operations);
            let mut newlines = 0;
            if let Some(rest) = operations.strip_prefix('|') {
                let end = rest.find(['=', '+', '-']).unwrap();
                newlines = usize::from_str_radix(&rest[..end], 36).unwrap();
                operations = &rest[end..];
            }
            let (sign, rest) = operations.split_at(1);
            let end = rest.find(['|', '=', '+', '-', '*']).unwrap_or(rest.len());
            let count = usize::from_str_radix(&rest[..end], 36).unwrap();
            operations = &rest[end..];
            assert_eq!(author.is_some(), sign == "+", "inserted text has an author, nothing else does");
            let run: Vec<u16> = match sign {
                "+" => bank.drain(..count).collect(),
                _ => {
                    at += count;
                    old[at - count..at].to_vec()
                }
            };
            assert_eq!(run.iter().filter(|unit| **unit == 10).count(), newlines);
            assert!(newlines == 0 || run.last() == Some(&10), "a run of lines ends with its last newline");
            if sign != "-" {
                new.extend(run);
            }
        }
        assert!(bank.is_empty());
        new.extend(&old[at..]);
        assert_eq!(new.len() as i64 - old.len() as i64, delta);
        String::from_utf16(&new).unwrap()
    }

    #[test]
    fn as_etherpad_writes_them() {
        let edit = |from, to, text: &str| [Edit { from, to, text: text.into() }];
        assert_eq!(changeset("hello\n", &edit(5, 5, " you")).unwrap(), "Z:6>4=5*0+4$ you");
        assert_eq!(changeset("a\nb\nc\n", &edit(2, 4, "x\ny\n")).unwrap(), "Z:6>2|1=2-1*0|1+2*0+1$x\ny");
        assert_eq!(changeset("\u{1F514}b\n", &edit(4, 5, "")).unwrap(), "Z:4<1=2-1$");
        assert_eq!(changeset("a\n", &edit(0, 2, "a\n")), None);
        assert_eq!([0, 35, 36, 1295, 1296].map(base36), ["0", "z", "10", "zz", "100"]);
        assert_eq!(units("ä\u{1F514}"), 3);
    }

    fn random(rng: &mut fastrand::Rng, most: usize) -> String {
        let signs = ["a", "b", "\n", "ä", "\u{1F514}", "$", "|", " ", "*0", "0"];
        (0..rng.usize(..most)).map(|_| signs[rng.usize(..signs.len())]).collect()
    }

    #[test]
    fn applied_they_give_the_new_text() {
        let mut rng = fastrand::Rng::with_seed(36);
        for _ in 0..5_000 {
            let (pad, new) = (random(&mut rng, 40) + "\n", random(&mut rng, 20));
            let ends: Vec<usize> = pad.char_indices().map(|(at, _)| at).collect();
            let (a, b) = (ends[rng.usize(..ends.len())], ends[rng.usize(..ends.len())]);
            let edit = Edit { from: a.min(b), to: a.max(b), text: new };
            // A second one behind it, in the same message.
            let c = ends[rng.usize(..ends.len())].max(edit.to + 1);
            let second = Edit { from: c, to: c, text: random(&mut rng, 9) };
            let is_there = c < pad.len() && pad.is_char_boundary(c);
            let edits: Vec<Edit> = [edit].into_iter().chain(is_there.then_some(second)).collect();
            let expected = edits.iter().rev().fold(pad.clone(), |pad, edit| edit.apply(&pad));
            match changeset(&pad, &edits) {
                Some(changeset) => assert_eq!(apply(&changeset, &pad), expected, "{changeset}"),
                None => assert_eq!(pad, expected),
            }
        }
    }
}
