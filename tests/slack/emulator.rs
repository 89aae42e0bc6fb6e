//! The built program against an emulator of Slack that is not ours, with the scopes of our manifest: what people read there, what is
//! found again after a lost answer, what a look and a test say.

use crate::desk::Desk;
use crate::slack::Message;
use crate::workspace::{BOT_TOKEN, Workspace};
use serde_json::json;

fn workspace(desk: &Desk) -> &Workspace {
    desk.workspace.as_ref().unwrap()
}

fn open(more: &str) -> Desk {
    let desk = Desk::emulated(more);
    workspace(&desk).invite();
    desk
}

// An alert that our rules declare an incident of, before anybody has looked at it.
fn alert(name: &str) -> String {
    json!({"version": "4", "receiver": "bell", "groupKey": format!("{{}}:{{alertname=\"{name}\"}}"), "truncatedAlerts": 0,
        "status": "firing", "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "",
        "alerts": [{"status": "firing", "labels": {"alertname": name, "severity": "critical"}, "annotations": {},
            "endsAt": "0001-01-01T00:00:00Z", "generatorURL": ""}]})
    .to_string()
}

fn headline(message: &Message) -> String {
    let first = message.text.lines().next().unwrap();
    format!("{}{first}", if message.broadcast { "also in the channel: " } else { "" })
}

#[test]
fn an_incident_is_one_thread_from_suspicion_to_its_end() {
    let mut desk = open("");
    let (anna, bert) = (workspace(&desk).anna.clone(), workspace(&desk).bert.clone());
    desk.program.post("/api/v1/alertmanager", &alert("PagesDown")).unwrap();
    let root = desk.message(1);
    assert!(headline(&root).contains("INC-1 suspected") && root.edits == 0, "{}", headline(&root));
    for (who, line) in [
        (&bert, "update #1 We look into it."),
        (&bert, "confirm #1 Users report it."),
        (&anna, "calloff #1 test Only a test of the pager."),
    ] {
        let told = desk.types(who, line);
        assert_eq!(told["response_type"], "in_channel", "{told}");
    }
    let (first, replies) = desk.thread(&root.ts, |_, replies| replies.len() >= 3);
    assert_eq!(
        replies.iter().map(headline).collect::<Vec<_>>(),
        [
            ":information_source: *INC-1 update: PagesDown*",
            "also in the channel: :warning: *INC-1 confirmed (major): PagesDown*",
            "also in the channel: :no_entry_sign: *INC-1 called off: PagesDown*",
        ]
    );
    // The first message is the same one, and says how it ended.
    let (first, _) = desk.thread(&first.ts, |first, _| first.text.contains("called off"));
    assert_eq!((&first.ts, first.edits), (&root.ts, 1));
    assert!(!first.blocks.to_string().contains("calloff"), "{}", first.blocks);

    desk.types(&anna, "declare Builds hang severity=minor");
    let second = desk.message(2);
    desk.types(&anna, "resolve #2 They build again.");
    let (_, replies) =
        desk.thread(&second.ts, |first, replies| !replies.is_empty() && first.text.contains("INC-2 resolved"));
    assert_eq!(headline(&replies[0]), "also in the channel: :white_check_mark: *INC-2 resolved: Builds hang*");
    // Nothing stands in the channel but the two, and what was shown there of their threads.
    let channel = workspace(&desk).channel.clone();
    let roots = workspace(&desk).history(&channel).into_iter().filter(|message| message.thread_ts.is_none());
    assert_eq!(roots.map(|root| root.ts).collect::<Vec<_>>(), [root.ts, second.ts]);
    // Nothing of what the program asked for was refused.
    let refused = workspace(&desk).calls().into_iter().filter(|call| call.answer["ok"] != true);
    assert_eq!(refused.map(|call| call.method).collect::<Vec<_>>(), [] as [String; 0]);
}

#[test]
fn what_a_lost_answer_left_there_is_found_and_not_told_twice() {
    let mut desk = open("");
    let anna = workspace(&desk).anna.clone();
    workspace(&desk).lose("chat.postMessage");
    desk.types(&anna, "declare Builds hang");
    let root = desk.message(1);
    let looked = |method: &'static str| {
        move |desk: &Desk| workspace(desk).calls().iter().any(|call| call.method == method).then_some(())
    };
    await_calls(&mut desk, looked("conversations.history"));
    workspace(&desk).lose("chat.postMessage");
    desk.types(&anna, "update #1 The queue gets shorter.");
    await_calls(&mut desk, looked("conversations.replies"));
    desk.types(&anna, "resolve #1 They build again.");
    let (first, replies) =
        desk.thread(&root.ts, |first, replies| replies.len() >= 2 && first.text.contains("resolved"));
    assert_eq!(
        replies.iter().map(|reply| reply.metadata["event_payload"]["delivery"].clone()).collect::<Vec<_>>(),
        [json!("inc-1.updated.3.team"), json!("inc-1.resolved.4.team"),]
    );
    assert_eq!(first.ts, root.ts);
    let calls = workspace(&desk).calls();
    assert_eq!(calls.iter().filter(|call| call.method == "chat.postMessage").count(), 3);
}

