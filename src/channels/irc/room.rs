//! Channels we are in, or want to be in: how that stands, their topics, what we may do there.

use super::fault::{Fault, FaultKind};
use super::line::{Line, fold};
use super::topic::Remembered;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// How long the answer to a JOIN may take.
const JOIN_WAIT: Duration = Duration::from_secs(15);

/// When a channel that did not take us, or threw us out, is tried again.
const JOIN_AGAIN: Duration = Duration::from_secs(60);

/// A channel.
#[derive(Debug)]
pub struct Room {
    /// As it is written.
    pub name: String,
    /// Whether we are in it.
    pub standing: Standing,
    /// Its topic; `None` before it is known.
    pub topic: Option<String>,
    /// What we remember of its topic.
    pub remembered: Remembered,
    /// What stands before our nick there: `@` operator, `+` voice.
    pub rank: String,
    /// Its modes: `+nt`.
    pub modes: String,
}

/// Whether we are in a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Not yet; since then.
    Joining(Instant),
    /// Yes.
    Joined,
    /// No, since then.
    Out(Instant, Fault),
}

/// All channels, by their folded names.
#[derive(Debug, Default)]
pub struct Rooms(BTreeMap<String, Room>);

impl Rooms {
    /// The one of this name.
    pub fn get(&self, name: &str) -> Option<&Room> {
        self.0.get(&fold(name))
    }

    /// The one of this name, to change it.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Room> {
        self.0.get_mut(&fold(name))
    }

    /// Why nothing can be said there; nothing, if it can.
    pub fn out(&self, name: &str) -> Option<Fault> {
        match self.get(name).map(|room| &room.standing) {
            Some(Standing::Joined) => None,
            Some(Standing::Out(_, fault)) => Some(fault.clone()),
            Some(Standing::Joining(_)) => Some(Fault::gone(format!("not in {name} yet"))),
            None => Some(Fault::gone(format!("not in {name}"))),
        }
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Room> {
        self.0.values()
    }

    /// Is in these channels from now on: which to join, and which to leave.
    pub fn want(&mut self, names: &[String], remembered: &BTreeMap<String, Remembered>, now: Instant) -> Change {
        let wanted: BTreeMap<String, &String> = names.iter().map(|name| (fold(name), name)).collect();
        let mut change = Change::default();
        self.0.retain(|key, room| {
            let stays = wanted.contains_key(key);
            if !stays {
                change.leave.push(room.name.clone());
            }
            stays
        });
        for (key, name) in wanted {
            self.0.entry(key.clone()).or_insert_with(|| {
                change.join.push(name.clone());
                Room {
                    name: name.clone(),
                    standing: Standing::Joining(now),
                    topic: None,
                    remembered: remembered.get(&key).cloned().unwrap_or_default(),
                    rank: String::new(),
                    modes: String::new(),
                }
            });
        }
        change
    }

    /// Those that it is time to try again; an answer that did not come is a refusal.
    pub fn due(&mut self, now: Instant) -> Vec<String> {
        let mut again = Vec::new();
        for room in self.0.values_mut() {
            match room.standing {
                Standing::Joining(since) if now >= since + JOIN_WAIT => {
                    let fault = Fault::gone(format!("no answer to JOIN {}", room.name));
                    room.standing = Standing::Out(now, fault);
                }
                Standing::Out(since, _) if now >= since + JOIN_AGAIN => {
                    room.standing = Standing::Joining(now);
                    again.push(room.name.clone());
                }
                _ => {}
            }
        }
        again
    }

    /// When [`Rooms::due`] has something to do.
    pub fn due_at(&self) -> Option<Instant> {
        let times = self.0.values().filter_map(|room| match room.standing {
            Standing::Joining(since) => Some(since + JOIN_WAIT),
            Standing::Out(since, _) => Some(since + JOIN_AGAIN),
            Standing::Joined => None,
        });
        times.min()
    }

    /// What a line says of a channel; `nick` is ours.
    pub fn take(&mut self, line: &Line, nick: &str, now: Instant) {
        let own = fold(line.nick()) == fold(nick);
        match line.command.as_str() {
            "JOIN" if own => self.with(line.parameter(0), |room| room.topic = None),
            "366" => self.with(line.parameter(1), |room| {
                room.standing = Standing::Joined;
                // Said before, if there is one.
                room.topic.get_or_insert_default();
            }),
            "332" => self.with(line.parameter(1), |room| room.topic = Some(line.last().to_owned())),
            "331" => self.with(line.parameter(1), |room| room.topic = Some(String::new())),
            "TOPIC" => self.with(line.parameter(0), |room| room.topic = Some(line.parameter(1).to_owned())),
            "324" => self.with(line.parameter(1), |room| line.parameter(2).clone_into(&mut room.modes)),
            "353" => self.with(line.parameter(2), |room| {
                let rank = line.last().split(' ').find_map(|name| rank_of(name, nick));
                if let Some(rank) = rank {
                    room.rank = rank;
                }
            }),
            "KICK" if fold(line.parameter(1)) == fold(nick) => {
                let because = format!("thrown out of {} by {}: {}", line.parameter(0), line.nick(), line.parameter(2));
                self.leave(line.parameter(0), Fault::new(FaultKind::Setup, because), now);
            }
            "PART" if own => self.leave(line.parameter(0), Fault::gone(format!("left {}", line.parameter(0))), now),
            _ => {
                let waits = |room: &Room| matches!(room.standing, Standing::Joining(_));
                if self.get(line.parameter(1)).is_some_and(waits)
                    && let Some(fault) = Fault::of_join(line)
                {
                    self.leave(line.parameter(1), fault, now);
                }
            }
        }
    }

    fn with(&mut self, name: &str, change: impl FnOnce(&mut Room)) {
        if let Some(room) = self.get_mut(name) {
            change(room);
        }
    }

    fn leave(&mut self, name: &str, fault: Fault, now: Instant) {
        self.with(name, |room| room.standing = Standing::Out(now, fault));
    }
}

