//! What somebody looks for among incidents: the query of the API, and the same of the page `/history`.

use crate::app::explain;
use crate::http::auth::Reader;
use crate::store::Search;
use domain::document::Audience;
use domain::history::{Outcome, query};
use domain::ids::IncidentId;
use domain::incident::Severity;
use serde::{Deserialize, Serialize};

/// A query as it came; what is empty was not asked. A form sends all of its fields.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Asked {
    /// Words.
    pub text: String,
    /// `name=value`, with commas between several.
    pub label: String,
    /// Name of the rule.
    pub rule: String,
    /// Name of a person.
    pub person: String,
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
    /// How bad.
    pub severity: String,
    /// How it ended.
    pub outcome: String,
    /// `true` or `false`.
    pub drill: String,
    /// `true` or `false`.
    pub open: String,
    /// Number below which the page begins.
    pub before: String,
    /// Incidents on a page.
    pub limit: String,
}

impl Asked {
    /// Each field and what was asked with it, in the order of the form; without those that choose a part of what was found.
    pub fn filters(&self) -> [(&'static str, &str); 10] {
        [
            ("text", &self.text),
            ("label", &self.label),
            ("rule", &self.rule),
            ("person", &self.person),
            ("from", &self.from),
            ("to", &self.to),
            ("severity", &self.severity),
            ("outcome", &self.outcome),
            ("drill", &self.drill),
            ("open", &self.open),
        ]
    }

    /// How many incidents a page may have, if somebody says so.
    pub fn limit(&self) -> Result<Option<usize>, String> {
        number("limit", &self.limit)
    }

    /// The same for the store; the text says what is wrong.
    pub fn search(&self, reader: Reader, max: usize) -> Result<Search, String> {
        let audience = match reader {
            Reader::Team => Audience::Team,
            Reader::Public => Audience::Public,
        };
        let inner = [&self.label, &self.rule, &self.person];
        if reader == Reader::Public && inner.into_iter().any(|asked| said(asked).is_some()) {
            return Err("labels, rules and people are for the team: sign in to search by them".to_owned());
        }
        Ok(Search {
            words: query::wanted(&self.text)?,
            labels: said(&self.label).map(explain::labels).transpose()?.unwrap_or_default(),
            rule: said(&self.rule).map(str::to_owned),
            person: said(&self.person).map(str::to_owned),
            from: said(&self.from).map(query::from).transpose()?,
            to: said(&self.to).map(query::to).transpose()?,
            severity: said(&self.severity).map(severity).transpose()?,
            outcome: said(&self.outcome).map(Outcome::parse).transpose()?,
            drill: flag("drill", &self.drill)?,
            open: flag("open", &self.open)?,
            before: number("before", &self.before)?.map(IncidentId),
            ..Search::all(audience, max)
        })
    }
}

fn said(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

fn severity(text: &str) -> Result<Severity, String> {
    let known = Severity::ALL.map(Severity::word).join(", ");
    Severity::parse(text).ok_or_else(|| format!("no severity `{}`; known: {known}", domain::text::clean_line(text, 50)))
}

fn flag(name: &str, text: &str) -> Result<Option<bool>, String> {
    let wrong = |_| format!("{name} is `{}`; write true or false", domain::text::clean_line(text, 50));
    said(text).map(|text| text.parse().map_err(wrong)).transpose()
}

fn number<T: std::str::FromStr>(name: &str, text: &str) -> Result<Option<T>, String> {
    let wrong = |_| format!("{name} is `{}`; write a number", domain::text::clean_line(text, 50));
    said(text).map(|text| text.parse().map_err(wrong)).transpose()
}

#[cfg(test)]
mod tests {
    use super::Asked;
    use crate::http::auth::Reader;
    use crate::store::Search;
    use domain::document::Audience;

    #[test]
    fn a_query_is_read_or_told_what_is_wrong_with_it() {
        assert_eq!(Asked::default().search(Reader::Public, 5), Ok(Search::all(Audience::Public, 5)));
        let wrong = |asked: Asked| asked.search(Reader::Team, 5).unwrap_err();
        let asked = |field: &str, value: &str| {
            serde_json::from_value::<Asked>(serde_json::json!({ field: value })).unwrap_or_default()
        };
        assert_eq!(wrong(asked("severity", "bad")), "no severity `bad`; known: minor, major, critical");
        assert_eq!(wrong(asked("drill", "maybe")), "drill is `maybe`; write true or false");
        assert_eq!(wrong(asked("before", "INC-4")), "before is `INC-4`; write a number");
        assert!(wrong(asked("label", "instance")).starts_with("these are no labels"));
        let inner = asked("rule", "ApiDown").search(Reader::Public, 5).unwrap_err();
        assert_eq!(inner, "labels, rules and people are for the team: sign in to search by them");
    }
}
