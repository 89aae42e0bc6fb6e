//! Our nick: identified with NickServ where there is no SASL, asked back while it is taken.

use super::fault::{Fault, FaultKind};
use super::handshake::Welcome;
use super::line::{Line, fold, write};
use crate::config::{IrcLogin, IrcNetwork, Secret};
use std::time::Duration;
use tokio::time::Instant;

/// How long NickServ may take to answer; then channels are joined without it.
const IDENTIFY_WAIT: Duration = Duration::from_secs(10);

/// How often a nick that is taken is asked for again.
const RECLAIM_EVERY: Duration = Duration::from_secs(60);

/// How soon, after whoever had it is gone.
const RECLAIM_SOON: Duration = Duration::from_secs(2);

const SERVICE: &str = "NickServ";

/// Whether NickServ knows us.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    // It was asked, and answers until then.
    Asked(Instant),
    // Channels can be joined.
    Settled,
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
    stage: Stage,
    // Not told before channels were joined.
    settled_now: bool,
    /// Whether NickServ was asked and said nothing.
    pub unanswered: bool,
    reclaim_at: Instant,
    ghosted: bool,
}

impl Nick {
    /// At the beginning of a session.
    pub fn new(network: &IrcNetwork, welcome: &Welcome, now: Instant) -> Self {
        let password = match &network.login {
            IrcLogin::NickServ(password) => Some(password.clone()),
            IrcLogin::Plain { .. } | IrcLogin::External { .. } | IrcLogin::None => None,
        };
        let stage = if password.is_some() { Stage::Asked(now + IDENTIFY_WAIT) } else { Stage::Settled };
        let ghosted = welcome.account.is_none();
        let reclaim_at = now + if ghosted { RECLAIM_EVERY } else { RECLAIM_SOON };
        let wanted = network.nick.clone();
        Self { wanted, password, stage, settled_now: false, unanswered: false, reclaim_at, ghosted }
    }

    /// What is said first.
    pub fn begin(&self) -> Option<String> {
        let password = self.password.as_ref()?;
        // With the nick: we may go by another one.
        Some(write("PRIVMSG", &[SERVICE, &format!("IDENTIFY {} {}", self.wanted, password.expose())]))
    }

    /// Whether channels can be joined.
    pub fn is_settled(&self) -> bool {
        self.stage == Stage::Settled
    }

    /// Whether it has become settled since it was last asked.
    pub fn settles(&mut self, now: Instant) -> bool {
        if let Stage::Asked(until) = self.stage
            && now >= until
        {
            tracing::warn!("{SERVICE} does not answer; going on without it");
            self.unanswered = true;
            self.settle();
        }
        std::mem::take(&mut self.settled_now)
    }

    /// When [`Nick::due`] or [`Nick::settles`] has something to do.
    pub fn due_at(&self) -> Option<Instant> {
        match self.stage {
            Stage::Asked(until) => Some(until),
            Stage::Settled => Some(self.reclaim_at),
        }
    }

    /// What to say to get our nick back, if it is time.
    pub fn due(&mut self, welcome: &Welcome, now: Instant) -> Vec<String> {
        if now < self.reclaim_at || !self.is_settled() {
            return Vec::new();
        }
        self.reclaim_at = now + RECLAIM_EVERY;
        if fold(&welcome.nick) == fold(&self.wanted) {
            return Vec::new();
        }
        let mut say = Vec::new();
        if !self.ghosted && welcome.account.is_some() {
            // Mostly it is our own last connection, which the server has not noticed to be dead.
            self.ghosted = true;
            say.push(write("PRIVMSG", &[SERVICE, &format!("GHOST {}", self.wanted)]));
            self.reclaim_at = now + RECLAIM_SOON;
            return say;
        }
        say.push(write("NICK", &[&self.wanted]));
        say
    }

    /// Hears what NickServ says, and when our nick becomes free.
    pub fn hear(&mut self, line: &Line, welcome: &Welcome, now: Instant) -> Identified {
        let taken = fold(&welcome.nick) != fold(&self.wanted);
        if taken && matches!(line.command.as_str(), "QUIT" | "NICK") && fold(line.nick()) == fold(&self.wanted) {
            self.reclaim_at = now;
        }
        if self.is_settled() {
            return Identified::Same;
        }
        if line.command == "900" {
            self.settle();
        }
        if line.command == "NOTICE" && fold(line.nick()) == fold(SERVICE) {
            let said = line.last().to_lowercase();
            let any = |words: &[&str]| words.iter().any(|word| said.contains(word));
            if any(&["invalid", "incorrect", "wrong", "not registered", "isn't registered", "not a registered"]) {
                let because = format!("{SERVICE} does not take the password for {}: {}", self.wanted, line.last());
                return Identified::Failed(Fault::new(FaultKind::Login, because));
            }
            if any(&["identified", "logged in", "recognized", "recognised", "accepted"]) {
                self.settle();
            }
        }
        Identified::Same
    }

    fn settle(&mut self) {
        if self.stage != Stage::Settled {
            self.stage = Stage::Settled;
            self.settled_now = true;
        }
    }
}
