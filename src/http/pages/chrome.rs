//! What stands around every page: where we are, who reads, and what is wrong with Earlybell itself.

use super::render::render;
use crate::http::auth::{Identity, Reader, Via, Visitor};
use crate::http::error::Failure;
use crate::http::login::next::LocalPath;
use crate::http::site::Site;
use crate::metrics::{Metrics, VERSION};
use crate::store::{Figures, Held, Role};
use chrono::{DateTime, Utc};
use domain::delivery::breaker::Standing;
use domain::text::counted;
use serde::Serialize;
use std::sync::Arc;

// A running engine is behind by what came in the last moments; more is worth a word.
const BEHIND_INPUTS_MAX: u64 = 1_000;

/// What every page shows.
#[derive(Serialize)]
pub struct Chrome {
    // Path in front of every link, when a proxy serves us below one.
    prefix: String,
    title: String,
    version: &'static str,
    team: bool,
    // Whether they may do more than read.
    writes: bool,
    who: Option<Who>,
    // What every form on the page carries in its hidden field `csrf`.
    csrf: Option<Arc<str>>,
    // What the page to sign in on is told, so that people come back to this one.
    sign_in: String,
    now: DateTime<Utc>,
    banners: Vec<Banner>,
}

// Who reads.
#[derive(Serialize)]
struct Who {
    name: Arc<str>,
    role: &'static str,
    // Whether there is a session that can be ended.
    session: bool,
}

/// Something wrong with Earlybell itself, and where to look.
#[derive(Serialize)]
pub struct Banner {
    text: String,
    link: Option<&'static str>,
}

impl Chrome {
    /// For a page of this title.
    pub fn new(site: &Site, visitor: &Visitor, title: impl Into<String>) -> Self {
        Self {
            prefix: site.prefix(),
            title: title.into(),
            version: VERSION,
            team: visitor.reader() == Reader::Team,
            writes: visitor.who.as_ref().is_some_and(|who| who.role >= Role::Responder),
            who: visitor.who.as_ref().and_then(who),
            csrf: visitor.who.as_ref().and_then(|who| who.csrf.clone()),
            sign_in: sign_in(&visitor.path),
            now: site.now(),
            banners: Vec::new(),
        }
    }

    /// The same with what the team should know about Earlybell itself.
    pub async fn with_banners(mut self, site: &Site) -> Result<Self, Failure> {
        if self.team {
            let figures = site.parts.store.figures(self.now).await?;
            self.banners = banners(&figures, &site.parts.metrics);
            let standings = site.parts.deliveries.as_ref().map(|deliveries| deliveries.standings());
            self.banners.extend(standings.iter().flatten().filter_map(|(name, standing)| unheard(name, *standing)));
        }
        Ok(self)
    }

    /// The same with a word if nothing is sent: where people act, they should know that nobody hears of it.
    pub async fn with_held(mut self, site: &Site) -> Result<Self, Failure> {
        if self.team
            && let Some(held) = site.parts.store.holding().held().await?
        {
            self.banners.push(Banner { text: held_text(&held), link: Some("/deliveries") });
        }
        Ok(self)
    }
}

/// The page for a refusal.
pub fn problem(site: &Site, visitor: &Visitor, status: u16, text: &str) -> Result<String, Failure> {
    let chrome = Chrome::new(site, visitor, status.to_string());
    render("problem.html", &chrome, &serde_json::json!({"status": status, "text": text}))
}

fn sign_in(path: &str) -> String {
    if path.starts_with("/login") { String::new() } else { LocalPath::parse(path).query() }
}

// Nobody is anybody on an open server.
fn who(identity: &Identity) -> Option<Who> {
    let role = identity.role.word();
    let session = identity.via == Via::Session;
    (identity.via != Via::Open).then(|| Who { name: identity.name.clone(), role, session })
}

