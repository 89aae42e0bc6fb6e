//! The command: a line, as everywhere; behind `declare` alone, a form.

use super::views::{self, Form};
use super::wire::{self, CommandSent};
use super::{Ack, SlackApp, Told, key};
use crate::config::SlackAppConfig;
use reqwest::Url;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::time::Instant;
use tracing::warn;

impl SlackApp {
    pub(super) async fn command(self: &Arc<Self>, payload: &Value, config: &SlackAppConfig) -> Ack {
        let CommandSent { user_id, text, trigger_id, response_url } = match wire::read(payload) {
            Ok(sent) => sent,
            Err(error) => return Ack::Unreadable(error),
        };
        let answer_at = response_url.as_deref().and_then(|url| url.parse::<Url>().ok());
        let (app, ours) = (self.clone(), config.clone());
        let work = async move {
            if text.trim().eq_ignore_ascii_case("declare")
                && let Some(trigger_id) = &trigger_id
            {
                return app.open(&user_id, trigger_id, Form::Declare { title: String::new() }, &ours).await;
            }
            let key = key(trigger_id.as_deref(), "command");
            app.say(&user_id, text, key, &ours).await
        };
        let (app, ours) = (self.clone(), config.clone());
        let later = async move |told: Told| app.answer(answer_at.as_ref(), &told.message(), &ours).await;
        match self.soon(work, later).await {
            // A form opened: that is the answer.
            Some(told) if told.text.is_empty() => Ack::Taken,
            Some(told) => Ack::With(told.message()),
            None => {
                Ack::With(json!({"response_type": "ephemeral", "text": "It takes a moment; the answer comes here."}))
            }
        }
    }

    /// Opens a form for somebody who may use it; nothing is said then.
    pub(super) async fn open(&self, user: &str, trigger_id: &str, form: Form, config: &SlackAppConfig) -> Told {
        if let Err(error) = self.who(user).await {
            return Told::refused(error.to_string());
        }
        let open = json!({"trigger_id": trigger_id, "view": views::modal(&form)});
        match self.call("views.open", &open, config).await {
            Ok(()) => Told::refused(String::new()),
            Err(because) => {
                warn!("no form in Slack: {because}");
                let line = form.line();
                Told::refused(format!("the form does not open ({because}); type `{} {line}`", config.command))
            }
        }
    }

    /// Calls a method of the Web API whose answer says nothing more.
    pub(super) async fn call(&self, method: &str, body: &Value, config: &SlackAppConfig) -> Result<(), String> {
        let until = Instant::now() + super::CALL_MAX;
        let called = self.api(config)?.post::<Value>(method, body, until).await;
        called.map(drop).map_err(|fault| fault.words().to_owned())
    }

    /// Answers at the address that came with a request.
    pub(super) async fn answer(&self, address: Option<&Url>, message: &Value, config: &SlackAppConfig) {
        let Some(address) = address else { return };
        let until = Instant::now() + super::CALL_MAX;
        let answered = match self.api(config) {
            Ok(api) => api.answer(address, message, until).await.map_err(|fault| fault.words().to_owned()),
            Err(because) => Err(because),
        };
        if let Err(because) = answered {
            warn!("an answer in Slack got lost: {because}");
        }
    }
}
