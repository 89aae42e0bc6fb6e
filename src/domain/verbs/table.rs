//! The table of verbs: what `help` and `docs/verbs.md` are written from, and what routes and the command line are held to.

use super::rows::ROWS;
use crate::access::Role;
use crate::incident::Act;
use crate::incident::act::ReviewAct;
use serde::{Deserialize, Serialize};

/// Something people can say to Earlybell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// An incident begins.
    Declare,
    /// Which there are.
    List,
    /// How one stands.
    Show,
    /// Why it was declared.
    Why,
    /// What can be said.
    Help,
    /// I have seen it.
    Ack,
    /// It is real.
    Confirm,
    /// I do this.
    Take,
    /// Somebody does this.
    Assign,
    /// I want somebody to go on.
    HandOver,
    /// I go on.
    Accept,
    /// I can't.
    Decline,
    /// Said in public.
    Update,
    /// Said to the team.
    Note,
    /// A part of the state document.
    Edit,
    /// To be done.
    Todo,
    /// It is done.
    Done,
    /// Tell me personally.
    Follow,
    /// Don't any more.
    Unfollow,
    /// Take back what I did.
    Undo,
    /// How bad it is.
    Severity,
    /// It was nothing.
    CallOff,
    /// It is over.
    Resolve,
    /// It came back.
    Reopen,
    /// It is part of another one.
    Merge,
    /// A part of it is another one.
    Split,
    /// The post mortem goes to the blog.
    Publish,
    /// An old alert counts.
    Adopt,
    /// A section of the post mortem.
    Section,
    /// What of the timeline is in it.
    Mark,
    /// An entry in other words.
    Correct,
    /// To be better afterwards.
    Action,
    /// It is another one.
    #[serde(rename = "action-edit")]
    ActionEdit,
    /// It is better.
    #[serde(rename = "action-done")]
    ActionDone,
    /// It stays as it is.
    #[serde(rename = "action-drop")]
    ActionDrop,
    /// Somebody should write one.
    Postmortem,
    /// Nobody has to.
    Waive,
}

/// One verb.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// Which.
    pub verb: Verb,
    /// How it is written.
    pub word: &'static str,
    /// How it may be written, too.
    pub aliases: &'static [&'static str],
    /// What follows it, for people; `[…]` may be left out.
    pub arguments: &'static str,
    /// Options, which come last: `next=20m`, or `--next 20m` on a command line.
    pub options: &'static [Opt],
    /// What it does, in one line.
    pub help: &'static str,
    /// More about it, for whoever asks.
    pub more: &'static str,
    /// As people type it, without what stands before it on each surface.
    pub examples: &'static [&'static str],
    /// What it is said of.
    pub about: About,
    /// What it belongs to in a list.
    pub group: Group,
    /// What whoever says it must be allowed to do.
    pub access: Role,
    /// How it is taken back.
    pub back: Back,
}

/// An option of a verb.
#[derive(Debug, Clone, Copy)]
pub struct Opt {
    /// Its name.
    pub name: &'static str,
    /// How it may be written, too.
    pub alias: Option<&'static str>,
    /// What it takes, for people; empty for a switch.
    pub value: &'static str,
    /// What it is for.
    pub help: &'static str,
}

/// What a verb is said of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Nothing in particular.
    Nothing,
    /// An incident; which, may be left out where it is clear.
    Incident,
    /// An alert.
    Alert,
}

/// What a verb belongs to in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Reads, and changes nothing.
    Look,
    /// Who does what.
    Roles,
    /// Words, and what is kept.
    Words,
    /// Where it stands.
    Course,
    /// What is written afterwards, and what is to be better.
    Review,
    /// About oneself.
    Own,
}

/// How something is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Back {
    /// There is nothing to take back.
    Nothing,
    /// By `undo`, within some minutes.
    Undo,
    /// By another verb.
    By(Verb),
    /// It can't: what was said was heard.
    Never,
}

impl Group {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Look, Self::Course, Self::Roles, Self::Words, Self::Review, Self::Own];

    /// Its heading.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Look => "Look",
            Self::Course => "Say where it stands",
            Self::Roles => "Share the work",
            Self::Words => "Tell and keep",
            Self::Review => "Learn from it",
            Self::Own => "For yourself",
        }
    }
}

