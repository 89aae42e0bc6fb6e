//! Signing in with a password of ours, or a token; and that guessing leads nowhere.

use crate::clock::TestClock;
use crate::session::FORM;
use crate::site::TestSite;
use crate::wire::{Answer, Request};
use chrono::TimeDelta;
use earlybell::http::login::local::REFUSED;
use earlybell::http::login::totp::code_at;
use earlybell::store::{AccessStore, Role, Store};
use serde_json::{Value, json};
use std::sync::Arc;

const PASSWORD: &str = "correct horse battery staple";

async fn site() -> (TestSite, Arc<TestClock>, String) {
    let clock = TestClock::at("2026-11-22T10:00:00Z");
    let ours = clock.clone();
    let site = TestSite::with(|parts| parts.clock = ours).await;
    let admin = site.token("root", Role::Admin).await;
    (site, clock, admin)
}

async fn add(site: &TestSite, admin: &str, name: &str, totp: bool) -> Value {
    let body = json!({"name": name, "role": "manager", "password": PASSWORD, "totp": totp}).to_string();
    let answer = site.call(Request::post("/api/v1/logins", body).bearer(admin)).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()
}

fn typed(name: &str, password: &str, more: &str) -> Request {
    let encode = |text: &str| text.replace('+', "%2B").replace(' ', "+");
    let body = format!("name={}&password={}{more}", encode(name), encode(password));
    Request::post("/login", body).header("Content-Type", FORM).header("Sec-Fetch-Site", "same-origin")
}

// The cookie of a session that was begun.
fn cookie(answer: &Answer) -> Option<String> {
    let set = answer.header("set-cookie")?;
    assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{set}");
    Some(set.split(';').next()?.to_owned())
}

async fn reads(site: &TestSite, cookie: &str) -> u16 {
    site.call(Request::get("/api/v1/status").header("Cookie", cookie)).await.status
}

#[tokio::test]
async fn a_password_opens_a_session_and_leads_back() {
    let (site, _, admin) = site().await;
    add(&site, &admin, "ada", false).await;
    let page = site.call(Request::get("/login?next=/rules%3Fa%3D1")).await;
    assert!(page.status == 200 && page.body.contains("name=\"next\" value=\"&#x2f;rules?a=1\""), "{}", page.body);
    let answer = site.call(typed("ada", PASSWORD, "&next=%2Frules%3Fa%3D1")).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/rules?a=1")), "{}", answer.body);
    let first = cookie(&answer).unwrap();
    let secret = first.strip_prefix("__Host-earlybell=").unwrap();
    assert_eq!(secret.len(), 43);
    assert_eq!(reads(&site, &first).await, 200);
    let rows = site.store.sessions("ada").await.unwrap();
    assert!(!format!("{rows:?}").contains(secret));
    // Signing in again in the same browser: another secret, and the one before opens nothing.
    let again = site.call(typed("ada", PASSWORD, "&next=//evil.example").header("Cookie", &first)).await;
    assert_eq!((again.status, again.header("location")), (303, Some("/")));
    let second = cookie(&again).unwrap();
    assert_ne!(first, second);
    assert_eq!((reads(&site, &first).await, reads(&site, &second).await), (401, 200));
    site.stop().await;
}

#[tokio::test]
async fn whoever_is_refused_learns_nothing_else() {
    let (site, _, admin) = site().await;
    add(&site, &admin, "ada", false).await;
    add(&site, &admin, "eve", false).await;
    add(&site, &admin, "kim", true).await;
    let viewer = site.token("bot", Role::Ingest).await;
    assert_eq!(site.call(Request::post("/api/v1/logins/eve/disable", "").bearer(&admin)).await.status, 200);
    let mut pages = Vec::new();
    for (name, password) in
        [("ada", "wrong horse battery staple"), ("nobody", PASSWORD), ("eve", PASSWORD), ("kim", PASSWORD)]
    {
        let before = site.running.site.hasher.checked();
        let answer = site.call(typed(name, password, "&code=000000")).await;
        assert_eq!((answer.status, cookie(&answer)), (401, None), "{name}");
        assert!(answer.body.contains(REFUSED), "{}", answer.body);
        assert_eq!(site.running.site.hasher.checked(), before + 1, "as slow for {name} as for anybody");
        pages.push(answer.body.replace(&format!("value=\"{name}\""), ""));
    }
    assert!(pages.windows(2).all(|two| two[0] == two[1]));
    assert_eq!(site.call(typed("bot", &viewer, "")).await.status, 401, "senders of alerts read nothing");
    let wrong = |name: &str| format!("earlybell_auth_failures_total{{reason=\"wrong\",source=\"{name}\"}}");
    assert_eq!((site.metric(&wrong("ada")).await, site.metric(&wrong("unknown")).await), (1.0, 1.0));
    site.stop().await;
}

