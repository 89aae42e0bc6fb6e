//! People who may log in, and their sessions.

use crate::fixtures::at;
use earlybell::store::{LoginChange, LoginRow, NewSession, Role, SessionRow, Store, Vouched, Way};
use std::sync::Arc;

fn login(name: &str, subject: Option<&str>) -> LoginRow {
    let vouched = |subject: &str| Vouched { issuer: "https://idp".to_owned(), subject: subject.to_owned() };
    LoginRow {
        name: name.to_owned(),
        role: Role::Responder,
        vouched: subject.map(vouched),
        password: None,
        totp: None,
        created_at: at(1),
        used_at: None,
        disabled_at: None,
    }
}

pub fn session(id: &str, name: &str, seconds: i64) -> NewSession {
    let row = SessionRow {
        id: id.to_owned(),
        sha256: [id.as_bytes()[0]; 32],
        name: name.to_owned(),
        way: Way::Password,
        token: None,
        agent: "Browser".to_owned(),
        created_at: at(seconds),
        used_at: at(seconds),
    };
    NewSession { row, forget_before: at(0), per_name_max: 10 }
}

pub async fn keeps_who_may_log_in(store: &Arc<dyn Store>) {
    let store = store.access();
    let (ada, bob) = (login("ada", None), login("bob", Some("17")));
    assert!(store.add_login(bob.clone()).await.unwrap() && store.add_login(ada.clone()).await.unwrap());
    assert!(!store.add_login(login("bob", None)).await.unwrap(), "the name is taken");
    assert!(!store.add_login(login("eve", Some("17"))).await.unwrap(), "the subject is taken");
    assert_eq!(store.logins().await.unwrap(), [ada.clone(), bob.clone()]);
    assert_eq!(store.vouched_login(&bob.vouched.clone().unwrap()).await.unwrap(), Some(bob.clone()));
    let elsewhere = Vouched { issuer: "https://other".to_owned(), subject: "17".to_owned() };
    assert_eq!(store.vouched_login(&elsewhere).await.unwrap(), None);
    let changes = [
        LoginChange::Role(Role::Admin),
        LoginChange::Password("hash".to_owned()),
        LoginChange::Totp(Some(vec![1, 2])),
        LoginChange::Disabled(Some(at(9))),
        LoginChange::Used(at(8)),
    ];
    for change in changes {
        assert!(!store.change_login("nobody", change.clone()).await.unwrap());
        assert!(store.change_login("ada", change).await.unwrap());
    }
    let changed = LoginRow {
        role: Role::Admin,
        password: Some("hash".to_owned()),
        totp: Some(vec![1, 2]),
        used_at: Some(at(8)),
        disabled_at: Some(at(9)),
        ..ada
    };
    assert_eq!(store.login("ada").await.unwrap(), Some(changed));
    assert!(store.change_login("ada", LoginChange::Disabled(None)).await.unwrap());
    assert!(store.change_login("ada", LoginChange::Totp(None)).await.unwrap());
    let again = store.login("ada").await.unwrap().unwrap();
    assert_eq!((again.disabled_at, again.totp), (None, None));
    store.begin_session(session("a", "bob", 5)).await.unwrap();
    assert!(store.remove_login("bob").await.unwrap() && !store.remove_login("bob").await.unwrap());
    assert_eq!(store.sessions("bob").await.unwrap(), [], "nobody stays signed in");
    assert_eq!(store.login("bob").await.unwrap(), None);
}

pub async fn uses_a_one_time_code_once(store: &Arc<dyn Store>) {
    let store = store.access();
    store.add_login(login("ada", None)).await.unwrap();
    let used = [(7, true), (7, false), (6, false), (8, true), (8, false)];
    for (step, fresh) in used {
        assert_eq!(store.use_totp_step("ada", step).await.unwrap(), fresh, "{step}");
    }
    assert!(!store.use_totp_step("nobody", 9).await.unwrap());
}

pub async fn keeps_sessions_until_they_end(store: &Arc<dyn Store>) {
    let store = store.access();
    let mut token = session("c", "ada", 3);
    (token.row.way, token.row.token) = (Way::Token, Some("Ab3dE6gH".to_owned()));
    let rows = [session("b", "ada", 2), token, session("d", "bob", 3)];
    for new in rows.clone() {
        store.begin_session(new).await.unwrap();
    }
    assert!(store.begin_session(session("b", "eve", 9)).await.is_err(), "no two are the same");
    assert_eq!(store.session(&[b'c'; 32]).await.unwrap(), Some(rows[1].row.clone()));
    assert_eq!(store.session(&[b'x'; 32]).await.unwrap(), None);
    store.session_seen("b", at(70)).await.unwrap();
    store.session_seen("b", at(60)).await.unwrap();
    let seen = SessionRow { used_at: at(70), ..rows[0].row.clone() };
    assert_eq!(store.sessions("ada").await.unwrap(), [rows[1].row.clone(), seen]);
    assert!(store.end_session("c").await.unwrap() && !store.end_session("c").await.unwrap());
    assert_eq!(store.session(&[b'c'; 32]).await.unwrap(), None);
    assert_eq!((store.end_sessions("ada").await.unwrap(), store.end_sessions("ada").await.unwrap()), (1, 0));
    assert_eq!(store.sessions("bob").await.unwrap().len(), 1);
}

pub async fn forgets_sessions_that_are_over_or_too_many(store: &Arc<dyn Store>) {
    let store = store.access();
    for (id, seconds) in [("a", 1), ("b", 2), ("c", 3), ("d", 4)] {
        store.begin_session(NewSession { per_name_max: 3, ..session(id, "ada", seconds) }).await.unwrap();
    }
    let ids = async |name: &str| -> String {
        store.sessions(name).await.unwrap().into_iter().map(|session| session.id).collect()
    };
    assert_eq!(ids("ada").await, "dcb");
    for id in ["x", "w", "v", "y"] {
        store.begin_session(NewSession { per_name_max: 2, ..session(id, "kim", 5) }).await.unwrap();
        assert!(ids("kim").await.contains(id), "the one that was just begun is no old one");
    }
    assert_eq!(ids("kim").await.len(), 2);
    store.begin_session(NewSession { forget_before: at(4), ..session("e", "bob", 9) }).await.unwrap();
    assert_eq!((ids("ada").await, ids("bob").await), ("d".to_owned(), "e".to_owned()));
}

pub async fn gives_everybody_the_same_key(store: &Arc<dyn Store>) {
    let store = store.access();
    assert_eq!(store.key("pages", [1; 32]).await.unwrap(), [1; 32]);
    assert_eq!(store.key("pages", [2; 32]).await.unwrap(), [1; 32]);
    assert_eq!(store.key("other", [3; 32]).await.unwrap(), [3; 32]);
}
