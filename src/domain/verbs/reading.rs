//! What follows a verb: its incident, its options, its words.

use super::context::Context;
use super::misunderstood::{CHOICES_MAX, Choice, Misunderstood};
use super::parse::{Asked, Listed, Question, bare, hashed};
use super::spelling::Numbers;
use super::words::{Shape, Word};
use super::{Verb, acts};
use crate::ids::{AlertId, IncidentId};
use crate::incident::Act;
use crate::incident::room::Part;

/// A verb, and what follows it.
pub(super) struct Reading<'a> {
    pub(super) context: &'a Context,
    pub(super) verb: Verb,
    /// Said instead of `edit`.
    pub(super) part: Option<Part>,
    pub(super) line: &'a str,
    /// Not read yet.
    pub(super) words: &'a [Word],
    /// The incident that was named.
    pub(super) number: Option<IncidentId>,
    /// Options that were read.
    pub(super) options: Vec<(String, String)>,
}

/// What a number without a sign is, where the verb's words begin.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Digits {
    /// The incident: nothing else can stand there.
    Incident,
    /// The incident, or the beginning of a text.
    Either,
}

impl<'a> Reading<'a> {
    pub(super) fn read(mut self) -> Result<Asked, Misunderstood> {
        if let [only] = self.words
            && only.shape == Shape::Plain
            && ["--help", "-h", "—help", "–help", "?"].contains(&only.text.as_str())
        {
            return Ok(Asked::Read(Question::Help(Some(self.verb))));
        }
        match self.verb {
            Verb::List => self.list(),
            Verb::Help => self.help(),
            Verb::Show => {
                self.only_a_number()?;
                self.which().map(|incident| Asked::Read(Question::Show(incident)))
            }
            Verb::Why => {
                self.only_a_number()?;
                match self.which() {
                    Err(Misunderstood::NoneOpen { .. }) => Ok(Asked::Read(Question::Why(None))),
                    found => found.map(|incident| Asked::Read(Question::Why(Some(incident)))),
                }
            }
            Verb::Declare => Ok(Asked::Act { incident: None, act: acts::declare(&mut self)? }),
            Verb::Adopt => self.adopt(),
            _ => {
                let all = self.words;
                let act = acts::act(&mut self)?;
                let incident = self.incident_of(&act, all)?;
                Ok(Asked::Act { incident: Some(incident), act })
            }
        }
    }

    // Which incident an act is done to; what was said behind the verb is repeated where it must be asked back.
    fn incident_of(&self, act: &Act, all: &[Word]) -> Result<IncidentId, Misunderstood> {
        let back = |trouble| match trouble {
            Misunderstood::Which { verb, open, more, .. } => {
                Misunderstood::Which { verb, rest: self.said(all), open, more }
            }
            other => other,
        };
        match act {
            Act::Reopen { .. } => self.number.or(self.context.thread).ok_or(Misunderstood::Unnamed { verb: self.verb }),
            Act::Undo => match self.number.or(self.context.thread).or(self.context.last) {
                Some(incident) => Ok(incident),
                None => self.which().map_err(back),
            },
            // Nothing is part of itself.
            Act::Merge { into, .. } => self.which_but(Some(*into)).map_err(back),
            _ => self.which().map_err(back),
        }
    }

    fn list(&mut self) -> Result<Asked, Misunderstood> {
        let known = [("open", Listed::Open), ("closed", Listed::Closed), ("all", Listed::All)];
        let which = match self.words {
            [] => Listed::Open,
            [word] => {
                let found = known.iter().find(|(name, _)| name.eq_ignore_ascii_case(&word.text));
                found.ok_or_else(|| self.unknown("list", word, known.iter().map(|(name, _)| *name)))?.1
            }
            [_, rest @ ..] => return Err(self.too_much(rest)),
        };
        Ok(Asked::Read(Question::List(which)))
    }

    fn help(&mut self) -> Result<Asked, Misunderstood> {
        let verb = match self.words {
            [] => None,
            [word, ..] if super::parse::shorthands().any(|(shorthand, _)| shorthand == word.text) => Some(Verb::Edit),
            [word, ..] => {
                let said = crate::text::clean_line(&word.text, 80);
                Some(Verb::parse(&word.text).ok_or(Misunderstood::Verb { said })?)
            }
        };
        Ok(Asked::Read(Question::Help(verb)))
    }

    fn adopt(&mut self) -> Result<Asked, Misunderstood> {
        let [word, rest @ ..] = self.words else { return Err(self.unsaid("the number of the alert")) };
        if !rest.is_empty() {
            return Err(self.too_much(rest));
        }
        let number = bare(word).or_else(|| hashed(word).map(|number| number.0));
        let alert = number.ok_or_else(|| self.value("an alert is named by its number, as 17"))?;
        Ok(Asked::Act { incident: None, act: Act::Adopt { alert: AlertId(alert) } })
    }

