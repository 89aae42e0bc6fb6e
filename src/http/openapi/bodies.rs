//! What the body of each verb asks for; held to what is read by `tests/http/openapi.rs`.

use super::field::Kind::{Code, Day, Flag, Labels, Length, Number, Numbers, OneOf, Part, Severity, Text, Texts};
use super::field::{Field, may, need};
use domain::verbs::Verb;

/// What stands in a section or a part of the state document, and which version was read.
pub const WRITTEN: &[Field] = &[need("text", Text), may("version", Number)];

const NOTHING: &[Field] = &[];
const MAYBE_TEXT: &[Field] = &[may("text", Text)];
const MAYBE_ROLE: &[Field] = &[may("role", Text)];
const ROLE_AND_PERSON: &[Field] = &[need("role", Text), need("person", Text)];

/// Of this verb.
pub fn of(verb: Verb) -> &'static [Field] {
    match verb {
        Verb::Declare => {
            const {
                &[
                    need("title", Text),
                    may("severity", Severity),
                    may("impact", Text),
                    may("labels", Labels),
                    may("drill", Flag),
                ]
            }
        }
        Verb::Ack | Verb::Confirm | Verb::Resolve | Verb::Reopen => MAYBE_TEXT,
        Verb::Take | Verb::Accept | Verb::Decline => MAYBE_ROLE,
        Verb::Assign | Verb::HandOver => ROLE_AND_PERSON,
        Verb::Update => const { &[need("text", Text), may("impact", Text), may("next_in", Length)] },
        Verb::Note => const { &[need("text", Text)] },
        Verb::Edit => const { &[need("part", Part), need("text", Text), may("version", Number)] },
        Verb::Todo => const { &[need("text", Text), may("owner", Text)] },
        Verb::Done => const { &[need("todo", Number)] },
        Verb::Severity => const { &[need("to", Severity), may("text", Text)] },
        Verb::CallOff => const { &[need("code", Code), need("reason", Text)] },
        Verb::Merge => const { &[need("into", Number), may("text", Text)] },
        Verb::Split => const { &[need("title", Text), may("matchers", Texts), may("alerts", Numbers)] },
        Verb::Publish => const { &[need("text", Text), may("path", Text), may("anyway", Flag)] },
        Verb::Section => const { &[need("section", Text), need("text", Text), may("version", Number)] },
        Verb::Mark => const { &[need("entry", Number), need("shown", OneOf(&["public", "private", "default"]))] },
        Verb::Correct => const { &[need("entry", Number), need("text", Text)] },
        Verb::Action => const { &[need("text", Text), may("owner", Text), may("due", Day), may("link", Text)] },
        Verb::ActionEdit => {
            const { &[need("action", Number), may("text", Text), may("owner", Text), may("due", Day), may("link", Text)] }
        }
        Verb::ActionDone => const { &[need("action", Number)] },
        Verb::ActionDrop => const { &[need("action", Number), need("because", Text)] },
        Verb::Waive => const { &[need("because", Text)] },
        // They say all by their name.
        Verb::Follow | Verb::Unfollow | Verb::Undo | Verb::Postmortem | Verb::Adopt => NOTHING,
        // They are read, or typed.
        Verb::List | Verb::Show | Verb::Why | Verb::Help => NOTHING,
    }
}
