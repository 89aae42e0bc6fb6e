//! Slack against a strict fake of its Web API: threads, edits, lost answers, and what every refusal means.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/attempts.rs"]
mod attempts;
#[path = "support/host.rs"]
mod host;
#[path = "support/slack.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod slack;

use attempts::{class, first};
use chrono::TimeDelta;
use domain::delivery::{Addressee, Content, Lane, Outcome};
use domain::notice::NoticeKind;
use earlybell::channels::slack::SlackChannel;
use earlybell::channels::{Attempt, Channel, Deadlines, Finding, http_client};
use earlybell::clock::{Clock, SystemClock};
use earlybell::config::{Secret, SlackConfig};
use serde_json::{Value, json};
use slack::{CHANNELS, Message, Misbehave, PEOPLE, Slack, TOKEN};
use std::collections::BTreeSet;
use std::time::Duration;

const HERE: &str = CHANNELS[0].0;

fn config(slack: &Slack, channel: &str) -> SlackConfig {
    SlackConfig {
        api_url: slack.url.clone(),
        bot_token: Secret::new(TOKEN),
        channel: Some(channel.into()),
        buttons: false,
        broadcast: false,
        external_url: "https://bell.example".into(),
    }
}

fn open(config: &SlackConfig) -> SlackChannel {
    SlackChannel::new(config, http_client::client().unwrap(), Deadlines::default()).unwrap()
}

fn impatient(config: &SlackConfig) -> SlackChannel {
    let deadlines = Deadlines { step: Duration::from_millis(300), ..Deadlines::default() };
    SlackChannel::new(config, http_client::client().unwrap(), deadlines).unwrap()
}

fn attempt(lane: Lane, number: u64, text: &str, thread: Option<&str>) -> Attempt {
    let notice = if lane == Lane::Put { NoticeKind::Board } else { NoticeKind::Updated };
    let content = Content { subject: format!("*{text}*"), body: "All users &amp; more".into() };
    let attempt = first("team-slack", number, (lane, notice), content, SystemClock.now());
    Attempt { thread: thread.map(str::to_owned), ..attempt }
}

fn again(attempt: &Attempt) -> Attempt {
    Attempt { number: attempt.number + 1, unsure: true, ..attempt.clone() }
}

fn remote_id(outcome: Outcome) -> String {
    let Outcome::Sent { remote_id: Some(id) } = outcome else { panic!("not sent: {outcome:?}") };
    id
}

fn threads(threads: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    let shown = |text: &str| format!("*{text}*\nAll users &amp; more");
    threads.iter().map(|(root, replies)| (shown(root), replies.iter().map(|reply| shown(reply)).collect())).collect()
}

#[tokio::test]
async fn an_incident_is_a_root_that_changes_and_replies_that_stay() {
    let slack = Slack::start();
    let channel = open(&config(&slack, "#incidents"));
    let root = remote_id(channel.send(&attempt(Lane::Root, 1, "Down", None)).await);
    assert_eq!(root, format!("{HERE}:{}", slack.world().messages[0].ts));
    let update = remote_id(channel.send(&attempt(Lane::Post, 2, "Update", Some(&root))).await);
    assert_ne!(update, root);
    let board = channel.send(&attempt(Lane::Put, 3, "Called off: planned", Some(&root))).await;
    assert_eq!(board, Outcome::Sent { remote_id: Some(root.clone()) });
    channel.send(&attempt(Lane::Post, 4, "Called off", Some(&root))).await;
    assert_eq!(slack.threads(HERE), threads(&[("Called off: planned", &["Update", "Called off"])]));
    let ts = root.split_once(':').unwrap().1;
    assert_eq!(
        slack.world().calls[1].arguments,
        json!({
            "channel": HERE,
            "thread_ts": ts,
            "text": "*Update*\nAll users &amp; more",
            "metadata": {
                "event_type": "earlybell_notice",
                "event_payload": {"delivery": "inc-42.updated.2.team-slack", "incident": "INC-42"},
            },
            "link_names": false,
            "parse": "none",
            "unfurl_links": false,
            "unfurl_media": false,
        })
    );
}