    /// Reads the number, where words that follow are no text: it may stand anywhere.
    pub(super) fn number_anywhere(&mut self) -> Vec<&'a Word> {
        let mut words: Vec<&'a Word> = self.words.iter().collect();
        if self.number.is_none() {
            let place = words.iter().position(|word| hashed(word).is_some());
            let place = place.or_else(|| words.first().filter(|word| bare(word).is_some()).map(|_| 0));
            if let Some(place) = place {
                let word = words.remove(place);
                self.number = hashed(word).or_else(|| bare(word).map(IncidentId));
            }
        }
        self.words = &[];
        words
    }

    /// Reads the number in front of other words.
    pub(super) fn number_first(&mut self, digits: Digits) -> Result<(), Misunderstood> {
        let Some((first, rest)) = self.words.split_first().filter(|_| self.number.is_none()) else { return Ok(()) };
        let Some(incident) = hashed(first).or_else(|| bare(first).map(IncidentId)) else { return Ok(()) };
        let clear = hashed(first).is_some() || digits == Digits::Incident || rest.is_empty();
        if !clear && self.context.spelling.numbers == Numbers::Hash {
            return Err(Misunderstood::NumberOrText { verb: self.verb, incident, rest: self.said(rest) });
        }
        (self.number, self.words) = (Some(incident), rest);
        Ok(())
    }

    fn only_a_number(&mut self) -> Result<(), Misunderstood> {
        match self.number_anywhere().first() {
            None => Ok(()),
            Some(word) => Err(Misunderstood::TooMuch { verb: self.verb, said: word.text.clone() }),
        }
    }

    /// The incident that is meant: the one that was named, or that of the thread, or the only one that is open.
    pub(super) fn which(&self) -> Result<IncidentId, Misunderstood> {
        self.which_but(None)
    }

    fn which_but(&self, not: Option<IncidentId>) -> Result<IncidentId, Misunderstood> {
        let thread = self.context.thread.filter(|thread| Some(*thread) != not);
        if let Some(incident) = self.number.or(thread) {
            return Ok(incident);
        }
        let open: Vec<_> = self.context.open.iter().filter(|open| Some(open.incident) != not).collect();
        match open[..] {
            [] => Err(Misunderstood::NoneOpen { verb: self.verb }),
            [only] => Ok(only.incident),
            _ => Err(Misunderstood::Which {
                verb: self.verb,
                rest: String::new(),
                more: open.len().saturating_sub(CHOICES_MAX),
                open: open.into_iter().take(CHOICES_MAX).map(Choice::from).collect(),
            }),
        }
    }

    /// Reads the options at the end: those of the verb.
    pub(super) fn known_options(&mut self) {
        while let Some((option, taken)) = self.last_option() {
            self.words = &self.words[..self.words.len() - taken];
            self.options.push(option);
        }
    }

    // The option at the end, and of how many words it is: `next=20m`, `--next=20m`, `--next 20m`, `--drill`.
    fn last_option(&self) -> Option<((String, String), usize)> {
        let (last, before) = self.words.split_last()?;
        match &last.shape {
            Shape::Pair { name, sign: "=", value } => Some(((self.option(name)?, value.clone()), 1)),
            Shape::Plain if is_dashed(&last.text) => {
                let name = self.option(&last.text).filter(|name| self.takes_nothing(name))?;
                Some(((name, String::new()), 1))
            }
            Shape::Plain | Shape::Quoted => {
                let name = before.last().filter(|word| word.shape == Shape::Plain && is_dashed(&word.text))?;
                let name = self.option(&name.text).filter(|name| !self.takes_nothing(name))?;
                Some(((name, last.text.clone()), 2))
            }
            Shape::Pair { .. } => None,
        }
    }

    fn option(&self, said: &str) -> Option<String> {
        let said = said.trim_start_matches(['-', '–', '—']).to_lowercase();
        let options = self.verb.spec().options;
        options.iter().find(|option| option.name == said || option.alias == Some(&said)).map(|o| o.name.to_owned())
    }

    fn takes_nothing(&self, name: &str) -> bool {
        self.verb.spec().options.iter().any(|option| option.name == name && option.value.is_empty())
    }

    /// An option, if it was said; the one said last.
    pub(super) fn said_option(&self, name: &str) -> Option<&str> {
        // Options are read from the end.
        self.options.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What was not read yet, as a text: without its quotes if they are around all of it, else as it was typed.
    pub(super) fn text(&self) -> String {
        match self.words {
            [only] if only.shape == Shape::Quoted => only.text.clone(),
            words => self.said(words),
        }
    }

    /// A text that must be there.
    pub(super) fn required(&self, what: &'static str) -> Result<String, Misunderstood> {
        let text = self.text();
        if text.trim().is_empty() { Err(self.unsaid(what)) } else { Ok(text) }
    }

    fn said(&self, words: &[Word]) -> String {
        let [Some(first), Some(last)] = [words.first(), words.last()] else { return String::new() };
        self.line.get(first.from..last.to).unwrap_or_default().to_owned()
    }

    pub(super) fn unsaid(&self, what: &'static str) -> Misunderstood {
        Misunderstood::Unsaid { verb: self.verb, what }
    }

    pub(super) fn value(&self, problem: &str) -> Misunderstood {
        Misunderstood::Value { verb: self.verb, problem: problem.to_owned() }
    }

    pub(super) fn too_much(&self, words: &[Word]) -> Misunderstood {
        Misunderstood::TooMuch { verb: self.verb, said: self.said(words) }
    }

    pub(super) fn unknown(
        &self,
        what: &'static str,
        word: &Word,
        known: impl IntoIterator<Item = &'static str>,
    ) -> Misunderstood {
        let said = crate::text::clean_line(&word.text, 80);
        Misunderstood::Word { verb: self.verb, what, said, known: known.into_iter().collect() }
    }
}

fn is_dashed(text: &str) -> bool {
    text.starts_with(['-', '–', '—'])
}
