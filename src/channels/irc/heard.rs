//! What people say in our channels: commands, notes, and talk where it is kept. Who they are is a matter of their services
//! account, which the server vouches for; a nick is anybody's.

use super::format::plain;
use super::job::Answer;
use super::line::{Line, fold, write};
use super::seats::{Only, Seats};
use tokio::sync::mpsc;

/// The word before a command.
pub const COMMAND: &str = "!incident";

/// The word before a note.
pub const NOTE: &str = "!note";

/// Speakers whose account is asked for at once.
const LOOKUPS_MAX: usize = 16;

/// What somebody said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// What kind of line.
    pub said: Said,
    /// The line, without the word before it.
    pub text: String,
    /// Their nick now.
    pub nick: String,
    /// Their services account, if they are logged in.
    pub account: Option<String>,
    /// The channel; none, if it was said to us alone.
    pub channel: Option<String>,
    /// Our receivers there: all for a command, those that keep talk for talk.
    pub receivers: Vec<String>,
    /// The server's id of the line, where it has one.
    pub id: Option<String>,
    /// When the server took it, where it says so.
    pub time: Option<String>,
}

/// What kind of line it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// `!incident …`
    Command,
    /// `!note …`
    Note,
    /// Anything else, where it is kept.
    Talk,
}

/// What was heard, and where to answer.
#[derive(Debug, Clone)]
pub struct HeardOn {
    /// The server, `host:port`, and our nick: together they name the network.
    pub network: String,
    /// What.
    pub heard: Heard,
    /// Where answers go.
    pub answers: mpsc::Sender<Answer>,
}

/// What a line means, if anything is meant for us.
pub fn of(line: &Line, nick: &str, seats: &Seats) -> Option<Heard> {
    let (to, text) = (line.parameter(0), plain(line.last()));
    let text = text.trim();
    // A robot's request, or `/me`.
    if text.starts_with('\u{1}') || !line.source.contains('!') {
        return None;
    }
    let channel = (fold(to) != fold(nick)).then(|| to.to_owned());
    let word = text.split_whitespace().next().unwrap_or_default();
    let is = |known: &str| word.eq_ignore_ascii_case(known);
    let (said, rest) = match text.get(word.len()..) {
        Some(rest) if is(COMMAND) => (Said::Command, rest),
        Some(rest) if is(NOTE) => (Said::Note, rest),
        _ => (Said::Talk, text),
    };
    let receivers = match (&channel, said) {
        (Some(channel), Said::Talk) => seats.receivers(channel, Only::Capture),
        (Some(channel), Said::Command | Said::Note) => seats.receivers(channel, Only::All),
        (None, _) => Vec::new(),
    };
    let concerns_us = match said {
        Said::Talk => !receivers.is_empty(),
        Said::Command | Said::Note => channel.is_none() || !receivers.is_empty(),
    };
    let tag = |name: &str| line.tag(name).map(str::to_owned);
    concerns_us.then(|| Heard {
        said,
        text: rest.trim().to_owned(),
        nick: line.nick().to_owned(),
        account: account(tag("account").as_deref()),
        channel,
        receivers,
        id: tag("msgid"),
        time: tag("time"),
    })
}

fn account(said: Option<&str>) -> Option<String> {
    said.filter(|account| !account.is_empty() && !matches!(*account, "*" | "0")).map(str::to_owned)
}

/// Speakers whose account is asked for with WHOIS, where lines don't say it.
#[derive(Debug, Default)]
pub struct Lookups(Vec<Heard>);

impl Lookups {
    /// Asks for the account of whoever said this; what is too much at once is not heard.
    pub fn ask(&mut self, heard: Heard) -> Option<String> {
        if self.0.len() >= LOOKUPS_MAX {
            tracing::warn!(nick = %heard.nick, "too many speak at once; a command of {} is left out", heard.nick);
            return None;
        }
        let asked = self.0.iter().any(|known| fold(&known.nick) == fold(&heard.nick));
        let line = write("WHOIS", &[&heard.nick]);
        self.0.push(heard);
        (!asked).then_some(line)
    }

