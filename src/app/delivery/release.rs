//! Ends the silence after a restore: what waited at the backup is dropped, or sent all the same.

use crate::app::inbox::Inbox;
use crate::store::{Held, Pending, Store, StoreError};
use chrono::{DateTime, Utc};
use domain::delivery::Lane;
use domain::engine::{DeliveryEnd, DeliveryOutcome};
use domain::ids::DeliveryId;

/// Deliveries read at once.
const PAGE: usize = 200;

/// Sends again from now on; says what was held, `None` if nothing was.
///
/// # Errors
/// The store can't be read or written: everything is held as before, and the same call goes on.
pub async fn release(
    store: &dyn Store,
    inbox: &Inbox,
    pending: Pending,
    now: DateTime<Utc>,
) -> Result<Option<Held>, StoreError> {
    let Some(held) = store.holding().held().await? else { return Ok(None) };
    let because = format!(
        "not sent: it waited when the backup of {} UTC was made, which was restored",
        held.backup_at.format("%Y-%m-%d %H:%M")
    );
    if pending == Pending::Drop {
        report(store, inbox, &because).await?;
    }
    Ok(store.holding().release(pending, &because, now).await?.then_some(held))
}

// The timeline learns of it first: after a crash between the two, the same is reported again, which the engine knows.
async fn report(store: &dyn Store, inbox: &Inbox, because: &str) -> Result<(), StoreError> {
    let mut after = DeliveryId(0);
    loop {
        let page = store.holding().held_back(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.id;
        // The next put says what a dropped one would have said.
        for delivery in page.into_iter().filter(|delivery| delivery.lane != Lane::Put) {
            let outcome = DeliveryOutcome {
                delivery: delivery.id,
                incident: delivery.incident,
                receiver: delivery.receiver,
                person: delivery.to.map(|to| to.person),
                notice: delivery.notice.word().to_owned(),
                end: DeliveryEnd::Dropped { because: because.to_owned() },
            };
            inbox.outcome(&outcome).await?;
        }
    }
}