#[tokio::test]
async fn what_a_lost_answer_left_is_found_and_not_told_twice() {
    let lost = [
        Misbehave::DoesThenHtml(502),
        Misbehave::DoesThenHtml(200),
        Misbehave::DoesThenBreaks,
        Misbehave::DoesThenHangs,
        Misbehave::DoesThenTalks(0),
        Misbehave::DoesThenTalks(10 * 1024 * 1024),
    ];
    for named in [HERE, "incidents"] {
        for misbehave in &lost {
            let slack = Slack::start();
            let channel = impatient(&config(&slack, named));
            slack.next("chat.postMessage", misbehave.clone());
            let declared = attempt(Lane::Root, 1, "Down", None);
            assert_eq!(class(&channel.send(&declared).await), "unsure", "{misbehave:?}");
            // Others talk here too, so that what we look for is not on the first page.
            chatter(&slack, None);
            slack.world().page_rows = 2;
            let channel = open(&config(&slack, named));
            let root = remote_id(channel.send(&again(&declared)).await);
            assert_eq!(root, format!("{HERE}:{}", slack.world().messages[0].ts), "{misbehave:?}");

            let ts = root.split_once(':').unwrap().1;
            chatter(&slack, Some(ts));
            slack.next("chat.postMessage", misbehave.clone());
            let update = attempt(Lane::Post, 2, "Update", Some(&root));
            assert_eq!(class(&impatient(&config(&slack, named)).send(&update).await), "unsure", "{misbehave:?}");
            let reply = remote_id(channel.send(&again(&update)).await);
            let ours = slack.world().messages.iter().filter(|message| !message.metadata.is_null()).count();
            assert_eq!(ours, 2, "{misbehave:?}");
            assert_eq!(reply, format!("{HERE}:{}", slack.world().messages.last().unwrap().ts));
        }
    }
}

fn chatter(slack: &Slack, thread: Option<&str>) {
    let now = SystemClock.now().timestamp();
    let said = |number| Message {
        channel: HERE.into(),
        ts: format!("{now}.{number:06}"),
        thread_ts: thread.map(str::to_owned),
        text: "me too".into(),
        metadata: Value::Null,
        blocks: Value::Null,
        broadcast: false,
        edits: 0,
    };
    slack.world().messages.extend((1..6).map(said));
}

fn to(person: usize, number: u64, text: &str, first: Option<&str>) -> Attempt {
    let mut attempt = attempt(Lane::Direct, number, text, first);
    let address = PEOPLE.get(person).map_or("U0UNKNOWN", |(user, _)| user).to_owned();
    attempt.delivery.to = Some(Addressee { person: "anna".to_owned(), address });
    attempt
}

fn personal(slack: &Slack) -> SlackConfig {
    SlackConfig { channel: None, ..config(slack, HERE) }
}

#[tokio::test]
async fn people_are_told_in_person_each_in_a_conversation_of_their_own() {
    let slack = Slack::start();
    let channel = open(&personal(&slack));
    let [(anna, hers), (_, his)] = PEOPLE;
    let first = remote_id(channel.send(&to(0, 1, "You lead", None)).await);
    assert_eq!(first, format!("{hers}:{}", slack.world().messages[0].ts));
    channel.send(&to(1, 2, "You are offered a role", None)).await;
    channel.send(&to(0, 3, "Twenty minutes", Some(&first))).await;
    // Few look into threads there: each stands alone.
    assert_eq!(slack.threads(hers), threads(&[("You lead", &[]), ("Twenty minutes", &[])]));
    assert_eq!(slack.threads(his), threads(&[("You are offered a role", &[])]));
    assert_eq!(slack.world().calls[2].arguments["channel"], json!(anna));
    assert_eq!(slack.threads(HERE), []);
}

