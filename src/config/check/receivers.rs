//! `receivers`: who can be told, and how to get there.

use super::Check;
use super::slack::Reader;
use crate::config::written::{EmailWritten, OneOrMore, ReceiverWritten, SecretWritten, TlsWritten};
use crate::config::{Address, EmailConfig, Receiver, Secret, SmtpTls, read};
use domain::delivery::pace::Pacing;
use domain::interval::NamedIntervals;
use domain::notice::obs::is_public;
use domain::policy::{ReceiverKind, ReceiverSpec, Subject};
use lettre::message::Mailbox;
use std::collections::BTreeMap;
use std::path::PathBuf;

// The receiver when none is written.
const CONSOLE: &str = "console";
const KINDS: &str = "`console`, `email`, `slack`, `blog`, `webhook`, `slack_webhook`, `mattermost`, `rocketchat`, `discord`, \
                     `teams`, `matrix`, `irc`, `obs`";
pub(super) const PERSONAL: &str = "a personal receiver writes to each person's own address, as `people` says it";

impl Check<'_> {
    /// All receivers; the console if none is written.
    pub(in crate::config) fn receivers(
        &mut self,
        written: Option<Vec<ReceiverWritten>>,
        times: &[NamedIntervals],
    ) -> Vec<Receiver> {
        let Some(written) = written else { return vec![console()] };
        if written.is_empty() {
            self.wrong("receivers", "at least one receiver is needed; leave `receivers` out for the console");
        }
        let told = |receiver: &ReceiverWritten| !receiver.personal && receiver.blog.is_none();
        if !written.is_empty() && !written.iter().any(told) {
            self.wrong(
                "receivers",
                "at least one receiver is needed that is neither personal nor a blog: the team, or the console",
            );
        }
        let names: Vec<String> = written.iter().map(|receiver| receiver.name.clone()).collect();
        let mut receivers = Vec::with_capacity(written.len());
        for (at, receiver) in written.into_iter().enumerate() {
            let before: Vec<&str> = names[..at].iter().map(String::as_str).collect();
            self.name(&format!("receivers[{at}].name"), &receiver.name, &before);
            receivers.extend(self.receiver(&format!("receivers[{at}]"), receiver, times));
        }
        receivers
    }

    fn receiver(&mut self, path: &str, mut written: ReceiverWritten, times: &[NamedIntervals]) -> Option<Receiver> {
        let pacing = self.pacing(path, &written, times);
        let (personal, reader) = (written.personal, Reader::of(&written));
        if personal && written.public {
            self.wrong(
                &format!("{path}.public"),
                "a personal receiver reaches the people of an incident, not the public",
            );
        }
        let mut hooks = self.hooks(path, &mut written);
        if let Some(irc) = written.irc.take() {
            if personal {
                let problem = "a channel reaches nobody in person; `email` or `slack` do";
                self.wrong(&format!("{path}.personal"), problem);
            }
            hooks.push((ReceiverKind::Irc, self.irc(&format!("{path}.irc"), irc)));
        }
        if let Some(obs) = written.obs.take() {
            hooks.push((ReceiverKind::Obs, self.obs(&format!("{path}.obs"), obs, personal)));
        }
        let hook = hooks.pop().filter(|_| hooks.is_empty());
        let subject = written.email.as_ref().map_or(Subject::default(), |email| email.subject);
        let (kind, address) = match (written.console, written.email, written.slack, written.blog, hook) {
            (Some(_), None, None, None, None) => {
                if personal {
                    self.wrong(
                        &format!("{path}.personal"),
                        "the console reaches nobody in person; `email` or `slack` do",
                    );
                }
                (ReceiverKind::Console, Some(Address::Console))
            }
            (None, Some(email), None, None, None) => {
                (ReceiverKind::Email, self.email(&format!("{path}.email"), email, personal))
            }
            (None, None, Some(slack), None, None) => {
                (ReceiverKind::Slack, self.slack(&format!("{path}.slack"), slack, reader))
            }
            (None, None, None, Some(blog), None) => {
                if personal || written.public {
                    self.wrong(
                        &format!("{path}.{}", if personal { "personal" } else { "public" }),
                        "a blog takes post mortems, and no notices: it is neither personal nor public",
                    );
                }
                (ReceiverKind::Blog, self.blog(&format!("{path}.blog"), blog))
            }
            (None, None, None, None, Some(hook)) => hook,
            _ => {
                let problem = format!("a receiver has exactly one of {KINDS}");
                self.wrong(&format!("{path}.name"), problem);
                return None;
            }
        };
        let ReceiverWritten { name, templates, language, .. } = written;
        // Whoever opens a page there reads it, so suspected incidents stay out of it.
        let reaches_users = matches!(&address, Some(Address::Obs(obs)) if is_public(obs.messages.scope));
        let public = written.public || reaches_users;
        let spec = ReceiverSpec { name, kind, public, personal, subject, templates, language };
        Some(Receiver { spec, address: address?, pacing })
    }

    fn email(&mut self, path: &str, written: EmailWritten, personal: bool) -> Option<Address> {
        let before = self.mistakes.len();
        let to = written.to.map(OneOrMore::list);
        match &to {
            Some(_) if personal => self.wrong(&format!("{path}.to"), format!("{PERSONAL}; leave `to` out")),
            None if !personal => self.wrong(path, "`to` is missing"),
            Some(to) if to.is_empty() => self.wrong(&format!("{path}.to"), "at least one address is needed"),
            _ => {}
        }
        let to = to.unwrap_or_default();
        for (at, address) in to.iter().enumerate() {
            self.mailbox(&format!("{path}.to[{at}]"), address);
        }
        self.mailbox(&format!("{path}.from"), &written.from);
        if !is_host_and_port(&written.smarthost) {
            let problem = format!("`{}` is not host:port; write for example mail.example.com:587", written.smarthost);
            self.wrong(&format!("{path}.smarthost"), problem);
        }
        let secret = (written.auth_password, written.auth_password_file);
        let auth = match (written.auth_username, secret) {
            (None, (None, None)) => None,
            (None, _) => {
                self.wrong(path, "a password without `auth_username`");
                None
            }
            (Some(user), (text, file)) => {
                let secret = read::secret(self.base, "auth_password", text, file.as_deref());
                self.good(path, secret).map(|secret| (user, secret))
            }
        };
        let ca_file = self.ca_file(path, written.ca_file);
        if let Some(address) = &written.envelope_from {
            self.mailbox(&format!("{path}.envelope_from"), address);
        }
        let list = (written.archive, written.approved, written.approved_file);
        let (archive, approved) = self.mailing_list(path, list, personal);
        let email = EmailConfig {
            smarthost: written.smarthost,
            from: written.from,
            envelope_from: written.envelope_from,
            archive,
            approved,
            to,
            hello: written.hello,
            auth,
            tls: tls(written.tls),
            ca_file,
        };
        (self.mistakes.len() == before).then_some(Address::Email(email))
    }

    // What only lists have.
    fn mailing_list(
        &mut self,
        path: &str,
        (archive, approved, file): (Option<String>, Option<SecretWritten>, Option<PathBuf>),
        personal: bool,
    ) -> (Option<String>, Option<Secret>) {
        let has_password = approved.is_some() || file.is_some();
        for (key, is_there) in [("archive", archive.is_some()), ("approved", has_password)] {
            if is_there && personal {
                self.wrong(path, format!("`{key}` is for lists: a personal receiver writes to people"));
            }
        }
        let archive = archive.and_then(|url| self.url(&format!("{path}.archive"), &url));
        let secret = has_password.then(|| read::secret(self.base, "approved", approved, file.as_deref()));
        let approved = secret.and_then(|secret| self.good(path, secret));
        if approved.as_ref().is_some_and(|password| !password.expose().bytes().all(|byte| byte.is_ascii_graphic())) {
            self.wrong(path, "`approved` is one word of printable ASCII: it stands in a header");
        }
        (archive, approved)
    }

    fn mailbox(&mut self, path: &str, text: &str) {
        let parsed: Result<Mailbox, _> = text.parse();
        let problem = || format!("`{text}` is no mail address; write for example Team <team@example.com>");
        self.good(path, parsed.map_err(|_| problem()));
    }
}

/// Standard output.
pub(in crate::config) fn console() -> Receiver {
    let spec = ReceiverSpec {
        name: CONSOLE.to_owned(),
        kind: ReceiverKind::Console,
        public: false,
        personal: false,
        subject: Subject::default(),
        templates: BTreeMap::new(),
        language: None,
    };
    Receiver { spec, address: Address::Console, pacing: Pacing::default() }
}

fn tls(written: TlsWritten) -> SmtpTls {
    match written {
        TlsWritten::Starttls => SmtpTls::StartTls,
        TlsWritten::Implicit => SmtpTls::Implicit,
        TlsWritten::None => SmtpTls::None,
    }
}

pub(super) fn is_host_and_port(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let bare = !host.is_empty() && !host.contains([':', '/', ' ']);
    let bracketed = host.starts_with('[') && host.ends_with(']');
    (bare || bracketed) && port.parse::<u16>().is_ok_and(|port| port > 0)
}
