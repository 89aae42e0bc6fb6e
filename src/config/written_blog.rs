//! A blog as written: a git repository, how we get in, and where pull requests are made.

use super::written::SecretWritten;
use serde::Deserialize;
use std::path::PathBuf;

/// A git repository that a site is made of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlogWritten {
    /// Where it is cloned from: ssh, https or file.
    pub repository: String,
    /// The branch that posts are meant for; the repository's default branch if not said.
    #[serde(default)]
    pub base: Option<String>,
    /// What our branches begin with.
    #[serde(default)]
    pub branch_prefix: Option<String>,
    /// Who writes posts.
    pub author: String,
    /// Who commits them; the author if not said.
    #[serde(default)]
    pub committer: Option<String>,
    /// Private key for ssh.
    #[serde(default)]
    pub ssh_key_file: Option<PathBuf>,
    /// Host keys for ssh.
    #[serde(default)]
    pub known_hosts_file: Option<PathBuf>,
    /// User for https.
    #[serde(default)]
    pub username: Option<String>,
    /// Password or token for https.
    #[serde(default)]
    pub password: Option<SecretWritten>,
    /// A file with it.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// Where a pull request is made of our branch.
    #[serde(default)]
    pub pull_request: Option<PullRequestWritten>,
}

/// The API of a forge.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PullRequestWritten {
    /// Which API it speaks.
    pub forge: ForgeWritten,
    /// Its repository there: `owner/name`.
    pub project: String,
    /// Where the API is.
    #[serde(default)]
    pub api_url: Option<String>,
    /// The token.
    #[serde(default)]
    pub token: Option<SecretWritten>,
    /// A file with it.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
}

/// Forges we can talk to.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForgeWritten {
    /// GitHub, also on a server of one's own.
    Github,
    /// Gitea and Forgejo.
    Gitea,
}