#[tokio::test]
async fn what_a_lost_answer_left_with_a_person_is_found() {
    for knows_the_conversation in [false, true] {
        let slack = Slack::start();
        let channel = impatient(&personal(&slack));
        let first = remote_id(channel.send(&to(0, 1, "You lead", None)).await);
        slack.next("chat.postMessage", Misbehave::DoesThenBreaks);
        let lost = to(0, 2, "Twenty minutes", knows_the_conversation.then_some(first.as_str()));
        assert_eq!(class(&channel.send(&lost).await), "unsure");
        let found = remote_id(channel.send(&again(&lost)).await);
        assert_eq!(found, format!("{}:{}", PEOPLE[0].1, slack.world().messages[1].ts));
        assert_eq!(slack.threads(PEOPLE[0].1).len(), 2);
        let opened = slack.world().calls.iter().filter(|call| call.method == "conversations.open").count();
        assert_eq!(opened, usize::from(!knows_the_conversation));
        // Without the scopes to look, being told twice is better than not at all.
        slack.world().is_blind = true;
        assert_eq!(class(&channel.send(&again(&lost)).await), "sent");
    }
}

#[tokio::test]
async fn somebody_out_of_reach_is_not_everybodys_configuration() {
    let slack = Slack::start();
    let channel = open(&personal(&slack));
    let unknown = channel.send(&to(7, 1, "You lead", None)).await;
    assert_eq!(unknown, Outcome::Fatal { because: "Slack says channel_not_found".into() });
    for (word, expected) in [
        ("cannot_dm_bot", "fatal"),
        ("messages_tab_disabled", "fatal"),
        ("some_word_of_next_year", "fatal"),
        ("internal_error", "unsure"),
        ("token_revoked", "misconfigured"),
        ("missing_scope", "misconfigured"),
        ("ratelimited", "retry"),
    ] {
        slack.next("chat.postMessage", Misbehave::Refuses(word));
        assert_eq!(class(&channel.send(&to(0, 2, "You lead", None)).await), expected, "{word}");
    }
    // Written before the receiver became personal: there is no channel any more.
    assert_eq!(class(&channel.send(&attempt(Lane::Root, 3, "Down", None)).await), "fatal");
    assert_eq!(slack.world().messages, []);
}

#[tokio::test]
async fn what_never_arrived_is_sent_again() {
    let slack = Slack::start();
    let channel = open(&config(&slack, HERE));
    slack.next("chat.postMessage", Misbehave::Answers(503, vec![], String::new()));
    let declared = attempt(Lane::Root, 1, "Down", None);
    assert_eq!(class(&channel.send(&declared).await), "unsure");
    let root = remote_id(channel.send(&again(&declared)).await);
    slack.next("chat.postMessage", Misbehave::Refuses("fatal_error"));
    let update = attempt(Lane::Post, 2, "Update", Some(&root));
    assert_eq!(class(&channel.send(&update).await), "unsure");
    assert_eq!(class(&channel.send(&again(&update)).await), "sent");
    assert_eq!(slack.threads(HERE), threads(&[("Down", &["Update"])]));
}

#[tokio::test]
async fn while_it_cannot_look_it_waits_and_where_it_may_not_look_it_tells() {
    let slack = Slack::start();
    let channel = open(&config(&slack, HERE));
    let declared = again(&attempt(Lane::Root, 1, "Down", None));
    slack.next("conversations.history", wait(30));
    assert_eq!(
        channel.send(&declared).await,
        Outcome::Retry { because: "Slack says ratelimited".into(), after: Some(Duration::from_secs(30)), unsure: true }
    );
    slack.next("conversations.history", Misbehave::Refuses("internal_error"));
    assert_eq!(class(&channel.send(&declared).await), "unsure");
    slack.next("conversations.history", Misbehave::Refuses("token_revoked"));
    assert_eq!(class(&channel.send(&declared).await), "misconfigured");
    assert_eq!(slack.threads(HERE), []);
    slack.world().is_blind = true;
    assert_eq!(class(&channel.send(&declared).await), "sent");
    let by_name = open(&config(&slack, "incidents"));
    assert_eq!(class(&by_name.send(&again(&attempt(Lane::Root, 2, "Down again", None))).await), "sent");
    assert_eq!(slack.threads(HERE), threads(&[("Down", &[]), ("Down again", &[])]));
}

