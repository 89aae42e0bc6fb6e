//! Stories of single alerts; then random worlds.

mod past;
mod worlds;

use super::{Counts, Table, Taken};
use crate::alert::reconcile::Poll;
use crate::alert::{
    Alert, AlertKey, AlertState, Batch, Fingerprint, Observation, Pairs, ResolvedBecause, SourceName, Status,
};
use crate::duration::Duration;
use crate::ids::AlertId;
use crate::policy::Timing;
use chrono::{DateTime, TimeDelta, Utc};
use std::fmt::Write;

const GROUP: Option<u64> = Some(9);

fn timing() -> Timing {
    Timing::default()
}

fn t(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::minutes(minutes)
}

fn firing(name: &str, starts_at: i64) -> Observation {
    let labels = Pairs::labels([("alertname", name)]);
    Observation {
        status: Status::Firing,
        fingerprint: Fingerprint::of(&labels),
        labels,
        annotations: Pairs::default(),
        starts_at: Some(t(starts_at)),
        ends_at: None,
        generator_url: "".into(),
    }
}

fn resolved(name: &str, starts_at: i64, ends_at: i64) -> Observation {
    Observation { status: Status::Resolved, ends_at: Some(t(ends_at)), ..firing(name, starts_at) }
}

fn batch<const N: usize>(observations: [Observation; N]) -> Batch {
    Batch { source: SourceName::from("am"), group: GROUP, truncated: 0, observations: observations.into() }
}

// A table and what it was told; `log` is the story as it was decided.
#[derive(Default)]
struct Story {
    table: Table,
    log: String,
}

impl Story {
    fn take(&mut self, minute: i64, batch: Batch) -> Taken {
        self.wait(minute);
        let taken = self.table.take(&batch, t(minute), &timing());
        self.write(minute, &taken);
        taken
    }

    fn poll(&mut self, minute: i64, poll: Poll) -> Taken {
        self.wait(minute);
        let taken = self.table.poll(&poll, t(minute), &timing());
        self.write(minute, &taken);
        taken
    }

    // Time passes as the engine lets it pass: deadline by deadline.
    fn wait(&mut self, minute: i64) {
        while let Some(due) = self.table.next_due(&timing()).filter(|due| *due <= t(minute)) {
            let taken = self.table.due(due, &timing());
            assert_ne!(taken, Taken::default(), "what is due does something");
            self.write((due - t(0)).num_minutes(), &taken);
        }
    }

    fn write(&mut self, minute: i64, taken: &Taken) {
        for transition in &taken.transitions {
            let name = self.table.get(transition.alert).map_or_else(|| "?".to_owned(), Alert::name);
            writeln!(self.log, "{minute} {name} {:?}", transition.change).unwrap();
        }
        for id in &taken.forgotten {
            writeln!(self.log, "{minute} {id} forgotten").unwrap();
        }
    }

    fn of(&self, name: &str) -> &Alert {
        let fingerprint = firing(name, 0).fingerprint;
        self.table.by_key(&AlertKey { source: SourceName::from("am"), fingerprint }).unwrap()
    }

    // As a restart would: from the rows alone.
    fn restarted(&self) -> Table {
        Table::restore(self.table.iter().cloned().collect(), 0)
    }
}

fn poll(as_of: i64) -> Poll {
    Poll { source: SourceName::from("am"), as_of: t(as_of), active: vec![], muted: vec![], gone: vec![] }
}

#[test]
fn an_episode_opens_and_closes_and_opens_again() {
    let mut story = Story::default();
    story.take(1, batch([firing("A", 0)]));
    story.take(5, batch([resolved("A", 0, 4)]));
    story.take(9, batch([firing("A", 8)]));
    assert_eq!(story.log, "1 A Firing\n5 A Resolved(Reported)\n9 A Firing\n");
    let alert = story.of("A");
    assert_eq!((alert.episodes, alert.starts_at, alert.last_seen), (2, t(8), t(9)));
}

