//! The beginning of a connection: capabilities, SASL, nick, welcome. Pure: lines in, lines out.

use super::fault::{Fault, FaultKind};
use super::line::{Line, write};
use super::sasl::{self, Sasl};
use crate::config::{IrcLogin, IrcNetwork};
use std::collections::BTreeSet;

/// What we ask for where it is offered.
const WANTED: [&str; 8] = [
    "message-tags",
    "account-tag",
    "account-notify",
    "extended-join",
    "server-time",
    "echo-message",
    "multi-prefix",
    "cap-notify",
];

/// Other nicks that are tried while ours is taken.
const NICKS_MAX: usize = 5;

/// What a server is, as far as it told.
#[derive(Debug, Clone, Default)]
pub struct Welcome {
    /// Our nick; another one while ours is taken.
    pub nick: String,
    /// What it calls its software.
    pub version: String,
    /// Capabilities that are on.
    pub capabilities: BTreeSet<String>,
    /// `005`: what it supports.
    pub supports: Vec<String>,
    /// The services account we are logged in to.
    pub account: Option<String>,
}

impl Welcome {
    /// A value of `005`: empty for a word without one.
    pub fn supported(&self, name: &str) -> Option<&str> {
        self.supports.iter().find_map(|word| {
            let (key, value) = word.split_once('=').unwrap_or((word, ""));
            (key == name).then_some(value)
        })
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Stage {
    Listing,
    Requested,
    Login,
    Finishing,
    Welcomed,
}

/// A handshake under way.
#[derive(Debug)]
pub struct Handshake {
    network: IrcNetwork,
    stage: Stage,
    offered: Vec<String>,
    sasl: Option<Sasl>,
    nicks: usize,
    welcome: Welcome,
}

/// What a line led to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Said next.
    pub say: Vec<String>,
    /// Whether it is over.
    pub done: bool,
}

impl Taken {
    fn say(lines: impl IntoIterator<Item = String>) -> Self {
        Self { say: lines.into_iter().collect(), done: false }
    }
}

impl Handshake {
    /// A handshake, and what is said first.
    pub fn begin(network: &IrcNetwork) -> (Self, Vec<String>) {
        let welcome = Welcome { nick: network.nick.clone(), ..Welcome::default() };
        let say = vec![
            write("CAP", &["LS", "302"]),
            write("NICK", &[&network.nick]),
            write("USER", &[&network.username, "0", "*", &network.realname]),
        ];
        let sasl = Sasl::of(&network.login);
        let handshake =
            Self { network: network.clone(), stage: Stage::Listing, offered: Vec::new(), sasl, nicks: 0, welcome };
        (handshake, say)
    }

    /// What is known now.
    pub fn into_welcome(self) -> Welcome {
        self.welcome
    }

    /// Takes a line of the server.
    pub fn take(&mut self, line: &Line) -> Result<Taken, Fault> {
        match line.command.as_str() {
            "PING" => Ok(Taken::say([write("PONG", &[line.last()])])),
            "ERROR" | "465" => Err(Fault::of_error(line)),
            "CAP" => self.capability(line),
            "AUTHENTICATE" => self.challenge(line),
            "900" => {
                self.welcome.account = Some(line.parameter(2).to_owned());
                Ok(Taken::default())
            }
            "903" | "907" if self.stage == Stage::Login => Ok(self.finish()),
            "902" | "904" | "905" | "906" | "908" => Err(self.login_failed(&line.said())),
            // Services hold a nick for a while with 432, too: another one shows whether it is the nick's fault.
            "432" | "433" | "436" | "437" => self.another_nick(line),
            "464" => Err(Fault::new(FaultKind::Setup, format!("the server wants a password: {}", line.said()))),
            _ => self.welcomed(line),
        }
    }

    fn welcomed(&mut self, line: &Line) -> Result<Taken, Fault> {
        match line.command.as_str() {
            "001" if self.sasl.is_some() && self.stage != Stage::Finishing => {
                Err(self.login_failed("the server knows no capabilities, and so no SASL"))
            }
            "001" => {
                line.parameter(0).clone_into(&mut self.welcome.nick);
                self.stage = Stage::Welcomed;
                Ok(Taken::default())
            }
            "004" => {
                line.parameter(2).clone_into(&mut self.welcome.version);
                Ok(Taken::default())
            }
            "005" => {
                let words = line.parameters().iter().skip(1);
                self.welcome.supports.extend(words.filter(|word| !word.contains(' ')).cloned());
                Ok(Taken::default())
            }
            "376" | "422" if self.stage == Stage::Welcomed => Ok(Taken { done: true, ..Taken::default() }),
            _ => Ok(Taken::default()),
        }
    }

