//! Lines of a calendar (RFC 5545, 3.1): unfolded, with name, parameters and value apart.

/// Longest line that is kept, in bytes; what is beyond is cut off.
const LINE_BYTES_MAX: usize = 16 * 1024;

/// One line: `ATTENDEE;CN="Anna A.":mailto:anna@example.org`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// In capitals.
    pub name: String,
    /// Names in capitals; values without their quotes.
    pub params: Vec<(String, String)>,
    /// As written.
    pub value: String,
}

impl Line {
    /// A parameter's value.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value as people wrote it.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(self.value.len());
        let mut letters = self.value.chars();
        while let Some(c) = letters.next() {
            match (c, c == '\\') {
                (_, false) => text.push(c),
                (_, true) => match letters.next() {
                    Some('n' | 'N') => text.push('\n'),
                    Some(other) => text.push(other),
                    None => text.push('\\'),
                },
            }
        }
        text
    }
}

/// All lines, with those joined that were folded; a line that is none is left out.
pub fn lines(text: &str) -> impl Iterator<Item = Line> {
    let mut raw = text.trim_start_matches('\u{FEFF}').lines().peekable();
    std::iter::from_fn(move || {
        let mut line = raw.next()?.to_owned();
        while let Some(more) = raw.peek().and_then(|next| next.strip_prefix([' ', '\t'])) {
            if line.len() + more.len() <= LINE_BYTES_MAX {
                line.push_str(more);
            }
            raw.next();
        }
        Some(parse(line.trim_end_matches('\r')))
    })
    .flatten()
}

fn parse(line: &str) -> Option<Line> {
    let line = &line[..line.floor_char_boundary(LINE_BYTES_MAX)];
    let colon = outside_quotes(line, ':')?;
    let (head, value) = (&line[..colon], &line[colon + 1..]);
    let mut parts = split_outside_quotes(head, ';').into_iter();
    let name = parts.next().unwrap_or_default().trim().to_ascii_uppercase();
    let param = |part: &str| {
        let (name, value) = part.split_once('=')?;
        Some((name.trim().to_ascii_uppercase(), value.trim().trim_matches('"').to_owned()))
    };
    let params = parts.filter_map(param).collect();
    (!name.is_empty()).then(|| Line { name, params, value: value.to_owned() })
}

fn outside_quotes(text: &str, wanted: char) -> Option<usize> {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        if c == '"' {
            quoted = !quoted;
        } else if c == wanted && !quoted {
            return Some(at);
        }
    }
    None
}

fn split_outside_quotes(text: &str, by: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = outside_quotes(rest, by) {
        parts.push(&rest[..at]);
        rest = &rest[at + 1..];
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        lines(text).next().unwrap()
    }

    #[test]
    fn joins_folded_lines_wherever_they_were_cut() {
        let all: Vec<Line> = lines("SUMMARY:An\r\n na\r\nX:1\n\t2\n 3\nno line\n\n:none\n").collect();
        assert_eq!(all.iter().map(|line| line.value.as_str()).collect::<Vec<_>>(), ["Anna", "123"]);
    }

    #[test]
    fn tells_parameters_from_values() {
        let attendee = line("attendee;cn=\"Anna; A: B\";PARTSTAT=ACCEPTED:mailto:anna@example.org");
        assert_eq!((attendee.name.as_str(), attendee.value.as_str()), ("ATTENDEE", "mailto:anna@example.org"));
        assert_eq!(attendee.param("CN"), Some("Anna; A: B"));
        assert_eq!(attendee.param("PARTSTAT"), Some("ACCEPTED"));
        assert_eq!(line("DTSTART;TZID=Europe/Berlin:20260101T090000").param("TZID"), Some("Europe/Berlin"));
    }

    #[test]
    fn reads_escapes() {
        assert_eq!(line(r"SUMMARY:a\, b\; c\\n\nd\").text(), "a, b; c\\n\nd\\");
    }

    #[test]
    fn a_line_without_end_is_cut() {
        let endless = format!("SUMMARY:{}{}", "ä".repeat(20_000), "\n x".repeat(20_000));
        assert!(line(&endless).value.len() <= LINE_BYTES_MAX);
    }
}
