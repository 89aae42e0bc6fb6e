//! The API of GitHub, and of Gitea and Forgejo, as far as pull requests go: one request each, bounded in time and size.

use super::answer::Answer;
use crate::channels::blog::fault::Fault;
use crate::channels::peer::Peer;
use crate::config::{Forge, PullRequests, Sent, host_is_loopback};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use reqwest::{Client, Method, RequestBuilder, Url};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Pull requests asked for at once.
const PAGE: usize = 50;

/// Pages that are looked through, the newest first: Gitea can't be asked for those of one branch.
const PAGES_MAX: usize = 4;

/// A forge, or what a test puts in its place.
pub struct Api {
    http: Client,
    forge: Forge,
    url: Url,
    owner: String,
    name: String,
    authorization: HeaderValue,
    peer: Peer,
}

/// A pull request as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// Its number.
    pub number: u64,
    /// Where people read it.
    pub url: String,
    /// Whether it is neither merged nor closed.
    pub open: bool,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// The commit that it proposes.
    pub commit: String,
}

/// What became of making one.
pub enum Made {
    /// It is there.
    Done(Pull),
    /// There was one.
    Exists,
}

impl Api {
    /// Checks address and token; connects nowhere. No request takes longer than `step`.
    pub fn new(config: &PullRequests, http: Client, step: Duration) -> Result<Self, String> {
        let wrong = |because: &str| format!("api_url `{}`: {because}", config.api_url.escape_debug());
        let url: Url = config.api_url.parse().map_err(|_| wrong("not a URL"))?;
        let loopback = url.host_str().is_some_and(host_is_loopback);
        if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
            return Err(wrong("the token would be sent without TLS"));
        }
        let word = match config.forge {
            Forge::GitHub => "Bearer",
            Forge::Gitea => "token",
        };
        let mut authorization = HeaderValue::from_str(&format!("{word} {}", config.token.expose()))
            .map_err(|_| "token can't be sent in a header".to_owned())?;
        authorization.set_sensitive(true);
        let (owner, name) = (config.owner.clone(), config.name.clone());
        let peer = Peer {
            name: "the forge".to_owned(),
            sent: Sent::new([config.token.expose()]),
            answer_bytes_max: ANSWER_BYTES_MAX,
            step,
        };
        Ok(Self { http, forge: config.forge, url, owner, name, authorization, peer })
    }

    /// Pull requests of a branch, the newest first.
    pub async fn of_branch(&self, branch: &str, until: Instant) -> Result<Vec<Pull>, Fault> {
        let mut found = Vec::new();
        for page in 1..=PAGES_MAX {
            let (page, rows) = (page.to_string(), PAGE.to_string());
            let head = format!("{}:{branch}", self.owner);
            let more = match self.forge {
                Forge::GitHub => vec![("head", head), ("per_page", rows)],
                Forge::Gitea => vec![("limit", rows)],
            };
            let mut url = self.pulls(&[])?;
            url.query_pairs_mut().extend_pairs([("state", "all"), ("page", page.as_str())]).extend_pairs(more);
            let answer = self.ask(Method::GET, url, None, until).await?;
            let listed = answer.body.as_array().ok_or_else(|| answer.fault())?;
            found.extend(listed.iter().filter(|pull| self.is_ours(pull, branch)).filter_map(read));
            if listed.len() < PAGE {
                break;
            }
        }
        found.sort_by_key(|pull| std::cmp::Reverse(pull.number));
        Ok(found)
    }

    /// Makes one.
    pub async fn make(
        &self,
        branch: &str,
        base: &str,
        [title, body]: [&str; 2],
        until: Instant,
    ) -> Result<Made, Fault> {
        let asked = json!({ "title": title, "body": body, "head": branch, "base": base });
        let answer = self.exchange(Method::POST, self.pulls(&[])?, Some(&asked), until).await?;
        if answer.says_it_exists() {
            return Ok(Made::Exists);
        }
        let made = if answer.is_ok() { read(&answer.body) } else { None };
        made.map(Made::Done).ok_or_else(|| answer.fault())
    }

    /// Gives one another title or text.
    pub async fn edit(&self, number: u64, changes: &Value, until: Instant) -> Result<(), Fault> {
        self.ask(Method::PATCH, self.pulls(&[&number.to_string()])?, Some(changes), until).await.map(drop)
    }

    fn pulls(&self, more: &[&str]) -> Result<Url, Fault> {
        let mut url = self.url.clone();
        let mut path = url.path_segments_mut().map_err(|()| Fault::Setup("api_url has no path".to_owned()))?;
        path.pop_if_empty().extend(["repos", &self.owner, &self.name, "pulls"]).extend(more);
        drop(path);
        Ok(url)
    }

    // From a branch of this name in this very repository: a fork may have one, too.
    fn is_ours(&self, pull: &Value, branch: &str) -> bool {
        let full_name = pull["head"]["repo"]["full_name"].as_str();
        let ours = full_name.is_none_or(|name| name.eq_ignore_ascii_case(&format!("{}/{}", self.owner, self.name)));
        ours && pull["head"]["ref"].as_str() == Some(branch)
    }

    async fn ask(&self, method: Method, url: Url, body: Option<&Value>, until: Instant) -> Result<Answer, Fault> {
        let answer = self.exchange(method, url, body, until).await?;
        if answer.is_ok() && !answer.body.is_null() { Ok(answer) } else { Err(answer.fault()) }
    }

    async fn exchange(&self, method: Method, url: Url, body: Option<&Value>, until: Instant) -> Result<Answer, Fault> {
        let answer = self.peer.ask(self.request(method, url, body), until).await?;
        Ok(Answer::read(&answer))
    }

    fn request(&self, method: Method, url: Url, body: Option<&Value>) -> RequestBuilder {
        let mut request = self.http.request(method, url).header(AUTHORIZATION, self.authorization.clone());
        request = match self.forge {
            Forge::GitHub => {
                request.header(ACCEPT, "application/vnd.github+json").header("x-github-api-version", "2022-11-28")
            }
            Forge::Gitea => request.header(ACCEPT, "application/json"),
        };
        match body {
            Some(body) => request.json(body),
            None => request,
        }
    }
}

fn read(pull: &Value) -> Option<Pull> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let url = pull["html_url"].as_str().filter(|url| url.starts_with("https://") || url.starts_with("http://"))?;
    Some(Pull {
        number: pull["number"].as_u64()?,
        url: domain::text::clean_line(url, 1000),
        open: pull["state"].as_str() == Some("open"),
        title: text(&pull["title"]),
        body: text(&pull["body"]),
        commit: text(&pull["head"]["sha"]),
    })
}
