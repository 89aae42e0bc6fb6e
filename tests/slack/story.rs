//! What people read in Slack, from the first word to the last: the transcript in docs/slack.md, as it stands in the emulator.

use crate::desk::Desk;
use crate::page::shows;
use crate::slack::Message;
use serde_json::{Value, json};
use std::fmt::Write;

// Times, ages and hashes are others each time.
fn timeless(text: &str) -> String {
    let mut before = String::new();
    let same = |word: &str| {
        let (bare, end) = match str::strip_suffix(word, '.') {
            Some(bare) => (bare, "."),
            None => (word, ""),
        };
        let is_hash = bare.len() == 16 && bare.bytes().all(|byte| byte.is_ascii_hexdigit());
        let shown = match std::mem::replace(&mut before, word.to_owned()).as_str() {
            _ if is_hash => "0123456789abcdef",
            "lasted" => "5s",
            _ => bare,
        };
        format!("{shown}{end}")
    };
    let text = clockless(text).replace('\n', " \n ");
    // A line break is a word here.
    text.split(' ').map(same).collect::<Vec<_>>().join(" ").replace(" \n ", "\n")
}

fn clockless(text: &str) -> String {
    let mut shown = String::new();
    let digits = |text: &str, at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let is_clock =
            digits(rest, 0) && digits(rest, 1) && rest[2..].starts_with(':') && digits(rest, 3) && digits(rest, 4);
        if is_clock {
            shown.push_str("HH:MM");
            rest = &rest[5..];
            if rest.starts_with(':') && digits(rest, 1) && digits(rest, 2) {
                rest = &rest[3..];
            }
        } else {
            shown.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    shown
}

struct Story {
    desk: Desk,
    told: String,
}

impl Story {
    fn types(&mut self, name: &str, user: &str, line: &str) {
        let answer = self.desk.types(user, line);
        self.say(&format!("{name} types `/incident {line}`"), &answer);
    }

    fn mentions(&mut self, name: &str, user: &str, incident: u64, line: &str) {
        let thread = self.desk.message(incident).ts;
        self.desk.mentions(user, &format!("@ {line}"), Some(&thread));
        let workspace = self.desk.workspace.as_ref().unwrap();
        let told = self.desk.program.wait("nobody is answered", |_| {
            let mut calls = workspace.calls().into_iter();
            calls.find(|call| call.method == "chat.postEphemeral" && call.answer["ok"] == true).map(|call| call.sent)
        });
        assert_eq!((&told["user"], &told["thread_ts"]), (&json!(user), &json!(thread)));
        self.say(&format!("{name} writes in the thread `@earlybell {line}`"), &told);
    }

    fn say(&mut self, who: &str, answer: &Value) {
        let to = if answer["response_type"] == "in_channel" { "everyone reads" } else { "only they read" };
        let text = answer["text"].as_str().unwrap_or_default();
        writeln!(self.told, "{who}; {to}:\n{}", indented(text)).unwrap();
    }

    // The thread as it stands, once it holds so many replies and its first message this word.
    fn thread(&mut self, title: &str, incident: u64, replies: usize, word: &str) {
        let ts = self.desk.message(incident).ts;
        let whole = |first: &Message, found: &[Message]| found.len() >= replies && first.text.contains(word);
        let (first, found) = self.desk.thread(&ts, whole);
        let buttons: Vec<String> = first
            .blocks
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|block| {
                let elements = block["elements"].as_array().cloned().unwrap_or_default();
                elements.into_iter().map(|button| format!("[{}]", button["text"]["text"].as_str().unwrap()))
            })
            .collect();
        writeln!(self.told, "{title}:\n{}\n    {}", indented(&first.text), buttons.join(" ")).unwrap();
        for reply in found {
            let marked = if reply.broadcast { "also sent to the channel: " } else { "" };
            writeln!(self.told, "      ┆ {marked}{}", timeless(&reply.text).replace('\n', "\n      ┆ ")).unwrap();
        }
        self.told.push('\n');
    }
}

fn indented(text: &str) -> String {
    timeless(text).lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

/// `UPDATE=1` writes it anew.
#[test]
fn the_transcript_is_what_people_read() {
    let desk = Desk::emulated("");
    let workspace = desk.workspace.as_ref().unwrap();
    workspace.invite();
    let (anna, bert) = (workspace.anna.clone(), workspace.bert.clone());
    let mut story = Story { desk, told: String::new() };
    story.types("Anna", &anna, "declare Packages of home projects do not publish severity=major");
    story.thread("The channel", 1, 0, "INC-1");
    let pressed = story.desk.button(&bert, "take", 1);
    story.desk.interacts(&pressed);
    let told = story.desk.whispered();
    story.say("Bert presses [I take it]", &told);
    story.mentions("Bert", &bert, 1, "update The signer was restarted; the queue gets shorter. next=30m");
    story.types("Bert", &bert, "resolve #1 The signer had run out of disk; there is more now.");
    story.thread("In the end", 1, 3, "resolved");
    story.types("Anna", &anna, "declare Builds hang severity=critical");
    story.desk.message(2);
    let pressed = story.desk.button(&anna, "calloff", 2);
    story.desk.interacts(&pressed);
    let filled = [("code", "planned-work"), ("reason", "The workers are moved to new racks, as announced.")];
    let answer = story.desk.fills(&anna, 0, &filled);
    let text = answer["view"]["blocks"][0]["text"]["text"].as_str().unwrap_or_default().to_owned();
    writeln!(
        story.told,
        "Anna presses [Not an incident], chooses “planned work” and says why; the form answers:\n{}",
        indented(&text)
    )
    .unwrap();
    story.thread("In the end", 2, 1, "called off");

    shows("slack.md", "transcript", &format!("\n```\n{}\n```\n\n", story.told.trim_start().trim_end_matches('\n')));
}
