//! What would follow from alerts that nobody sent: played into an empty state, by the rules in force.

use super::{Explained, Standing};
use crate::alert::{Alert, Batch, Fingerprint, Observation, Pairs, SourceName, Status};
use crate::engine::{Changes, Input, Loaded, State};
use crate::ids::InputSeq;
use crate::policy::Policy;
use crate::rules::Subject;
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// Explains an alert with these labels that begins to fire now, as if nothing else fired.
pub fn explain_labels(policy: &Arc<Policy>, labels: Pairs, at: DateTime<Utc>) -> Explained {
    let observation = Observation {
        status: Status::Firing,
        fingerprint: Fingerprint::of(&labels),
        labels,
        annotations: Pairs::default(),
        starts_at: Some(at),
        ends_at: None,
        generator_url: "".into(),
    };
    let batch =
        Batch { source: SourceName::from("supposed"), group: None, truncated: 0, observations: vec![observation] };
    explain_payload(policy, batch, at)
}

/// Explains a message that comes now, as if nothing else fired.
pub fn explain_payload(policy: &Arc<Policy>, batch: Batch, at: DateTime<Utc>) -> Explained {
    // Not the first input ever: alerts that fire for long are then taken as known before we were.
    let loaded = Loaded { position: InputSeq(1), at: Some(at), ..Loaded::default() };
    let mut state = State::restore(loaded).with_policy(policy);
    state.step(InputSeq(2), at, Input::Alerts(batch), &mut Changes::default());
    let alerts: Vec<&Alert> = state.alerts.iter().collect();
    let mut explained = Explained { supposed: true, ..state.explain_alerts(&alerts, at) };
    for explained in &mut explained.rules {
        // Whatever is open here, this message opened; its numbers mean nothing to anybody.
        match explained.verdict {
            Standing::Attached { .. } => {
                explained.verdict = Standing::New;
                explained.because = Standing::New.words(at);
            }
            Standing::Inhibited { by } => {
                let rule = state.incident(by).and_then(|incident| incident.rule.as_ref());
                let rule = rule.map_or("another rule", |rule| rule.name.as_str());
                explained.because =
                    format!("condition met, but the incident of {rule} covers it, and takes its alerts");
            }
            Standing::Storm { .. } => {
                explained.because = "one of many: its alerts go to the one incident that stands for all".to_owned();
            }
            _ => {}
        }
    }
    explained.with_near_misses(&policy.rules)
}

impl Explained {
    /// What is open already takes what is supposed, instead of a new incident.
    #[must_use]
    pub fn beside(mut self, state: &State, at: DateTime<Utc>) -> Self {
        for explained in &mut self.rules {
            let Some(rule) = state.policy.rules.by_name(&explained.rule) else { continue };
            let subject = Subject { rule, key: explained.correlation.clone() };
            if let open @ Standing::Attached { .. } = state.standing_of(&subject, at) {
                explained.because = open.words(at);
                explained.verdict = open;
            }
        }
        self
    }
}
