//! Somebody names the bot: what stands right behind its name is a line, as behind the command; in the thread of an incident, about
//! that one. Slack has no commands in threads.

use super::wire::Mention;
use super::{Heard, SlackApp, Told, key};
use crate::app::desk::Outcome;
use crate::config::SlackAppConfig;
use crate::store::{IncidentFilter, StoreError};
use domain::directory::Directory;
use domain::ids::IncidentId;
use domain::verbs::parse::reference;
use domain::verbs::{Misunderstood, Spelling, help};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::Instant;
use tracing::warn;

/// Incidents whose threads are looked through, of those that are open and of those that are over.
const LOOKED_THROUGH_MAX: usize = 200;

/// Most events that are remembered: Slack repeats one within an hour, and a person does not mention us so often.
const REMEMBERED_MAX: usize = 1_000;

/// Events that were taken, the newest last. What is forgotten here is still done once: commands have keys of their own.
#[derive(Default)]
pub struct Repeated(Mutex<VecDeque<String>>);

impl Repeated {
    /// Whether it comes for the first time.
    fn is_new(&self, event_id: &str) -> bool {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if event_id.is_empty() {
            return true;
        }
        if taken.iter().any(|known| known == event_id) {
            return false;
        }
        if taken.len() >= REMEMBERED_MAX {
            taken.pop_front();
        }
        taken.push_back(event_id.to_owned());
        true
    }
}

impl SlackApp {
    /// Does what it says before Slack is told that it came, if that takes no longer than Slack waits; the answer follows.
    pub(super) async fn mentioned(
        self: &Arc<Self>,
        mention: Mention,
        event_id: &str,
        ours: Option<String>,
        config: &SlackAppConfig,
    ) {
        // Another program, or we ourselves: two that answer each other never stop.
        let person = mention.bot_id.as_ref().is_none_or(String::is_empty) && mention.user.is_some();
        if !person || mention.user == ours || !self.mentions.is_new(event_id) {
            return;
        }
        let mention = Arc::new(mention);
        let answer = {
            let (app, mention, config) = (self.clone(), mention.clone(), config.clone());
            async move |told: Told| app.answer_mention(&mention, &told, &config).await
        };
        let (app, config, later) = (self.clone(), config.clone(), answer.clone());
        let work = async move { app.do_mentioned(&mention, ours.as_deref(), &config).await };
        if let Some(told) = self.soon(work, later).await
            && self.tasks.spawn(async move { answer(told).await }).is_err()
        {
            warn!("an answer in Slack got lost: too much goes on already");
        }
    }

    async fn answer_mention(&self, mention: &Mention, told: &Told, config: &SlackAppConfig) {
        let below = mention.thread_ts.as_deref().unwrap_or(&mention.ts);
        let mut answer = json!({
            "channel": mention.channel, "thread_ts": below, "text": told.mrkdwn(), "link_names": false, "parse": "none",
        });
        let method = if told.everyone {
            (answer["unfurl_links"], answer["unfurl_media"]) = (json!(false), json!(false));
            "chat.postMessage"
        } else {
            answer["user"] = json!(mention.user);
            "chat.postEphemeral"
        };
        if let Err(because) = self.call(method, &answer, config).await {
            warn!("an answer in Slack got lost: {because}");
        }
    }

    async fn do_mentioned(&self, mention: &Mention, ours: Option<&str>, config: &SlackAppConfig) -> Told {
        let user = mention.user.as_deref().unwrap_or_default();
        let help = help::all(&Spelling::chat(&config.command));
        let Some(line) = behind_name(&mention.text, ours) else {
            return Told::refused(match self.who(user).await {
                Ok(_) => format!("I do what stands right behind my name.\n{help}"),
                Err(error) => error.to_string(),
            });
        };
        let heard = match self.in_thread(mention, line, ours, config).await {
            Ok(heard) => heard,
            Err(error) => return Told::refused(format!("not now, try again in a minute: {error}")),
        };
        let thread = heard.thread;
        match self.hear(user, heard, config).await {
            Err(because) => Told::refused(because),
            Ok(mut answered) => {
                if let Outcome::AskedBack(Misunderstood::Verb { .. } | Misunderstood::Foreign { .. }) = answered.outcome
                {
                    answered.text = format!("{}\n{help}", answered.text);
                }
                let told = self.told(answered);
                // In its own thread everyone reads of it anyway.
                let is_of_thread = told.page.as_ref().is_some_and(|(incident, _)| thread == Some(*incident));
                Told { everyone: told.everyone && !is_of_thread, ..told }
            }
        }
    }

    async fn in_thread(
        &self,
        mention: &Mention,
        line: &str,
        ours: Option<&str>,
        config: &SlackAppConfig,
    ) -> Result<Heard, StoreError> {
        let line = plain(line, &self.store.people().directory().await?);
        let thread = match &mention.thread_ts {
            Some(ts) => self.incident_of(&mention.channel, ts, ours, config).await?,
            None => None,
        };
        // An edit of the message is the same one: what it said first was done.
        let key = key(Some(&format!("{}:{}", mention.channel, mention.ts)), "mention");
        Ok(Heard { line, thread, key })
    }

