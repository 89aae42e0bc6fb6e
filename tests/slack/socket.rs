//! Socket Mode: no address of ours is known to Slack, and everything works all the same.

use crate::desk::{ANNA, Desk, Way};
use crate::line::Exchange;
use crate::program::Program;
use crate::slack::Misbehave;
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

    // Whoever watches us is told of a line that stays away.
    let connected = |program: &Program| program.metric("earlybell_slack_socket_connected");
    desk.program.wait("an open line is not counted", |program| connected(program).filter(|up| *up == 1.0));
    drop((line, exchange));
    desk.program.wait("a closed line is not counted", |program| connected(program).filter(|up| *up == 0.0));
}

fn opened(desk: &Desk) -> usize {
    desk.slack.world().calls.iter().filter(|call| call.method == "apps.connections.open").count()
}

#[test]
fn a_line_that_is_renewed_is_heard_until_it_ends_and_nothing_is_done_twice() {
    let exchange = Exchange::open();
    let mut desk = Desk::open(Way::Socket, Some(exchange.port()));
    let mut before = exchange.accept();
    before.send(&json!({"type": "hello", "num_connections": 1}));
    before.send(&json!({"type": "disconnect", "reason": "warning"}));
    // Once is enough.
    before.send(&json!({"type": "disconnect", "reason": "refresh_requested"}));
    let mut after = exchange.accept();
    after.send(&json!({"type": "hello", "num_connections": 2}));
    // Each is answered on the line it came by.
    let typed = desk.envelope("e1", ANNA, "declare Down for all");
    before.send(&typed);
    let declared = before.receive();
    assert_eq!(declared["envelope_id"], "e1");
    let list = desk.envelope("e2", ANNA, "list");
    after.send(&list);
    assert_eq!(after.receive()["envelope_id"], "e2");
    // Slack did not hear the answer, and sends it again where it can.
    after.send(&typed);
    assert_eq!(after.receive(), declared);
    let thread = desk.message(1).ts;
    let mention = desk.mention(ANNA, "@ what now?", Some(&thread));
    for (line, id) in [(&mut before, "e3"), (&mut after, "e4")] {
        line.send(&json!({"envelope_id": id, "type": "events_api", "payload": mention, "retry_attempt": 0}));
        assert_eq!(line.receive(), json!({"envelope_id": id}));
    }
    // Slack closes the first one, and no third is opened for it.
    before.close();
    assert!(before.is_closed());
    let list = desk.envelope("e5", ANNA, "list");
    after.send(&list);
    let shown = after.receive()["payload"]["text"].as_str().unwrap().to_owned();
    assert!(shown.starts_with("#1 Down for all") && !shown.contains("#2"), "{shown}");
    assert_eq!((opened(&desk), desk.whispers(1).len()), (2, 1));
}

#[test]
fn while_no_other_line_opens_the_one_that_ends_is_still_heard() {
    let exchange = Exchange::open();
    let mut desk = Desk::open(Way::Socket, Some(exchange.port()));
    let mut before = exchange.accept();
    for _ in 0..2 {
        desk.slack.next("apps.connections.open", Misbehave::Refuses("internal_error"));
    }
    before.send(&json!({"type": "disconnect", "reason": "warning"}));
    desk.await_slack("it is not tried again", |slack| {
        let calls = &slack.world().calls;
        (calls.iter().filter(|call| call.method == "apps.connections.open").count() >= 2).then_some(())
    });
    let typed = desk.envelope("e1", ANNA, "declare Down for all");
    before.send(&typed);
    assert_eq!(before.receive()["payload"]["response_type"], "in_channel");
    let mut after = exchange.accept();
    let list = desk.envelope("e2", ANNA, "list");
    after.send(&list);
    assert_eq!(after.receive()["envelope_id"], "e2");
    assert_eq!(opened(&desk), 4);
    // Where it is turned off, nothing is left open.
    after.send(&json!({"type": "disconnect", "reason": "link_disabled"}));
    assert!(after.is_closed());
    desk.program
        .wait("it is not said", |program| program.logged().contains("Socket Mode is off in the app").then_some(()));
}
