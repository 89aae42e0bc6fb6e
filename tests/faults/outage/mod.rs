//! Six hours in which nobody can be reached, while three incidents live; and the minute after them. Every kind of channel for
//! itself, beside one that is well.

mod gate;
mod irc_server;
mod pads;
mod peers;
mod world;

use crate::page::shows;
use chrono::{DateTime, TimeDelta, Utc};
use domain::alert::Pairs;
use domain::delivery::{DeliveryState, Lane};
use domain::incident::{Act, CallOffCode, Severity};
use domain::policy::Joining;
use earlybell::channels::irc::Waits;
use earlybell::store::DeliveryRow;
use peers::{Down, KINDS, Kind, Peer};
use std::collections::BTreeMap;
use std::fmt::Write;
use world::{BESIDE, World};

/// Everything that waited is told within this.
const DRAINED_WITHIN: TimeDelta = TimeDelta::seconds(60);

/// Most messages about one incident after it, where what waited is told as one: what was under way, and everything since.
const MESSAGES_MAX: usize = 2;

const LOST_ANSWER: &str = "half of the workers";

fn declare(title: &str, severity: Severity) -> Act {
    let (title, impact, labels) = (title.to_owned(), String::new(), Pairs::default());
    Act::Declare { title, severity: Some(severity), impact, labels, drill: false }
}

fn update(text: &str) -> Act {
    Act::Update { text: text.to_owned(), impact: None, next_in: None }
}

// One incident was there before; its newest words are taken by everybody, and nobody hears that they were.
async fn before(world: &mut World, peers: &mut [Peer], how: Down) {
    world.act(None, declare("Workers are slow", Severity::Major)).await;
    world.pass(TimeDelta::minutes(30)).await;
    peers.iter().for_each(|peer| peer.lose_answers_to(LOST_ANSWER));
    world.act(Some(1), update(&format!("We restart {LOST_ANSWER}."))).await;
    for peer in peers {
        peer.go_down(how).await;
    }
}

async fn six_hours(world: &mut World) {
    let begun = world.now();
    let script = [
        (10, None, declare("The database is full", Severity::Critical)),
        (30, Some(2), update("We make room.")),
        (60, Some(1), update("They are back; we watch the others.")),
        (90, Some(1), Act::Severity { to: Severity::Critical, text: "nothing is built any more".to_owned() }),
        (100, None, declare("The signing host does not answer", Severity::Minor)),
        (120, Some(3), update("It answers to ping.")),
        (150, Some(3), Act::CallOff { code: CallOffCode::PlannedWork, reason: "It was being moved.".to_owned() }),
        (240, Some(2), update("There is room again.")),
        (270, Some(2), Act::Resolve { text: "A second disk.".to_owned() }),
        (330, Some(1), update("We found it: a full queue.")),
    ];
    for (minutes, incident, act) in script {
        let at = begun + TimeDelta::minutes(minutes);
        world.pass(at - world.now()).await;
        world.act(incident, act).await;
    }
    world.pass(begun + TimeDelta::hours(6) - world.now()).await;
}

// What was seen of one receiver.
struct Seen {
    kind: Kind,
    waited: usize,
    messages: usize,
    seconds: i64,
    twice: usize,
}

async fn seen(world: &World, peer: &Peer, told_before: usize, gone_at: DateTime<Utc>, back_at: DateTime<Utc>) -> Seen {
    let name = peer.kind.name;
    let rows = world.decided(name).await;
    // Edits say it again, but where there is nothing else.
    let counts = |row: &&DeliveryRow| row.delivery.lane != Lane::Put || name == "obs";
    // With the one whose answer was lost.
    let waited = rows.iter().filter(|row| row.delivery.decided_at >= gone_at && row.delivery.decided_at <= back_at);
    let waited = waited.filter(counts).count();
    let last = world.taken(name, |taken| Some(taken.at)).into_iter().max().unwrap();
    Seen {
        kind: peer.kind,
        waited,
        messages: peer.told().len() - told_before,
        seconds: (last - back_at).num_seconds(),
        twice: peer.twice(),
    }
}

// Everything that was decided was told: itself, in a line of a newer one, or by a newer edit.
async fn nothing_is_lost(world: &World, kind: Kind) {
    let rows = world.decided(kind.name).await;
    let by_id: BTreeMap<_, _> = rows.iter().map(|row| (row.delivery.id, row)).collect();
    for row in &rows {
        let key = &row.delivery.key;
        match (row.state, row.joined) {
            (DeliveryState::Sent, _) => {}
            (DeliveryState::Superseded, _) if row.delivery.lane == Lane::Put => {}
            (DeliveryState::Joined, Some(teller)) => {
                let teller = by_id[&teller];
                assert_eq!(teller.state, DeliveryState::Sent, "{key}");
                let body = &teller.sent_as.as_ref().unwrap().body;
                let stands = match kind.joining {
                    Joining::Lines => body.contains(&row.delivery.brief),
                    Joining::Count => body.contains(" before it could not be told; the page has them)"),
                    Joining::Never => false,
                };
                assert!(stands, "{key} is not in {body}");
            }
            (state, _) => panic!("{key} is {state:?}: {:?}", row.last_error),
        }
    }
}

