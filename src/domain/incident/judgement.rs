//! What people made of the incidents of a rule: the only judges of whether it was right.

use super::{Actor, CallOffCode, Incident, Stage};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What people made of an incident that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// It was real: somebody saw to it, it was confirmed, and nobody took that back.
    Right,
    /// Somebody called it off as nothing.
    Wrong,
}

impl Judgement {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Right, Self::Wrong];

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Wrong => "wrong",
        }
    }
}

/// Who called it off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalledOffBy {
    /// Somebody.
    People,
    /// The rule that had declared it.
    Rule,
}

/// What became of an incident, as far as its rule is judged by it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Verdict {
    /// It goes on.
    pub open: bool,
    /// Somebody, or a rule, confirmed it.
    pub confirmed: bool,
    /// It was called off, or what it is part of.
    pub called_off: Option<CalledOffBy>,
    /// What people made of it.
    pub judgement: Option<Judgement>,
}

/// The incidents of one rule, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RuleRecord {
    /// Declared.
    pub declared: u32,
    /// Of these, open now.
    pub open: u32,
    /// Confirmed, by whomever.
    pub confirmed: u32,
    /// Called off by people.
    pub called_off_by_people: u32,
    /// Called off by the rule itself.
    pub called_off_by_rule: u32,
    /// Judged right.
    pub right: u32,
    /// Judged wrong.
    pub wrong: u32,
}

impl Incident {
    /// What people made of it. Nothing while it is open or of practice, and nothing where nobody had a look: silence is no
    /// praise.
    pub fn judgement(&self) -> Option<Judgement> {
        let by_person = matches!(self.closed_by, Some(Actor::Person { .. }));
        match &self.stage {
            _ if self.drill => None,
            // These say nothing of the rule: something did happen, or somebody wanted to see it work.
            Stage::CalledOff { code: CallOffCode::Duplicate | CallOffCode::Test, .. } => None,
            Stage::CalledOff { .. } => by_person.then_some(Judgement::Wrong),
            Stage::Resolved { .. } => (self.touched && self.confirmed_at.is_some()).then_some(Judgement::Right),
            // What it is part of says so for it.
            Stage::Merged { .. } => self.room.called_off_with.as_ref().and_then(|with| {
                let says_nothing = matches!(with.code, CallOffCode::Duplicate | CallOffCode::Test);
                (matches!(with.by, Actor::Person { .. }) && !says_nothing).then_some(Judgement::Wrong)
            }),
            Stage::Suspected | Stage::Confirmed => None,
        }
    }
}

impl RuleRecord {
    /// Right among the judged; not known where nobody judged.
    pub fn precision(&self) -> Option<f64> {
        let judged = self.right + self.wrong;
        (judged > 0).then(|| f64::from(self.right) / f64::from(judged))
    }

    /// Counts one more incident.
    pub fn count(&mut self, verdict: &Verdict) {
        self.declared += 1;
        self.open += u32::from(verdict.open);
        self.confirmed += u32::from(verdict.confirmed);
        match verdict.called_off {
            Some(CalledOffBy::People) => self.called_off_by_people += 1,
            Some(CalledOffBy::Rule) => self.called_off_by_rule += 1,
            None => {}
        }
        match verdict.judgement {
            Some(Judgement::Right) => self.right += 1,
            Some(Judgement::Wrong) => self.wrong += 1,
            None => {}
        }
    }
}

impl Verdict {
    /// Of an incident as it stands.
    pub fn of(incident: &Incident) -> Self {
        let is_person = |actor: &Actor| matches!(actor, Actor::Person { .. });
        let by_person = incident.closed_by.as_ref().is_some_and(is_person);
        let called_off = match (&incident.stage, &incident.room.called_off_with) {
            (Stage::CalledOff { .. }, _) if by_person => Some(CalledOffBy::People),
            (Stage::CalledOff { .. }, _) => Some(CalledOffBy::Rule),
            (_, Some(with)) if is_person(&with.by) => Some(CalledOffBy::People),
            _ => None,
        };
        Self {
            open: incident.stage.is_open(),
            confirmed: incident.confirmed_at.is_some(),
            called_off,
            judgement: incident.judgement(),
        }
    }
}

