//! Pads of an Etherpad: visited as one more person at the keyboard, because only then does the server put our change
//! together with what others type at that moment. Its API can throw them off, or lose what they typed.

mod api;
mod changeset;
mod fault;
mod session;
mod socket;
mod visit;

pub use fault::Fault;
pub use visit::Visit;

use super::{Deadlines, Finding, http_client};
use crate::config::EtherpadConfig;
use api::Api;
use domain::pad::Edit;
use reqwest::{Client, Url};
use session::Session;
use socket::Socket;
use std::ops::Range;
use tokio::time::Instant;

/// Who we are in the list of people on a pad.
pub const NAME: &str = "Earlybell";

/// Most that one change may insert, in bytes: version 1.8 takes messages of 10,000, with all that is around it.
pub const CHANGE_BYTES_MAX: usize = 6_000;

/// Most revisions looked through for what an own write over the API ran over.
const REVISIONS_MAX: usize = 20;

/// An Etherpad server.
pub struct Etherpad {
    http: Client,
    url: Url,
    api: Option<Api>,
    // Whether we can say who we are.
    has_login: bool,
    session: Session,
    deadlines: Deadlines,
}

/// A pad as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Its text.
    pub text: String,
    /// Nobody has written in it yet.
    pub untouched: bool,
    /// People on it now.
    pub people: u64,
}

impl Etherpad {
    /// Checks address and certificates; connects nowhere.
    pub fn new(config: &EtherpadConfig, deadlines: Deadlines) -> Result<Self, String> {
        let http = match (&config.auth, config.ca_file.as_deref()) {
            (None, ca_file) => http_client::trusting(ca_file)?,
            (Some(auth), ca_file) => http_client::entering(ca_file, auth)?,
        };
        let mut url: Url = config.url.parse().map_err(|_| "`etherpad.url` is no URL".to_owned())?;
        // So that a path is added to it, not put in the place of its last part.
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        let api = config.api.as_ref().map(|access| Api::new(access, http.clone(), &url, deadlines.step));
        let (has_login, session) = (config.auth.is_some(), Session::default());
        Ok(Self { http, url, api, has_login, session, deadlines })
    }

    /// Enters a pad, which is made if there is none.
    pub async fn visit(&self, pad: &str) -> Result<Visit, Fault> {
        let until = Instant::now() + self.deadlines.attempt;
        let begin = || Visit::begin(&self.http, &self.url, self.session.cookies(), pad, until);
        match begin().await {
            // It wants to know who we are, or has forgotten.
            Err(Fault::Refused(_)) if self.has_login => {
                self.session.open(&self.http, &self.url, &format!("p/{pad}"), until).await?;
                begin().await
            }
            begun => begun,
        }
    }

    /// Whether its API is open to us.
    pub fn has_api(&self) -> bool {
        self.api.is_some()
    }

    /// Reads a pad over the API, which is made if there is none.
    pub async fn read(&self, pad: &str) -> Result<Read, Fault> {
        let api = self.api()?;
        let until = Instant::now() + self.deadlines.attempt;
        let text = match api.text(pad, until).await? {
            Some(text) => text,
            None => {
                api.create(pad, until).await?;
                api.text(pad, until)
                    .await?
                    .ok_or_else(|| Fault::Down("the pad is gone as soon as it is made".into()))?
            }
        };
        let (revisions, people) = (api.revisions(pad, until).await?, api.people(pad, until).await?);
        Ok(Read { text, untouched: revisions == 0, people })
    }

    /// Writes a pad over the API, where nobody is on it: with people there, they could be thrown off. `false` if somebody
    /// came, or the text is not any more what the change was made for: look again.
    pub async fn write(&self, pad: &str, was: &str, edit: &Edit) -> Result<bool, Fault> {
        let api = self.api()?;
        let until = Instant::now() + self.deadlines.attempt;
        let before = api.revisions(pad, until).await?;
        let found = api.text(pad, until).await?;
        if api.people(pad, until).await? > 0 || found.as_deref() != Some(was) {
            return Ok(false);
        }
        api.set_text(pad, &edit.apply(was), until).await?;
        let after = api.revisions(pad, until).await?;
        if after <= before + 1 {
            return Ok(true);
        }
        self.bring_back(api, pad, was, before + 1..after, until).await?;
        Ok(false)
    }

    // Somebody came between our reading and our writing: what they wrote stands in the revisions in between.
    async fn bring_back(
        &self,
        api: &Api,
        pad: &str,
        was: &str,
        revisions: Range<u64>,
        until: Instant,
    ) -> Result<(), Fault> {
        let now = api.text(pad, until).await?.unwrap_or_default();
        let mut lost: Vec<String> = Vec::new();
        for revision in revisions.rev().take(REVISIONS_MAX) {
            let theirs = api.text_at(pad, revision, until).await?.unwrap_or_default();
            let is_known = |line: &str| [was, &now].iter().any(|text| text.lines().any(|known| known == line));
            let new = theirs.lines().filter(|line| !line.trim().is_empty() && !is_known(line)).map(str::to_owned);
            // A line grows from one revision to the next: the longest is all of it.
            for line in new.collect::<Vec<_>>() {
                if !lost.iter().any(|kept| kept.starts_with(&line)) {
                    lost.push(line);
                }
            }
        }
        if lost.is_empty() { Ok(()) } else { api.append(pad, &lost.join("\n"), until).await }
    }

    /// Marks the pad as it is now, to be found again in its history.
    pub async fn save_revision(&self, pad: &str) -> Result<(), Fault> {
        self.api()?.save_revision(pad, Instant::now() + self.deadlines.attempt).await
    }

    fn api(&self) -> Result<&Api, Fault> {
        self.api.as_ref().ok_or_else(|| Fault::Refused("no key for its API is configured".into()))
    }

    // The way in for writers opens for everybody, and says only at a pad whom it wants to know; its pages say so at once.
    async fn knock(&self, until: Instant) -> Result<(), Fault> {
        self.session.open(&self.http, &self.url, "", until).await?;
        let mut socket = Socket::open(&self.http, &self.url, self.session.cookies(), "", until).await?;
        socket.close().await;
        Ok(())
    }

    /// Looks whether pads could be written, without making one.
    pub async fn look(&self) -> Vec<Finding> {
        let until = Instant::now() + self.deadlines.attempt;
        let mut findings = vec![match self.knock(until).await {
            Ok(()) => Finding::Well("the Etherpad lets us in to write".to_owned()),
            // Then pads are written over its API, while nobody is on them.
            Err(Fault::Refused(because)) if self.has_api() && !self.has_login => {
                Finding::Well(format!("no visitor may write: {because}"))
            }
            Err(fault) => {
                let keys = "`etherpad.url`, and `basic_auth` if it wants people to log in";
                Finding::Wrong(format!("no pad can be written: {fault}; look at {keys}"))
            }
        }];
        if let Some(api) = &self.api {
            findings.push(match api.check(until).await {
                Ok(()) => Finding::Well("its API takes our key".to_owned()),
                Err(fault) => Finding::Wrong(format!("its API can't be used: {fault}")),
            });
        }
        findings
    }
}
