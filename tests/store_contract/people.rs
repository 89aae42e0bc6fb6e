//! Tokens, and whether the store is well.

use crate::fixtures::at;
use earlybell::store::{Role, Store, TokenRow};
use std::sync::Arc;

pub async fn keeps_tokens_until_they_are_revoked(store: &Arc<dyn Store>) {
    let token = |id: &str, role, seconds| TokenRow {
        id: id.to_owned(),
        name: "prometheus".to_owned(),
        role,
        sha256: [id.len() as u8; 32],
        created_at: at(seconds),
        used_at: None,
        expires_at: (seconds == 1).then(|| at(100)),
    };
    let (first, second) = (token("a", Role::Ingest, 1), token("bb", Role::Admin, 2));
    store.add_token(second.clone()).await.unwrap();
    store.add_token(first.clone()).await.unwrap();
    assert!(store.add_token(first.clone()).await.is_err(), "an id is given once");
    assert_eq!(store.tokens().await.unwrap(), [first.clone(), second.clone()]);
    let used = vec![("a".to_owned(), at(60)), ("gone".to_owned(), at(60)), ("a".to_owned(), at(30))];
    store.tokens_used(used).await.unwrap();
    assert!(store.revoke_token("bb", at(90)).await.unwrap());
    assert!(!store.revoke_token("bb", at(91)).await.unwrap());
    assert!(!store.revoke_token("none", at(91)).await.unwrap());
    assert_eq!(store.tokens().await.unwrap(), [TokenRow { used_at: Some(at(60)), ..first }]);
    assert!(store.add_token(second).await.is_err(), "nor after it was revoked");
}

pub async fn can_say_whether_it_writes(store: &Arc<dyn Store>) {
    store.check().await.unwrap();
    store.check().await.unwrap();
    assert_eq!(store.figures(at(0)).await.unwrap().last_input.0, 0, "a check leaves no trace");
}
