//! Chats that take messages by a webhook: what each wants, how each says no, and what no text can do there.

use crate::chats::{discord, mattermost, rocketchat, slack, teams, text};
use crate::hooks::{Hooks, Misbehave, Product};
use crate::notices::{both, said_everywhere, send_all};
use crate::page::shows;
use crate::{attempt, class, impatient};
use domain::delivery::together::join;
use domain::delivery::{Delivery, Lane, Outcome};
use domain::policy::ReceiverKind;
use earlybell::channels::chat::ChatChannel;
use earlybell::channels::{Channel, Deadlines, Finding, http_client};
use earlybell::config::{ChatConfig, ChatProduct, Secret};
use std::time::Duration;

const RECEIVERS: &str = r#"
  - { name: slack, slack_webhook: { webhook_url: "https://hooks.example.org/x" } }
  - { name: mattermost, mattermost: { webhook_url: "https://chat.example.org/x" } }
  - { name: rocketchat, rocketchat: { webhook_url: "https://chat.example.org/x" } }
  - { name: discord, discord: { webhook_url: "https://discord.example.org/x" } }
  - { name: teams, teams: { webhook_url: "https://flow.example.org/x" } }
"#;

const SECRET: &str = "a-very-secret-part";

// Product, the receiver above, where its webhook is, how it takes messages.
const ALL: [(ChatProduct, &str, &str, Product); 5] = [
    (ChatProduct::Slack, "slack", "/services/T0/B0/a-very-secret-part", slack),
    (ChatProduct::Mattermost, "mattermost", "/hooks/a-very-secret-part", mattermost),
    (ChatProduct::RocketChat, "rocketchat", "/hooks/1/a-very-secret-part", rocketchat),
    (ChatProduct::Discord, "discord", "/api/webhooks/1/a-very-secret-part", discord),
    (ChatProduct::Teams, "teams", "/workflows/a-very-secret-part", teams),
];

fn open(product: ChatProduct, url: &str, deadlines: Deadlines) -> ChatChannel {
    let config = ChatConfig { product, webhook_url: Secret::new(url) };
    ChatChannel::new(&config, http_client::client().unwrap(), deadlines).unwrap()
}

fn of<'a>(receiver: &str, all: &'a [Delivery]) -> Vec<&'a Delivery> {
    all.iter().filter(|delivery| delivery.receiver == receiver).collect()
}

#[tokio::test]
async fn each_shows_two_incidents_as_the_document_says() {
    let told = both(RECEIVERS);
    let mut shown = String::new();
    let mut before = String::new();
    for (product, receiver, path, takes) in ALL {
        let hooks = Hooks::start(takes);
        let channel = open(product, &format!("{}{path}", hooks.url), Deadlines::default());
        let ours: Vec<Delivery> = of(receiver, &told).into_iter().cloned().collect();
        send_all(&channel, &ours).await;
        let messages: Vec<String> = hooks.world().messages.iter().map(|message| text(message).to_owned()).collect();
        let all = messages.join("\n\n----\n\n");
        // Mattermost is shown before it, and has the same Markdown.
        if product == ChatProduct::RocketChat {
            assert_eq!(all, before);
        } else {
            shown.push_str(&format!("### {receiver}\n\n```\n{all}\n```\n\n"));
        }
        before = all;
    }
    shows("chat.md", "transcript", &shown);
}

#[tokio::test]
async fn the_first_message_of_discord_is_kept_up_to_date() {
    let hooks = Hooks::start(discord);
    let path = "/api/webhooks/1/a-very-secret-part";
    let channel = open(ChatProduct::Discord, &format!("{}{path}", hooks.url), Deadlines::default());
    let root = attempt(Lane::Root, "👀 **INC-42**", "Who: all");
    assert_eq!(channel.send(&root).await, Outcome::Sent { remote_id: Some("1000".into()) });
    let mut board = attempt(Lane::Put, "✅ **INC-42**", "Over.");
    board.thread = Some("1000".into());
    assert_eq!(channel.send(&board).await, Outcome::Sent { remote_id: Some("1000".into()) });
    assert_eq!(text(&hooks.world().messages[0]), "✅ **INC-42**\nOver.");
    // Somebody deleted it, or it was another chat's.
    for gone in ["77", "C1:17.2", "../..", ""] {
        board.thread = Some(gone.into());
        assert_eq!(channel.send(&board).await, Outcome::Sent { remote_id: None }, "{gone}");
    }
    board.thread = None;
    assert_eq!(channel.send(&board).await, Outcome::Sent { remote_id: None });
}

fn kind(product: ChatProduct) -> ReceiverKind {
    match product {
        ChatProduct::Slack => ReceiverKind::SlackWebhook,
        ChatProduct::Mattermost => ReceiverKind::Mattermost,
        ChatProduct::RocketChat => ReceiverKind::RocketChat,
        ChatProduct::Discord => ReceiverKind::Discord,
        ChatProduct::Teams => ReceiverKind::Teams,
    }
}

