//! What is found in looking whether notices would get to channels.

use super::handshake::Welcome;
use super::nick::Nick;
use super::room::{Room, Rooms, Standing};
use crate::channels::Finding;

/// How a connection and these channels stand.
pub fn findings(welcome: &Welcome, nick: &Nick, rooms: &Rooms, channels: &[String], topic: bool) -> Vec<Finding> {
    let as_whom = match &welcome.account {
        Some(account) => format!("connected as {}, logged in as {account}", welcome.nick),
        None if nick.is_known() => format!("connected as {}, identified with NickServ", welcome.nick),
        None => format!("connected as {}, not logged in", welcome.nick),
    };
    let mut found = vec![Finding::Well(as_whom)];
    if nick.is_unanswered() {
        found.push(Finding::Wrong("NickServ did not answer".to_owned()));
    }
    for name in channels {
        match rooms.get(name) {
            Some(room) if room.standing == Standing::Joined => found.extend(of_room(room, topic)),
            _ => found.extend(rooms.out(name).map(|fault| Finding::Wrong(fault.because))),
        }
    }
    found
}

fn of_room(room: &Room, topic: bool) -> Vec<Finding> {
    let has = |mode: char| room.modes.split(' ').next().unwrap_or_default().contains(mode);
    let ranked = !room.rank.is_empty();
    let operator = room.rank.contains(['~', '&', '@', '%']);
    let mut found = Vec::new();
    if has('m') && !ranked {
        let wrong = format!("{} is moderated (+m), and our nick has no voice: give it +v", room.name);
        found.push(Finding::Wrong(wrong));
    } else {
        found.push(Finding::Well(format!("in {}", room.name)));
    }
    if topic && has('t') && !operator {
        let wrong =
            format!("the topic of {} is for operators (+t): give our nick +o, or set `topic: false`", room.name);
        found.push(Finding::Wrong(wrong));
    }
    found
}
