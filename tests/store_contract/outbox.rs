//! Lanes, leases, fences.

use crate::fixtures::{End, addressee, at, claim, claim_of, decide, delivery, finish, ids};
use domain::delivery::pace::Pace;
use domain::delivery::{Delivery, DeliveryState, Lane};
use domain::ids::{DeliveryId, IncidentId};
use earlybell::store::{Claimed, DeliveryFilter, DeliveryRow, Store};
use std::sync::Arc;

const NOTHING: [u64; 0] = [];

pub async fn sends_the_root_before_anything_else(store: &Arc<dyn Store>) {
    let root = delivery(1, 7, "team", Lane::Root);
    decide(store, 1, vec![root.clone(), delivery(2, 7, "team", Lane::Put), delivery(3, 7, "team", Lane::Post)]).await;
    let claimed = claim(store, 1).await;
    let expected = Claimed { delivery: root, attempt: 1, first_attempt_at: at(1), thread: None, unsure: false };
    assert_eq!(claimed, [expected]);
    assert_eq!(ids(&claim(store, 2).await), NOTHING, "everything waits for the root");
    assert!(finish(store, 1, 1, End::Sent(Some("169.5")), 3).await);
    let claimed = claim(store, 3).await;
    assert_eq!(ids(&claimed), [2, 3]);
    assert!(claimed.iter().all(|one| one.thread.as_deref() == Some("169.5")));
}

pub async fn sends_posts_in_order_and_puts_beside_them(store: &Arc<dyn Store>) {
    decide(store, 1, vec![delivery(1, 7, "team", Lane::Root)]).await;
    claim(store, 0).await;
    finish(store, 1, 1, End::Sent(None), 0).await;
    let posts = [2, 4, 5].map(|id| delivery(id, 7, "team", Lane::Post));
    decide(store, 2, [posts.to_vec(), vec![delivery(3, 7, "team", Lane::Put)]].concat()).await;
    assert_eq!(ids(&claim(store, 1).await), [2, 3], "one of each lane");
    assert_eq!(ids(&claim(store, 1).await), NOTHING);
    finish(store, 3, 1, End::Sent(None), 1).await;
    assert_eq!(ids(&claim(store, 1).await), NOTHING, "the post is still on its way");
    finish(store, 2, 1, End::Retry(60), 1).await;
    assert_eq!(ids(&claim(store, 1).await), NOTHING, "no post overtakes another");
    assert_eq!(ids(&claim(store, 60).await), [2]);
    finish(store, 2, 2, End::Dead, 61).await;
    assert_eq!(ids(&claim(store, 61).await), [4], "a dead one holds nobody up");
    finish(store, 4, 1, End::Sent(None), 61).await;
    assert_eq!(ids(&claim(store, 61).await), [5]);
}

pub async fn gives_one_delivery_to_one_caller(store: &Arc<dyn Store>) {
    let roots = (1..=40).map(|id| delivery(id, id, "team", Lane::Root)).collect();
    decide(store, 1, roots).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let store = Arc::clone(store);
        tasks.spawn(async move { ids(&claim_of(&store, "team", 0, 5).await) });
    }
    let mut all = tasks.join_all().await.concat();
    all.sort_unstable();
    assert_eq!(all, (1..=40).collect::<Vec<_>>());
}

pub async fn takes_over_leases_that_ran_out(store: &Arc<dyn Store>) {
    decide(store, 1, vec![delivery(1, 7, "team", Lane::Root)]).await;
    claim(store, 0).await;
    assert_eq!(ids(&claim(store, 29).await), NOTHING);
    let again = &claim(store, 30).await[0];
    assert_eq!((again.attempt, again.unsure, again.first_attempt_at), (2, true, at(0)));
}

pub async fn ignores_whoever_lost_the_lease(store: &Arc<dyn Store>) {
    decide(store, 1, vec![delivery(1, 7, "team", Lane::Root)]).await;
    claim(store, 0).await;
    claim(store, 30).await;
    assert!(!finish(store, 1, 1, End::Dead, 31).await, "the lease went on to attempt 2");
    assert!(finish(store, 1, 2, End::Sent(Some("x")), 32).await);
    assert!(!finish(store, 1, 2, End::Dead, 33).await, "it is finished");
    assert!(!finish(store, 99, 1, End::Dead, 33).await, "there is none");
    let row = &store.deliveries(DeliveryFilter { max: 10, ..DeliveryFilter::default() }).await.unwrap()[0];
    assert_eq!((row.state, row.remote_id.as_deref()), (DeliveryState::Sent, Some("x")));
    decide(store, 2, vec![delivery(2, 8, "team", Lane::Root)]).await;
    claim(store, 0).await;
    assert!(finish(store, 2, 1, End::Sent(None), 45).await, "late, but nobody took it over");
}

