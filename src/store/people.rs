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

/// The part of the store about people.
#[async_trait]
pub trait PeopleStore: Send + Sync {
    /// The directory that the engine decides by; written by its commits.
    async fn directory(&self) -> Result<Directory, StoreError>;

    /// What was added by hand.
    async fn by_hand(&self) -> Result<ByHand, StoreError>;

    /// Adds a person, or writes one anew.
    async fn put_person(&self, person: Added<Person>) -> Result<(), StoreError>;

    /// Removes a person. `false` if there is none of this name.
    async fn remove_person(&self, name: &str) -> Result<bool, StoreError>;

    /// Adds a squad, or writes one anew.
    async fn put_squad(&self, squad: Added<Squad>) -> Result<(), StoreError>;

    /// Removes a squad. `false` if there is none of this name.
    async fn remove_squad(&self, name: &str) -> Result<bool, StoreError>;
}
