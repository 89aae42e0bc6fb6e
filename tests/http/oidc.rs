//! Signing in at a provider that is strict, and at one that lies.

use crate::clock::TestClock;
use crate::oidc_provider::{ClientAuth, FakeProvider, SECRET, Wrong, ec, rsa};
use crate::site::{TestSite, config};
use crate::wire::{Answer, Request};
use arc_swap::ArcSwap;
use chrono::TimeDelta;
use domain::access::Role;
use earlybell::config::{Access, Grants, Oidc, Secret};
use earlybell::store::AccessStore;
use serde_json::json;
use std::sync::Arc;

struct World {
    site: TestSite,
    provider: FakeProvider,
    clock: Arc<TestClock>,
}

async fn world(change: impl FnOnce(&mut Oidc)) -> World {
    let clock = TestClock::at("2026-11-22T10:00:00Z");
    let provider = FakeProvider::start(clock.clone());
    let grants = Grants { roles: [("sre".to_owned(), Role::Manager)].into(), default: None };
    let mut oidc = Oidc {
        issuer: provider.url.clone(),
        client_id: "earlybell".to_owned(),
        client_secret: Some(Secret::new(SECRET)),
        scopes: vec!["openid".to_owned(), "profile".to_owned()],
        name_claim: "preferred_username".to_owned(),
        groups_claim: "groups".to_owned(),
        acr: Vec::new(),
        grants,
    };
    change(&mut oidc);
    let ours = clock.clone();
    let site = TestSite::with(|parts| {
        let access = Access { local: true, oidc: Some(oidc), proxy: None, chat: Grants::default() };
        parts.config = Arc::new(ArcSwap::from_pointee(earlybell::config::Config { access, ..config() }));
        parts.clock = ours;
    });
    World { site: site.await, provider, clock }
}

// What a browser has after a step: the answer, and the cookie it was given under this name.
fn cookie(answer: &Answer, name: &str) -> Option<String> {
    let lines = answer.head.lines().filter_map(|line| line.split_once(": "));
    let set = lines.filter(|(header, _)| header.eq_ignore_ascii_case("set-cookie")).map(|(_, value)| value);
    let pair = set.filter_map(|value| value.split(';').next()).find(|pair| pair.starts_with(&format!("{name}=")));
    pair.filter(|pair| !pair.ends_with('=')).map(str::to_owned)
}

impl World {
    async fn start(&self, path: &str) -> (Answer, String) {
        let answer = self.site.call(Request::get(path)).await;
        let cookie = cookie(&answer, "__Host-earlybell-login").unwrap_or_default();
        (answer, cookie)
    }

    // Where the provider sends a browser that we sent to this address.
    async fn at_provider(&self, location: &str) -> String {
        let rest = location.strip_prefix("http://").unwrap();
        let (address, path) = rest.split_once('/').unwrap();
        let answer = Request::get(&format!("/{path}")).to(address.parse().unwrap()).await;
        assert_eq!(answer.status, 302, "{}", answer.body);
        answer.header("location").unwrap().strip_prefix("https://bell.example.org").unwrap().to_owned()
    }

    async fn back(&self, path: &str, cookie: &str) -> Answer {
        self.site.call(Request::get(path).header("Cookie", cookie).header("Sec-Fetch-Site", "cross-site")).await
    }

    // All of it.
    async fn signs_in(&self) -> Answer {
        let (sent, login) = self.start("/login/oidc?next=/rules").await;
        assert_eq!(sent.status, 303, "{}", sent.body);
        let path = self.at_provider(sent.header("location").unwrap()).await;
        self.back(&path, &login).await
    }

    async fn role(&self, session: &str) -> String {
        let page = self.site.call(Request::get("/rules").header("Cookie", session)).await;
        page.body.split("<span>").nth(1).and_then(|rest| rest.split("</span>").next()).unwrap_or("nobody").to_owned()
    }
}

fn said(answer: &Answer) -> String {
    let problem = answer.body.split("role=\"alert\">").nth(1).unwrap_or_else(|| panic!("{}", answer.body));
    problem.split("</p>").next().unwrap().replace("&#x27;", "'").replace("&#x2f;", "/")
}

