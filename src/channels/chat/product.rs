//! What is different in each chat: the message it wants, what its answers mean, what it can't do.

use crate::channels::fault::Fault;
use crate::channels::peer::{Answer, Peer, WAIT_MAX};
use crate::config::ChatProduct;
use domain::text::clean_line;
use reqwest::Url;
use serde_json::{Value, json};
use std::time::Duration;

/// `code` of Discord where the message to edit is gone.
pub const UNKNOWN_MESSAGE: u64 = 10_008;

// Of a message, as Discord writes it: pages are not shown in it.
const SUPPRESS_EMBEDS: u64 = 1 << 2;
const NAME_BYTES_MAX: usize = 100;

/// What people call it.
pub fn name(product: ChatProduct) -> &'static str {
    match product {
        ChatProduct::Slack => "Slack",
        ChatProduct::Mattermost => "Mattermost",
        ChatProduct::RocketChat => "Rocket.Chat",
        ChatProduct::Discord => "Discord",
        ChatProduct::Teams => "Teams",
    }
}

/// What is less than it could be.
pub fn lacks(product: ChatProduct) -> &'static str {
    match product {
        ChatProduct::Slack => {
            "by an incoming webhook: no threads, nothing is edited, and a lost answer can mean a notice told twice; \
             `slack` with a bot token can all of it"
        }
        ChatProduct::Discord => "no threads by a webhook: the first message is kept up to date, others follow it",
        ChatProduct::Mattermost | ChatProduct::RocketChat => "no threads by a webhook, and nothing is edited",
        ChatProduct::Teams => "no threads by a workflow, nothing is edited, and it does not say whether it came out",
    }
}

/// A message. Pages behind addresses are not fetched to be shown.
pub fn message(product: ChatProduct, text: &str) -> Value {
    match product {
        ChatProduct::Slack => json!({"text": text, "unfurl_links": false, "unfurl_media": false}),
        ChatProduct::Mattermost => json!({"text": text}),
        ChatProduct::RocketChat => json!({"text": text, "parseUrls": false}),
        // Nobody is called, whatever the text looks like.
        ChatProduct::Discord => {
            json!({"content": text, "allowed_mentions": {"parse": []}, "flags": SUPPRESS_EMBEDS})
        }
        // It is a card, made where its words were decided.
        ChatProduct::Teams => Value::Null,
    }
}

/// Where messages are posted.
pub fn posting(product: ChatProduct, url: &Url) -> Url {
    let mut url = url.clone();
    if product == ChatProduct::Discord {
        // It answers with the message, which can be edited then.
        url.query_pairs_mut().append_pair("wait", "true");
    }
    url
}

/// Where a message is edited, if it can be.
pub fn editing(product: ChatProduct, url: &Url, id: &str) -> Option<Url> {
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    if product != ChatProduct::Discord || !is_id {
        return None;
    }
    let mut url = url.clone();
    url.path_segments_mut().ok()?.pop_if_empty().extend(["messages", id]);
    Some(url)
}

/// Whether it was taken; its id, where there is one.
pub fn taken(product: ChatProduct, peer: &Peer, answer: &Answer) -> Result<Option<String>, Fault> {
    if let Some(fault) = asked_to_wait(peer, answer) {
        return Err(fault);
    }
    let (body, text) = (answer.json(), answer.text.trim());
    let is_taken = match product {
        ChatProduct::Slack | ChatProduct::Mattermost => answer.status == 200 && text.eq_ignore_ascii_case("ok"),
        ChatProduct::RocketChat => answer.status == 200 && body["success"] == true,
        ChatProduct::Discord => answer.status == 200 && body["id"].is_string(),
        ChatProduct::Teams => matches!(answer.status, 200 | 202),
    };
    if is_taken {
        return Ok(body["id"].as_str().filter(|_| product == ChatProduct::Discord).map(str::to_owned));
    }
    Err(refused(product, peer, answer, &body))
}

fn refused(product: ChatProduct, peer: &Peer, answer: &Answer, body: &Value) -> Fault {
    let said = said(answer, body);
    let fault = peer.refusal(answer, &said);
    let because = fault.because().to_owned();
    match (product, answer.status) {
        // It understood, and says no.
        (ChatProduct::RocketChat, 200) if body["success"] == false => Fault::Setup(because),
        // By the webhook's administrators: no attempt changes it.
        (ChatProduct::Mattermost, 501) => Fault::Setup(because),
        (ChatProduct::Slack, 400)
            if matches!(said.as_str(), "invalid_payload" | "no_text" | "too_many_attachments") =>
        {
            Fault::Never(because)
        }
        // The form of a message, and not where it goes.
        (ChatProduct::Discord, 400) if matches!(body["code"].as_u64(), Some(50_006 | 50_035)) => Fault::Never(because),
        (ChatProduct::RocketChat, 400) if said.contains("error-message-size-exceeded") => Fault::Never(because),
        _ => fault,
    }
}

// Each has its own way to say that it is too much; none of them has done anything then.
fn asked_to_wait(peer: &Peer, answer: &Answer) -> Option<Fault> {
    let body = answer.json();
    let error = body["error"].as_str().unwrap_or_default();
    let crowded = error.contains("error-too-many-requests");
    if answer.status != 429 && !crowded {
        return None;
    }
    let in_words = || error.split("wait ").nth(1)?.split(' ').next()?.parse().ok();
    let seconds = body["retry_after"].as_f64().or_else(in_words).filter(|seconds: &f64| *seconds >= 0.0);
    let after = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).map(|wait| wait.min(WAIT_MAX));
    let because = peer.refusal(answer, &said(answer, &body)).because().to_owned();
    Some(Fault::NotDone { because, after: after.or_else(|| answer.retry_after()) })
}

fn said(answer: &Answer, body: &Value) -> String {
    let words = [&body["message"], &body["error"]["message"], &body["error"]].into_iter().find_map(Value::as_str);
    let text = words.unwrap_or(if body.is_object() { "" } else { &answer.text });
    // A page for people says nothing in one line.
    if text.trim_start().starts_with('<') { String::new() } else { clean_line(text, 300) }
}

/// Where Discord's webhook writes, as it says itself.
pub fn place(peer: &Peer, answer: &Answer) -> Result<String, Fault> {
    let body = answer.json();
    let name = |value: &Value| value.as_str().map(|name| clean_line(name, NAME_BYTES_MAX));
    match (answer.is_ok(), name(&body["name"]), name(&body["channel_id"])) {
        (true, Some(webhook), Some(channel)) => Ok(format!("the webhook `{webhook}` writes to channel {channel}")),
        _ => Err(peer.refusal(answer, &said(answer, &body))),
    }
}