#[test]
fn a_repeat_writes_nothing_until_it_is_old() {
    let mut story = Story::default();
    assert_eq!(story.take(0, batch([firing("A", 0)])).changed, [AlertId(1)]);
    let repeat = story.take(60, batch([firing("A", 0)]));
    assert_eq!(repeat, Taken { counts: Counts { repeated: 1, ..Counts::default() }, ..Taken::default() });
    let old = story.take(91, batch([firing("A", 0)]));
    assert_eq!((old.changed, old.transitions.len(), story.of("A").last_seen), (vec![AlertId(1)], 0, t(91)));
    let mut told = firing("A", 0);
    told.annotations = Pairs::new([("summary", "worse")]);
    assert_eq!(story.take(92, batch([told])).changed, [AlertId(1)]);
    assert_eq!(story.of("A").summary(), "worse");
    assert_eq!(story.log, "0 A Firing\n");
}

#[test]
fn a_stale_firing_after_the_end_is_contested_and_settled_by_the_next_end() {
    let mut story = Story::default();
    story.take(0, batch([firing("A", 0)]));
    story.take(9, batch([resolved("A", 0, 8)]));
    let stale = story.take(12, batch([firing("A", 0)]));
    assert_eq!((stale.counts.contested, stale.changed), (1, vec![AlertId(1)]));
    assert_eq!(story.take(13, batch([firing("A", 0)])).changed, [], "said twice, contested once");
    story.take(16, batch([resolved("A", 0, 8)]));
    story.wait(60);
    assert_eq!(story.log, "0 A Firing\n9 A Resolved(Reported)\n");
    assert_eq!(story.of("A").state, super::episode::resolved(t(8), ResolvedBecause::Reported));
}

#[test]
fn a_contest_that_nobody_settles_ends_firing() {
    let mut story = Story::default();
    story.take(0, batch([firing("A", 0)]));
    story.take(9, batch([resolved("A", 0, 8)]));
    story.take(12, batch([firing("A", 0)]));
    assert_eq!(story.table.next_due(&timing()), Some(t(18)));
    story.wait(60);
    assert_eq!(story.log, "0 A Firing\n9 A Resolved(Reported)\n18 A Firing\n");
    assert_eq!((story.of("A").episodes, story.of("A").starts_at), (1, t(0)), "it is the same episode");
}

#[test]
fn a_clock_that_is_an_hour_ahead_does_not_make_a_stale_message_new() {
    let mut story = Story::default();
    story.take(0, batch([firing("A", 60)]));
    story.take(9, batch([resolved("A", 60, 68)]));
    assert_eq!(story.of("A").state, super::episode::resolved(t(9), ResolvedBecause::Reported));
    assert_eq!(story.take(12, batch([firing("A", 60)])).counts.contested, 1);
    assert_eq!(story.take(13, batch([resolved("A", 60, 68)])).changed, [AlertId(1)]);
    assert_eq!(story.take(14, batch([resolved("A", 60, 68)])).changed, [], "the same end is the same end");
    story.take(20, batch([firing("A", 79)]));
    assert_eq!(story.log, "0 A Firing\n9 A Resolved(Reported)\n20 A Firing\n");
    assert_eq!(story.of("A").starts_at, t(20), "nothing starts in the future");
}

#[test]
fn what_is_old_history_does_not_end_what_runs() {
    let mut story = Story::default();
    story.take(0, batch([firing("A", 0)]));
    // Over and back between two messages.
    story.take(20, batch([firing("A", 15)]));
    let late = story.take(21, batch([resolved("A", 0, 10)]));
    assert_eq!((late.counts.late, late.changed), (1, vec![]));
    assert_eq!((story.of("A").episodes, story.log.as_str()), (2, "0 A Firing\n"));
    // Told of long after it began: it counts from a quarter of an hour before.
    story.take(60, batch([firing("A", 15), firing("B", -900)]));
    assert_eq!((story.of("B").starts_at, story.of("B").claimed_starts_at), (t(45), Some(t(-900))));
    story.take(61, batch([firing("A", 15), resolved("B", -900, -800)]));
    assert_eq!(story.log, "0 A Firing\n60 B Firing\n61 B Resolved(Reported)\n", "a replayed sample ends too");
}

