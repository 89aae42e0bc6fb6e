//! Nothing is sent after a restore, until somebody says so.

use crate::fixtures::{End, at, claim, closed, decide, delivery, finish, ids};
use crate::logins::session;
use domain::delivery::pace::Pace;
use domain::delivery::{DeliveryState, Lane};
use domain::engine::Changes;
use domain::ids::{DeliveryId, InputSeq};
use earlybell::store::{DeliveryFilter, DeliveryRow, Held, Pending, Store};
use std::sync::Arc;

const NOTHING: [u64; 0] = [];

// Waiting, on its way, behind both, sent; then held; then two more.
async fn held(store: &Arc<dyn Store>) {
    let incident = closed(7, 0);
    let incidents = [(incident.id, incident)].into();
    let known = Changes { position: InputSeq(1), at: Some(at(0)), incidents, ..Changes::default() };
    store.commit(known).await.unwrap();
    let old = [delivery(1, 6, "team", Lane::Root), delivery(2, 7, "team", Lane::Root)];
    decide(store, 2, old.to_vec()).await;
    claim(store, 0).await;
    finish(store, 1, 1, End::Sent(Some("169.1")), 1).await;
    finish(store, 2, 1, End::Unsure(100), 1).await;
    decide(store, 3, [3, 4].map(|id| delivery(id, 7, "team", Lane::Post)).to_vec()).await;
    store.holding().hold(at(-86_400), at(5)).await.unwrap();
    decide(store, 4, vec![delivery(5, 6, "team", Lane::Post), delivery(6, 108, "team", Lane::Root)]).await;
}

async fn rows(store: &Arc<dyn Store>) -> Vec<DeliveryRow> {
    store.deliveries(DeliveryFilter { max: 100, ..DeliveryFilter::default() }).await.unwrap()
}

pub async fn sends_nothing_while_it_is_held(store: &Arc<dyn Store>) {
    assert_eq!(store.holding().held().await.unwrap(), None);
    assert!(!store.holding().release(Pending::Drop, "x", at(9)).await.unwrap(), "nothing is held");
    store.access().begin_session(session("s", "ada", 0)).await.unwrap();
    held(store).await;
    let expected = Held { backup_at: at(-86_400), restored_at: at(5), before: 3, since: 2 };
    assert_eq!(store.holding().held().await.unwrap(), Some(expected.clone()));
    assert_eq!(store.figures(at(6)).await.unwrap().held, Some(expected));
    assert_eq!(ids(&claim(store, 1_000).await), NOTHING);
    assert_eq!(store.next_due("team", Pace::All).await.unwrap(), None);
    let back = store.holding().held_back(DeliveryId(2), 10).await.unwrap();
    assert_eq!(back.iter().map(|delivery| delivery.id.0).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(store.holding().held_back(DeliveryId(0), 1).await.unwrap().len(), 1);
    assert!(store.access().sessions("ada").await.unwrap().is_empty(), "nobody is signed in");
}

pub async fn drops_what_waited_at_the_backup(store: &Arc<dyn Store>) {
    held(store).await;
    assert!(store.holding().release(Pending::Drop, "too old", at(9)).await.unwrap());
    assert_eq!(store.holding().held().await.unwrap(), None);
    let dropped: Vec<_> = rows(store)
        .await
        .into_iter()
        .filter(|row| row.state == DeliveryState::Superseded)
        .map(|row| (row.delivery.id.0, row.last_error, row.finished_at))
        .collect();
    let because = || Some("too old".to_owned());
    assert_eq!(dropped, [4, 3, 2].map(|id| (id, because(), Some(at(9)))));
    assert_eq!(ids(&claim(store, 10).await), [5, 6], "what was decided since goes out");
    assert!(!store.holding().release(Pending::Drop, "x", at(9)).await.unwrap(), "it is done once");
}

pub async fn sends_late_what_waited_at_the_backup(store: &Arc<dyn Store>) {
    held(store).await;
    assert!(store.holding().release(Pending::Send, "", at(90_000)).await.unwrap());
    let claimed = claim(store, 90_000).await;
    assert_eq!(ids(&claimed), [5, 6, 2]);
    let late = &claimed[2];
    assert_eq!((late.first_attempt_at, late.unsure), (at(90_000), true), "it has its whole day, and is looked for");
    assert!(store.holding().held_back(DeliveryId(0), 10).await.unwrap().is_empty());
}
