//! A program that checks what it is sent as the standard tells it to.

use crate::hooks::{Heard, Hooks, Misbehave, Says, World};
use crate::notices::{both, said_everywhere, send_all};
use crate::page::shows;
use crate::schema::fits;
use crate::{attempt, class, impatient};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use domain::delivery::{Delivery, Lane, Outcome};
use earlybell::channels::webhook::WebhookChannel;
use earlybell::channels::{Channel, Deadlines, Finding, http_client};
use earlybell::clock::{Clock, SystemClock};
use earlybell::config::{HttpAuth, Secret, SigningKey, WebhookConfig};
use ring::hmac;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const NEW: &str = "whsec_Z29vZCBtb3JuaW5nLCB0aGlzIGlzIG91ciBuZXcga2V5";
const OLD: &str = "whsec_Z29vZCBldmVuaW5nLCB0aGlzIHdhcyBvdXIgb2xkIGtleQ==";
const PATH: &str = "/hooks/s3cretpartofthepath";
const TOLERANCE_SECONDS: i64 = 300;

const RECEIVERS: &str = r#"
  - { name: hook, webhook: { url: "http://127.0.0.1:1", secret: whsec_Z29vZCBtb3JuaW5nLCB0aGlzIGlzIG91ciBuZXcga2V5 } }
"#;

// As a library of the standard would, with the old key: it was not told the new one yet.
fn verify(heard: &Heard) -> Result<(), &'static str> {
    let key = BASE64_STANDARD.decode(OLD.trim_start_matches("whsec_")).unwrap();
    let (id, timestamp) = (heard.header("webhook-id"), heard.header("webhook-timestamp"));
    let seconds: i64 = timestamp.parse().map_err(|_| "no timestamp")?;
    if (SystemClock.now().timestamp() - seconds).abs() > TOLERANCE_SECONDS {
        return Err("too old");
    }
    if id.is_empty() || id.contains('.') {
        return Err("no id");
    }
    let signed = format!("{id}.{timestamp}.{}", heard.body);
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let fits = |signature: &str| {
        let tag = signature.strip_prefix("v1,").and_then(|tag| BASE64_STANDARD.decode(tag).ok());
        tag.is_some_and(|tag| hmac::verify(&key, signed.as_bytes(), &tag).is_ok())
    };
    heard.header("webhook-signature").split(' ').any(fits).then_some(()).ok_or("no signature fits")
}

fn program(world: &mut World, heard: &Heard) -> Says {
    let says = |status: u16, said: &str| (status, vec![], said.to_owned());
    match (heard.method.as_str(), heard.path.as_str(), heard.header("authorization")) {
        ("HEAD", PATH, "Bearer our-token") => says(405, ""),
        ("HEAD", ..) => says(401, ""),
        ("POST", PATH, "Bearer our-token") => match (verify(heard), heard.json()) {
            (Err(problem), _) => says(400, problem),
            (_, None) => says(415, "no JSON"),
            (Ok(()), Some(body)) => {
                let id = heard.header("webhook-id");
                // What it knows it does not do again, and is content with.
                if !world.messages.iter().any(|known| known["id"] == id) {
                    world.messages.push(json!({"id": id, "body": body}));
                }
                says(202, "")
            }
        },
        _ => says(404, "nothing here"),
    }
}

fn config(hooks: &Hooks, keys: &[&str]) -> WebhookConfig {
    WebhookConfig {
        url: Secret::new(format!("{}{PATH}", hooks.url)),
        keys: keys.iter().map(|key| SigningKey::parse(Secret::new(*key)).unwrap()).collect(),
        auth: Some(HttpAuth::Bearer(Secret::new("our-token"))),
    }
}

fn open(hooks: &Hooks, keys: &[&str], deadlines: Deadlines) -> WebhookChannel {
    let http = http_client::client().unwrap();
    WebhookChannel::new(&config(hooks, keys), http, deadlines, Arc::new(SystemClock)).unwrap()
}

fn deliveries() -> Vec<Delivery> {
    both(RECEIVERS)
}

#[tokio::test]
async fn a_program_is_told_what_people_are_told_as_the_document_says() {
    let hooks = Hooks::start(program);
    let told = deliveries();
    // While they change the key, both sides sign with both.
    send_all(&open(&hooks, &[NEW, OLD], Deadlines::default()), &told).await;
    let world = hooks.world();
    assert_eq!(world.messages.len(), told.len());
    let mut text = String::new();
    for (message, delivery) in world.messages.iter().zip(&told) {
        assert_eq!(message["body"].to_string().len(), delivery.content.body.len(), "not what stands in the outbox");
        let body = serde_json::to_string_pretty(&message["body"]).unwrap();
        text.push_str(&format!("`webhook-id: {}`\n\n```json\n{body}\n```\n\n", message["id"].as_str().unwrap()));
    }
    let kinds: Vec<&str> = world.messages.iter().map(|said| said["body"]["type"].as_str().unwrap()).collect();
    let words = "declared confirmed updated updated resolved declared called_off";
    assert_eq!(kinds, words.split(' ').map(|word| format!("incident.{word}")).collect::<Vec<_>>());
    shows("webhook.md", "transcript", &text);
}

