//! Text in pictures: nothing breaks a line there, so it is cut to what surely has room.

use serde::Serialize;

/// How wide a text is at most, in font sizes.
///
/// Nobody knows the reader's font; these are the widths of DejaVu Sans, the widest of those that desktops come with.
pub fn ems(text: &str) -> f64 {
    text.chars().map(width).sum()
}

/// A line of text in font sizes, on a phone of 320 px with a scroll bar, and on anything from 768 px on.
const TIGHT_EMS: f64 = 21.0;
const ROOMY_EMS: f64 = 50.0;
// Bold letters are wider.
const BOLD: f64 = 0.88;

/// A line of text in a picture: cut for a phone, and as it may stand where there is more room.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// For a phone.
    pub tight: String,
    /// For more room.
    pub roomy: String,
}

/// A name, in bold.
pub fn name(text: &str) -> Line {
    let text = named(text);
    Line { tight: fit(text, TIGHT_EMS * BOLD), roomy: fit(text, ROOMY_EMS * BOLD) }
}

/// A name, or that there is none: what can't be seen can't be asked about.
pub fn named(name: &str) -> &str {
    if name.trim().is_empty() { "(no name)" } else { name }
}

/// Words below a name.
pub fn words(text: &str) -> Line {
    Line { tight: fit(text, TIGHT_EMS), roomy: fit(text, ROOMY_EMS) }
}

/// The text, cut with `…` so that it is not wider than this many font sizes.
fn fit(text: &str, ems_max: f64) -> String {
    let text = plain(text);
    if ems(&text) <= ems_max {
        return text;
    }
    let mut left = ems_max - width('…');
    let kept: String = text
        .chars()
        .take_while(|letter| {
            left -= width(*letter);
            left >= 0.0
        })
        .collect();
    format!("{}…", kept.trim_end())
}

// One line, and nothing that turns the direction of what stands beside it.
fn plain(text: &str) -> String {
    let turns =
        |letter: &char| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let spaced: String = text
        .chars()
        .filter(|letter| !turns(letter))
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    spaced.trim().to_owned()
}

fn width(letter: char) -> f64 {
    match letter {
        'i' | 'j' | 'l' | 'f' | 't' | 'r' | 'I' | 'J' | ' ' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | '(' | ')'
        | '[' | ']' | '-' | '/' | '·' => 0.42,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' | '+' | '=' | '<' | '>' | '#' | '~' | '^' => 1.0,
        'A'..='Z' => 0.79,
        ' '..='~' | '±' | '−' | '–' => 0.66,
        '\u{300}'..='\u{36f}' => 0.0,
        '\u{a1}'..='\u{3ff}' => 0.9,
        // Ideographs, emoji, and whatever comes.
        _ => 1.3,
    }
}

#[cfg(test)]
mod tests {
    use super::{ems, fit};

    #[test]
    fn short_names_stay() {
        assert_eq!(fit("ObsFrontendDown", 24.0), "ObsFrontendDown");
        assert_eq!(fit("", 24.0), "");
    }

    #[test]
    fn long_names_end_where_the_room_does() {
        let cut = fit("HAProxyHighHttp5xxErrorRateBackendOfTheWholeBuildService", 24.0);
        assert_eq!(cut, "HAProxyHighHttp5xxErrorRateBackendOf…");
        assert!(ems(&cut) <= 24.0);
        let wide = fit(&"W".repeat(80), 10.0);
        assert_eq!(wide, format!("{}…", "W".repeat(9)));
        assert_eq!(fit(&"障".repeat(80), 10.0).chars().count(), 7);
    }

    #[test]
    fn a_name_cannot_turn_the_line_around() {
        assert_eq!(fit("a\u{202e}b\nc\u{2066}", 24.0), "ab c");
    }
}
