//! Socket Mode: no address of ours is known to Slack, and everything works all the same.

use crate::desk::{ANNA, Desk, Way};
use crate::line::Exchange;
use serde_json::json;

#[test]
fn over_a_socket_everything_is_as_over_http() {
    let exchange = Exchange::open();
    let mut desk = Desk::open(Way::Socket, Some(exchange.port()));
    let mut line = exchange.accept();
    line.send(&json!({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A123456"}}));
    line.ping();
    let typed = desk.envelope("e1", ANNA, "declare Down for all");
    line.send(&typed);
    let answer = line.receive();
    assert_eq!((&answer["envelope_id"], &answer["payload"]["response_type"]), (&json!("e1"), &json!("in_channel")));
    // Slack did not hear the answer, and sends it again.
    line.send(&typed);
    assert_eq!(line.receive(), answer);
    let pressed = desk.button(ANNA, "take", 1);
    line.send(&json!({"envelope_id": "e2", "type": "interactive", "payload": pressed}));
    assert_eq!(line.receive(), json!({"envelope_id": "e2"}));
    assert!(desk.whispered()["text"].as_str().unwrap().starts_with("you are incident manager of INC-1. "));
    // Nonsense is passed over; what follows it is heard.
    line.send(&json!({"type": 7}));
    line.send(&json!({"envelope_id": "e3", "type": "events_api", "payload":
        {"type": "event_callback", "event": {"type": "app_home_opened", "user": ANNA, "tab": "home"}}}));
    assert_eq!(line.receive(), json!({"envelope_id": "e3"}));
    let home = desk.await_slack("no home", |slack| slack.world().homes.get(ANNA).cloned());
    assert!(home.to_string().contains("INC-1"));

    // Slack renews the line; then it breaks. Each time there is another one.
    line.send(&json!({"type": "disconnect", "reason": "refresh_requested", "debug_info": {"host": "x"}}));
    assert!(line.is_closed());
    let mut line = exchange.accept();
    let typed = desk.envelope("e4", ANNA, "list");
    line.send(&typed);
    assert_eq!(line.receive()["envelope_id"], "e4");
    drop(line);
    let mut line = exchange.accept();
    let typed = desk.envelope("e5", ANNA, "list");
    line.send(&typed);
    let list = line.receive()["payload"]["text"].as_str().unwrap().to_owned();
    assert!(list.starts_with("#1 Down for all") && !list.contains("#2"), "{list}");
    // Over HTTP nobody is let in: there is nothing to sign with.
    assert_eq!(desk.send("/slack/commands", "text=list").status, 401);
}
