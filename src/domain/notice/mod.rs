//! Notices: which fact is told to whom, and in which words.

pub mod afterwards;
pub mod asked;
mod brief;
pub mod builtin;
pub mod buttons;
pub mod chat;
pub mod escape;
pub mod irc;
pub mod layout;
pub mod matrix;
pub mod obs;
mod parts;
mod people;
pub mod personal;
pub mod phrase;
pub mod plan;
#[cfg(test)]
mod story;
pub mod teams;
pub mod telling;
pub mod template;
pub mod trial;
pub mod webhook;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a notice tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// An incident was declared.
    Declared,
    /// Something changed, or somebody said something in public.
    Updated,
    /// It is real.
    Confirmed,
    /// It was nothing.
    CalledOff,
    /// Service is back.
    Resolved,
    /// It came back.
    Reopened,
    /// Who does what changed, or anyone may do it.
    Role,
    /// People are asked something.
    Prompt,
    /// It is part of another one.
    Merged,
    /// Its post mortem can be read.
    Published,
    /// The post mortem itself, to a blog.
    Post,
    /// A notice to another receiver was lost.
    LossReport,
    /// How it stands, in one place: the root message, edited; a topic.
    Board,
    /// The same once more, when it is over: nothing is offered there any longer.
    LastBoard,
}

impl NoticeKind {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Declared,
        Self::Updated,
        Self::Confirmed,
        Self::CalledOff,
        Self::Resolved,
        Self::Reopened,
        Self::Role,
        Self::Prompt,
        Self::Merged,
        Self::Published,
        Self::Post,
        Self::LossReport,
        Self::Board,
        Self::LastBoard,
    ];

    /// Those that have templates.
    pub const TEMPLATED: [Self; 6] =
        [Self::Declared, Self::Updated, Self::Confirmed, Self::CalledOff, Self::Resolved, Self::Reopened];

    /// Reads one of the words, or the verb that people use for it: `declared` or `declare`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == text || kind.verb() == Some(text))
    }

    /// What a map by notices holds for this one, under its word or its verb.
    pub fn named_in<T>(self, by_notice: &BTreeMap<String, T>) -> Option<&T> {
        by_notice.get(self.word()).or_else(|| by_notice.get(self.verb()?))
    }

    /// What somebody does whom this notice follows, if anyone.
    pub fn verb(self) -> Option<&'static str> {
        match self {
            Self::Declared => Some("declare"),
            Self::Updated => Some("update"),
            Self::Confirmed => Some("confirm"),
            Self::CalledOff => Some("call_off"),
            Self::Resolved => Some("resolve"),
            Self::Reopened => Some("reopen"),
            Self::Role
            | Self::Prompt
            | Self::Merged
            | Self::Published
            | Self::Post
            | Self::LossReport
            | Self::Board
            | Self::LastBoard => None,
        }
    }

    /// Whether it tells that an incident has become another thing: what those want to see who read no thread.
    pub fn changes_stage(self) -> bool {
        matches!(self, Self::Confirmed | Self::CalledOff | Self::Resolved | Self::Reopened)
    }

    /// The word in templates' names, keys and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Updated => "updated",
            Self::Confirmed => "confirmed",
            Self::CalledOff => "called_off",
            Self::Resolved => "resolved",
            Self::Reopened => "reopened",
            Self::Role => "role",
            Self::Prompt => "prompt",
            Self::Merged => "merged",
            Self::Published => "published",
            Self::Post => "post",
            Self::LossReport => "loss_report",
            // The same to whoever reads of it: one message.
            Self::Board | Self::LastBoard => "board",
        }
    }
}
