//! The pads of the same six hours: a real Etherpad that nobody reaches.

use super::gate::Gate;
use super::world::World;
use super::{DRAINED_WITHIN, LOST_ANSWER, declare, six_hours, update};
use crate::etherpad::Etherpad;
use chrono::TimeDelta;
use domain::ids::IncidentId;
use domain::incident::Severity;
use earlybell::app::pads::Event;

const NEWEST: [&str; 3] =
    ["Last update: We found it: a full queue.", "Status: resolved", "Called off: It was being moved."];

#[tokio::test]
async fn pads_out_of_reach_for_six_hours_are_current_within_a_minute() {
    let etherpad = Etherpad::start();
    let port = etherpad.url.rsplit(':').next().unwrap().parse().unwrap();
    let mut gate = Gate::before(port).await;
    let etherpad_yaml = format!("etherpad: {{ url: 'http://{}', prefix: obs-, readers: team }}\n", gate.address);
    let mut world = World::open("", &[], &etherpad_yaml).await;
    world.act(None, declare("Workers are slow", Severity::Major)).await;
    world.pass(TimeDelta::minutes(30)).await;
    gate.lose_answers_to(LOST_ANSWER);
    world.act(Some(1), update(&format!("We restart {LOST_ANSWER}."))).await;
    world.pass(TimeDelta::seconds(3)).await;
    gate.close().await;
    let name = |world: &World, incident| world.names.as_ref().unwrap().name(IncidentId(incident));
    let text = |world: &World, incident| etherpad.text(&name(world, incident)).unwrap();
    assert!(text(&world, 1).contains(LOST_ANSWER), "it was taken, whoever heard of it");
    six_hours(&mut world).await;
    // Whenever it comes back: somebody looks soon.
    for _ in 0..60 {
        world.pass(TimeDelta::seconds(10)).await;
        let wait = world.pads_due().unwrap() - world.now();
        assert!(wait <= DRAINED_WITHIN, "nobody looks for {wait}");
    }
    let back_at = world.now();
    gate.open().await;
    world.pass(TimeDelta::minutes(10)).await;

    for (incident, words) in (1..).zip(NEWEST) {
        let text = text(&world, incident);
        assert!(text.contains(words), "{text}");
        assert_eq!(text.matches("Earlybell keeps this block").count(), 1, "{text}");
        let well = world.pads_told(|event| match event {
            Event::Well { incident: IncidentId(whose), written, at } if *whose == incident && *at >= back_at => {
                Some((*written, *at - back_at))
            }
            _ => None,
        });
        let (written, after) = well[0];
        assert!(written && after <= DRAINED_WITHIN, "{incident} was current after {after}");
    }
}
