//! The delivery loop on a real store: order, leases, retries, reports. Time is the test's.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

#[path = "support/clock.rs"]
mod clock;
#[path = "support/office.rs"]
mod office;
#[path = "delivery/pace.rs"]
mod pace;
#[path = "support/scripted.rs"]
mod scripted;

use chrono::{DateTime, TimeDelta, Utc};
use domain::delivery::breaker::Standing;
use domain::delivery::lane::{self, Waiting};
use domain::delivery::pace::{Pace, Pacing};
use domain::delivery::{Delivery, DeliveryState, Lane, Outcome};
use domain::ids::DeliveryId;
use domain::notice::NoticeKind::{Confirmed, Declared, Resolved, Updated};
use domain::policy::{ReceiverKind, ReceiverSpec};
use earlybell::app::delivery::{Deliveries, Event, Observer, Served, Shared, Step, Worker};
use earlybell::app::inbox::Inbox;
use earlybell::channels::{Attempt, Channel};
use earlybell::store::sqlite::SqliteStore;
use earlybell::store::{Claim, DeliveryFilter, Finish, Store};
use office::{Office, spec};
use scripted::{Act, Scripted, asked_to_wait, failed, fatal, misconfigured};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, mpsc, watch};

// For what happens beside the test: long enough for a busy machine, and over as soon as it happened.
const SOON: Duration = Duration::from_secs(20);

#[tokio::test]
async fn notices_of_an_incident_leave_in_order_and_incidents_beside_each_other() {
    let mut office = Office::open();
    office.root(1).await;
    office.post(1, Updated).await;
    office.root(2).await;
    office.post(1, Resolved).await;
    let channel = Scripted::new([]);
    let mut worker = office.worker(&channel);
    assert_eq!(worker.step().await, Step { did: 2, next: Some(office.now()) });
    assert_eq!(channel.seen(), ["INC-1 declared #1", "INC-2 declared #1"]);
    worker.step().await;
    assert_eq!(channel.seen(), ["INC-1 updated #1 in id-1"]);
    worker.step().await;
    assert_eq!(channel.seen(), ["INC-1 resolved #1 in id-1"]);
    assert_eq!(worker.step().await, Step { did: 0, next: None });
    assert_eq!(office.reports().await, ["INC-1 team: thread id-1", "INC-2 team: thread id-3"]);
}

#[tokio::test]
async fn no_reply_leaves_before_its_root_was_accepted() {
    let mut office = Office::open();
    office.root(1).await;
    office.post(1, Updated).await;
    office.put(1).await;
    let channel = Scripted::new([failed("no route"), failed("no route")]);
    let mut worker = office.worker(&channel);
    office.work_for(&mut worker, TimeDelta::milliseconds(2_200)).await;
    assert_eq!(channel.seen(), ["INC-1 declared #1", "INC-1 declared #2"]);
    office.work_for(&mut worker, TimeDelta::minutes(1)).await;
    assert_eq!(channel.seen(), ["INC-1 board #1 in id-1", "INC-1 declared #3", "INC-1 updated #1 in id-1"]);
}

#[tokio::test]
async fn a_root_that_can_not_be_told_is_reported_and_keeps_nobody_back() {
    let mut office = Office::open();
    office.root(1).await;
    office.post(1, Updated).await;
    let channel = Scripted::new([fatal("message too long")]);
    let mut worker = office.worker(&channel);
    office.work_for(&mut worker, TimeDelta::zero()).await;
    assert_eq!(channel.seen(), ["INC-1 declared #1", "INC-1 updated #1"]);
    assert_eq!(office.reports().await, ["INC-1 team: lost declared: message too long"]);
    assert_eq!(office.outbox().await, ["INC-1 declared dead after 1", "INC-1 updated sent after 1"]);
}

struct AllButOne;

#[async_trait::async_trait]
impl Channel for AllButOne {
    async fn send(&self, _attempt: &Attempt) -> Outcome {
        Outcome::Sent { remote_id: Some("<1@example.test>".to_owned()) }
    }

    fn missed(&self, _delivery: &Delivery) -> Option<String> {
        Some("it reached 2 of 3 recipients, but not <a@example.test>: 550 no".to_owned())
    }
}

