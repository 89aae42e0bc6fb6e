//! What Slack has published of its Web API, against the fake that the tests believe, against what we read of its requests, and
//! against what we make of each of its refusals.

use crate::attempts::{class, first};
use crate::desk::{ANNA, Desk, Way, form};
use crate::slack::slack_methods::{METHODS, Method, REFUSED_ANYWHERE, named};
use crate::slack::{CHANNELS, Misbehave, PEOPLE, Slack, TOKEN};
use domain::delivery::{Addressee, Content, Lane, Outcome};
use domain::notice::NoticeKind;
use earlybell::channels::slack::SlackChannel;
use earlybell::channels::{Attempt, Channel, Deadlines, Finding, http_client};
use earlybell::clock::{Clock, SystemClock};
use earlybell::config::{Secret, SlackConfig};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::LazyLock;

/// What came after the specification was published for the last time, in 2021, and why we know of it.
const LATER: [(&str, &str, &str); 4] = [
    ("chat.postMessage", "metadata", "messages carry metadata since 2022; both SDKs send it"),
    ("conversations.history", "include_all_metadata", "the same, where they are read"),
    ("conversations.replies", "include_all_metadata", "the same"),
    ("apps.connections.open", "", "Socket Mode came in 2021, and takes nothing but its token"),
];

/// Words that the fake refuses with, and that no list of the specification has.
const LATER_WORDS: [(&str, &[&str], &str); 7] = [
    (
        "*",
        &["invalid_arguments"],
        "in no list, and in the specification's own examples of `views.open` and `views.publish`",
    ),
    ("chat.postMessage", &["invalid_json", "json_not_object"], "in the lists of all methods that took JSON then"),
    (
        "chat.postMessage chat.update views.publish",
        &["invalid_blocks", "invalid_blocks_format"],
        "the lists are older than blocks; the documentation has both",
    ),
    ("chat.postMessage", &["thread_not_found", "cannot_reply_to_message"], "of threads no list says anything"),
    ("conversations.history", &["not_in_channel"], "what a bot reads in a public channel that has not invited it"),
    ("conversations.open", &["missing_scope"], "in the lists of all other methods of conversations"),
    (
        "views.open views.update",
        &["expired_trigger_id", "not_found"],
        "of views there is no list; `not_found` is the example",
    ),
];

fn published(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/slack/published").join(name);
    std::fs::read_to_string(path).unwrap()
}

fn specification() -> BTreeMap<String, Value> {
    serde_json::from_str(&published("methods.json")).unwrap()
}

fn words(list: &Value) -> BTreeSet<&str> {
    list.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect()
}

fn sample(name: &str) -> Value {
    serde_json::from_str(&published(name)).unwrap()
}

// Every field that Slack may send is there, empty; those that say who and what are filled in.
#[test]
fn what_slack_sends_is_read_as_it_has_published_it() {
    let mut desk = Desk::open(Way::Http, None);
    let typed = |user: &str, text: &str, trigger: &str| {
        let mut typed = sample("SlashCommandPayload.json");
        (typed["user_id"], typed["text"], typed["trigger_id"]) = (json!(user), json!(text), json!(trigger));
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        form(&typed.as_object().unwrap().iter().map(|(name, value)| (name.as_str(), text(value))).collect::<Vec<_>>())
    };
    let declared = desk.send("/slack/commands", &typed(ANNA, "declare Builds hang", "1.2")).json();
    assert!(declared["text"].as_str().unwrap().starts_with("declared INC-1; "), "{declared}");
    let unknown = desk.send("/slack/commands", &typed("", "list", "")).json();
    assert!(unknown["text"].as_str().unwrap().starts_with("I don't know who you are here"), "{unknown}");

    let (trigger, answer_at) = desk.press(ANNA);
    let mut pressed = sample("BlockActionPayload.json");
    assert_eq!(desk.interacts(&pressed), Value::Null, "a button of nobody's");
    (pressed["user"]["id"], pressed["trigger_id"], pressed["response_url"]) =
        (json!(ANNA), json!(trigger), json!(answer_at));
    (pressed["actions"][0]["action_id"], pressed["actions"][0]["value"]) = (json!("take"), json!("1"));
    assert_eq!(desk.interacts(&pressed), Value::Null);
    let told = desk.whispered();
    assert!(told["text"].as_str().unwrap().starts_with("you are incident manager of INC-1. "), "{told}");

    // A form of somebody else's; then ours without a field, which is said at it.
    let mut filled = sample("ViewSubmissionPayload.json");
    assert_eq!(desk.interacts(&filled), Value::Null);
    (filled["user"]["id"], filled["view"]["id"]) = (json!(ANNA), json!("V1"));
    (filled["view"]["callback_id"], filled["view"]["private_metadata"]) = (json!("calloff"), json!("1"));
    assert_eq!(desk.interacts(&filled)["response_action"], "errors");
    filled["view"]["state"] = json!({"values": {
        "code": {"choice": {"type": "static_select", "selected_option": {"value": "test"}}},
        "reason": {"text": {"type": "plain_text_input", "value": "Only a test"}}}});
    assert_eq!(desk.interacts(&filled)["response_action"], "update");
}

