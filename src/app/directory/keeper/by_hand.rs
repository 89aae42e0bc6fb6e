//! Changes by hand, one after the other: written down for the audit log, stored, and told to the engine.

use super::Keeper;
use crate::store::{Added, ByHand, PeopleChange, StoreError};
use domain::audit::AdminAct;
use domain::directory::by_hand::{Before, Change, Decided, Refused, Write};
use domain::incident::Actor;

/// A change that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The name of the person or squad, as it is written.
    pub name: String,
    /// What whoever asked is told.
    pub text: String,
}

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum NotChanged {
    /// It can't be, as asked.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keeper {
    /// Makes a change; `act` says who asks, for the audit log. It counts for every input that comes after it.
    ///
    /// # Errors
    /// It is refused, which the audit log says too; or the store does not take it.
    pub async fn change(&self, change: Change, act: AdminAct) -> Result<Changed, NotChanged> {
        // Two who change the same person at once would lose what one of them said.
        let _turn = self.turn.lock().await;
        let by_hand = self.shared.store.people().by_hand().await?;
        let Decided { writes, name, before, after, text } = match self.decide(change, &by_hand) {
            Ok(decided) => decided,
            Err(refused) => {
                self.shared.inbox.acted(&act.refused(&refused.to_string())).await?;
                return Err(refused.into());
            }
        };
        if writes.is_empty() {
            return Ok(Changed { name, text });
        }
        let by = act.actor.clone();
        // What can't be written down is not done.
        self.shared.inbox.acted(&act.from_to(&before, &after)).await?;
        let changes = writes.into_iter().map(|write| self.stored(write, &by)).collect();
        self.shared.store.people().change_by_hand(changes).await?;
        self.tell_in_turn().await?;
        Ok(Changed { name, text })
    }

    /// What was added by hand, with who did it.
    ///
    /// # Errors
    /// The store can't be read.
    pub async fn by_hand(&self) -> Result<ByHand, StoreError> {
        self.shared.store.people().by_hand().await
    }

    fn decide(&self, change: Change, by_hand: &ByHand) -> Result<Decided, Refused> {
        let people: Vec<_> = by_hand.people.iter().map(|added| added.what.clone()).collect();
        let squads: Vec<_> = by_hand.squads.iter().map(|added| added.what.clone()).collect();
        Before { written: &self.lock().written, people: &people, squads: &squads }.decide(change)
    }

    fn stored(&self, write: Write, by: &Actor) -> PeopleChange {
        let (by, at) = (by.to_string(), self.shared.clock.now());
        match write {
            Write::Person(what) => PeopleChange::Person(Added { what, by, at }),
            Write::NoPerson(name) => PeopleChange::NoPerson(name),
            Write::Squad(what) => PeopleChange::Squad(Added { what, by, at }),
            Write::NoSquad(name) => PeopleChange::NoSquad(name),
        }
    }
}