#[test]
fn an_end_that_was_never_seen_to_fire_is_kept_and_tells_nothing() {
    let mut story = Story::default();
    let taken = story.take(3, batch([resolved("A", 0, 2)]));
    assert_eq!((taken.transitions.len(), taken.changed.len(), taken.counts.new), (0, 1, 1));
    assert_eq!(story.of("A").state, super::episode::resolved(t(2), ResolvedBecause::Reported));
    story.take(4, batch([firing("A", 3)]));
    assert_eq!(story.log, "4 A Firing\n");
}

#[test]
fn firing_comes_before_resolved_inside_of_one_message() {
    let mut story = Story::default();
    story.take(0, batch([firing("warning", 0)]));
    story.take(1, batch([resolved("warning", 0, 1), firing("critical", 1)]));
    assert_eq!(story.log, "0 warning Firing\n1 critical Firing\n1 warning Resolved(Reported)\n");
}

#[test]
fn who_is_left_out_of_a_complete_message_is_unreported() {
    let mut story = Story::default();
    story.take(0, batch([firing("A", 0), firing("B", 0), firing("C", 0)]));
    story.take(1, Batch { truncated: 1, ..batch([firing("A", 0)]) });
    story.take(2, Batch { group: Some(10), ..batch([firing("D", 0)]) });
    story.take(3, Batch { group: None, ..batch([firing("A", 0)]) });
    story.take(3, Batch { source: SourceName::from("other"), ..batch([firing("A", 0)]) });
    story.take(3, batch([]));
    assert_eq!(story.log.lines().count(), 5, "cut, another group, a push, another source, nobody: {}", story.log);
    story.log.clear();
    story.take(4, batch([firing("A", 0), resolved("B", 0, 3)]));
    story.take(5, batch([firing("A", 0)]));
    story.take(6, batch([firing("A", 0), firing("C", 0)]));
    assert_eq!(story.log, "4 B Resolved(Reported)\n4 C Unreported\n6 C Firing\n");
    // The route was edited: the alert is of its new group, and of that only.
    story.take(7, Batch { group: Some(11), ..batch([firing("C", 0)]) });
    story.take(8, batch([firing("A", 0)]));
    assert_eq!(story.of("C").state, AlertState::Firing);
}

#[test]
fn the_poll_settles_what_messages_can_not_tell() {
    let mut story = Story::default();
    story.take(0, batch([firing("A", 0), firing("B", 0), firing("C", 0), firing("D", 0)]));
    story.take(1, batch([firing("A", 0), resolved("D", 0, 1)]));
    story.take(2, batch([firing("A", 0), firing("D", 0)]));
    let silence = vec!["silence".to_owned()];
    let found = Poll {
        active: vec![firing("New", 2), firing("C", 0)],
        muted: vec![(firing("B", 0), silence.clone()), (firing("Unknown", 0), silence.clone())],
        gone: vec![firing("D", 0).fingerprint, firing("A", 0).fingerprint, Fingerprint(1)],
        ..poll(3)
    };
    story.log.clear();
    story.poll(4, found.clone());
    assert_eq!(story.log, "4 New Firing\n4 C Firing\n4 B Muted\n4 A Resolved(Gone)\n");
    assert_eq!(story.of("B").state, AlertState::Muted { by: silence });
    assert_eq!(story.of("D").state, super::episode::resolved(t(1), ResolvedBecause::Reported), "the contest is over");
    let again = story.poll(5, Poll { as_of: t(5), ..found });
    assert_eq!((again.changed, again.transitions), (vec![], vec![]), "the same poll twice is one");
}

