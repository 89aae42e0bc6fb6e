//! Rooms of Matrix: a real homeserver, Synapse, from which everything is read back as clients do; and one that misbehaves.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod faults;
#[path = "../support/front.rs"]
mod front;
#[path = "../support/homeserver.rs"]
mod homeserver;
#[path = "../support/hooks.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod hooks;
#[path = "../support/host.rs"]
mod host;
#[path = "../support/notices.rs"]
mod notices;
#[path = "../support/page.rs"]
mod page;
#[path = "../support/synapse.rs"]
mod synapse;

use domain::delivery::together::join;
use domain::delivery::{Delivery, Lane, Outcome};
use domain::policy::ReceiverKind;
use earlybell::channels::matrix::MatrixChannel;
use earlybell::channels::{Attempt, Channel, Deadlines, Finding, http_client};
use earlybell::config::{MatrixConfig, MatrixMessage, Secret};
use notices::{attempt, both, said_everywhere, send_all};
use page::shows;
use reqwest::Method;
use serde_json::{Value, json};
use synapse::{Synapse, User};

const RECEIVERS: &str = r##"
  - { name: room, matrix: { homeserver: "http://127.0.0.1:1", access_token: x, room: "#incidents:bell.test" } }
"##;

fn config(url: &str, user: &User, room: &str) -> MatrixConfig {
    MatrixConfig {
        homeserver: url.to_owned(),
        access_token: Secret::new(user.token.clone()),
        room: room.to_owned(),
        message_type: MatrixMessage::Notice,
        ca_file: None,
    }
}

fn open(config: &MatrixConfig) -> MatrixChannel {
    let http = http_client::trusting(config.ca_file.as_deref()).unwrap();
    MatrixChannel::new(config, http, Deadlines::default()).unwrap()
}

fn again(attempt: &Attempt) -> Attempt {
    Attempt { number: attempt.number + 1, unsure: true, ..attempt.clone() }
}

fn remote_id(outcome: Outcome) -> String {
    let Outcome::Sent { remote_id: Some(id) } = outcome else { panic!("not sent: {outcome:?}") };
    id
}

// Words of a message as somebody reads them who knows edits.
fn body(event: &Value) -> &str {
    let replaced = &event["unsigned"]["m.relations"]["m.replace"]["content"]["m.new_content"]["body"];
    replaced.as_str().or_else(|| event["content"]["body"].as_str()).unwrap()
}

fn is_root(event: &&Value) -> bool {
    event["content"].get("m.relates_to").is_none()
}

#[tokio::test]
async fn an_incident_is_a_message_that_changes_and_its_thread() {
    let synapse = Synapse::shared().await;
    let (owner, bell) = (synapse.user("owner1").await, synapse.user("bell1").await);
    let room = synapse.room(&owner, "incidents", json!({})).await;
    // By its alias; it joins by itself.
    let channel = open(&config(&synapse.url, &bell, "#incidents:bell.test"));
    send_all(&channel, &both(RECEIVERS)).await;
    let messages = synapse.messages(&owner, &room).await;
    let roots: Vec<&Value> = messages.iter().filter(is_root).collect();
    assert_eq!(roots.len(), 2);
    let mut text = String::new();
    for root in &roots {
        text.push_str(&format!("```\n{}\n", body(root)));
        for reply in synapse.thread(&owner, &room, root["event_id"].as_str().unwrap()).await {
            let relates = &reply["content"]["m.relates_to"];
            assert_eq!(relates["is_falling_back"], true, "{reply}");
            assert_eq!(relates["m.in_reply_to"]["event_id"], root["event_id"]);
            let indented = body(&reply).replace('\n', "\n    ");
            text.push_str(&format!("\n    {indented}\n"));
        }
        text.push_str("```\n\n");
    }
    shows("matrix.md", "transcript", &text);
    assert!(body(roots[0]).starts_with("✅ INC-1 resolved (critical): errors of build"), "{}", body(roots[0]));
    assert!(body(roots[1]).starts_with("🚫 INC-2 called off"), "{}", body(roots[1]));
    for message in &messages {
        assert_eq!(message["content"]["msgtype"], "m.notice");
        assert_eq!(message["content"]["m.mentions"], json!({}));
        assert_eq!(message["sender"], bell.id.as_str());
    }
}