    /// An answer, perhaps: what was said by somebody who is known now.
    pub fn take(&mut self, line: &Line) -> Vec<Heard> {
        let is = |heard: &Heard, nick: &str| fold(&heard.nick) == fold(nick);
        match line.command.as_str() {
            // Says `is logged in as` behind nick and account.
            "330" => {
                let (nick, name) = (line.parameter(1), account(Some(line.parameter(2))));
                self.0.iter_mut().filter(|heard| is(heard, nick)).for_each(|heard| heard.account.clone_from(&name));
                Vec::new()
            }
            "318" => self.0.extract_if(.., |heard| is(heard, line.parameter(1))).collect(),
            // Whoever has that nick next did not say it.
            "NICK" | "QUIT" => {
                self.0.retain(|heard| !is(heard, line.nick()));
                Vec::new()
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::seats::Seat;
    use super::*;

    fn seats(capture: bool) -> Seats {
        let seat = |receiver: &str, channel: &str, capture| Seat {
            holder: 1,
            receiver: receiver.into(),
            channel: channel.into(),
            capture,
        };
        Seats(vec![seat("team", "#ops", capture), seat("users", "#help", false)])
    }

    fn heard(line: &str, capture: bool) -> Option<Heard> {
        of(&Line::read(line.as_bytes()).unwrap(), "bell", &seats(capture))
    }

    #[test]
    fn commands_are_heard_with_the_account_of_whoever_says_them() {
        let said = heard("@account=anna;msgid=7 :an!u@h PRIVMSG #Ops :!Incident take #42  operations ", false).unwrap();
        assert_eq!((said.said, said.text.as_str()), (Said::Command, "take #42  operations"));
        assert_eq!((said.account.as_deref(), said.id.as_deref()), (Some("anna"), Some("7")));
        assert_eq!((said.channel.as_deref(), said.receivers), (Some("#Ops"), vec!["team".to_owned()]));
        assert_eq!(heard(":an!u@h PRIVMSG bell :\u{2}!note\u{2} it was me", false).unwrap().said, Said::Note);
        assert_eq!(heard("@account=* :an!u@h PRIVMSG bell :!incident", false).unwrap().account, None);
    }

    #[test]
    fn talk_is_heard_only_where_it_is_kept() {
        assert_eq!(heard(":an!u@h PRIVMSG #ops :hello", false), None);
        assert_eq!(heard(":an!u@h PRIVMSG #ops :hello", true).unwrap().said, Said::Talk);
        for line in [
            ":an!u@h PRIVMSG #help :hello",
            ":an!u@h PRIVMSG #elsewhere :!incident take",
            ":an!u@h PRIVMSG bell :hello",
            ":an!u@h PRIVMSG #ops :\u{1}ACTION waves\u{1}",
            ":irc.test PRIVMSG #ops :!incident take",
        ] {
            assert_eq!(heard(line, true), None, "{line}");
        }
    }

    #[test]
    fn whoever_is_not_vouched_for_is_asked_about() {
        let mut lookups = Lookups::default();
        let said = || heard(":an!u@h PRIVMSG #ops :!incident take", false).unwrap();
        let take = |lookups: &mut Lookups, line: &str| lookups.take(&Line::read(line.as_bytes()).unwrap());
        assert_eq!(lookups.ask(said()).as_deref(), Some("WHOIS an"));
        assert_eq!(lookups.ask(said()), None, "asked already");
        assert_eq!(take(&mut lookups, ":x 330 bell an anna :is logged in as"), []);
        let known = take(&mut lookups, ":x 318 bell an :End");
        assert_eq!(known.iter().map(|heard| heard.account.as_deref()).collect::<Vec<_>>(), [Some("anna"); 2]);
        lookups.ask(said());
        take(&mut lookups, ":an!u@h NICK other");
        assert_eq!(take(&mut lookups, ":x 318 bell an :End"), [], "the nick may be somebody else's now");
    }
}
