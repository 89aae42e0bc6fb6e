//! Who is there: people and squads added by hand, and the directory in force.

use super::StoreError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::directory::{Directory, Person, Squad};

/// Something that was added by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added<T> {
    /// What.
    pub what: T,
    /// By whom.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Everything that was added by hand, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ByHand {
    /// People.
    pub people: Vec<Added<Person>>,
    /// Squads.
    pub squads: Vec<Added<Squad>>,
}

/// A change by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeopleChange {
    /// This person, new or anew.
    Person(Added<Person>),
    /// Nobody of this name.
    NoPerson(String),
    /// This squad, new or anew.
    Squad(Added<Squad>),
    /// No squad of this name.
    NoSquad(String),
}

/// The part of the store about people.
#[async_trait]
pub trait PeopleStore: Send + Sync {
    /// The directory that the engine decides by; written by its commits.
    async fn directory(&self) -> Result<Directory, StoreError>;

    /// What was added by hand.
    async fn by_hand(&self) -> Result<ByHand, StoreError>;

    /// Writes changes by hand: all of them, or none.
    async fn change_by_hand(&self, changes: Vec<PeopleChange>) -> Result<(), StoreError>;
}