/// By rule; what people declared belongs to none, and practice is no record.
pub fn records<'a>(incidents: impl IntoIterator<Item = &'a Incident>) -> BTreeMap<String, RuleRecord> {
    let mut records: BTreeMap<String, RuleRecord> = BTreeMap::new();
    for incident in incidents.into_iter().filter(|incident| !incident.drill) {
        if let Some(rule) = &incident.rule {
            records.entry(rule.name.clone()).or_default().count(&Verdict::of(incident));
        }
    }
    records
}

#[cfg(test)]
mod tests {
    use super::{Judgement, RuleRecord, records};
    use crate::alert::Pairs;
    use crate::duration::Duration;
    use crate::ids::{IncidentId, InputSeq};
    use crate::incident::apply::{apply, declared};
    use crate::incident::{Actor, CallOffCode, Entry, Fact, Incident, Severity, Surface};
    use chrono::DateTime;

    fn incident(id: u64, rule: Option<&str>, facts: Vec<(Actor, Fact)>) -> Incident {
        let json = serde_json::json!({
            "fact": "declared", "title": "t", "impact": "", "severity": Severity::Major, "confirmed": false,
            "rule": rule.map(|name| serde_json::json!({"name": name, "version": 1})), "correlation": Pairs::default(),
            "labels": Pairs::default(), "receivers": [], "first_alert_at": null, "because": "", "explanation": null,
        });
        let first = (Actor::Rule, serde_json::from_value(json).unwrap());
        let mut made: Option<Incident> = None;
        for (number, (actor, fact)) in (1..).zip([first].into_iter().chain(facts)) {
            let at = DateTime::UNIX_EPOCH;
            let entry = Entry { incident: IncidentId(id), number, at, input: InputSeq(1), actor, fact };
            match &mut made {
                Some(incident) => apply(incident, &entry),
                None => made = declared(&entry),
            }
        }
        made.unwrap()
    }

    #[test]
    fn only_people_judge() {
        let ada = || Actor::person("ada", Surface::Cli);
        let confirmed = || Fact::Confirmed { because: String::new(), next_by: None };
        let resolved = || Fact::Resolved { because: String::new() };
        let called_off = |code| Fact::CalledOff { code, reason: String::new() };
        let proposed = || Fact::ResolveProposed { clear_for: Duration::minutes(1) };
        let noted = || Fact::Noted { text: String::new() };
        let cases = [
            (vec![], None),
            (vec![(ada(), confirmed())], None),
            (vec![(ada(), confirmed()), (ada(), resolved())], Some(Judgement::Right)),
            (vec![(Actor::Rule, confirmed()), (ada(), noted()), (Actor::Rule, resolved())], Some(Judgement::Right)),
            (vec![(Actor::Rule, confirmed()), (Actor::Rule, proposed()), (Actor::Rule, resolved())], None),
            (vec![(Actor::Rule, called_off(CallOffCode::Flapping))], None),
            (vec![(ada(), called_off(CallOffCode::Duplicate))], None),
            (vec![(ada(), confirmed()), (ada(), called_off(CallOffCode::NoUserImpact))], Some(Judgement::Wrong)),
            (vec![(ada(), resolved())], None),
        ];
        let made: Vec<(Incident, Option<Judgement>)> =
            (1..).zip(cases).map(|(id, (facts, judgement))| (incident(id, Some("Down"), facts), judgement)).collect();
        for (incident, judgement) in &made {
            assert_eq!(incident.judgement(), *judgement, "{}", incident.id);
        }
        let by_hand = incident(99, None, vec![]);
        let real = vec![(ada(), confirmed()), (ada(), resolved())];
        let drill = Incident { drill: true, ..incident(98, Some("Down"), real) };
        assert_eq!(drill.judgement(), None);
        let found = records(made.iter().map(|(incident, _)| incident).chain([&by_hand, &drill]));
        let record = RuleRecord {
            declared: 9,
            open: 2,
            confirmed: 5,
            called_off_by_people: 2,
            called_off_by_rule: 1,
            right: 2,
            wrong: 1,
        };
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [("Down".to_owned(), record)]);
        assert_eq!(record.precision(), Some(2.0 / 3.0));
        assert_eq!(RuleRecord::default().precision(), None);
    }
}
