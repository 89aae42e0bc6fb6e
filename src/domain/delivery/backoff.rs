//! How long to wait before the next attempt.

use crate::ids::DeliveryId;
use crate::policy::ReceiverKind;
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;

/// Given up this long after the first attempt began.
pub const GIVE_UP_AFTER: TimeDelta = TimeDelta::hours(24);

/// A receiver that asks for a longer wait is not believed: it is asked again after this.
pub const ASKED_MAX: TimeDelta = TimeDelta::minutes(15);

/// Between attempts at a receiver whose configuration is wrong; people have to act first.
pub const MISCONFIGURED_WAIT: TimeDelta = TimeDelta::minutes(5);

/// What was tried, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tries {
    /// Which delivery.
    pub id: DeliveryId,
    /// The attempt that failed, starting with 1.
    pub attempt: u32,
    /// When the first one began.
    pub first_attempt_at: DateTime<Utc>,
    /// At what kind of receiver.
    pub kind: ReceiverKind,
}

/// When to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextAttempt {
    /// At this time.
    At(DateTime<Utc>),
    /// Not any more.
    GiveUp,
}

// Somebody waits for the first notice: most failures are a restart or a lost packet, over within seconds. The last step
// repeats; it is short enough that a backlog leaves within a minute of a recovery.
const STEPS_MILLIS: [i64; 7] = [1_000, 2_000, 5_000, 10_000, 20_000, 40_000, 60_000];

// Mail servers count clients that come back within a second against them, and greylisting takes minutes anyway.
const MAIL_STEPS_MILLIS: [i64; 4] = [5_000, 15_000, 30_000, 60_000];

// A mail that was refused for an hour is not waited for by the second.
const MAIL_PATIENT_AFTER: TimeDelta = TimeDelta::hours(1);
const MAIL_PATIENT_MILLIS: i64 = 300_000;

// While a receiver limits our rate, its own number is the right one: a longer wait of ours only keeps the lane back.
const ASKED_STEP_MILLIS_MAX: i64 = 30_000;

/// When to try again after a failure; the last attempt comes when [`GIVE_UP_AFTER`] is over, not before.
pub fn next_attempt(tries: Tries, now: DateTime<Utc>, asked: Option<Duration>) -> NextAttempt {
    let own = step_millis(tries, now);
    let wait = match asked {
        None => TimeDelta::milliseconds(shortened(own, tries)),
        Some(asked) => asked_wait(asked).max(TimeDelta::milliseconds(own.min(ASKED_STEP_MILLIS_MAX))),
    };
    within_limit(tries, now, wait)
}

/// When to try again a receiver whose configuration is wrong.
pub fn next_misconfigured(tries: Tries, now: DateTime<Utc>) -> NextAttempt {
    within_limit(tries, now, MISCONFIGURED_WAIT)
}

/// The wait a receiver asked for, as far as it is believed.
pub fn asked_wait(asked: Duration) -> TimeDelta {
    TimeDelta::from_std(asked).unwrap_or(ASKED_MAX).min(ASKED_MAX)
}

fn within_limit(tries: Tries, now: DateTime<Utc>, wait: TimeDelta) -> NextAttempt {
    let limit = tries.first_attempt_at + GIVE_UP_AFTER;
    if now >= limit {
        return NextAttempt::GiveUp;
    }
    NextAttempt::At((now + wait).min(limit))
}

fn step_millis(tries: Tries, now: DateTime<Utc>) -> i64 {
    let steps: &[i64] = match tries.kind {
        ReceiverKind::Email if now - tries.first_attempt_at >= MAIL_PATIENT_AFTER => &[MAIL_PATIENT_MILLIS],
        ReceiverKind::Email => &MAIL_STEPS_MILLIS,
        ReceiverKind::Console | ReceiverKind::Slack | ReceiverKind::Webhook => &STEPS_MILLIS,
        ReceiverKind::SlackWebhook | ReceiverKind::Mattermost | ReceiverKind::RocketChat => &STEPS_MILLIS,
        ReceiverKind::Discord | ReceiverKind::Teams | ReceiverKind::Matrix | ReceiverKind::Irc => &STEPS_MILLIS,
        // Nobody waits for a post by the second, and a forge counts what is asked of it; an Open Build Service is often in
        // maintenance for hours, just when there is something to say.
        ReceiverKind::Blog | ReceiverKind::Obs => &MAIL_STEPS_MILLIS,
    };
    let at = usize::try_from(tries.attempt.saturating_sub(1)).unwrap_or(usize::MAX);
    steps[at.min(steps.len() - 1)]
}

