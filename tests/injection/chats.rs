//! Chats and programs: every text in every place of a notice, read back by the rules of each.

use crate::payloads::{self, one_line};
use crate::{assert_nothing, notices, read, start};
use domain::delivery::together::join;
use domain::delivery::{Delivery, Lane};
use domain::policy::ReceiverKind;
use serde_json::Value;
use std::collections::BTreeMap;

const RECEIVERS: &str = r##"
  - { name: slack, slack_webhook: { webhook_url: "https://hooks.example.org/x" } }
  - { name: mattermost, mattermost: { webhook_url: "https://chat.example.org/x" } }
  - { name: rocketchat, rocketchat: { webhook_url: "https://chat.example.org/x" } }
  - { name: discord, discord: { webhook_url: "https://discord.example.org/x" } }
  - { name: teams, teams: { webhook_url: "https://flow.example.org/x" } }
  - { name: room, matrix: { homeserver: "https://matrix.example.org", access_token: x, room: "#incidents:example.org" } }
  - { name: program, webhook: { url: "https://example.org/x", secret: whsec_Z29vZCBtb3JuaW5nLCB0aGlzIGlzIG91ciBuZXcga2V5 } }
"##;

// What stands for what, where that could be more than text.
const ALIKE: [(char, char); 19] = [
    ('‹', '<'),
    ('›', '>'),
    ('∣', '|'),
    ('ˋ', '`'),
    ('∗', '*'),
    ('ˍ', '_'),
    ('∼', '~'),
    ('＃', '#'),
    ('＄', '$'),
    ('＝', '='),
    ('–', '-'),
    ('＋', '+'),
    ('․', '.'),
    ('﹚', ')'),
    ('］', ']'),
    ('⧵', '\\'),
    ('＆', '&'),
    ('＠', '@'),
    ('｛', '{'),
];

fn meant(text: &str) -> String {
    let alike = |c: char| ALIKE.iter().find(|(shown, _)| *shown == c).map_or(c, |(_, meant)| *meant);
    one_line(text).chars().map(alike).collect::<String>().replace('｝', "}")
}

// A text of a chat that reads Markdown: what could begin something must stand within a word, or be ours.
fn markdown(text: &str) -> Result<(), String> {
    for (at, line) in text.lines().enumerate() {
        let line = line.strip_prefix("> ").unwrap_or(line);
        // What was told late, a line each.
        let line = line.strip_prefix("- ").and_then(|line| line.split_once(" UTC: ")).map_or(line, |(_, brief)| brief);
        // The headline, names of fields, commands are ours.
        let headline = line.split_once(" **").filter(|_| at == 0).and_then(|(_, rest)| rest.strip_suffix("**"));
        let field = line.strip_prefix("**").and_then(|rest| rest.split_once(":** ")).filter(|(name, _)| is_name(name));
        let command = line.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
        let data = headline.or(field.map(|(_, value)| value)).or(command).unwrap_or(line);
        let data = if data.starts_with("https://bell.example.org/") { "" } else { data };
        if let Some(markup) = begins(data) {
            return Err(format!("{markup} in {line}"));
        }
    }
    Ok(())
}

fn is_name(text: &str) -> bool {
    text.chars().all(|c| c.is_alphabetic() || c == ' ')
}

fn begins(line: &str) -> Option<String> {
    let at_start = ["# ", "> ", "- ", "+ ", "* ", "---", "===", "```"].iter().find(|mark| line.starts_with(**mark));
    let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = number.len() < line.len() && number.starts_with(['.', ')']);
    let anywhere = ["<", "`", "](", "][", "]:", "||"].iter().find(|mark| line.contains(**mark));
    let found =
        at_start.or(anywhere).map(|mark| (*mark).to_owned()).or_else(|| numbered.then(|| "a number".to_owned()));
    found.or_else(|| {
        let mut before = ' ';
        let mut rest = line.chars().peekable();
        while let Some(c) = rest.next() {
            let opens = !before.is_alphanumeric() && rest.peek().is_some_and(|next| !next.is_whitespace());
            if (matches!(c, '*' | '_' | '~') && opens) || (c == '@' && !before.is_alphanumeric()) {
                return Some(format!("an opening {c}"));
            }
            before = c;
        }
        None
    })
}

