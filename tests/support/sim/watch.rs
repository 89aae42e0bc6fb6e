//! What always holds, looked at from outside: in the store, and at the receivers.

use super::receiver::SimReceiver;
use chrono::{DateTime, Utc};
use domain::audit::{Chain, Head, Sealed};
use domain::delivery::{Delivery, DeliveryState, Lane};
use domain::engine::explain::{About, Explained};
use domain::engine::state::REMEMBER_ANSWERS;
use domain::engine::{Input, Shadow, Standing, State};
use domain::ids::{IncidentId, InputSeq};
use domain::incident::apply::{apply, declared};
use domain::incident::entry::{PostFact, ReviewFact};
use domain::incident::{Entry, Fact, Incident, Stage};
use domain::notice::NoticeKind;
use earlybell::app::replay::{Known, Replay};
use earlybell::app::wire;
use earlybell::store::{
    AuditFilter, AuditFrom, DeliveryFilter, DeliveryRow, IncidentFilter, InputKind, Store, StoredInput,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const ALL: usize = 1_000_000;

/// Everything the store holds, read once.
pub struct Snapshot {
    pub incidents: Vec<Incident>,
    pub timelines: BTreeMap<u64, Vec<Entry>>,
    pub deliveries: Vec<DeliveryRow>,
    pub inputs: Vec<StoredInput>,
    pub position: InputSeq,
    pub explained: Explained,
    pub shadows: BTreeMap<u64, Shadow>,
    pub audit: Vec<Sealed>,
    pub audit_head: Head,
}

impl Snapshot {
    pub async fn take(store: &Arc<dyn Store>, now: DateTime<Utc>) -> Self {
        let mut incidents = store.incidents(IncidentFilter { max: ALL, ..IncidentFilter::default() }).await.unwrap();
        incidents.sort_by_key(|incident| incident.id);
        let mut timelines = BTreeMap::new();
        for incident in &incidents {
            let mut entries = store.timeline(incident.id, None, ALL).await.unwrap();
            entries.reverse();
            timelines.insert(incident.id.0, entries);
        }
        let mut deliveries = store.deliveries(DeliveryFilter { max: ALL, ..DeliveryFilter::default() }).await.unwrap();
        deliveries.sort_by_key(|row| row.delivery.id);
        let inputs = store.inputs_after(InputSeq(0), ALL, usize::MAX).await.unwrap();
        let state = State::restore(store.load(now).await.unwrap());
        let explained = state.explain(&About::Now, state.at()).unwrap();
        let shadows = store.shadows(ALL).await.unwrap().into_iter().map(|shadow| (shadow.id, shadow)).collect();
        let filter = AuditFilter { from: AuditFrom::After(0), max: ALL, ..AuditFilter::default() };
        let audit = store.audit().records(filter).await.unwrap();
        let (position, audit_head) = (state.position(), state.audit());
        Self { incidents, timelines, deliveries, inputs, position, explained, shadows, audit, audit_head }
    }

    /// Invariants that hold after every step.
    pub fn check(&self) {
        self.one_open_per_rule();
        self.nothing_is_left_undecided();
        assert!(self.incidents.iter().all(|incident| incident.rule.as_ref().is_none_or(|rule| rule.name != "OnTrial")));
        self.one_open_shadow_per_key();
        self.every_command_is_a_record();
        self.merges_end_in_something_else();
        for incident in &self.incidents {
            let entries = &self.timelines[&incident.id.0];
            timeline_is_in_order(entries);
            fold_is_the_incident(incident, entries);
            endings_are_true(entries);
            roles_are_held_or_asked_for(incident);
            self.everyone_is_told(incident, entries);
            self.what_is_over_is_quiet(incident, entries);
        }
        for row in self.deliveries.iter().filter(|row| row.state == DeliveryState::Dead) {
            let known = self.timelines[&row.delivery.incident.0]
                .iter()
                .any(|entry| matches!(&entry.fact, Fact::NoticeLost { delivery, .. } if *delivery == row.delivery.id));
            let reported = self.inputs.iter().any(|input| {
                input.seq > self.position
                    && String::from_utf8_lossy(&input.body).contains(&format!("\"delivery\":{}", row.delivery.id))
            });
            assert!(known || reported, "{} was given up, and nobody was told", row.delivery.key);
        }
    }

    fn one_open_per_rule(&self) {
        let mut open = BTreeSet::new();
        for incident in self.incidents.iter().filter(|incident| incident.stage.is_open()) {
            if let Some(rule) = &incident.rule {
                let key = (rule.name.clone(), incident.correlation.clone());
                assert!(open.insert(key), "{} is open beside another of its rule", incident.id);
            }
        }
    }

    // An explanation that says "declares" of what was not declared would be a lie, or the engine overlooked it.
    fn nothing_is_left_undecided(&self) {
        let undecided =
            |standing: &Standing| matches!(standing, Standing::New | Standing::Reopens { .. } | Standing::StormBegins);
        if let Some(rule) = self.explained.rules.iter().find(|rule| undecided(&rule.verdict)) {
            panic!("nothing came of it: {rule}");
        }
    }

    fn one_open_shadow_per_key(&self) {
        let mut open = BTreeSet::new();
        for shadow in self.shadows.values().filter(|shadow| shadow.until.is_none()) {
            assert!(open.insert(&shadow.correlation), "shadow {} is open beside another of its key", shadow.id);
        }
    }

    fn every_command_is_a_record(&self) {
        let mut chain = Chain::knowing(vec![self.audit_head.into()]);
        self.audit.iter().for_each(|sealed| chain.check(sealed).unwrap());
        chain.end().unwrap();
        let decided = self.inputs.iter().filter(|input| input.seq <= self.position);
        let (mut answered, mut asked) = (BTreeMap::new(), Vec::new());
        for input in decided.filter(|input| input.kind == InputKind::Command) {
            let Ok(Input::Command(command)) = wire::decode(input) else { panic!("input {} is no command", input.seq) };
            let known = command.key.as_ref().and_then(|key| answered.get(key));
            if known.is_some_and(|at| *at > input.at - REMEMBER_ANSWERS) {
                continue;
            }
            command.key.map(|key| answered.insert(key, input.at));
            asked.push(input.seq);
        }
        let recorded: Vec<InputSeq> = self.audit.iter().map(|sealed| sealed.record.input).collect();
        assert_eq!(recorded, asked, "not every command is a record, once");
    }

    fn merges_end_in_something_else(&self) {
        let into = |id: IncidentId| match self.incidents.iter().find(|incident| incident.id == id)?.stage {
            Stage::Merged { into, .. } => Some(into),
            _ => None,
        };
        for incident in &self.incidents {
            let chain = std::iter::successors(into(incident.id), |id| into(*id));
            assert!(chain.take(ALL).count() < ALL, "{} is merged in a circle", incident.id);
        }
    }

    fn everyone_is_told(&self, incident: &Incident, entries: &[Entry]) {
        let of = |receiver: &str, notice: Option<NoticeKind>| {
            let rows = self.deliveries.iter().filter(move |row| row.delivery.incident == incident.id);
            let receiver = receiver.to_owned();
            rows.filter(move |row| row.delivery.receiver == receiver)
                .filter(move |row| notice.is_none_or(|notice| row.delivery.notice == notice))
        };
        for receiver in incident.receivers.iter().filter(|name| *name != "users") {
            let roots = of(receiver, None).filter(|row| row.delivery.lane == Lane::Root).count();
            assert_eq!(roots, 1, "{} has {roots} roots at {receiver}", incident.id);
        }
        let ended = entries.iter().filter(|entry| matches!(entry.fact, Fact::CalledOff { .. })).count();
        for receiver in &incident.receivers {
            let seen = of(receiver, None).any(|row| row.delivery.lane == Lane::Root);
            let told = of(receiver, Some(NoticeKind::CalledOff)).count();
            assert!(
                !seen || told == ended || receiver == "users",
                "{}: {receiver} was told {told} of {ended} call-offs",
                incident.id
            );
        }
    }

    // After the end comes what reopens it, the post mortem, or the report of a loss; whoever is told of an incident as a part
    // of another one hears what becomes of that.
    fn what_is_over_is_quiet(&self, incident: &Incident, entries: &[Entry]) {
        let is_end = |entry: &&Entry| {
            matches!(entry.fact, Fact::CalledOff { .. } | Fact::Resolved { .. } | Fact::MergedInto { .. })
        };
        for end in entries.iter().filter(is_end) {
            let mut later = entries.iter().filter(|entry| entry.number > end.number);
            let until = later.find(|entry| matches!(entry.fact, Fact::Reopened { .. })).map(|entry| entry.at);
            let told = self.deliveries.iter().map(|row| &row.delivery).filter(|delivery| {
                delivery.incident == incident.id
                    && delivery.decided_at > end.at
                    && until.is_none_or(|until| delivery.decided_at < until)
            });
            for delivery in told {
                let may = matches!(
                    delivery.notice,
                    NoticeKind::Reopened | NoticeKind::Post | NoticeKind::Published | NoticeKind::LossReport
                ) || is_about_what_is_left(entries, delivery)
                    || is_withdrawn_then(entries, delivery);
                let of_its_whole = matches!(end.fact, Fact::MergedInto { .. });
                assert!(may || of_its_whole, "{} was told after the end", delivery.key);
            }
        }
        // One announcement for each address.
        let announced = self.deliveries.iter().filter(|row| {
            row.delivery.incident == incident.id
                && row.delivery.notice == NoticeKind::Published
                && row.delivery.to.is_none()
        });
        let arrived =
            entries.iter().filter(|entry| matches!(&entry.fact, Fact::Post(PostFact::Arrived { again: false, .. })));
        assert!(announced.count() <= arrived.count() * incident.receivers.len(), "{} was announced twice", incident.id);
    }

    /// The same inputs, decided at one go by a fresh engine, give the same entries and the same words.
    pub fn check_replay(&self) {
        let mut replay = Replay::from(None);
        for stored in self.inputs.iter().filter(|stored| stored.seq <= self.position) {
            replay.take(stored, self).unwrap();
        }
        let numbers = self.incidents.iter().map(|incident| {
            let entries = &self.timelines[&incident.id.0];
            (incident.id, (1, u32::try_from(entries.len()).unwrap()))
        });
        replay.end(&numbers.collect(), self).unwrap();
        let changes = replay.changes();
        let entries: Vec<&Entry> = self.timelines.values().flatten().collect();
        let mut again: Vec<&Entry> = changes.entries.iter().collect();
        again.sort_by_key(|entry| (entry.incident, entry.number));
        assert_same(&again, &entries, "entry");
        let sent: Vec<_> = self.deliveries.iter().map(|row| &row.delivery).collect();
        let planned: Vec<_> = changes.deliveries.iter().collect();
        assert_same(&planned, &sent, "notice");
        assert_eq!(changes.shadows, self.shadows, "a replay gives other shadows");
        assert_same(&changes.audit, &self.audit, "record of the audit log");
    }

    /// When all is well for long enough, nothing waits any more.
    pub fn check_quiet(&self) {
        assert_eq!(self.inputs.last().map_or(InputSeq(0), |input| input.seq), self.position, "inputs wait");
        for row in &self.deliveries {
            let over = match row.state {
                DeliveryState::Sent | DeliveryState::Dead | DeliveryState::Superseded => true,
                DeliveryState::Joined => self.is_told_by_another(row),
                DeliveryState::Pending | DeliveryState::Leased | DeliveryState::Unsure => false,
            };
            assert!(
                over,
                "{} is still {:?} after {} attempts: {:?}",
                row.delivery.key, row.state, row.attempts, row.last_error
            );
        }
    }
}

impl Snapshot {
    // In a line of a newer one of the same thread, which went out or was given up itself.
    fn is_told_by_another(&self, row: &DeliveryRow) -> bool {
        let teller = self.deliveries.iter().find(|other| Some(other.delivery.id) == row.joined);
        teller.is_some_and(|teller| {
            let told = teller.sent_as.as_ref().is_some_and(|content| content.body.contains(&row.delivery.brief));
            let same =
                teller.delivery.incident == row.delivery.incident && teller.delivery.receiver == row.delivery.receiver;
            let ended = matches!(teller.state, DeliveryState::Sent | DeliveryState::Dead);
            told && same && ended && teller.delivery.id > row.delivery.id
        })
    }
}

impl Known for Snapshot {
    type Error = String;

    fn entry(&self, incident: IncidentId, number: u32) -> Result<Option<Entry>, String> {
        let at = usize::try_from(number).unwrap().wrapping_sub(1);
        Ok(self.timelines.get(&incident.0).and_then(|entries| entries.get(at)).cloned())
    }

    fn compares(&self, _: IncidentId) -> Result<bool, String> {
        Ok(true)
    }
}

/// What people at a receiver have seen is in order, each thread below its root.
pub fn check_receiver(name: &str, receiver: &SimReceiver) {
    // Each person has a thread of their own, and so has what stands beside the incident's.
    let mut last = BTreeMap::new();
    let mut roots = BTreeSet::new();
    for seen in receiver.seen().iter().filter(|seen| seen.delivery.lane != Lane::Put && !seen.again) {
        let to = seen.delivery.to.as_ref().map(|addressee| addressee.person.clone());
        let thread = (seen.delivery.incident.0, seen.delivery.lane == Lane::Direct, to);
        let before = last.insert(thread.clone(), seen.delivery.id.0);
        assert!(before.is_none_or(|before| before < seen.delivery.id.0), "{name} saw {} too late", seen.delivery.key);
        match &seen.thread {
            // The first word to a person begins their thread.
            None if matches!(seen.delivery.lane, Lane::Root | Lane::Direct) => drop(roots.insert(thread)),
            Some(id) => assert!(roots.contains(&thread), "{name} saw {} in {id}, before its root", seen.delivery.key),
            None => {}
        }
    }
}

// A status message goes a while after the end: its receiver alone is told, once.
fn is_withdrawn_then(entries: &[Entry], delivery: &Delivery) -> bool {
    let says = |entry: &&Entry| matches!(&entry.fact, Fact::Withdrawn { receiver } if *receiver == delivery.receiver);
    delivery.lane == Lane::Put
        && entries.iter().filter(|entry| entry.at == delivery.decided_at).filter(says).count() == 1
}

// A reminder of the post mortem, or of action items.
fn is_about_what_is_left(entries: &[Entry], delivery: &Delivery) -> bool {
    let said = entries.iter().filter(|entry| entry.at == delivery.decided_at);
    let mut about = said.filter(|entry| {
        matches!(entry.fact, Fact::Review(ReviewFact::Reminded { .. } | ReviewFact::ActionsLate { .. }))
    });
    delivery.notice == NoticeKind::Prompt && about.next().is_some()
}

fn timeline_is_in_order(entries: &[Entry]) {
    for (at, entry) in entries.iter().enumerate() {
        assert_eq!(entry.number as usize, at + 1, "{}: entries have gaps", entry.incident);
    }
    for pair in entries.windows(2) {
        assert!(pair[0].at <= pair[1].at, "{}: time runs back", pair[0].incident);
        assert!(pair[0].input <= pair[1].input, "{}: inputs run back", pair[0].incident);
    }
}

fn fold_is_the_incident(incident: &Incident, entries: &[Entry]) {
    let mut folded = declared(&entries[0]).expect("a timeline begins with a declaration");
    entries[1..].iter().for_each(|entry| apply(&mut folded, entry));
    folded.tally = incident.tally.clone();
    folded.audit_head = incident.audit_head;
    assert_eq!(&folded, incident, "the fold of its entries is not the incident");
}

fn endings_are_true(entries: &[Entry]) {
    let mut firing = 0;
    for entry in entries {
        match &entry.fact {
            Fact::Alerts(changed) => firing = changed.firing,
            Fact::Resolved { .. } => assert_eq!(firing, 0, "{} is resolved while {firing} alerts fire", entry.incident),
            Fact::CalledOff { reason, .. } => assert!(!reason.trim().is_empty(), "{} has no reason", entry.incident),
            _ => {}
        }
    }
}

fn roles_are_held_or_asked_for(incident: &Incident) {
    let (id, roles) = (incident.id, &incident.roles);
    if !incident.stage.is_open() {
        assert!(roles.offers.is_empty() && roles.open.is_empty(), "{id} is over, and roles are still offered");
        return;
    }
    let clock = roles.unclaimed_since.is_some();
    assert_ne!(roles.manager().is_some(), clock, "{id}: led by {:?}, and the clock runs: {clock}", roles.manager());
    for (role, offer) in &roles.offers {
        assert_eq!(roles.responsible(&role.0), Some(offer.from.as_str()), "{id}: {role} is offered by somebody else");
    }
}

fn assert_same<T: serde::Serialize>(replayed: &[T], stored: &[T], what: &str) {
    let text = |value: &T| serde_json::to_string(value).unwrap();
    for (replayed, stored) in replayed.iter().zip(stored) {
        assert_eq!(text(replayed), text(stored), "a replay gives another {what}");
    }
    assert_eq!(replayed.len(), stored.len(), "a replay gives more or fewer than each {what}");
}
