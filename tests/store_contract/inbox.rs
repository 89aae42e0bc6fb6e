//! Inputs in, inputs out, and what was refused.

use crate::fixtures::{at, decide, input};
use chrono::TimeDelta;
use domain::ids::InputSeq;
use earlybell::store::{Appended, InputKind, NewQuarantined, Quarantined, Store, StoredInput};
use std::collections::BTreeSet;
use std::sync::Arc;

const ANY: usize = usize::MAX;

pub async fn gives_numbers_in_order_and_reads_them_back(store: &Arc<dyn Store>) {
    let kinds = [
        InputKind::Webhook,
        InputKind::Push,
        InputKind::Poll,
        InputKind::Command,
        InputKind::Outcome,
        InputKind::Policy,
        InputKind::Tick,
        InputKind::Started,
    ];
    let mut expected = Vec::new();
    for (seconds, kind) in kinds.into_iter().enumerate() {
        let new = input(kind, &[0, 255, seconds as u8], seconds as i64);
        let appended = store.append(new.clone()).await.unwrap();
        let seq = InputSeq(seconds as u64 + 1);
        assert_eq!(appended, Appended { seq, at: new.at });
        expected.push(StoredInput { seq, kind, source: new.source, body: new.body, at: new.at });
    }
    assert_eq!(store.inputs_after(InputSeq(0), 100, ANY).await.unwrap(), expected);
    assert_eq!(store.inputs_after(InputSeq(5), 100, ANY).await.unwrap(), expected[5..]);
    assert_eq!(store.inputs_after(InputSeq(8), 100, ANY).await.unwrap(), []);
}

pub async fn moves_time_forward(store: &Arc<dyn Store>) {
    let mut times = Vec::new();
    for seconds in [10, 5, 10, 11, -100] {
        times.push(store.append(input(InputKind::Tick, b"", seconds)).await.unwrap().at);
    }
    assert_eq!(times, [10, 10, 10, 11, 11].map(at));
    let stored = store.inputs_after(InputSeq(0), 100, ANY).await.unwrap();
    assert_eq!(stored.iter().map(|input| input.at).collect::<Vec<_>>(), times);
}

pub async fn reads_pages_by_rows_and_bytes(store: &Arc<dyn Store>) {
    for _ in 0..6 {
        store.append(input(InputKind::Webhook, &[7; 100], 0)).await.unwrap();
    }
    for (rows_max, bytes_max, found) in [(2, ANY, 2), (100, 250, 2), (100, 300, 3), (100, 1, 1), (0, 0, 1)] {
        let page = store.inputs_after(InputSeq(1), rows_max, bytes_max).await.unwrap();
        assert_eq!(page.len(), found, "{rows_max} rows, {bytes_max} bytes");
        assert_eq!(page[0].seq, InputSeq(2));
    }
}

pub async fn takes_many_callers_at_once(store: &Arc<dyn Store>) {
    let mut tasks = tokio::task::JoinSet::new();
    for caller in 0..64_u8 {
        let store = Arc::clone(store);
        tasks.spawn(async move {
            let appended = store.append(input(InputKind::Webhook, &[caller; 9000], 0)).await.unwrap();
            (appended.seq, caller)
        });
    }
    let answered: BTreeSet<(InputSeq, u8)> = tasks.join_all().await.into_iter().collect();
    let stored = store.inputs_after(InputSeq(0), 100, ANY).await.unwrap();
    assert_eq!(stored.iter().map(|input| (input.seq, input.body[8999])).collect::<BTreeSet<_>>(), answered);
    assert_eq!(stored.iter().map(|input| input.seq.0).collect::<Vec<_>>(), (1..=64).collect::<Vec<_>>());
}

pub async fn keeps_refused_bodies(store: &Arc<dyn Store>) {
    let refused = |text: &str, seconds| NewQuarantined {
        at: at(seconds),
        source: "default".to_owned(),
        path: "/api/v1/alertmanager".to_owned(),
        because: text.to_owned(),
        bytes: 20_000_000,
        body: text.as_bytes().to_vec(),
    };
    let first = store.quarantine(refused("not JSON", 1)).await.unwrap();
    let second = store.quarantine(refused("no alerts", 2)).await.unwrap();
    let listed = store.quarantined(10).await.unwrap();
    assert_eq!(listed.iter().map(|item| item.id).collect::<Vec<_>>(), [second, first]);
    assert_eq!(
        listed[1],
        Quarantined {
            id: first,
            at: at(1),
            source: "default".to_owned(),
            path: "/api/v1/alertmanager".to_owned(),
            because: "not JSON".to_owned(),
            bytes: 20_000_000,
        }
    );
    assert_eq!(store.quarantined(1).await.unwrap().len(), 1);
    assert_eq!(store.quarantined_body(first).await.unwrap(), Some(b"not JSON".to_vec()));
    assert!(store.drop_quarantined(second).await.unwrap());
    assert!(!store.drop_quarantined(second).await.unwrap());
    assert_eq!(store.quarantined_body(second).await.unwrap(), None);
    let third = store.quarantine(refused("again", 3)).await.unwrap();
    assert!(third > second, "numbers are never given twice");
    assert_eq!(store.figures(at(0)).await.unwrap().quarantined, 2);
    assert_eq!(store.prune(at(2), 100).await.unwrap(), 1);
    assert_eq!(store.quarantined(10).await.unwrap()[0].id, third);
}

pub async fn forgets_decided_inputs_only(store: &Arc<dyn Store>) {
    for seconds in 0..10 {
        store.append(input(InputKind::Tick, b"", seconds)).await.unwrap();
    }
    let left = async || store.inputs_after(InputSeq(0), 100, ANY).await.unwrap().first().map(|input| input.seq.0);
    assert_eq!(store.prune(at(100), 100).await.unwrap(), 0, "nothing is decided");
    decide(store, 6, Vec::new()).await;
    assert_eq!(store.prune(at(0), 100).await.unwrap(), 0, "nothing is old");
    assert_eq!(store.prune(at(4), 3).await.unwrap(), 3, "in batches");
    assert_eq!(left().await, Some(4));
    assert_eq!(store.prune(at(4), 3).await.unwrap(), 1);
    assert_eq!(store.prune(at(100), 100).await.unwrap(), 2);
    assert_eq!(left().await, Some(7));
    decide(store, 10, Vec::new()).await;
    assert_eq!(store.prune(at(100), 100).await.unwrap(), 3);
    assert_eq!(store.prune(at(100), 100).await.unwrap(), 0, "numbers go on from the newest");
    let next = store.append(input(InputKind::Tick, b"", 0)).await.unwrap();
    assert_eq!(next, Appended { seq: InputSeq(11), at: at(9) + TimeDelta::zero() });
}