// HTML of a room: our elements, and the text in them.
fn html(text: &str) -> Result<String, String> {
    let ours = ["p", "strong", "ul", "li", "blockquote", "code", "br/"];
    let mut read = String::new();
    for (at, piece) in text.split('<').enumerate() {
        let words = if at == 0 {
            piece
        } else {
            let (tag, words) = piece.split_once('>').ok_or(format!("no end of <{piece}"))?;
            let link = tag.strip_prefix("a href=\"https://bell.example.org/incidents/").is_some_and(|rest| {
                rest.strip_suffix('"').is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()))
            });
            if !(link || tag == "/a" || ours.contains(&tag.trim_start_matches('/'))) {
                return Err(format!("<{tag}>"));
            }
            words
        };
        read.push_str(words);
        read.push(' ');
    }
    let plain = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    Ok(plain.iter().fold(read, |text, (entity, c)| text.replace(entity, c)))
}

// What people or programs read of a notice there.
fn as_read(delivery: &Delivery) -> Result<String, String> {
    let content = &delivery.content;
    let text = format!("{}\n{}", content.subject, content.body);
    let json = || serde_json::from_str::<Value>(&content.body).map_err(|error| format!("{error}: {}", content.body));
    match delivery.receiver.as_str() {
        "slack" => read::slack(&text),
        "program" => Ok(json()?["data"]["notice"]["text"].as_str().ok_or("no text")?.to_owned()),
        "room" => {
            let (plain, shown) = (json()?["body"].clone(), json()?["formatted_body"].clone());
            html(shown.as_str().ok_or("no HTML")?)?;
            Ok(plain.as_str().ok_or("no text")?.to_owned())
        }
        "teams" => {
            let card = json()?["attachments"][0]["content"].clone();
            let blocks = card["body"].as_array().ok_or("no blocks")?;
            let blocks =
                blocks.iter().flat_map(|one| one["items"].as_array().map_or(vec![one], |all| all.iter().collect()));
            let lines: Vec<&str> = blocks.filter_map(|block| block["text"].as_str()).collect();
            lines.iter().skip(1).try_for_each(|line| markdown(line))?;
            // A date that the card would compute.
            lines.iter().all(|line| !line.contains("{{")).then_some(()).ok_or("two braces")?;
            Ok(lines.join("\n"))
        }
        _ => markdown(&text).map(|()| text),
    }
}

fn kind(receiver: &str) -> Option<ReceiverKind> {
    Some(match receiver {
        "slack" => ReceiverKind::SlackWebhook,
        "mattermost" => ReceiverKind::Mattermost,
        "rocketchat" => ReceiverKind::RocketChat,
        "discord" => ReceiverKind::Discord,
        "teams" => ReceiverKind::Teams,
        "room" => ReceiverKind::Matrix,
        _ => return None,
    })
}

// The replies to each receiver as they are told after an outage: as one.
fn told_late(told: &[Delivery]) -> Vec<Delivery> {
    let mut threads: BTreeMap<&str, Vec<Delivery>> = BTreeMap::new();
    for reply in told.iter().filter(|delivery| delivery.lane == Lane::Post) {
        threads.entry(&reply.receiver).or_default().push(reply.clone());
    }
    let as_one = |(receiver, replies): (&str, Vec<Delivery>)| {
        assert!(replies.len() > 1, "{receiver}");
        let content = join(&replies, kind(receiver)?).unwrap();
        Some(Delivery { content, ..replies.last().unwrap().clone() })
    };
    threads.into_iter().filter_map(as_one).collect()
}

#[test]
fn chats_and_programs_show_text_as_text() {
    let mut wrong = Vec::new();
    let payloads = payloads::all();
    for (payload, told) in payloads.iter().zip(notices::each_said_everywhere(RECEIVERS, 2, &payloads)) {
        let mut all: BTreeMap<String, String> = BTreeMap::new();
        let late = told_late(&told);
        assert_eq!(late.len(), 6);
        for delivery in told.into_iter().chain(late) {
            match as_read(&delivery) {
                Ok(text) => all.entry(delivery.receiver).or_default().push_str(&text),
                Err(problem) => wrong.push(format!("{}: {problem}, of {payload:?}", delivery.receiver)),
            }
        }
        let cleaned = domain::text::clean(payload, usize::MAX);
        let expected = [payloads::shown(payload), cleaned].map(|text| meant(&start(&one_line(&text))));
        for (receiver, text) in all {
            let text = meant(&text);
            if !expected.iter().any(|expected| text.contains(expected.as_str())) {
                wrong.push(format!("{receiver} lacks {payload:?}"));
            }
        }
    }
    assert_nothing(wrong);
}