    fn capability(&mut self, line: &Line) -> Result<Taken, Fault> {
        match (line.parameter(1), &self.stage) {
            ("LS", Stage::Listing) => {
                self.offered.extend(line.last().split_whitespace().map(str::to_owned));
                // More lines follow.
                if line.parameter(2) == "*" {
                    return Ok(Taken::default());
                }
                self.request()
            }
            ("ACK", Stage::Requested) => {
                self.welcome.capabilities.extend(line.last().split_whitespace().map(str::to_owned));
                Ok(self.log_in())
            }
            ("NAK", Stage::Requested) if self.sasl.is_some() => {
                Err(self.login_failed("the server takes its offer of SASL back"))
            }
            // Nothing of it is on then, and we can do without.
            ("NAK", Stage::Requested) => Ok(self.log_in()),
            _ => Ok(Taken::default()),
        }
    }

    fn request(&mut self) -> Result<Taken, Fault> {
        let names = self.offered.iter().map(|word| word.split('=').next().unwrap_or(word));
        let mut wanted: Vec<&str> = names.filter(|name| WANTED.contains(name)).collect();
        if let Some(sasl) = &self.sasl {
            let offer = self.offered.iter().find(|word| *word == "sasl" || word.starts_with("sasl="));
            let Some(offer) = offer else { return Err(self.login_failed("the server offers no SASL")) };
            let mechanisms = offer.split_once('=').map_or("", |(_, mechanisms)| mechanisms);
            if !mechanisms.is_empty() && !mechanisms.split(',').any(|known| known == sasl.mechanism()) {
                let problem = format!("the server offers SASL {mechanisms}, and not {}", sasl.mechanism());
                return Err(self.login_failed(&problem));
            }
            wanted.push("sasl");
        }
        if wanted.is_empty() {
            return Ok(self.finish());
        }
        self.stage = Stage::Requested;
        Ok(Taken::say([write("CAP", &["REQ", &wanted.join(" ")])]))
    }

    fn log_in(&mut self) -> Taken {
        let Some(sasl) = &self.sasl else { return self.finish() };
        self.stage = Stage::Login;
        Taken::say([write("AUTHENTICATE", &[sasl.mechanism()])])
    }

    fn challenge(&self, line: &Line) -> Result<Taken, Fault> {
        match &self.sasl {
            Some(sasl) if self.stage == Stage::Login && line.parameter(0) == "+" => {
                Ok(Taken::say(sasl::chunks(&sasl.answer()).into_iter().map(|part| write("AUTHENTICATE", &[&part]))))
            }
            Some(_) => Err(self.login_failed("the server asks something that we don't understand")),
            None => Ok(Taken::default()),
        }
    }

    fn finish(&mut self) -> Taken {
        self.stage = Stage::Finishing;
        Taken::say([write("CAP", &["END"])])
    }

    fn another_nick(&mut self, line: &Line) -> Result<Taken, Fault> {
        if self.stage == Stage::Welcomed {
            return Ok(Taken::default());
        }
        self.nicks += 1;
        if self.nicks > NICKS_MAX && line.command == "432" {
            return Err(Fault::new(FaultKind::Setup, format!("the server takes no such nick: {}", line.said())));
        }
        if self.nicks > NICKS_MAX {
            return Err(Fault::gone(format!("every nick we know is taken: {}", line.said())));
        }
        self.welcome.nick = other_nick(&self.network.nick, self.nicks);
        Ok(Taken::say([write("NICK", &[&self.welcome.nick])]))
    }