#[tokio::test]
async fn an_old_message_with_the_same_key_is_not_taken_for_ours() {
    let slack = Slack::start();
    let channel = open(&config(&slack, HERE));
    let mut declared = attempt(Lane::Root, 1, "Down", None);
    channel.send(&declared).await;
    // A database that was started afresh gives the same numbers again.
    declared.first_attempt_at += TimeDelta::minutes(10);
    channel.send(&again(&declared)).await;
    assert_eq!(slack.threads(HERE), threads(&[("Down", &[]), ("Down", &[])]));
}

#[tokio::test]
async fn below_a_deleted_root_it_goes_on_elsewhere_once() {
    let goes_on = ":arrow_right: *INC-42 goes on here*\nThe message it began with is gone. \
        <https://bell.example/incidents/42|What is known>";
    let slack = Slack::start();
    let channel = open(&config(&slack, HERE));
    let root = remote_id(channel.send(&attempt(Lane::Root, 1, "Down", None)).await);
    slack.world().delete(root.split_once(':').unwrap().1);
    let board = channel.send(&attempt(Lane::Put, 2, "Confirmed", Some(&root))).await;
    assert_eq!(board, Outcome::Sent { remote_id: None });
    // The answer to the new beginning is lost, then that to the reply in it.
    let confirmed = attempt(Lane::Post, 3, "Confirmed", Some(&root));
    slack
        .world()
        .script
        .insert("chat.postMessage", [Misbehave::Refuses("thread_not_found"), Misbehave::DoesThenBreaks].into());
    assert_eq!(class(&channel.send(&confirmed).await), "unsure");
    slack
        .world()
        .script
        .insert("chat.postMessage", [Misbehave::Refuses("thread_not_found"), Misbehave::DoesThenBreaks].into());
    assert_eq!(class(&channel.send(&again(&confirmed)).await), "unsure");
    assert_eq!(class(&channel.send(&again(&confirmed)).await), "sent");
    assert_eq!(class(&channel.send(&attempt(Lane::Post, 4, "Update", Some(&root))).await), "sent");
    // Whoever starts anew knows nothing of it, and finds it.
    let channel = open(&config(&slack, "incidents"));
    assert_eq!(class(&channel.send(&attempt(Lane::Post, 5, "Resolved", Some(&root))).await), "sent");
    let shown = |text: &str| format!("*{text}*\nAll users &amp; more");
    let replies = ["Confirmed", "Update", "Resolved"].map(shown).to_vec();
    assert_eq!(slack.threads(HERE), [(goes_on.to_owned(), replies.clone())]);
    // The board is shown there from now on.
    assert_eq!(class(&channel.send(&attempt(Lane::Put, 6, "Resolved", Some(&root))).await), "sent");
    assert_eq!(slack.threads(HERE), [(shown("Resolved"), replies)]);

    // Nobody ever saw a root: the reply still arrives.
    assert_eq!(class(&channel.send(&attempt(Lane::Post, 7, "Late", None)).await), "sent");
    assert_eq!(class(&channel.send(&attempt(Lane::Put, 8, "Late", None)).await), "sent");
    assert_eq!(slack.threads(HERE).len(), 2);
}

#[tokio::test]
async fn what_began_in_a_channel_that_is_archived_goes_on_in_the_one_that_is_configured() {
    let slack = Slack::start();
    let before = open(&config(&slack, "strangers"));
    slack.world().invited = true;
    let root = remote_id(before.send(&attempt(Lane::Root, 1, "Down", None)).await);
    slack.world().archived.insert(CHANNELS[2].0);
    let update = attempt(Lane::Post, 2, "Update", Some(&root));
    // Nowhere to go: somebody has to see to it.
    assert_eq!(class(&before.send(&update).await), "misconfigured");
    let now = open(&config(&slack, HERE));
    assert_eq!(class(&now.send(&again(&update)).await), "sent");
    assert_eq!(class(&now.send(&again(&update)).await), "sent");
    assert_eq!(class(&now.send(&attempt(Lane::Put, 3, "Resolved", Some(&root))).await), "sent");
    assert_eq!(slack.threads(HERE), threads(&[("Resolved", &["Update"])]));
}

