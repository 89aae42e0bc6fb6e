//! Verbs as forms: what each asks for, as a browser shows it, and what was filled in as an act. Works without JavaScript.

mod fields;
mod typed;

pub use fields::Around;
pub use typed::Typed;

use crate::http::token::{NoRandomness, random_text};
use domain::verbs::Verb;
use fields::{Field, fields};
use serde::Serialize;

/// Hidden field with what tells a second click from a second wish.
pub const KEY: &str = "key";

/// Letters and digits of such a key: nobody guesses one, and no two pages share it.
pub const KEY_CHARS: usize = 22;

/// A verb as a form.
#[derive(Debug, Clone, Serialize)]
pub struct Form {
    /// The verb.
    pub verb: &'static str,
    /// On the button.
    pub label: &'static str,
    /// Where it is sent, below the prefix.
    pub action: String,
    /// What it asks for.
    pub fields: Vec<Field>,
    /// What tells a second click from a second wish.
    pub key: String,
    /// What the verb does, in one line.
    pub help: &'static str,
}

/// Makes the forms of one page.
pub struct Forms<'a> {
    around: &'a Around,
    key: String,
}

impl<'a> Forms<'a> {
    /// For a page with this around it.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn new(around: &'a Around) -> Result<Self, NoRandomness> {
        Ok(Self { around, key: random_text(KEY_CHARS)? })
    }

    /// What tells a second click from a second wish on this page.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The form of a verb on an incident, with what was typed before, if anything was.
    pub fn on(&self, verb: Verb, incident: u64, typed: &Typed) -> Form {
        self.form(verb, format!("/incidents/{incident}/do/{}", verb.word()), typed)
    }

    /// The form that declares.
    pub fn declare(&self, typed: &Typed) -> Form {
        self.form(Verb::Declare, "/declare".to_owned(), typed)
    }

    fn form(&self, verb: Verb, action: String, typed: &Typed) -> Form {
        let asked = fields(verb).iter().filter(|spec| spec.is_asked(self.around));
        let fields = asked.map(|spec| spec.shown(self.around, typed)).collect();
        Form { verb: verb.word(), label: label(verb), action, fields, key: self.key.clone(), help: verb.spec().help }
    }
}

// What people read on a button: what happens when they press it.
fn label(verb: Verb) -> &'static str {
    match verb {
        Verb::Declare => "Declare an incident",
        Verb::Ack => "I have seen it",
        Verb::Confirm => "It is real: confirm",
        Verb::Take => "I take it",
        Verb::Assign => "Give a role to somebody",
        Verb::HandOver => "Hand my role over",
        Verb::Accept => "Accept the hand-over",
        Verb::Decline => "Decline the hand-over",
        Verb::Update => "Post an update",
        Verb::Note => "Note for the team",
        Verb::Edit => "Edit the document",
        Verb::Todo => "Add a to-do",
        Verb::Done => "Done",
        Verb::Follow => "Follow: tell me personally",
        Verb::Unfollow => "Stop following",
        Verb::Undo => "Undo what I did last",
        Verb::Severity => "Change the severity",
        Verb::CallOff => "It was nothing: call it off",
        Verb::Resolve => "It is over: resolve",
        Verb::Reopen => "It came back: reopen",
        Verb::Merge => "It is part of another incident",
        Verb::Split => "Split some alerts off",
        Verb::Publish => "Publish the post mortem",
        Verb::Adopt => "Let the alert count",
        Verb::Section => "Save the section",
        Verb::Mark => "Mark the entry",
        Verb::Correct => "Correct the wording",
        Verb::Action => "Add an action item",
        Verb::ActionEdit => "Change the action item",
        Verb::ActionDone => "It is done",
        Verb::ActionDrop => "It will not be done",
        Verb::Postmortem => "Ask for a post mortem",
        Verb::Waive => "No post mortem is needed",
        Verb::List | Verb::Show | Verb::Why | Verb::Help => "Look",
    }
}

#[cfg(test)]
mod tests {
    use super::{Around, Forms, Typed, label};
    use domain::verbs::Verb;
    use domain::verbs::rows::ROWS;

    #[test]
    fn of_several_offers_one_is_chosen() {
        let named = |name: &str| (name.to_owned(), name.to_owned());
        let mut around = Around { offered: vec![named("operations")], ..Around::default() };
        let fields = |around: &Around| Forms::new(around).unwrap().on(Verb::Accept, 42, &Typed::default()).fields.len();
        assert_eq!(fields(&around), 0);
        around.offered.push(named("communications"));
        assert_eq!(fields(&around), 1);
    }

    #[test]
    fn every_verb_that_acts_on_an_incident_is_a_form_that_can_be_sent() {
        let around = Around::default();
        let forms = Forms::new(&around).unwrap();
        for row in ROWS.iter().filter(|row| row.verb.acts()) {
            let form = forms.on(row.verb, 42, &Typed::default());
            assert_eq!(form.action, format!("/incidents/42/do/{}", row.word));
            assert!(!label(row.verb).is_empty() && form.key.len() == super::KEY_CHARS);
        }
    }
}
