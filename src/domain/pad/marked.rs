//! Lines of people that are meant for the timeline: `!note we restarted web1`.

/// How such a line begins.
pub const MARK: &str = "!note";

/// Longest of them, in bytes; the rest is cut.
pub const NOTE_BYTES_MAX: usize = 2_000;

/// Most notes taken from one pad: whoever knows its address could write any number.
pub const NOTES_MAX: usize = 100;

/// The notes in what people wrote, each once, in their order. Somebody may still be typing: whoever takes them waits until
/// they stay as they are.
pub fn notes(people: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in people.lines() {
        // A pad puts a star in front of lines of a list.
        let line = line.trim_start().trim_start_matches('*').trim_start();
        let Some(rest) = line.strip_prefix(MARK) else { continue };
        if !rest.starts_with([' ', ':', '\t']) {
            continue;
        }
        let note = crate::text::clean_line(rest.trim_start_matches(':'), NOTE_BYTES_MAX);
        if !note.is_empty() && !found.contains(&note) && found.len() < NOTES_MAX {
            found.push(note);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::notes;

    #[test]
    fn marked_lines_are_notes() {
        let people =
            "hello\n!note restarted web1\n  * !note: disk is full \n!notes no\n!note\n!note restarted web1\nx !note y";
        assert_eq!(notes(people), ["restarted web1", "disk is full"]);
        let many: String = (0..500).map(|at| format!("!note {at}\n")).collect();
        assert_eq!(notes(&many).len(), super::NOTES_MAX);
    }
}
