//! IRC: `!incident …` and `!note …` in our channels go to the desk, and talk, where it is kept, to the timeline. Lines are taken
//! one after the other: what somebody types first is done first.

use super::pace::{COMMAND_EVERY, COMMANDS_BURST, May, Paces, TALK_BURST};
use crate::app::desk::{Answered, Desk, Said, To, Words};
use crate::app::inbox::Inbox;
use crate::app::speakers::{Account, Speaker, Speakers};
use crate::channels::irc::heard::{self, COMMAND, Heard, HeardOn};
use crate::channels::irc::job::Answer;
use crate::channels::irc::{CAPTURED, Networks};
use crate::clock::Clock;
use crate::config::Config;
use crate::store::{IncidentFilter, InputKind, Store};
use arc_swap::ArcSwap;
use chrono::{DateTime, TimeDelta, Utc};
use domain::access::Role;
use domain::ids::IncidentId;
use domain::incident::{Act, Actor, Command, Incident, Surface};
use domain::text::clean_line;
use domain::verbs::Spelling;
use std::sync::Arc;
use tokio::sync::mpsc;
use tracing::{error, warn};

/// Lines of one answer; the pages have more.
pub const ANSWER_LINES_MAX: usize = 12;

/// A line that a server, or what stands before it, says again later is no command any more.
const LATE: TimeDelta = TimeDelta::minutes(2);

/// Open incidents that are looked at to find those of a channel.
const OPEN_MAX: usize = 200;

/// Longest nick that is repeated, in bytes.
const NICK_BYTES_MAX: usize = 64;

/// Hears what is said, and answers.
pub struct IrcListener {
    parts: IrcParts,
    commands: Paces,
    talk: Paces,
}

/// What it needs.
pub struct IrcParts {
    /// Who answers.
    pub desk: Desk,
    /// Who speaks.
    pub speakers: Speakers,
    /// Which incidents are open.
    pub store: Arc<dyn Store>,
    /// Where talk goes.
    pub inbox: Arc<Inbox>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where pages are.
    pub config: Arc<ArcSwap<Config>>,
    /// Which channels know that their talk is kept.
    pub networks: Networks,
}

impl IrcListener {
    /// Made of these.
    pub fn new(parts: IrcParts) -> Self {
        let commands = Paces::new(COMMANDS_BURST, COMMAND_EVERY);
        Self { parts, commands, talk: Paces::new(TALK_BURST, TimeDelta::seconds(1)) }
    }

    /// Hears until nobody can say anything any more.
    pub async fn run(mut self, mut heard: mpsc::Receiver<HeardOn>) {
        while let Some(on) = heard.recv().await {
            self.hear(on).await;
        }
    }

    /// One line.
    pub async fn hear(&mut self, on: HeardOn) {
        let now = self.parts.clock.now();
        if is_late(on.heard.time.as_deref(), now) {
            return;
        }
        match on.heard.said {
            heard::Said::Talk => self.keep(&on, now).await,
            heard::Said::Command | heard::Said::Note => {
                if let Some(answer) = self.answer(&on, now).await {
                    // Who answers is a task of its own; a connection that is gone, or full, has nobody to tell.
                    if on.answers.try_send(answer).is_err() {
                        warn!(network = %on.network, "an answer to {} could not be given", on.heard.nick);
                    }
                }
            }
        }
    }

    async fn answer(&mut self, on: &HeardOn, now: DateTime<Utc>) -> Option<Answer> {
        let heard = &on.heard;
        let to_speaker = |text: &str| Some(Answer { to: heard.nick.clone(), lines: vec![text.to_owned()] });
        let who = heard.account.as_ref().unwrap_or(&heard.nick);
        match self.commands.speak(&format!("{} {}", on.network, who.to_lowercase()), now) {
            May::Speak => {}
            May::Wait => {
                let seconds = COMMAND_EVERY.num_seconds();
                return to_speaker(&format!("that is too fast for me: one command every {seconds} seconds, please"));
            }
            May::Ignored => return None,
        }
        let Some(account) = &heard.account else {
            return to_speaker(
                "I listen to people who are logged in to services, since a nick can be anybody's: \
                 `/msg NickServ IDENTIFY your-account your-password`, and say it again",
            );
        };
        let speaker = match self.parts.speakers.who(Account::Irc(account)).await {
            Ok(speaker) => speaker,
            Err(not_heard) => return to_speaker(&not_heard.to_string()),
        };
        let said = self.said(on, speaker).await;
        match self.parts.desk.answer(said).await {
            Ok(answered) => Some(self.written(heard, answered)),
            Err(problem) => {
                error!(nick = %heard.nick, "no answer to a command on IRC: {problem}");
                to_speaker(&problem.to_string())
            }
        }
    }

