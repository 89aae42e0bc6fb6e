//! What is remembered of the times an alert fired before.

use super::{Batch, Observation, Poll, Story, batch, firing, poll, resolved, t};
use crate::alert::{PAST_MAX, Span};
use chrono::{DateTime, Utc};

// Minutes from and to, `m` where it was muted.
fn past(story: &Story) -> String {
    let minute = |at: DateTime<Utc>| (at - t(0)).num_minutes();
    let shown = |span: &Span| {
        let muted = if span.muted { "m" } else { "" };
        format!("{}-{}{muted}", minute(span.starts_at), minute(span.until))
    };
    story.of("A").past.iter().map(shown).collect::<Vec<_>>().join(" ")
}

#[test]
fn each_episode_that_is_over_is_one_span() {
    let mut story = Story::default();
    story.take(1, batch([firing("A", 0)]));
    assert_eq!(past(&story), "", "it still fires");
    story.take(5, batch([resolved("A", 0, 4)]));
    story.take(6, batch([resolved("A", 0, 4)]));
    assert_eq!(past(&story), "0-4", "it ended when its sender says, and once");
    story.take(9, batch([firing("A", 8)]));
    story.take(12, batch([resolved("A", 8, 11)]));
    assert_eq!(past(&story), "0-4 8-11");
    assert!(story.restarted().iter().eq(story.table.iter()));
}

#[test]
fn an_episode_that_ended_unseen_is_over_where_the_next_begins() {
    let mut story = Story::default();
    story.take(1, batch([firing("A", 0)]));
    story.take(11, batch([firing("A", 10)]));
    assert_eq!(past(&story), "0-10");
    // An end that was never seen to fire is none.
    let mut story = Story::default();
    story.take(3, batch([resolved("A", 0, 2)]));
    assert_eq!(past(&story), "");
}

#[test]
fn an_end_that_is_taken_back_is_none_and_one_that_is_corrected_moves() {
    let mut story = Story::default();
    story.take(0, batch([firing("A", 0)]));
    story.take(9, batch([resolved("A", 0, 8)]));
    story.take(12, batch([firing("A", 0)]));
    story.wait(20);
    assert_eq!(past(&story), "0-8", "it fires again, in the same episode");
    story.take(30, batch([resolved("A", 0, 29)]));
    assert_eq!(past(&story), "0-29");
    story.take(31, batch([resolved("A", 0, 30)]));
    assert_eq!(past(&story), "0-30");
    // Silence of its source was only a guess.
    let mut story = Story::default();
    story.take(0, batch([firing("A", 0)]));
    story.wait(13 * 60);
    assert_eq!(past(&story), "0-720");
    story.take(13 * 60, batch([resolved("A", 0, 8)]));
    assert_eq!(past(&story), "0-8");
}

#[test]
fn muted_times_are_spans_of_their_own() {
    let mut story = Story::default();
    let muted = |as_of| Poll { muted: vec![(firing("A", 0), vec!["silence".to_owned()])], ..poll(as_of) };
    story.take(0, batch([firing("A", 0)]));
    story.poll(10, muted(10));
    assert_eq!(past(&story), "0-10");
    story.poll(11, muted(11));
    story.poll(20, Poll { active: vec![firing("A", 0)], ..poll(20) });
    assert_eq!(past(&story), "0-10 0-20m");
    // Left out of a message of its group: nobody can say that it fires.
    story.take(25, batch([firing("A", 0)]));
    story.take(30, batch([firing("B", 30)]));
    assert_eq!(past(&story), "0-20m 0-30");
    story.take(31, batch([resolved("A", 0, 31), firing("B", 30)]));
    assert_eq!(past(&story), "0-20m 0-30", "and that it ended adds nothing");
}

#[test]
fn as_many_as_fit_and_none_older_than_a_day() {
    let mut story = Story::default();
    let episode = |story: &mut Story, start: i64| {
        let push = |seen: Observation| Batch { group: None, ..batch([seen]) };
        story.take(start, push(firing("A", start)));
        story.take(start + 1, push(resolved("A", start, start + 1)));
    };
    for start in (0..200).step_by(2) {
        episode(&mut story, start);
    }
    assert_eq!(story.of("A").past.len(), PAST_MAX);
    assert!(past(&story).starts_with("72-73 ") && past(&story).ends_with(" 198-199"));
    episode(&mut story, 195 + 24 * 60);
    assert_eq!(past(&story), "196-197 198-199 1635-1636");
}
