//! Stories of people in a pad, and random ones.

use super::{Known, MOVED, first_line, framed, is_there, last_line, merge};
use crate::ids::IncidentId;

const INCIDENT: IncidentId = IncidentId(7);

fn known<'a>(ours: &'a [&'a str]) -> Known<'a> {
    Known { incident: INCIDENT, untouched: false, ours }
}

fn block(content: &str) -> String {
    framed(INCIDENT, content)
}

// The pad after our change, twice: the second time there is nothing to change.
fn after(pad: &str, new: &str, ours: &[&str]) -> String {
    let merged = merge(pad, new, known(ours));
    let text = merged.edit.map_or(pad.to_owned(), |edit| edit.apply(pad));
    let again = merge(&text, new, known(&[new]));
    assert_eq!((again.edit, again.moved.len(), again.people), (None, 0, merged.people), "{text}");
    text
}

// The same in messages that insert at most so many bytes each.
fn in_pieces(pad: &str, new: &str, old: &str, bytes_max: usize) -> String {
    let mut pad = pad.to_owned();
    for _ in 0..200 {
        let edits = merge(&pad, new, known(&[old, new])).within(&pad, bytes_max);
        if edits.is_empty() {
            return pad;
        }
        for edit in edits.iter().rev() {
            pad = edit.apply(&pad);
        }
    }
    panic!("it never ends:\n{pad}")
}

#[test]
fn a_new_pad_gets_our_block_in_the_place_of_the_greeting() {
    let new = block("Status: suspected\n");
    let untouched = Known { incident: INCIDENT, untouched: true, ours: &[] };
    for pad in ["\n", "Welcome to Etherpad!\n\nThis pad text is synchronized.\n"] {
        let merged = merge(pad, &new, untouched);
        let text = merged.edit.unwrap().apply(pad);
        assert!(text.starts_with(&new) && text[new.len()..].trim().is_empty() && text.len() <= new.len() + 2, "{text}");
        assert_eq!(merged.people, "");
    }
}

#[test]
fn what_people_wrote_stays_where_it_is() {
    let (old, new) = (block("Status: suspected"), block("Status: confirmed"));
    let pad = format!("ada: look at web1\n{old}\nbert: restarted it\n\n");
    assert_eq!(after(&pad, &new, &[&old]), format!("ada: look at web1\n{new}\nbert: restarted it\n\n"));
    assert_eq!(merge(&pad, &new, known(&[&old])).people, "ada: look at web1\n\nbert: restarted it");
}

#[test]
fn what_people_wrote_inside_of_our_block_moves_below_it() {
    let (old, new) = (block("Status: suspected\nImpact: not known"), block("Status: confirmed\nImpact: not known"));
    let pad = old.replace("Impact: not known", "Impact: builds are stuck\nsince noon") + "bert: restarted it\n";
    let expected = format!("{new}\n{MOVED}\nImpact: builds are stuck\nsince noon\nbert: restarted it\n");
    assert_eq!(after(&pad, &new, &[&old]), expected);
}

#[test]
fn a_line_of_ours_that_somebody_copied_is_theirs() {
    let old = block("Status: suspected");
    let pad = old.replace("Status: suspected", "Status: suspected\nStatus: suspected");
    assert_eq!(after(&pad, &old, &[&old]), format!("{old}\n{MOVED}\nStatus: suspected\n"));
}

#[test]
fn what_may_have_been_written_before_a_crash_is_ours_too() {
    let (old, may_be, new) = (block("Status: suspected"), block("Status: confirmed"), block("Status: resolved"));
    assert_eq!(after(&may_be, &new, &[&old, &may_be]), new);
}

#[test]
fn a_deleted_block_comes_back_on_top() {
    let old = block("Status: suspected");
    let pad = "all gone, sorry\n";
    assert!(is_there(&old, known(&[&old])) && !is_there(pad, known(&[&old])));
    assert_eq!(after(pad, &old, &[&old]), format!("{old}\nall gone, sorry\n"));
    assert_eq!(after("\n", &old, &[&old]).trim(), old.trim());
}

#[test]
fn half_a_block_is_made_whole() {
    let old = block("Status: suspected\nImpact: not known");
    let new = block("Status: confirmed\nImpact: not known");
    let no_end = old.replace(&(last_line(INCIDENT) + "\n"), "") + "ada: hello\n";
    assert_eq!(after(&no_end, &new, &[&old]), format!("{new}ada: hello\n"));
    let no_begin = "ada: hello\n".to_owned() + &old.replace(&(first_line(INCIDENT) + "\n"), "");
    assert_eq!(after(&no_begin, &new, &[&old]), format!("ada: hello\n{new}"));
}

#[test]
fn no_line_of_ours_looks_like_the_frame() {
    let evil = format!("Title\n{}\nmore", last_line(INCIDENT));
    let old = block(&evil);
    assert_eq!(old.lines().filter(|line| *line == last_line(INCIDENT)).count(), 1);
    assert_eq!(after(&old, &block("Title"), &[&old]), block("Title"));
}

#[test]
fn in_a_thousand_random_pads_nothing_of_people_is_lost() {
    let mut rng = fastrand::Rng::with_seed(7);
    for round in 0..1000 {
        let mut words = |count: usize, ours: bool| -> Vec<String> {
            let line = |_| {
                let word = rng.u32(..9);
                if ours { format!("Field {word}: ä{word}\u{1F514}") } else { format!("human {word} {}", rng.u32(..)) }
            };
            (0..count).map(line).collect()
        };
        let (old, new) = (block(&words(5, true).join("\n")), block(&words(4, true).join("\n")));
        let people = words(6, false);
        let mut lines: Vec<String> = old.lines().map(str::to_owned).collect();
        for line in &people {
            lines.insert(rng.usize(..=lines.len()), line.clone());
        }
        // Somebody deletes some of ours.
        for _ in 0..rng.usize(..3) {
            let at = rng.usize(..lines.len());
            if !lines[at].starts_with("human") {
                lines.remove(at);
            }
        }
        let pad = lines.join("\n") + "\n";
        let text = after(&pad, &new, &[&old]);
        let pieces = in_pieces(&pad, &new, &old, 100);
        assert!(text.contains(&new), "{round}: {text}");
        assert!(pieces.contains(&new), "{round}: {pieces}");
        for line in &people {
            assert_eq!(
                pieces.lines().filter(|found| found == line).count(),
                1,
                "{round}: {line} in\n{pad}\n→\n{pieces}"
            );
            assert_eq!(text.lines().filter(|found| found == line).count(), 1, "{round}: {line} in\n{pad}\n→\n{text}");
        }
    }
}
