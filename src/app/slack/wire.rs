//! What Slack sends, as far as it is read.

use serde::Deserialize;

/// Somebody typed the command.
#[derive(Debug, Deserialize)]
pub struct CommandSent {
    /// Their id.
    pub user_id: String,
    /// Behind the command.
    #[serde(default)]
    pub text: String,
    /// For a form, within three seconds; and what a repeat is known by.
    pub trigger_id: Option<String>,
    /// Where a later answer goes.
    pub response_url: Option<String>,
}

/// Somebody did something that is no command.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Interaction {
    /// Pressed a button.
    BlockActions {
        /// Who.
        user: User,
        /// As in a command.
        trigger_id: Option<String>,
        /// As in a command; none in the home of the app.
        response_url: Option<String>,
        /// What was pressed.
        #[serde(default)]
        actions: Vec<Action>,
    },
    /// Filled a form.
    ViewSubmission {
        /// Who.
        user: User,
        /// The form.
        view: View,
    },
    /// Took a shortcut.
    Shortcut {
        /// Which.
        callback_id: String,
        /// Who.
        user: User,
        /// As in a command.
        trigger_id: Option<String>,
    },
    /// Took a shortcut of a message.
    MessageAction {
        /// Which.
        callback_id: String,
        /// Who.
        user: User,
        /// As in a command.
        trigger_id: Option<String>,
        /// The message.
        message: Message,
    },
    /// Closed a form, and whatever else there may be.
    #[serde(other)]
    Other,
}

/// Somebody.
#[derive(Debug, Deserialize)]
pub struct User {
    /// Their id.
    pub id: String,
}

/// A button that was pressed.
#[derive(Debug, Deserialize)]
pub struct Action {
    /// Which.
    pub action_id: String,
    /// The number of its incident.
    pub value: Option<String>,
}

/// A message that somebody else wrote.
#[derive(Debug, Deserialize)]
pub struct Message {
    /// What they wrote.
    #[serde(default)]
    pub text: String,
}

/// A form.
#[derive(Debug, Deserialize)]
pub struct View {
    /// Its id; another one each time it is opened.
    pub id: Option<String>,
    /// Which.
    pub callback_id: String,
    /// What it was opened with.
    #[serde(default)]
    pub private_metadata: String,
    /// What was filled in.
    #[serde(default)]
    pub state: State,
}

/// What was filled in.
#[derive(Debug, Default, Deserialize)]
pub struct State {
    // A form without fields has none.
    #[serde(default)]
    values: serde_json::Map<String, serde_json::Value>,
}

impl State {
    /// What was written, or chosen, in this field.
    pub fn field(&self, name: &str) -> Option<&str> {
        let element = self.values.get(name)?.as_object()?.values().next()?;
        element["value"].as_str().or_else(|| element["selected_option"]["value"].as_str())
    }
}

/// Something happened.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventSent {
    /// Slack asks whether somebody is there.
    UrlVerification {
        /// To be repeated.
        challenge: String,
    },
    /// Something happened.
    EventCallback {
        /// The same when Slack says it again.
        #[serde(default)]
        event_id: String,
        /// Whom it is told for: our bot, mostly.
        #[serde(default)]
        authorizations: Vec<Authorization>,
        /// What.
        event: Event,
    },
    /// Whatever else there may be.
    #[serde(other)]
    Other,
}

/// Whom an event is told for.
#[derive(Debug, Deserialize)]
pub struct Authorization {
    /// Who, as people mention them.
    pub user_id: Option<String>,
    /// Whether it is the bot, and not somebody who let it in.
    #[serde(default)]
    pub is_bot: bool,
}

/// What happened.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// Somebody looks at the app.
    AppHomeOpened {
        /// Who.
        user: String,
        /// `home`, or `messages`.
        #[serde(default)]
        tab: String,
    },
    /// Somebody named the bot.
    AppMention(Mention),
    /// Whatever else there may be.
    #[serde(other)]
    Other,
}

/// A message in which the bot is named.
#[derive(Debug, Deserialize)]
pub struct Mention {
    /// Who wrote it.
    pub user: Option<String>,
    /// Set where it was no person.
    pub bot_id: Option<String>,
    /// What they wrote.
    #[serde(default)]
    pub text: String,
    /// Where.
    pub channel: String,
    /// Which message of the channel it is.
    pub ts: String,
    /// The first message of its thread, if it stands in one.
    pub thread_ts: Option<String>,
}

/// Reads what came.
///
/// # Errors
/// What is missing.
pub fn read<T: serde::de::DeserializeOwned>(payload: &serde_json::Value) -> Result<T, String> {
    T::deserialize(payload).map_err(|error| error.to_string())
}
