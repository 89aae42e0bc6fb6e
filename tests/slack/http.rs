//! Signed requests: who is let in, what happens once, what people are answered.

use crate::desk::{ANNA, BERT, Desk, SIGNING_SECRET, STRANGER, Way, form, signature};
use earlybell::clock::{Clock, SystemClock};
use serde_json::{Value, json};

fn open(desk: &mut Desk) -> Value {
    let fields = desk.command(ANNA, "list");
    desk.send("/slack/commands", &form(&fields)).json()
}

#[test]
fn only_what_slack_signed_now_is_heard() {
    let mut desk = Desk::open(Way::Http, None);
    let body = form(&desk.command(ANNA, "declare It is down"));
    let now = SystemClock.now().timestamp();
    let good = |at: &str| signature(SIGNING_SECRET, at, &body);
    let (at, old, early) = (now.to_string(), (now - 310).to_string(), (now + 330).to_string());
    for path in ["/slack/commands", "/slack/interactive", "/slack/events"] {
        for (what, headers) in [
            ("nothing", vec![]),
            ("no time", vec![("X-Slack-Signature", good(&at))]),
            ("no signature", vec![("X-Slack-Request-Timestamp", at.clone())]),
            ("another key", signed(&at, signature("other", &at, &body))),
            ("another body", signed(&at, signature(SIGNING_SECRET, &at, &format!("{body}x")))),
            ("another time", signed(&(now - 1).to_string(), good(&at))),
            ("an old one", signed(&old, good(&old))),
            ("one of tomorrow", signed(&early, good(&early))),
            ("a token of ours", vec![("Authorization", "Bearer eb_00000000_x".to_owned())]),
        ] {
            let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            assert_eq!(desk.send_with(path, &headers, &body).status, 401, "{path}: {what}");
        }
    }
    assert_eq!(open(&mut desk)["text"], "no incident is open; ˋ/incident declare what is going onˋ declares one");
    assert_eq!(desk.program.metric("earlybell_auth_failures_total"), Some(27.0));
    // As it was signed, it is good; and again within five minutes, it does nothing new.
    let headers = signed(&at, good(&at));
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let first = desk.send_with("/slack/commands", &headers, &body);
    assert_eq!(first.json()["response_type"], "in_channel");
    for _ in 0..3 {
        assert_eq!(desk.send_with("/slack/commands", &headers, &body), first);
    }
    let list = open(&mut desk)["text"].as_str().unwrap().to_owned();
    assert!(list.starts_with("#1 It is down") && !list.contains("#2"), "{list}");
    // What is signed and makes no sense is told so.
    assert_eq!(desk.send("/slack/interactive", "payload=%7B").status, 400);
    assert_eq!(desk.send("/slack/interactive", &form(&[("payload", "{}".into())])).status, 422);
    assert_eq!(desk.send("/slack/commands", "ssl_check=1&token=x").status, 200);
    let challenge = desk.send("/slack/events", r#"{"type": "url_verification", "challenge": "3eZbrw"}"#).json();
    assert_eq!(challenge, json!({"challenge": "3eZbrw"}));
}

fn signed(at: &str, signature: String) -> Vec<(&'static str, String)> {
    vec![("X-Slack-Request-Timestamp", at.to_owned()), ("X-Slack-Signature", signature)]
}

#[test]
fn who_is_not_known_is_told_how_to_be_and_changes_nothing() {
    let mut desk = Desk::open(Way::Http, None);
    let how = format!(
        "I don't know who you are here: somebody has to say ˋearlybell person link YOUR-NAME --slack {STRANGER}ˋ"
    );
    let told = desk.types(STRANGER, "declare <!channel> *It* is down");
    assert_eq!(told, json!({"response_type": "ephemeral", "text": how}));
    desk.types(ANNA, "declare <!channel> *It* is down");
    let pressed = desk.button(STRANGER, "take", 1);
    assert_eq!(desk.interacts(&pressed), Value::Null);
    let aside = json!({"response_type": "ephemeral", "replace_original": false, "text": how});
    assert_eq!(desk.whispered(), aside);
    // Not even a form: its words would be lost.
    let pressed = desk.button(STRANGER, "calloff", 1);
    desk.interacts(&pressed);
    assert_eq!(desk.whispered(), aside);
    assert_eq!(desk.slack.world().views, [] as [Value; 0]);
    // Whoever may not do it reads why; and what others wrote is no mark and no mention.
    let told = desk.types(BERT, "severity #1 critical");
    assert_eq!(told["response_type"], "ephemeral");
    let shown = desk.types(BERT, "show #1")["text"].as_str().unwrap().to_owned();
    assert!(shown.contains("&lt;!channel&gt; ∗It* is down"), "{shown}");
}

#[test]
fn buttons_and_forms_do_what_typing_does() {
    let mut desk = Desk::open(Way::Http, None);
    // A shortcut opens the form; what is missing is said there, and what is filled in is taken as it stands.
    let (trigger, _) = desk.press(ANNA);
    let shortcut = json!({"type": "shortcut", "callback_id": "declare", "trigger_id": trigger, "user": {"id": ANNA},
        "team": {"id": "T000000001"}, "action_ts": "1.2", "token": "x"});
    assert_eq!(desk.interacts(&shortcut), Value::Null);
    let told = desk.fills(ANNA, 0, &[("title", " ")]);
    assert_eq!(told["response_action"], "errors", "{told}");
    assert!(told["errors"]["title"].as_str().unwrap().contains("what is going on"), "{told}");
    let title = "42 workers are gone; all of \"them\" severity=minor";
    let told = desk.fills(ANNA, 0, &[("title", title), ("severity", "critical"), ("impact", "Nothing builds")]);
    assert_eq!(told["response_action"], "update", "{told}");
    let said = told["view"]["blocks"][0]["text"]["text"].as_str().unwrap();
    assert!(
        said.starts_with("declared INC-1; ") && said.ends_with("<https://bell.example/incidents/1|INC-1>"),
        "{said}"
    );
    assert!(
        desk.message(1)
            .text
            .contains("INC-1 confirmed (critical): 42 workers are gone; all of \"them\" severity=minor")
    );

    // Somebody takes the lead; the second one reads who was first.
    let pressed = desk.button(BERT, "take", 1);
    assert_eq!(desk.interacts(&pressed), Value::Null);
    let told = desk.whispered()["text"].as_str().unwrap().to_owned();
    assert!(told.starts_with("you are incident manager of INC-1. "), "{told}");
    let pressed = desk.button(ANNA, "take", 1);
    desk.interacts(&pressed);
    let told = desk.whispered()["text"].as_str().unwrap().to_owned();
    assert!(told.contains("bert"), "{told}");

    // It was nothing: why is asked in a form, and told in the thread; then nothing can be pressed any more.
    let pressed = desk.button(BERT, "calloff", 1);
    desk.interacts(&pressed);
    let told = desk.fills(BERT, 1, &[("code", "planned-work"), ("reason", "moved to <new> racks\nsince noon")]);
    assert_eq!(told["response_action"], "update", "{told}");
    let over = desk.await_slack("the buttons stay", |slack| {
        let message = slack.world().messages[0].clone();
        (message.blocks.to_string().matches("action_id").count() == 1).then_some(message)
    });
    assert!(over.text.contains("called off"), "{}", over.text);
    let why = desk.await_slack("the reason is not told", |slack| {
        let world = slack.world();
        let mut replies = world.messages.iter().filter(|message| message.thread_ts.is_some());
        replies.find(|message| message.text.contains("moved to")).cloned()
    });
    assert!(why.text.contains("moved to &lt;new&gt; racks") && why.broadcast, "{}", why.text);
    // Whoever pressed a button in an old window reads that it is over.
    let pressed = desk.button(BERT, "take", 1);
    desk.interacts(&pressed);
    let told = desk.whispered()["text"].as_str().unwrap().to_owned();
    assert!(told.contains("called off"), "{told}");

    // What somebody wrote elsewhere becomes a title. An old trigger opens nothing, and that is said.
    let (trigger, answer_at) = desk.press(ANNA);
    let from_message = json!({"type": "message_action", "callback_id": "declare", "trigger_id": trigger,
        "user": {"id": ANNA}, "response_url": answer_at, "channel": {"id": "C1", "name": "x"},
        "message": {"type": "message", "user": "U1", "ts": "1.2", "text": "is it slow\nfor you, too?"}});
    desk.interacts(&from_message);
    let view = desk.await_slack("no form", |slack| slack.world().views.get(2).cloned());
    assert_eq!(view["blocks"][0]["element"]["initial_value"], "is it slow for you, too?");
    let mut late = desk.command(ANNA, "declare");
    desk.slack.world().triggers.clear();
    late.retain(|(name, _)| *name != "response_url");
    let told = desk.send("/slack/commands", &form(&late)).json()["text"].as_str().unwrap().to_owned();
    assert_eq!(
        told,
        "the form does not open (Slack says expired_trigger_id); type ˋ/incident declare what is going onˋ"
    );
}

#[test]
fn the_home_shows_what_is_open_to_who_is_known() {
    let mut desk = Desk::open(Way::Http, None);
    let opened = |user: &str| {
        json!({"type": "event_callback", "event_id": "Ev1", "api_app_id": "A123456", "team_id": "T000000001",
            "event": {"type": "app_home_opened", "user": user, "tab": "home", "channel": "D1", "event_ts": "1"}})
    };
    let home = |desk: &mut Desk, user: &str| {
        desk.slack.world().homes.clear();
        assert_eq!(desk.send("/slack/events", &opened(user).to_string()).json(), Value::Null);
        desk.await_slack("no home", |slack| slack.world().homes.get(user).cloned())
    };
    let empty = home(&mut desk, ANNA);
    assert_eq!(empty["blocks"][0]["text"]["text"], "No incident is open");
    desk.types(ANNA, "declare Packages <!here> do not publish severity=major");
    desk.message(1);
    let shown = home(&mut desk, BERT);
    assert_eq!(shown["blocks"][0]["text"]["text"], "One incident is open");
    let row = shown["blocks"][1]["text"]["text"].as_str().unwrap();
    let begins = "*<https://bell.example/incidents/1|INC-1>* Packages &lt;!here&gt; do not publish\nconfirmed, major, ";
    assert!(row.starts_with(begins) && row.ends_with("; nobody leads it"), "{row}");
    assert_eq!(shown["blocks"][2]["elements"][0]["action_id"], "declare");
    assert_eq!(shown["blocks"][2]["elements"][1]["url"], "https://bell.example/");
    let stranger = home(&mut desk, STRANGER);
    assert!(stranger.to_string().contains("person link YOUR-NAME") && !stranger.to_string().contains("INC-1"));
    // Its button opens the form; there is no message to answer beside.
    let (trigger, _) = desk.press(ANNA);
    let pressed = json!({"type": "block_actions", "trigger_id": trigger, "user": {"id": ANNA}, "view": {"type": "home"},
        "actions": [{"type": "button", "action_id": "declare", "block_id": "x"}]});
    desk.interacts(&pressed);
    let view = desk.await_slack("no form", |slack| slack.world().views.first().cloned());
    assert_eq!(view["callback_id"], "declare");
}

#[test]
fn an_answer_goes_nowhere_but_to_slack() {
    let mut desk = Desk::open(Way::Http, None);
    desk.types(ANNA, "declare Down");
    let listener = std::net::TcpListener::bind("127.0.0.2:0").unwrap();
    let mut pressed = desk.button(ANNA, "take", 1);
    pressed["response_url"] = json!(format!("http://{}/steal", listener.local_addr().unwrap()));
    desk.interacts(&pressed);
    desk.program.wait("it is not refused", |program| {
        program.logged().contains("it asks for an answer somewhere else than at Slack").then_some(())
    });
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "somebody was called");
}
