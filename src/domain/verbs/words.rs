//! A line in words: quotes as keyboards and phones write them keep words together, and nothing else is special. What
//! can't be read as quotes is text: `it's`, `5"`, an opening quote that is never closed.

/// A word of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Where it begins in its line.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
    /// Without its quotes.
    pub text: String,
    /// How it was written.
    pub shape: Shape,
}

/// How a word was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// As it is.
    Plain,
    /// In quotes: text, whatever stands in it.
    Quoted,
    /// `name=value` or `name=~"value"`.
    Pair {
        /// Before the sign.
        name: String,
        /// `=`, `!=`, `=~` or `!~`.
        sign: &'static str,
        /// Behind it, without its quotes.
        value: String,
    },
}

// The longer ones first.
const SIGNS: [&str; 4] = ["=~", "!=", "!~", "="];

/// Splits a line.
pub fn split(line: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut reader = Reader { line, unclosed: Vec::new() };
    let mut at = 0;
    while let Some(from) = line[at..].find(|c: char| !c.is_whitespace()).map(|skipped| at + skipped) {
        let word = reader.word(from);
        at = word.to;
        words.push(word);
    }
    words
}

/// Words that somebody else has split, as a shell does: each is one, and those with a space in it were quoted.
pub fn of_arguments(arguments: &[String]) -> (String, Vec<Word>) {
    let mut line = String::new();
    let mut words = Vec::new();
    for argument in arguments {
        if !line.is_empty() {
            line.push(' ');
        }
        let from = line.len();
        line.push_str(argument);
        let quoted = argument.is_empty() || argument.contains(char::is_whitespace);
        let shape = match pair(argument) {
            Some((name, sign, value)) => Shape::Pair { name, sign, value: value.to_owned() },
            None if quoted => Shape::Quoted,
            None => Shape::Plain,
        };
        words.push(Word { from, to: line.len(), text: argument.clone(), shape });
    }
    (line, words)
}

/// Puts a text into quotes, so that it is read as it is.
pub fn quoted(text: &str) -> String {
    let escape = |letter| letter == '\\' || kind_of(letter) == Some(Kind::Double);
    let letters = text.chars().flat_map(|letter| escape(letter).then_some('\\').into_iter().chain([letter]));
    format!("\"{}\"", letters.collect::<String>())
}

struct Reader<'a> {
    line: &'a str,
    // Quotes that were found not to be closed: asked once, not again for each word behind them.
    unclosed: Vec<Kind>,
}

impl Reader<'_> {
    fn word(&mut self, from: usize) -> Word {
        let line = self.line;
        if let Some((text, to)) = self.in_quotes(from) {
            return Word { from, to, text, shape: Shape::Quoted };
        }
        let end = line[from..].find(char::is_whitespace).map_or(line.len(), |length| from + length);
        let Some((name, sign, value)) = pair(&line[from..end]) else {
            return Word { from, to: end, text: line[from..end].to_owned(), shape: Shape::Plain };
        };
        let value_from = from + name.len() + sign.len();
        let (value, to) = self.in_quotes(value_from).unwrap_or_else(|| (value.to_owned(), end));
        Word { from, to, text: line[from..to].to_owned(), shape: Shape::Pair { name, sign, value } }
    }

    // A quoted text that begins here, and where it ends: at the first quote of its kind before a space.
    fn in_quotes(&mut self, from: usize) -> Option<(String, usize)> {
        let line = self.line;
        let mut letters = line[from..].char_indices();
        let kind = kind_of(letters.next()?.1).filter(|kind| !self.unclosed.contains(kind))?;
        let mut text = String::new();
        while let Some((at, letter)) = letters.next() {
            let after = from + at + letter.len_utf8();
            let next = line[after..].chars().next();
            if kind_of(letter) == Some(kind) && next.is_none_or(char::is_whitespace) {
                return Some((text, after));
            }
            let escapes = letter == '\\' && kind == Kind::Double;
            match next.filter(|next| escapes && (*next == '\\' || kind_of(*next) == Some(kind))) {
                Some(escaped) => {
                    text.push(escaped);
                    letters.next();
                }
                None => text.push(letter),
            }
        }
        self.unclosed.push(kind);
        None
    }
}

