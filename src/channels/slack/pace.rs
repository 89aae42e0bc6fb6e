//! Who asked us to wait: Slack counts messages per channel, and tells each one that comes too early to wait anew.

use super::fault::Fault;
use crate::channels::fault::Fault as Plain;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokio::time::Instant;

/// Most channels and people that are remembered; more than wait at once, nobody has.
const WAITING_MAX: usize = 1_000;

/// Until when each channel, or person, is left alone.
#[derive(Default)]
pub struct Pace(Mutex<HashMap<String, Instant>>);

impl Pace {
    /// Whether it may be written to now; if not, for how long it waits still.
    pub fn check(&self, channel: &str) -> Result<(), Fault> {
        let now = Instant::now();
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match waiting.get(channel) {
            Some(until) if *until > now => {
                let because = "Slack asked to wait before the next message there".to_owned();
                Err(Plain::NotDone { because, after: Some(*until - now) }.into())
            }
            _ => Ok(()),
        }
    }

    /// Remembers what an answer asked for.
    pub fn note<T>(&self, channel: &str, answer: &Result<T, Fault>) {
        let Err(Fault::Plain(Plain::NotDone { after: Some(after), .. })) = answer else { return };
        let now = Instant::now();
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, until| *until > now);
        if waiting.len() < WAITING_MAX {
            waiting.insert(channel.to_owned(), now + *after);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn one_channel_waits_and_the_others_do_not() {
        let pace = Pace::default();
        let asked = |after| Err::<(), Fault>(Plain::NotDone { because: "ratelimited".into(), after }.into());
        pace.note("C1", &asked(Some(Duration::from_secs(30))));
        pace.note("C2", &asked(None));
        pace.note("C2", &Err::<(), Fault>(Plain::Unknown("?".into()).into()));
        tokio::time::advance(Duration::from_secs(20)).await;
        let Err(Fault::Plain(Plain::NotDone { after, .. })) = pace.check("C1") else { panic!("it does not wait") };
        assert_eq!(after, Some(Duration::from_secs(10)));
        assert_eq!(pace.check("C2"), Ok(()));
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(pace.check("C1"), Ok(()));
    }
}