// Up to a quarter less, by delivery and attempt: deliveries that failed together do not come back together, and the same
// history waits the same every time it is replayed.
fn shortened(millis: i64, tries: Tries) -> i64 {
    let share = i64::try_from(mixed(tries.id.0, tries.attempt) % 256).unwrap_or(0);
    millis - millis * share / 1024
}

// The finaliser of splitmix64: neighbouring numbers come out far apart.
fn mixed(id: u64, attempt: u32) -> u64 {
    let mut z = id.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(u64::from(attempt));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000, 0).unwrap()
    }

    fn tries(kind: ReceiverKind, attempt: u32) -> Tries {
        Tries { id: DeliveryId(7), attempt, first_attempt_at: start(), kind }
    }

    // Waits in whole milliseconds of one delivery that fails at once, every time, until it is given up.
    fn waits(id: u64, kind: ReceiverKind) -> Vec<i64> {
        let mut now = start();
        let mut waits = Vec::new();
        for attempt in 1.. {
            match next_attempt(Tries { id: DeliveryId(id), ..tries(kind, attempt) }, now, None) {
                NextAttempt::GiveUp => break,
                NextAttempt::At(next) => {
                    waits.push((next - now).num_milliseconds());
                    now = next;
                }
            }
        }
        assert_eq!(now, start() + GIVE_UP_AFTER, "the last attempt comes when the time is over");
        waits
    }

    #[test]
    fn is_quick_at_first_and_steady_later() {
        let waits = waits(7, ReceiverKind::Slack);
        for (wait, most) in waits.iter().zip([1_000, 2_000, 5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
            assert!((most * 3 / 4..=most).contains(wait), "{wait} of {most}");
        }
        assert!(waits.iter().all(|wait| *wait <= 60_000), "a backlog leaves within a minute of a recovery");
        assert!((1440..2000).contains(&waits.len()), "{}", waits.len());
    }

    #[test]
    fn is_patient_with_mail_servers() {
        let waits = waits(7, ReceiverKind::Email);
        assert!(waits[0] >= 3_750 && waits[0] <= 5_000, "{}", waits[0]);
        assert!(waits.iter().rev().skip(1).take(200).all(|wait| (225_000..=300_000).contains(wait)));
    }

    #[test]
    fn spreads_deliveries_that_failed_together_and_repeats_itself() {
        let firsts: std::collections::BTreeSet<i64> = (1..=50).map(|id| waits(id, ReceiverKind::Slack)[6]).collect();
        assert!(firsts.len() > 40, "{} different waits of 50", firsts.len());
        assert_eq!(waits(7, ReceiverKind::Slack), waits(7, ReceiverKind::Slack));
    }

    #[test]
    fn honours_the_wait_it_was_asked_for_within_a_limit() {
        let asked = |attempt, seconds| match next_attempt(
            tries(ReceiverKind::Slack, attempt),
            start(),
            Some(Duration::from_secs(seconds)),
        ) {
            NextAttempt::At(next) => (next - start()).num_seconds(),
            NextAttempt::GiveUp => -1,
        };
        assert_eq!(asked(1, 30), 30);
        assert_eq!(asked(1, 0), 1, "zero must not spin");
        assert_eq!(asked(50, 1), 30, "nor a receiver that says one second for hours");
        assert_eq!(asked(1, 86_400), 900, "a day is not believed");
        assert_eq!(asked(1, u64::MAX), 900);
    }

    #[test]
    fn gives_up_after_a_day_but_not_before_a_last_attempt() {
        let nearly = start() + GIVE_UP_AFTER - TimeDelta::seconds(1);
        let last = NextAttempt::At(start() + GIVE_UP_AFTER);
        assert_eq!(next_attempt(tries(ReceiverKind::Slack, 900), nearly, None), last);
        assert_eq!(next_misconfigured(tries(ReceiverKind::Slack, 900), nearly), last);
        let over = start() + GIVE_UP_AFTER;
        assert_eq!(next_attempt(tries(ReceiverKind::Slack, 901), over, None), NextAttempt::GiveUp);
        assert_eq!(next_misconfigured(tries(ReceiverKind::Slack, 901), over), NextAttempt::GiveUp);
    }
}
