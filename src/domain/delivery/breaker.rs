//! When a receiver fails again and again: leave it alone for a while.

use super::{Delivery, Outcome, backoff};
use crate::ids::IncidentId;
use crate::notice::NoticeKind;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;

/// Opens after this many failures in a row.
pub const FAILURES_MAX: u32 = 5;

const OPEN_FIRST: TimeDelta = TimeDelta::seconds(5);
// A recovery is noticed within this.
const OPEN_MAX: TimeDelta = TimeDelta::seconds(30);

/// While it is left alone, whatever waits is due within this: a probe must have something to try.
const PROBE_EVERY: TimeDelta = TimeDelta::seconds(50);

/// Guards one receiver. Kept in memory only: a restart may try once more.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Breaker {
    gate: Gate,
    failures: u32,
    // The receiver asked all of us to wait; it is well.
    pause_until: Option<DateTime<Utc>>,
    // People who were not reached since somebody was: one whose mailbox is full says nothing about the others.
    failing: BTreeSet<String>,
    // Incidents whose people know already that their notices wait.
    told: BTreeSet<IncidentId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Gate {
    #[default]
    Closed,
    Open {
        until: DateTime<Utc>,
        length: TimeDelta,
    },
    Misconfigured {
        until: DateTime<Utc>,
    },
}

/// What an attempt changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    Same,
    /// The receiver is left alone from now on.
    Opened,
    /// It is well again: what waits for it need not wait any longer.
    Closed,
}

/// How a receiver stands, for the pages and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing keeps its notices back.
    Well,
    /// It does not answer; the next probe goes at this time.
    Unreachable(DateTime<Utc>),
    /// Somebody has to mend its configuration; the next probe goes at this time.
    Misconfigured(DateTime<Utc>),
}