/// Which channels to join, and which to leave.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// To join.
    pub join: Vec<String>,
    /// To leave.
    pub leave: Vec<String>,
}

// `@+bell` is us, with what stands before the nick.
fn rank_of(name: &str, nick: &str) -> Option<String> {
    // Servers that say hosts here, too.
    let name = name.split('!').next().unwrap_or(name);
    let bare = name.trim_start_matches(['~', '&', '@', '%', '+', '!']);
    (fold(bare) == fold(nick)).then(|| name[..name.len() - bare.len()].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rooms(now: Instant) -> Rooms {
        let mut rooms = Rooms::default();
        let change = rooms.want(&["#Ops".to_owned(), "#b".to_owned()], &BTreeMap::new(), now);
        assert_eq!(change, Change { join: vec!["#b".to_owned(), "#Ops".to_owned()], leave: Vec::new() });
        rooms
    }

    fn hear(rooms: &mut Rooms, now: Instant, lines: &[&str]) {
        lines.iter().for_each(|line| rooms.take(&Line::read(line.as_bytes()).unwrap(), "bell", now));
    }

    #[test]
    fn a_channel_is_joined_with_its_topic_and_our_rank() {
        let now = Instant::now();
        let mut rooms = rooms(now);
        hear(
            &mut rooms,
            now,
            &[
                ":bell!b@h JOIN #Ops incbot :Earlybell",
                ":x 332 bell #ops :Welcome: here",
                ":x 353 bell = #ops :anna @+bell",
                ":x 366 bell #ops :End",
                ":x 324 bell #ops +nt",
            ],
        );
        let room = rooms.get("#OPS").unwrap();
        assert_eq!((&room.standing, room.topic.as_deref()), (&Standing::Joined, Some("Welcome: here")));
        assert_eq!((room.rank.as_str(), room.modes.as_str()), ("@+", "+nt"));
        hear(&mut rooms, now, &[":anna!a@h TOPIC #ops :other", ":carl!c@h KICK #ops bell :go away"]);
        let room = rooms.get("#ops").unwrap();
        assert_eq!(room.topic.as_deref(), Some("other"));
        let Standing::Out(_, fault) = &room.standing else { panic!("{room:?}") };
        assert_eq!(fault.because, "thrown out of #ops by carl: go away");
    }

    #[test]
    fn a_refused_channel_is_tried_again_after_a_while() {
        let now = Instant::now();
        let mut rooms = rooms(now);
        hear(&mut rooms, now, &[":x 473 bell #ops :Cannot join channel (+i)"]);
        assert_eq!(rooms.due(now + Duration::from_secs(20)), [] as [&str; 0]);
        let Standing::Out(_, fault) = &rooms.get("#b").unwrap().standing else { panic!() };
        assert_eq!(fault.because, "no answer to JOIN #b");
        assert_eq!(rooms.due(now + Duration::from_secs(61)), ["#Ops"]);
        let change = rooms.want(&["#b".to_owned(), "#c".to_owned()], &BTreeMap::new(), now);
        assert_eq!(change, Change { join: vec!["#c".to_owned()], leave: vec!["#Ops".to_owned()] });
    }
}
