//! Looks whether notices would arrive: who the bot is, what it may do, and whether it is where it should write.

use super::SlackChannel;
use super::fault::Fault;
use crate::channels::Finding;
use domain::text::clean_line;
use serde::Deserialize;
use tokio::time::Instant;

/// Longest name that is repeated, in bytes.
const NAME_BYTES_MAX: usize = 100;

#[derive(Deserialize)]
struct Ourselves {
    team: Option<String>,
    user: Option<String>,
}

#[derive(Deserialize)]
struct Info {
    channel: Conversation,
}

#[derive(Deserialize)]
struct Conversation {
    name: Option<String>,
    #[serde(default)]
    is_archived: bool,
    #[serde(default)]
    is_member: bool,
    #[serde(default)]
    is_private: bool,
}

// A scope, and what is not done without it.
struct Needed {
    scope: &'static str,
    // Any of these will do as well.
    or: &'static [&'static str],
    what: &'static str,
}

const WRITES: Needed = Needed { scope: "chat:write", or: &[], what: "nothing can be told" };
const FINDS: Needed = Needed {
    scope: "channels:history",
    or: &["groups:history"],
    what: "a notice may be told twice after a lost answer (in a private channel it is groups:history)",
};
const NAMES: Needed = Needed {
    scope: "channels:read",
    or: &["groups:read"],
    what: "the channel can't be looked at (a private one needs groups:read)",
};
const OPENS: Needed =
    Needed { scope: "im:write", or: &[], what: "a message to a person may be told twice after a lost answer" };
const RECALLS: Needed =
    Needed { scope: "im:history", or: &[], what: "a message to a person may be told twice after a lost answer" };

impl SlackChannel {
    /// What stands in the way of notices, and what does not.
    pub(super) async fn findings(&self, until: Instant) -> Vec<Finding> {
        let mut found = Vec::new();
        let scopes = match self.api.ask::<Ourselves>("auth.test", &[], until).await {
            Ok(answer) => {
                let word = |name: Option<String>| clean_line(&name.unwrap_or_default(), NAME_BYTES_MAX);
                let (user, team) = (word(answer.body.user), word(answer.body.team));
                found.push(Finding::Well(format!("logged in to the workspace {team} as {user}")));
                answer.scopes
            }
            Err(fault) => {
                let because = fault.words();
                found.push(Finding::Wrong(format!(
                    "{because}: the token is that of “OAuth & Permissions” of the app, xoxb-…; install the app to the workspace again if it was revoked"
                )));
                return found;
            }
        };
        let needed: &[Needed] =
            if self.channel.is_some() { &[WRITES, NAMES, FINDS] } else { &[WRITES, OPENS, RECALLS] };
        if let Some(scopes) = &scopes {
            found.extend(needed.iter().filter(|needed| !needed.is_in(scopes)).map(Needed::missing));
        }
        if let Some(channel) = &self.channel {
            found.push(self.look_at_channel(channel, until).await);
        }
        found
    }

    async fn look_at_channel(&self, channel: &str, until: Instant) -> Finding {
        let id = match self.channel_id(until).await {
            Ok(Some(id)) => id,
            Ok(None) => {
                return Finding::Wrong(format!(
                    "there is no channel #{channel} that the bot can see: look at its name, invite the bot if it is private, or write its id (“View channel details”, at the very bottom)"
                ));
            }
            Err(fault) => return unseen(channel, &fault),
        };
        let info: Info = match self.api.read("conversations.info", &[("channel", &id)], until).await {
            Ok(info) => info,
            Err(fault) => return unseen(channel, &fault),
        };
        let Conversation { name, is_archived, is_member, is_private } = info.channel;
        let name = clean_line(&name.unwrap_or(id), NAME_BYTES_MAX);
        if is_archived {
            return Finding::Wrong(format!("#{name} is archived: bring it back, or name another channel"));
        }
        if !is_member {
            return Finding::Wrong(format!("the bot is no member of #{name}: type `/invite @` and its name there"));
        }
        Finding::Well(format!("member of the {} channel #{name}", if is_private { "private" } else { "public" }))
    }
}

impl Needed {
    fn is_in(&self, scopes: &str) -> bool {
        scopes.split(',').map(str::trim).any(|scope| scope == self.scope || self.or.contains(&scope))
    }

    fn missing(&self) -> Finding {
        let Self { scope, what, .. } = self;
        Finding::Wrong(format!(
            "the scope {scope} is missing, so {what}: add it at api.slack.com/apps under “OAuth & Permissions”, then “Reinstall to Workspace”"
        ))
    }
}

fn unseen(channel: &str, fault: &Fault) -> Finding {
    Finding::Wrong(format!("the channel {channel} can't be looked at: {}", fault.words()))
}
