//! Health, reload, metrics, headers.

use crate::clock::TestClock;
use crate::intake::BODY;
use crate::site::{TestSite, WEBHOOK};
use crate::wire::Request;
use chrono::TimeDelta;
use earlybell::clock::Clock;
use earlybell::http::routes::ROUTES;
use std::sync::atomic::Ordering;

#[tokio::test]
async fn ready_means_that_an_alert_would_be_decided() {
    let clock = TestClock::at("2026-11-22T10:00:00Z");
    let moved = clock.clone();
    let site = TestSite::with(|parts| parts.clock = moved).await;
    for path in ["/-/healthy", "/-/ready"] {
        for method in ["GET", "HEAD"] {
            let answer = site.call(Request::new(method, path)).await;
            let body = if method == "HEAD" { "" } else { "OK" };
            assert_eq!((answer.status, answer.body.as_str()), (200, body), "{method} {path}");
        }
    }
    clock.advance(TimeDelta::seconds(31));
    let stuck = site.call(Request::get("/-/ready")).await;
    assert_eq!((stuck.status, stuck.error().as_str()), (503, "the engine has not moved for 30 seconds"));
    assert_eq!(site.call(Request::get("/-/healthy")).await.status, 200);
    site.metrics.engine_progressed(clock.now());
    assert_eq!(site.call(Request::get("/-/ready")).await.status, 200);
    site.stop().await;
}

#[tokio::test]
async fn a_reload_says_what_is_wrong() {
    let site = TestSite::open().await;
    assert_eq!(site.call(Request::post("/-/reload", "")).await.status, 200);
    assert_eq!(site.call(Request::get("/-/reload")).await.status, 405);
    site.reload_fails.store(true, Ordering::SeqCst);
    let failed = site.call(Request::post("/-/reload", "")).await;
    let sentence = "failed to reload config: line 3: no such key `recievers`";
    assert_eq!((failed.status, failed.error().as_str()), (500, sentence));
    site.stop().await;
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let site = TestSite::open().await;
    let paths = ROUTES.iter().map(|endpoint| (endpoint.method.as_str(), endpoint.path));
    for (method, path) in paths.chain([("GET", "/"), ("GET", "/nowhere"), ("PUT", "/nowhere")]) {
        let answer = site.call(Request::new(method, path)).await;
        let policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-ancestors 'none'; \
            base-uri 'none'; form-action 'self'";
        for (name, value) in [
            ("content-security-policy", policy),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{method} {path}: {}", answer.head);
        }
        if path != "/login" {
            assert!(!(300..400).contains(&answer.status), "{method} {path} redirects");
        }
    }
    site.stop().await;
}

#[tokio::test]
async fn metrics_are_text_and_count_by_route() {
    let site = TestSite::on_disk().await;
    site.call(Request::post(WEBHOOK, BODY)).await;
    site.call(Request::post(WEBHOOK, "{")).await;
    let answer = site.call(Request::get("/metrics")).await;
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for line in [
        "earlybell_http_requests_total{code=\"200\",route=\"/api/v1/alertmanager\"} 1",
        "earlybell_http_requests_total{code=\"400\",route=\"/api/v1/alertmanager\"} 1",
        "earlybell_webhook_commit_seconds_count 1",
        "earlybell_inbox_last_input 1",
        "earlybell_engine_lag_inputs 1",
        "earlybell_quarantined 1",
        "earlybell_config_hash 7",
        "earlybell_config_last_reload_successful 1",
        "earlybell_notifications_failed_total{integration=\"console\",reason=\"fatal\",receiver=\"team\"} 0",
        "earlybell_store_up 1",
    ] {
        assert!(answer.body.lines().any(|known| known == line), "no {line} in\n{}", answer.body);
    }
    assert!(answer.body.contains("process_resident_memory_bytes"));
    site.store.close();
    let broken = site.call(Request::get("/metrics")).await;
    assert_eq!(broken.status, 200);
    assert!(broken.body.lines().any(|line| line == "earlybell_store_up 0"));
    site.stop().await;
}