#[tokio::test]
async fn a_repeated_attempt_is_told_once() {
    let synapse = Synapse::shared().await;
    let (owner, bell) = (synapse.user("owner2").await, synapse.user("bell2").await);
    let room = synapse.room(&owner, "repeated", json!({})).await;
    let told = both(RECEIVERS);
    let declared = attempt(&told[0], None);
    let config = config(&synapse.url, &bell, &room);
    let root = remote_id(open(&config).send(&declared).await);
    assert_eq!(root, remote_id(open(&config).send(&again(&declared)).await));
    let post = told.iter().find(|delivery| delivery.lane == Lane::Post).unwrap();
    let update = attempt(post, Some(root.clone()));
    let reply = remote_id(open(&config).send(&update).await);
    assert_eq!(reply, remote_id(open(&config).send(&again(&update)).await));
    assert_ne!(reply, root);
    assert_eq!(synapse.messages(&owner, &room).await.len(), 2);
}

#[tokio::test]
async fn what_is_lost_of_a_thread_loses_no_notice() {
    let synapse = Synapse::shared().await;
    let (owner, bell) = (synapse.user("owner3").await, synapse.user("bell3").await);
    let room = synapse.room(&owner, "lost", json!({})).await;
    let config = config(&synapse.url, &bell, &room);
    let told = both(RECEIVERS);
    let lane = |lane: Lane| told.iter().find(|delivery| delivery.lane == lane).unwrap();
    let nowhere = Some(format!("{room} $nothing"));
    // It was there once, in another life of the homeserver.
    assert!(matches!(open(&config).send(&attempt(lane(Lane::Post), nowhere.clone())).await, Outcome::Sent { .. }));
    assert_eq!(open(&config).send(&attempt(lane(Lane::Put), nowhere)).await, Outcome::Sent { remote_id: None });
    assert_eq!(open(&config).send(&attempt(lane(Lane::Put), None)).await, Outcome::Sent { remote_id: None });
    let messages = synapse.messages(&owner, &room).await;
    assert_eq!(messages.iter().filter(is_root).count(), 1);

    // Put out of the room, it comes back by itself, if it may.
    let channel = open(&config);
    let root = remote_id(channel.send(&attempt(lane(Lane::Root), None)).await);
    let path = |what: &str| format!("v3/rooms/{room}/{what}");
    synapse.call(&owner, Method::POST, &path("kick"), json!({"user_id": bell.id})).await;
    remote_id(channel.send(&attempt(lane(Lane::Put), Some(root.clone()))).await);
    synapse.call(&owner, Method::POST, &path("ban"), json!({"user_id": bell.id})).await;
    let outcome = channel.send(&attempt(&told[told.len() - 1], Some(root))).await;
    assert!(matches!(&outcome, Outcome::Misconfigured { because } if because.contains("M_FORBIDDEN")), "{outcome:?}");
}

