//! JUnit's XML: a suite for each file, a case for each test.

use super::report::{Style, failures};
use super::{Played, Tested};
use std::fmt::Write;

/// The whole report.
pub(super) fn report(played: &[Played]) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for file in played {
        suite(&mut xml, file);
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn suite(xml: &mut String, file: &Played) {
    let name = escaped(&file.name);
    // Writing to a text never fails.
    let _ = match &file.tests {
        Err(errors) => writeln!(
            xml,
            "  <testsuite name=\"{name}\" tests=\"1\" failures=\"0\" errors=\"1\">\n    \
             <testcase classname=\"{name}\" name=\"{name}\"><error message=\"the file has mistakes\">{}</error>\
             </testcase>\n  </testsuite>",
            escaped(&errors.to_string())
        ),
        Ok((_, tested)) => {
            let failed = tested.iter().filter(|test| !test.outcome.failures.is_empty()).count();
            let count = tested.len();
            let head = format!("  <testsuite name=\"{name}\" tests=\"{count}\" failures=\"{failed}\" errors=\"0\">");
            let cases: String = tested.iter().map(|test| case(&name, test)).collect();
            writeln!(xml, "{head}\n{cases}  </testsuite>")
        }
    };
}

fn case(class: &str, test: &Tested) -> String {
    let head = format!("    <testcase classname=\"{class}\" name=\"{}\"", escaped(&test.name));
    let Some(first) = test.outcome.failures.first() else { return format!("{head}/>\n") };
    let message = escaped(&format!("{}, time: {}", first.incident, first.at));
    let text = escaped(&failures(test, Style { diff: false, extended: false }).join("\n"));
    format!("{head}><failure message=\"{message}\">{text}</failure></testcase>\n")
}

// Inside quotes too: there a line break would become a blank.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            // XML can't hold these, however they are written.
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => escaped.push('\u{FFFD}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn text_stays_text() {
        assert_eq!(
            escaped("a<b> & \"c\"\n\u{1b}[2J\u{FFFF}"),
            "a&lt;b&gt; &amp; &quot;c&quot;&#10;\u{FFFD}[2J\u{FFFD}"
        );
    }
}
