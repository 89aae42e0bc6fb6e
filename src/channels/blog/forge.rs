//! A pull request for a branch: made once, kept up to date, adopted where somebody else made it.

mod answer;
mod api;
mod words;

use super::fault::Fault;
use super::publish::{Publication, Standing};
use crate::config::PullRequests;
use api::{Api, Made, Pull};
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

/// Where pull requests are made.
pub struct ForgeApi(Api);

impl ForgeApi {
    /// Checks address and token; connects nowhere.
    pub fn new(config: &PullRequests, http: reqwest::Client, step: Duration) -> Result<Self, String> {
        Api::new(config, http, step).map(Self)
    }

    /// Sees that there is a pull request for what was published; says where people read it, if there is or was one.
    pub async fn propose(
        &self,
        publication: Publication<'_>,
        standing: &Standing,
        branch: &str,
        until: Instant,
    ) -> Result<Option<String>, Fault> {
        let known = self.0.of_branch(branch, until).await?;
        if let Some(open) = known.iter().find(|pull| pull.open) {
            return self.keep(publication, open, until).await;
        }
        // It was merged, or a person closed it, with just this in it: that is an answer, and not to be asked again.
        let decided = known.iter().find(|pull| pull.commit == standing.commit);
        if decided.is_some() || standing.branch.is_none() {
            return Ok(decided.or(known.first()).map(|pull| pull.url.clone()));
        }
        let Publication { incident, post, .. } = publication;
        let title = words::title(post, incident);
        let body = words::block(post, incident, &words::mark(&title));
        match self.0.make(branch, &standing.base, [&title, &body], until).await? {
            Made::Done(pull) => Ok(Some(pull.url)),
            Made::Exists => {
                let known = self.0.of_branch(branch, until).await?;
                match known.iter().find(|pull| pull.open) {
                    Some(open) => self.keep(publication, open, until).await,
                    None => Err(Fault::not_done("the forge has such a pull request, and does not show it")),
                }
            }
        }
    }

    async fn keep(&self, publication: Publication<'_>, pull: &Pull, until: Instant) -> Result<Option<String>, Fault> {
        let Publication { incident, post, .. } = publication;
        let title = words::title(post, incident);
        let mark = words::mark(&pull.title);
        // A title that is not as we gave it is a person's, as is that of a pull request which we did not make.
        let ours = words::ours(&pull.body).is_some_and(|(_, titled)| titled == mark);
        let titled = match words::ours(&pull.body) {
            _ if ours => words::mark(&title),
            Some((_, titled)) => titled.to_owned(),
            None => "-".to_owned(),
        };
        let body = words::with_block(&pull.body, &words::block(post, incident, &titled));
        let mut changes = serde_json::Map::new();
        if ours && pull.title != title {
            changes.insert("title".to_owned(), json!(title));
        }
        if body != pull.body {
            changes.insert("body".to_owned(), json!(body));
        }
        if !changes.is_empty() {
            self.0.edit(pull.number, &changes.into(), until).await?;
        }
        Ok(Some(pull.url.clone()))
    }
}