#[tokio::test]
async fn the_provider_is_asked_as_the_standard_says() {
    for auth in [ClientAuth::Basic, ClientAuth::Post, ClientAuth::Public] {
        let world = world(|oidc| {
            if auth == ClientAuth::Public {
                oidc.client_secret = None;
            }
        });
        let world = world.await;
        world.provider.world().auth = auth;
        let answer = world.signs_in().await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/rules")), "{auth:?}: {}", answer.body);
        let session = cookie(&answer, "__Host-earlybell").unwrap();
        assert_eq!(world.role(&session).await, "ada (manager)");
        assert!(answer.head.contains("__Host-earlybell-login=; "), "the sign-in is over: {}", answer.head);
        let login = world.site.store.login("ada").await.unwrap().unwrap();
        assert_eq!(login.vouched.unwrap().subject, "17");
        assert_eq!(world.site.store.sessions("ada").await.unwrap().len(), 1);
        // What it publishes is asked for once.
        world.signs_in().await;
        assert_eq!(world.provider.asked("/realm/.well-known/openid-configuration"), 1);
        assert_eq!(world.provider.asked("/realm/jwks"), 1);
        world.site.stop().await;
    }
}

#[tokio::test]
async fn a_token_that_lies_signs_nobody_in() {
    let world = world(|_| {}).await;
    for (wrong, told) in [
        (Wrong::Nonce, "is for another attempt to sign in (`nonce`)"),
        (Wrong::NoNonce, "is for another attempt to sign in (`nonce`)"),
        (Wrong::Audience, "is for somebody else (`aud`)"),
        (Wrong::TwoAudiencesWithoutParty, "is for several, and does not say who asked for it (`azp`)"),
        (Wrong::OtherParty, "was asked for by somebody else (`azp`)"),
        (Wrong::Issuer, "was made by somebody else (`iss`)"),
        (Wrong::Expired, "is over (`exp`)"),
        (Wrong::NoExpiry, "does not say when it is over (`exp`)"),
        (Wrong::Future, "was made in the future (`iat`)"),
        (Wrong::NotYet, "is not good yet (`nbf`)"),
        (Wrong::NoSubject, "does not say who it is about (`sub`)"),
        (Wrong::Unsigned, "is signed with `none`; only RS256 and ES256 are accepted"),
        (Wrong::SharedSecret, "is signed with `HS256`; only RS256 and ES256 are accepted"),
        (Wrong::OtherAlgorithm, "is signed with `RS384`; only RS256 and ES256 are accepted"),
        (Wrong::ForeignKey, "the signature of the ID token is wrong"),
        (Wrong::UnknownKey, "is signed with a key that the provider does not publish"),
        (Wrong::KeyInHeader, "is signed with a key that the provider does not publish"),
        (Wrong::AccessToken, "is malformed: it is another kind of token"),
        (Wrong::Critical, "is malformed: it asks for something that we don't know"),
    ] {
        world.provider.world().wrong = Some(wrong);
        let answer = world.signs_in().await;
        assert_eq!(cookie(&answer, "__Host-earlybell"), None, "{wrong:?}");
        assert_eq!(answer.status, 401, "{wrong:?}");
        assert!(said(&answer).contains(told), "{wrong:?}: {}", said(&answer));
        // Failures from one address are limited.
        world.clock.advance(TimeDelta::minutes(15));
    }
    world.provider.world().wrong = Some(Wrong::NoIdToken);
    let answer = world.signs_in().await;
    assert!(answer.status == 503 && said(&answer).contains("without an ID token"), "{}", answer.body);
    world.provider.world().wrong = None;
    assert_eq!(world.signs_in().await.status, 303);
    assert_eq!(world.site.store.logins().await.unwrap().len(), 1);
    world.site.stop().await;
}