#[tokio::test]
async fn what_is_sent_has_the_promised_shape() {
    let schema = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/webhook.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let odd = "a \"quote\" \\ </script> \u{2028}\n\u{0}\u{1F}é😀";
    for delivery in deliveries().iter().chain(&said_everywhere(RECEIVERS, odd)) {
        let body: Value = serde_json::from_str(&delivery.content.body).unwrap();
        fits(&schema, &schema, &body, "");
    }
}

#[tokio::test]
async fn a_repeated_notice_is_known_again() {
    let hooks = Hooks::start(program);
    let told = deliveries();
    let first = crate::notices::attempt(&told[0], None);
    for misbehave in [Misbehave::DoesThenBreaks, Misbehave::DoesThenHangs, Misbehave::DoesThenTalks(1024 * 1024)] {
        hooks.next(misbehave);
        assert_eq!(class(&open(&hooks, &[OLD], impatient()).send(&first).await), "unsure");
    }
    let channel = open(&hooks, &[OLD], Deadlines::default());
    assert_eq!(class(&channel.send(&first).await), "sent");
    let world = hooks.world();
    assert_eq!((world.heard.len(), world.messages.len()), (4, 1));
}

#[tokio::test]
async fn every_answer_means_one_thing() {
    let hooks = Hooks::start(program);
    let channel = open(&hooks, &[OLD], Deadlines::default());
    let one = attempt(Lane::Post, "INC-42", "{}");
    for status in 200..600_u16 {
        let elsewhere = vec![("location", format!("{}{PATH}", hooks.url))];
        hooks.next(Misbehave::Answers(status, elsewhere, format!("no: {OLD} {} our-token", hooks.url)));
        let outcome = channel.send(&one).await;
        let expected = match status {
            200..300 => "sent",
            408 | 500.. => "unsure",
            409 | 423 | 425 | 429 => "retry",
            413 | 414 | 422 | 431 => "fatal",
            _ => "misconfigured",
        };
        assert_eq!(class(&outcome), expected, "{status}: {outcome:?}");
        let said = format!("{outcome:?}");
        assert!(!["Z29vZCBl", "our-token"].iter().any(|secret| said.contains(secret)), "{said}");
    }
    for status in [429, 503] {
        hooks.next(Misbehave::Answers(status, vec![("retry-after", "17".into())], "slowly".into()));
        let because = format!("127.0.0.1 answers {status}: slowly");
        let after = Some(Duration::from_secs(17));
        assert_eq!(channel.send(&one).await, Outcome::Retry { because, after, unsure: false });
    }
    let because = "127.0.0.1 answers 410: it is gone, and wants no more notices".to_owned();
    hooks.next(Misbehave::Answers(410, vec![], String::new()));
    assert_eq!(channel.send(&one).await, Outcome::Misconfigured { because });
    // No redirect was followed.
    assert!(hooks.world().messages.is_empty());
}

#[tokio::test]
async fn what_can_not_arrive_is_said() {
    let hooks = Hooks::start(program);
    let wrong_key = open(&hooks, &[NEW], Deadlines::default());
    let outcome = wrong_key.send(&attempt(Lane::Post, "INC-42", "{}")).await;
    assert_eq!(outcome, Outcome::Misconfigured { because: "127.0.0.1 answers 400: no signature fits".into() });
    // It was written while the receiver was a chat.
    let channel = open(&hooks, &[OLD], Deadlines::default());
    assert_eq!(class(&channel.send(&attempt(Lane::Post, "INC-42", "Who: all")).await), "fatal");
    assert_eq!(class(&channel.send(&attempt(Lane::Put, "INC-42", "Who: all")).await), "sent");
    let gone = WebhookConfig { url: Secret::new("http://127.0.0.1:1/x"), ..config(&hooks, &[OLD]) };
    let http = http_client::client().unwrap();
    let gone = WebhookChannel::new(&gone, http, Deadlines::default(), Arc::new(SystemClock)).unwrap();
    assert_eq!(class(&gone.send(&attempt(Lane::Post, "INC-42", "{}")).await), "retry");
    assert!(matches!(&gone.look().await[..], [Finding::Wrong(said)] if said.contains("no answer from 127.0.0.1")));
}

#[tokio::test]
async fn a_look_tells_nobody() {
    let hooks = Hooks::start(program);
    let found = open(&hooks, &[OLD], Deadlines::default()).look().await;
    let words = "is there (it answers 405 to HEAD); whether it takes a notice, only a notice shows";
    assert_eq!(found, [Finding::Well(format!("{} {words}", hooks.url))]);
    let strange = WebhookConfig { auth: None, ..config(&hooks, &[OLD]) };
    let http = http_client::client().unwrap();
    let strange = WebhookChannel::new(&strange, http, Deadlines::default(), Arc::new(SystemClock)).unwrap();
    assert!(matches!(&strange.look().await[..], [Finding::Wrong(said)] if said.contains("answers 401")));
    assert!(hooks.world().messages.is_empty());
}