fn banners(figures: &Figures, metrics: &Metrics) -> Vec<Banner> {
    let mut banners = Vec::new();
    let mut banner = |text: String, link| banners.push(Banner { text, link });
    if let Some(because) = &figures.refuses {
        banner(format!("Nothing new can be taken, {because}. Whoever sends alerts is told to send them again."), None);
    }
    if let Some(held) = &figures.held {
        banner(held_text(held), Some("/deliveries"));
    }
    if !metrics.policy_is_in_force() {
        banner(
            "Alerts are kept, but not judged by the newest rules: this version can't use them. The log says why."
                .into(),
            None,
        );
    }
    if !metrics.config_is_current() {
        banner(
            "The configuration as it stands on disk was refused; the one before is in force. The log says why.".into(),
            None,
        );
    }
    let behind = figures.last_input.0.saturating_sub(figures.position.0);
    if behind > BEHIND_INPUTS_MAX {
        banner(format!("{behind} inputs are kept, but not decided yet: what you see here is behind."), None);
    }
    let dead: u64 = figures.dead.iter().map(|(_, count)| count).sum();
    if dead > 0 {
        banner(format!("{} could not be delivered.", counted(dead, "notice")), Some("/deliveries"));
    }
    if figures.quarantined > 0 {
        let requests = counted(figures.quarantined, "request");
        let text = format!("{requests} with alerts could not be understood.");
        banner(text, Some("/quarantine"));
    }
    banners
}

// A receiver that takes nothing now.
fn unheard(name: &str, standing: Standing) -> Option<Banner> {
    let text = match standing {
        Standing::Well => return None,
        Standing::Unreachable(_) => format!("{name} is not reached: its notices wait."),
        Standing::Misconfigured(_) => format!("{name} takes no notice until its configuration is mended."),
    };
    Some(Banner { text, link: Some("/receivers") })
}

fn held_text(held: &Held) -> String {
    let backup = held.backup_at.format("%Y-%m-%d %H:%M");
    let waiting = counted(held.before + held.since, "notice");
    format!(
        "Nothing is sent: this instance was restored from a backup of {backup} UTC. {waiting} held, until an admin \
         releases them."
    )
}

#[cfg(test)]
mod tests {
    use super::banners;
    use crate::app::engine_loop::Decided;
    use crate::config::{self, Named, Overrides};
    use crate::metrics::Metrics;
    use crate::store::Figures;
    use chrono::DateTime;
    use domain::engine::Changes;
    use domain::ids::InputSeq;
    use std::path::Path;

    #[test]
    fn says_what_is_wrong_with_itself() {
        let metrics = Metrics::new().unwrap();
        let file = Named { name: "earlybell.yml".to_owned(), content: String::new() };
        let config = config::parse(&file, Path::new(""), &Overrides::default()).unwrap();
        metrics.config_loaded(&config, DateTime::UNIX_EPOCH);
        assert_eq!(banners(&Figures::default(), &metrics).len(), 0);
        metrics.config_refused();
        metrics.decided(&Decided {
            changes: &Changes::default(),
            inputs: &[],
            now: DateTime::UNIX_EPOCH,
            policy_refused: Some("old.yml: …"),
        });
        let figures = Figures {
            last_input: InputSeq(5_000),
            dead: vec![("list".to_owned(), 2), ("team".to_owned(), 1)],
            quarantined: 4,
            refuses: Some("the store can't write: disk full".to_owned()),
            ..Figures::default()
        };
        let texts: Vec<String> = banners(&figures, &metrics).into_iter().map(|banner| banner.text).collect();
        assert_eq!(
            texts,
            [
                "Nothing new can be taken, the store can't write: disk full. Whoever sends alerts is told to send them again.",
                "Alerts are kept, but not judged by the newest rules: this version can't use them. The log says why.",
                "The configuration as it stands on disk was refused; the one before is in force. The log says why.",
                "5000 inputs are kept, but not decided yet: what you see here is behind.",
                "3 notices could not be delivered.",
                "4 requests with alerts could not be understood.",
            ]
        );
    }
}
