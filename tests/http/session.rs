//! Sessions of people in browsers: how long they hold, what ends them, and what a form must carry.

use crate::clock::TestClock;
use crate::site::{Session, TestSite};
use crate::wire::{Answer, Request};
use chrono::TimeDelta;
use earlybell::store::{AccessStore, LoginChange, Role};
use std::sync::Arc;

pub const FORM: &str = "application/x-www-form-urlencoded";

async fn in_time() -> (TestSite, Arc<TestClock>) {
    let clock = TestClock::at("2026-11-22T10:00:00Z");
    let ours = clock.clone();
    (TestSite::with(|parts| parts.clock = ours).await, clock)
}

async fn reads(site: &TestSite, session: &Session) -> Answer {
    site.call(Request::get("/api/v1/status").header("Cookie", &session.cookie)).await
}

fn note(session: &Session) -> Request {
    let request = Request::post("/api/v1/incidents/1/note", r#"{"text":"x"}"#);
    request.header("Cookie", &session.cookie).header("Sec-Fetch-Site", "same-origin")
}

#[tokio::test]
async fn a_session_ends_when_idle_when_old_and_when_signed_out() {
    let (site, clock) = in_time().await;
    let (idle, busy) = (site.session("ada", Role::Viewer).await, site.session("ada", Role::Viewer).await);
    for _ in 0..11 {
        clock.advance(TimeDelta::minutes(65));
        assert_eq!(reads(&site, &busy).await.status, 200);
    }
    let answer = reads(&site, &idle).await;
    assert_eq!((answer.status, answer.error().as_str()), (401, "your session is over: sign in again"));
    clock.advance(TimeDelta::minutes(5));
    assert_eq!(reads(&site, &busy).await.status, 401, "twelve hours are over");
    let fresh = site.session("ada", Role::Viewer).await;
    let out = Request::post("/logout", format!("csrf={}", fresh.csrf)).header("Content-Type", FORM);
    let answer = site.call(out.header("Cookie", &fresh.cookie).header("Sec-Fetch-Site", "same-origin")).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/")));
    let forgotten = "__Host-earlybell=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0";
    assert_eq!(answer.header("set-cookie"), Some(forgotten));
    assert_eq!(reads(&site, &fresh).await.status, 401);
    site.stop().await;
}

#[tokio::test]
async fn what_an_admin_changes_counts_at_once() {
    let site = TestSite::open().await;
    let session = site.session("ada", Role::Manager).await;
    let declare = || {
        let body = r#"{"title":"It burns"}"#;
        let request = Request::post("/api/v1/incidents", body).header("Cookie", &session.cookie);
        request.header("X-CSRF-Token", &session.csrf)
    };
    assert_eq!(site.call(declare()).await.status, 200);
    let change = |change| site.store.change_login("ada", change);
    assert!(change(LoginChange::Role(Role::Viewer)).await.unwrap());
    assert_eq!(site.call(declare()).await.status, 403);
    assert_eq!(reads(&site, &session).await.status, 200);
    assert!(change(LoginChange::Disabled(Some(chrono::DateTime::UNIX_EPOCH))).await.unwrap());
    assert_eq!(reads(&site, &session).await.status, 401);
    assert!(change(LoginChange::Disabled(None)).await.unwrap());
    assert_eq!(site.store.end_sessions("ada").await.unwrap(), 1);
    assert_eq!(reads(&site, &session).await.status, 401);
    // What anyone may read is not refused to somebody whose session is over.
    assert_eq!(site.call(Request::get("/").header("Cookie", &session.cookie)).await.status, 200);
    site.stop().await;
}

#[tokio::test]
async fn a_form_carries_the_token_of_its_session() {
    let site = TestSite::open().await;
    let (ada, bob) = (site.session("ada", Role::Manager).await, site.session("bob", Role::Manager).await);
    for (csrf, status) in [(Some(&ada.csrf), 200), (Some(&bob.csrf), 403), (Some(&ada.cookie), 403), (None, 403)] {
        let request = csrf.iter().fold(note(&ada), |request, csrf| request.header("X-CSRF-Token", csrf));
        assert_eq!(site.call(request).await.status, status, "{csrf:?}");
    }
    // In the body of a form; who acts is a person on a page.
    let form = |csrf: &str| {
        let request = Request::post("/logout", format!("x=1&csrf={csrf}")).header("Content-Type", FORM);
        request.header("Cookie", &bob.cookie)
    };
    for csrf in ["", &ada.csrf, &bob.csrf[1..]] {
        assert_eq!(site.call(form(csrf)).await.status, 403, "{csrf}");
    }
    let forged = site.call(form(&bob.csrf).header("Origin", "https://evil.example")).await;
    assert_eq!((forged.status, forged.error().as_str()), (403, "a page of another site must not change anything here"));
    let shown = site.call(form("").header("Accept", "text/html,*/*")).await;
    assert!(shown.body.contains("load its page again") && shown.body.starts_with("<!doctype"), "{}", shown.body);
    assert_eq!(reads(&site, &bob).await.status, 200);
    assert_eq!(site.call(form(&bob.csrf)).await.status, 303);
    assert_eq!(reads(&site, &bob).await.status, 401);
    assert_eq!(site.metric("earlybell_auth_failures_total{reason=\"forged\",source=\"ada\"}").await, 3.0);
    let said = site.call(note(&ada).header("X-CSRF-Token", &ada.csrf)).await;
    assert_eq!(said.json()["text"], "noted by ada");
    site.stop().await;
}

#[tokio::test]
async fn pages_say_who_is_signed_in() {
    let site = TestSite::open().await;
    let ada = site.session("ada", Role::Responder).await;
    let page = site.call(Request::get("/rules").header("Cookie", &ada.cookie)).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("<span>ada (responder)</span>"), "{}", page.body);
    assert!(page.body.contains(&format!("<input type=\"hidden\" name=\"csrf\" value=\"{}\">", ada.csrf)));
    let lost = site.call(Request::get("/nowhere").header("Cookie", &ada.cookie)).await;
    assert!(lost.body.contains("Sign out") && !lost.body.contains("Sign in"), "{}", lost.body);
    site.stop().await;
}
