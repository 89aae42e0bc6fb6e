//! Alerts come in: what is taken, what is refused, and that nothing authenticated is lost silently.

use crate::site::{TestSite, WEBHOOK, spoilt};
use crate::wire::{Request, answer, send, until_closed};
use earlybell::store::{InputKind, Role, Store};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// One alert, as Alertmanager 0.25 sends it.
pub const BODY: &str = r#"{"receiver":"r","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"Down"},
"annotations":{},"startsAt":"2026-11-22T07:41:47.948385Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"",
"fingerprint":"74f654bc99095ff8"}],"groupLabels":{},"commonLabels":{},"commonAnnotations":{},"externalURL":"http://am",
"version":"4","groupKey":"{}:{}","truncatedAlerts":0}"#;

#[tokio::test]
async fn a_webhook_is_in_the_inbox_byte_for_byte_when_it_is_answered() {
    let site = TestSite::open().await;
    let answer = site.call(Request::post(WEBHOOK, BODY)).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"status":"success","input":1}"#));
    let inputs = site.inputs().await;
    let [input] = inputs.as_slice() else { panic!("{inputs:?}") };
    assert_eq!(
        (input.kind, input.source.as_str(), input.body.as_slice()),
        (InputKind::Webhook, "default", BODY.as_bytes())
    );
    site.stop().await;
}

#[tokio::test]
async fn any_form_of_the_address_and_any_content_type_will_do() {
    let site = TestSite::open().await;
    for path in [WEBHOOK, "/api/v1/alertmanager/", "/api/v1/alertmanager/second", "/api/v1/alertmanager/second/"] {
        for kind in ["application/json", "text/plain; charset=latin1", "x/y"] {
            let answer = site.call(Request::post(path, BODY).header("Content-Type", kind)).await;
            assert_eq!(answer.status, 200, "{path} {kind}: {}", answer.body);
        }
    }
    let sources: Vec<String> = site.inputs().await.into_iter().map(|input| input.source).collect();
    assert_eq!(sources, [["default"; 6], ["second"; 6]].concat());
    let answer = site.call(Request::post("/api/v1/alertmanager/secnd", BODY)).await;
    assert_eq!((answer.status, answer.error().as_str()), (404, "there is no source `secnd`; known: default, second"));
    site.stop().await;
}

#[tokio::test]
async fn prometheus_and_amtool_may_push_as_to_an_alertmanager() {
    let site = TestSite::open().await;
    let alerts = r#"[{"labels":{"alertname":"Down","severity":"critical"}}]"#;
    for path in ["/api/v2/alerts", "/api/v2/alerts/"] {
        let answer = site.call(Request::post(path, alerts)).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{path}");
    }
    let wrong = site.call(Request::post("/api/v2/alerts", "{")).await;
    assert_eq!(wrong.status, 400);
    assert!(serde_json::from_str::<String>(&wrong.body).unwrap().starts_with("the body is not JSON"), "{}", wrong.body);
    assert_eq!(site.inputs().await.iter().map(|input| input.kind).collect::<Vec<_>>(), [InputKind::Push; 2]);
    site.stop().await;
}

#[tokio::test]
async fn the_event_recorder_has_a_path_of_its_own() {
    let site = TestSite::open().await;
    let file = include_str!("../fixtures/alertmanager/event_recorder_0.33.1.json");
    let recorded: Vec<serde_json::Value> = serde_json::from_str(file).unwrap();
    let bodies: Vec<serde_json::Value> = recorded.into_iter().map(|request| request["body"].clone()).collect();
    for body in &bodies {
        let answer = site.call(Request::post("/api/v1/alertmanager/events", body.to_string())).await;
        assert_eq!(answer.status, 200, "{body}: {}", answer.body);
    }
    let together = serde_json::Value::from(bodies).to_string();
    let answer = site.call(Request::post("/api/v1/alertmanager/second/events/", together.as_str())).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"status":"success","input":19}"#));
    let last = site.inputs().await.pop().unwrap();
    assert_eq!((last.kind, &*last.source, last.body.as_slice()), (InputKind::Events, "second", together.as_bytes()));
    assert_eq!(site.metric("earlybell_alertmanager_events_total{kind=\"alert_resolved\"}").await, 4.0);
    assert_eq!(site.metric("earlybell_alertmanager_events_total{kind=\"unknown\"}").await, 0.0);
    let webhook = site.call(Request::post("/api/v1/alertmanager/events", BODY)).await;
    assert_eq!(webhook.status, 422, "{}", webhook.body);
    site.stop().await;
}