#[tokio::test]
async fn a_root_that_some_did_not_get_is_sent_and_yet_reported() {
    let mut office = Office::open();
    office.root(1).await;
    let mut worker = Worker::new(Arc::new(office.shared()), spec("team"), Arc::new(AllButOne));
    office.work_for(&mut worker, TimeDelta::zero()).await;
    let mut reports = office.reports().await;
    reports.sort();
    assert_eq!(
        reports,
        [
            "INC-1 team: lost declared: it reached 2 of 3 recipients, but not <a@example.test>: 550 no",
            "INC-1 team: thread <1@example.test>",
        ]
    );
    assert_eq!(office.outbox().await, ["INC-1 declared sent after 1"]);
}

#[tokio::test]
async fn the_newest_put_replaces_those_that_wait() {
    let mut office = Office::open();
    office.root(1).await;
    for _ in 0..3 {
        office.put(1).await;
    }
    let channel = Scripted::new([]);
    let mut worker = office.worker(&channel);
    office.work_for(&mut worker, TimeDelta::zero()).await;
    assert_eq!(channel.seen(), ["INC-1 board #1 in id-1", "INC-1 declared #1"]);
    let states = ["INC-1 declared sent after 1", "INC-1 board superseded after 0", "INC-1 board superseded after 0"];
    assert_eq!(office.outbox().await[..3], states);
    assert_eq!(office.outbox().await[3], "INC-1 board sent after 1");
}

#[tokio::test]
async fn waits_exactly_as_long_as_the_receiver_asks_and_so_do_the_others() {
    let mut office = Office::open();
    office.root(1).await;
    let channel = Scripted::new([asked_to_wait(30)]);
    let mut worker = office.worker(&channel);
    let later = office.now() + TimeDelta::seconds(30);
    assert_eq!(worker.step().await, Step { did: 1, next: Some(later) });
    office.root(2).await;
    office.pass(29);
    assert_eq!(worker.step().await, Step { did: 0, next: Some(later) });
    assert_eq!(channel.seen(), ["INC-1 declared #1"]);
    office.pass(1);
    assert_eq!(worker.step().await.did, 2);
    assert_eq!(channel.seen(), ["INC-1 declared #2", "INC-2 declared #1"]);
}