    fn login_failed(&self, said: &str) -> Fault {
        let how = match &self.network.login {
            IrcLogin::Plain { username, .. } => format!("SASL PLAIN as {username}"),
            IrcLogin::External { .. } => "SASL EXTERNAL".to_owned(),
            IrcLogin::NickServ(_) | IrcLogin::None => "SASL".to_owned(),
        };
        Fault::new(FaultKind::Login, format!("{how} failed: {said}"))
    }
}

/// A nick to go by while ours is taken.
pub fn other_nick(nick: &str, attempt: usize) -> String {
    match attempt {
        0 => nick.to_owned(),
        1 | 2 => format!("{nick}{}", "_".repeat(attempt)),
        more => format!("{nick}{more}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn network(login: IrcLogin) -> IrcNetwork {
        IrcNetwork {
            server: "irc.test:6697".into(),
            tls: true,
            ca_file: None,
            nick: "bell".into(),
            username: "bell".into(),
            realname: "Earlybell".into(),
            login,
            flood: None,
        }
    }

    fn plain() -> IrcLogin {
        IrcLogin::Plain { username: "incbot".into(), password: Secret::new("s3cretpw") }
    }

    // What we say to each of these lines; the last word is how it ends.
    fn talk(login: IrcLogin, lines: &[&str]) -> String {
        let (mut handshake, said) = Handshake::begin(&network(login));
        let mut all = said.iter().map(|line| format!("> {line}\n")).collect::<String>();
        for line in lines {
            all.push_str(&format!("< {line}\n"));
            match handshake.take(&Line::read(line.as_bytes()).unwrap()) {
                Ok(taken) => {
                    taken.say.iter().for_each(|line| all.push_str(&format!("> {line}\n")));
                    if taken.done {
                        all.push_str(&format!("done as {}\n", handshake.welcome.nick));
                    }
                }
                Err(fault) => return all + &format!("{:?}: {}\n", fault.kind, fault.because),
            }
        }
        all
    }

    const LS: &str = ":irc.test CAP * LS :account-tag batch echo-message message-tags sasl=PLAIN,EXTERNAL server-time";
    const BEGIN: &str = "> CAP LS 302\n> NICK bell\n> USER bell 0 * Earlybell\n";

    #[test]
    fn logs_in_with_sasl_before_the_welcome() {
        let said = talk(
            plain(),
            &[
                LS,
                ":irc.test CAP bell ACK :account-tag echo-message message-tags server-time sasl",
                "AUTHENTICATE :+",
                ":irc.test 900 bell bell!b@h incbot :You are now logged in as incbot",
                ":irc.test 903 bell :SASL authentication successful",
                ":irc.test 001 bell :Welcome",
                ":irc.test 422 bell :no MOTD",
            ],
        );
        assert_eq!(
            said,
            format!(
                "{BEGIN}< {LS}\n> CAP REQ :account-tag echo-message message-tags server-time sasl\n\
                 < :irc.test CAP bell ACK :account-tag echo-message message-tags server-time sasl\n> AUTHENTICATE PLAIN\n\
                 < AUTHENTICATE :+\n> AUTHENTICATE aW5jYm90AGluY2JvdABzM2NyZXRwdw==\n\
                 < :irc.test 900 bell bell!b@h incbot :You are now logged in as incbot\n\
                 < :irc.test 903 bell :SASL authentication successful\n> CAP END\n\
                 < :irc.test 001 bell :Welcome\n< :irc.test 422 bell :no MOTD\ndone as bell\n"
            )
        );
    }

    #[test]
    fn a_failed_login_is_the_end() {
        let ack = ":x CAP bell ACK :sasl";
        let failed = |lines: &[&str]| talk(plain(), lines).lines().last().unwrap().to_owned();
        assert_eq!(
            failed(&[LS, ack, "AUTHENTICATE +", ":x 904 bell :SASL authentication failed"]),
            "Login: SASL PLAIN as incbot failed: SASL authentication failed"
        );
        assert_eq!(
            failed(&[":x CAP * LS :multi-prefix"]),
            "Login: SASL PLAIN as incbot failed: the server offers no SASL"
        );
        assert_eq!(
            failed(&[":x CAP * LS :sasl=EXTERNAL"]),
            "Login: SASL PLAIN as incbot failed: the server offers SASL EXTERNAL, and not PLAIN"
        );
        assert_eq!(
            failed(&[":x 421 bell CAP :Unknown command", ":x 001 bell :Welcome"]),
            "Login: SASL PLAIN as incbot failed: the server knows no capabilities, and so no SASL"
        );
    }

    #[test]
    fn a_server_without_capabilities_will_do() {
        let old = talk(IrcLogin::None, &[":x 421 * CAP :Unknown command", ":x 001 bell :Hi", ":x 376 bell :End"]);
        assert!(old.ends_with("done as bell\n"), "{old}");
        let few = talk(IrcLogin::None, &[":x CAP * LS :multi-prefix", ":x CAP bell ACK :multi-prefix"]);
        assert!(few.ends_with("> CAP REQ multi-prefix\n< :x CAP bell ACK :multi-prefix\n> CAP END\n"), "{few}");
        let many = talk(IrcLogin::None, &[":x CAP * LS * :server-time", ":x CAP * LS :account-tag"]);
        assert!(many.ends_with("> CAP REQ :server-time account-tag\n"), "{many}");
    }

    #[test]
    fn another_nick_while_ours_is_taken() {
        let taken = ":x 433 * bell :Nickname is already in use";
        let said = talk(IrcLogin::None, &[taken, taken, taken]);
        assert!(
            said.ends_with(&format!("> NICK bell_\n< {taken}\n> NICK bell__\n< {taken}\n> NICK bell3\n")),
            "{said}"
        );
        let said = talk(IrcLogin::None, &[taken; 6]);
        assert!(said.ends_with("Gone: every nick we know is taken: bell Nickname is already in use\n"), "{said}");
        let held = ":x 432 * bell :Services reserved nickname: Registered nickname.";
        assert!(talk(IrcLogin::None, &[held]).ends_with("> NICK bell_\n"));
        let said = talk(IrcLogin::None, &[":x 432 * 0bell :Erroneous Nickname"; 6]);
        assert!(said.ends_with("Setup: the server takes no such nick: 0bell Erroneous Nickname\n"), "{said}");
    }
}