#[tokio::test]
async fn what_can_t_be_understood_is_refused_kept_and_counted() {
    let site = TestSite::open().await;
    for (body, status, reason) in [
        ("{\"alerts\": [", 400, "not_json"),
        ("", 422, "shape"),
        ("\u{1}\u{2}", 400, "not_json"),
        ("[]", 422, "shape"),
        ("{\"text\": \"a message for a chat\"}", 422, "shape"),
    ] {
        let answer = site.call(Request::post(WEBHOOK, body)).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
        assert!(answer.error().len() > 10, "{}", answer.body);
        let kept = site.store.quarantined(1).await.unwrap().remove(0);
        assert_eq!((kept.because, kept.path.as_str(), kept.bytes), (answer.error(), WEBHOOK, body.len() as u64));
        assert_eq!(site.store.quarantined_body(kept.id).await.unwrap().unwrap(), body.as_bytes());
        assert!(site.metric(&format!("earlybell_alerts_invalid_total{{reason=\"{reason}\"}}")).await >= 1.0);
    }
    assert_eq!(site.metric("earlybell_alerts_invalid_total{reason=\"not_json\"}").await, 2.0);
    assert_eq!(site.inputs().await, []);
    site.stop().await;
}

#[tokio::test]
async fn one_alert_that_is_not_understood_does_not_take_the_others_with_it() {
    let site = TestSite::open().await;
    let body = BODY.replace("\"alerts\":[", "\"alerts\":[{\"status\":\"burning\",\"labels\":{\"a\":\"b\"}},");
    let answer = site.call(Request::post(WEBHOOK, body.as_str())).await;
    assert_eq!((answer.status, site.inputs().await.len()), (200, 1));
    let kept = site.store.quarantined(10).await.unwrap().remove(0);
    let because = "taken without 1 of its 2 alerts: alerts[0]: its status is `burning`, expected firing or resolved";
    assert_eq!((kept.because.as_str(), kept.bytes), (because, body.len() as u64));
    assert_eq!(site.metric("earlybell_alerts_invalid_total{reason=\"alert\"}").await, 1.0);
    site.stop().await;
}