impl Spec {
    /// Where it is said over HTTP, if it changes anything.
    pub fn path(&self) -> Option<String> {
        let of = |what: &str| Some(format!("/api/v1/{what}/{{number}}/{}", self.word));
        match self.about {
            _ if self.group == Group::Look => None,
            // The only one that is said of nothing.
            About::Nothing => Some("/api/v1/incidents".to_owned()),
            About::Incident => of("incidents"),
            About::Alert => of("alerts"),
        }
    }
}

impl Verb {
    /// Its row.
    pub fn spec(self) -> &'static Spec {
        // Every verb has a row, which a test holds; the first is there in any case.
        ROWS.iter().find(|row| row.verb == self).unwrap_or(&ROWS[0])
    }

    /// How it is written.
    pub fn word(self) -> &'static str {
        self.spec().word
    }

    /// Reads one of the words, or another way to write it; case does not matter.
    pub fn parse(text: &str) -> Option<Self> {
        let is = |word: &str| word.eq_ignore_ascii_case(text);
        ROWS.iter().find(|row| is(row.word) || row.aliases.iter().any(|alias| is(alias))).map(|row| row.verb)
    }

    /// Whether it changes anything.
    pub fn acts(self) -> bool {
        self.spec().group != Group::Look
    }

    /// What is done by an act.
    pub fn of(act: &Act) -> Self {
        match act {
            Act::Declare { .. } => Self::Declare,
            Act::Ack { .. } => Self::Ack,
            Act::Take { .. } => Self::Take,
            Act::Assign { .. } => Self::Assign,
            Act::HandOver { .. } => Self::HandOver,
            Act::Accept { .. } => Self::Accept,
            Act::Decline { .. } => Self::Decline,
            Act::Confirm { .. } => Self::Confirm,
            Act::Update { .. } => Self::Update,
            Act::Note { .. } => Self::Note,
            Act::Edit { .. } => Self::Edit,
            Act::Todo { .. } => Self::Todo,
            Act::Done { .. } => Self::Done,
            Act::Follow => Self::Follow,
            Act::Unfollow => Self::Unfollow,
            Act::Undo => Self::Undo,
            Act::Merge { .. } => Self::Merge,
            Act::Split { .. } => Self::Split,
            Act::Severity { .. } => Self::Severity,
            Act::CallOff { .. } => Self::CallOff,
            Act::Resolve { .. } => Self::Resolve,
            Act::Publish { .. } => Self::Publish,
            Act::Review(act) => Self::of_review(act),
            Act::Adopt { .. } => Self::Adopt,
            Act::Reopen { .. } => Self::Reopen,
        }
    }

    fn of_review(act: &ReviewAct) -> Self {
        match act {
            ReviewAct::Section { .. } => Self::Section,
            ReviewAct::Mark { .. } => Self::Mark,
            ReviewAct::Correct { .. } => Self::Correct,
            ReviewAct::Action { .. } => Self::Action,
            ReviewAct::ActionEdit { .. } => Self::ActionEdit,
            ReviewAct::ActionDone { .. } => Self::ActionDone,
            ReviewAct::ActionDrop { .. } => Self::ActionDrop,
            ReviewAct::Ask => Self::Postmortem,
            ReviewAct::Waive { .. } => Self::Waive,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{About, Group, ROWS, Verb};
    use crate::access::Role;
    use std::collections::BTreeSet;

    #[test]
    fn every_verb_has_one_row_and_every_word_one_meaning() {
        let verbs: BTreeSet<Verb> = ROWS.iter().map(|row| row.verb).collect();
        assert_eq!((verbs.len(), ROWS.len()), (37, 37));
        let words: Vec<&str> = ROWS.iter().flat_map(|row| row.aliases.iter().copied().chain([row.word])).collect();
        assert_eq!(words.iter().collect::<BTreeSet<_>>().len(), words.len());
        for row in ROWS {
            assert_eq!(Verb::parse(&row.word.to_uppercase()), Some(row.verb));
            assert_eq!(row.verb.spec().word, row.word);
            assert_eq!(row.arguments.starts_with("[#42]"), row.about == About::Incident, "{}", row.word);
            assert_eq!(row.group == Group::Look, row.access == Role::Viewer, "{}", row.word);
            assert!(!row.examples.is_empty() && !row.help.ends_with('.'), "{}", row.word);
        }
    }

    #[test]
    fn a_verb_is_kept_as_its_word() {
        for row in ROWS {
            assert_eq!(serde_json::to_value(row.verb).unwrap(), row.word);
        }
    }
}
