//! People who name the bot: in the thread of an incident, elsewhere, and those who only talk.

use crate::desk::{ANNA, BERT, Desk, HERE, STRANGER, Way};
use crate::slack::{Message, USER, Whisper};
use serde_json::{Value, json};

fn in_thread(desk: &Desk, ts: &str) -> Vec<String> {
    let world = desk.slack.world();
    let replies = world.messages.iter().filter(|message| message.thread_ts.as_deref() == Some(ts));
    replies.map(|reply| reply.text.clone()).collect()
}

fn replied(desk: &mut Desk, ts: &str, word: &str) {
    desk.thread(ts, |_, replies| replies.iter().any(|reply| reply.text.contains(word)));
}

// What somebody wrote, as it stands in the channel.
fn wrote(desk: &Desk, event: &Value) {
    let text = |name: &str| event["event"][name].as_str().unwrap().to_owned();
    desk.slack.world().messages.push(Message {
        channel: HERE.to_owned(),
        ts: text("ts"),
        thread_ts: None,
        text: text("text"),
        metadata: Value::Null,
        blocks: Value::Null,
        broadcast: false,
        edits: 0,
    });
}

#[test]
fn behind_the_name_in_a_thread_is_a_line_about_its_incident() {
    let mut desk = Desk::open(Way::Http, None);
    desk.types(ANNA, "declare Builds hang");
    desk.types(ANNA, "declare Pages are down");
    let ts = desk.message(1).ts;
    let event =
        desk.mentions(BERT, "@ update The disk is full &amp; <https://a.example/x|a.example> says so", Some(&ts));
    // Slack was told that it came when it was done, and not before.
    let shown = desk.types(ANNA, "show #1")["text"].as_str().unwrap().to_owned();
    assert!(shown.contains("The disk is full"), "{shown}");
    let told = desk.whispers(1);
    let whisper = |user: &str, text: &str| Whisper {
        channel: HERE.to_owned(),
        user: user.to_owned(),
        thread_ts: Some(ts.clone()),
        text: text.to_owned(),
    };
    let link = "<https://bell.example/incidents/1|INC-1>";
    assert_eq!(told, [whisper(BERT, &format!("updated INC-1; the next one is promised within 30m\n{link}"))]);
    replied(&mut desk, &ts, "> The disk is full &amp; https://a.example/x says so");
    // Slack did not hear that it was heard.
    assert_eq!(desk.repeats("/slack/events", &event.to_string()).json(), Value::Null);
    // Nor is it done again where nobody remembers that it came: the message is the same.
    let mut edited = event.clone();
    edited["event_id"] = json!("Ev99999999");
    desk.send("/slack/events", &edited.to_string());
    desk.mentions(ANNA, &format!("@: assign operations <@{BERT}>"), Some(&ts));
    let told = desk.whispers(3);
    assert_eq!(told[1], told[0]);
    assert!(told[2].text.starts_with("bert is operations of INC-1; "), "{}", told[2].text);
    replied(&mut desk, &ts, "operations: bert");
    let updates = in_thread(&desk, &ts).iter().filter(|text| text.contains("INC-1 update")).count();
    assert_eq!((updates, told.len()), (1, 3));
}

#[test]
fn who_only_talks_is_shown_what_can_be_said() {
    let mut desk = Desk::open(Way::Http, None);
    desk.slack.world().guests.insert(STRANGER.to_owned());
    desk.types(ANNA, "declare Builds hang");
    let ts = desk.message(1).ts;
    let before = desk.slack.world().messages.len();
    for text in ["@ is it fixed yet?", "@", "take a look, @", "@ claim", "@ &lt;!channel&gt; <!here>"] {
        desk.mentions(BERT, text, Some(&ts));
    }
    desk.mentions(STRANGER, "@ take", Some(&ts));
    // Whoever answers a program never stops.
    let mut program = desk.mention(BERT, "@ take", Some(&ts));
    program["event"]["bot_id"] = json!("B000000009");
    desk.send("/slack/events", &program.to_string());
    desk.mentions(USER, "@ take", Some(&ts));
    let mut told: Vec<String> = desk.whispers(6).into_iter().map(|whisper| whisper.text).collect();
    told.sort();
    let begins: Vec<String> =
        told.iter().map(|text| text.split('\n').next().unwrap().split("; ").next().unwrap().to_owned()).collect();
    let stranger =
        "I don't know who you are here: somebody has to say ˋearlybell person link YOUR-NAME --slack U0NOBODY1ˋ";
    assert_eq!(
        begins,
        [
            "I do what stands right behind my name.",
            stranger,
            "Look: list, show, why, help",
            "there is no ˋclaimˋ here",
            "unknown verb ˋ&lt;!channel&gt;ˋ",
            "unknown verb ˋisˋ",
        ]
    );
    told.remove(1);
    assert!(told.iter().all(|text| text.contains("More about one: ˋ/incident help takeˋ")), "{told:?}");
    assert_eq!(desk.slack.world().messages.len(), before);
}

#[test]
fn elsewhere_everyone_reads_what_was_done_below_what_was_said() {
    let mut desk = Desk::open(Way::Http, None);
    let event = desk.mention(ANNA, "@ declare Builds hang severity=minor", None);
    wrote(&desk, &event);
    desk.send("/slack/events", &event.to_string());
    let ts = event["event"]["ts"].as_str().unwrap().to_owned();
    replied(&mut desk, &ts, "declared INC-1; ");
    // About another incident than that of the thread, too.
    desk.types(ANNA, "declare Pages are down");
    let second = desk.message(2).ts;
    desk.mentions(ANNA, "@ update #1 They build again.", Some(&second));
    replied(&mut desk, &second, "updated INC-1; ");

    // Where the thread begins anew, it is still the one of its incident.
    let first = desk.message(1).ts;
    desk.slack.world().delete(&first);
    desk.types(BERT, "update #1 Really.");
    // Its words become those of how it stands, as soon as that is told.
    let goes_on = desk.message(1).ts;
    assert_ne!(goes_on, first);
    desk.mentions(BERT, "@ note Somebody looked.", Some(&goes_on));
    let told = desk.whispers(1);
    assert_eq!((told[0].thread_ts.as_deref(), told[0].user.as_str()), (Some(goes_on.as_str()), BERT));
    assert!(told[0].text.contains("INC-1"), "{}", told[0].text);
}