#[test]
fn a_poll_does_not_undo_what_is_newer() {
    let mut story = Story::default();
    story.take(0, batch([firing("A", 0), firing("B", 0)]));
    story.take(10, batch([resolved("A", 0, 10), firing("B", 0)]));
    let asked_before = Poll { active: vec![firing("A", 0)], ..poll(9) };
    assert_eq!(story.poll(11, asked_before.clone()).changed, []);
    story.poll(12, Poll { as_of: t(11), ..asked_before });
    assert_eq!(story.log, "0 A Firing\n0 B Firing\n10 A Resolved(Reported)\n12 A Firing\n");
    // Muted alerts stay muted, whoever mutes them; a resolved one that fires again under a silence is open.
    let muted = |by: &str, as_of| Poll { muted: vec![(firing("A", 0), vec![by.to_owned()])], ..poll(as_of) };
    story.log.clear();
    story.poll(13, muted("one", 13));
    assert_eq!(story.poll(14, muted("two", 14)).changed, [AlertId(1)]);
    story.take(15, batch([resolved("A", 0, 14), firing("B", 0)]));
    story.poll(16, muted("two", 16));
    assert_eq!(story.log, "13 A Muted\n15 A Resolved(Reported)\n16 A Muted\n");
}

#[test]
fn silence_of_the_source_makes_alerts_stale_and_a_sign_of_life_revives_them() {
    let mut story = Story::default();
    story.take(0, batch([firing("A", 0), firing("B", 0)]));
    story.poll(6 * 60, Poll { active: vec![firing("B", 0)], ..poll(6 * 60) });
    story.wait(13 * 60);
    story.take(14 * 60, batch([firing("A", 0), firing("B", 0)]));
    assert_eq!(story.log, "0 A Firing\n0 B Firing\n720 A Resolved(Stale)\n840 A Firing\n", "the poll heard of B");
    assert_eq!(story.of("A").episodes, 1);
}

#[test]
fn a_pushed_alert_ends_by_itself_unless_it_is_sent_again() {
    let mut story = Story::default();
    let push = |end: i64| Batch { group: None, ..batch([Observation { ends_at: Some(t(end)), ..firing("A", 0) }]) };
    story.take(0, push(4));
    assert_eq!(story.take(1, push(5)).changed, [AlertId(1)]);
    assert_eq!(story.take(1, push(3)).changed, [], "the latest end holds");
    story.wait(10);
    story.take(11, push(15));
    story.take(12, batch([resolved("A", 0, 12)]));
    // Contested, and then nobody sends it any more: it stays over.
    story.take(13, push(17));
    story.wait(30);
    assert_eq!(story.log, "0 A Firing\n5 A Resolved(Expired)\n11 A Firing\n12 A Resolved(Reported)\n");
}

#[test]
fn what_is_long_over_is_forgotten_unless_an_incident_holds_it() {
    let mut story = Story::default();
    story.take(0, batch([firing("A", 0), firing("B", 0)]));
    story.take(1, batch([resolved("A", 0, 1), resolved("B", 0, 1)]));
    story.table.pin(AlertId(1));
    story.table.pin(AlertId(1));
    story.wait(24 * 60 + 10);
    story.table.unpin(AlertId(1));
    story.wait(24 * 60 + 20);
    assert_eq!(story.log.lines().last(), Some("1441 2 forgotten"));
    story.table.unpin(AlertId(1));
    story.table.unpin(AlertId(1));
    let mut restarted = story.restarted();
    restarted.pin(AlertId(1));
    assert_eq!(restarted.next_due(&timing()), None, "pinned before time passes");
    story.wait(24 * 60 + 30);
    assert!(story.table.is_empty() && story.table.next_due(&timing()).is_none());
    story.take(24 * 60 + 31, batch([firing("A", 1450)]));
    assert_eq!(story.of("A").id, AlertId(3), "a row is never used again");
}

#[test]
fn a_changed_configuration_moves_deadlines() {
    let mut story = Story::default();
    story.take(0, batch([firing("A", 0)]));
    let short = Timing { alert_timeout: Duration::minutes(30), ..timing() };
    assert_eq!((story.table.next_due(&timing()), story.table.next_due(&short)), (Some(t(720)), Some(t(30))));
}