#[tokio::test]
async fn a_look_reads_who_we_are_as_slack_has_published_it() {
    let slack = Slack::start();
    let mut answer = sample("auth.test.json");
    slack.next("auth.test", Misbehave::Answers(200, Vec::new(), answer.to_string()));
    let look = async || open(&slack, Lane::Root, false).look().await;
    let because = "Slack answers 200 without an answer: the token is that of “OAuth & Permissions” of the app, xoxb-…; install the app to the \
                   workspace again if it was revoked";
    assert_eq!(look().await, [Finding::Wrong(because.to_owned())]);
    answer["ok"] = json!(true);
    (answer["team"], answer["user"]) = (json!("Example"), json!("earlybell"));
    slack.next("auth.test", Misbehave::Answers(200, Vec::new(), answer.to_string()));
    assert_eq!(look().await[0], Finding::Well("logged in to the workspace Example as earlybell".to_owned()));
}

#[test]
fn the_fake_takes_what_slack_has_published_and_nothing_else() {
    let specification = specification();
    let mut later = BTreeSet::new();
    for Method { name, takes, .. } in METHODS {
        let Some(parameters) = specification.get(*name).map(|method| method["parameters"].as_object().unwrap()) else {
            assert!(LATER.iter().any(|(method, ..)| method == name) && takes.is_empty(), "{name} is not published");
            later.insert((*name, ""));
            continue;
        };
        for argument in *takes {
            if !parameters.contains_key(argument.name) {
                later.insert((*name, argument.name));
            }
        }
        // What must be there, the fake misses, too; what we don't mean to send it does not take.
        let whole: serde_json::Map<_, _> =
            takes.iter().map(|argument| (argument.name.to_owned(), argument.suits())).collect();
        assert_eq!(named(name).unwrap().check(&json!(whole)), Ok(()), "{name} {whole:?}");
        for (parameter, how) in parameters {
            let mut other = whole.clone();
            let known = other.remove(parameter).is_some();
            assert!(known || how == "optional", "the fake's {name} does not know {parameter}, which it needs");
            let answer = named(name).unwrap().check(&json!(other));
            assert!(!(known && how == "required") || answer == Err("invalid_arguments"), "{name} without {parameter}");
            other.insert(parameter.clone(), json!({"neither": "text", "nor": "a view"}));
            assert_eq!(named(name).unwrap().check(&json!(other)), Err("invalid_arguments"), "{name} with {parameter}");
        }
    }
    let said: BTreeSet<_> = LATER.iter().map(|(method, argument, _)| (*method, *argument)).collect();
    assert_eq!(later, said);
}

#[test]
fn the_fake_refuses_in_words_that_slack_has_published() {
    let specification = specification();
    let mut later = BTreeSet::new();
    for Method { name, refuses, .. } in METHODS {
        let Some(method) = specification.get(*name) else { continue };
        let known = words(&method["errors"]);
        for word in refuses.iter().chain(&REFUSED_ANYWHERE).filter(|word| !known.contains(*word)) {
            // What all methods say of tokens and forms the lists of views lack only because there are none.
            if !(known.is_empty() && REFUSED_ANYWHERE.contains(word)) {
                later.insert((*name, *word));
            }
        }
    }
    let said = |(method, word): &(&str, &str)| {
        LATER_WORDS.iter().any(|(methods, words, _)| {
            words.contains(word) && (*methods == "*" || methods.split(' ').any(|named| named == *method))
        })
    };
    let unsaid: Vec<_> = later.iter().filter(|one| !said(one)).collect();
    assert!(unsaid.is_empty(), "{unsaid:?}");
    let unused = LATER_WORDS.iter().flat_map(|(methods, words, _)| words.iter().map(move |word| (*methods, *word)));
    let unused: Vec<_> = unused.filter(|(_, word)| !later.iter().any(|(_, later)| later == word)).collect();
    assert!(unused.is_empty(), "published after all: {unused:?}");
}