#[tokio::test]
async fn one_message_has_buttons_and_loses_them_in_the_end() {
    let slack = Slack::start();
    let channel = open(&SlackConfig { buttons: true, broadcast: true, ..config(&slack, HERE) });
    let pressed = |slack: &Slack| {
        let blocks = slack.world().messages[0].blocks.clone();
        let actions = blocks.as_array().unwrap().iter().find(|block| block["type"] == "actions").cloned().unwrap();
        let word = |element: &Value| format!("{} {}", element["action_id"].as_str().unwrap(), element["value"]);
        actions["elements"].as_array().unwrap().iter().map(word).collect::<Vec<_>>()
    };
    let mut declared = attempt(Lane::Root, 1, "Down", None);
    declared.delivery.content.body =
        "build.example.org &amp; more <https://bell.example/incidents/42|page>\n".repeat(400);
    let root = remote_id(channel.send(&declared).await);
    assert_eq!(pressed(&slack), ["take \"42\"", "calloff \"42\"", "open \"42\""]);
    assert_eq!(slack.world().messages[0].blocks.as_array().unwrap().len(), 11);
    channel.send(&attempt(Lane::Put, 2, "Confirmed", Some(&root))).await;
    assert_eq!(
        slack.world().messages[0].blocks,
        json!([
            {"type": "section",
             "text": {"type": "mrkdwn", "text": "*Confirmed*\nAll users &amp; more", "verbatim": true}},
            {"type": "actions", "block_id": "incident", "elements": [
                {"type": "button", "action_id": "take", "text": {"type": "plain_text", "text": "I take it"},
                 "value": "42", "style": "primary"},
                {"type": "button", "action_id": "calloff", "text": {"type": "plain_text", "text": "Not an incident"},
                 "value": "42"},
                {"type": "button", "action_id": "open", "text": {"type": "plain_text", "text": "Open"},
                 "value": "42", "url": "https://bell.example/incidents/42"},
            ]},
        ])
    );
    let mut over = attempt(Lane::Put, 3, "Called off", Some(&root));
    over.delivery.notice = NoticeKind::LastBoard;
    channel.send(&over).await;
    assert_eq!(pressed(&slack), ["open \"42\""]);
    // Whoever reads no thread sees that it is over; not each word about it.
    let mut called_off = attempt(Lane::Post, 4, "Called off", Some(&root));
    called_off.delivery.notice = NoticeKind::CalledOff;
    channel.send(&called_off).await;
    channel.send(&attempt(Lane::Post, 5, "A word", Some(&root))).await;
    let shown = slack.world().messages.iter().map(|message| message.broadcast).collect::<Vec<_>>();
    assert_eq!(shown, [false, true, false]);
}

#[tokio::test]
async fn one_channel_that_asks_for_patience_is_not_asked_again() {
    let slack = Slack::start();
    let channel = open(&personal(&slack));
    slack.next("chat.postMessage", wait(30));
    for number in 1..4 {
        let outcome = channel.send(&to(0, number, "You lead", None)).await;
        let Outcome::Retry { after: Some(after), unsure: false, .. } = outcome else { panic!("{outcome:?}") };
        assert!(after <= Duration::from_secs(30) && after > Duration::from_secs(20), "{after:?}");
    }
    assert_eq!(class(&channel.send(&to(1, 4, "You lead", None)).await), "sent");
    assert_eq!(slack.world().calls.len(), 2);
}

