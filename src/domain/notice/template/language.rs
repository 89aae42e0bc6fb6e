//! Languages. All words of one stand in one template, `words.LANGUAGE`, which writes one part of a notice at a time; what it
//! leaves empty is said in the built-in words, which are English. `NAME.LANGUAGE` goes before a template `NAME`.

use super::Templates;
use crate::policy::ReceiverSpec;

/// The language of the built-in words.
pub const ENGLISH: &str = "en";

const WORDS: &str = "words.";

/// Which part of a notice a template is to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What happened to which incident, in one line.
    Headline,
    /// How the incident stands, in a word: it stands in front of a mail's subject.
    Stage,
    /// That it is a drill, which stands above everything else.
    Drill,
    /// Everything else: the only part that most templates know.
    Body,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Headline, Self::Stage, Self::Drill, Self::Body];

    /// The word that templates see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Headline => "headline",
            Self::Stage => "stage",
            Self::Drill => "drill",
            Self::Body => "body",
        }
    }
}

/// The language of whoever reads there, if it is not that of the built-in words.
pub fn of_reader(spec: &ReceiverSpec) -> Option<&str> {
    spec.language.as_deref().filter(|language| *language != ENGLISH)
}

/// Name of the template with all words of a language.
pub fn words(language: &str) -> String {
    format!("{WORDS}{language}")
}

/// Which language a template of this name has the words of.
pub fn of(template: &str) -> Option<&str> {
    template.strip_prefix(WORDS)
}

/// The template that is meant by a name where people read this language.
pub fn variant(templates: &Templates, name: &str, language: Option<&str>) -> String {
    let variant = language.map(|language| format!("{name}.{language}"));
    variant.filter(|name| templates.has(name)).unwrap_or_else(|| name.to_owned())
}
