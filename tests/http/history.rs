//! Past incidents, as the page, the API and the list show them to each reader.

use crate::pages::{EVIL, assert_only_our_markup, incident};
use crate::site::TestSite;
use crate::wire::Request;
use domain::incident::{CallOffCode, Fact};
use earlybell::store::Role;

fn note(text: &str) -> Fact {
    Fact::Noted { text: text.to_owned() }
}

fn confirmed() -> Fact {
    Fact::Confirmed { because: String::new(), next_by: None }
}

// Numbers of the incidents that a page links to.
fn listed(body: &str) -> Vec<u64> {
    let links = body.split("/incidents/").skip(1);
    links.filter_map(|link| link.split(['"', '?']).next()?.parse().ok()).collect()
}

#[tokio::test]
async fn the_page_and_the_api_find_the_same() {
    let site = TestSite::open().await;
    let token = site.token("ada", Role::Viewer).await;
    incident(&site, 1, "The queue stands still", vec![confirmed(), note("the disk is full")]).await;
    let over = Fact::CalledOff { code: CallOffCode::Flapping, reason: "the queue came back".to_owned() };
    incident(&site, 2, "Workers are gone", vec![note("disk?"), over]).await;
    for (query, found) in [
        ("", &[2, 1][..]),
        ("text=disk", &[2, 1]),
        ("text=disk+full", &[1]),
        ("text=queue&outcome=flapping", &[2]),
        ("label=instance%3Dweb1&person=Adrian", &[2, 1]),
        ("rule=Other", &[]),
        ("from=2023-11-14&to=2023-11-14&severity=major", &[2, 1]),
        ("to=2023-11-13", &[]),
        ("drill=true", &[]),
        ("outcome=open&drill=false", &[1]),
        ("open=false", &[2]),
        ("before=2", &[1]),
    ] {
        let page = site.call(Request::get(&format!("/history?{query}")).bearer(&token)).await;
        assert_eq!((page.status, listed(&page.body).as_slice()), (200, found), "{query}: {}", page.body);
        let api = site.call(Request::get(&format!("/api/v1/incidents?{query}")).bearer(&token)).await.json();
        let numbers: Vec<u64> =
            api["incidents"].as_array().unwrap().iter().map(|incident| incident["number"].as_u64().unwrap()).collect();
        assert_eq!(numbers, found, "{query}");
    }
    for (query, said) in [
        ("severity=bad", "no severity `bad`; known: minor, major, critical"),
        ("form=2026-01-01", "did you mean `from`?"),
        ("text=%25%25", "there is no word in the text"),
        ("limit=501", "limit is 501; write 1 to 500"),
    ] {
        let api = site.call(Request::get(&format!("/api/v1/incidents?{query}")).bearer(&token)).await;
        assert!(api.status == 422 && api.error().contains(said), "{query}: {}", api.body);
    }
    site.stop().await;
}

#[tokio::test]
async fn the_public_finds_what_is_public_on_full_pages() {
    let site = TestSite::open().await;
    let token = site.token("ada", Role::Viewer).await;
    for number in 1..=130 {
        let known = if number % 2 == 0 { vec![confirmed(), note("secret")] } else { vec![note("secret")] };
        let over = Fact::Resolved { because: "mended".to_owned() };
        incident(&site, number, "It is slow", [known, vec![over]].concat()).await;
    }
    let get = |path: &'static str| site.call(Request::get(path));
    let first = get("/history?text=slow").await.body;
    let even: Vec<u64> = (1..=65).rev().map(|half| half * 2).collect();
    assert_eq!(listed(&first), even[..50]);
    assert!(first.contains("/history?text=slow&amp;before=32") && !first.contains("adrian"), "{first}");
    let second = get("/history?text=slow&before=32").await.body;
    assert_eq!(listed(&second), even[50..]);
    assert!(!second.contains("Older incidents"));
    assert_eq!(listed(&get("/").await.body), even[..30], "the list is full, too");
    for hidden in ["/history?text=secret", "/history?text=alert11", "/history?text=web1", "/history?text=because"] {
        assert_eq!(listed(&get(hidden).await.body), [] as [u64; 0], "{hidden}");
    }
    let inner = get("/history?label=instance%3Dweb1").await.body;
    assert!(inner.contains("sign in to search by them") && listed(&inner).is_empty(), "{inner}");
    let team = site.call(Request::get("/history?text=secret").bearer(&token)).await.body;
    assert_eq!(listed(&team).len(), 50);
    site.stop().await;
}

#[tokio::test]
async fn whatever_is_typed_or_found_stays_text() {
    let site = TestSite::open().await;
    let token = site.token("ada", Role::Viewer).await;
    incident(&site, 1, EVIL, vec![confirmed(), note(EVIL)]).await;
    let evil: String = EVIL.bytes().map(|byte| format!("%{byte:02X}")).collect();
    for query in [
        "text=script".to_owned(),
        format!("text={evil}&rule={evil}&from={evil}&severity={evil}&before={evil}"),
        format!("{evil}={evil}"),
    ] {
        let page = site.call(Request::get(&format!("/history?{query}")).bearer(&token)).await;
        assert_eq!(page.status, 200);
        assert_only_our_markup(&page.body);
    }
    let found = site.call(Request::get("/history?text=onerror").bearer(&token)).await;
    assert_eq!(listed(&found.body), [1]);
    site.stop().await;
}