// `name=value`: a name as labels and options have them, so that `https://x/?a=b` is none.
fn pair(word: &str) -> Option<(String, &'static str, &str)> {
    // Phones write two hyphens as a dash.
    let bare = word.trim_start_matches(['-', '–', '—']);
    let dashes = word.len() - bare.len();
    let length = bare.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-' || c == '.'))?;
    let rest = &bare[length..];
    let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign)).filter(|_| length > 0)?;
    Some((word[..dashes + length].to_owned(), sign, &rest[sign.len()..]))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Single,
    Double,
}

fn kind_of(letter: char) -> Option<Kind> {
    match letter {
        '"' | '“' | '”' | '„' | '‟' | '«' | '»' => Some(Kind::Double),
        '\'' | '‘' | '’' | '‚' | '‹' | '›' => Some(Kind::Single),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Shape, Word, of_arguments, quoted, split};

    fn read(line: &str) -> Vec<String> {
        let shown = |word: &Word| match &word.shape {
            Shape::Plain => word.text.clone(),
            Shape::Quoted => format!("[{}]", word.text),
            Shape::Pair { name, sign, value } => format!("<{name}|{sign}|{value}>"),
        };
        split(line).iter().map(shown).collect()
    }

    #[test]
    fn quotes_of_keyboards_and_phones_keep_words_together() {
        for line in
            ["say \"two words\" x", "say “two words” x", "say „two words“ x", "say «two words» x", "say ‘two words’ x"]
        {
            assert_eq!(read(line), ["say", "[two words]", "x"], "{line}");
        }
        assert_eq!(read("a=\"b c\" d=“e f” g=~\"h|i\" j!=k"), ["<a|=|b c>", "<d|=|e f>", "<g|=~|h|i>", "<j|!=|k>"]);
        assert_eq!(read("\"\" x=\"\""), ["[]", "<x|=|>"]);
        assert_eq!(read("\"say \\\"no\\\" \\\\ \\n\""), ["[say \"no\" \\ \\n]"]);
    }

    #[test]
    fn what_is_no_quote_is_text() {
        assert_eq!(read("it's 5\" wide"), ["it's", "5\"", "wide"]);
        assert_eq!(read("\"never closed"), ["\"never", "closed"]);
        assert_eq!(read("'tis the host's"), ["'tis", "the", "host's"]);
        assert_eq!(read("\"a\"b c\""), ["[a\"b c]"]);
        assert_eq!(
            read("see https://x.example/?a=b =x a~b —drill"),
            ["see", "https://x.example/?a=b", "=x", "a~b", "—drill"]
        );
        assert_eq!(read("  \u{a0}a\t\nb "), ["a", "b"]);
    }

    #[test]
    fn words_of_a_shell_are_not_split_again() {
        let (line, words) = of_arguments(&["two words".to_owned(), "a=b c".to_owned(), String::new(), "x".to_owned()]);
        assert_eq!(line, "two words a=b c  x");
        let shapes: Vec<&Shape> = words.iter().map(|word| &word.shape).collect();
        let pair = Shape::Pair { name: "a".to_owned(), sign: "=", value: "b c".to_owned() };
        assert_eq!(shapes, [&Shape::Quoted, &pair, &Shape::Quoted, &Shape::Plain]);
        assert!(words.iter().all(|word| line[word.from..word.to] == word.text));
    }

    #[test]
    fn a_quoted_text_comes_back() {
        for text in ["", "a b", "\"", "\\", "\\\"", "a\\", "“x” y", "’", " a\n b ", "\\n"] {
            let line = quoted(text);
            assert_eq!(read(&line), [format!("[{text}]")], "{line}");
        }
    }
}