#[tokio::test]
async fn an_answer_belongs_to_the_browser_that_asked() {
    let world = world(|_| {}).await;
    let (sent, login) = world.start("/login/oidc").await;
    let path = world.at_provider(sent.header("location").unwrap()).await;
    let (_, other) = world.start("/login/oidc").await;
    let state = path.split("state=").nth(1).unwrap().split('&').next().unwrap();
    for (path, cookie) in [
        (path.clone(), String::new()),
        (path.clone(), other.clone()),
        (path.clone(), login.replace('=', "=A")),
        (path.replace(state, &"x".repeat(state.len())), login.clone()),
        (path.split("&state").next().unwrap().to_owned(), login.clone()),
        ("/login/oidc/callback".to_owned(), login.clone()),
        (path.replace("code=", "kode="), login.clone()),
    ] {
        let answer = world.back(&path, &cookie).await;
        assert_eq!((answer.status, self::cookie(&answer, "__Host-earlybell")), (401, None), "{path}");
        assert!(said(&answer).contains("begin again"), "{}", said(&answer));
    }
    let mixed = world.back(&path.replace("%72%65%61%6C%6D", "%6F%74%68%65%72"), &login).await;
    assert!(said(&mixed).contains("another provider answered"), "{}", said(&mixed));
    assert_eq!(world.provider.asked("/realm/token"), 0, "no code was shown to anybody");
    // It took too long.
    world.clock.advance(TimeDelta::minutes(10));
    assert_eq!(world.back(&path, &login).await.status, 401);
    // A code works once.
    let (sent, login) = world.start("/login/oidc").await;
    let path = world.at_provider(sent.header("location").unwrap()).await;
    assert_eq!(world.back(&path, &login).await.status, 303);
    let again = world.back(&path, &login).await;
    assert!(again.status == 401 && said(&again).contains("invalid_grant: the code was used"), "{}", said(&again));
    world.site.stop().await;
}

#[tokio::test]
async fn keys_may_change_and_made_up_ones_do_not_make_us_ask() {
    let world = world(|_| {}).await;
    assert_eq!(world.signs_in().await.status, 303);
    world.clock.advance(TimeDelta::minutes(2));
    world.provider.changes_key("second", ec());
    assert_eq!(world.signs_in().await.status, 303);
    assert_eq!(world.provider.asked("/realm/jwks"), 2, "for the key that was not known");
    // Within a minute it is not asked again, whatever tokens say.
    world.provider.changes_key("third", rsa(2));
    world.clock.advance(TimeDelta::seconds(59));
    assert_eq!(world.signs_in().await.status, 401);
    assert_eq!(world.provider.asked("/realm/jwks"), 2);
    world.clock.advance(TimeDelta::seconds(1));
    assert_eq!(world.signs_in().await.status, 303);
    assert_eq!(world.provider.asked("/realm/jwks"), 3);
    // One that is withdrawn opens nothing after an hour at most.
    world.provider.world().published.retain(|(id, _)| id != "third");
    world.clock.advance(TimeDelta::minutes(61));
    assert_eq!(world.signs_in().await.status, 401);
    world.site.stop().await;
}

#[tokio::test]
async fn groups_say_what_somebody_may_do_each_time_they_sign_in() {
    let world = world(|oidc| {
        oidc.groups_claim = "realm_access.roles".to_owned();
        oidc.grants.roles.insert("dev".to_owned(), Role::Responder);
    });
    let world = world.await;
    let is =
        |groups: &[&str]| world.provider.world().claims.insert("realm_access".to_owned(), json!({"roles": groups}));
    is(&["dev", "sre"]);
    let first = cookie(&world.signs_in().await, "__Host-earlybell").unwrap();
    assert_eq!(world.role(&first).await, "ada (manager)");
    is(&["dev"]);
    let second = cookie(&world.signs_in().await, "__Host-earlybell").unwrap();
    assert_eq!(world.role(&second).await, "ada (responder)");
    assert_eq!(world.role(&first).await, "ada (responder)", "on every device");
    is(&["all"]);
    let answer = world.signs_in().await;
    assert!(
        answer.status == 403 && said(&answer).contains("ada is in no group that may do anything here"),
        "{}",
        answer.body
    );
    assert_eq!((world.role(&first).await, world.role(&second).await), ("nobody".to_owned(), "nobody".to_owned()));
    world.site.stop().await;
}

