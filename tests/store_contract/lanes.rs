//! Random walks: the store claims what the policy of lanes says, whatever happened before.

use crate::fixtures::{End, addressee, at, claim_at_pace, claim_together, decide, delivery, finish, ids};
use domain::delivery::lane::{Waiting, claimable, superseded};
use domain::delivery::pace::Pace;
use domain::delivery::{Delivery, DeliveryState, Lane};
use domain::engine::Changes;
use domain::ids::{DeliveryId, IncidentId, InputSeq};
use earlybell::store::{DeliveryFilter, Store};
use std::sync::Arc;

const STEPS: usize = 300;
const SEEDS: u64 = 8;
const INCIDENTS: u64 = 4;

// What should be in the store for one receiver.
struct Model {
    receiver: String,
    // Numbers up to this one belong to earlier walks.
    base: u64,
    rows: Vec<Waiting>,
    // Attempts and the doubt that stays, by place in `rows`.
    attempts: Vec<(u32, bool)>,
    position: u64,
    now: i64,
    chance: fastrand::Rng,
}

pub async fn follow_the_policy(store: &Arc<dyn Store>) {
    let (mut base, mut position) = (0, 0);
    for seed in 1..=SEEDS {
        let chance = fastrand::Rng::with_seed(seed);
        let receiver = format!("receiver {seed}");
        let mut model = Model { receiver, base, rows: Vec::new(), attempts: Vec::new(), position, now: 0, chance };
        let mut claims = 0;
        for step in 0..STEPS {
            match model.chance.u32(..10) {
                0..3 => model.decide(store).await,
                3..6 => claims += model.claim(store, step).await,
                6..9 => model.finish(store, step).await,
                _ => model.now += model.chance.i64(1..40),
            }
        }
        assert!(claims > STEPS / 10, "only {claims} claims with seed {seed}: this shows nothing");
        model.compare(store).await;
        (base, position) = (base + model.rows.len() as u64, model.position);
    }
}

impl Model {
    async fn decide(&mut self, store: &Arc<dyn Store>) {
        let mut deliveries = Vec::new();
        for _ in 0..self.chance.u32(1..4) {
            let (id, incident) = (self.base + self.rows.len() as u64 + 1, self.chance.u64(1..=INCIDENTS));
            // More than one root is rare, and must not confuse it.
            let lanes = [Lane::Root, Lane::Post, Lane::Put, Lane::Direct];
            let lane = lanes[[1, 1, 1, 2, 2, 2, 0, 1, 2, 3, 3, 3][self.chance.usize(..12)]];
            let mut new = delivery(id, incident, &self.receiver, lane);
            new.decided_at = at(self.now);
            new.calm = lane == Lane::Post && self.chance.bool();
            let calm = new.calm;
            let person = if lane == Lane::Direct { ["anna", "bert"][self.chance.usize(..2)] } else { "" };
            new.to = (lane == Lane::Direct).then(|| addressee(person));
            deliveries.push(new);
            let (id, incident, state) = (DeliveryId(id), IncidentId(incident), DeliveryState::Pending);
            let person = person.to_owned();
            self.rows.push(Waiting { id, incident, lane, person, state, due: at(self.now), calm });
            self.attempts.push((0, false));
        }
        self.position += 1;
        let changes = Changes { position: InputSeq(self.position), deliveries, ..Changes::default() };
        store.commit(changes).await.unwrap();
        self.supersede();
    }

    async fn claim(&mut self, store: &Arc<dyn Store>, step: usize) -> usize {
        self.supersede();
        let pace = if self.chance.u32(..4) == 0 { Pace::Urgent } else { Pace::All };
        let expected = claimable(&self.rows, at(self.now), pace);
        let mut claimed = claim_at_pace(store, &self.receiver, self.now, pace).await;
        claimed.sort_by_key(|one| one.delivery.id);
        let ids: Vec<DeliveryId> = claimed.iter().map(|one| one.delivery.id).collect();
        assert_eq!(ids, expected, "{} step {step}", self.receiver);
        for one in &claimed {
            let place = self.place(one.delivery.id);
            let (row, (attempts, unsure)) = (&mut self.rows[place], &mut self.attempts[place]);
            *attempts += 1;
            *unsure |= matches!(row.state, DeliveryState::Leased | DeliveryState::Unsure);
            (row.state, row.due) = (DeliveryState::Leased, at(self.now + 30));
            assert_eq!((one.attempt, one.unsure), (*attempts, *unsure), "{} step {step}", self.receiver);
        }
        claimed.len()
    }

