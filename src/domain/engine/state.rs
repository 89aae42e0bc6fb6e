//! What the engine knows: alerts, incidents, running clocks. In memory; rebuilt from the store at start.

use super::Input;
use super::attached::{Attached, Fires};
use super::changes::{Answer, BeatRow, Changes, Evidence, Loaded};
use super::shadow::Shadow;
use super::timers::{Timer, Timers};
use super::turn::Turn;
use crate::alert::table::Table;
use crate::alert::{Alert, Pairs};
use crate::audit::Head;
use crate::directory::Directory;
use crate::duration::Duration;
use crate::ids::{AlertId, DeliveryId, IncidentId, InputSeq};
use crate::incident::due::{self, WhenHolds};
use crate::incident::{Incident, Refusal, Reply};
use crate::notice::plan::ALERTS_SHOWN_MAX;
use crate::policy::Policy;
use crate::rules::compile::Mistake;
use crate::rules::eval::{HoldRow, Touch};
use crate::rules::{Evaluator, RuleIx, Subject};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Alerts of a closed incident stay attached for this long, or as long as its rule may still reopen it or keep quiet.
pub const REMEMBER_ALERTS: TimeDelta = TimeDelta::hours(25);

/// Closed incidents stay in memory for this long: what became of their last notices belongs to their timeline. Waits of
/// a rule are cut to this.
pub const REMEMBER_CLOSED: TimeDelta = TimeDelta::days(7);

/// A command repeated with the same key within this time is answered as before.
pub const REMEMBER_ANSWERS: TimeDelta = TimeDelta::hours(24);

// Between two inputs each timer fires a few times at most; more is a bug, and must not become an endless loop.
const FIRINGS_MAX: usize = 1_000_000;

/// The engine.
#[derive(Debug)]
pub struct State {
    pub(super) policy: Arc<Policy>,
    pub(super) directory: Arc<Directory>,
    // Why a stored policy is not in force.
    pub(super) policy_refused: Option<String>,
    pub(super) alerts: Table,
    pub(super) evaluator: Evaluator,
    pub(super) incidents: BTreeMap<IncidentId, Incident>,
    pub(super) attached: Attached,
    // Closed incidents whose alerts the table may forget.
    pub(super) released: BTreeSet<IncidentId>,
    // Incidents that ended long ago, with something left to do.
    pub(super) kept: BTreeMap<IncidentId, Incident>,
    // One of them that is here for the next input only.
    pub(super) recalled: Option<IncidentId>,
    // By when the first open action item of each incident is due.
    pub(super) actions_due: BTreeMap<IncidentId, NaiveDate>,
    // Of each rule and correlation key, the incident that stands for them: `claims` says which.
    pub(super) newest: BTreeMap<(String, Pairs), IncidentId>,
    // Incidents that others are part of.
    pub(super) targets: BTreeSet<IncidentId>,
    // Incidents that took alerts along when they were split off.
    pub(super) takers: BTreeSet<IncidentId>,
    // Of each rule, the incidents it declared within the last hour, but for those that stand for many.
    pub(super) declared: BTreeMap<String, BTreeSet<(DateTime<Utc>, IncidentId)>>,
    // Subjects whose `when` is true now.
    pub(super) holding: BTreeSet<Subject>,
    pub(super) timers: Timers,
    // Running `for`s as they stand in the store, so that only changes are written.
    pub(super) stored_holds: BTreeMap<(String, Pairs), HoldRow>,
    // What rules on trial would have declared, by rule and key: open, or ended so lately that it may be reopened.
    pub(super) shadows: BTreeMap<(String, Pairs), Shadow>,
    // Heartbeats by name.
    pub(super) beats: BTreeMap<String, BeatRow>,
    pub(super) answers: HashMap<String, (DateTime<Utc>, Reply)>,
    // The newest record of the audit log.
    pub(super) audit: Head,
    pub(super) position: InputSeq,
    pub(super) at: DateTime<Utc>,
    pub(super) last_incident: u64,
    pub(super) last_delivery: u64,
    pub(super) last_shadow: u64,
}

