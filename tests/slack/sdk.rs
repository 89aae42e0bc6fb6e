//! Slack's own Python SDK judges what we send, and what we let in.

use crate::desk::{ANNA, Desk, SIGNING_SECRET, Way, form, signature};
use earlybell::clock::{Clock, SystemClock};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

fn judged(asked: &Value) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("target/servers/slack_sdk/bin/python");
    assert!(python.exists(), "{} is missing: `tests/all` installs what tests need", python.display());
    let mut command = Command::new(python);
    command.arg(root.join("tests/slack/sdk.py")).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat()
}

// A request signed so many seconds ago, and whether it was let in. Both judge by the same second: where another one began in
// between, it is asked again.
fn signed(desk: &mut Desk, more: &str, age: i64) -> Value {
    loop {
        let now = SystemClock.now().timestamp();
        let at = (now - age).to_string();
        let body = form(&desk.command(ANNA, "list é & more"));
        let signature = signature(SIGNING_SECRET, &at, &format!("{body}{more}"));
        let headers = [("X-Slack-Request-Timestamp", at.as_str()), ("X-Slack-Signature", signature.as_str())];
        let good = desk.send_with("/slack/commands", &headers, &body).status == 200;
        if SystemClock.now().timestamp() == now {
            return json!({"body": body, "at": at, "signature": signature, "now": now, "good": good});
        }
    }
}

#[test]
fn the_sdk_of_slack_finds_nothing_wrong() {
    let mut desk = Desk::open(Way::Http, None);
    let long = format!("declare {} severity=critical", "ünïcödé & <!channel> ".repeat(6));
    desk.types(ANNA, &long);
    desk.message(1);
    let home = json!({"type": "event_callback", "event": {"type": "app_home_opened", "user": ANNA, "tab": "home"}});
    desk.send("/slack/events", &home.to_string());
    desk.await_slack("no home", |slack| slack.world().homes.get(ANNA).cloned());
    desk.types(ANNA, "declare");
    let pressed = desk.button(ANNA, "calloff", 1);
    desk.interacts(&pressed);
    let told = desk.fills(ANNA, 1, &[("code", "test"), ("reason", "only a test")]);
    desk.await_slack("the buttons stay", |slack| {
        (slack.world().messages[0].blocks.to_string().matches("action_id").count() == 1).then_some(())
    });

    let signatures: Vec<Value> =
        [("", 0), ("x", 0), ("", 299), ("", 301), ("", -301)].map(|(more, age)| signed(&mut desk, more, age)).into();
    let (messages, mut views) = {
        let world = desk.slack.world();
        let blocks = world.messages.iter().map(|message| message.blocks.clone()).filter(|blocks| !blocks.is_null());
        let views: Vec<Value> = world.views.iter().cloned().chain(world.homes.values().cloned()).collect();
        (blocks.collect::<Vec<_>>(), views)
    };
    views.push(told["view"].clone());
    assert_eq!((messages.len(), views.len()), (1, 4));
    let asked = json!({"secret": SIGNING_SECRET, "messages": messages, "views": views, "signatures": signatures});
    assert_eq!(judged(&asked), "10 judged\n");
    // It does judge.
    let spoilt = asked
        .to_string()
        .replace("\"type\":\"button\"", "\"type\":\"buttom\"")
        .replace("\"good\":true", "\"good\":false");
    let said = judged(&serde_json::from_str(&spoilt).unwrap());
    assert!(said.lines().count() >= 5, "{said}");
}
