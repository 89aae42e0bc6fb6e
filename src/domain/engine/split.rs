//! An incident that becomes two: alerts that match leave it, with a title of their own.

use super::changes::Evidence;
use super::turn::Turn;
use crate::alert::Pairs;
use crate::alert::matcher::{Matcher, MatcherText, all_match, canonical};
use crate::ids::{AlertId, IncidentId};
use crate::incident::decide::{self, TITLE_BYTES_MAX, open, words};
use crate::incident::room::Took;
use crate::incident::{Actor, Fact, Incident, Refusal};
use crate::text::clean_line;
use std::collections::BTreeSet;

/// Which alerts leave.
pub(super) struct Leaving<'a> {
    /// Those whose labels match.
    pub matchers: &'a [MatcherText],
    /// These, if any is named.
    pub alerts: &'a [AlertId],
}

impl Turn<'_> {
    pub(super) fn split(
        &mut self,
        id: IncidentId,
        actor: &Actor,
        title: &str,
        leaving: &Leaving<'_>,
    ) -> Result<(), Refusal> {
        let title = decide::required("title", &clean_line(title, usize::MAX), TITLE_BYTES_MAX)?;
        let incident = self.state.incidents.get(&id).ok_or_else(|| self.state.unknown(id))?;
        open(incident)?;
        let alerts = self.to_split(incident, leaving)?;
        let (declared, rules) = (self.split_declared(incident, actor, title, &alerts), rules_of(incident));
        let new = self.state.next_incident_id();
        self.record(id, actor.clone(), Fact::SplitOff { into: new, alerts: alerts.iter().copied().collect() });
        self.record(new, actor.clone(), declared);
        let took = Took { rules, alerts: alerts.clone() };
        self.record(new, actor.clone(), Fact::SplitFrom { from: id, took });
        for alert in &alerts {
            self.bring(Evidence { incident: new, alert: *alert, counted: true });
        }
        self.detach(id, &alerts);
        self.recount(id);
        Ok(())
    }

    fn to_split(&self, incident: &Incident, leaving: &Leaving<'_>) -> Result<BTreeSet<AlertId>, Refusal> {
        let matchers: Vec<Matcher> = leaving.matchers.iter().flat_map(MatcherText::matchers).cloned().collect();
        if matchers.is_empty() && leaving.alerts.is_empty() {
            return Err(words("matchers", "are missing; name labels of the alerts that leave, as `instance=web1`"));
        }
        let state = &*self.state;
        let all: Vec<AlertId> = state.attached.alerts(incident.id).collect();
        let matches = |id: &AlertId| match leaving.alerts {
            [] => state.alerts.get(*id).is_some_and(|alert| all_match(&matchers, &alert.labels)),
            picked => picked.contains(id),
        };
        let alerts: BTreeSet<AlertId> = all.iter().copied().filter(matches).collect();
        let refused = |because: String| Err(Refusal::NoSplit { incident: incident.id, because });
        match (alerts.len(), all.len()) {
            (_, 0) => refused("it has no alerts; declare another one by hand".to_owned()),
            (0, _) if !leaving.alerts.is_empty() => {
                refused("none of the alerts that were picked is its own".to_owned())
            }
            (0, many) => refused(format!("none of its {many} alerts matches {}", canonical(&matchers))),
            (some, many) if some == many => refused(format!(
                "all of its {many} alerts match: that is all of it; say in its summary what it is instead"
            )),
            _ => Ok(alerts),
        }
    }

    fn split_declared(&self, from: &Incident, actor: &Actor, title: String, alerts: &BTreeSet<AlertId>) -> Fact {
        let began = alerts.iter().filter_map(|alert| self.state.alerts.get(*alert)).map(|alert| alert.starts_at);
        Fact::Declared {
            title,
            impact: String::new(),
            severity: from.severity,
            confirmed: true,
            next_by: None,
            rule: None,
            correlation: Pairs::default(),
            labels: from.labels.clone(),
            receivers: from.receivers.clone(),
            first_alert_at: began.min(),
            because: format!("split off {} by {actor}", from.id),
            explanation: None,
            storm: false,
            drill: from.drill,
            squad: from.roles.asked.clone(),
        }
    }
}

// The rules that would bring the alerts back.
fn rules_of(incident: &Incident) -> BTreeSet<String> {
    let own = incident.rule.iter().map(|rule| rule.name.clone());
    let parts = incident.room.members.iter().filter_map(|member| member.rule.clone());
    let kept = incident.inhibits.iter().map(|(rule, _)| rule.clone());
    own.chain(parts).chain(kept).collect()
}
