//! A blog made from a git repository: a post mortem becomes a commit on a branch of its own, and a pull request.

mod branch;
mod fault;
mod forge;
mod git;
mod publish;
mod store;

use super::{Attempt, Channel, Deadlines, Finding};
use crate::config::BlogConfig;
use async_trait::async_trait;
use domain::delivery::Outcome;
use domain::delivery::post::Post;
use fault::Fault;
use forge::ForgeApi;
use publish::{Publication, Standing, publish};
use std::path::Path;
use std::time::Duration;
use store::{Heads, Store};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

/// Characters of a commit's name that people are shown.
const COMMIT_SHOWN: usize = 12;

/// Publishes posts in a repository.
pub struct BlogChannel {
    config: BlogConfig,
    // One at a time: they share a folder.
    store: Mutex<Store>,
    forge: Option<ForgeApi>,
    attempt: Duration,
}

impl BlogChannel {
    /// Keeps its copy of the repository in a folder of its own under `storage`; connects nowhere, writes nothing yet.
    pub fn new(
        name: &str,
        config: &BlogConfig,
        storage: &Path,
        http: reqwest::Client,
        deadlines: Deadlines,
    ) -> Result<Self, String> {
        let folder = storage.join("blog").join(folder_name(name));
        let folder = std::path::absolute(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let store = Mutex::new(Store::new(config, folder));
        let forge =
            config.pull_requests.as_ref().map(|forge| ForgeApi::new(forge, http, deadlines.step)).transpose()?;
        Ok(Self { config: config.clone(), store, forge, attempt: deadlines.attempt })
    }

    async fn publish(&self, attempt: &Attempt, until: Instant) -> Result<Outcome, Fault> {
        let post = Post::read(&attempt.delivery.content).map_err(Fault::Never)?;
        let publication =
            Publication { incident: attempt.delivery.incident, post: &post, at: attempt.delivery.decided_at };
        let standing = self.push(publication, until).await?;
        let branch = format!("{}{}", self.config.branch_prefix, publication.incident);
        let pull_request = match &self.forge {
            Some(forge) => forge.propose(publication, &standing, &branch, until).await?,
            None => None,
        };
        Ok(Outcome::Sent { remote_id: Some(pull_request.unwrap_or_else(|| address(&standing))) })
    }

    // Where the repository stands, asked and nothing more: whether it takes a push only a push can tell.
    async fn heads(&self, until: Instant) -> Result<Heads, Fault> {
        let busy = |_| Fault::not_done("a post is under way");
        let store = timeout_at(until, self.store.lock()).await.map_err(busy)?;
        store.open(until).await?;
        store.heads(&self.config.base.iter().map(String::as_str).collect::<Vec<_>>(), until).await
    }

    fn found(&self, heads: &Heads) -> Finding {
        match (&self.config.base, &heads.default_branch) {
            (Some(base), _) if heads.of(base).is_none() => {
                Finding::Wrong(format!("the repository answers, but has no branch `{base}`: mend `base`"))
            }
            (Some(base), _) | (None, Some(base)) => {
                Finding::Well(format!("the repository answers; posts are meant for its branch {base}"))
            }
            (None, None) => {
                Finding::Wrong("the repository answers, but is empty: it has no branch to go from".to_owned())
            }
        }
    }

    async fn push(&self, publication: Publication<'_>, until: Instant) -> Result<Standing, Fault> {
        let busy = |_| Fault::not_done("another post is under way");
        let store = timeout_at(until, self.store.lock()).await.map_err(busy)?;
        store.open(until).await?;
        publish(&store, &self.config, publication, until).await
    }
}

#[async_trait]
impl Channel for BlogChannel {
    // What an unsure attempt left is looked at in any case: a branch that says the same already is left as it is.
    async fn send(&self, attempt: &Attempt) -> Outcome {
        self.publish(attempt, Instant::now() + self.attempt).await.unwrap_or_else(Fault::outcome)
    }

    async fn look(&self) -> Vec<Finding> {
        match self.heads(Instant::now() + self.attempt).await {
            Ok(heads) => vec![self.found(&heads)],
            Err(fault) => vec![Finding::Wrong(fault.because().to_owned())],
        }
    }
}

fn address(standing: &Standing) -> String {
    let commit = standing.commit.get(..COMMIT_SHOWN).unwrap_or(&standing.commit);
    format!("{} {commit}", standing.branch.as_deref().unwrap_or(&standing.base))
}

// Names of receivers may hold any sign.
fn folder_name(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    name.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02x}") }).collect()
}