#[tokio::test]
async fn a_look_tells_nobody_and_says_what_to_do() {
    let slack = Slack::start();
    let found = async |config: SlackConfig| -> Vec<String> {
        let word = |finding| match finding {
            Finding::Well(text) => format!("well: {text}"),
            Finding::Wrong(text) => format!("wrong: {text}"),
        };
        open(&config).look().await.into_iter().map(word).collect()
    };
    let logged_in = "well: logged in to the workspace Example as earlybell";
    let named = config(&slack, "#incidents");
    assert_eq!(found(named.clone()).await, [logged_in, "well: member of the public channel #incidents"]);
    for (channel, says) in [
        (CHANNELS[1].0, "wrong: #old is archived: bring it back, or name another channel"),
        ("strangers", "wrong: the bot is no member of #strangers: type `/invite @` and its name there"),
        ("C099999999", "wrong: the channel C099999999 can't be looked at: Slack says channel_not_found"),
        (
            "nowhere",
            "wrong: there is no channel #nowhere that the bot can see: look at its name, invite the bot if it is \
             private, or write its id (“View channel details”, at the very bottom)",
        ),
    ] {
        assert_eq!(found(config(&slack, channel)).await, [logged_in, says], "{channel}");
    }
    let missing = |scope: &str, what: &str| {
        format!(
            "wrong: the scope {scope} is missing, so {what}: add it at api.slack.com/apps under “OAuth & Permissions”, \
             then “Reinstall to Workspace”"
        )
    };
    slack.world().scopes = Some("chat:write,groups:read");
    let twice = "a notice may be told twice after a lost answer (in a private channel it is groups:history)";
    assert_eq!(found(named.clone()).await[1], missing("channels:history", twice));
    let personal = found(personal(&slack)).await;
    let twice = "a message to a person may be told twice after a lost answer";
    assert_eq!(personal, [logged_in.to_owned(), missing("im:write", twice), missing("im:history", twice)]);
    slack.next("auth.test", Misbehave::Refuses("token_revoked"));
    let revoked = found(named.clone()).await;
    assert_eq!(revoked.len(), 1);
    assert!(revoked[0].starts_with("wrong: Slack says token_revoked: the token is that of "), "{revoked:?}");
    drop(slack);
    let gone = found(named).await;
    assert!(gone[0].starts_with("wrong: no answer from Slack: Connection refused"), "{gone:?}");
}

#[tokio::test]
async fn every_status_means_one_thing() {
    let slack = Slack::start();
    let channel = open(&config(&slack, HERE));
    for status in 200..600_u16 {
        let expected = match status {
            425 | 429 => "retry",
            200..300 | 408 | 500.. => "unsure",
            413 | 414 | 431 => "fatal",
            _ => "misconfigured",
        };
        let elsewhere = vec![("location", format!("{}/chat.postMessage", slack.url))];
        slack.next("chat.postMessage", Misbehave::Answers(status, elsewhere, "<h1>oops</h1>".into()));
        let outcome = channel.send(&attempt(Lane::Root, u64::from(status), "Down", None)).await;
        assert_eq!(class(&outcome), expected, "{status}: {outcome:?}");
        assert!(!format!("{outcome:?}").contains(TOKEN), "{outcome:?}");
    }
    // A redirect is not followed, so nothing was told.
    assert_eq!(slack.world().calls.len(), 400);
    assert_eq!(slack.threads(HERE), []);
}

