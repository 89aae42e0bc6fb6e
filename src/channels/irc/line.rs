//! Lines of the protocol: read from bytes, whatever they hold; written so that none can become two.

use std::fmt::Write;

/// Longest line that is read, in bytes: tags may have 8191, the rest 512; some servers allow more.
pub const READ_BYTES_MAX: usize = 16 * 1024;

/// Longest line that is written, with its end, in bytes.
pub const WIRE_BYTES_MAX: usize = 512;

const PARAMETERS_MAX: usize = 32;
const TAGS_MAX: usize = 64;

/// A line from a server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    tags: Vec<(String, String)>,
    /// Who it comes from: a server, or `nick!user@host`; empty if not said.
    pub source: String,
    /// `PRIVMSG`, `001`: in capitals.
    pub command: String,
    parameters: Vec<String>,
}

impl Line {
    /// Reads a line, without its end; what is no line is nothing.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let mut rest = text.trim_matches(['\r', '\n', '\0', ' ']);
        let mut line = Self::default();
        if let Some(tagged) = rest.strip_prefix('@') {
            let (tags, after) = tagged.split_once(' ')?;
            line.tags = tags.split(';').take(TAGS_MAX).map(tag).collect();
            rest = after.trim_start_matches(' ');
        }
        if let Some(sourced) = rest.strip_prefix(':') {
            let (source, after) = sourced.split_once(' ')?;
            source.clone_into(&mut line.source);
            rest = after.trim_start_matches(' ');
        }
        let (command, after) = rest.split_once(' ').unwrap_or((rest, ""));
        if command.is_empty() || !command.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        line.command = command.to_ascii_uppercase();
        line.parameters = parameters(after);
        Some(line)
    }

    /// A parameter; empty where there is none.
    pub fn parameter(&self, at: usize) -> &str {
        self.parameters.get(at).map_or("", String::as_str)
    }

    /// The last one: a text, mostly.
    pub fn last(&self) -> &str {
        self.parameters.last().map_or("", String::as_str)
    }

    /// All of them.
    pub fn parameters(&self) -> &[String] {
        &self.parameters
    }

    /// A tag's value.
    pub fn tag(&self, name: &str) -> Option<&str> {
        self.tags.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The nick it comes from, or the server's name.
    pub fn nick(&self) -> &str {
        self.source.split(['!', '@']).next().unwrap_or_default()
    }

    /// What a numeric or `ERROR` says, for people: the parameters behind our own nick.
    pub fn said(&self) -> String {
        let skip = usize::from(self.command.bytes().all(|byte| byte.is_ascii_digit()));
        self.parameters.iter().skip(skip).map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

// `key=value` with its five escapes.
fn tag(text: &str) -> (String, String) {
    let (name, written) = text.split_once('=').unwrap_or((text, ""));
    let mut value = String::with_capacity(written.len());
    let mut signs = written.chars();
    while let Some(sign) = signs.next() {
        match if sign == '\\' { signs.next().map(|escaped| (true, escaped)) } else { Some((false, sign)) } {
            Some((true, ':')) => value.push(';'),
            Some((true, 's')) => value.push(' '),
            Some((true, 'r')) => value.push('\r'),
            Some((true, 'n')) => value.push('\n'),
            Some((_, other)) => value.push(other),
            None => {}
        }
    }
    (name.to_owned(), value)
}

fn parameters(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches(' ');
    while !rest.is_empty() && found.len() < PARAMETERS_MAX {
        if let Some(last) = rest.strip_prefix(':') {
            found.push(last.to_owned());
            break;
        }
        let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
        found.push(word.to_owned());
        rest = after.trim_start_matches(' ');
    }
    found
}

/// Writes a command, the last of its parameters with spaces or not, for the wire: one line, whatever stands in it.
pub fn write(command: &str, parameters: &[&str]) -> String {
    let mut line = command.to_owned();
    let last = parameters.len().saturating_sub(1);
    for (at, parameter) in parameters.iter().enumerate() {
        let colon = if at == last && needs_colon(parameter) { ":" } else { "" };
        let _ = write!(line, " {colon}{parameter}");
    }
    let mut line: String =
        line.chars().map(|sign| if matches!(sign, '\r' | '\n' | '\0') { ' ' } else { sign }).collect();
    // Tags aside, a server cuts what is longer, or ends the connection.
    line.truncate(line.floor_char_boundary(WIRE_BYTES_MAX - 2));
    line
}

fn needs_colon(parameter: &str) -> bool {
    parameter.is_empty() || parameter.starts_with(':') || parameter.contains([' ', '\r', '\n', '\0'])
}

/// The same name in the same letters: servers don't tell `[Bell]` from `{bell}`.
pub fn fold(name: &str) -> String {
    let folded = name.chars().map(|sign| match sign {
        '[' => '{',
        ']' => '}',
        '\\' => '|',
        '~' => '^',
        other => other.to_ascii_lowercase(),
    });
    folded.collect()
}

/// Cuts a text into lines of at most so many bytes, between words where it can.
pub fn split(text: &str, bytes_max: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text;
    while rest.len() > bytes_max {
        // At least one character, or it would never end.
        let end = rest.floor_char_boundary(bytes_max).max(rest.chars().next().map_or(1, char::len_utf8));
        let at = rest[..end].rfind(' ').filter(|at| *at > end / 2).unwrap_or(end);
        lines.extend(Some(rest[..at].trim_end()).filter(|line| !line.is_empty()).map(str::to_owned));
        rest = rest[at..].trim_start();
    }
    if !rest.is_empty() {
        lines.push(rest.to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_servers_send() {
        let line = Line::read(
            b"@time=2026-11-22T06:47:15.425Z;msgid=97K~1;account=human;x=a\\sb\\:c :human!u@127.0.0.1 PRIVMSG #inc2 :!incident take \r\n",
        )
        .unwrap();
        assert_eq!((line.nick(), line.command.as_str(), line.parameter(0)), ("human", "PRIVMSG", "#inc2"));
        assert_eq!(line.last(), "!incident take");
        assert_eq!((line.tag("account"), line.tag("x"), line.tag("y")), (Some("human"), Some("a b;c"), None));
        let line = Line::read(b":irc.test 404 bot #x :Cannot send").unwrap();
        assert_eq!(line.said(), "#x Cannot send");
        let line = Line::read(b"PING token").unwrap();
        assert_eq!((line.source.as_str(), line.last()), ("", "token"));
    }

    #[test]
    fn garbage_is_nothing_and_never_a_panic() {
        for bytes in [&b""[..], b"\r\n", b":", b"@", b"@a", b":x", b"@a=b :c", b"\xff\xfe \x00", b": :", b"!x y"] {
            assert_eq!(Line::read(bytes), None, "{bytes:?}");
        }
        let mut random = fastrand::Rng::with_seed(5);
        for _ in 0..20_000 {
            let bytes: Vec<u8> =
                (0..random.usize(..40)).map(|_| *random.choice(b"@:; =\\!a1#\r\0\xff\xc3").unwrap()).collect();
            if let Some(line) = Line::read(&bytes) {
                let _ = (line.nick(), line.said(), line.last(), line.tag("a"));
            }
        }
    }

    #[test]
    fn one_line_stays_one_line() {
        assert_eq!(write("PRIVMSG", &["#x", "a\r\nQUIT :b\0"]), "PRIVMSG #x :a  QUIT :b ");
        assert_eq!(write("JOIN", &["#x"]), "JOIN #x");
        assert_eq!(write("TOPIC", &["#x", ""]), "TOPIC #x :");
        assert_eq!(write("PRIVMSG", &["#x", &"ä".repeat(600)]).len(), 510 - 1, "not in the middle of a letter");
    }

    #[test]
    fn long_texts_are_cut_between_words_and_never_inside_of_a_letter() {
        assert_eq!(split("a bc def", 4), ["a bc", "def"]);
        assert_eq!(split("äöüß", 3), ["ä", "ö", "ü", "ß"]);
        assert_eq!(split("ä", 1), ["ä"]);
        assert_eq!(split("", 4), [] as [String; 0]);
        let mut random = fastrand::Rng::with_seed(9);
        for _ in 0..3_000 {
            let text: String = (0..random.usize(..200))
                .map(|_| *random.choice(&['a', ' ', 'ä', '\u{1F514}', '日']).unwrap())
                .collect();
            let max = random.usize(4..40);
            let lines = split(&text, max);
            assert!(lines.iter().all(|line| line.len() <= max && !line.is_empty()), "{text:?} {max}");
            let letters = |text: &str| text.chars().filter(|sign| *sign != ' ').collect::<String>();
            assert_eq!(letters(&lines.concat()), letters(&text));
        }
    }

    #[test]
    fn names_are_compared_as_servers_do() {
        assert_eq!(fold("[Bell]~\\"), fold("{bELL}^|"));
    }
}
