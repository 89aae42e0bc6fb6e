//! Random worlds: whatever is repeated or comes out of order, what is true last is what is known in the end.

use super::{
    AlertState, Batch, Observation, ResolvedBecause, SourceName, Story, batch, firing, poll, resolved, t, timing,
};
use crate::alert::reconcile::Poll;
use crate::alert::table::{Table, Taken};

const SEEDS: u64 = 300;

// All messages of some episodes of one alert; the last episode is over, or not.
fn episodes(random: &mut fastrand::Rng, over: bool) -> Vec<Observation> {
    let count = random.i64(1..4);
    let mut messages = Vec::new();
    for episode in 0..count {
        let (start, end) = (episode * 20, episode * 20 + random.i64(1..15));
        messages.push(firing("A", start));
        if over || episode + 1 < count {
            messages.push(resolved("A", start, end));
        }
    }
    messages
}

// Each once or more, in any order.
fn mixed(random: &mut fastrand::Rng, messages: &[Observation]) -> Vec<Observation> {
    let mut mixed: Vec<Observation> = messages.iter().flat_map(|m| vec![m.clone(); random.usize(1..4)]).collect();
    random.shuffle(&mut mixed);
    mixed
}

#[test]
fn an_alert_that_fires_is_known_to_fire_in_any_order() {
    for seed in 0..SEEDS {
        let mut random = fastrand::Rng::with_seed(seed);
        let messages = episodes(&mut random, false);
        let mut story = Story::default();
        for (minute, message) in (100..).zip(mixed(&mut random, &messages)) {
            story.take(minute, batch([message]));
        }
        assert_eq!(story.of("A").state, AlertState::Firing, "seed {seed}: {}", story.log);
        assert_eq!(story.of("A").claimed_starts_at, messages.last().unwrap().starts_at, "seed {seed}");
    }
}

#[test]
fn an_alert_whose_end_is_told_last_is_over_in_any_order() {
    for seed in 0..SEEDS {
        let mut random = fastrand::Rng::with_seed(seed);
        let messages = episodes(&mut random, true);
        let last = messages.last().unwrap().clone();
        let mut order = mixed(&mut random, &messages);
        order.push(last.clone());
        let mut story = Story::default();
        for (minute, message) in (100..).zip(order) {
            story.take(minute, batch([message]));
        }
        story.wait(200);
        let state = super::super::episode::resolved(last.ends_at.unwrap(), ResolvedBecause::Reported);
        assert_eq!(story.of("A").state, state, "seed {seed}: {}", story.log);
    }
}

// Any message about a few alerts, at any time.
fn anything(random: &mut fastrand::Rng, minute: i64) -> Batch {
    let observations = (0..random.usize(0..5)).map(|_| {
        let name = ["A", "B", "C", "D", "E", "F"][random.usize(0..6)];
        let start = minute - random.i64(-10..60);
        let mut seen = match random.u8(0..3) {
            0 => resolved(name, start, start + random.i64(0..40)),
            _ => firing(name, start),
        };
        seen.starts_at = seen.starts_at.filter(|_| random.u8(0..8) > 0);
        seen
    });
    let observations: Vec<_> = observations.collect();
    let pushed = random.u8(0..4) == 0;
    let mut batch = Batch {
        source: SourceName::from("am"),
        group: (!pushed).then(|| random.u64(0..3)),
        truncated: u64::from(random.u8(0..5) == 0),
        observations,
    };
    if pushed {
        batch.observations.iter_mut().for_each(|seen| seen.ends_at = seen.ends_at.or(Some(t(minute + 4))));
    }
    batch
}

fn a_poll(random: &mut fastrand::Rng, minute: i64) -> Poll {
    let name = |random: &mut fastrand::Rng| ["A", "B", "C", "D", "E", "F"][random.usize(0..6)];
    let mut found = poll(minute - random.i64(0..3));
    for _ in 0..random.usize(0..3) {
        found.active.push(firing(name(random), minute - 30));
        found.muted.push((firing(name(random), minute - 30), vec!["x".to_owned()]));
        found.gone.push(firing(name(random), 0).fingerprint);
    }
    found
}

#[test]
fn the_rows_are_the_state_and_the_index_follows() {
    for seed in 0..SEEDS {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut story = Story::default();
        let mut rows = std::collections::BTreeMap::new();
        let mut minute = 0;
        for step in 0..80 {
            minute += random.i64(0..if step % 20 == 0 { 2_000 } else { 10 });
            while let Some(due) = story.table.next_due(&timing()).filter(|due| *due <= t(minute)) {
                let taken = story.table.due(due, &timing());
                assert_ne!(taken, Taken::default(), "seed {seed}");
                keep(&mut rows, &story.table, &taken);
            }
            if random.u8(0..4) == 0 {
                // A restart: from the rows, and from nothing else.
                story.table = Table::restore(rows.values().cloned().collect(), story.table.last_id);
            }
            let taken = match random.u8(0..5) {
                0 => story.table.poll(&a_poll(&mut random, minute), t(minute), &timing()),
                _ => story.table.take(&anything(&mut random, minute), t(minute), &timing()),
            };
            keep(&mut rows, &story.table, &taken);
            let told: Vec<_> = taken.transitions.iter().map(|transition| transition.alert).collect();
            assert!(told.iter().all(|id| taken.changed.contains(id)), "seed {seed}: told, and written");
            assert!(rows.values().eq(story.table.iter()), "seed {seed} step {step}: rows are the state");
            assert!(story.table.iter().all(|alert| alert.starts_at <= t(minute) && alert.last_seen <= t(minute)));
            let fresh = Table::restore(rows.values().cloned().collect(), 0);
            assert_eq!(fresh.next_due(&timing()), story.table.next_due(&timing()), "seed {seed} step {step}");
        }
        story.wait(minute + 60 * 24 * 3);
        assert!(story.table.is_empty(), "seed {seed}: after three silent days all are over and forgotten");
        assert!(story.table.by_key.is_empty() && story.table.next_due(&timing()).is_none(), "seed {seed}");
    }
}

fn keep(rows: &mut std::collections::BTreeMap<crate::ids::AlertId, crate::alert::Alert>, table: &Table, taken: &Taken) {
    for id in &taken.changed {
        rows.insert(*id, table.get(*id).unwrap().clone());
    }
    for id in &taken.forgotten {
        assert!(table.get(*id).is_none());
        rows.remove(id);
    }
}

#[test]
fn a_message_taken_twice_is_taken_once() {
    for seed in 0..SEEDS {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut story = Story::default();
        for minute in (0..200).step_by(7) {
            // One message names an alert once.
            let mut message = anything(&mut random, minute);
            let mut named = std::collections::BTreeSet::new();
            message.observations.retain(|seen| named.insert(seen.fingerprint));
            story.take(minute, message.clone());
            let again = story.take(minute, message);
            assert_eq!(again.transitions, [], "seed {seed} minute {minute}");
        }
    }
}