#[tokio::test]
async fn a_killed_program_is_taken_over_from_within_the_lease() {
    let mut office = Office::open();
    office.root(1).await;
    office.post(1, Updated).await;
    let (began, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let dying = Scripted::new([Act::Held { began: began.clone(), go }]);
    let mut worker = office.worker(&dying);
    // Dropping the worker between claim and finish is what a kill leaves behind.
    let killed = tokio::spawn(async move { worker.step().await });
    began.notified().await;
    killed.abort();
    assert!(killed.await.unwrap_err().is_cancelled());

    let channel = Scripted::new([]);
    let mut next = office.worker(&channel);
    let lease_end = office.now() + office.limits.lease;
    assert_eq!(next.step().await, Step { did: 0, next: Some(lease_end) });
    office.clock.advance(office.limits.lease);
    office.work_for(&mut next, TimeDelta::zero()).await;
    assert_eq!(channel.seen(), ["INC-1 declared #2 looking first", "INC-1 updated #1 in id-1"]);
}

#[tokio::test]
async fn who_lost_the_lease_writes_nothing() {
    let mut office = Office::open();
    office.root(1).await;
    let (began, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = Scripted::new([Act::Held { began: began.clone(), go: go.clone() }]);
    let mut paused = office.worker(&slow);
    let paused = tokio::spawn(async move { paused.step().await });
    began.notified().await;
    office.pass(31);

    let channel = Scripted::new([fatal("message too long")]);
    let mut other = office.worker(&channel);
    assert_eq!(other.step().await.did, 1);
    go.notify_one();
    paused.await.unwrap();
    assert_eq!(*office.lost_leases.lock().unwrap(), ["team"]);
    assert_eq!(office.outbox().await, ["INC-1 declared dead after 2"]);
    assert_eq!(office.reports().await, ["INC-1 team: lost declared: message too long"]);
}

#[tokio::test]
async fn a_day_of_failures_ends_in_a_report() {
    let mut office = Office::open();
    office.root(1).await;
    office.post(1, Resolved).await;
    let channel = Scripted::new([]);
    channel.always(Some(failed("connection refused")));
    let mut worker = office.worker(&channel);
    let begun = office.now();
    let probe = TimeDelta::seconds(30);
    office.work_for(&mut worker, TimeDelta::hours(24) + probe).await;
    let took = office.now() - begun;
    assert!(took >= TimeDelta::hours(24) && took <= TimeDelta::hours(24) + probe, "the last probe after a day: {took}");
    let attempts = channel.seen().iter().filter(|line| line.starts_with("INC-1 declared")).count();
    let reports = office.reports().await;
    let text = format!("given up after {attempts} attempts in 1d; the last one: connection refused");
    assert_eq!(reports, [format!("INC-1 team: lost declared: {text}")]);
    assert!(attempts < 2_000, "{attempts}");

    // The next one in the lane gets its own day, and the first success ends it.
    channel.always(None);
    office.work_for(&mut worker, TimeDelta::minutes(2)).await;
    assert_eq!(office.outbox().await[1].split(" after").next(), Some("INC-1 resolved sent"));
}

#[tokio::test]
async fn a_receiver_that_fails_is_left_alone_and_gets_all_at_once_when_it_is_well() {
    let mut office = Office::open();
    for incident in 1..=40 {
        office.root(incident).await;
    }
    let channel = Scripted::new([]);
    channel.always(Some(failed("connection refused")));
    let mut worker = office.worker(&channel);
    office.work_for(&mut worker, TimeDelta::hours(6)).await;
    let attempts = channel.seen().len();
    assert!(attempts < 16 + 6 * 60 * 60 / 25, "{attempts} attempts in six hours: one probe at a time");

    channel.always(None);
    let well = office.now();
    office.work_for(&mut worker, TimeDelta::minutes(5)).await;
    let mut told = channel.seen();
    told.dedup_by_key(|line| line.split(" #").next().unwrap_or_default().to_owned());
    assert_eq!(told.len(), 40);
    assert!(office.now() - well <= TimeDelta::seconds(60), "all were told after {}", office.now() - well);
}

#[tokio::test]
async fn after_hours_everybody_is_told_within_a_minute_of_being_well_again() {
    let mut kinds = vec![ReceiverKind::Console, ReceiverKind::Email, ReceiverKind::Slack, ReceiverKind::SlackWebhook];
    kinds.extend([ReceiverKind::Mattermost, ReceiverKind::RocketChat, ReceiverKind::Discord, ReceiverKind::Teams]);
    kinds.extend([
        ReceiverKind::Matrix,
        ReceiverKind::Irc,
        ReceiverKind::Obs,
        ReceiverKind::Blog,
        ReceiverKind::Webhook,
    ]);
    for kind in kinds {
        let mut office = Office::open();
        office.root(1).await;
        let channel = Scripted::new([]);
        channel.always(Some(failed("connection refused")));
        let spec = ReceiverSpec { kind, ..spec("team") };
        let mut worker = Worker::new(Arc::new(office.shared()), spec, channel.clone());
        office.work_for(&mut worker, TimeDelta::hours(6)).await;
        // An attempt has just failed: nobody waits longer than whoever recovers now.
        channel.always(None);
        let well = office.now();
        office.work_for(&mut worker, TimeDelta::hours(1)).await;
        assert!(office.outbox().await[0].starts_with("INC-1 declared sent"));
        let waited = office.now() - well;
        assert!(waited <= TimeDelta::seconds(60), "{kind:?} was told {waited} after it was well");
    }
}

// Takes edits without anybody, as an IRC receiver without a topic does; what is told, it has nobody for.
#[derive(Default)]
struct EditsNothing {
    is_gone: AtomicBool,
}

#[async_trait::async_trait]
impl Channel for EditsNothing {
    async fn send(&self, attempt: &Attempt) -> Outcome {
        let because = "connection refused".to_owned();
        match attempt.delivery.lane {
            Lane::Put => Outcome::Sent { remote_id: None },
            _ if self.is_gone.load(Ordering::SeqCst) => Outcome::Retry { because, after: None, unsure: false },
            _ => Outcome::Sent { remote_id: Some("id".to_owned()) },
        }
    }
}

#[tokio::test]
async fn an_edit_that_reached_nobody_makes_no_receiver_well() {
    let mut office = Office::open();
    office.root(1).await;
    let channel = Arc::new(EditsNothing::default());
    let mut worker = Worker::new(Arc::new(office.shared()), spec("team"), channel.clone());
    let (tell, standing) = watch::channel(Standing::Well);
    worker.report_standing(tell);
    office.work_for(&mut worker, TimeDelta::zero()).await;
    channel.is_gone.store(true, Ordering::SeqCst);
    office.post(1, Updated).await;
    office.work_for(&mut worker, TimeDelta::hours(1)).await;
    assert!(matches!(*standing.borrow(), Standing::Unreachable(_)));
    office.put(1).await;
    for _ in 0..10 {
        let next = worker.step().await.next.unwrap();
        assert!(matches!(*standing.borrow(), Standing::Unreachable(_)), "{:?}", *standing.borrow());
        office.clock.advance(next - office.now());
    }
    assert_eq!(office.outbox().await[2], "INC-1 board sent after 1");
}

#[tokio::test]
async fn a_wrong_configuration_is_reported_once_per_incident_and_nothing_is_lost() {
    let mut office = Office::open();
    office.root(1).await;
    office.root(2).await;
    let channel = Scripted::new([]);
    channel.always(Some(misconfigured("invalid_auth")));
    let mut worker = office.worker(&channel);
    office.work_for(&mut worker, TimeDelta::hours(1)).await;
    let mut reports = office.reports().await;
    reports.sort();
    assert_eq!(reports, ["INC-1 team: blocked: invalid_auth", "INC-2 team: blocked: invalid_auth"]);
    assert_eq!(channel.seen().len(), 2 * 13, "every five minutes");

    channel.always(None);
    office.work_for(&mut worker, TimeDelta::minutes(5)).await;
    assert_eq!(office.outbox().await, ["INC-1 declared sent after 14", "INC-2 declared sent after 14"]);
}

#[tokio::test]
async fn a_mended_configuration_does_not_wait() {
    let mut office = Office::open();
    office.limits.poll = Duration::from_millis(20);
    office.root(1).await;
    let broken = Scripted::new([misconfigured("invalid_auth")]);
    let (shared, mut ended) = watched(&office);
    let deliveries = Deliveries::spawn(shared, team(broken));
    assert_eq!(soon(&mut ended).await, "team misconfigured");
    assert_eq!(deliveries.standings()["team"], Standing::Misconfigured(office.now() + TimeDelta::minutes(5)));
    deliveries.replace(team(Scripted::new([]))).await;
    assert_eq!(soon(&mut ended).await, "team sent");
    deliveries.stop().await;
    assert_eq!(office.outbox().await, ["INC-1 declared sent after 2"]);
}

#[tokio::test]
async fn a_channel_that_panics_is_retried_and_given_up_in_the_end() {
    let mut office = Office::open();
    office.root(1).await;
    office.post(1, Updated).await;
    let channel = Scripted::new(vec![Act::Panic; 5]);
    let mut worker = office.worker(&channel);
    worker.step().await;
    assert_eq!(office.outbox().await[0], "INC-1 declared unsure after 1");
    office.work_for(&mut worker, TimeDelta::minutes(5)).await;
    assert_eq!(office.outbox().await, ["INC-1 declared dead after 5", "INC-1 updated sent after 1"]);
    let because = "the channel failed inside: a bug in the channel";
    assert_eq!(office.reports().await, [format!("INC-1 team: lost declared: {because}")]);
}

#[tokio::test]
async fn an_attempt_without_end_is_cut_off_and_looked_up_before_it_is_repeated() {
    let mut office = Office::open();
    office.limits.send = Duration::from_millis(20);
    office.root(1).await;
    let channel = Scripted::new([Act::Hang, failed("still no route")]);
    let mut worker = office.worker(&channel);
    office.work_for(&mut worker, TimeDelta::minutes(1)).await;
    let attempts = ["INC-1 declared #1", "INC-1 declared #2 looking first", "INC-1 declared #3 looking first"];
    assert_eq!(channel.seen(), attempts);
    assert_eq!(office.outbox().await, ["INC-1 declared sent after 3"]);
}

#[tokio::test]
async fn a_slow_channel_delays_nobody_else() {
    let mut office = Office::open();
    office.limits.stop = Duration::from_millis(20);
    office.decide("slow", 1, Lane::Root, Declared).await;
    office.decide("team", 1, Lane::Root, Declared).await;
    let (began, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = Scripted::new([Act::Held { began: began.clone(), go }]);
    let (shared, mut ended) = watched(&office);
    let both = vec![served("slow", slow), served("team", Scripted::new([]))];
    let deliveries = Deliveries::spawn(shared, both);
    began.notified().await;
    assert_eq!(soon(&mut ended).await, "team sent");
    // Rung while the other one still hangs; within one receiver, a slow incident does not hold up others either.
    office.decide("team", 1, Lane::Post, Updated).await;
    office.decide("slow", 2, Lane::Root, Declared).await;
    deliveries.ring(["team", "slow"]);
    let mut both = [soon(&mut ended).await, soon(&mut ended).await];
    both.sort();
    assert_eq!(both, ["slow sent", "team sent"]);
    deliveries.stop().await;
    assert_eq!(office.outbox().await[0], "INC-1 declared leased after 1", "cut off: its lease is left to end");
}

#[tokio::test]
async fn a_stop_lets_attempts_end_and_claims_nothing_more() {
    let mut office = Office::open();
    office.root(1).await;
    let (began, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let channel = Scripted::new([Act::Held { began: began.clone(), go: go.clone() }]);
    let (shared, mut ended) = watched(&office);
    let deliveries = Deliveries::spawn(shared, team(channel.clone()));
    began.notified().await;
    office.post(1, Updated).await;
    let stopping = tokio::spawn({
        let deliveries = deliveries.clone();
        async move { deliveries.stop().await }
    });
    go.notify_one();
    stopping.await.unwrap();
    assert_eq!(soon(&mut ended).await, "team sent");
    deliveries.ring_all();
    assert_eq!(deliveries.give_up_strays().await, 0, "what waits for a stopped worker is no stray");
    assert_eq!(office.outbox().await, ["INC-1 declared sent after 1", "INC-1 updated pending after 0"]);
}

#[tokio::test]
async fn what_waits_for_a_receiver_that_is_gone_is_given_up_and_said() {
    let mut office = Office::open();
    office.decide("old-list", 1, Lane::Root, Declared).await;
    office.decide("old-list", 1, Lane::Post, Confirmed).await;
    let deliveries = Deliveries::spawn(office.shared(), team(Scripted::new([])));
    assert_eq!(deliveries.give_up_strays().await, 2);
    deliveries.stop().await;
    let because = "receiver `old-list` is not configured any more";
    assert_eq!(
        office.reports().await,
        [format!("INC-1 old-list: lost declared: {because}"), format!("INC-1 old-list: lost confirmed: {because}")]
    );
}

#[tokio::test]
async fn a_report_is_on_disk_before_the_delivery_is_over() {
    let mut office = Office::open();
    office.root(1).await;
    // An inbox that takes nothing, on a store of its own.
    let dir = tempfile::tempdir().unwrap();
    let broken = Arc::new(SqliteStore::open(dir.path()).unwrap());
    broken.close();
    office.inbox = Arc::new(Inbox::new(broken, office.clock.clone()));
    let channel = Scripted::new([]);
    let mut worker = office.worker(&channel);
    let step = worker.step().await;
    assert_eq!(step, Step { did: 1, next: Some(office.now() + TimeDelta::seconds(1)) });
    assert_eq!(office.outbox().await, ["INC-1 declared leased after 1"]);
    // Nothing new is begun either: its end could not be written.
    office.root(2).await;
    worker.step().await;
    assert_eq!(channel.seen(), ["INC-1 declared #1"]);
}

#[tokio::test]
async fn claims_what_the_rule_of_lanes_says() {
    for seed in 0..60 {
        claims_by_the_rule(seed).await;
    }
}

// Random deliveries, claims, ends and hours; what the store leases is compared with `domain::delivery::lane`.
async fn claims_by_the_rule(seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut office = Office::open();
    let mut leases: BTreeMap<DeliveryId, (u32, DateTime<Utc>)> = BTreeMap::new();
    let mut rooted = BTreeSet::new();
    for round in 0..40 {
        for _ in 0..random.usize(0..3) {
            let incident = random.u64(1..4);
            match random.u8(0..8) {
                0..2 if rooted.insert(incident) => office.root(incident).await,
                0..5 => office.post(incident, Updated).await,
                _ => office.put(incident).await,
            }
        }
        let now = office.now();
        let expected = lane::claimable(&waiting(&office, &leases).await, now, Pace::All);
        let lease_until = now + TimeDelta::seconds(random.i64(1..30));
        let claim =
            Claim { receiver: "team".into(), now, lease_until, max: 100, pace: Pace::All, kind: ReceiverKind::Blog };
        let mut claimed: Vec<_> = office.store.claim(claim).await.unwrap();
        claimed.sort_by_key(|claimed| claimed.delivery.id);
        let ids: Vec<DeliveryId> = claimed.iter().map(|claimed| claimed.delivery.id).collect();
        assert_eq!(ids, expected, "seed {seed}, round {round}: {:?}", office.outbox().await);
        leases.extend(claimed.iter().map(|claimed| (claimed.delivery.id, (claimed.attempt, lease_until))));
        end_some(&office, &mut leases, &mut random).await;
        office.pass(random.i64(0..20));
        let rows = waiting(&office, &leases).await;
        let left: Vec<DeliveryId> = lane::superseded(&rows, office.now());
        let leased = |id: &DeliveryId| rows.iter().any(|row| row.id == *id && row.state == DeliveryState::Leased);
        assert!(left.iter().all(leased), "seed {seed}, round {round}: {left:?} should be superseded");
    }
}

async fn end_some(
    office: &Office,
    leases: &mut BTreeMap<DeliveryId, (u32, DateTime<Utc>)>,
    random: &mut fastrand::Rng,
) {
    let now = office.now();
    for (id, (attempt, lease_until)) in leases.clone() {
        if random.bool() {
            continue;
        }
        let because = "no".to_owned();
        let (state, outcome) = match random.u8(0..4) {
            0 => (DeliveryState::Dead, Outcome::Fatal { because }),
            1 => (DeliveryState::Unsure, Outcome::Retry { because, after: None, unsure: true }),
            2 => (DeliveryState::Pending, Outcome::Retry { because, after: None, unsure: false }),
            _ => (DeliveryState::Sent, Outcome::Sent { remote_id: Some("x".into()) }),
        };
        let next_at = match state {
            DeliveryState::Unsure | DeliveryState::Pending => Some(now + TimeDelta::seconds(random.i64(0..30))),
            _ => None,
        };
        let written = office.store.finish(Finish { id, attempt, state, next_at, outcome, now }).await.unwrap();
        assert!(written || lease_until <= now, "{id} was leased");
        leases.remove(&id);
    }
}

async fn waiting(office: &Office, leases: &BTreeMap<DeliveryId, (u32, DateTime<Utc>)>) -> Vec<Waiting> {
    let rows = office.store.deliveries(DeliveryFilter { max: 1000, ..DeliveryFilter::default() }).await.unwrap();
    let row = |row: &earlybell::store::DeliveryRow| Waiting {
        id: row.delivery.id,
        incident: row.delivery.incident,
        lane: row.delivery.lane,
        person: row.delivery.to.as_ref().map(|to| to.person.clone()).unwrap_or_default(),
        state: row.state,
        due: match row.state {
            DeliveryState::Leased => leases[&row.delivery.id].1,
            _ => row.next_at.unwrap_or(row.delivery.decided_at),
        },
        calm: row.delivery.calm,
    };
    rows.iter().map(row).collect()
}

fn team(channel: Arc<dyn Channel>) -> Vec<Served> {
    vec![served("team", channel)]
}

fn served(name: &str, channel: Arc<dyn Channel>) -> Served {
    Served { spec: spec(name), channel, pacing: Pacing::default() }
}

// Says how attempts end, one after the other.
fn watched(office: &Office) -> (Shared, mpsc::UnboundedReceiver<String>) {
    let (tell, ended) = mpsc::unbounded_channel();
    let observer = Observer::new(move |event| {
        if let Event::Ended { delivery, outcome, .. } = event {
            let word = match outcome {
                Outcome::Sent { .. } => "sent",
                Outcome::Retry { .. } => "retry",
                Outcome::Fatal { .. } => "fatal",
                Outcome::Misconfigured { .. } => "misconfigured",
            };
            let _ = tell.send(format!("{} {word}", delivery.receiver));
        }
    });
    (Shared { observer, ..office.shared() }, ended)
}

async fn soon(ended: &mut mpsc::UnboundedReceiver<String>) -> String {
    tokio::time::timeout(SOON, ended.recv()).await.expect("nothing ended").expect("nobody left to tell")
}
