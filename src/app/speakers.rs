//! Who speaks in a chat: from the account that the chat vouches for, never from a nick, to a person and what they may do.

use crate::config::Config;
use crate::store::{Store, StoreError};
use arc_swap::ArcSwap;
use domain::access::Role;
use domain::directory::{Directory, Person};
use std::sync::Arc;

/// Knows who speaks.
#[derive(Clone)]
pub struct Speakers {
    store: Arc<dyn Store>,
    config: Arc<ArcSwap<Config>>,
}

/// An account that a chat vouches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Account<'a> {
    /// A user id of Slack.
    Slack(&'a str),
    /// An account with IRC services, in any letters.
    Irc(&'a str),
}

/// Somebody we know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    /// Their name here.
    pub name: String,
    /// What they may do.
    pub access: Role,
}

/// Why somebody's words are no command; the text says it to them.
#[derive(Debug, thiserror::Error)]
pub enum NotHeard {
    /// Nobody has that account.
    #[error("I don't know who you are here: somebody has to say `earlybell person link YOUR-NAME {0}`")]
    Stranger(String),
    /// An admin shut them out.
    #[error("{0} is shut out here; `earlybell user enable` lets them in again")]
    ShutOut(String),
    /// Nothing is granted to them.
    #[error("{0} may do nothing from a chat; `access.chat` in the configuration says who may")]
    NothingGranted(String),
    /// We can't look.
    #[error("I can't look up who you are right now; try again in a minute")]
    Store(#[from] StoreError),
}

impl Speakers {
    /// Knows whom this store and configuration know.
    pub fn new(store: Arc<dyn Store>, config: Arc<ArcSwap<Config>>) -> Self {
        Self { store, config }
    }

    /// Who has this account, and what they may do.
    ///
    /// # Errors
    /// Nobody who may do anything.
    pub async fn who(&self, account: Account<'_>) -> Result<Speaker, NotHeard> {
        let directory = self.store.people().directory().await?;
        let Some(person) = directory.people.iter().find(|person| account.is_of(person)) else {
            return Err(NotHeard::Stranger(account.link()));
        };
        let name = person.name.clone();
        if self.store.access().login(&name).await?.is_some_and(|login| login.disabled_at.is_some()) {
            return Err(NotHeard::ShutOut(name));
        }
        match self.config.load().access.chat.role(groups(&directory, &name)) {
            Some(access) => Ok(Speaker { name, access }),
            None => Err(NotHeard::NothingGranted(name)),
        }
    }
}

impl Account<'_> {
    fn is_of(self, person: &Person) -> bool {
        match self {
            Self::Slack(id) => person.slack.as_deref() == Some(id),
            Self::Irc(account) => person.irc.as_deref().is_some_and(|irc| irc.eq_ignore_ascii_case(account)),
        }
    }

    // What is typed to link it.
    fn link(self) -> String {
        match self {
            Self::Slack(id) => format!("--slack {}", domain::text::clean_line(id, ACCOUNT_BYTES_MAX)),
            Self::Irc(account) => format!("--irc {}", domain::text::clean_line(account, ACCOUNT_BYTES_MAX)),
        }
    }
}

/// Longest account that is repeated, in bytes.
const ACCOUNT_BYTES_MAX: usize = 64;

// What grants are given to: a person and their squads, as they are written.
fn groups<'a>(directory: &'a Directory, name: &'a str) -> impl Iterator<Item = &'a str> {
    let member = move |squad: &&domain::directory::Squad| squad.members.iter().any(|member| member == name);
    directory.squads.iter().filter(member).map(|squad| squad.name.as_str()).chain([name])
}
