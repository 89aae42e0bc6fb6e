//! A blog, checked: a git repository that a site is made of.

use super::Secret;
use std::path::PathBuf;

/// A git repository that takes post mortems.
#[derive(Debug, Clone)]
pub struct BlogConfig {
    /// Where it is.
    pub repository: Repository,
    /// The branch that posts are meant for; the repository's default branch if not said.
    pub base: Option<String>,
    /// What our branches begin with: `post-mortem/`.
    pub branch_prefix: String,
    /// Who writes posts.
    pub author: Signature,
    /// Who commits them.
    pub committer: Signature,
    /// Private key for ssh; what ssh finds itself if not said.
    pub ssh_key: Option<PathBuf>,
    /// Host keys for ssh; the user's own and the system's if not said.
    pub known_hosts: Option<PathBuf>,
    /// User and password, or token, for https.
    pub auth: Option<(String, Secret)>,
    /// Where a pull request is made of our branch.
    pub pull_requests: Option<PullRequests>,
}

/// Where a repository is cloned from and pushed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// As git takes it; holds no user's password.
    pub url: String,
    /// How it is reached.
    pub transport: Transport,
}

/// How a repository is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// On this machine.
    File,
    /// OpenSSH's client.
    Ssh,
    /// HTTP, with TLS unless it is this machine.
    Http,
}

impl Transport {
    /// What git calls it in `protocol.….allow`.
    pub fn protocols(self) -> &'static [&'static str] {
        match self {
            Self::File => &["file"],
            Self::Ssh => &["ssh"],
            Self::Http => &["http", "https"],
        }
    }
}

impl Repository {
    /// Reads `ssh://…`, `user@host:path`, `https://…` or `file:///…`, or says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let odd = |c: char| c.is_control() || c.is_whitespace() || "\"'\\`$<>|;".contains(c);
        if text.chars().any(odd) {
            return Err("a repository's address has no blanks, quotes or other signs of a shell".to_owned());
        }
        let found = |transport| Ok(Self { url: text.to_owned(), transport });
        match text.split_once("://") {
            Some(("file", path)) if path.starts_with('/') => found(Transport::File),
            Some(("ssh", rest)) if names_host(rest.split('/').next().unwrap_or_default()) => match rest.split_once('@')
            {
                Some((user, _)) if user.contains(':') => {
                    Err("an address must not hold a password; use a key".to_owned())
                }
                _ => found(Transport::Ssh),
            },
            Some(("http" | "https", _)) => {
                let url = super::http_url(text)?;
                if url.starts_with("http://") && !url_is_loopback(&url) {
                    return Err("http would send the post, and the password, without TLS; write https".to_owned());
                }
                found(Transport::Http)
            }
            // With two colons it would be a program of git's that brings things from elsewhere.
            None if text.split_once(':').is_some_and(|(host, path)| names_host(host) && is_path(path)) => {
                found(Transport::Ssh)
            }
            _ => Err(format!(
                "`{}` is no repository; write for example git@github.com:example/site.git, https://… or file:///…",
                text.escape_debug()
            )),
        }
    }
}

// `user@host` or `host`; what begins with a dash would be an option of ssh.
fn names_host(text: &str) -> bool {
    let host = text.rsplit('@').next().unwrap_or(text);
    !text.is_empty() && !host.is_empty() && !text.starts_with('-') && !host.starts_with('-') && !text.contains('/')
}

fn is_path(text: &str) -> bool {
    !text.is_empty() && !text.starts_with([':', '-'])
}

fn url_is_loopback(url: &str) -> bool {
    let authority = url.split("://").nth(1).and_then(|rest| rest.split('/').next());
    authority.is_some_and(super::host_is_loopback)
}

/// Who stands in a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Their name.
    pub name: String,
    /// Their mail address.
    pub mail: String,
}

impl Signature {
    /// Reads `Name <mail>`; none if it is anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mailbox: lettre::message::Mailbox = text.parse().ok()?;
        let mail = mailbox.email.to_string();
        // Git takes these out of a name without a word.
        let name = mailbox.name.unwrap_or_else(|| mail.clone());
        let name: String = name.chars().filter(|c| !c.is_control() && !"<>\"\\".contains(*c)).collect();
        (!name.trim().is_empty()).then(|| Self { name: name.trim().to_owned(), mail })
    }
}

/// Where pull requests are made.
#[derive(Debug, Clone)]
pub struct PullRequests {
    /// Which API it speaks.
    pub forge: Forge,
    /// Where the API is, without a slash at its end.
    pub api_url: String,
    /// Who owns the repository there.
    pub owner: String,
    /// What it is called there.
    pub name: String,
    /// The token.
    pub token: Secret,
}

/// Forges we can talk to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forge {
    /// GitHub.
    GitHub,
    /// Gitea and Forgejo.
    Gitea,
}

#[cfg(test)]
mod tests {
    use super::{Repository, Signature, Transport};

    #[test]
    fn repositories_are_reached_in_three_ways() {
        for (text, transport) in [
            ("git@github.com:openSUSE/obs-landing.git", Transport::Ssh),
            ("github.com:site.git", Transport::Ssh),
            ("ssh://git@127.0.0.1:2222/srv/site.git", Transport::Ssh),
            ("https://codeberg.org/example/site.git", Transport::Http),
            ("http://127.0.0.1:3000/example/site.git", Transport::Http),
            ("file:///srv/git/site.git", Transport::File),
        ] {
            assert_eq!(Repository::parse(text).unwrap(), Repository { url: text.to_owned(), transport });
        }
    }

    #[test]
    fn addresses_that_do_something_else_are_refused() {
        let bad = [
            "",
            "site",
            "/srv/git/site.git",
            "file://host/x",
            "ext::sh -c touch% /tmp/x",
            "-oProxyCommand=x:y",
            "ssh://-oProxyCommand=x/y",
            "ssh://git@-oProxyCommand=x/y",
            "git@host:a b",
            "git://example.org/x",
            "http://example.org/x.git",
            "https://user:hunter2@example.org/x.git",
            "ssh://git:hunter2@example.org/x",
            "git@host:$(id)",
            "fd::7",
            "file:///a\nb",
        ];
        for bad in bad {
            let said = Repository::parse(bad).expect_err(bad);
            assert!(!said.contains("hunter2"), "{said}");
        }
    }

    #[test]
    fn a_signature_is_a_mailbox() {
        let read = |text| Signature::parse(text).map(|it| (it.name, it.mail));
        assert_eq!(read("The OBS Team <obs@example.org>"), Some(("The OBS Team".into(), "obs@example.org".into())));
        assert_eq!(read("obs@example.org"), Some(("obs@example.org".into(), "obs@example.org".into())));
        assert_eq!(read("nobody"), None);
    }
}