impl State {
    /// Goes on from what the store holds.
    pub fn restore(loaded: Loaded) -> Self {
        let stored = loaded.policy.map_or_else(|| Ok(Policy::empty()), Policy::compile);
        // An older program took it. Alerts are kept and judged later; until then, nothing must look well.
        let (policy, policy_refused) = match stored {
            Ok(policy) => (policy, None),
            Err(mistakes) => (Policy::empty(), Some(in_words(&mistakes))),
        };
        let mut state = Self {
            evaluator: Evaluator::new(&policy.rules),
            policy: Arc::new(policy),
            directory: Arc::new(loaded.directory.unwrap_or_default()),
            policy_refused,
            alerts: Table::restore(loaded.alerts, loaded.last_alert),
            incidents: loaded.incidents.into_iter().map(|incident| (incident.id, incident)).collect(),
            attached: Attached::default(),
            released: BTreeSet::new(),
            kept: BTreeMap::new(),
            recalled: None,
            actions_due: BTreeMap::new(),
            newest: BTreeMap::new(),
            targets: BTreeSet::new(),
            takers: BTreeSet::new(),
            declared: BTreeMap::new(),
            holding: BTreeSet::new(),
            timers: Timers::default(),
            stored_holds: loaded.holds.into_iter().map(|row| ((row.rule.clone(), row.key.clone()), row)).collect(),
            shadows: BTreeMap::new(),
            beats: loaded.beats.into_iter().map(|row| (row.name.clone(), row)).collect(),
            answers: loaded.answers.into_iter().filter_map(|a| Some((a.key?, (a.at, a.reply)))).collect(),
            audit: loaded.audit,
            position: loaded.position,
            at: loaded.at.unwrap_or(DateTime::UNIX_EPOCH),
            last_incident: loaded.last_incident,
            last_delivery: loaded.last_delivery,
            last_shadow: loaded.last_shadow,
        };
        loaded.began_at.into_iter().for_each(|at| state.alerts.began(at));
        state.restore_kept();
        state.restore_attached(&loaded.evidence);
        state.restore_declared();
        state.restore_shadows(loaded.shadows);
        state.restore_clocks();
        state
    }

    /// The same by other rules, before anything is known.
    pub(super) fn with_policy(mut self, policy: &Arc<Policy>) -> Self {
        self.evaluator = Evaluator::new(&policy.rules);
        self.policy = Arc::clone(policy);
        self
    }

    /// Takes the next input: due timers first, then the input itself. What changed is added to `changes`.
    pub fn step(&mut self, seq: InputSeq, at: DateTime<Utc>, input: Input, changes: &mut Changes) {
        // The store keeps times in order; a step back would let a timer fire twice.
        let at = at.max(self.at);
        if self.position == InputSeq(0) {
            self.alerts.began(at);
            changes.began_at = Some(at);
        }
        match &input {
            Input::Started => self.forgive_all(at, changes),
            _ => self.forgive_gaps(at, changes),
        }
        self.fire_timers(seq, at, changes);
        self.at = at;
        Turn::new(self, seq, at, changes).take(input);
        self.position = seq;
        changes.position = seq;
        changes.at = Some(at);
    }