#[tokio::test]
async fn a_name_stays_with_whom_it_was_given_to() {
    let world = world(|_| {}).await;
    assert_eq!(world.signs_in().await.status, 303);
    let is = |name: &str, value: &str| world.provider.world().claims.insert(name.to_owned(), json!(value));
    // Somebody else who calls themselves so.
    is("sub", "18");
    let answer = world.signs_in().await;
    assert!(
        answer.status == 403 && said(&answer).contains("the name ada is somebody else's here"),
        "{}",
        said(&answer)
    );
    // Who was renamed there is still who they were here.
    is("sub", "17");
    is("preferred_username", "ada.lovelace");
    let session = cookie(&world.signs_in().await, "__Host-earlybell").unwrap();
    assert_eq!(world.role(&session).await, "ada (manager)");
    // Names that could be something else.
    is("sub", "19");
    for name in ["a b", "a:b", "", "<b>", "ada\r\nX: y"] {
        is("preferred_username", name);
        let answer = world.signs_in().await;
        assert!(
            answer.status == 403 && said(&answer).contains("a name has 1 to 64 letters"),
            "{name}: {}",
            answer.body
        );
    }
    world.provider.world().claims.remove("preferred_username");
    assert!(said(&world.signs_in().await).contains("the ID token has no `preferred_username`"));
    // Shut out by an admin: the provider's word does not help.
    is("sub", "17");
    is("preferred_username", "ada");
    let admin = world.site.token("root", Role::Admin).await;
    let disabled = world.site.call(Request::post("/api/v1/logins/ada/disable", "").bearer(&admin)).await;
    assert_eq!((disabled.status, world.role(&session).await), (200, "nobody".to_owned()));
    let answer = world.signs_in().await;
    assert!(answer.status == 403 && said(&answer).contains("ada is shut out here"), "{}", said(&answer));
    let role = Request::post("/api/v1/logins/ada/role", r#"{"role":"admin"}"#).bearer(&admin);
    assert_eq!(world.site.call(role).await.status, 409, "that is said by the provider");
    world.site.stop().await;
}

#[tokio::test]
async fn a_way_of_signing_in_there_that_is_too_weak_is_refused() {
    let world = world(|oidc| oidc.acr = vec!["mfa".to_owned(), "phr".to_owned()]).await;
    let (sent, _) = world.start("/login/oidc").await;
    assert!(sent.header("location").unwrap().ends_with("&acr_values=mfa%20phr"), "{}", sent.head);
    assert!(said(&world.signs_in().await).contains("strong enough (`acr`)"));
    world.provider.world().claims.insert("acr".to_owned(), json!("pwd"));
    assert_eq!(world.signs_in().await.status, 403);
    world.provider.world().claims.insert("acr".to_owned(), json!("phr"));
    assert_eq!(world.signs_in().await.status, 303);
    world.site.stop().await;
}

#[tokio::test]
async fn a_mail_address_is_a_name_only_when_it_was_verified() {
    let world = world(|oidc| oidc.name_claim = "email".to_owned()).await;
    world.provider.world().claims.insert("email".to_owned(), json!("ada@example.org"));
    world.provider.world().claims.insert("email_verified".to_owned(), json!(false));
    assert!(said(&world.signs_in().await).contains("has not verified your mail address"));
    world.provider.world().claims.insert("email_verified".to_owned(), json!(true));
    let session = cookie(&world.signs_in().await, "__Host-earlybell").unwrap();
    assert_eq!(world.role(&session).await, "ada@example.org (manager)");
    world.site.stop().await;
}

#[tokio::test]
async fn a_provider_that_is_down_or_describes_something_else_is_said_so() {
    const DISCOVERY: &str = "/realm/.well-known/openid-configuration";
    let world = world(|_| {}).await;
    for (answer, told) in [
        ((500, "no".to_owned()), "the identity provider answered 500"),
        ((302, String::new()), "the identity provider answered 302"),
        ((200, "<html>".to_owned()), "describes itself in a way we can't read"),
        ((200, " ".repeat(2_000_000)), "answered more than 1048576 bytes"),
    ] {
        world.provider.world().answers.insert(DISCOVERY, answer);
        let (page, login) = world.start("/login/oidc").await;
        assert_eq!((page.status, login.as_str()), (503, ""), "{told}");
        assert!(said(&page).contains(told), "{}", said(&page));
        assert!(page.body.contains("<form class=\"fields\""), "the way in for when it is down");
        // Everybody who waits is told the same; it is not asked for each of them.
        let asked = world.provider.asked(DISCOVERY);
        assert!(said(&world.start("/login/oidc").await.0).contains(told));
        assert_eq!(world.provider.asked(DISCOVERY), asked);
        world.clock.advance(TimeDelta::seconds(10));
    }
    world.provider.world().answers.clear();
    for (name, value, told) in [
        ("issuer", "http://127.0.0.1:1/realm", "calls itself http://127.0.0.1:1/realm"),
        ("token_endpoint", "http://evil.example/token", "names an address that we don't go to"),
        ("jwks_uri", "file:///etc/passwd", "names an address that we don't go to"),
        ("authorization_endpoint", "javascript:alert(1)", "names an address that we don't go to"),
    ] {
        world.provider.world().discovery = [(name.to_owned(), json!(value))].into_iter().collect();
        let (page, _) = world.start("/login/oidc").await;
        assert!(page.status == 503 && said(&page).contains(told), "{name}: {}", said(&page));
        world.clock.advance(TimeDelta::seconds(10));
    }
    world.provider.world().discovery.clear();
    assert_eq!(world.signs_in().await.status, 303);
    // Once known, it may be down for a while: only its answer to the code is needed.
    world.provider.world().answers.insert(DISCOVERY, (500, String::new()));
    world.clock.advance(TimeDelta::hours(2));
    assert_eq!(world.signs_in().await.status, 303);
    world.provider.world().answers.insert("/realm/token", (502, "<html>".to_owned()));
    let answer = world.signs_in().await;
    assert!(answer.status == 503 && said(&answer).contains("answered 502, and nothing that we can read"));
    world.site.stop().await;
}

#[tokio::test]
async fn what_the_provider_says_to_us_is_data() {
    let world = world(|_| {}).await;
    let (sent, login) = world.start("/login/oidc").await;
    let state = sent.header("location").unwrap().split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let evil = "error=access_denied&error_description=%3Cscript%3Ealert(1)%3C/script%3E%0d%0aSet-Cookie:+x";
    let answer = world.back(&format!("/login/oidc/callback?state={state}&{evil}"), &login).await;
    assert_eq!(answer.status, 401);
    assert!(
        !answer.body.contains("<script>") && said(&answer).contains("access_denied: &lt;script&gt;"),
        "{}",
        answer.body
    );
    assert!(!answer.head.contains("Set-Cookie: x"), "{}", answer.head);
    // Where to go after it is a path of ours.
    let (sent, login) = world.start("/login/oidc?next=https://evil.example/").await;
    let path = world.at_provider(sent.header("location").unwrap()).await;
    assert_eq!(world.back(&path, &login).await.header("location"), Some("/"));
    world.site.stop().await;
}

#[tokio::test]
async fn twenty_failures_from_an_address_are_enough() {
    let world = world(|_| {}).await;
    world.provider.world().wrong = Some(Wrong::Nonce);
    for _ in 0..20 {
        assert_eq!(world.signs_in().await.status, 401);
    }
    world.provider.world().wrong = None;
    let answer = world.signs_in().await;
    assert!(answer.status == 403 && said(&answer).contains("too many attempts from your address"), "{}", said(&answer));
    assert_eq!(world.provider.asked("/realm/token"), 20);
    world.clock.advance(TimeDelta::minutes(15));
    for _ in 0..30 {
        assert_eq!(world.signs_in().await.status, 303, "those that succeed are not counted");
    }
    world.site.stop().await;
}

#[tokio::test]
async fn without_a_provider_there_is_no_such_page() {
    let site = TestSite::open().await;
    for path in ["/login/oidc", "/login/oidc/callback?code=a&state=b"] {
        let answer = site.call(Request::get(path)).await;
        assert_eq!((answer.status, answer.header("location")), (404, None), "{path}");
    }
    site.stop().await;
}