// What is tried, and how; each with the method that refuses it.
const TRIED: [(&str, &str, Try); 8] = [
    ("chat.postMessage", "the first message", Try { lane: Lane::Root, again: false, named: false }),
    ("chat.postMessage", "a reply", Try { lane: Lane::Post, again: false, named: false }),
    ("chat.postMessage", "to one person", Try { lane: Lane::Direct, again: false, named: false }),
    ("chat.update", "the first message, edited", Try { lane: Lane::Put, again: false, named: false }),
    ("conversations.history", "looked for: the first message", Try { lane: Lane::Root, again: true, named: false }),
    ("conversations.list", "looked for: the channel", Try { lane: Lane::Root, again: true, named: true }),
    ("conversations.open", "looked for: to one person", Try { lane: Lane::Direct, again: true, named: false }),
    ("conversations.replies", "looked for: a reply", Try { lane: Lane::Post, again: true, named: false }),
];

#[derive(Clone, Copy)]
struct Try {
    lane: Lane,
    // An attempt before it got no answer.
    again: bool,
    // The channel is configured by its name.
    named: bool,
}

static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| http_client::client().unwrap());

fn open(slack: &Slack, lane: Lane, named: bool) -> SlackChannel {
    let channel = if named { CHANNELS[0].1 } else { CHANNELS[0].0 };
    let config = SlackConfig {
        api_url: slack.url.clone(),
        bot_token: Secret::new(TOKEN),
        channel: (lane != Lane::Direct).then(|| channel.to_owned()),
        buttons: false,
        broadcast: false,
        external_url: "https://bell.example".into(),
    };
    SlackChannel::new(&config, CLIENT.clone(), Deadlines::default()).unwrap()
}

fn attempt(Try { lane, again, .. }: Try, thread: &str) -> Attempt {
    let notice = if lane == Lane::Put { NoticeKind::Board } else { NoticeKind::Updated };
    let content = Content { subject: "*Down*".to_owned(), body: String::new() };
    let mut attempt = first("team", 7, (lane, notice), content, SystemClock.now());
    attempt.thread = matches!(lane, Lane::Post | Lane::Put).then(|| thread.to_owned());
    attempt.delivery.to =
        (lane == Lane::Direct).then(|| Addressee { person: "anna".to_owned(), address: PEOPLE[0].0.to_owned() });
    attempt.unsure = again;
    attempt
}

// What becomes of a notice where one call is refused with this word, in a sentence.
async fn becomes(slack: &Slack, method: &'static str, word: &'static str, tried: Try) -> String {
    slack.world().messages.clear();
    let root =
        open(slack, Lane::Root, false).send(&attempt(Try { lane: Lane::Root, again: false, named: false }, "")).await;
    let Outcome::Sent { remote_id: Some(root) } = root else { panic!("{root:?}") };
    slack.next(method, Misbehave::Refuses(word));
    let outcome = open(slack, tried.lane, tried.named).send(&attempt(tried, &root)).await;
    let unused = slack.world().script.remove(method).is_some_and(|left| !left.is_empty());
    assert!(!unused, "{method} was not called");
    let world = slack.world();
    let elsewhere = world.messages.iter().any(|message| message.text.contains("goes on here"));
    match (class(&outcome), tried.lane) {
        ("sent", _) if elsewhere => "goes on below a new message",
        ("sent", Lane::Put) => "left: the replies say it",
        ("sent", _) if tried.again => "told, if need be twice",
        ("sent", _) => panic!("{method} {word}: {outcome:?}"),
        ("retry", _) => "tried again",
        ("unsure", _) => "looked for, then tried again",
        ("misconfigured", _) => "waits for somebody to mend it",
        (_, _) => "given up, and that is told elsewhere",
    }
    .to_owned()
}

/// `UPDATE=1` writes it anew.
#[tokio::test]
async fn each_refusal_that_slack_has_published_has_its_meaning() {
    let slack = Slack::start();
    let specification = specification();
    let mut shown = String::from(
        "What becomes of a notice where Slack refuses it, by method and word. Words that Slack has never published: something_new.\n",
    );
    for (method, title, tried) in TRIED {
        writeln!(shown, "\n{method}: {title}").unwrap();
        let later = METHODS.iter().find(|known| known.name == method).unwrap().refuses.iter().copied();
        let known = words(&specification[method]["errors"])
            .into_iter()
            .map(|word| &*Box::leak(word.to_owned().into_boxed_str()));
        let all: BTreeSet<&'static str> = later.chain(known).chain(["ratelimited", "something_new"]).collect();
        let mut meanings: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for word in all {
            meanings.entry(becomes(&slack, method, word, tried).await).or_default().push(word);
        }
        for (meaning, words) in meanings {
            writeln!(shown, "  {meaning}:\n    {}", words.join("\n    ")).unwrap();
        }
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/slack/errors.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &shown).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert!(golden == shown, "{} is not current; UPDATE=1 writes it anew:\n{shown}", path.display());
}