#[tokio::test]
async fn who_signs_in_and_what_admins_change_is_written_down_without_secrets() {
    let (site, _, admin) = site().await;
    add(&site, &admin, "ada", false).await;
    site.call(typed("ada", "wrong horse battery staple", "")).await;
    site.call(typed("my-password-in-the-wrong-field", PASSWORD, "")).await;
    site.call(typed("ada", PASSWORD, "")).await;
    site.call(Request::post("/api/v1/tokens", r#"{"name":"bob","role":"viewer"}"#).bearer(&admin)).await;
    let acts: Vec<String> =
        site.inputs().await.into_iter().map(|input| String::from_utf8(input.body).unwrap()).collect();
    let all = acts.join("\n");
    for part in [
        "login of ada changed",
        "\"sign-in as ada\"",
        "sign-in as somebody unknown",
        "signed in, by password",
        " of bob made, viewer",
    ] {
        assert!(all.contains(part), "no {part} in {all}");
    }
    for secret in [PASSWORD, "wrong horse", "my-password", "eb_"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
    site.stop().await;
}

#[tokio::test]
async fn a_one_time_code_is_needed_and_works_once() {
    let (site, clock, admin) = site().await;
    let added = add(&site, &admin, "kim", true).await;
    assert!(added["totp_url"].as_str().unwrap().starts_with("otpauth://totp/Earlybell:kim?secret="), "{added}");
    let secret = site.store.login("kim").await.unwrap().unwrap().totp.unwrap();
    let listed = site.call(Request::get("/api/v1/logins").bearer(&admin)).await.body;
    assert!(!listed.contains(added["totp_secret"].as_str().unwrap()) && listed.contains("\"totp\":true"), "{listed}");
    let step = clock_step(&clock);
    let with =
        async |step: i64| site.call(typed("kim", PASSWORD, &format!("&code={}", code_at(&secret, step)))).await.status;
    assert_eq!(with(step).await, 303);
    assert_eq!(with(step).await, 401, "no code works twice");
    assert_eq!(with(step - 1).await, 401, "nor an older one");
    clock.advance(TimeDelta::seconds(30));
    assert_eq!(with(step + 1).await, 303);
    clock.advance(TimeDelta::minutes(20));
    assert_eq!(with(clock_step(&clock) - 2).await, 401);
    assert_eq!(site.call(typed("kim", PASSWORD, "")).await.status, 401);
    let off = site.call(Request::post("/api/v1/logins/kim/totp", r#"{"on":false}"#).bearer(&admin)).await;
    assert_eq!(off.json()["text"], "kim needs no one-time codes any more");
    assert_eq!(site.call(typed("kim", PASSWORD, "")).await.status, 303);
    site.stop().await;
}

fn clock_step(clock: &TestClock) -> i64 {
    earlybell::clock::Clock::now(clock).timestamp() / 30
}

#[tokio::test]
async fn guessing_is_stopped_by_name_and_by_address() {
    let (site, clock, admin) = site().await;
    add(&site, &admin, "ada", false).await;
    for _ in 0..5 {
        assert_eq!(site.call(typed("ada", "wrong horse battery staple", "")).await.status, 401);
    }
    let before = site.running.site.hasher.checked();
    let known = site.call(typed("ada", PASSWORD, "")).await;
    assert_eq!((known.status, known.header("retry-after")), (429, Some("900")));
    assert!(known.body.contains("Too many attempts. Try again in 15 minutes"), "{}", known.body);
    // The same for a name that is nobody's.
    for _ in 0..5 {
        assert_eq!(site.call(typed("nobody", PASSWORD, "")).await.status, 401);
    }
    let unknown = site.call(typed("nobody", PASSWORD, "")).await;
    assert_eq!(unknown.body.replace("value=\"nobody\"", ""), known.body.replace("value=\"ada\"", ""));
    assert_eq!(site.running.site.hasher.checked(), before + 5, "what is refused is not even looked at");
    // Ten names more from here are too many for any.
    for number in 0..10 {
        assert_eq!(site.call(typed(&format!("name{number}"), PASSWORD, "")).await.status, 401);
    }
    assert_eq!(site.call(typed("another", PASSWORD, "")).await.status, 429);
    assert_eq!(site.metric("earlybell_auth_failures_total{reason=\"limited\",source=\"ada\"}").await, 1.0);
    clock.advance(TimeDelta::minutes(15));
    assert_eq!(site.call(typed("ada", PASSWORD, "")).await.status, 303);
    site.stop().await;
}

#[tokio::test]
async fn a_token_signs_in_for_as_long_as_it_lives() {
    let (site, clock, admin) = site().await;
    let made = site
        .call(Request::post("/api/v1/tokens", r#"{"name":"ada","role":"responder","expires_in":"1h"}"#).bearer(&admin));
    let made = made.await.json();
    let (id, token) = (made["id"].as_str().unwrap().to_owned(), made["token"].as_str().unwrap().to_owned());
    assert_eq!(site.call(typed("bob", &token, "")).await.status, 401, "it is of another name");
    let first = cookie(&site.call(typed("ada", &token, "")).await).unwrap();
    let page = site.call(Request::get("/rules").header("Cookie", &first)).await;
    assert!(page.body.contains("<span>ada (responder)</span>"), "{}", page.body);
    clock.advance(TimeDelta::minutes(61));
    assert_eq!(reads(&site, &first).await, 401, "it ended with its token");
    assert_eq!(site.call(Request::get("/api/v1/status").bearer(&token)).await.status, 401);
    let rotated = site.call(Request::post(&format!("/api/v1/tokens/{id}/rotate"), "").bearer(&admin)).await.json();
    let second = rotated["token"].as_str().unwrap();
    let signed = cookie(&site.call(typed("ada", second, "")).await).unwrap();
    assert_eq!(reads(&site, &signed).await, 200);
    let revoke = Request::new("DELETE", &format!("/api/v1/tokens/{}", rotated["id"].as_str().unwrap()));
    assert_eq!(site.call(revoke.bearer(&admin)).await.status, 200);
    assert_eq!(reads(&site, &signed).await, 401);
    site.stop().await;
}

#[tokio::test]
async fn a_token_is_rotated_with_two_live_at_a_time() {
    let (site, clock, admin) = site().await;
    let first =
        site.call(Request::post("/api/v1/tokens", r#"{"name":"ada","role":"manager"}"#).bearer(&admin)).await.json();
    let rotate = |id: &str| site.call(Request::post(&format!("/api/v1/tokens/{id}/rotate"), "{}").bearer(&admin));
    let id = first["id"].as_str().unwrap();
    clock.advance(TimeDelta::seconds(1));
    let second = rotate(id).await;
    assert_eq!((second.status, second.json()["role"].as_str()), (201, Some("manager")));
    let third = rotate(second.json()["id"].as_str().unwrap()).await;
    let told = format!("ada has 2 tokens already; revoke the old one first: `earlybell token revoke {id}`");
    assert_eq!((third.status, third.error()), (409, told));
    for token in [&first, &second.json()] {
        let request = Request::get("/api/v1/status").bearer(token["token"].as_str().unwrap());
        assert_eq!(site.call(request).await.status, 200);
    }
    assert_eq!(rotate("nothing").await.status, 404);
    assert_eq!(site.call(Request::new("DELETE", &format!("/api/v1/tokens/{id}")).bearer(&admin)).await.status, 200);
    assert_eq!(rotate(second.json()["id"].as_str().unwrap()).await.status, 201);
    let listed = site.call(Request::get("/api/v1/tokens").bearer(&admin)).await.json();
    let used = listed["tokens"].as_array().unwrap().iter().filter(|row| !row["used_at"].is_null()).count();
    assert_eq!(used, 2, "the admin's and the second: {listed}");
    site.stop().await;
}

#[tokio::test]
async fn a_login_is_changed_by_admins_only_and_counts_at_once() {
    let (site, _, admin) = site().await;
    add(&site, &admin, "ada", false).await;
    let ada = cookie(&site.call(typed("ada", PASSWORD, "")).await).unwrap();
    let post = |path: &str, body: &str| site.call(Request::post(path, body).bearer(&admin));
    let csrf = site.session("ada", Role::Manager).await;
    let own = Request::post("/api/v1/logins/ada/role", r#"{"role":"admin"}"#);
    let own = site.call(own.header("Cookie", &csrf.cookie).header("X-CSRF-Token", &csrf.csrf)).await;
    assert_eq!(own.status, 403);
    for (path, body, status, text) in [
        ("/api/v1/logins/ada/role", r#"{"role":"viewer"}"#, 200, "ada has the role viewer now"),
        (
            "/api/v1/logins/ada/role",
            r#"{"role":"ingest"}"#,
            422,
            "people can't have a role `ingest`; known: viewer, responder, manager, admin",
        ),
        ("/api/v1/logins/ada/role", r#"{"roll":"viewer"}"#, 422, "unknown field"),
        (
            "/api/v1/logins/bob/role",
            r#"{"role":"viewer"}"#,
            404,
            "nobody called bob may log in; `earlybell user list` shows who may",
        ),
        (
            "/api/v1/logins/ada/password",
            r#"{"password":"passwordpassword"}"#,
            422,
            "this password is made of common passwords",
        ),
        (
            "/api/v1/logins",
            r#"{"name":"ada","role":"viewer","password":"a whole new world order"}"#,
            409,
            "the name ada is taken",
        ),
        (
            "/api/v1/logins",
            r#"{"name":"a:b","role":"viewer","password":"a whole new world order"}"#,
            422,
            "a name has 1 to 64 letters",
        ),
        ("/api/v1/logins/ada/logout", "", 200, "ada was signed out of 2 sessions"),
        ("/api/v1/logins/ada/logout", "", 200, "ada was not signed in anywhere"),
    ] {
        let answer = post(path, body).await;
        let said = answer.json();
        let said = said["text"].as_str().or(said["error"].as_str()).unwrap();
        assert!(answer.status == status && said.starts_with(text), "{path} {body}: {} {said}", answer.status);
    }
    assert_eq!(reads(&site, &ada).await, 401);
    let new = "ein ganz neues Passwort hier";
    assert_eq!(post("/api/v1/logins/ada/password", &json!({"password": new}).to_string()).await.status, 200);
    assert_eq!(site.call(typed("ada", PASSWORD, "")).await.status, 401);
    let ada = cookie(&site.call(typed("ada", new, "")).await).unwrap();
    let sessions = site.call(Request::get("/api/v1/logins/ada/sessions").bearer(&admin)).await.json();
    assert_eq!(sessions["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(post("/api/v1/logins/ada/disable", "").await.status, 200);
    assert_eq!(reads(&site, &ada).await, 401);
    assert_eq!(site.call(Request::new("DELETE", "/api/v1/logins/ada").bearer(&admin)).await.status, 200);
    assert!(site.store.logins().await.unwrap().is_empty());
    site.stop().await;
}

#[tokio::test]
async fn who_is_shut_out_has_no_other_way_in() {
    let (site, _, admin) = site().await;
    add(&site, &admin, "ada", false).await;
    let token = site.token("ada", Role::Manager).await;
    let sender = site.token("default", Role::Ingest).await;
    assert_eq!(site.call(Request::get("/api/v1/status").bearer(&token)).await.status, 200);
    assert_eq!(site.call(Request::post("/api/v1/logins/ada/disable", "").bearer(&admin)).await.status, 200);
    let answer = site.call(Request::get("/api/v1/status").bearer(&token)).await;
    assert_eq!(
        (answer.status, answer.error().as_str()),
        (403, "ada is shut out here; `earlybell user enable` lets them in again")
    );
    assert_eq!(site.call(typed("ada", &token, "")).await.status, 401);
    assert_eq!(site.call(Request::post(crate::site::WEBHOOK, crate::intake::BODY).bearer(&sender)).await.status, 200);
    // On the machine itself the owner can always mend it.
    let enable = Request::post("/api/v1/logins/ada/enable", "").header(earlybell::http::auth::ACTOR_HEADER, "ada");
    assert_eq!(enable.to_socket(&site.socket).await.status, 200);
    assert_eq!(site.call(Request::get("/api/v1/status").bearer(&token)).await.status, 200);
    site.stop().await;
}

#[tokio::test]
async fn nobody_is_signed_in_where_everybody_could_read_along() {
    for (url, host, cookie_name) in [
        ("https://bell.example.org", "bell.example.org", Some("__Host-earlybell=")),
        ("http://localhost:9797", "localhost:9797", Some("earlybell=")),
        ("http://localhost:9797", "bell.example.org", None),
        ("http://bell.example.org", "bell.example.org", None),
    ] {
        let site = TestSite::with(|parts| {
            let mut config = crate::site::config();
            config.policy.external_url = url.to_owned();
            parts.config = Arc::new(arc_swap::ArcSwap::from_pointee(config));
        });
        let site = site.await;
        let admin = site.token("root", Role::Admin).await;
        add(&site, &admin, "ada", false).await;
        let answer = site.call(typed("ada", PASSWORD, "").header("Host", host)).await;
        let set = answer.header("set-cookie").map(str::to_owned);
        match cookie_name {
            Some(name) => assert!(set.unwrap().starts_with(name), "{url}"),
            None => {
                assert_eq!((answer.status, set), (403, None), "{url}");
                let text = if url.contains("localhost") { "Sign in at " } else { "Nobody can sign in over plain http" };
                assert!(answer.body.contains(text), "{}", answer.body);
                assert!(!answer.body.contains("<form class=\"fields\""), "a password is not even asked for");
            }
        }
        site.stop().await;
    }
}

#[tokio::test]
async fn the_page_to_sign_in_on_can_be_read() {
    let site = TestSite::with(|parts| {
        let mut config = crate::site::config();
        let oidc = earlybell::config::Oidc {
            issuer: "https://login.of-a-company-with-a-long-name.example.com/realms/team".to_owned(),
            client_id: "bell".to_owned(),
            client_secret: None,
            scopes: Vec::new(),
            name_claim: String::new(),
            groups_claim: String::new(),
            acr: Vec::new(),
            grants: Default::default(),
        };
        config.access.oidc = Some(oidc);
        parts.config = Arc::new(arc_swap::ArcSwap::from_pointee(config));
    });
    let site = site.await;
    let sheet = site.call(Request::get("/assets/earlybell.css")).await.body;
    let with_sheet = |page: String| {
        let (before, after) = page.split_once("<link rel=\"stylesheet\"").unwrap();
        format!("{before}<style>{sheet}</style>{}", after.split_once('>').unwrap().1)
    };
    let ada = site.session("a-name-of-sixty-four-letters-is-as-long-as-anybodys-may-be-in-here", Role::Responder).await;
    let pages = [
        ("sign-in", site.call(Request::get("/login?next=/rules")).await.body),
        ("refused", site.call(typed("ada", PASSWORD, "")).await.body),
        ("signed-in", site.call(Request::get("/login").header("Cookie", &ada.cookie)).await.body),
        ("chrome", site.call(Request::get("/rules").header("Cookie", &ada.cookie)).await.body),
        ("not-signed-in", site.call(Request::get("/rules")).await.body),
    ];
    assert!(pages[0].1.contains("Sign in at login.of-a-company-with-a-long-name.example.com"), "{}", pages[0].1);
    let pages = pages.map(|(name, page)| (name, with_sheet(page)));
    let problems = tokio::task::spawn_blocking(move || crate::browser::look(&pages)).await.unwrap();
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
    site.stop().await;
}

#[tokio::test]
async fn somebody_elses_page_signs_nobody_in() {
    let (site, _, admin) = site().await;
    add(&site, &admin, "ada", false).await;
    let forged = Request::post("/login", format!("name=ada&password={PASSWORD}")).header("Content-Type", FORM);
    let answer = site.call(forged.header("Origin", "https://evil.example")).await;
    assert_eq!((answer.status, answer.header("set-cookie")), (403, None));
    site.stop().await;
}

#[tokio::test]
async fn the_first_login_closes_an_open_server() {
    let site = TestSite::open().await;
    assert_eq!(site.call(Request::get("/api/v1/status")).await.status, 200);
    let page = site.call(Request::get("/login")).await.body;
    assert!(page.contains("Nobody needs to sign in here"), "{page}");
    let body = json!({"name": "ada", "role": "admin", "password": PASSWORD}).to_string();
    let said = site.call(Request::post("/api/v1/logins", body)).await.json()["text"].as_str().unwrap().to_owned();
    assert!(said.contains("From now on nobody is let in without a login or a token"), "{said}");
    assert_eq!(site.call(Request::get("/api/v1/status")).await.status, 401);
    // It is open again when the last login is gone, also to a browser that still has a cookie.
    let old = site.session("ada", Role::Admin).await.cookie;
    assert_eq!(Request::new("DELETE", "/api/v1/logins/ada").to_socket(&site.socket).await.status, 200);
    assert_eq!(site.call(Request::get("/api/v1/status").header("Cookie", &old)).await.status, 200);
    assert!(site.store.tokens().await.unwrap().is_empty());
    site.stop().await;
}
