//! How commands are written on a surface: hints and refusals say what to type there, not somewhere else.

use super::Verb;
use crate::ids::IncidentId;

/// How a command is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spelling {
    /// What stands before the verb, with a space after it: `earlybell incident `, `/incident `, `!incident `, or nothing.
    prefix: String,
    /// How numbers of incidents are written.
    pub numbers: Numbers,
}

/// How numbers of incidents are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// `42`: in a shell, `#` begins a comment. The first word after the verb is the number, if it is one.
    Bare,
    /// `#42`; a bare number may be the beginning of a sentence.
    Hash,
}

impl Spelling {
    /// On the command line: `earlybell incident take 42 operations`.
    pub fn cli() -> Self {
        Self { prefix: "earlybell incident ".to_owned(), numbers: Numbers::Bare }
    }

    /// Behind a word, as in a chat: `/incident take #42 operations`; behind an empty one, the verb alone.
    pub fn chat(word: &str) -> Self {
        let word = word.trim();
        let prefix = if word.is_empty() { String::new() } else { format!("{word} ") };
        Self { prefix, numbers: Numbers::Hash }
    }

    /// A command of the command line, as it is written here; what is none stays.
    pub fn of_cli(&self, command: &str) -> String {
        let cli = Self::cli();
        let Some(rest) = command.strip_prefix(&cli.prefix).filter(|_| *self != cli) else { return command.to_owned() };
        let words = rest.split(' ').enumerate().map(|(at, word)| {
            let number = (at == 1).then(|| word.parse().ok()).flatten().map(IncidentId);
            number.map_or_else(|| word.to_owned(), |number| self.number(number))
        });
        format!("{}{}", self.prefix, words.collect::<Vec<_>>().join(" "))
    }

    /// The word before the verb.
    pub fn prefix(&self) -> &str {
        self.prefix.trim_end()
    }

    /// The number of an incident.
    pub fn number(&self, incident: IncidentId) -> String {
        match self.numbers {
            Numbers::Bare => incident.0.to_string(),
            Numbers::Hash => format!("#{}", incident.0),
        }
    }

    /// A command.
    pub fn line(&self, verb: Verb, incident: Option<IncidentId>, rest: &str) -> String {
        let number = incident.map(|incident| self.number(incident));
        let words = [verb.word()].into_iter().chain(number.as_deref()).chain([rest]);
        let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        format!("{}{line}", self.prefix)
    }

    /// A line of the table, with its numbers as they are written here: `take #42 operations`.
    pub fn written(&self, line: &str) -> String {
        match self.numbers {
            Numbers::Bare => format!("{}{}", self.prefix, line.replace('#', "")),
            Numbers::Hash => format!("{}{line}", self.prefix),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{IncidentId, Spelling, Verb};

    #[test]
    fn each_surface_has_its_way_to_write_a_command() {
        let take = |spelling: Spelling| spelling.line(Verb::Take, Some(IncidentId(42)), "operations");
        assert_eq!(take(Spelling::cli()), "earlybell incident take 42 operations");
        assert_eq!(take(Spelling::chat("/incident")), "/incident take #42 operations");
        assert_eq!(take(Spelling::chat("")), "take #42 operations");
        assert_eq!(Spelling::chat("!incident").line(Verb::List, None, ""), "!incident list");
        let chat = Spelling::chat("/incident");
        assert_eq!(chat.of_cli("earlybell incident take 42 operations"), "/incident take #42 operations");
        assert_eq!(chat.of_cli("earlybell incident action-done 42 3"), "/incident action-done #42 3");
        assert_eq!(chat.of_cli("earlybell incident update 42 \"…\""), "/incident update #42 \"…\"");
        assert_eq!(chat.of_cli("earlybell incident list"), "/incident list");
        assert_eq!(chat.of_cli("earlybell person link"), "earlybell person link");
        assert_eq!(Spelling::cli().of_cli("earlybell incident take 42"), "earlybell incident take 42");
        assert_eq!(Spelling::cli().written("merge #43 into #42"), "earlybell incident merge 43 into 42");
    }
}