pub async fn waits_until_the_next_attempt_is_due(store: &Arc<dyn Store>) {
    decide(store, 1, vec![delivery(1, 7, "team", Lane::Root)]).await;
    assert_eq!(ids(&claim(store, -1).await), NOTHING);
    claim(store, 0).await;
    finish(store, 1, 1, End::Retry(100), 1).await;
    assert_eq!(ids(&claim(store, 99).await), NOTHING);
    let again = &claim(store, 100).await[0];
    assert_eq!((again.attempt, again.unsure, again.first_attempt_at), (2, false, at(0)));
}

pub async fn replaces_puts_that_wait(store: &Arc<dyn Store>) {
    decide(store, 1, vec![delivery(1, 7, "team", Lane::Root), delivery(2, 7, "team", Lane::Put)]).await;
    decide(store, 2, vec![delivery(3, 7, "team", Lane::Put), delivery(4, 7, "team", Lane::Put)]).await;
    decide(store, 3, vec![delivery(5, 8, "team", Lane::Put), delivery(6, 7, "list", Lane::Put)]).await;
    let states = |rows: Vec<DeliveryRow>| rows.iter().map(|row| (row.delivery.id.0, row.state)).collect::<Vec<_>>();
    let rows = store.deliveries(DeliveryFilter { max: 10, ..DeliveryFilter::default() }).await.unwrap();
    use DeliveryState::{Pending, Superseded};
    assert_eq!(
        states(rows),
        [(6, Pending), (5, Pending), (4, Pending), (3, Superseded), (2, Superseded), (1, Pending)]
    );
    claim(store, 0).await;
    finish(store, 1, 1, End::Sent(None), 0).await;
    assert_eq!(ids(&claim(store, 0).await), [4]);
}

pub async fn lets_a_put_on_its_way_finish_first(store: &Arc<dyn Store>) {
    decide(store, 1, vec![delivery(1, 7, "team", Lane::Root), delivery(2, 7, "team", Lane::Put)]).await;
    claim(store, 0).await;
    finish(store, 1, 1, End::Sent(None), 0).await;
    assert_eq!(ids(&claim(store, 0).await), [2]);
    decide(store, 2, vec![delivery(3, 7, "team", Lane::Put)]).await;
    assert_eq!(ids(&claim(store, 1).await), NOTHING, "an old text could overwrite the new one");
    assert!(finish(store, 2, 1, End::Retry(500), 2).await);
    assert_eq!(ids(&claim(store, 2).await), [3], "the old text is not tried again");
}

pub async fn does_not_repeat_an_overtaken_put(store: &Arc<dyn Store>) {
    decide(store, 1, vec![delivery(1, 7, "team", Lane::Root), delivery(2, 7, "team", Lane::Put)]).await;
    claim(store, 0).await;
    finish(store, 1, 1, End::Sent(None), 0).await;
    claim(store, 0).await;
    decide(store, 2, vec![delivery(3, 7, "team", Lane::Put)]).await;
    assert_eq!(ids(&claim(store, 30).await), [3]);
    assert!(!finish(store, 2, 1, End::Sent(None), 31).await);
}

pub async fn goes_on_without_a_dead_root(store: &Arc<dyn Store>) {
    let lane = [Lane::Root, Lane::Put, Lane::Post];
    let all = (1..).zip(lane).map(|(id, lane)| delivery(id, 7, "team", lane)).collect();
    decide(store, 1, all).await;
    claim(store, 0).await;
    finish(store, 1, 1, End::Dead, 1).await;
    let claimed = claim(store, 1).await;
    assert_eq!((ids(&claimed), claimed[0].thread.clone()), (vec![3], None));
    let filter = DeliveryFilter { states: vec![DeliveryState::Superseded], max: 10, ..DeliveryFilter::default() };
    let rows = store.deliveries(filter).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.delivery.id.0).collect::<Vec<_>>(), [2]);
}

