//! Our nick: identified with NickServ where there is no SASL, taken back from whoever has it.

use super::fault::{Fault, FaultKind};
use super::handshake::Welcome;
use super::line::{Line, fold, write};
use crate::config::{IrcLogin, IrcNetwork, Secret};
use std::time::Duration;
use tokio::time::Instant;

/// How long NickServ may take to answer; then channels are joined without it.
const IDENTIFY_WAIT: Duration = Duration::from_secs(10);

/// How often it is asked again that did not answer: services come and go.
const IDENTIFY_EVERY: Duration = Duration::from_secs(60);

/// How often a nick that is taken is asked for again.
const RECLAIM_EVERY: Duration = Duration::from_secs(60);

/// How soon, after something may have made it free.
const RECLAIM_SOON: Duration = Duration::from_secs(2);

const SERVICE: &str = "NickServ";

/// What services take a nick from somebody with, the best first: `REGAIN` gives it to us at once, also where services hold it
/// for a while. Where a command is not known, nothing happens, and it is the next one's turn.
const FORCE: [&str; 2] = ["REGAIN", "GHOST"];

/// Whether NickServ knows us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Login {
    // Nothing to say to it.
    None,
    // It was asked, and answers until then.
    Asked(Instant),
    // It did not; channels are joined all the same, and it is asked again then.
    Unanswered(Instant),
    Known,
}

/// What a line means for it.
#[derive(Debug, PartialEq, Eq)]
pub enum Identified {
    /// Nothing that ends the connection.
    Same,
    /// The password is wrong.
    Failed(Fault),
}

/// How our nick stands.
#[derive(Debug)]
pub struct Nick {
    wanted: String,
    password: Option<Secret>,
    login: Login,
    // Not told before channels were joined.
    settled_now: bool,
    reclaim_at: Instant,
    // How much force was used, each once in a connection.
    forced: usize,
}

impl Nick {
    /// At the beginning of a session.
    pub fn new(network: &IrcNetwork, welcome: &Welcome, now: Instant) -> Self {
        let password = match &network.login {
            IrcLogin::NickServ(password) => Some(password.clone()),
            IrcLogin::Plain { .. } | IrcLogin::External { .. } | IrcLogin::None => None,
        };
        let login = if password.is_some() { Login::Asked(now + IDENTIFY_WAIT) } else { Login::None };
        let reclaim_at = now + if welcome.account.is_some() { RECLAIM_SOON } else { RECLAIM_EVERY };
        Self { wanted: network.nick.clone(), password, login, settled_now: false, reclaim_at, forced: 0 }
    }

    /// What is said first.
    pub fn begin(&self) -> Option<String> {
        let password = self.password.as_ref()?;
        // With the nick: we may go by another one.
        Some(write("PRIVMSG", &[SERVICE, &format!("IDENTIFY {} {}", self.wanted, password.expose())]))
    }

    /// Whether channels can be joined.
    pub fn is_settled(&self) -> bool {
        !matches!(self.login, Login::Asked(_))
    }

    /// Whether NickServ has said that it knows us.
    pub fn is_known(&self) -> bool {
        self.login == Login::Known
    }

    /// Whether NickServ was asked and said nothing.
    pub fn is_unanswered(&self) -> bool {
        matches!(self.login, Login::Unanswered(_))
    }

    /// Whether it has become settled since it was last asked.
    pub fn settles(&mut self, now: Instant) -> bool {
        if let Login::Asked(until) = self.login
            && now >= until
        {
            tracing::warn!("{SERVICE} does not answer; going on without it");
            self.login = Login::Unanswered(now + IDENTIFY_EVERY);
            self.settled_now = true;
        }
        std::mem::take(&mut self.settled_now)
    }

    /// When [`Nick::due`] or [`Nick::settles`] has something to do.
    pub fn due_at(&self) -> Option<Instant> {
        match self.login {
            Login::Asked(until) => Some(until),
            Login::Unanswered(again_at) => Some(again_at.min(self.reclaim_at)),
            Login::None | Login::Known => Some(self.reclaim_at),
        }
    }

    /// What to say to be known, and to get our nick back, if it is time.
    pub fn due(&mut self, welcome: &Welcome, now: Instant) -> Vec<String> {
        let mut say = Vec::new();
        if let Login::Unanswered(again_at) = self.login
            && now >= again_at
        {
            self.login = Login::Unanswered(now + IDENTIFY_EVERY);
            say.extend(self.begin());
        }
        if now >= self.reclaim_at && self.is_settled() {
            self.reclaim_at = now + RECLAIM_EVERY;
            say.extend(self.reclaim(welcome, now));
        }
        say
    }

    fn reclaim(&mut self, welcome: &Welcome, now: Instant) -> Option<String> {
        if fold(&welcome.nick) == fold(&self.wanted) {
            // Whoever takes it from us later is alive, and may be another one of us: no more force.
            self.forced = FORCE.len();
            return None;
        }
        let is_ours = welcome.account.is_some() || self.is_known();
        let Some(command) = FORCE.get(self.forced).filter(|_| is_ours) else {
            return Some(write("NICK", &[&self.wanted]));
        };
        // Mostly it is our own last connection, which the server has not noticed to be dead.
        self.forced += 1;
        self.reclaim_at = now + RECLAIM_SOON;
        Some(write("PRIVMSG", &[SERVICE, &format!("{command} {}", self.wanted)]))
    }