#[tokio::test]
async fn a_look_tells_nobody_and_says_what_is_wrong() {
    let synapse = Synapse::shared().await;
    let (owner, bell) = (synapse.user("owner4").await, synapse.user("bell4").await);
    let room = synapse.room(&owner, "looked-at", json!({})).await;
    let here = config(&synapse.url, &bell, "#looked-at:bell.test");
    let well = |said: &str| Finding::Well(said.to_owned());
    let how = "it joins with the first notice, if it may: invite it, or see that the room is public";
    let outside = format!("@bell4:bell.test is not in #looked-at:bell.test yet; {how}");
    assert_eq!(open(&here).look().await, [well("logged in as @bell4:bell.test"), Finding::Wrong(outside)]);
    assert_eq!(synapse.messages(&owner, &room).await.len(), 0);
    synapse.call(&bell, Method::POST, "v3/join/%23looked-at:bell.test", json!({})).await;
    let inside = [well("logged in as @bell4:bell.test"), well("@bell4:bell.test is in #looked-at:bell.test")];
    assert_eq!(open(&here).look().await, inside);
    let levels = json!({"events_default": 20, "users_default": 0});
    let path = format!("v3/rooms/{room}/state/m.room.power_levels");
    synapse.call(&owner, Method::PUT, &path, levels).await;
    let path = format!("v3/rooms/{room}/state/m.room.encryption");
    synapse.call(&owner, Method::PUT, &path, json!({"algorithm": "m.megolm.v1.aes-sha2"})).await;
    let found = open(&here).look().await;
    let wrong: Vec<&Finding> = found.iter().filter(|finding| matches!(finding, Finding::Wrong(_))).collect();
    assert!(
        matches!(wrong[..], [Finding::Wrong(encrypted), Finding::Wrong(level)]
        if encrypted == "#looked-at:bell.test is encrypted, and notices are not: its homeserver can read them, and clients warn of \
            them; use a room without encryption" && level.contains("has power level 0 in #looked-at:bell.test, and messages need 20")),
        "{found:?}"
    );

    for (token, room, expected) in [
        ("nonsense", "#looked-at:bell.test", "Matrix answers 401: M_UNKNOWN_TOKEN"),
        (bell.token.as_str(), "#nowhere:bell.test", "Matrix answers 404: M_NOT_FOUND"),
    ] {
        let user = User { id: String::new(), token: token.to_owned() };
        let channel = open(&config(&synapse.url, &user, room));
        let looked = channel.look().await;
        assert!(matches!(&looked[..], [Finding::Wrong(said)] if said.starts_with(expected)), "{looked:?}");
        let outcome = channel.send(&attempt(&both(RECEIVERS)[0], None)).await;
        assert!(matches!(&outcome, Outcome::Misconfigured { because } if because.starts_with(expected)), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_private_ca_is_believed_where_its_file_is_named_and_nowhere_else() {
    let synapse = Synapse::shared().await;
    let (owner, bell) = (synapse.user("owner7").await, synapse.user("bell7").await);
    let room = synapse.room(&owner, "private", json!({})).await;
    let front = front::Front::of(&synapse.url, None);
    let keys = |ca_file: &str| {
        format!("matrix: {{ homeserver: '{}', access_token: {}, room: '{room}'{ca_file} }}", front.url, bell.token)
    };
    let told = attempt(&both(RECEIVERS)[0], None);
    let outcome = front::channel(&keys("")).send(&told).await;
    assert!(matches!(&outcome, Outcome::Misconfigured { because } if because.contains("certificate")), "{outcome:?}");
    let ours = front::channel(&keys(&format!(", ca_file: '{}'", front.ca_file().display())));
    remote_id(ours.send(&told).await);
    assert_eq!(synapse.messages(&owner, &room).await.len(), 1);
    assert!(ours.look().await.iter().all(|finding| matches!(finding, Finding::Well(_))));
}

#[tokio::test]
async fn no_text_is_more_than_text() {
    let synapse = Synapse::shared().await;
    let (owner, bell) = (synapse.user("owner5").await, synapse.user("bell5").await);
    let room = synapse.room(&owner, "text", json!({})).await;
    let evil = "<b>x</b> <a href=\"https://evil\">y</a> &lt; @room \"quoted\" 'single' <script>\nsecond line";
    send_all(&open(&config(&synapse.url, &bell, &room)), &said_everywhere(RECEIVERS, evil)).await;
    let messages = synapse.messages(&owner, &room).await;
    assert!(messages.len() >= 4, "{}", messages.len());
    for message in &messages {
        let content = &message["content"];
        let html = content["formatted_body"].as_str().unwrap();
        assert_eq!(content["format"], "org.matrix.custom.html");
        let ours = [
            "p",
            "/p",
            "strong",
            "/strong",
            "ul",
            "/ul",
            "li",
            "/li",
            "blockquote",
            "/blockquote",
            "br/",
            "code",
            "/code",
            "/a",
        ];
        for tag in html.split('<').skip(1) {
            let tag = tag.split('>').next().unwrap();
            let link = tag.strip_prefix("a href=\"https://bell.example.org/").is_some_and(|rest| rest.ends_with('"'));
            assert!(link || ours.contains(&tag), "<{tag}> in {html}");
        }
        assert!(!html.contains("@room") && !content["body"].as_str().unwrap().contains("@room"), "{content}");
        let length = message.to_string().len();
        assert!(length < 65_536, "{length} bytes");
    }
}

#[tokio::test]
async fn the_longest_notice_and_its_edit_are_taken() {
    let synapse = Synapse::shared().await;
    let (owner, bell) = (synapse.user("owner6").await, synapse.user("bell6").await);
    let room = synapse.room(&owner, "long", json!({})).await;
    let told: Vec<Delivery> = said_everywhere(RECEIVERS, &"<&\"ä😀 ".repeat(800));
    let channel = open(&config(&synapse.url, &bell, &room));
    send_all(&channel, &told).await;
    let messages = synapse.messages(&owner, &room).await;
    assert_eq!(messages.len(), told.len());
    // The same told late, with as many older ones as there is room for.
    let reply = told.iter().rfind(|delivery| delivery.lane == Lane::Post).unwrap();
    let content = join(&vec![reply.clone(); 60], ReceiverKind::Matrix).unwrap();
    remote_id(channel.send(&attempt(&Delivery { key: "late".to_owned(), content, ..reply.clone() }, None)).await);
}
