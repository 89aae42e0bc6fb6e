//! An outbox on a real store in virtual time, with workers that the test steps.

use super::clock::TestClock;
use super::scripted::Scripted;
use chrono::{DateTime, TimeDelta, Utc};
use domain::delivery::{Content, Delivery, Lane};
use domain::engine::{Changes, DeliveryEnd, DeliveryOutcome};
use domain::ids::{DeliveryId, IncidentId, InputSeq};
use domain::notice::NoticeKind;
use domain::policy::{ReceiverKind, ReceiverSpec, Subject};
use earlybell::app::delivery::{Event, Limits, Observer, Shared, Step, Worker};
use earlybell::app::inbox::Inbox;
use earlybell::clock::Clock;
use earlybell::store::sqlite::SqliteStore;
use earlybell::store::{DeliveryFilter, InputKind, Store};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub struct Office {
    pub store: Arc<SqliteStore>,
    pub inbox: Arc<Inbox>,
    pub clock: Arc<TestClock>,
    pub limits: Limits,
    pub lost_leases: Arc<Mutex<Vec<String>>>,
    decided: u64,
}

impl Office {
    pub fn open() -> Self {
        Self::on(SqliteStore::open_in_memory().unwrap())
    }

    pub fn on(store: SqliteStore) -> Self {
        let store = Arc::new(store);
        let clock = TestClock::at("2026-03-01T09:00:00Z");
        let inbox = Arc::new(Inbox::new(store.clone(), clock.clone()));
        let limits = Limits { send: Duration::from_secs(3600), ..Limits::default() };
        Self { store, inbox, clock, limits, lost_leases: Arc::default(), decided: 0 }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub fn pass(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    /// Decides that this must be told.
    pub async fn decide(&mut self, receiver: &str, incident: u64, lane: Lane, notice: NoticeKind) {
        self.decide_when(receiver, incident, lane, notice, false).await;
    }

    /// An update that may wait.
    pub async fn calm_post(&mut self, incident: u64) {
        self.decide_when("team", incident, Lane::Post, NoticeKind::Updated, true).await;
    }

    async fn decide_when(&mut self, receiver: &str, incident: u64, lane: Lane, notice: NoticeKind, calm: bool) {
        self.decided += 1;
        let delivery = Delivery {
            id: DeliveryId(self.decided),
            incident: IncidentId(incident),
            receiver: receiver.to_owned(),
            lane,
            notice,
            key: format!("inc-{incident}.{}.{}.{receiver}", notice.word(), self.decided),
            to: None,
            content: Content { subject: format!("INC-{incident}"), body: notice.word().to_owned() },
            brief: format!("brief of {}", self.decided),
            calm,
            decided_at: self.now(),
        };
        let position = InputSeq(self.decided);
        let changes = Changes { position, at: Some(self.now()), deliveries: vec![delivery], ..Changes::default() };
        self.store.commit(changes).await.unwrap();
    }

    pub async fn root(&mut self, incident: u64) {
        self.decide("team", incident, Lane::Root, NoticeKind::Declared).await;
    }

    pub async fn post(&mut self, incident: u64, notice: NoticeKind) {
        self.decide("team", incident, Lane::Post, notice).await;
    }

    pub async fn put(&mut self, incident: u64) {
        self.decide("team", incident, Lane::Put, NoticeKind::Board).await;
    }

    pub fn shared(&self) -> Shared {
        let lost = self.lost_leases.clone();
        let observer = Observer::new(move |event| {
            if let Event::LeaseLost { receiver } = event {
                lost.lock().unwrap().push((*receiver).to_owned());
            }
        });
        Shared {
            store: self.store.clone(),
            inbox: self.inbox.clone(),
            clock: self.clock.clone(),
            observer,
            limits: self.limits,
        }
    }

    /// A worker for `team`.
    pub fn worker(&self, channel: &Arc<Scripted>) -> Worker {
        Worker::new(Arc::new(self.shared()), spec("team"), channel.clone())
    }

    /// Steps through time until nothing waits, or this long has passed.
    pub async fn work_for(&self, worker: &mut Worker, time: TimeDelta) {
        let until = self.now() + time;
        loop {
            let Step { next, .. } = worker.step().await;
            match next {
                Some(next) if next <= until => self.clock.advance((next - self.now()).max(TimeDelta::zero())),
                _ => return,
            }
        }
    }

    /// The body that a delivery went out with.
    pub async fn told(&self, id: u64) -> String {
        let filter = DeliveryFilter { max: 1000, ..DeliveryFilter::default() };
        let rows = self.store.deliveries(filter).await.unwrap();
        let row = rows.into_iter().find(|row| row.delivery.id.0 == id).unwrap();
        row.sent_as.unwrap_or(row.delivery.content).body
    }

    /// How each delivery stands, in order of decision.
    pub async fn outbox(&self) -> Vec<String> {
        let filter = DeliveryFilter { max: 1000, ..DeliveryFilter::default() };
        let mut rows = self.store.deliveries(filter).await.unwrap();
        rows.sort_by_key(|row| row.delivery.id);
        let line = |row: &earlybell::store::DeliveryRow| {
            let state = serde_json::to_string(&row.state).unwrap();
            format!(
                "{} {} {} after {}",
                row.delivery.incident,
                row.delivery.notice.word(),
                state.trim_matches('"'),
                row.attempts
            )
        };
        rows.iter().map(line).collect()
    }

    /// What the engine was told.
    pub async fn reports(&self) -> Vec<String> {
        let inputs = self.store.inputs_after(InputSeq(0), 1000, usize::MAX).await.unwrap();
        inputs
            .iter()
            .filter(|input| input.kind == InputKind::Outcome)
            .map(|input| serde_json::from_slice(&input.body).unwrap())
            .map(|DeliveryOutcome { incident, receiver, notice, end, .. }| match end {
                DeliveryEnd::ThreadStarted { remote_id } => format!("{incident} {receiver}: thread {remote_id}"),
                DeliveryEnd::Lost { because } => format!("{incident} {receiver}: lost {notice}: {because}"),
                DeliveryEnd::Dropped { because } => format!("{incident} {receiver}: dropped {notice}: {because}"),
                DeliveryEnd::Published { address } => format!("{incident} {receiver}: published: {address}"),
                DeliveryEnd::Late { because } => format!("{incident} {receiver}: late: {because}"),
                DeliveryEnd::Blocked { because } => format!("{incident} {receiver}: blocked: {because}"),
            })
            .collect()
    }
}

pub fn spec(name: &str) -> ReceiverSpec {
    ReceiverSpec {
        name: name.to_owned(),
        kind: ReceiverKind::Slack,
        public: false,
        personal: false,
        subject: Subject::default(),
        templates: Default::default(),
        language: None,
    }
}