#[tokio::test]
async fn the_longest_notice_fits_everywhere() {
    let long = said_everywhere(RECEIVERS, &"many words & <more> 😀 ".repeat(300));
    for (product, receiver, path, takes) in ALL {
        let hooks = Hooks::start(takes);
        let channel = open(product, &format!("{}{path}", hooks.url), Deadlines::default());
        let mut ours: Vec<Delivery> = of(receiver, &long).into_iter().cloned().collect();
        // The same told late, with as many older ones as there is room for.
        let reply = ours.iter().rfind(|delivery| delivery.lane == Lane::Post).unwrap().clone();
        let content = join(&vec![reply.clone(); 60], kind(product)).unwrap();
        ours.push(Delivery { content, ..reply });
        send_all(&channel, &ours).await;
        let world = hooks.world();
        assert!(world.messages.len() >= 5, "{receiver}");
        // Where to read on is in each of them.
        let link = "https://bell.example.org/incidents/1";
        assert!(
            product == ChatProduct::Slack || world.messages.iter().all(|said| text(said).contains(link)),
            "{receiver}"
        );
    }
}

#[tokio::test]
async fn no_text_calls_anybody_or_hides_where_a_link_leads() {
    let evil = "@here @channel @everyone @all <!here> <@U1> [bank](https://evil.example) <https://evil.example|bank> ||gone|| `code` {{DATE(2026-01-01T00:00:00Z)}} <at>all</at> **bold**";
    let told = said_everywhere(RECEIVERS, evil);
    for (product, receiver, path, takes) in ALL {
        let hooks = Hooks::start(takes);
        let channel = open(product, &format!("{}{path}", hooks.url), Deadlines::default());
        let ours: Vec<Delivery> = of(receiver, &told).into_iter().cloned().collect();
        send_all(&channel, &ours).await;
        for message in &hooks.world().messages {
            let said = text(message);
            let (dead, unless): (&[&str], _) = match product {
                // `@here` is no mention there; `<!here>` is.
                ChatProduct::Slack => (&["<!", "<@", "<http", "<at", "`code", "*bold"], "<https://bell.example.org/"),
                ChatProduct::Teams => (&["@", "<", "](", "||", "`code", "{{", " **bold"], ""),
                _ => (&["@", "<", "](", "||", "`code", " **bold"], ""),
            };
            let rest = if unless.is_empty() { said.to_owned() } else { said.replace(unless, "") };
            for markup in dead {
                assert!(!rest.contains(markup), "{receiver} shows {markup}: {said}");
            }
        }
    }
}

#[tokio::test]
async fn every_status_means_one_thing_everywhere() {
    for (product, receiver, path, takes) in ALL {
        let hooks = Hooks::start(takes);
        let channel = open(product, &format!("{}{path}", hooks.url), Deadlines::default());
        let one = attempt(Lane::Post, "INC-42", if product == ChatProduct::Teams { "{}" } else { "Who: all" });
        for status in 200..600_u16 {
            let elsewhere = vec![("location", format!("{}{path}", hooks.url))];
            hooks.next(Misbehave::Answers(status, elsewhere, format!("<h1>no {SECRET}</h1>")));
            let outcome = channel.send(&one).await;
            let expected = match (product, status) {
                (ChatProduct::Teams, 200 | 202) => "sent",
                (ChatProduct::Mattermost, 501) => "misconfigured",
                (_, 200..300 | 408 | 500..) => "unsure",
                (_, 409 | 423 | 425 | 429) => "retry",
                (_, 413 | 414 | 422 | 431) => "fatal",
                _ => "misconfigured",
            };
            assert_eq!(class(&outcome), expected, "{receiver} {status}: {outcome:?}");
            assert!(!format!("{outcome:?}").contains(SECRET), "{outcome:?}");
        }
        hooks.next(Misbehave::Answers(429, vec![("retry-after", "30".into())], "slowly".into()));
        assert!(
            matches!(channel.send(&one).await, Outcome::Retry { after: Some(after), unsure: false, .. } if after.as_secs() == 30)
        );
        assert!(hooks.world().messages.is_empty(), "{receiver}");
    }
}

