//! The audit log.

use crate::fixtures::at;
use domain::audit::{Chain, Difference, Head, Outcome, Record, Sealed};
use domain::engine::Changes;
use domain::ids::{IncidentId, InputSeq};
use domain::incident::{Actor, Surface};
use earlybell::store::{AuditFilter, AuditFrom, Role, Store};
use std::sync::Arc;

/// As many records as asked for; every third is about an incident, every fourth was refused, every fifth is nobody's.
pub fn chain(length: u64) -> Vec<Sealed> {
    let mut head = Head::default();
    let sealed = |number: u64| {
        let refused = Outcome::Refused { because: "no such \"incident\"".to_owned() };
        let record = Record {
            number,
            at: at(number.cast_signed()),
            input: InputSeq(number),
            actor: if number.is_multiple_of(5) { Actor::Rule } else { Actor::person("Jürgen", Surface::Irc) },
            access: (!number.is_multiple_of(5)).then_some(Role::Responder),
            what: format!("note {number}"),
            incident: (number.is_multiple_of(3)).then_some(IncidentId(7)),
            changes: vec![Difference::new("entries", "1", "2")],
            outcome: if number.is_multiple_of(4) { refused } else { Outcome::Done },
        };
        let sealed = head.seal(record);
        head = sealed.head();
        sealed
    };
    (1..=length).map(sealed).collect()
}

/// Commits these, with an input of its own.
pub async fn commit(store: &Arc<dyn Store>, position: u64, audit: &[Sealed]) {
    let changes =
        Changes { position: InputSeq(position), at: Some(at(9)), audit: audit.to_vec(), ..Changes::default() };
    store.commit(changes).await.unwrap();
}

fn page(from: AuditFrom, max: usize) -> AuditFilter {
    AuditFilter { incident: None, since: None, from, max }
}

pub async fn keeps_the_audit_log(store: &Arc<dyn Store>) {
    assert_eq!(store.audit().head().await.unwrap(), Head::default());
    let records = chain(12);
    commit(store, 1, &records[..5]).await;
    commit(store, 2, &[]).await;
    commit(store, 3, &records[5..]).await;
    assert_eq!(store.audit().head().await.unwrap(), records[11].head());
    assert_eq!(store.load(at(20)).await.unwrap().audit, records[11].head());
    let mut read = Vec::new();
    while let Ok(more) = store.audit().records(page(AuditFrom::After(read.len() as u64), 5)).await {
        if more.is_empty() {
            break;
        }
        read.extend(more);
    }
    assert_eq!(read, records);
    let mut chain = Chain::knowing(vec![store.audit().head().await.unwrap().into()]);
    read.iter().for_each(|record| chain.check(record).unwrap());
    chain.end().unwrap();
}

pub async fn lists_the_audit_log(store: &Arc<dyn Store>) {
    let records = chain(12);
    commit(store, 1, &records).await;
    let numbers = async |filter: AuditFilter| {
        let found = store.audit().records(filter).await.unwrap();
        found.iter().map(|sealed| sealed.record.number).collect::<Vec<_>>()
    };
    assert_eq!(numbers(page(AuditFrom::End, 3)).await, [12, 11, 10]);
    assert_eq!(numbers(page(AuditFrom::Before(10), 3)).await, [9, 8, 7]);
    assert_eq!(numbers(page(AuditFrom::After(10), 3)).await, [11, 12]);
    let of_seven = AuditFilter { incident: Some(IncidentId(7)), ..page(AuditFrom::End, 9) };
    assert_eq!(numbers(of_seven).await, [12, 9, 6, 3]);
    let since = AuditFilter { since: Some(at(10)), ..page(AuditFrom::End, 9) };
    assert_eq!(numbers(since).await, [12, 11, 10]);
    let both = AuditFilter { incident: Some(IncidentId(7)), since: Some(at(7)), ..page(AuditFrom::After(0), 9) };
    assert_eq!(numbers(both).await, [9, 12]);
    let later = AuditFilter { since: Some(at(99)), ..page(AuditFrom::End, 9) };
    assert_eq!(numbers(later).await, [] as [u64; 0]);
}

pub async fn refuses_records_that_do_not_follow(store: &Arc<dyn Store>) {
    let records = chain(4);
    commit(store, 1, &records[..2]).await;
    let changes = |audit: &[Sealed]| Changes { position: InputSeq(2), audit: audit.to_vec(), ..Changes::default() };
    for wrong in [&records[3..], &records[1..2], &records[..1]] {
        store.commit(changes(wrong)).await.unwrap_err();
    }
    commit(store, 2, &records[2..]).await;
    assert_eq!(store.audit().records(page(AuditFrom::After(0), 9)).await.unwrap(), records);
}

pub async fn retention_leaves_the_audit_log_alone(store: &Arc<dyn Store>) {
    let records = chain(3);
    commit(store, 1, &records).await;
    store.prune(at(1_000_000), 1000).await.unwrap();
    assert_eq!(store.audit().records(page(AuditFrom::After(0), 9)).await.unwrap(), records);
}
