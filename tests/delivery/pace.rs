//! Quiet hours, the most within an hour, and what waited told as one.

use crate::office::Office;
use crate::scripted::{Act, Scripted, failed, fatal};
use chrono::TimeDelta;
use domain::delivery::Lane;
use domain::delivery::pace::Pacing;
use domain::interval::{Intervals, NamedIntervals};
use domain::notice::NoticeKind::{Resolved, Updated};

// 09:00 to 11:00: the office opens at 09:00.
fn morning() -> Intervals {
    let named: NamedIntervals = serde_json::from_str(
        r#"{"name": "morning", "time_intervals": [{"times": [{"start_time": "09:00", "end_time": "11:00"}]}]}"#,
    )
    .unwrap();
    Intervals::new([&named])
}

#[tokio::test]
async fn quiet_hours_keep_back_what_can_wait_and_tell_it_as_one_afterwards() {
    let mut office = Office::open();
    office.root(1).await;
    let channel = Scripted::new([]);
    let mut worker = office.worker(&channel);
    worker.keep_pace(Pacing { quiet: morning(), ..Pacing::default() });
    office.work_for(&mut worker, TimeDelta::minutes(1)).await;
    assert_eq!(channel.seen(), ["INC-1 declared #1"], "that there is an incident can't wait");
    for minutes in [5, 10, 20] {
        office.pass(60 * minutes);
        office.calm_post(1).await;
        office.work_for(&mut worker, TimeDelta::minutes(1)).await;
    }
    assert_eq!(channel.seen(), [] as [&str; 0]);
    office.work_for(&mut worker, TimeDelta::hours(3)).await;
    assert_eq!(office.now().to_rfc3339(), "2026-03-01T11:00:00+00:00", "not earlier");
    assert_eq!(channel.seen(), ["INC-1 updated #1 in id-1"]);
    let joined = ["INC-1 updated joined after 0", "INC-1 updated joined after 0", "INC-1 updated sent after 1"];
    assert_eq!(office.outbox().await[1..], joined);
    let told = office.told(4).await;
    assert_eq!(
        told,
        "updated\n\nBefore that, not told until now (2 notices):\n- 09:05 UTC: brief of 2\n- 09:15 UTC: brief of 3"
    );
}

#[tokio::test]
async fn the_loss_of_one_that_was_told_with_older_ones_says_so() {
    let mut office = Office::open();
    office.root(1).await;
    let channel = Scripted::new([]);
    let mut worker = office.worker(&channel);
    worker.keep_pace(Pacing { quiet: morning(), ..Pacing::default() });
    office.work_for(&mut worker, TimeDelta::minutes(1)).await;
    channel.always(Some(fatal("550 no such user")));
    for _ in 0..3 {
        office.calm_post(1).await;
        office.pass(300);
    }
    office.work_for(&mut worker, TimeDelta::hours(3)).await;
    office.post(1, Resolved).await;
    office.work_for(&mut worker, TimeDelta::minutes(1)).await;
    let lost = [
        "INC-1 team: lost updated: 550 no such user; lost with it: 2 older notices",
        "INC-1 team: lost resolved: 550 no such user",
    ];
    assert_eq!(office.reports().await[1..], lost);
}

#[tokio::test]
async fn what_cannot_wait_takes_along_what_waits_before_it() {
    let mut office = Office::open();
    office.root(1).await;
    office.root(2).await;
    let channel = Scripted::new([]);
    let mut worker = office.worker(&channel);
    worker.keep_pace(Pacing { quiet: morning(), ..Pacing::default() });
    office.work_for(&mut worker, TimeDelta::minutes(1)).await;
    office.calm_post(1).await;
    office.calm_post(2).await;
    office.pass(300);
    office.post(1, Resolved).await;
    channel.seen();
    office.work_for(&mut worker, TimeDelta::minutes(1)).await;
    assert_eq!(channel.seen(), ["INC-1 resolved #1 in id-1"], "the other incident's news go on waiting");
    assert_eq!(office.outbox().await[2], "INC-1 updated joined after 0");
    assert!(office.told(5).await.contains("brief of 3"));
}

#[tokio::test]
async fn a_receiver_that_heard_enough_within_an_hour_hears_the_rest_later_as_one() {
    let mut office = Office::open();
    let channel = Scripted::new([]);
    let mut worker = office.worker(&channel);
    worker.keep_pace(Pacing { max_per_hour: Some(3), ..Pacing::default() });
    office.root(1).await;
    office.work_for(&mut worker, TimeDelta::seconds(1)).await;
    for _ in 0..10 {
        office.pass(60);
        office.calm_post(1).await;
        office.work_for(&mut worker, TimeDelta::seconds(1)).await;
    }
    assert_eq!(channel.seen().len(), 3);
    office.root(2).await;
    office.work_for(&mut worker, TimeDelta::seconds(1)).await;
    assert_eq!(channel.seen(), ["INC-2 declared #1"], "another incident can't wait");
    office.work_for(&mut worker, TimeDelta::hours(2)).await;
    assert_eq!(channel.seen(), ["INC-1 updated #1 in id-1"]);
    assert_eq!(office.outbox().await.iter().filter(|line| line.contains("joined")).count(), 7);
}

#[tokio::test]
async fn after_an_outage_each_thread_has_its_root_and_one_more() {
    let mut office = Office::open();
    let channel = Scripted::new([]);
    channel.always(Some(failed("no route to host")));
    let mut worker = office.worker(&channel);
    for incident in [1, 2] {
        office.root(incident).await;
    }
    for _ in 0..30 {
        office.pass(12 * 60);
        office.post(1, Updated).await;
        office.post(2, Updated).await;
        worker.step().await;
    }
    office.post(1, Resolved).await;
    channel.seen();
    channel.always(None);
    let recovered = office.now();
    office.work_for(&mut worker, TimeDelta::minutes(10)).await;
    assert!(office.now() - recovered <= TimeDelta::minutes(1), "drained after {}", office.now() - recovered);
    let seen = channel.seen();
    assert_eq!(seen.len(), 4, "{seen:?}");
    assert!(seen.contains(&"INC-1 resolved #1 in id-1".to_owned()), "{seen:?}");
    assert!(office.outbox().await.iter().all(|line| !line.contains("pending")));
}

#[tokio::test]
async fn words_that_may_have_arrived_stay_as_they_are() {
    let mut office = Office::open();
    office.root(1).await;
    let channel = Scripted::new([]);
    let mut worker = office.worker(&channel);
    worker.step().await;
    channel.always(Some(Act::Answer(domain::delivery::Outcome::Retry {
        because: "cut".into(),
        after: None,
        unsure: true,
    })));
    office.decide("team", 1, Lane::Post, Updated).await;
    worker.step().await;
    channel.seen();
    office.pass(600);
    office.post(1, Updated).await;
    office.post(1, Resolved).await;
    channel.always(None);
    office.work_for(&mut worker, TimeDelta::minutes(1)).await;
    let seen = channel.seen();
    assert!(seen.contains(&"INC-1 updated #2 in id-1 looking first".to_owned()), "{seen:?}");
    assert_eq!(office.told(2).await, "updated", "looked for by the same words");
}
