//! Who is there: people, squads, and who is on duty. Composed by the shell from the configuration, from what was added by
//! hand, and from calendars; an input whenever it changes, so that a replay knows the same people. No secrets.

pub mod by_hand;
pub mod check;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Everybody.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Directory {
    /// People, by name.
    pub people: Vec<Person>,
    /// Squads, by name.
    pub squads: Vec<Squad>,
    /// Who is on duty now, of which squad.
    pub on_duty: Vec<Shift>,
}

/// Somebody.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// What they are called everywhere, in one word: `adrian`.
    pub name: String,
    /// Their name in full.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub full_name: String,
    /// Where mail reaches them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Where they live, as `Europe/Berlin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Their Slack user id: `U012AB3CD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slack: Option<String>,
    /// Their account with IRC services; a nick proves nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub irc: Option<String>,
}

/// People who share a duty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Squad {
    /// Its name: `Production-Squad`.
    pub name: String,
    /// Names of its people.
    #[serde(default)]
    pub members: Vec<String>,
}

/// Somebody's time on duty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    /// For which squad.
    pub squad: String,
    /// Who; a name of the directory, or as the calendar says.
    pub person: String,
    /// When it ends.
    pub until: DateTime<Utc>,
}

impl Directory {
    /// Somebody by name, whatever the case of its letters.
    pub fn person(&self, name: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.name.eq_ignore_ascii_case(name))
    }

    /// Somebody by what a way in calls them: their name, or their mail address, which is what many identity providers call
    /// people.
    pub fn known_as(&self, name: &str) -> Option<&Person> {
        let is = |email: &str| email.eq_ignore_ascii_case(name);
        let by_email = || self.people.iter().find(|person| person.email.as_deref().is_some_and(is));
        self.person(name).or_else(by_email)
    }

    /// Somebody by Slack user id.
    pub fn by_slack(&self, id: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.slack.as_deref() == Some(id))
    }

    /// Somebody by IRC services account; services don't tell letters' case apart.
    pub fn by_irc(&self, account: &str) -> Option<&Person> {
        let is = |known: &str| known.eq_ignore_ascii_case(account);
        self.people.iter().find(|person| person.irc.as_deref().is_some_and(is))
    }

    /// A squad by name, whatever the case of its letters.
    pub fn squad(&self, name: &str) -> Option<&Squad> {
        self.squads.iter().find(|squad| squad.name.eq_ignore_ascii_case(name))
    }

    /// Who is on duty for a squad at this time.
    pub fn on_duty(&self, squad: &str, at: DateTime<Utc>) -> Vec<&Shift> {
        self.on_duty.iter().filter(|shift| shift.squad.eq_ignore_ascii_case(squad) && shift.until > at).collect()
    }
}