#[tokio::test]
async fn every_refusal_means_one_thing() {
    let table = [
        (
            "retry",
            "ratelimited rate_limited message_limit_exceeded request_timeout service_unavailable team_added_to_org",
        ),
        ("unsure", "internal_error fatal_error"),
        (
            "misconfigured",
            "channel_not_found not_in_channel is_archived invalid_auth not_authed account_inactive token_revoked \
             token_expired missing_scope no_permission restricted_action not_allowed_token_type upgrade_required \
             is_inactive ekm_access_denied something_new",
        ),
        (
            "fatal",
            "no_text msg_too_long invalid_blocks too_many_attachments invalid_arg_name invalid_array_arg \
             invalid_charset invalid_form_data invalid_post_type missing_post_type invalid_json json_not_object \
             metadata_too_large invalid_metadata_format",
        ),
    ];
    let slack = Slack::start();
    let channel = open(&config(&slack, HERE));
    let root = remote_id(channel.send(&attempt(Lane::Root, 1, "Down", None)).await);
    for (expected, errors) in table {
        for error in errors.split_whitespace() {
            for (method, lane, thread) in [
                ("chat.postMessage", Lane::Root, None),
                ("chat.postMessage", Lane::Post, Some(root.as_str())),
                ("chat.update", Lane::Put, Some(root.as_str())),
            ] {
                // Twice: below another message it is refused as well.
                slack.world().script.insert(method, [Misbehave::Refuses(error), Misbehave::Refuses(error)].into());
                let channel = open(&config(&slack, HERE));
                let outcome = channel.send(&attempt(lane, 2, "Update", thread)).await;
                slack.world().script.clear();
                assert_eq!(class(&outcome), expected, "{method} {error}: {outcome:?}");
                assert!(format!("{outcome:?}").contains(&format!("Slack says {error}")), "{outcome:?}");
            }
        }
    }
    for error in ["message_not_found", "cant_update_message", "edit_window_closed"] {
        slack.next("chat.update", Misbehave::Refuses(error));
        let outcome = channel.send(&attempt(Lane::Put, 3, "Update", Some(&root))).await;
        assert_eq!(outcome, Outcome::Sent { remote_id: None }, "{error}");
    }
    assert_eq!(slack.threads(HERE), threads(&[("Down", &[])]));
}