    async fn said(&self, on: &HeardOn, speaker: Speaker) -> Said {
        let heard = &on.heard;
        let line = match heard.said {
            heard::Said::Note => format!("note {}", heard.text),
            heard::Said::Command | heard::Said::Talk => heard.text.clone(),
        };
        // Where one incident of this channel is open, it is meant; with more of them, the number says which.
        let here = self.open_here(&heard.receivers).await;
        let thread = if let [only] = here.as_slice() { Some(only.id) } else { None };
        Said {
            words: Words::Line(line),
            actor: Actor::person(&speaker.name, Surface::Irc),
            access: speaker.access,
            thread,
            spelling: Spelling::chat(COMMAND),
            key: heard.id.as_ref().map(|id| key(&on.network, id, None)),
        }
    }

    fn written(&self, heard: &Heard, answered: Answered) -> Answer {
        let to = match (&heard.channel, answered.to) {
            // A note is for the timeline; the channel has read it already.
            (Some(channel), To::Everyone) if heard.said == heard::Said::Command => channel.clone(),
            _ => heard.nick.clone(),
        };
        let mut lines: Vec<String> =
            answered.text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
        // It says `you`: whoever else reads it should know to whom.
        if to != heard.nick
            && let Some(first) = lines.first_mut()
        {
            first.insert_str(0, &format!("{}: ", heard.nick));
        }
        if lines.len() > ANSWER_LINES_MAX {
            lines.truncate(ANSWER_LINES_MAX);
            let url = self.parts.config.load().policy.external_url.trim_end_matches('/').to_owned();
            lines.push(format!("… and more: {url}/"));
        }
        Answer { to, lines }
    }

    // Every open incident that was told to this channel gets it, as a note for the team.
    async fn keep(&mut self, on: &HeardOn, now: DateTime<Utc>) {
        let heard = &on.heard;
        let open = self.open_here(&heard.receivers).await;
        if open.is_empty() || heard.text.is_empty() {
            return;
        }
        let channel = heard.channel.as_deref().unwrap_or_default();
        // Its notice says so; but not where it is kept only since then, or since a restart. What was said before is not kept.
        let told = |incident: &Incident| self.parts.networks.announce(&on.network, channel, incident.id);
        if open.iter().filter(|incident| told(incident)).count() > 0 {
            let answer = Answer { to: channel.to_owned(), lines: vec![CAPTURED.to_owned()] };
            if on.answers.try_send(answer).is_err() {
                warn!(network = %on.network, "{channel} could not be told that its talk is kept");
            }
            return;
        }
        match self.talk.speak(&format!("{} {channel}", on.network), now) {
            May::Speak => {}
            May::Wait => {
                warn!(network = %on.network, "so much is said in {channel} that not all of it is kept");
                return;
            }
            May::Ignored => return,
        }
        let actor = Actor::person(&self.name_of(heard).await, Surface::Irc);
        for incident in open {
            let act = Act::Note { text: heard.text.clone() };
            let key = heard.id.as_ref().map(|id| key(&on.network, id, Some(incident.id)));
            // That it is kept was announced, and decided by whoever configured it: nobody needs a right to talk.
            let command =
                Command { actor: actor.clone(), access: Role::Responder, key, incident: Some(incident.id), act };
            let body = serde_json::to_vec(&command).unwrap_or_default();
            if let Err(problem) = self.parts.inbox.append(InputKind::Command, "", body).await {
                error!(incident.id = %incident.id, "{}: what was said in {channel} is not kept: {problem}", incident.id);
            }
        }
    }

    // Whom we know is called by their name; anybody else by a nick that can't be taken for one.
    async fn name_of(&self, heard: &Heard) -> String {
        if let Some(account) = &heard.account
            && let Ok(speaker) = self.parts.speakers.who(Account::Irc(account)).await
        {
            return speaker.name;
        }
        format!("{} (on IRC)", clean_line(&heard.nick, NICK_BYTES_MAX))
    }

    async fn open_here(&self, receivers: &[String]) -> Vec<Incident> {
        let filter = IncidentFilter { open: Some(true), max: OPEN_MAX, ..IncidentFilter::default() };
        let mut open = match self.parts.store.incidents(filter).await {
            Ok(open) => open,
            Err(problem) => {
                error!("can't look for open incidents: {problem}");
                return Vec::new();
            }
        };
        let config = self.parts.config.load();
        let public = |name: &String| config.policy.receivers.iter().any(|spec| spec.name == *name && spec.public);
        // Of what is suspected only, the public has not heard.
        let here = |incident: &Incident, name: &String| {
            receivers.contains(name) && (incident.public_from.is_some() || !public(name))
        };
        open.retain(|incident| incident.receivers.iter().any(|name| here(incident, name)));
        open
    }
}

// A line has one key, and one for each incident whose timeline gets it.
fn key(network: &str, id: &str, incident: Option<IncidentId>) -> String {
    let incident = incident.map(|incident| format!(".{incident}")).unwrap_or_default();
    clean_line(&format!("irc.{network}.{id}{incident}"), KEY_BYTES_MAX)
}

const KEY_BYTES_MAX: usize = 200;

fn is_late(time: Option<&str>, now: DateTime<Utc>) -> bool {
    let said = time.and_then(|time| DateTime::parse_from_rfc3339(time).ok());
    said.is_some_and(|said| now - said.to_utc() > LATE)
}