impl Breaker {
    /// Earliest time an attempt may start; not after `now` if one may start now.
    pub fn ready_at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let gate = match self.gate {
            Gate::Closed => now,
            Gate::Open { until, .. } | Gate::Misconfigured { until } => until,
        };
        self.pause_until.map_or(gate, |pause| pause.max(gate))
    }

    /// How many attempts may run at once now, of at most `max`.
    pub fn allows(&self, now: DateTime<Utc>, max: usize) -> usize {
        if self.ready_at(now) > now {
            return 0;
        }
        match self.gate {
            // One probe; the others follow when it comes through.
            Gate::Open { .. } => max.min(1),
            // A wrong configuration is answered quickly, and every incident that waits should hear of it.
            Gate::Closed | Gate::Misconfigured { .. } => max,
        }
    }

    /// Notes how an attempt at a delivery ended.
    pub fn note(&mut self, delivery: &Delivery, outcome: &Outcome, now: DateTime<Utc>) -> Change {
        match (&delivery.to, delivery.notice, outcome) {
            (Some(to), ..) => self.record_person(&to.person, outcome, now),
            // Where nothing is shown, as on IRC without a topic, nobody was asked.
            (None, NoticeKind::Board | NoticeKind::LastBoard, Outcome::Sent { remote_id: None }) => Change::Same,
            (None, ..) => self.record(outcome, now),
        }
    }

    /// Notes how an attempt ended.
    pub fn record(&mut self, outcome: &Outcome, now: DateTime<Utc>) -> Change {
        match outcome {
            // A notice refused for its own sake came through to a receiver that works.
            Outcome::Sent { .. } | Outcome::Fatal { .. } => self.close(),
            // It works, and says when it wants more.
            Outcome::Retry { after: Some(asked), .. } => {
                self.pause_until = self.pause_until.max(Some(now + backoff::asked_wait(*asked)));
                Change::Same
            }
            Outcome::Retry { after: None, .. } => self.count_failure(now),
            Outcome::Misconfigured { .. } => {
                let before = self.gate;
                self.gate = Gate::Misconfigured { until: now + backoff::MISCONFIGURED_WAIT };
                if matches!(before, Gate::Misconfigured { .. }) { Change::Same } else { Change::Opened }
            }
        }
    }

    /// Notes how an attempt to reach one person ended. That one person is out of reach keeps nobody else waiting: their
    /// failures count once, until somebody is reached.
    fn record_person(&mut self, person: &str, outcome: &Outcome, now: DateTime<Utc>) -> Change {
        let failed = matches!(outcome, Outcome::Retry { after: None, .. });
        let is_new = failed && self.failing.insert(person.to_owned());
        if failed && !is_new && self.gate == Gate::Closed {
            return Change::Same;
        }
        self.record(outcome, now)
    }

    /// When a notice goes again that would wait until then by itself. While nothing gets through, it is a probe; the patience
    /// that one notice needs is for receivers that take others.
    pub fn goes_again_at(&self, own: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
        match self.gate {
            Gate::Open { .. } => own.min(now + PROBE_EVERY),
            Gate::Closed | Gate::Misconfigured { .. } => own,
        }
    }

    /// Whether this incident's people have to be told that its notices wait: the first time until the receiver is well.
    pub fn must_tell(&mut self, incident: IncidentId) -> bool {
        self.told.insert(incident)
    }

    /// How the receiver stands.
    pub fn standing(&self) -> Standing {
        match self.gate {
            Gate::Closed => Standing::Well,
            Gate::Open { until, .. } => Standing::Unreachable(until),
            Gate::Misconfigured { until } => Standing::Misconfigured(until),
        }
    }

    fn close(&mut self) -> Change {
        let was = std::mem::take(self);
        // A pause outlives the success of an attempt that began before it.
        self.pause_until = was.pause_until;
        if was.gate == Gate::Closed { Change::Same } else { Change::Closed }
    }

    fn count_failure(&mut self, now: DateTime<Utc>) -> Change {
        self.failures = self.failures.saturating_add(1);
        match self.gate {
            Gate::Closed if self.failures < FAILURES_MAX => Change::Same,
            Gate::Closed => {
                self.gate = Gate::Open { until: now + OPEN_FIRST, length: OPEN_FIRST };
                Change::Opened
            }
            // Only a probe makes it longer, not the stragglers of attempts that began together.
            Gate::Open { until, length } if now >= until => {
                let length = (length * 2).min(OPEN_MAX);
                self.gate = Gate::Open { until: now + length, length };
                Change::Same
            }
            Gate::Open { .. } => Change::Same,
            Gate::Misconfigured { until } if now >= until => {
                self.gate = Gate::Open { until: now + OPEN_MAX, length: OPEN_MAX };
                Change::Same
            }
            Gate::Misconfigured { .. } => Change::Same,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const MAX: usize = 8;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
    }

    fn failed() -> Outcome {
        Outcome::Retry { because: "connection refused".into(), after: None, unsure: false }
    }

    fn sent() -> Outcome {
        Outcome::Sent { remote_id: None }
    }

    fn misconfigured() -> Outcome {
        Outcome::Misconfigured { because: "invalid_auth".into() }
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        let changes: Vec<_> = (0..FAILURES_MAX).map(|_| breaker.record(&failed(), at(0))).collect();
        assert_eq!(changes[..4], [Change::Same; 4]);
        assert_eq!(changes[4], Change::Opened);
        breaker
    }

    #[test]
    fn one_person_out_of_reach_keeps_nobody_waiting() {
        let mut breaker = Breaker::default();
        for _ in 0..3 * FAILURES_MAX {
            assert_eq!(breaker.record_person("anna", &failed(), at(0)), Change::Same);
        }
        assert_eq!(breaker.allows(at(0), MAX), MAX);
        breaker.record_person("bert", &sent(), at(1));
        let all: Vec<_> =
            (0..FAILURES_MAX).map(|at_| breaker.record_person(&at_.to_string(), &failed(), at(1))).collect();
        assert_eq!(all.last(), Some(&Change::Opened), "it does not answer anybody");
        assert_eq!(breaker.record_person("0", &failed(), at(6)), Change::Same);
        assert_eq!(breaker.ready_at(at(6)), at(16), "a probe makes it longer, whoever it was for");
        assert_eq!(breaker.record_person("0", &sent(), at(16)), Change::Closed);
    }

    #[test]
    fn opens_after_failures_in_a_row_and_closes_with_one_success() {
        let mut breaker = opened();
        assert_eq!((breaker.allows(at(0), MAX), breaker.ready_at(at(0))), (0, at(5)));
        assert_eq!(breaker.standing(), Standing::Unreachable(at(5)));
        assert_eq!(breaker.allows(at(5), MAX), 1, "one probe");
        assert_eq!(breaker.record(&sent(), at(6)), Change::Closed);
        assert_eq!((breaker.allows(at(6), MAX), breaker.standing()), (MAX, Standing::Well));
    }

    #[test]
    fn a_success_between_failures_keeps_it_closed() {
        let mut breaker = Breaker::default();
        for _ in 0..3 {
            for _ in 1..FAILURES_MAX {
                assert_eq!(breaker.record(&failed(), at(0)), Change::Same);
            }
            assert_eq!(breaker.record(&sent(), at(0)), Change::Same);
        }
    }

    #[test]
    fn probes_less_often_but_at_least_every_half_minute() {
        let mut breaker = opened();
        let mut lengths = Vec::new();
        let mut now = breaker.ready_at(at(0));
        for _ in 0..5 {
            assert_eq!(breaker.record(&failed(), now), Change::Same);
            let next = breaker.ready_at(now);
            lengths.push((next - now).num_seconds());
            now = next;
        }
        assert_eq!(lengths, [10, 20, 30, 30, 30]);
    }

    #[test]
    fn stragglers_of_attempts_that_began_together_change_nothing() {
        let mut breaker = opened();
        for _ in 0..20 {
            assert_eq!(breaker.record(&failed(), at(1)), Change::Same);
        }
        assert_eq!(breaker.ready_at(at(1)), at(5));
    }

    #[test]
    fn a_wrong_configuration_waits_long_and_is_told_once_per_incident() {
        let mut breaker = Breaker::default();
        assert_eq!(breaker.record(&misconfigured(), at(0)), Change::Opened);
        assert!(breaker.must_tell(IncidentId(1)));
        assert_eq!((breaker.allows(at(299), MAX), breaker.allows(at(300), MAX)), (0, MAX));
        assert_eq!(breaker.record(&misconfigured(), at(300)), Change::Same);
        assert!(!breaker.must_tell(IncidentId(1)), "the same again is no news");
        assert!(breaker.must_tell(IncidentId(2)), "others do not know yet");
        assert_eq!(breaker.record(&sent(), at(600)), Change::Closed);
        assert!(breaker.must_tell(IncidentId(1)), "after a recovery it is news again");
    }

    #[test]
    fn an_asked_wait_holds_all_and_counts_as_no_failure() {
        let mut breaker = Breaker::default();
        let asked = |seconds| Outcome::Retry {
            because: "ratelimited".into(),
            after: Some(Duration::from_secs(seconds)),
            unsure: false,
        };
        for _ in 0..10 {
            assert_eq!(breaker.record(&asked(30), at(0)), Change::Same);
        }
        breaker.record(&asked(1), at(0));
        breaker.record(&sent(), at(0));
        assert_eq!((breaker.allows(at(29), MAX), breaker.allows(at(30), MAX)), (0, MAX));
        breaker.record(&asked(1_000_000), at(30));
        assert_eq!(breaker.ready_at(at(30)), at(30 + 900));
    }

    #[test]
    fn a_refused_notice_shows_a_receiver_that_works() {
        let mut breaker = opened();
        assert_eq!(breaker.record(&Outcome::Fatal { because: "too long".into() }, at(5)), Change::Closed);
    }

    #[test]
    fn while_nothing_gets_through_a_patient_notice_is_a_probe() {
        let mut breaker = Breaker::default();
        let patient = at(300);
        for _ in 1..FAILURES_MAX {
            breaker.record(&failed(), at(0));
        }
        assert_eq!(breaker.goes_again_at(patient, at(0)), patient, "others may get through");
        breaker.record(&failed(), at(0));
        assert_eq!(breaker.goes_again_at(patient, at(0)), at(50));
        assert_eq!(breaker.goes_again_at(at(7), at(0)), at(7));
        breaker.record(&sent(), at(50));
        assert_eq!(breaker.goes_again_at(patient, at(50)), patient);
    }
}