fn wait(seconds: u32) -> Misbehave {
    let headers = vec![("retry-after", seconds.to_string())];
    Misbehave::Answers(429, headers, r#"{"ok":false,"error":"ratelimited"}"#.into())
}

#[tokio::test]
async fn the_wait_that_slack_asks_for_is_kept() {
    let slack = Slack::start();
    for (seconds, expected) in [(0, 0), (30, 30), (86_400, 3_600)] {
        slack.next("chat.postMessage", wait(seconds));
        let after = Some(Duration::from_secs(expected));
        let because = "Slack says ratelimited".into();
        let outcome = open(&config(&slack, HERE)).send(&attempt(Lane::Root, 1, "Down", None)).await;
        assert_eq!(outcome, Outcome::Retry { because, after, unsure: false });
    }
    let soon = vec![("retry-after", "soon".to_owned())];
    slack.next("chat.postMessage", Misbehave::Answers(429, soon, String::new()));
    let outcome = open(&config(&slack, HERE)).send(&attempt(Lane::Root, 1, "Down", None)).await;
    assert_eq!(outcome, Outcome::Retry { because: "Slack answers 429".into(), after: None, unsure: false });
}

#[tokio::test]
async fn wrong_token_channel_or_address_say_so() {
    let slack = Slack::start();
    let say = async |config: SlackConfig| open(&config).send(&attempt(Lane::Root, 1, "Down", None)).await;
    let misconfigured = |because: &str| Outcome::Misconfigured { because: because.into() };
    let wrong_token = SlackConfig { bot_token: Secret::new("xoxb-other"), ..config(&slack, HERE) };
    assert_eq!(say(wrong_token).await, misconfigured("Slack says invalid_auth"));
    assert_eq!(say(config(&slack, "nowhere")).await, misconfigured("Slack says channel_not_found"));
    assert_eq!(say(config(&slack, "old")).await, misconfigured("Slack says is_archived"));
    assert_eq!(say(config(&slack, "strangers")).await, misconfigured("Slack says not_in_channel"));
    let gone = config(&slack, HERE);
    drop(slack);
    let because = "no answer from Slack: Connection refused (os error 111)".into();
    assert_eq!(say(gone).await, Outcome::Retry { because, after: None, unsure: false });
}

#[tokio::test]
async fn a_text_of_any_length_fits() {
    let slack = Slack::start();
    let channel = open(&config(&slack, HERE));
    let mut long = attempt(Lane::Root, 1, "Down", None);
    long.delivery.content.body = "😀 <https://a.example|page> ".repeat(5_000);
    assert_eq!(class(&channel.send(&long).await), "sent");
    assert!(slack.threads(HERE)[0].0.ends_with("the whole text is on the incident's page_"));
}

#[test]
fn the_configuration_is_checked_before_anything_is_sent() {
    let slack = Slack::start();
    let says = |api_url: &str, token: &str, channel: &str| {
        let config = SlackConfig { api_url: api_url.into(), bot_token: Secret::new(token), ..config(&slack, channel) };
        SlackChannel::new(&config, http_client::client().unwrap(), Deadlines::default()).err()
    };
    let url = "https://slack.com/api";
    assert_eq!(says(url, TOKEN, "#incidents"), None);
    for (outcome, expected) in [
        (says("slack", TOKEN, "a"), "api_url `slack`: not a URL"),
        (
            says("http://slack.com/api", TOKEN, "a"),
            "api_url `http://slack.com/api`: the token would be sent without TLS",
        ),
        (says(url, "xoxb-a\r\nb", "a"), "bot_token is not a token: one word, mostly xoxb-…"),
        (says(url, "", "a"), "bot_token is not a token: one word, mostly xoxb-…"),
        (says(url, TOKEN, " #"), "`channel` names none"),
    ] {
        assert_eq!(outcome.as_deref(), Some(expected));
    }
}

#[tokio::test]
async fn the_fake_answers_in_the_shape_of_what_was_recorded() {
    let slack = Slack::start();
    let channel = open(&config(&slack, HERE));
    let root = remote_id(channel.send(&attempt(Lane::Root, 1, "Down", None)).await);
    let ts = root.split_once(':').unwrap().1.to_owned();
    let call = async |method: &str, arguments: Value| -> Value {
        let request = reqwest::Client::new().post(format!("{}/{method}", slack.url)).bearer_auth(TOKEN);
        // None of the arguments here has to be escaped in a form.
        let fields =
            arguments.as_object().unwrap().iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap()));
        let (kind, body) = if slack::READS.contains(&method) {
            ("application/x-www-form-urlencoded", fields.collect::<Vec<_>>().join("&"))
        } else {
            ("application/json; charset=utf-8", arguments.to_string())
        };
        let answer = request.header("content-type", kind).body(body).send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    };
    for (recording, method, arguments) in [
        ("04-postMessage", "chat.postMessage", json!({"channel": HERE, "text": "x"})),
        ("05-reply", "chat.postMessage", json!({"channel": HERE, "text": "x", "thread_ts": ts})),
        ("06-update", "chat.update", json!({"channel": HERE, "ts": ts, "text": "x"})),
        ("09-replies", "conversations.replies", json!({"channel": HERE, "ts": ts, "include_all_metadata": "false"})),
    ] {
        let path = format!("{}/tests/fixtures/slack/{recording}.json", env!("CARGO_MANIFEST_DIR"));
        let recorded: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let mut expected = shape(&recorded["body"]);
        // What the recorded request asked for and ours does not, and what nobody reads.
        let others = ["blocks", "unfurl_links", "reply_broadcast", "reply_count", "reply_users", "reactions"];
        expected.retain(|path| !others.iter().any(|other| path.contains(other)));
        let mut answered = shape(&call(method, arguments).await);
        // The recording was made without metadata.
        answered.retain(|path| !path.contains("metadata"));
        assert_eq!(answered, expected, "{recording}");
    }
}

fn shape(value: &Value) -> BTreeSet<String> {
    let below = |name: &str, value: &Value| {
        let inner = shape(value).into_iter().map(move |path| format!("{name}.{path}"));
        std::iter::once(name.to_owned()).chain(inner).collect::<Vec<_>>()
    };
    match value {
        Value::Object(fields) => fields.iter().flat_map(|(name, value)| below(name, value)).collect(),
        Value::Array(items) => items.iter().flat_map(|item| below("[]", item)).collect(),
        _ => BTreeSet::new(),
    }
}
