//! `irc` of a receiver: channels of a network, and how we are known there.

use super::Check;
use super::receivers::is_host_and_port;
use crate::config::written_irc::{FloodWritten, IrcWritten, MechanismWritten, MessageWritten, SaslWritten};
use crate::config::{Address, IrcConfig, IrcFlood, IrcLogin, IrcMessage, IrcNetwork, host_is_loopback, read};
use std::path::PathBuf;
use std::time::Duration;

const REALNAME: &str = "Earlybell, which tells of incidents";
const CHANNELS_MAX: usize = 20;
const CHANNEL_BYTES_MAX: usize = 64;
const NICK_BYTES_MAX: usize = 30;
const BURST_MAX: u32 = 100;
const EVERY_MAX: Duration = Duration::from_secs(10);

impl Check<'_> {
    pub(super) fn irc(&mut self, path: &str, written: IrcWritten) -> Option<Address> {
        let before = self.mistakes.len();
        if !is_host_and_port(&written.server) {
            let problem = format!("`{}` is not host:port; write for example irc.libera.chat:6697", written.server);
            self.wrong(&format!("{path}.server"), problem);
        }
        if !is_nick(&written.nick) {
            let problem = format!("`{}` is no nick; write for example earlybell", written.nick.escape_debug());
            self.wrong(&format!("{path}.nick"), problem);
        }
        let username = written.username.unwrap_or_else(|| written.nick.to_lowercase());
        if !is_word(&username) {
            self.wrong(&format!("{path}.username"), "one word of letters and digits");
        }
        let realname = written.realname.unwrap_or_else(|| REALNAME.to_owned());
        if realname.is_empty() || realname.len() > 100 || realname.chars().any(char::is_control) {
            self.wrong(&format!("{path}.realname"), "one line of at most 100 bytes");
        }
        let channels = self.irc_channels(path, written.channel.list());
        let ca_file = written.ca_file.map(|file| self.base.join(file));
        if let Some(file) = &ca_file {
            self.there(&format!("{path}.ca_file"), file);
        }
        let secret = (written.nickserv_password, written.nickserv_password_file);
        let login = self.irc_login(path, &written.nick, written.sasl, secret);
        let tls = written.tls.unwrap_or(true);
        let host = written.server.rsplit_once(':').map_or("", |(host, _)| host);
        if !tls && !matches!(login, Some(IrcLogin::None)) && !host_is_loopback(host) {
            self.wrong(&format!("{path}.tls"), "a password without TLS would be sent for everyone to read");
        }
        let flood = written.flood.and_then(|flood| self.irc_flood(&format!("{path}.flood"), flood));
        if self.mistakes.len() > before {
            return None;
        }
        let network = IrcNetwork {
            server: written.server,
            tls,
            ca_file,
            nick: written.nick,
            username,
            realname,
            login: login?,
            flood,
        };
        let message = match written.message {
            MessageWritten::Notice => IrcMessage::Notice,
            MessageWritten::Privmsg => IrcMessage::Privmsg,
        };
        let topic = written.topic.unwrap_or(true);
        let irc = IrcConfig { network, channels, message, topic, capture: written.capture };
        Some(Address::Irc(Box::new(irc)))
    }

    fn irc_channels(&mut self, path: &str, channels: Vec<String>) -> Vec<String> {
        let path = format!("{path}.channel");
        if channels.is_empty() || channels.len() > CHANNELS_MAX {
            self.wrong(&path, format!("1 to {CHANNELS_MAX} channels"));
        }
        for (at, channel) in channels.iter().enumerate() {
            if !is_channel(channel) {
                let problem =
                    format!("`{}` is no channel; write for example '#ops', in quotes", channel.escape_debug());
                self.wrong(&path, problem);
            } else if channels[..at].iter().any(|known| known.eq_ignore_ascii_case(channel)) {
                self.wrong(&path, format!("`{channel}` is there twice"));
            }
        }
        channels
    }

    fn irc_login(
        &mut self,
        path: &str,
        nick: &str,
        sasl: Option<SaslWritten>,
        nickserv: (Option<crate::config::written::SecretWritten>, Option<PathBuf>),
    ) -> Option<IrcLogin> {
        match (sasl, nickserv) {
            (None, (None, None)) => Some(IrcLogin::None),
            (None, (text, file)) => {
                let secret = read::secret(self.base, "nickserv_password", text, file.as_deref());
                self.good(path, secret).map(IrcLogin::NickServ)
            }
            (Some(sasl), (None, None)) => self.irc_sasl(&format!("{path}.sasl"), nick, sasl),
            (Some(_), _) => {
                self.wrong(
                    &format!("{path}.sasl"),
                    "write `sasl` or `nickserv_password`, not both: SASL is the better one",
                );
                None
            }
        }
    }

    fn irc_sasl(&mut self, path: &str, nick: &str, sasl: SaslWritten) -> Option<IrcLogin> {
        match sasl.mechanism {
            MechanismWritten::Plain => {
                if sasl.cert_file.is_some() || sasl.key_file.is_some() {
                    self.wrong(path, "`cert_file` and `key_file` are for `mechanism: external`");
                }
                let username = sasl.username.unwrap_or_else(|| nick.to_owned());
                if username.is_empty() || username.chars().any(|c| c.is_control() || c.is_whitespace()) {
                    self.wrong(&format!("{path}.username"), "the name of an account is one word");
                }
                let secret = read::secret(self.base, "password", sasl.password, sasl.password_file.as_deref());
                self.good(path, secret).map(|password| IrcLogin::Plain { username, password })
            }
            MechanismWritten::External => {
                if sasl.password.is_some() || sasl.password_file.is_some() || sasl.username.is_some() {
                    self.wrong(path, "`mechanism: external` has no user or password: the certificate says who we are");
                }
                let (Some(cert), Some(key)) = (sasl.cert_file, sasl.key_file) else {
                    self.wrong(path, "`mechanism: external` needs `cert_file` and `key_file`");
                    return None;
                };
                let (cert_file, key_file) = (self.base.join(cert), self.base.join(key));
                self.there(&format!("{path}.cert_file"), &cert_file);
                self.there(&format!("{path}.key_file"), &key_file);
                Some(IrcLogin::External { cert_file, key_file })
            }
        }
    }

    fn irc_flood(&mut self, path: &str, written: FloodWritten) -> Option<IrcFlood> {
        let every = written.every.delta().to_std().unwrap_or_default();
        if written.burst == 0 || written.burst > BURST_MAX || every.is_zero() || every > EVERY_MAX {
            self.wrong(path, format!("1 to {BURST_MAX} lines at once, then one every 1s to {}s", EVERY_MAX.as_secs()));
            return None;
        }
        Some(IrcFlood { burst: written.burst, every })
    }

    fn there(&mut self, path: &str, file: &std::path::Path) {
        if !file.is_file() {
            self.wrong(path, format!("there is no file {}", file.display()));
        }
    }
}

fn is_word(text: &str) -> bool {
    let sign = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !text.is_empty() && text.len() <= NICK_BYTES_MAX && text.chars().all(sign)
}

fn is_nick(text: &str) -> bool {
    let sign = |c: char| c.is_ascii_alphanumeric() || "-_[]\\`^{}|".contains(c);
    let begins = |c: char| !c.is_ascii_digit() && c != '-';
    text.len() <= NICK_BYTES_MAX && text.chars().all(sign) && text.starts_with(begins)
}

fn is_channel(text: &str) -> bool {
    let sign = |c: char| !c.is_control() && !c.is_whitespace() && c != ',' && c != ':';
    (2..=CHANNEL_BYTES_MAX).contains(&text.len()) && text.starts_with(['#', '&']) && text.chars().all(sign)
}