#[tokio::test]
async fn each_says_no_in_its_own_words() {
    let after = |seconds: f64| Some(Duration::from_secs_f64(seconds));
    let table = [
        (0, 400, "invalid_payload", "fatal", "Slack answers 400: invalid_payload", None),
        (0, 403, "action_prohibited", "misconfigured", "Slack answers 403: action_prohibited", None),
        (0, 410, "channel_is_archived", "misconfigured", "Slack answers 410: channel_is_archived", None),
        (0, 500, "rollup_error", "unsure", "Slack answers 500: rollup_error", None),
        (
            1,
            501,
            r#"{"message":"Incoming webhooks have been disabled by the system admin."}"#,
            "misconfigured",
            "Mattermost answers 501: Incoming webhooks have been disabled by the system admin.",
            None,
        ),
        (
            2,
            200,
            r#"{"success":false,"error":"unauthorized"}"#,
            "misconfigured",
            "Rocket.Chat answers 200: unauthorized",
            None,
        ),
        (
            2,
            400,
            r#"{"success":false,"error":"error-message-size-exceeded"}"#,
            "fatal",
            "Rocket.Chat answers 400: error-message-size-exceeded",
            None,
        ),
        (
            2,
            400,
            r#"{"success":false,"error":"Error, too many requests. You must wait 42 seconds before trying this endpoint again. [error-too-many-requests]"}"#,
            "retry",
            "Rocket.Chat answers 400: Error, too many requests.",
            after(42.0),
        ),
        (
            3,
            400,
            r#"{"code":50035,"message":"Invalid Form Body"}"#,
            "fatal",
            "Discord answers 400: Invalid Form Body",
            None,
        ),
        (
            3,
            401,
            r#"{"code":50027,"message":"Invalid Webhook Token"}"#,
            "misconfigured",
            "Discord answers 401: Invalid Webhook Token",
            None,
        ),
        (
            3,
            404,
            r#"{"code":10015,"message":"Unknown Webhook"}"#,
            "misconfigured",
            "Discord answers 404: Unknown Webhook",
            None,
        ),
        (
            3,
            429,
            r#"{"message":"You are being rate limited.","retry_after":0.75,"global":false}"#,
            "retry",
            "Discord answers 429: You are being rate limited.",
            after(0.75),
        ),
        (
            4,
            404,
            r#"{"error":{"code":"WorkflowNotFound","message":"The workflow could not be found."}}"#,
            "misconfigured",
            "Teams answers 404: The workflow could not be found.",
            None,
        ),
    ];
    for (at, status, said, expected, because, wait) in table {
        let (product, _, path, takes) = ALL[at];
        let hooks = Hooks::start(takes);
        let channel = open(product, &format!("{}{path}", hooks.url), Deadlines::default());
        hooks.next(Misbehave::Answers(status, vec![], said.into()));
        let outcome = channel.send(&attempt(Lane::Post, "INC-42", "{}")).await;
        assert_eq!(class(&outcome), expected, "{said}: {outcome:?}");
        let (Outcome::Retry { because: words, .. }
        | Outcome::Fatal { because: words }
        | Outcome::Misconfigured { because: words }) = &outcome
        else {
            panic!()
        };
        assert!(words.starts_with(because), "{words}");
        assert!(!matches!(&outcome, Outcome::Retry { after, .. } if *after != wait), "{outcome:?}");
    }
}

#[tokio::test]
async fn without_an_answer_nobody_knows() {
    for (product, receiver, path, takes) in ALL {
        let hooks = Hooks::start(takes);
        let channel = open(product, &format!("{}{path}", hooks.url), impatient());
        let told = both(RECEIVERS);
        let first = crate::notices::attempt(of(receiver, &told)[0], None);
        for misbehave in [Misbehave::DoesThenBreaks, Misbehave::DoesThenHangs, Misbehave::DoesThenTalks(1024 * 1024)] {
            hooks.next(misbehave.clone());
            assert_eq!(class(&channel.send(&first).await), "unsure", "{receiver} {misbehave:?}");
        }
        let gone = open(product, &format!("http://127.0.0.1:1{path}"), impatient());
        assert_eq!(class(&gone.send(&first).await), "retry", "{receiver}");
        assert!(matches!(&gone.look().await[0], Finding::Wrong(said) if !said.contains(SECRET)));
    }
}

#[tokio::test]
async fn a_look_tells_nobody() {
    for (product, receiver, path, takes) in ALL {
        let hooks = Hooks::start(takes);
        let found = open(product, &format!("{}{path}", hooks.url), Deadlines::default()).look().await;
        let there = match product {
            ChatProduct::Discord => "the webhook `Captain Hook` writes to channel 199737254929760256".to_owned(),
            _ => format!("{} is there; whether it takes a notice, only a notice shows", hooks.url),
        };
        assert_eq!(found[0], Finding::Well(there));
        assert!(matches!(&found[1], Finding::Well(said) if said.contains("no threads")), "{receiver}");
        assert!(hooks.world().messages.is_empty(), "{receiver}");
    }
    let hooks = Hooks::start(discord);
    let wrong =
        open(ChatProduct::Discord, &format!("{}/api/webhooks/2/x", hooks.url), Deadlines::default()).look().await;
    assert_eq!(wrong[0], Finding::Wrong("Discord answers 404: Unknown Webhook".into()));
}
