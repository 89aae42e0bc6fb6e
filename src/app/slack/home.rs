//! The home of the app: what is open now, a way to declare, a way to our pages.

use super::SlackApp;
use crate::config::SlackAppConfig;
use crate::store::{IncidentFilter, StoreError};
use domain::incident::Incident;
use domain::notice::buttons::Button;
use domain::notice::escape::mrkdwn;
use domain::notice::phrase::{incident_url, lasted, stage};
use domain::text::clean_line;
use serde_json::{Value, json};
use tracing::warn;

/// Most incidents shown.
const SHOWN_MAX: usize = 20;

/// Longest title shown, in bytes.
const TITLE_BYTES_MAX: usize = 300;

impl SlackApp {
    pub(super) async fn show_home(&self, user: &str, config: &SlackAppConfig) {
        let blocks = match self.who(user).await {
            // Who we don't know sees what everybody may see there: how to be known.
            Err(error) => vec![section(&mrkdwn(&error.to_string()))],
            Ok(_) => match self.home().await {
                Ok(blocks) => blocks,
                Err(error) => vec![section(&mrkdwn(&format!("not now, try again in a minute: {error}")))],
            },
        };
        let publish = json!({"user_id": user, "view": {"type": "home", "blocks": blocks}});
        if let Err(because) = self.call("views.publish", &publish, config).await {
            warn!("the home in Slack is not shown: {because}");
        }
    }

    async fn home(&self) -> Result<Vec<Value>, StoreError> {
        let open = IncidentFilter { open: Some(true), max: SHOWN_MAX + 1, ..IncidentFilter::default() };
        let open = self.store.incidents(open).await?;
        let url = self.config.load().policy.external_url.clone();
        let title = match open.len() {
            0 => "No incident is open".to_owned(),
            1 => "One incident is open".to_owned(),
            more if more > SHOWN_MAX => format!("More than {SHOWN_MAX} incidents are open"),
            more => format!("{more} incidents are open"),
        };
        let mut blocks = vec![json!({"type": "header", "text": {"type": "plain_text", "text": title}})];
        blocks.extend(open.iter().take(SHOWN_MAX).map(|incident| self.row(incident, &url)));
        let button = |id: &str, label: &str| json!({"type": "button", "action_id": id, "text": {"type": "plain_text", "text": label}});
        let mut all = button(Button::Open.word(), "All incidents");
        all["url"] = json!(format!("{url}/"));
        blocks.push(json!({"type": "actions", "elements": [button("declare", "Declare an incident"), all]}));
        Ok(blocks)
    }

    fn row(&self, incident: &Incident, url: &str) -> Value {
        let now = self.clock.now();
        let lead =
            incident.roles.manager().map_or_else(|| "nobody leads it".to_owned(), |name| format!("led by {name}"));
        let drill = if incident.drill { "DRILL, " } else { "" };
        let facts =
            format!("{drill}{}, {}, {}; {lead}", stage(&incident.stage), incident.severity, lasted(incident, now));
        let title = clean_line(&incident.title, TITLE_BYTES_MAX);
        let link = incident_url(url, incident.id);
        section(&format!("*<{link}|{}>* {}\n{}", incident.name(), mrkdwn(&title), mrkdwn(&facts)))
    }
}

fn section(text: &str) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}})
}