pub async fn takes_a_dead_one_up_again(store: &Arc<dyn Store>) {
    decide(store, 1, vec![delivery(1, 7, "team", Lane::Root), delivery(2, 7, "team", Lane::Post)]).await;
    assert!(!store.retry_delivery(DeliveryId(1), at(0)).await.unwrap(), "it is not dead");
    claim(store, 0).await;
    finish(store, 1, 1, End::Dead, 1).await;
    assert!(store.retry_delivery(DeliveryId(1), at(90_000)).await.unwrap());
    assert!(!store.retry_delivery(DeliveryId(1), at(90_000)).await.unwrap());
    assert!(!store.retry_delivery(DeliveryId(99), at(0)).await.unwrap());
    assert_eq!(ids(&claim(store, 89_999).await), NOTHING, "the root goes first again");
    let again = &claim(store, 90_000).await[0];
    assert_eq!((again.delivery.id.0, again.first_attempt_at), (1, at(90_000)));
    assert!(!finish(store, 1, 1, End::Dead, 90_001).await, "an attempt from before is fenced off");
    assert!(finish(store, 1, again.attempt, End::Sent(Some("t")), 90_001).await);
    assert_eq!(claim(store, 90_001).await[0].thread.as_deref(), Some("t"));
}

pub async fn keeps_receivers_and_incidents_apart(store: &Arc<dyn Store>) {
    let roots = [(1, 7, "team"), (2, 7, "list"), (3, 8, "team")].map(|(id, i, r)| delivery(id, i, r, Lane::Root));
    decide(store, 1, roots.to_vec()).await;
    assert_eq!(ids(&claim(store, 0).await), [1, 3]);
    assert_eq!(ids(&claim_of(store, "list", 0, 10).await), [2]);
    finish(store, 1, 1, End::Sent(Some("here")), 0).await;
    decide(store, 2, vec![delivery(4, 7, "list", Lane::Post), delivery(5, 7, "team", Lane::Post)]).await;
    let claimed = claim(store, 1).await;
    assert_eq!((ids(&claimed), claimed[0].thread.as_deref()), (vec![5], Some("here")));
    assert_eq!(ids(&claim_of(store, "list", 1, 10).await), NOTHING);
}

pub async fn claims_oldest_first_and_no_more_than_asked(store: &Arc<dyn Store>) {
    let roots = [3, 1, 2].map(|id| delivery(id, id, "team", Lane::Root));
    decide(store, 1, roots.to_vec()).await;
    assert_eq!(ids(&claim_of(store, "team", 0, 2).await), [1, 2]);
    assert_eq!(ids(&claim_of(store, "team", 0, 2).await), [3]);
}

pub async fn hurries_what_waits_for_its_next_attempt(store: &Arc<dyn Store>) {
    let roots = [(1, "team"), (2, "team"), (3, "list"), (4, "team")];
    decide(store, 1, roots.map(|(id, receiver)| delivery(id, id, receiver, Lane::Root)).to_vec()).await;
    decide(store, 2, vec![delivery(5, 1, "team", Lane::Post)]).await;
    claim(store, 0).await;
    claim_of(store, "list", 0, 1).await;
    for (id, end) in [(1, End::Retry(900)), (2, End::Unsure(900)), (3, End::Retry(900))] {
        finish(store, id, 1, end, 1).await;
    }
    assert_eq!(store.hurry("team", at(5)).await.unwrap(), 2);
    assert_eq!(ids(&claim(store, 5).await), [1, 2], "neither the leased one nor the post behind its root");
    assert_eq!(ids(&claim_of(store, "list", 5, 9).await), NOTHING);
    assert_eq!(store.hurry("team", at(6)).await.unwrap(), 0);
}

pub async fn says_when_the_next_is_due(store: &Arc<dyn Store>) {
    let due = async || store.next_due("team", Pace::All).await.unwrap();
    assert_eq!(due().await, None);
    decide(store, 1, vec![delivery(1, 7, "team", Lane::Root), delivery(2, 7, "team", Lane::Post)]).await;
    assert_eq!(due().await, Some(at(0)));
    claim(store, 5).await;
    assert_eq!(due().await, Some(at(35)), "the end of the lease");
    finish(store, 1, 1, End::Retry(70), 6).await;
    assert_eq!(due().await, Some(at(70)), "what waits behind it is not due");
    assert_eq!(store.next_due("list", Pace::All).await.unwrap(), None);
    claim(store, 70).await;
    finish(store, 1, 2, End::Sent(None), 71).await;
    assert_eq!(due().await, Some(at(0)));
    claim(store, 71).await;
    finish(store, 2, 1, End::Sent(None), 71).await;
    assert_eq!(due().await, None);
}

