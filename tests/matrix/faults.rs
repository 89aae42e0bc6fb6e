//! A homeserver as it may be on a bad day: too much to do, gone, or somebody else's.

use crate::homeserver::{ROOM, TOKEN, homeserver};
use crate::hooks::{Hooks, Misbehave};
use crate::notices::{attempt, both};
use crate::synapse::User;
use crate::{RECEIVERS, config};
use domain::delivery::Outcome;
use earlybell::channels::matrix::MatrixChannel;
use earlybell::channels::{Channel, Deadlines, http_client};
use serde_json::json;
use std::time::Duration;

fn open(hooks: &Hooks) -> MatrixChannel {
    let user = User { id: String::new(), token: TOKEN.to_owned() };
    let deadlines = Deadlines { step: Duration::from_millis(300), ..Deadlines::default() };
    let config = config(&hooks.url, &user, ROOM);
    MatrixChannel::new(&config, http_client::client().unwrap(), deadlines).unwrap()
}

#[tokio::test]
async fn what_a_lost_answer_left_is_not_told_again() {
    let hooks = Hooks::start(homeserver);
    let channel = open(&hooks);
    let declared = attempt(&both(RECEIVERS)[0], None);
    // Joining, and then the message.
    for misbehave in [Misbehave::DoesThenBreaks, Misbehave::DoesThenHangs, Misbehave::DoesThenTalks(4 * 1024 * 1024)] {
        for _ in 0..2 {
            hooks.next(misbehave.clone());
            let outcome = channel.send(&declared).await;
            assert!(matches!(outcome, Outcome::Retry { unsure: true, .. }), "{misbehave:?}: {outcome:?}");
            hooks.world().script.clear();
        }
    }
    assert!(matches!(channel.send(&declared).await, Outcome::Sent { .. }));
    assert_eq!(hooks.world().messages.len(), 1);
}

#[tokio::test]
async fn every_refusal_means_one_thing() {
    let hooks = Hooks::start(homeserver);
    let channel = open(&hooks);
    let declared = attempt(&both(RECEIVERS)[0], None);
    // It is in the room already.
    assert!(matches!(channel.send(&declared).await, Outcome::Sent { .. }));
    let limited =
        json!({"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": 2500}).to_string();
    let because = "Matrix answers 429: M_LIMIT_EXCEEDED Too Many Requests".to_owned();
    for (headers, millis) in [(vec![], 2_500), (vec![("retry-after", "3".to_owned())], 3_000)] {
        hooks.next(Misbehave::Answers(429, headers, limited.clone()));
        let after = Some(Duration::from_millis(millis));
        assert_eq!(channel.send(&declared).await, Outcome::Retry { because: because.clone(), after, unsure: false });
    }
    for (status, code, expected) in [
        (401, "M_UNKNOWN_TOKEN", "misconfigured"),
        (401, "M_MISSING_TOKEN", "misconfigured"),
        (403, "M_USER_DEACTIVATED", "misconfigured"),
        (404, "M_UNRECOGNIZED", "misconfigured"),
        (413, "M_TOO_LARGE", "fatal"),
        (400, "M_BAD_JSON", "fatal"),
        (400, "M_UNKNOWN", "misconfigured"),
        (500, "M_UNKNOWN", "unsure"),
        (502, "", "unsure"),
        (308, "", "misconfigured"),
    ] {
        let said = json!({"errcode": code, "error": format!("no {TOKEN}")}).to_string();
        hooks.next(Misbehave::Answers(status, vec![("location", hooks.url.clone())], said));
        let outcome = channel.send(&declared).await;
        let class = match &outcome {
            Outcome::Retry { unsure: true, .. } => "unsure",
            Outcome::Fatal { .. } => "fatal",
            Outcome::Misconfigured { .. } => "misconfigured",
            _ => "other",
        };
        assert_eq!(class, expected, "{status} {code}: {outcome:?}");
        assert!(!format!("{outcome:?}").contains(TOKEN), "{outcome:?}");
    }
    // A page of somebody in between is no answer.
    hooks.next(Misbehave::Answers(200, vec![], "<html>".into()));
    assert!(matches!(channel.send(&declared).await, Outcome::Retry { unsure: true, .. }));
    assert_eq!(hooks.world().messages.len(), 1);
}
