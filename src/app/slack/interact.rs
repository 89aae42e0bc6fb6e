//! Buttons, forms and shortcuts.

use super::views::{self, Form};
use super::wire::{self, Action, Interaction, View};
use super::{Ack, SlackApp, Told, key};
use crate::config::SlackAppConfig;
use domain::ids::IncidentId;
use domain::incident::roles::MANAGER;
use domain::notice::buttons::Button;
use domain::text::clean_line;
use domain::verbs::{Spelling, Verb};
use reqwest::Url;
use serde_json::{Value, json};
use std::sync::Arc;
use tracing::warn;

/// Longest sentence beside a field of a form, in bytes.
const HINT_BYTES_MAX: usize = 1_000;

// Somebody pressed something, and what came with it.
struct Pressed {
    user: String,
    trigger_id: Option<String>,
    answer_at: Option<Url>,
}

// What comes of it.
enum Deed {
    Say(String),
    Open(Form),
}

impl SlackApp {
    pub(super) async fn interaction(self: &Arc<Self>, payload: &Value, config: &SlackAppConfig) -> Ack {
        match wire::read(payload) {
            Err(error) => Ack::Unreadable(error),
            Ok(Interaction::BlockActions { user, trigger_id, response_url, actions }) => {
                let answer_at = response_url.as_deref().and_then(|url| url.parse().ok());
                if let Some(action) = actions.into_iter().next() {
                    self.pressed(Pressed { user: user.id, trigger_id, answer_at }, &action, config);
                }
                Ack::Taken
            }
            Ok(Interaction::ViewSubmission { user, view }) => self.filled(user.id, view, config).await,
            Ok(Interaction::Shortcut { callback_id, user, trigger_id }) => {
                self.shortcut(
                    &callback_id,
                    String::new(),
                    Pressed { user: user.id, trigger_id, answer_at: None },
                    config,
                );
                Ack::Taken
            }
            Ok(Interaction::MessageAction { callback_id, user, trigger_id, message }) => {
                let pressed = Pressed { user: user.id, trigger_id, answer_at: None };
                self.shortcut(&callback_id, message.text, pressed, config);
                Ack::Taken
            }
            Ok(Interaction::Other) => Ack::Taken,
        }
    }

    // What a button does is told to whoever pressed it, beside the message.
    fn pressed(self: &Arc<Self>, pressed: Pressed, action: &Action, config: &SlackAppConfig) {
        let incident = action.value.as_deref().and_then(|value| value.parse().ok()).map(IncidentId);
        match (Button::parse(&action.action_id), incident) {
            (Some(Button::Take), Some(incident)) => {
                let line = Spelling::chat(&config.command).line(Verb::Take, Some(incident), MANAGER);
                self.beside(Deed::Say(line), pressed, config);
            }
            (Some(Button::CallOff), Some(incident)) => {
                self.beside(Deed::Open(Form::CallOff(incident)), pressed, config)
            }
            // A button with an address has been followed already.
            (Some(Button::Open), _) | (Some(_), None) => {}
            (None, _) => self.shortcut(&action.action_id, String::new(), pressed, config),
        }
    }

    fn shortcut(self: &Arc<Self>, word: &str, title: String, pressed: Pressed, config: &SlackAppConfig) {
        let form = Form::Declare { title };
        if word == form.word() {
            self.beside(Deed::Open(form), pressed, config);
        }
    }

    fn beside(self: &Arc<Self>, deed: Deed, pressed: Pressed, config: &SlackAppConfig) {
        let (app, config) = (self.clone(), config.clone());
        let begun = self.tasks.spawn(async move {
            let told = match (deed, &pressed.trigger_id) {
                (Deed::Say(line), trigger_id) => {
                    app.say(&pressed.user, line, key(trigger_id.as_deref(), "button"), &config).await
                }
                (Deed::Open(form), Some(trigger_id)) => app.open(&pressed.user, trigger_id, form, &config).await,
                (Deed::Open(_), None) => return,
            };
            if !told.text.is_empty() {
                app.whisper(&pressed, &told, &config).await;
            }
        });
        if begun.is_err() {
            warn!("what was pressed in Slack is left: too much goes on already");
        }
    }

    // Beside the message, or, where there is none, in the conversation with the bot.
    async fn whisper(&self, pressed: &Pressed, told: &Told, config: &SlackAppConfig) {
        if pressed.answer_at.is_some() {
            return self.answer(pressed.answer_at.as_ref(), &told.aside(), config).await;
        }
        let Some(trigger_id) = &pressed.trigger_id else { return };
        let open = json!({"trigger_id": trigger_id, "view": views::told(&told.mrkdwn())});
        if let Err(because) = self.call("views.open", &open, config).await {
            warn!("an answer in Slack got lost: {because}");
        }
    }

    async fn filled(self: &Arc<Self>, user: String, view: View, config: &SlackAppConfig) -> Ack {
        let incident = view.private_metadata.parse().ok().map(IncidentId);
        let form = match (view.callback_id.as_str(), incident) {
            ("declare", _) => Form::Declare { title: String::new() },
            ("calloff", Some(incident)) => Form::CallOff(incident),
            _ => return Ack::Taken,
        };
        let line = form.filled(|name| view.state.field(name).map(str::to_owned));
        // With its words: a form that was refused may be sent again with others.
        let words = ring::digest::digest(&ring::digest::SHA256, line.as_bytes());
        let words: String = words.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let key = key(view.id.as_deref(), "form").map(|key| format!("{key}/{words}"));
        let (app, ours) = (self.clone(), config.clone());
        let work = async move { app.say(&user, line, key, &ours).await };
        let (app, ours) = (self.clone(), config.clone());
        let later = async move |told: Told| {
            let update = json!({"view_id": view.id, "view": views::told(&told.mrkdwn())});
            if let Err(because) = app.call("views.update", &update, &ours).await {
                warn!("an answer in Slack got lost: {because}");
            }
        };
        Ack::With(match self.soon(work, later).await {
            Some(told) if told.done => json!({"response_action": "update", "view": views::told(&told.mrkdwn())}),
            // What is wrong stands at the field, and nothing that was written is lost.
            Some(told) => {
                let hint = clean_line(&told.text, HINT_BYTES_MAX);
                json!({"response_action": "errors", "errors": {form.field(): hint}})
            }
            None => {
                json!({"response_action": "update", "view": views::told("It takes a moment; the answer comes here.")})
            }
        })
    }
}