    /// When time alone will change something: append a [`Input::Tick`] then.
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        let table = self.alerts.next_due(&self.policy.source.timing);
        [self.timers.next(), table].into_iter().flatten().min()
    }

    /// The last input taken.
    pub fn position(&self) -> InputSeq {
        self.position
    }

    /// The engine's clock.
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// The rules, receivers and times in force.
    pub fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// Who is there.
    pub fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// The newest record of the audit log.
    pub fn audit(&self) -> Head {
        self.audit
    }

    /// Why the newest stored policy is not in force, if this program can't use it: the one before is, or none.
    pub fn policy_refused(&self) -> Option<&str> {
        self.policy_refused.as_deref()
    }

    /// An incident that is open, or was closed within [`REMEMBER_CLOSED`].
    pub fn incident(&self, id: IncidentId) -> Option<&Incident> {
        self.incidents.get(&id)
    }

    /// Why there is nothing to do with an incident that is not here.
    pub(super) fn unknown(&self, id: IncidentId) -> Refusal {
        match id.0 <= self.last_incident && id.0 > 0 {
            true => Refusal::LongOver { incident: id },
            false => Refusal::Unknown { incident: id },
        }
    }

    /// All of them.
    pub fn incidents(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.values()
    }

    /// A known alert.
    pub fn alert(&self, id: AlertId) -> Option<&Alert> {
        self.alerts.get(id)
    }

    /// Alerts attached to an incident.
    pub fn alerts_of(&self, id: IncidentId) -> impl Iterator<Item = &Alert> {
        self.attached.alerts(id).filter_map(|alert| self.alerts.get(alert))
    }

    /// Number of known alerts.
    pub fn alert_count(&self) -> usize {
        self.alerts.len()
    }

    fn fire_timers(&mut self, seq: InputSeq, until: DateTime<Utc>, changes: &mut Changes) {
        for _ in 0..FIRINGS_MAX {
            let Some(due) = self.next_due().filter(|due| *due <= until) else { return };
            // A deadline that was set into the past fires now, never back in time.
            let at = due.max(self.at);
            self.at = at;
            Turn::new(self, seq, at, changes).time_passed();
        }
        debug_assert!(false, "timers do not come to rest");
    }

    fn restore_attached(&mut self, evidence: &[Evidence]) {
        let closed = self.incidents.values().filter_map(|incident| Some((incident, incident.stage.closed_at()?)));
        let over = closed.filter(|(incident, closed_at)| *closed_at + self.remember(incident) <= self.at);
        self.released = over.map(|(incident, _)| incident.id).collect();
        for evidence in evidence.iter().filter(|evidence| self.incidents.contains_key(&evidence.incident)) {
            self.attached.insert(*evidence);
            if !self.released.contains(&evidence.incident) {
                self.alerts.pin(evidence.alert);
            }
            let open = self.alerts.get(evidence.alert).is_some_and(|alert| alert.state.is_open());
            self.attached.set(evidence.incident, evidence.alert, if open { Fires::Yes } else { Fires::No });
        }
        for id in self.incidents.keys().copied().collect::<Vec<_>>() {
            self.claim(id);
        }
    }

    // Only to know which clocks run: what follows from the verdicts was decided before the restart.
    fn restore_clocks(&mut self) {
        let touches = self.evaluate_all();
        let mut subjects: BTreeSet<Subject> = touches.into_iter().flat_map(|(_, t)| t).map(|t| t.subject).collect();
        for row in self.stored_holds.values() {
            subjects.extend(self.evaluator.restore(&self.policy.rules, row));
        }
        subjects.extend(self.policy.rules.standing());
        subjects.extend(self.shadow_subjects());
        for subject in subjects {
            let verdict = self.evaluator.judge(&self.policy.rules, &subject, self.at);
            self.remember_verdict(&subject, verdict.when);
            self.set_subject_timer(&subject, verdict.due, verdict.when);
        }
        let ids: Vec<IncidentId> = self.incidents.keys().copied().collect();
        ids.into_iter().for_each(|id| self.set_incident_timer(id));
        self.set_kept_timers();
        self.set_actions_timer();
        self.set_beat_timers();
    }

    /// Tells the evaluator every alert that may count; after a start, and when the rules change.
    pub(super) fn evaluate_all(&mut self) -> Vec<(AlertId, Vec<Touch>)> {
        let rules = &self.policy.rules;
        // What never fired counts nowhere.
        let counting = self.alerts.iter().filter(|alert| alert.state.is_open() || !alert.past.is_empty());
        // What fired before we began is no news.
        let counting = counting.filter(|alert| !alert.pre_existing);
        counting.map(|alert| (alert.id, self.evaluator.set(rules, alert, self.at))).collect()
    }

    /// Attached alerts to show, open ones first.
    pub(super) fn shown_alerts(&self, id: IncidentId) -> Vec<&Alert> {
        let ids = self.attached.open_first(id).take(ALERTS_SHOWN_MAX);
        ids.filter_map(|alert| self.alerts.get(alert)).collect()
    }

    pub(super) fn remember_verdict(&mut self, subject: &Subject, when: bool) {
        if when {
            self.holding.insert(subject.clone());
        } else {
            self.holding.remove(subject);
        }
    }

    pub(super) fn set_incident_timer(&mut self, id: IncidentId) {
        let Some(incident) = self.incidents.get(&id) else { return };
        let due = match incident.stage.closed_at() {
            Some(closed_at) => {
                let reminder = incident.next_reminder(&self.policy.source.postmortem).map(|(at, _)| at);
                let withdrawal = self.next_withdrawal(incident).map(|(at, _)| at);
                reminder.into_iter().chain(withdrawal).chain([self.let_go_at(incident, closed_at)]).min()
            }
            None => self.next_of_incident(incident).map(|(at, _)| at),
        };
        self.timers.set(Timer::Incident(id), due);
    }

    /// When a closed incident lets the table forget its alerts; then, when it leaves the memory.
    pub(super) fn let_go_at(&self, incident: &Incident, closed_at: DateTime<Utc>) -> DateTime<Utc> {
        match self.released.contains(&incident.id) {
            true => closed_at + REMEMBER_CLOSED,
            false => closed_at + self.remember(incident),
        }
    }

    fn remember(&self, incident: &Incident) -> TimeDelta {
        // Of its parts, too, whoever stands for them by now: the time to let go is set once.
        let own = incident.rule.as_ref().map(|rule| &rule.name);
        let rules = own.into_iter().chain(incident.room.members.iter().filter_map(|member| member.rule.as_ref()));
        let known = rules.filter_map(|rule| self.policy.rules.by_name(rule));
        let models = known.map(|rule| &self.policy.rules.rule(rule).model);
        let waits = models.flat_map(|model| [model.cooldown, model.reopen_within]).flatten().map(Duration::delta);
        waits.fold(REMEMBER_ALERTS, TimeDelta::max).min(REMEMBER_CLOSED)
    }

    pub(super) fn next_of_incident(&self, incident: &Incident) -> Option<(DateTime<Utc>, due::Due)> {
        self.dues_of_incident(incident).into_iter().min()
    }

    /// Everything that time brings to it, in no order.
    pub(super) fn dues_of_incident(&self, incident: &Incident) -> Vec<(DateTime<Utc>, due::Due)> {
        let subject = self.subject_of(incident);
        let holds = match &subject {
            Some(subject) if self.when_holds(subject, incident.storm) => WhenHolds::Yes,
            _ => WhenHolds::No,
        };
        let rule = subject.map(|subject| self.policy.rules.rule(subject.rule));
        let waits = due::Waits { source: &self.policy.source, directory: &self.directory };
        due::deadlines(incident, rule, holds, &waits)
    }

    pub(super) fn subject_of(&self, incident: &Incident) -> Option<Subject> {
        let rule: RuleIx = self.policy.rules.by_name(&incident.rule.as_ref()?.name)?;
        Some(Subject { rule, key: incident.correlation.clone() })
    }

    pub(super) fn next_incident_id(&mut self) -> IncidentId {
        self.last_incident += 1;
        IncidentId(self.last_incident)
    }

    pub(super) fn next_delivery_id(&mut self) -> DeliveryId {
        self.last_delivery += 1;
        DeliveryId(self.last_delivery)
    }

    pub(super) fn answer(&self, key: &str, at: DateTime<Utc>) -> Option<&Reply> {
        self.answers.get(key).filter(|(answered, _)| *answered > at - REMEMBER_ANSWERS).map(|(_, reply)| reply)
    }

    pub(super) fn remember_answer(&mut self, answer: &Answer) {
        let Some(key) = &answer.key else { return };
        self.answers.retain(|_, (answered, _)| *answered > answer.at - REMEMBER_ANSWERS);
        self.answers.insert(key.clone(), (answer.at, answer.reply.clone()));
    }
}

/// Mistakes of a policy, in one line.
pub(super) fn in_words(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
