//! What each method takes, as far as we mean to send it, and the words it is refused with: the fake checks both, and a test
//! compares them with what Slack has published.

use super::slack_blocks;
use serde_json::{Value, json};

/// A method of the Web API.
pub struct Method {
    pub name: &'static str,
    pub takes: &'static [Argument],
    /// Beside [`REFUSED_ANYWHERE`].
    pub refuses: &'static [&'static str],
}

/// An argument, and which values suit it.
pub struct Argument {
    pub name: &'static str,
    fits: fn(&Value) -> bool,
    needed: bool,
}

/// With these any method is refused.
pub const REFUSED_ANYWHERE: [&str; 9] = [
    "not_authed",
    "invalid_auth",
    "invalid_charset",
    "invalid_form_data",
    "invalid_post_type",
    "missing_post_type",
    "invalid_json",
    "json_not_object",
    "invalid_arguments",
];

const fn needs(name: &'static str, fits: fn(&Value) -> bool) -> Argument {
    Argument { name, fits, needed: true }
}

const fn may(name: &'static str, fits: fn(&Value) -> bool) -> Argument {
    Argument { name, fits, needed: false }
}

const fn method(name: &'static str, takes: &'static [Argument], refuses: &'static [&'static str]) -> Method {
    Method { name, takes, refuses }
}

const CHANNEL: Argument = needs("channel", Value::is_string);
const TEXT: Argument = may("text", Value::is_string);
const THREAD_TS: Argument = may("thread_ts", Value::is_string);
const BLOCKS: Argument = may("blocks", Value::is_array);
const LINK_NAMES: Argument = may("link_names", is_false);
const PARSE: Argument = may("parse", is_none);
const LIMIT: Argument = may("limit", Value::is_string);
const CURSOR: Argument = may("cursor", Value::is_string);
const OLDEST: Argument = may("oldest", Value::is_string);
const ALL_METADATA: Argument = may("include_all_metadata", Value::is_string);

/// Those we call.
pub const METHODS: &[Method] = &[
    method("apps.connections.open", &[], &["internal_error"]),
    method("auth.test", &[], &[]),
    method(
        "chat.postEphemeral",
        &[CHANNEL, needs("user", Value::is_string), TEXT, THREAD_TS, LINK_NAMES, PARSE],
        &["channel_not_found", "is_archived", "no_text", "msg_too_long", "user_not_in_channel"],
    ),
    method(
        "chat.postMessage",
        &[
            CHANNEL,
            TEXT,
            THREAD_TS,
            BLOCKS,
            may("reply_broadcast", is_true),
            may("metadata", is_metadata),
            LINK_NAMES,
            PARSE,
            may("unfurl_links", Value::is_boolean),
            may("unfurl_media", Value::is_boolean),
        ],
        &[
            "channel_not_found",
            "not_in_channel",
            "is_archived",
            "no_text",
            "msg_too_long",
            "invalid_blocks",
            "invalid_blocks_format",
            "thread_not_found",
            "cannot_reply_to_message",
        ],
    ),
    method(
        "chat.update",
        &[CHANNEL, needs("ts", Value::is_string), TEXT, BLOCKS, LINK_NAMES, PARSE],
        &[
            "channel_not_found",
            "is_inactive",
            "message_not_found",
            "no_text",
            "msg_too_long",
            "invalid_blocks",
            "invalid_blocks_format",
        ],
    ),
    method(
        "conversations.history",
        &[CHANNEL, OLDEST, LIMIT, CURSOR, ALL_METADATA],
        &["missing_scope", "channel_not_found", "not_in_channel"],
    ),
    method("conversations.info", &[CHANNEL], &["missing_scope", "channel_not_found"]),
    method(
        "conversations.list",
        &[may("types", Value::is_string), may("exclude_archived", Value::is_string), LIMIT, CURSOR],
        &["missing_scope"],
    ),
    method("conversations.open", &[needs("users", Value::is_string)], &["missing_scope", "user_not_found"]),
    method(
        "conversations.replies",
        &[CHANNEL, needs("ts", Value::is_string), OLDEST, LIMIT, CURSOR, ALL_METADATA],
        &["missing_scope", "channel_not_found", "thread_not_found"],
    ),
    method("views.open", &[needs("trigger_id", Value::is_string), needs("view", is_modal)], &["expired_trigger_id"]),
    method(
        "views.publish",
        &[needs("user_id", Value::is_string), needs("view", is_home)],
        &["invalid_blocks", "invalid_blocks_format"],
    ),
    method("views.update", &[needs("view_id", Value::is_string), needs("view", is_modal)], &["not_found"]),
];

/// The method of this name.
pub fn named(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}

impl Method {
    /// Every argument must be one we mean to send, and of its type: a slip of the pen is an error here, not ignored.
    pub fn check(&self, arguments: &Value) -> Result<(), &'static str> {
        let arguments = arguments.as_object().ok_or("json_not_object")?;
        let fits = |(name, value): (&String, &Value)| {
            self.takes.iter().any(|argument| argument.name == name && (argument.fits)(value))
        };
        let whole = self.takes.iter().all(|argument| !argument.needed || arguments.contains_key(argument.name));
        if whole && arguments.iter().all(fits) { Ok(()) } else { Err("invalid_arguments") }
    }
}

impl Argument {
    /// A value that suits it.
    pub fn suits(&self) -> Value {
        let text = json!({"type": "plain_text", "text": "x"});
        let modal = json!({"type": "modal", "title": text, "blocks": []});
        let home = json!({"type": "home", "blocks": []});
        let metadata = json!({"event_type": "x", "event_payload": {}});
        let values = [json!("x"), json!(true), json!(false), json!("none"), json!([]), metadata, modal, home];
        values.into_iter().find(|value| (self.fits)(value)).unwrap_or_else(|| panic!("nothing suits {}", self.name))
    }
}

fn is_true(value: &Value) -> bool {
    *value == json!(true)
}

fn is_false(value: &Value) -> bool {
    *value == json!(false)
}

fn is_none(value: &Value) -> bool {
    *value == json!("none")
}

fn is_metadata(value: &Value) -> bool {
    value["event_type"].is_string() && value["event_payload"].is_object()
}

fn is_home(view: &Value) -> bool {
    view["type"] == "home" && view["blocks"].as_array().is_some_and(|blocks| blocks.len() <= 100)
}

fn is_modal(view: &Value) -> bool {
    let short = |name: &str| {
        let text = view.get(name).map(|title| title["text"].as_str().unwrap_or_default().chars().count());
        text.is_none_or(|chars| (1..=24).contains(&chars))
    };
    let names = ["type", "callback_id", "private_metadata", "blocks", "title", "submit", "close"];
    view["type"] == "modal"
        && view["title"]["type"] == "plain_text"
        && ["title", "submit", "close"].into_iter().all(short)
        && view.as_object().is_some_and(|view| view.keys().all(|name| names.contains(&name.as_str())))
        && slack_blocks::check(&view["blocks"]).is_ok()
}