#[tokio::test]
async fn every_request_that_was_recorded_from_alertmanager_is_taken() {
    let site = TestSite::open().await;
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/alertmanager");
    let mut sent = Vec::new();
    for version in ["0.25.0", "0.28.1"] {
        let mut files: Vec<_> =
            std::fs::read_dir(root.join(version)).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        for file in files {
            let recorded: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
            let body = recorded["body_raw"].as_str().unwrap_or("");
            if recorded["request"]["method"] != "POST" {
                // What Alertmanager makes of a redirect: the reason why we never send one.
                assert_eq!(site.call(Request::get(WEBHOOK)).await.status, 405, "{}", file.display());
                continue;
            }
            // The content type, agent and whatever else came with it.
            let headers = recorded["request"]["headers"]
                .as_array()
                .unwrap()
                .iter()
                .map(|pair| (pair[0].as_str().unwrap().to_owned(), pair[1].as_str().unwrap().to_owned()));
            let kept =
                headers.filter(|(name, _)| !["Host", "Content-Length", "Authorization"].contains(&name.as_str()));
            let request =
                kept.fold(Request::post(WEBHOOK, body), |request, (name, value)| request.header(&name, &value));
            let answer = site.call(request).await;
            assert_eq!(answer.status, 200, "{}: {}", file.display(), answer.body);
            sent.push(body.as_bytes().to_vec());
        }
    }
    assert!(sent.len() > 150, "only {} were recorded", sent.len());
    assert!(site.inputs().await.into_iter().map(|input| input.body).eq(sent));
    assert_eq!(site.store.quarantined(1).await.unwrap(), []);
    site.stop().await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_before_it_is_read_and_people_see_it() {
    let site = TestSite::with(|parts| parts.limits.body_bytes_max = 1000).await;
    let sentence = "the body is larger than 1000 bytes; send less at once (`max_alerts`), or raise --web.max-body";
    // Said to be large: not a byte of it is sent.
    let announced = Request::post(WEBHOOK, "").header("Content-Length", "1073741824");
    let answer = site.call(announced).await;
    assert_eq!((answer.status, answer.error().as_str()), (413, sentence));
    // Found to be large.
    let chunk = format!("4b0\r\n{}\r\n0\r\n\r\n", "x".repeat(0x4b0));
    let answer = site.call(Request::post(WEBHOOK, chunk).header("Transfer-Encoding", "chunked")).await;
    assert_eq!((answer.status, answer.error().as_str()), (413, sentence));
    let kept = site.store.quarantined(10).await.unwrap();
    assert_eq!(kept.iter().map(|item| item.because.as_str()).collect::<Vec<_>>(), [sentence; 2]);
    assert_eq!(kept[1].bytes, 1_073_741_824);
    assert_eq!(site.metric("earlybell_alerts_invalid_total{reason=\"too_large\"}").await, 2.0);
    assert_eq!(site.metric("earlybell_http_body_bytes_in_flight").await, 0.0);
    site.stop().await;
}

#[tokio::test]
async fn a_compressed_body_is_refused_as_such() {
    let site = TestSite::open().await;
    for encoding in ["gzip", "br", "zstd", "deflate", "gzip, identity"] {
        let answer = site.call(Request::post(WEBHOOK, BODY).header("Content-Encoding", encoding)).await;
        let sentence = format!("the body has Content-Encoding `{encoding}`; send it as it is, without compression");
        assert_eq!((answer.status, answer.error()), (415, sentence));
    }
    let plain = site.call(Request::post(WEBHOOK, BODY).header("Content-Encoding", "identity")).await;
    assert_eq!(plain.status, 200);
    assert_eq!(site.store.quarantined(10).await.unwrap().len(), 5);
    site.stop().await;
}

#[tokio::test]
async fn a_body_may_come_in_pieces_but_not_for_ever() {
    let site = TestSite::with(|parts| parts.limits.body_deadline = Duration::from_millis(1500)).await;
    let bytes = Request::post(WEBHOOK, BODY).bytes();
    // A byte at a time, as fast as it goes.
    let mut quick = TcpStream::connect(site.address).await.unwrap();
    quick.set_nodelay(true).unwrap();
    for byte in &bytes {
        quick.write_all(&[*byte]).await.unwrap();
    }
    assert_eq!(answer(&mut quick).await.status, 200);
    // All but the last byte: the deadline is for the whole, so drops don't help.
    let mut slow = TcpStream::connect(site.address).await.unwrap();
    send(&mut slow, &bytes[..bytes.len() - 20]).await;
    let (mut reading, mut writing) = slow.into_split();
    let dripping = tokio::spawn(async move {
        let mut beat = tokio::time::interval(Duration::from_millis(200));
        for byte in [b' '; 15] {
            beat.tick().await;
            send(&mut writing, &[byte]).await;
        }
    });
    let refused = answer(&mut reading).await;
    assert_eq!((refused.status, refused.error().as_str()), (408, "the body was not complete after 1 seconds"));
    dripping.await.unwrap();
    assert_eq!(site.inputs().await.len(), 1);
    assert_eq!(site.metric("earlybell_alerts_invalid_total{reason=\"timeout\"}").await, 1.0);
    site.stop().await;
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut_off() {
    let site = TestSite::with(|parts| parts.limits.head_deadline = Duration::from_millis(500)).await;
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    send(&mut stream, b"POST /api/v1/alertmanager HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ").await;
    let text = until_closed(&mut stream).await;
    assert!(text.starts_with("HTTP/1.1 408") || text.is_empty(), "{text}");
    site.stop().await;
}

#[tokio::test]
async fn chunked_and_pipelined_requests_are_each_answered_in_order() {
    let site = TestSite::open().await;
    let (first, second) = BODY.split_at(100);
    let chunked = format!("{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n", first.len(), second.len());
    let chunked = Request::post(WEBHOOK, chunked).header("Transfer-Encoding", "chunked").bytes();
    let plain = Request::post(WEBHOOK, BODY).bytes();
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    send(&mut stream, &[chunked.clone(), plain.clone(), chunked, plain].concat()).await;
    let mut answers = Vec::new();
    for _ in 0..4 {
        answers.push(one(&mut stream).await);
    }
    let wanted: Vec<_> = (1..=4).map(|input| format!("{{\"status\":\"success\",\"input\":{input}}}")).collect();
    assert_eq!(answers, wanted);
    assert!(site.inputs().await.iter().all(|input| input.body == BODY.as_bytes()));
    site.stop().await;
}

// Byte by byte: several answers may stand in one packet.
async fn one(stream: &mut TcpStream) -> String {
    use tokio::io::AsyncReadExt;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    String::from_utf8(body).unwrap()
}

#[tokio::test]
async fn a_wrong_token_is_refused_before_the_body_is_read() {
    let site = TestSite::open().await;
    let token = site.token("default", Role::Ingest).await;
    let wrong = spoilt(&token);
    // A gigabyte is announced, and never sent: an answer can only come from the head.
    let huge = |request: Request| request.header("Content-Length", "1073741824");
    for request in [Request::post(WEBHOOK, ""), Request::post(WEBHOOK, "").bearer(&wrong)] {
        let answer = site.call(huge(request)).await;
        assert_eq!(answer.status, 401);
        assert!(answer.header("www-authenticate").unwrap().starts_with("Basic realm="));
    }
    assert_eq!(site.metric("earlybell_auth_failures_total{reason=\"wrong\",source=\"default\"}").await, 1.0);
    assert_eq!(site.metric("earlybell_auth_failures_total{reason=\"missing\",source=\"unknown\"}").await, 1.0);
    assert_eq!(site.store.quarantined(10).await.unwrap(), [], "strangers fill no disk");
    site.stop().await;
}

#[tokio::test]
async fn a_sender_who_sends_a_gigabyte_with_a_wrong_token_is_not_read() {
    let site = TestSite::open().await;
    site.token("default", Role::Ingest).await;
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    send(&mut stream, &Request::post(WEBHOOK, "").header("Content-Length", "1073741824").bytes()).await;
    let (mut reading, mut writing) = stream.into_split();
    let sending = tokio::spawn(async move {
        let megabyte = vec![b'x'; 1 << 20];
        let mut sent = 0;
        while sent < 1024 && writing.write_all(&megabyte).await.is_ok() {
            sent += 1;
        }
        sent
    });
    assert_eq!(answer(&mut reading).await.status, 401);
    until_closed(&mut reading).await;
    let sent = sending.await.unwrap();
    assert_eq!(site.metric("earlybell_http_body_bytes_in_flight").await, 0.0);
    assert_eq!(site.inputs().await, [], "{sent} MiB were sent");
    site.stop().await;
}

#[tokio::test]
async fn a_store_that_does_not_write_answers_503_so_that_it_is_sent_again() {
    let site = TestSite::on_disk().await;
    assert_eq!(site.call(Request::post(WEBHOOK, BODY)).await.status, 200);
    site.store.close();
    let answer = site.call(Request::post(WEBHOOK, BODY)).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{}", answer.body);
    // A wrong body that can't be kept must come again too.
    assert_eq!(site.call(Request::post(WEBHOOK, "{")).await.status, 503);
    assert_eq!(site.call(Request::get("/-/ready")).await.status, 503);
    assert_eq!(site.call(Request::get("/-/healthy")).await.status, 200);
    site.stop().await;
}

#[tokio::test]
async fn what_all_bodies_hold_together_is_bounded() {
    let site = TestSite::with(|parts| {
        parts.limits.body_bytes_max = 3 * BODY.len() / 2;
        parts.limits.in_flight_bytes_max = 0;
    })
    .await;
    let bytes = Request::post(WEBHOOK, BODY).bytes();
    let mut first = TcpStream::connect(site.address).await.unwrap();
    send(&mut first, &bytes[..bytes.len() - 1]).await;
    // The first holds its share once its head was read; until then the second would be let in.
    let gauge = site.metrics.body_bytes();
    let waiting = async {
        while gauge.get() == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap();
    let busy = site.call(Request::post(WEBHOOK, BODY)).await;
    assert_eq!((busy.status, busy.error().as_str()), (503, "too many bodies are being read at once; send it again"));
    send(&mut first, &bytes[bytes.len() - 1..]).await;
    assert_eq!(answer(&mut first).await.status, 200);
    assert_eq!(site.call(Request::post(WEBHOOK, BODY)).await.status, 200);
    site.stop().await;
}

#[tokio::test]
async fn whoever_opens_the_webhook_in_a_browser_learns_what_it_is_for() {
    let site = TestSite::open().await;
    for path in [WEBHOOK, "/api/v1/alertmanager/"] {
        let answer = site.call(Request::get(path)).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
        assert!(answer.error().contains("webhook_configs"), "{}", answer.body);
    }
    site.stop().await;
}
