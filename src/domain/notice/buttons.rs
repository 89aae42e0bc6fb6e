//! What can be pressed below a notice, where the receiver has buttons: what most people want of an incident that goes on.

use super::NoticeKind;
use crate::delivery::{Delivery, Lane};

/// A button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button {
    /// To lead it.
    Take,
    /// To say that it is none; why is asked then.
    CallOff,
    /// To read about it.
    Open,
}

impl Button {
    /// Reads one of the words.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Take, Self::CallOff, Self::Open].into_iter().find(|button| button.word() == word)
    }

    /// What a program calls it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Take => "take",
            Self::CallOff => "calloff",
            Self::Open => "open",
        }
    }

    /// What stands on it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Take => "I take it",
            Self::CallOff => "Not an incident",
            Self::Open => "Open",
        }
    }
}

/// What can be pressed below this notice. They stand below the message that an incident begins with, and go away with its
/// end: whoever scrolls back a week must not be asked to lead what is over.
pub fn buttons(delivery: &Delivery) -> &'static [Button] {
    match (delivery.lane, delivery.notice) {
        (_, NoticeKind::LastBoard) => &[Button::Open],
        (Lane::Root | Lane::Put, _) => &[Button::Take, Button::CallOff, Button::Open],
        (Lane::Post | Lane::Direct, _) => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Content;
    use crate::ids::{DeliveryId, IncidentId};
    use chrono::DateTime;

    fn words(lane: Lane, notice: NoticeKind) -> String {
        let delivery = Delivery {
            id: DeliveryId(1),
            incident: IncidentId(42),
            receiver: "team".into(),
            lane,
            notice,
            key: String::new(),
            to: None,
            content: Content { subject: String::new(), body: String::new() },
            brief: String::new(),
            calm: false,
            decided_at: DateTime::UNIX_EPOCH,
        };
        buttons(&delivery).iter().map(|button| button.word()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn they_stand_below_the_root_and_go_with_the_end() {
        for notice in [NoticeKind::Declared, NoticeKind::Confirmed, NoticeKind::Reopened] {
            assert_eq!(words(Lane::Root, notice), "take calloff open", "{notice:?}");
            assert_eq!(words(Lane::Post, notice), "", "{notice:?}");
        }
        assert_eq!(words(Lane::Put, NoticeKind::Board), "take calloff open");
        assert_eq!(words(Lane::Put, NoticeKind::LastBoard), "open");
        assert_eq!(words(Lane::Direct, NoticeKind::Role), "");
    }

    #[test]
    fn a_word_is_read_as_it_is_written() {
        for button in [Button::Take, Button::CallOff, Button::Open] {
            assert_eq!(Button::parse(button.word()), Some(button));
        }
        assert_eq!(Button::parse("drop table"), None);
    }
}