pub async fn remembers_that_an_attempt_was_unsure(store: &Arc<dyn Store>) {
    decide(store, 1, vec![delivery(1, 7, "team", Lane::Root)]).await;
    claim(store, 0).await;
    finish(store, 1, 1, End::Unsure(10), 1).await;
    assert!(claim(store, 10).await[0].unsure);
    finish(store, 1, 2, End::Retry(20), 11).await;
    let third = &claim(store, 20).await[0];
    assert_eq!((third.attempt, third.unsure), (3, true), "the first attempt may still have been accepted");
}

pub async fn lists_deliveries(store: &Arc<dyn Store>) {
    let all = vec![
        delivery(1, 7, "team", Lane::Root),
        delivery(2, 7, "list", Lane::Root),
        delivery(3, 8, "team", Lane::Root),
        delivery(4, 7, "team", Lane::Post),
    ];
    decide(store, 1, all.clone()).await;
    claim(store, 0).await;
    finish(store, 1, 1, End::Sent(Some("t")), 5).await;
    finish(store, 3, 1, End::Dead, 6).await;
    let listed = async |filter: DeliveryFilter| {
        let rows = store.deliveries(filter).await.unwrap();
        rows.iter().map(|row| row.delivery.id.0).collect::<Vec<_>>()
    };
    let any = || DeliveryFilter { max: 10, ..DeliveryFilter::default() };
    assert_eq!(listed(any()).await, [4, 3, 2, 1]);
    assert_eq!(listed(DeliveryFilter { max: 2, ..any() }).await, [4, 3]);
    assert_eq!(listed(DeliveryFilter { incident: Some(IncidentId(7)), ..any() }).await, [4, 2, 1]);
    assert_eq!(listed(DeliveryFilter { receiver: Some("team".to_owned()), ..any() }).await, [4, 3, 1]);
    let states = vec![DeliveryState::Dead, DeliveryState::Sent];
    assert_eq!(listed(DeliveryFilter { states: states.clone(), ..any() }).await, [3, 1]);
    let narrow = DeliveryFilter { incident: Some(IncidentId(7)), receiver: Some("team".to_owned()), states, max: 10 };
    let rows = store.deliveries(narrow).await.unwrap();
    let sent = DeliveryRow {
        delivery: all[0].clone(),
        state: DeliveryState::Sent,
        attempts: 1,
        next_at: None,
        finished_at: Some(at(5)),
        remote_id: Some("t".to_owned()),
        last_error: None,
        sent_as: None,
        joined: None,
    };
    assert_eq!(rows, [sent]);
    let dead = &store.deliveries(DeliveryFilter { incident: Some(IncidentId(8)), ..any() }).await.unwrap()[0];
    assert_eq!((dead.last_error.as_deref(), dead.finished_at), (Some("channel_not_found"), Some(at(6))));
}

pub async fn keeps_people_apart(store: &Arc<dyn Store>) {
    let direct = |id, person: &str| Delivery { to: Some(addressee(person)), ..delivery(id, 1, "team", Lane::Direct) };
    let root = delivery(1, 1, "team", Lane::Root);
    let all = vec![root, direct(2, "anna"), direct(3, "anna"), direct(4, "bert"), delivery(5, 1, "team", Lane::Post)];
    decide(store, 1, all).await;
    let claimed = claim(store, 0).await;
    assert_eq!(ids(&claimed), [1, 2, 4], "nobody waits for the root, nor for another person");
    assert_eq!(claimed[1].delivery.to, Some(addressee("anna")));
    finish(store, 2, 1, End::Sent(Some("<first@anna>")), 1).await;
    finish(store, 4, 1, End::Unsure(60), 1).await;
    let claimed = claim(store, 2).await;
    assert_eq!(ids(&claimed), [3]);
    assert_eq!(claimed[0].thread.as_deref(), Some("<first@anna>"), "what she was told first");
    finish(store, 3, 1, End::Sent(Some("<second@anna>")), 2).await;
    decide(store, 2, vec![direct(6, "anna"), direct(7, "bert")]).await;
    let claimed = claim(store, 3).await;
    assert_eq!(ids(&claimed), [6], "bert's come in order");
    assert_eq!(claimed[0].thread.as_deref(), Some("<first@anna>"));
}
