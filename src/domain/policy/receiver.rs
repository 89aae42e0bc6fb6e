//! Receivers, as far as the engine must know them: what each kind can show, and how it wants to be told.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the engine must know of a receiver to write for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiverSpec {
    /// Its name.
    pub name: String,
    /// What it can show.
    pub kind: ReceiverKind,
    /// Whether suspected incidents stay out of it: it reaches the public.
    pub public: bool,
    /// Whether it reaches people one by one: who an incident concerns, wherever it is routed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub personal: bool,
    /// What the subject of a mail begins with.
    #[serde(default, skip_serializing_if = "Subject::is_usual")]
    pub subject: Subject,
    /// Template per notice, over those of the rule.
    #[serde(default)]
    pub templates: BTreeMap<String, String>,
    /// Which language its notices are in, as `de`; the built-in one where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// How the subject of a mail about an incident is written. Its number and title never change.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// How the incident stands, in brackets, before the rest.
    #[default]
    Stage,
    /// The same in every mail of the incident.
    Frozen,
}

impl Subject {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

impl ReceiverSpec {
    /// Whether incidents are routed to it: it is no way to single people, nor for what is published afterwards.
    pub fn is_routed(&self) -> bool {
        !self.personal && self.kind != ReceiverKind::Blog
    }
}

/// What a receiver can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiverKind {
    /// Lines on a terminal.
    Console,
    /// Plain text mail, one thread per incident.
    Email,
    /// Slack's mrkdwn; a root message edited in place, replies in its thread.
    Slack,
    /// A git repository that a site is made of: takes post mortems, and no notices.
    Blog,
    /// JSON for a program, each notice on its own.
    Webhook,
    /// Slack's mrkdwn by an incoming webhook: nothing is edited, there are no threads.
    SlackWebhook,
    /// Mattermost's Markdown, by an incoming webhook.
    Mattermost,
    /// Rocket.Chat's Markdown, by an incoming webhook.
    #[serde(rename = "rocketchat")]
    RocketChat,
    /// Discord's Markdown; the first message is edited in place, there are no threads.
    Discord,
    /// A card of Microsoft Teams, by a workflow.
    Teams,
    /// HTML and plain text in a room; the first message is edited in place, replies in its thread.
    Matrix,
    /// Channels of an IRC network: a few short lines; their topic shows how it stands.
    Irc,
    /// An Open Build Service: one status message per incident, in Markdown; the newest words replace the others.
    Obs,
}

/// How text is written for a kind of receiver: what templates write, and how data in it stay data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    /// As it is.
    Plain,
    /// Slack's own.
    Mrkdwn,
    /// As most chats know it.
    Markdown,
    /// Markdown of an Open Build Service, where HTML is none either.
    Status,
}

/// How notices that had to wait are told as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joining {
    /// The newest in full, and a line of each older one.
    Lines,
    /// The newest in full; the older ones are counted, since room is scarce.
    Count,
    /// Not at all: what it is sent is a document, or replaces what was there.
    Never,
}

impl ReceiverKind {
    /// Whether a test can be sent to it: words that people read, and nobody else.
    pub fn takes_tests(self) -> bool {
        !matches!(self, Self::Blog | Self::Obs | Self::Webhook)
    }

    /// How several notices that had to wait are told as one.
    pub fn joining(self) -> Joining {
        match self {
            Self::Console | Self::Email | Self::Slack | Self::SlackWebhook | Self::Mattermost => Joining::Lines,
            Self::Teams | Self::Matrix => Joining::Lines,
            Self::Irc | Self::Discord | Self::RocketChat => Joining::Count,
            Self::Blog | Self::Obs | Self::Webhook => Joining::Never,
        }
    }

    /// Whether something is changed in place there, to show how an incident stands now.
    pub fn has_board(self) -> bool {
        match self {
            Self::Slack | Self::Discord | Self::Matrix | Self::Irc => true,
            Self::Console | Self::Email | Self::Blog | Self::Webhook | Self::Obs => false,
            Self::SlackWebhook | Self::Mattermost | Self::RocketChat | Self::Teams => false,
        }
    }

    /// How text is written for it. What a card or a room takes is made of plain text.
    pub fn writing(self) -> Writing {
        match self {
            Self::Console | Self::Email | Self::Blog | Self::Webhook => Writing::Plain,
            Self::Teams | Self::Matrix | Self::Irc => Writing::Plain,
            Self::Slack | Self::SlackWebhook => Writing::Mrkdwn,
            Self::Mattermost | Self::RocketChat | Self::Discord => Writing::Markdown,
            Self::Obs => Writing::Status,
        }
    }

    /// Whether people talk there.
    pub fn is_chat(self) -> bool {
        match self {
            Self::Console | Self::Email | Self::Blog | Self::Webhook | Self::Obs => false,
            Self::Slack | Self::SlackWebhook | Self::Mattermost | Self::RocketChat | Self::Discord => true,
            Self::Teams | Self::Matrix | Self::Irc => true,
        }
    }

    /// Whether that is the first message itself, which says everything when it is new.
    pub fn board_is_root(self) -> bool {
        match self {
            Self::Slack | Self::Discord | Self::Matrix => true,
            Self::Console | Self::Email | Self::Blog | Self::Webhook | Self::Irc | Self::Obs => false,
            Self::SlackWebhook | Self::Mattermost | Self::RocketChat | Self::Teams => false,
        }
    }
}
