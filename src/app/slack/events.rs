//! What happens in Slack without anybody pressing anything of ours: the bot is mentioned, its home is opened.

use super::wire::{self, Event, EventSent};
use super::{Ack, SlackApp};
use crate::config::SlackAppConfig;
use serde_json::{Value, json};
use std::sync::Arc;

impl SlackApp {
    pub(super) async fn event(self: &Arc<Self>, payload: &Value, config: &SlackAppConfig) -> Ack {
        match wire::read(payload) {
            Err(error) => Ack::Unreadable(error),
            Ok(EventSent::UrlVerification { challenge }) => Ack::With(json!({"challenge": challenge})),
            Ok(EventSent::EventCallback { event: Event::AppMention(mention), event_id, authorizations }) => {
                let ours = authorizations.into_iter().find(|one| one.is_bot).and_then(|one| one.user_id);
                self.mentioned(mention, &event_id, ours, config).await;
                Ack::Taken
            }
            Ok(EventSent::EventCallback { event: Event::AppHomeOpened { user, tab }, .. }) if tab != "messages" => {
                let (app, config) = (self.clone(), config.clone());
                // It can be opened again.
                let _ = self.tasks.spawn(async move { app.show_home(&user, &config).await });
                Ack::Taken
            }
            Ok(_) => Ack::Taken,
        }
    }
}
