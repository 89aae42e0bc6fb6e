//! `blog` of a receiver: a git repository that takes post mortems.

use super::Check;
use crate::config::written_blog::{BlogWritten, ForgeWritten, PullRequestWritten};
use crate::config::{Address, BlogConfig, Forge, PullRequests, Repository, Secret, Signature, Transport, read};
use std::path::{Path, PathBuf};

const BRANCH_PREFIX: &str = "post-mortem/";
const GITHUB_API: &str = "https://api.github.com";
const BRANCH_BYTES_MAX: usize = 100;

impl Check<'_> {
    pub(super) fn blog(&mut self, path: &str, written: BlogWritten) -> Option<Address> {
        let before = self.mistakes.len();
        let repository = self.good(&format!("{path}.repository"), Repository::parse(&written.repository));
        let branch_prefix = written.branch_prefix.unwrap_or_else(|| BRANCH_PREFIX.to_owned());
        if !is_branch(&format!("{branch_prefix}INC-1")) {
            let problem =
                format!("`{}` begins no branch; write for example post-mortem/", branch_prefix.escape_debug());
            self.wrong(&format!("{path}.branch_prefix"), problem);
        }
        if let Some(base) = written.base.as_deref().filter(|base| !is_branch(base)) {
            let problem = format!("`{}` is no branch; write for example main", base.escape_debug());
            self.wrong(&format!("{path}.base"), problem);
        }
        let author = self.signature(&format!("{path}.author"), &written.author);
        let committer = match &written.committer {
            Some(committer) => self.signature(&format!("{path}.committer"), committer),
            None => author.clone(),
        };
        let transport = repository.as_ref().map(|repository| repository.transport);
        let secret = (written.password, written.password_file);
        let auth = self.blog_auth(path, written.username, secret, transport);
        let ssh_key = self.ssh_file(&format!("{path}.ssh_key_file"), written.ssh_key_file, transport);
        let known_hosts = self.ssh_file(&format!("{path}.known_hosts_file"), written.known_hosts_file, transport);
        let forge = written.pull_request;
        let pull_requests = forge.and_then(|forge| self.pull_requests(&format!("{path}.pull_request"), forge));
        if self.mistakes.len() > before {
            return None;
        }
        Some(Address::Blog(Box::new(BlogConfig {
            repository: repository?,
            base: written.base,
            branch_prefix,
            author: author?,
            committer: committer?,
            ssh_key,
            known_hosts,
            auth,
            pull_requests,
        })))
    }

    fn signature(&mut self, path: &str, text: &str) -> Option<Signature> {
        let problem = || format!("`{}` is nobody; write for example The Team <team@example.com>", text.escape_debug());
        self.good(path, Signature::parse(text).ok_or_else(problem))
    }

    fn blog_auth(
        &mut self,
        path: &str,
        username: Option<String>,
        password: (Option<crate::config::written::SecretWritten>, Option<PathBuf>),
        transport: Option<Transport>,
    ) -> Option<(String, Secret)> {
        if username.is_none() && password.0.is_none() && password.1.is_none() {
            return None;
        }
        if transport.is_some_and(|transport| transport != Transport::Http) {
            self.wrong(
                &format!("{path}.repository"),
                "`username` and `password` are for https; ssh has `ssh_key_file`",
            );
            return None;
        }
        let Some(username) = username.filter(|name| !name.is_empty() && !name.contains([':', '\n', '\r'])) else {
            self.wrong(
                path,
                "a password needs a `username` beside it, without a colon; for a token mostly any word will do",
            );
            return None;
        };
        let secret = read::secret(self.base, "password", password.0, password.1.as_deref());
        self.good(path, secret).map(|secret| (username, secret))
    }

    // Goes into a configuration file of ssh's, between quotes.
    fn ssh_file(&mut self, path: &str, file: Option<PathBuf>, transport: Option<Transport>) -> Option<PathBuf> {
        let written = self.base.join(file?);
        let file = std::path::absolute(&written).unwrap_or_else(|_| written.clone());
        let odd = |text: &str| text.chars().any(|c| c.is_control() || "\"$%\\".contains(c));
        let problem = if transport.is_some_and(|transport| transport != Transport::Ssh) {
            Some("is only for a repository that is reached by ssh".to_owned())
        } else if file.to_str().is_none_or(odd) {
            Some("a path for ssh has no quotes, `$`, `%` or `\\`".to_owned())
        } else {
            missing(&written)
        };
        match problem {
            Some(problem) => {
                self.wrong(path, problem);
                None
            }
            None => Some(file),
        }
    }

    fn pull_requests(&mut self, path: &str, written: PullRequestWritten) -> Option<PullRequests> {
        let forge = match written.forge {
            ForgeWritten::Github => Forge::GitHub,
            ForgeWritten::Gitea => Forge::Gitea,
        };
        let api_url = match (&written.api_url, forge) {
            (Some(url), _) => self.url(&format!("{path}.api_url"), url),
            (None, Forge::GitHub) => Some(GITHUB_API.to_owned()),
            (None, Forge::Gitea) => {
                self.wrong(path, "`api_url` is missing; for example https://codeberg.org/api/v1");
                None
            }
        };
        let plain = |part: &str| {
            let sign = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            !part.is_empty() && part.chars().all(sign) && !part.chars().all(|c| c == '.')
        };
        let project = match written.project.split_once('/') {
            Some((owner, name)) if plain(owner) && plain(name) => Some((owner.to_owned(), name.to_owned())),
            _ => {
                let problem = format!("`{}` is not owner/name", written.project.escape_debug());
                self.wrong(&format!("{path}.project"), problem);
                None
            }
        };
        let secret = read::secret(self.base, "token", written.token, written.token_file.as_deref());
        let token = self.good(path, secret);
        let (owner, name) = project?;
        Some(PullRequests { forge, api_url: api_url?, owner, name, token: token? })
    }
}

fn missing(file: &Path) -> Option<String> {
    (!file.is_file()).then(|| format!("there is no file {}", file.display()))
}

// A subset of what git takes, without anything that means something elsewhere.
fn is_branch(text: &str) -> bool {
    let sign = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let part = |part: &str| {
        !part.is_empty() && !part.starts_with(['.', '-']) && !part.ends_with('.') && !part.ends_with(".lock")
    };
    text.len() <= BRANCH_BYTES_MAX && text.chars().all(sign) && !text.contains("..") && text.split('/').all(part)
}
