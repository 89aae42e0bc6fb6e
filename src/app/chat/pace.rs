//! How fast somebody may type commands: whoever floods us waits, and nobody waits for them.

use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;

/// Commands at once.
pub const COMMANDS_BURST: i32 = 10;

/// Then one each.
pub const COMMAND_EVERY: TimeDelta = TimeDelta::seconds(2);

/// Lines of talk of one channel that are kept at once; then one a second.
pub const TALK_BURST: i32 = 60;

// Speakers that are remembered; those that are quiet again are forgotten first.
const SPEAKERS_MAX: usize = 1024;

/// How much each may say.
#[derive(Debug)]
pub struct Paces {
    burst: i32,
    every: TimeDelta,
    // When their allowance is full again, and whether they were told that it is used up.
    speakers: HashMap<String, (DateTime<Utc>, bool)>,
}

/// What becomes of a line.
#[derive(Debug, PartialEq, Eq)]
pub enum May {
    /// It is heard.
    Speak,
    /// It is too much, and they should be told so.
    Wait,
    /// It is too much, and they know.
    Ignored,
}

impl Paces {
    /// So many at once, then one every so often.
    pub fn new(burst: i32, every: TimeDelta) -> Self {
        Self { burst, every, speakers: HashMap::new() }
    }

    /// Somebody says something.
    pub fn speak(&mut self, who: &str, now: DateTime<Utc>) -> May {
        if self.speakers.len() >= SPEAKERS_MAX {
            self.speakers.retain(|_, (full_at, _)| *full_at > now);
        }
        if self.speakers.len() >= SPEAKERS_MAX && !self.speakers.contains_key(who) {
            return May::Ignored;
        }
        let (full_at, told) = self.speakers.entry(who.to_owned()).or_insert((now, false));
        let begun = (*full_at).max(now);
        if begun - now > self.every * (self.burst - 1) {
            return if std::mem::replace(told, true) { May::Ignored } else { May::Wait };
        }
        (*full_at, *told) = (begun + self.every, false);
        May::Speak
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_slowed_down_and_told_once() {
        let start = DateTime::from_timestamp(1_795_331_460, 0).unwrap();
        let mut paces = Paces::new(2, TimeDelta::seconds(3));
        let mut at = |seconds: i64| paces.speak("anna", start + TimeDelta::seconds(seconds));
        let said = [at(0), at(0), at(0), at(0), at(3), at(3), at(60)];
        assert_eq!(said, [May::Speak, May::Speak, May::Wait, May::Ignored, May::Speak, May::Wait, May::Speak]);
        assert_eq!(paces.speak("bert", start), May::Speak);
        for number in 0..2 * SPEAKERS_MAX {
            paces.speak(&number.to_string(), start);
        }
        assert!(paces.speakers.len() <= SPEAKERS_MAX);
    }
}
