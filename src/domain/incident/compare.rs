//! What a rule on trial would have declared, beside what really went on.

use super::{Incident, Stage};
use chrono::{DateTime, Utc};

/// When something went on: from the first moment, to the last, or still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Since when.
    pub from: DateTime<Utc>,
    /// Until when.
    pub until: Option<DateTime<Utc>>,
}

/// A rule on trial, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trial {
    /// How often it would have declared.
    pub would_declare: u32,
    /// Of these, while an incident that was confirmed went on.
    pub during: u32,
    /// Confirmed incidents during which it would have declared nothing.
    pub missed: u32,
}

impl Span {
    /// From the first alert of an incident, which is before anybody heard of it, to its end. Nothing where it was not
    /// confirmed, was called off, or was a drill.
    pub fn of_real(incident: &Incident) -> Option<Self> {
        let called_off = matches!(incident.stage, Stage::CalledOff { .. });
        let real = incident.confirmed_at.is_some() && !called_off && !incident.drill;
        let from = incident.first_alert_at.map_or(incident.declared_at, |first| first.min(incident.declared_at));
        real.then(|| Self { from, until: incident.stage.closed_at() })
    }

    /// Whether both went on at the same time.
    pub fn meets(&self, other: &Self) -> bool {
        let begins_before_end = |one: &Self, other: &Self| other.until.is_none_or(|until| one.from <= until);
        begins_before_end(self, other) && begins_before_end(other, self)
    }
}

impl Trial {
    /// What it would have declared, and what was real.
    pub fn new(declared: &[Span], real: &[Span]) -> Self {
        let among = |span: &Span, others: &[Span]| others.iter().any(|other| span.meets(other));
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            would_declare: count(declared.len()),
            during: count(declared.iter().filter(|span| among(span, real)).count()),
            missed: count(real.iter().filter(|span| !among(span, declared)).count()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Span, Trial};
    use chrono::{DateTime, TimeDelta};

    fn span(from: i64, until: Option<i64>) -> Span {
        let at = |minutes| DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes);
        Span { from: at(from), until: until.map(at) }
    }

    #[test]
    fn what_went_on_together_belongs_together() {
        let real = [span(10, Some(20)), span(30, Some(40)), span(50, None)];
        let declared =
            [span(0, Some(9)), span(0, Some(10)), span(12, Some(13)), span(60, Some(61)), span(45, Some(46))];
        assert_eq!(Trial::new(&declared, &real), Trial { would_declare: 5, during: 3, missed: 1 });
        assert_eq!(Trial::new(&[], &real).missed, 3);
        assert_eq!(Trial::new(&[span(5, None)], &real), Trial { would_declare: 1, during: 1, missed: 0 });
    }
}