fn await_calls(desk: &mut Desk, holds: impl Fn(&Desk) -> Option<()>) {
    let begun = std::time::Instant::now();
    while holds(desk).is_none() {
        assert!(begun.elapsed().as_secs() < 60, "{}", desk.program.last_words());
        std::thread::park_timeout(std::time::Duration::from_millis(10));
    }
}

#[test]
fn a_look_and_a_test_say_whether_it_works() {
    let desk = Desk::emulated("");
    let look = || {
        let said = desk.program.verb(&["check", "config", "--online", "earlybell.yml"], "");
        said.lines().filter_map(|line| line.strip_prefix("  team: ")).map(str::to_owned).collect::<Vec<_>>()
    };
    let logged_in = "ok: logged in to the workspace Example as earlybell";
    let no_member = "WRONG: the bot is no member of #incidents: type `/invite @` and its name there";
    assert_eq!(look(), [logged_in, no_member]);
    workspace(&desk).invite();
    assert_eq!(look(), [logged_in, "ok: member of the public channel #incidents"]);
    let tested = desk.program.verb(&["receiver", "test", "team"], "");
    assert!(tested.ends_with("ok: team took a test; look whether it can be read there\n"), "{tested}");
    let channel = &workspace(&desk).channel;
    let there = workspace(&desk).history(channel).into_iter().map(|message| message.text);
    let told = "anna tried whether this receiver works. Nothing is wrong, and nothing is to be done.";
    let test = format!(":wave: *Earlybell test: team works*\n{told}\n*Sent by:* <https://bell.example>");
    assert_eq!(there.collect::<Vec<_>>(), [test]);
}

#[test]
fn a_mention_is_answered_there_alone_and_elsewhere_in_public() {
    let mut desk = open("");
    let anna = workspace(&desk).anna.clone();
    desk.types(&anna, "declare Builds hang");
    let root = desk.message(1).ts;
    desk.mentions(&anna, "@ update The queue gets shorter.", Some(&root));
    desk.thread(&root, |_, replies| replies.iter().any(|reply| reply.text.contains("The queue gets shorter.")));
    desk.mentions(&anna, "@ is it fixed?", Some(&root));
    let answered = |count: usize| {
        move |desk: &Desk| {
            let calls = workspace(desk).calls();
            (calls.iter().filter(|call| call.method == "chat.postEphemeral").count() >= count).then_some(())
        }
    };
    await_calls(&mut desk, answered(2));
    let page = workspace(&desk).page();
    assert!(page.contains("updated INC-1; the next one is promised") && page.contains("unknown verb ˋisˋ"), "{page}");
    desk.mentions(&anna, "@ declare Pages are down", None);
    let public = |desk: &Desk| {
        let calls = workspace(desk).calls();
        let posted = calls.iter().filter(|call| call.method == "chat.postMessage");
        posted
            .map(|call| &call.answer["message"]["text"])
            .any(|text| text.as_str().unwrap().contains("declared INC-2; "))
            .then_some(())
    };
    await_calls(&mut desk, public);
    let refused = workspace(&desk).calls().into_iter().filter(|call| call.answer["ok"] != true);
    assert_eq!(refused.map(|call| call.method).collect::<Vec<_>>(), [] as [String; 0]);
}

#[test]
fn whom_it_concerns_is_told_there_in_person_once() {
    let mut desk = open("{ name: people, personal: true, slack: {} }");
    let (anna, bert) = (workspace(&desk).anna.clone(), workspace(&desk).bert.clone());
    desk.types(&anna, "declare Builds hang");
    let root = desk.message(1).ts;
    // Whichever of the two gets lost: the reply, or what he is told.
    workspace(&desk).lose("chat.postMessage");
    desk.types(&anna, "assign incident_manager bert");
    desk.thread(&root, |_, replies| replies.iter().any(|reply| reply.text.contains("incident manager: bert")));
    let opened = workspace(&desk).ask(BOT_TOKEN, "conversations.open", &json!({"users": bert}));
    let conversation = opened["channel"]["id"].as_str().unwrap();
    await_calls(&mut desk, |desk| (!workspace(desk).history(conversation).is_empty()).then_some(()));
    desk.program.wait("it does not come to rest", |program| {
        (program.metric("earlybell_outbox_queue_length")? == 0.0).then_some(())
    });
    let told: Vec<_> = workspace(&desk).history(conversation).into_iter().map(|message| message.text).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("You have the role of incident manager now."), "{told:?}");
    let replies = desk.thread(&root, |_, _| true).1;
    assert_eq!(replies.len(), 1, "{replies:?}");
}
