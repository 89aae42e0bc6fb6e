//! Who may do what: the whole table of routes against every kind of visitor.

use crate::site::{TestSite, WEBHOOK, parts, spoilt};
use crate::wire::{Answer, Request};
use actix_web::http::Method;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use earlybell::http::auth::ACTOR_HEADER;
use earlybell::http::gate::Access;
use earlybell::http::routes::{Endpoint, ROUTES};
use earlybell::http::{Bound, serve};
use earlybell::store::sqlite::SqliteStore;
use earlybell::store::{Role, Store};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

const FILLED: [(&str, &str); 4] = [("{number}", "1"), ("{source}", "default"), ("{id}", "none"), ("{name}", "none")];

fn request(endpoint: &Endpoint) -> Request {
    let path = FILLED.iter().fold(endpoint.path.to_owned(), |path, (name, value)| path.replace(name, value));
    Request::new(endpoint.method.as_str(), &path)
}

// Whether somebody passed the gate; what the handler says then is another matter.
fn passed(answer: &Answer) -> bool {
    !matches!(answer.status, 401 | 403)
}

fn allowed(access: Access, role: Option<Role>) -> bool {
    match access {
        Access::Anyone | Access::Reader => true,
        Access::Ingest => matches!(role, Some(Role::Ingest | Role::Admin)),
        // Nobody is Slack but Slack.
        Access::Slack => false,
        Access::AtLeast(least) => role.is_some_and(|role| role >= least),
    }
}

#[tokio::test]
async fn every_route_lets_in_exactly_whom_its_rule_names() {
    let site = TestSite::open().await;
    let mut tokens = BTreeMap::new();
    for role in Role::ALL {
        tokens.insert(role, site.token("default", role).await);
    }
    let revoked = site.token("gone", Role::Admin).await;
    let row = site.store.tokens().await.unwrap().into_iter().find(|row| row.name == "gone").unwrap();
    assert!(site.store.revoke_token(&row.id, chrono::DateTime::UNIX_EPOCH).await.unwrap());
    site.running.site.tokens.refresh(site.store.as_ref()).await.unwrap();
    let wrong = spoilt(&tokens[&Role::Admin]);
    assert!(ROUTES.len() > 30, "the table has only {} routes", ROUTES.len());
    for endpoint in ROUTES {
        let what = format!("{} {}", endpoint.method, endpoint.path);
        let nobody = allowed(endpoint.access, None);
        assert_eq!(passed(&site.call(request(endpoint)).await), nobody, "nobody: {what}");
        let open = endpoint.access == Access::Anyone;
        for token in [&wrong, &revoked, &"nonsense".to_owned()] {
            let answer = site.call(request(endpoint).bearer(token)).await;
            assert_eq!(answer.status == 401, !open, "{token}: {what}: {}", answer.status);
        }
        for (role, token) in &tokens {
            let answer = site.call(request(endpoint).bearer(token)).await;
            assert_eq!(passed(&answer), allowed(endpoint.access, Some(*role)), "{}: {what}", role.word());
            // A token is no signature.
            assert_eq!(answer.status == 401, endpoint.access == Access::Slack, "{}: {what}", role.word());
        }
    }
    site.stop().await;
}

#[tokio::test]
async fn methods_outside_of_the_table_are_refused() {
    let site = TestSite::open().await;
    for endpoint in ROUTES {
        let methods: Vec<&Method> =
            ROUTES.iter().filter(|other| other.path == endpoint.path).map(|other| &other.method).collect();
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"] {
            if methods.iter().any(|known| known.as_str() == method) {
                continue;
            }
            let path = FILLED.iter().fold(endpoint.path.to_owned(), |path, (name, value)| path.replace(name, value));
            let answer = site.call(Request::new(method, &path)).await;
            assert_eq!(answer.status, 405, "{method} {path}");
        }
    }
    let lost = site.call(Request::post("/api/v1/incident", "{}")).await;
    assert_eq!((lost.status, lost.error().as_str()), (404, "there is nothing at /api/v1/incident"));
    site.stop().await;
}