    /// Hears what NickServ says, and when our nick becomes free.
    pub fn hear(&mut self, line: &Line, welcome: &Welcome, now: Instant) -> Identified {
        let taken = fold(&welcome.nick) != fold(&self.wanted);
        if taken && matches!(line.command.as_str(), "QUIT" | "NICK") && fold(line.nick()) == fold(&self.wanted) {
            self.reclaim_at = now;
        }
        match (self.login, line.command.as_str()) {
            (Login::None, _) => Identified::Same,
            // Services took the login back.
            (Login::Known, "901") => {
                self.login = Login::Unanswered(now);
                Identified::Same
            }
            (Login::Known, _) => Identified::Same,
            (Login::Asked(_) | Login::Unanswered(_), "900") => {
                self.become_known(now);
                Identified::Same
            }
            (Login::Asked(_) | Login::Unanswered(_), "NOTICE") if fold(line.nick()) == fold(SERVICE) => {
                self.judge(line.last(), now)
            }
            (Login::Asked(_) | Login::Unanswered(_), _) => Identified::Same,
        }
    }

    fn judge(&mut self, said: &str, now: Instant) -> Identified {
        let lower = said.to_lowercase();
        let any = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        // What answers another word of ours says nothing about the password.
        if any(&["invalid command", "unknown command", "not logged in"]) {
            return Identified::Same;
        }
        if any(&["invalid", "incorrect", "wrong", "not registered", "isn't registered", "not a registered"]) {
            let because = format!("{SERVICE} does not take the password for {}: {said}", self.wanted);
            return Identified::Failed(Fault::new(FaultKind::Login, because));
        }
        if any(&["identified", "logged in", "recognized", "recognised", "accepted"]) {
            self.become_known(now);
        }
        Identified::Same
    }

    fn become_known(&mut self, now: Instant) {
        self.settled_now |= !self.is_settled();
        self.login = Login::Known;
        // From now on we may use force.
        self.reclaim_at = self.reclaim_at.min(now + RECLAIM_SOON);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: &str = "bell";

    fn nick(now: Instant) -> (Nick, Welcome) {
        let network = IrcNetwork {
            server: "irc.test:6697".into(),
            tls: true,
            ca_file: None,
            nick: WANTED.into(),
            username: WANTED.into(),
            realname: WANTED.into(),
            login: IrcLogin::NickServ(Secret::new("hunter2pw")),
            flood: None,
        };
        let welcome = Welcome { nick: "bell_".into(), ..Welcome::default() };
        (Nick::new(&network, &welcome, now), welcome)
    }

    fn line(text: &str) -> Line {
        Line::read(text.as_bytes()).unwrap()
    }

    fn says(nick: &mut Nick, welcome: &Welcome, now: Instant, text: &str) -> Identified {
        nick.hear(&line(&format!(":NickServ!s@services NOTICE bell_ :{text}")), welcome, now)
    }

    // What is said in so many seconds, each with the second it is said in.
    fn said(nick: &mut Nick, welcome: &Welcome, from: Instant, seconds: u64) -> Vec<(u64, String)> {
        let mut all = Vec::new();
        for second in 0..seconds {
            let now = from + Duration::from_secs(second);
            nick.settles(now);
            all.extend(nick.due(welcome, now).into_iter().map(|line| (second, line)));
        }
        all
    }

    #[test]
    fn force_is_used_once_and_only_by_whom_nickserv_knows() {
        let now = Instant::now();
        let (mut nick, welcome) = nick(now);
        assert_eq!(nick.begin().unwrap(), "PRIVMSG NickServ :IDENTIFY bell hunter2pw");
        assert_eq!(said(&mut nick, &welcome, now, 9), [], "nothing before it has answered");
        assert_eq!(says(&mut nick, &welcome, now, "You are now identified for \u{2}bell\u{2}."), Identified::Same);
        let said = said(&mut nick, &welcome, now, 70);
        assert_eq!(
            said,
            [
                (2, "PRIVMSG NickServ :REGAIN bell".to_owned()),
                (4, "PRIVMSG NickServ :GHOST bell".to_owned()),
                (6, "NICK bell".to_owned()),
                (66, "NICK bell".to_owned()),
            ]
        );
    }

    #[test]
    fn whoever_takes_it_from_us_later_is_asked_and_not_thrown_off() {
        let now = Instant::now();
        let (mut nick, mut welcome) = nick(now);
        says(&mut nick, &welcome, now, "Password accepted - you are now recognized.");
        welcome.nick = WANTED.into();
        assert_eq!(said(&mut nick, &welcome, now, 5), []);
        welcome.nick = "Guest1".into();
        let later = now + Duration::from_secs(100);
        assert_eq!(nick.hear(&line(":x 901 bell bell!b@h :You are now logged out"), &welcome, later), Identified::Same);
        let identify = "PRIVMSG NickServ :IDENTIFY bell hunter2pw".to_owned();
        assert_eq!(said(&mut nick, &welcome, later, 2), [(0, identify), (0, "NICK bell".to_owned())]);
    }

    #[test]
    fn services_that_are_away_are_asked_again_until_they_answer() {
        let now = Instant::now();
        let (mut nick, welcome) = nick(now);
        let all = said(&mut nick, &welcome, now, 80);
        assert!(nick.is_settled() && nick.is_unanswered());
        let asked = "PRIVMSG NickServ :IDENTIFY bell hunter2pw".to_owned();
        assert_eq!(all, [(60, "NICK bell".to_owned()), (70, asked)]);
        assert_eq!(says(&mut nick, &welcome, now, "Invalid command. Use help."), Identified::Same);
        assert_eq!(says(&mut nick, &welcome, now, "You are not logged in."), Identified::Same);
        assert!(nick.is_unanswered());
        let refused = says(&mut nick, &welcome, now, "Invalid password for \u{2}bell\u{2}.");
        let Identified::Failed(fault) = refused else { panic!("{refused:?}") };
        assert_eq!(fault.kind, FaultKind::Login);
        nick.hear(&line(":x 900 bell_ bell_!b@h bell :You are now logged in as bell"), &welcome, now);
        assert!(nick.is_known());
    }
}