    // The incident that a thread is about: one of those we remember, or, where the thread goes on below a second message,
    // what that one says.
    async fn incident_of(
        &self,
        channel: &str,
        ts: &str,
        ours: Option<&str>,
        config: &SlackAppConfig,
    ) -> Result<Option<IncidentId>, StoreError> {
        let place = format!("{channel}:{ts}");
        for open in [true, false] {
            let filter = IncidentFilter { open: Some(open), max: LOOKED_THROUGH_MAX, ..IncidentFilter::default() };
            let incidents = self.store.incidents(filter).await?;
            if let Some(found) = incidents.iter().find(|incident| incident.threads.values().any(|at| *at == place)) {
                return Ok(Some(found.id));
            }
        }
        let Ok(api) = self.api(config) else { return Ok(None) };
        let arguments = [("channel", channel), ("ts", ts), ("limit", "1"), ("include_all_metadata", "true")];
        let answered = api.read::<Value>("conversations.replies", &arguments, Instant::now() + super::CALL_MAX).await;
        let Ok(answer) = answered else { return Ok(None) };
        let first = &answer["messages"][0];
        let is_ours =
            ours.is_none_or(|ours| first["user"] == ours) && first["metadata"]["event_type"] == "earlybell_notice";
        let named = first["metadata"]["event_payload"]["incident"].as_str().filter(|_| is_ours);
        Ok(named.and_then(reference))
    }
}

/// What stands right behind the name of the bot, if the message begins with that.
fn behind_name<'a>(text: &'a str, ours: Option<&str>) -> Option<&'a str> {
    let (name, rest) = text.trim_start().strip_prefix("<@")?.split_once('>')?;
    let id = name.split('|').next().unwrap_or(name);
    let is_ours = ours.is_none_or(|ours| id == ours);
    is_ours.then(|| rest.trim_start_matches([':', ',']).trim())
}

/// What people wrote, without Slack's marks: people by their names here, the rest as it is read.
fn plain(text: &str, directory: &Directory) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, marked)) = rest.split_once('<') {
        plain.push_str(before);
        let Some((mark, after)) = marked.split_once('>') else {
            plain.push('<');
            rest = marked;
            break;
        };
        let (what, label) = mark.split_once('|').map_or((mark, None), |(what, label)| (what, Some(label)));
        let person = |id: &str| directory.people.iter().find(|person| person.slack.as_deref() == Some(id));
        match (what.split_at_checked(1), label) {
            (Some(("@", id)), label) => {
                let name = person(id).map_or(label.unwrap_or(id), |person| person.name.as_str());
                plain.push_str(&format!("@{name}"));
            }
            (Some(("#", id)), label) => plain.push_str(&format!("#{}", label.unwrap_or(id))),
            (Some(("!", _)), Some(label)) => plain.push_str(label),
            (Some(("!", word)), None) => plain.push_str(&format!("@{word}")),
            // An address as it is; of mail what is read.
            (_, Some(label)) if what.starts_with("mailto:") => plain.push_str(label),
            _ => plain.push_str(what),
        }
        rest = after;
    }
    plain.push_str(rest);
    plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::directory::Person;

    #[test]
    fn only_what_stands_right_behind_the_name_is_a_line() {
        for (text, line) in [
            ("<@U0BOT> take", Some("take")),
            ("  <@U0BOT|earlybell>: take operations ", Some("take operations")),
            ("<@U0BOT>", Some("")),
            ("hey <@U0BOT> take", None),
            ("take a look, <@U0BOT>", None),
            ("<@U0OTHER> take over from <@U0BOT>", None),
            ("<@U0BOT", None),
            ("", None),
        ] {
            assert_eq!(behind_name(text, Some("U0BOT")), line, "{text}");
        }
        assert_eq!(behind_name("<@U0WHO> take", None), Some("take"));
    }

    #[test]
    fn marks_of_slack_become_what_people_read() {
        let carla = Person { name: "carla".to_owned(), slack: Some("U0CARLA".to_owned()), ..Person::default() };
        let directory = Directory { people: vec![carla], ..Directory::default() };
        for (text, read) in [
            ("assign operations <@U0CARLA>", "assign operations @carla"),
            ("note <@U0X> and <@U0Y|yan> know", "note @U0X and @yan know"),
            ("note in <#C0123|ops> or <#C0124>", "note in #ops or #C0124"),
            ("note <!here> <!subteam^S1|@ops> <!date^1^{date}|today>", "note @here @ops today"),
            (
                "note <https://a.example/?x=1&amp;y=2|a.example> &lt;b&gt; &amp;lt;",
                "note https://a.example/?x=1&y=2 <b> &lt;",
            ),
            ("note <mailto:a@b.example|a@b.example> 1 < 2", "note a@b.example 1 < 2"),
            ("note <> é<", "note  é<"),
        ] {
            assert_eq!(plain(text, &directory), read, "{text}");
        }
    }

    #[test]
    fn an_event_is_new_once() {
        let events = Repeated::default();
        assert!(events.is_new("Ev1") && !events.is_new("Ev1") && events.is_new("Ev2"));
        assert!(events.is_new("") && events.is_new(""));
        for event in 0..REMEMBERED_MAX {
            assert!(events.is_new(&format!("Ev-{event}")));
        }
        assert!(events.is_new("Ev1"));
    }
}
