//! Bold, colours and the like, which clients and services write as control characters between words.

use std::iter::Peekable;
use std::str::Chars;

/// A text without them.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            // Colours have numbers: `4`, `04` or `04,12`; or six hexadecimal digits.
            '\u{3}' => {
                let has_colour = number(&mut signs);
                let mut ahead = signs.clone();
                if has_colour && ahead.next() == Some(',') && number(&mut ahead) {
                    signs = ahead;
                }
            }
            '\u{4}' => {
                for _ in 0..6 {
                    signs.next_if(char::is_ascii_hexdigit);
                }
            }
            '\u{2}' | '\u{f}' | '\u{11}' | '\u{16}' | '\u{1d}' | '\u{1e}' | '\u{1f}' => {}
            other => plain.push(other),
        }
    }
    plain
}

// Passes over up to two digits; says whether there were any.
fn number(signs: &mut Peekable<Chars<'_>>) -> bool {
    (0..2).filter(|_| signs.next_if(char::is_ascii_digit).is_some()).count() > 0
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn words_stay_and_colours_go() {
        for (written, read) in [
            ("Invalid password for \u{2}bell\u{2}.", "Invalid password for bell."),
            ("\u{3}4red\u{3} \u{3}04,12both\u{f}, \u{3}1,x \u{3}123", "red both, ,x 3"),
            ("\u{4}ff0000red \u{1d}\u{1f}\u{16}\u{11}\u{1e}all", "red all"),
            ("\u{3}", ""),
            ("ä, 12", "ä, 12"),
        ] {
            assert_eq!(plain(written), read, "{written:?}");
        }
    }
}