    async fn finish(&mut self, store: &Arc<dyn Store>, step: usize) {
        let leased: Vec<usize> =
            (0..self.rows.len()).filter(|place| self.rows[*place].state == DeliveryState::Leased).collect();
        let Some(place) = self.chance.choice(leased) else { return };
        let late = u32::from(self.chance.u32(..5) == 0);
        let attempt = self.attempts[place].0 - late;
        let next = self.now + self.chance.i64(0..20);
        let end = *self
            .chance
            .choice(&[End::Sent(None), End::Sent(None), End::Retry(next), End::Unsure(next), End::Dead])
            .unwrap();
        let written = finish(store, self.rows[place].id.0, attempt, end, self.now).await;
        assert_eq!(written, late == 0, "{} step {step}", self.receiver);
        if !written {
            return;
        }
        let row = &mut self.rows[place];
        (row.state, row.due) = match end {
            End::Sent(_) => (DeliveryState::Sent, row.due),
            End::Dead => (DeliveryState::Dead, row.due),
            End::Retry(next) => (DeliveryState::Pending, at(next)),
            End::Unsure(next) => (DeliveryState::Unsure, at(next)),
        };
        self.attempts[place].1 |= row.state == DeliveryState::Unsure;
        // A lease that is over is only taken from its holder by a claim.
        self.supersede_before(i64::MIN / 2_000_000);
    }

    fn supersede(&mut self) {
        self.supersede_before(self.now);
    }

    fn supersede_before(&mut self, seconds: i64) {
        for id in superseded(&self.rows, at(seconds)) {
            let place = self.place(id);
            self.rows[place].state = DeliveryState::Superseded;
        }
    }

    fn place(&self, id: DeliveryId) -> usize {
        (id.0 - self.base) as usize - 1
    }

    async fn compare(&mut self, store: &Arc<dyn Store>) {
        self.claim(store, STEPS).await;
        let rows = store
            .deliveries(DeliveryFilter {
                receiver: Some(self.receiver.clone()),
                max: 1000,
                ..DeliveryFilter::default()
            })
            .await
            .unwrap();
        let stored: Vec<_> = rows.iter().rev().map(|row| (row.delivery.id, row.state, row.attempts)).collect();
        let model = self.rows.iter().zip(&self.attempts).map(|(row, (attempts, _))| (row.id, row.state, *attempts));
        assert_eq!(stored, model.collect::<Vec<_>>());
    }
}

pub async fn tells_together_what_waited(store: &Arc<dyn Store>) {
    let brief = |id| Delivery { brief: format!("brief of {id}"), ..delivery(id, 1, "team", Lane::Post) };
    let mut deliveries = vec![delivery(1, 1, "team", Lane::Root)];
    deliveries.extend([2, 3, 4].map(brief));
    decide(store, 1, deliveries).await;
    assert_eq!(ids(&claim_together(store, 5).await), [1], "a root goes alone");
    finish(store, 1, 1, End::Sent(Some("t")), 6).await;
    assert_eq!(ids(&claim_together(store, 30).await), [2], "nothing kept it");
    finish(store, 2, 1, End::Retry(70), 31).await;
    assert_eq!(ids(&claim_together(store, 70).await), [2], "what was tried stays as it is");
    finish(store, 2, 2, End::Sent(None), 71).await;
    let together = claim_together(store, 72).await;
    assert_eq!(ids(&together), [4]);
    let words = "words of 4\n\nBefore that, not told until now (1 notice):\n- 14:13 UTC: brief of 3";
    assert_eq!(together[0].delivery.content.body, words);
    assert_eq!((together[0].attempt, together[0].thread.as_deref()), (1, Some("t")));
    finish(store, 4, 1, End::Unsure(80), 73).await;
    assert_eq!(claim_together(store, 80).await[0].delivery.content.body, words, "the same on every attempt");
    let rows = store.deliveries(DeliveryFilter { max: 10, ..DeliveryFilter::default() }).await.unwrap();
    let row = |id| rows.iter().find(|row| row.delivery.id == DeliveryId(id)).unwrap();
    assert_eq!((row(3).state, row(3).joined), (DeliveryState::Joined, Some(DeliveryId(4))));
    assert_eq!(row(4).delivery.content.body, "words of 4", "what was decided is not changed");
    assert_eq!(row(4).sent_as.as_ref().map(|content| content.body.as_str()), Some(words));
}