#[tokio::test]
async fn a_token_works_as_bearer_and_as_password_for_its_own_name_and_source_only() {
    let site = TestSite::open().await;
    let token = site.token("second", Role::Ingest).await;
    let basic = |name: &str| format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{token}")));
    let body = crate::intake::BODY;
    for (path, authorization, status) in [
        (WEBHOOK, format!("Bearer {token}"), 200),
        (WEBHOOK, format!("bearer  {token}"), 200),
        (WEBHOOK, format!("Token {token}"), 200),
        (WEBHOOK, basic("second"), 200),
        ("/api/v1/alertmanager/second", basic("second"), 200),
        ("/api/v1/alertmanager/default", basic("second"), 403),
        (WEBHOOK, basic("default"), 401),
        (WEBHOOK, "Basic !!!".to_owned(), 401),
        (WEBHOOK, "Digest username=second".to_owned(), 401),
        (WEBHOOK, token.clone(), 401),
        (WEBHOOK, String::new(), 401),
    ] {
        let answer = site.call(Request::post(path, body).header("Authorization", &authorization)).await;
        assert_eq!(answer.status, status, "{path} {}", authorization.split(' ').next().unwrap());
    }
    assert!(site.inputs().await.iter().all(|input| input.source == "second"));
    // Written with the next refresh.
    site.running.site.tokens.write_uses(site.store.as_ref()).await.unwrap();
    let row = site.store.tokens().await.unwrap().remove(0);
    assert_eq!(row.used_at.unwrap().timestamp() % 60, 0);
    site.stop().await;
}

#[tokio::test]
async fn a_source_rotates_with_two_tokens_and_a_third_is_refused() {
    let site = TestSite::open().await;
    let admin = site.token("ada", Role::Admin).await;
    let new = |name: &str, role: &str| {
        let body = format!("{{\"name\":\"{name}\",\"role\":\"{role}\"}}");
        site.call(Request::post("/api/v1/tokens", body).bearer(&admin))
    };
    let (first, second, third) = (new("am", "ingest").await, new("am", "ingest").await, new("am", "ingest").await);
    assert_eq!((first.status, second.status, third.status), (201, 201, 409));
    let id = first.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(
        third.error(),
        format!("the source am has 2 tokens already; revoke the old one first: `earlybell token revoke {id}`")
    );
    let sends = |answer: &Answer| {
        let token = answer.json()["token"].as_str().unwrap().to_owned();
        site.call(Request::post(WEBHOOK, crate::intake::BODY).bearer(&token))
    };
    assert_eq!((sends(&first).await.status, sends(&second).await.status), (200, 200));
    let revoked = site.call(Request::new("DELETE", &format!("/api/v1/tokens/{id}")).bearer(&admin)).await;
    assert_eq!(revoked.status, 200);
    assert_eq!((sends(&first).await.status, sends(&second).await.status), (401, 200));
    assert_eq!(new("am", "ingest").await.status, 201);
    let listed = site.call(Request::get("/api/v1/tokens").bearer(&admin)).await;
    assert!(!listed.body.contains("eb_") && !listed.body.contains("sha"), "{}", listed.body);
    assert_eq!((new("a:b", "ingest").await.status, new("bob", "boss").await.status), (422, 422));
    let early = new("third", "ingest").await;
    assert!(early.body.contains("no source `third` is configured yet"), "{}", early.body);
    site.stop().await;
}

#[tokio::test]
async fn without_a_token_only_this_machine_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open_in_memory().unwrap());
    let mut reachable = parts(&folder, store, Arc::default());
    reachable.listen = vec!["127.0.0.1:0".parse().unwrap(), SocketAddr::from(([0, 0, 0, 0], 0))];
    let bound = Bound::bind(&reachable.listen).unwrap();
    let Err(error) = serve(reachable, bound).await else { panic!("it serves everybody") };
    assert_eq!(
        error.to_string(),
        "0.0.0.0:0 can be reached from other machines, and there is no token yet: make one with `earlybell token new \
         --role ingest --name default`, then start again"
    );
}