// To each incident's thread, in the order of decision; and no reply before its root.
fn order_is_kept(world: &World, kind: Kind) {
    let mut threads: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let posts = world.taken(kind.name, |taken| {
        let delivery = &taken.delivery;
        matches!(delivery.lane, Lane::Root | Lane::Post).then_some((delivery.incident, delivery.lane, delivery.id))
    });
    for (incident, lane, id) in posts {
        threads.entry(incident).or_default().push((lane, id));
    }
    assert_eq!(threads.len(), 3, "{}", kind.name);
    for (incident, thread) in threads {
        let ids: Vec<_> = thread.iter().map(|(_, id)| *id).collect();
        assert!(ids.is_sorted(), "{}, {incident}: {ids:?}", kind.name);
        assert_eq!(thread[0].0, Lane::Root, "{}, {incident}", kind.name);
    }
}

fn nobody_is_flooded(world: &World, kind: Kind, back_at: DateTime<Utc>) {
    let mut messages: BTreeMap<_, usize> = BTreeMap::new();
    let after = world.taken(kind.name, |taken| {
        (taken.at >= back_at && taken.delivery.lane != Lane::Put).then_some(taken.delivery.incident)
    });
    for incident in after {
        *messages.entry(incident).or_default() += 1;
    }
    assert!(messages.values().all(|count| *count <= MESSAGES_MAX), "{}: {messages:?}", kind.name);
}

// The table of what came of it.
async fn outage(how: Down) -> String {
    let kinds: Vec<Kind> = KINDS.into_iter().filter(|kind| kind.knows(how)).collect();
    let mut peers = Vec::new();
    for kind in &kinds {
        peers.push(Peer::start(*kind).await);
    }
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
    let receivers: String = peers.iter().map(Peer::yaml).collect();
    let mut world = World::open(&receivers, &names, "").await;
    before(&mut world, &mut peers, how).await;
    let gone_at = world.now();
    six_hours(&mut world).await;
    let told: Vec<usize> = peers.iter().map(|peer| peer.told().len()).collect();
    let back_at = world.now();
    // A network is connected to before anything is told there: as late as may be.
    for peer in peers.iter_mut().filter(|peer| !peer.is_connected_to()) {
        peer.come_back().await;
    }
    world.pass(TimeDelta::from_std(Waits::default().unreached * 5 / 4).unwrap()).await;
    for peer in peers.iter_mut().filter(|peer| peer.is_connected_to()) {
        peer.come_back().await;
    }
    world.pass(TimeDelta::minutes(10)).await;

    let late = world.taken(BESIDE, |taken| (taken.at != taken.delivery.decided_at).then(|| taken.delivery.key.clone()));
    assert!(late.is_empty(), "{late:?} had to wait for others");
    let mut table =
        "| receiver | notices that waited | messages after it | told after | told twice |\n|---|---|---|---|---|\n"
            .to_owned();
    let mut wrong = Vec::new();
    for (peer, told) in peers.iter().zip(told) {
        let kind = peer.kind;
        nothing_is_lost(&world, kind).await;
        order_is_kept(&world, kind);
        if kind.joining != Joining::Never {
            nobody_is_flooded(&world, kind, back_at);
        }
        let seen = seen(&world, peer, told, gone_at, back_at).await;
        if TimeDelta::seconds(seen.seconds) > DRAINED_WITHIN || seen.twice != kind.twice {
            wrong.push(format!("{}: {} s, {} twice", kind.title, seen.seconds, seen.twice));
        }
        let Seen { kind, waited, messages, seconds, twice } = seen;
        writeln!(table, "| {} | {waited} | {messages} | {seconds} s | {twice} |", kind.title).unwrap();
    }
    assert!(wrong.is_empty(), "{wrong:?}\n{table}");
    table
}

// On one thread: what two attempts at one server come to must not hang on which of them is quicker.
#[tokio::test]
async fn six_hours_out_of_reach_are_made_good_within_a_minute() {
    shows("receivers.md", "outage", &outage(Down::Gone).await);
}

#[tokio::test]
async fn six_hours_of_maintenance_are_made_good_within_a_minute() {
    let table = outage(Down::Unavailable).await;
    assert_eq!(table.lines().count(), 2 + 9, "{table}");
}
