//! Sentences about who does what, and about what people keep.

use crate::document::Audience;
use crate::incident::Fact;
use crate::incident::roles::OfferEnd;
use crate::incident::room::Prompt;

/// About a role. Everyone outside may know that it changed hands, but not the names.
pub fn role(fact: &Fact, audience: Audience) -> String {
    let name = |person: &str| match audience {
        Audience::Team => person.to_owned(),
        Audience::Public => "somebody".to_owned(),
    };
    match fact {
        Fact::Taken { role, person, from: Some(from), because } => {
            format!("{} took {} from {}: {because}", name(person), role.words(), name(from))
        }
        Fact::Taken { role, person, from: None, because } => {
            format!("{} took {}: {because}", name(person), role.words())
        }
        Fact::Assigned { role, person, .. } => format!("{} is {} now", name(person), role.words()),
        Fact::Offered { role, from, to, expires_at } => {
            format!("{} offers {} to {} until {}", name(from), role.words(), name(to), super::utc(*expires_at))
        }
        Fact::OfferEnded { role, from, to, end } => match end {
            OfferEnd::Declined => format!("{} declined {}; {} keeps it", name(to), role.words(), name(from)),
            OfferEnd::Expired => {
                format!("{} did not accept {} in time; {} keeps it", name(to), role.words(), name(from))
            }
            OfferEnd::Withdrawn => format!("{} keeps {}: the offer was taken back", name(from), role.words()),
            OfferEnd::Void => format!("the offer of {} to {} is void", role.words(), name(to)),
        },
        Fact::HandedOver { role, from, to } => format!("{} handed {} over to {}", name(from), role.words(), name(to)),
        Fact::Released { role, person, because } => {
            format!("{} is no longer {}: {because}", name(person), role.words())
        }
        Fact::RoleOpen { role, .. } if audience == Audience::Public => {
            format!("the team is looking for somebody who takes on {}", role.words())
        }
        Fact::RoleOpen { role, because, again_at, .. } => {
            let again = again_at.map(|at| format!("; asked again at {}", super::utc(at))).unwrap_or_default();
            format!("anyone may take {}: {because}{again}", role.words())
        }
        _ => String::new(),
    }
}

/// About the document, to-dos and who follows.
pub fn room(fact: &Fact) -> String {
    match fact {
        Fact::Edited { part, text } if text.is_empty() => format!("{} cleared", part.word()),
        Fact::Edited { part, text } => format!("{}: {text}", part.word()),
        Fact::Acknowledged { text } if text.is_empty() => "seen".to_owned(),
        Fact::Acknowledged { text } => format!("seen: {text}"),
        Fact::TodoAdded { todo, text, owner: Some(owner) } => format!("to do {todo} ({owner}): {text}"),
        Fact::TodoAdded { todo, text, owner: None } => format!("to do {todo}: {text}"),
        Fact::TodoDone { todo } => format!("to-do {todo} is done"),
        Fact::TodoReopened { todo } => format!("to-do {todo} is not done after all"),
        Fact::TodoDropped { todo } => format!("to-do {todo} was dropped"),
        Fact::Followed { person } => format!("{person} follows"),
        Fact::Unfollowed { person } => format!("{person} no longer follows"),
        Fact::Retracted { entry } => format!("took back entry {entry}"),
        _ => String::new(),
    }
}

/// What is asked, in a few words.
pub fn question(prompt: Prompt) -> &'static str {
    match prompt {
        Prompt::Scope => "who is affected?",
        Prompt::Stale => "is the state document up to date?",
        Prompt::CallOut => "how does it go?",
        Prompt::HandOver => "is it time to hand over?",
        Prompt::Promise => "what is the next update?",
    }
}