#[tokio::test]
async fn revoking_the_last_token_does_not_open_a_server_that_others_can_reach() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open_in_memory().unwrap());
    let made = earlybell::http::token::mint("ada", Role::Admin, chrono::DateTime::UNIX_EPOCH).unwrap();
    store.add_token(made.row.clone()).await.unwrap();
    let mut reachable = parts(&folder, store, Arc::default());
    reachable.listen = vec![SocketAddr::from(([0, 0, 0, 0], 0))];
    let bound = Bound::bind(&reachable.listen).unwrap();
    let running = serve(reachable, bound).await.unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], running.addresses[0].port()));
    let revoke = Request::new("DELETE", &format!("/api/v1/tokens/{}", made.row.id)).bearer(&made.text);
    let said = revoke.to(address).await.json()["text"].as_str().unwrap().to_owned();
    assert_eq!(said, "revoked; it was the last one: only the socket on this machine is served now");
    assert_eq!(Request::get("/api/v1/status").to(address).await.status, 401);
    assert_eq!(Request::get("/api/v1/status").to_socket(&folder.path().join("earlybell.sock")).await.status, 200);
    running.stop().await;
}

#[tokio::test]
async fn the_socket_belongs_to_its_owner_and_believes_who_types() {
    let site = TestSite::open().await;
    site.token("ada", Role::Admin).await;
    let mode = std::fs::metadata(&site.socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let note = |name: &str| Request::post("/api/v1/incidents/1/note", r#"{"text":"x"}"#).header(ACTOR_HEADER, name);
    let said = note("J%C3%BCrgen").to_socket(&site.socket).await;
    assert_eq!((said.status, said.json()["text"].as_str().unwrap()), (200, "noted by Jürgen"));
    // Over TCP the header is nobody's word.
    assert_eq!(site.call(note("root")).await.status, 401);
    let socket = site.socket.clone();
    site.stop().await;
    assert!(!socket.exists());
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing() {
    let site = TestSite::open().await;
    let note = || Request::post("/api/v1/incidents/1/note", r#"{"text":"x"}"#);
    for (name, value, status) in [
        ("Sec-Fetch-Site", "same-origin", 200),
        ("Sec-Fetch-Site", "none", 200),
        ("Sec-Fetch-Site", "cross-site", 403),
        ("Sec-Fetch-Site", "same-site", 403),
        ("Origin", "http://127.0.0.1", 200),
        ("Origin", "https://bell.example.org", 200),
        ("Origin", "http://127.0.0.1:8080", 403),
        ("Origin", "https://evil.example", 403),
        ("Origin", "null", 403),
    ] {
        assert_eq!(site.call(note().header(name, value)).await.status, status, "{name}: {value}");
    }
    // A name of somebody else that was made to point here.
    for (method, path) in [("POST", "/api/v1/incidents/1/note"), ("GET", "/api/v1/incidents")] {
        let rebound = Request::new(method, path).header("Host", "evil.example:9797");
        assert_eq!(site.call(rebound).await.status, 401, "{method}");
    }
    // Somebody elsewhere, through a proxy on this machine.
    for (name, value) in [("Host", "bell.example.org"), ("X-Forwarded-For", "10.0.0.7"), ("Forwarded", "for=10.0.0.7")]
    {
        let answer = site.call(Request::get("/api/v1/incidents").header(name, value)).await;
        assert_eq!(answer.status, 401, "{name}");
    }
    // A browser repeats a password by itself, but no bearer token.
    let token = site.token("ada", Role::Manager).await;
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("ada:{token}")));
    let forged =
        |authorization: &str| note().header("Authorization", authorization).header("Origin", "https://evil.example");
    assert_eq!(site.call(forged(&basic)).await.status, 403);
    assert_eq!(site.call(forged(&format!("Bearer {token}"))).await.status, 200);
    assert_eq!(site.call(note().header("Authorization", &basic)).await.status, 200);
    site.stop().await;
}
