//! Why something happened, or did not: asks the engine, and works out beside it what can be worked out without.

use super::questions::{ANSWER_WAIT, NoAnswer, Questions};
use super::wire::{WireError, alertmanager, push};
use chrono::{DateTime, Utc};
use domain::alert::matcher::{self, Op};
use domain::alert::{Batch, Fingerprint, Pairs};
use domain::engine::explain::{About, Explained, Unknown, explain_labels, explain_payload};
use domain::ids::{AlertId, IncidentId};
use domain::policy::Policy;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Answers worked out at once beside the engine; others wait.
pub const WORKED_OUT_MAX: usize = 2;

/// Source of alerts in a message that nobody sent.
pub const SUPPOSED_SOURCE: &str = "payload";

/// Whoever answers.
#[derive(Clone)]
pub struct Explainer {
    questions: Questions,
    // So that a few people with large messages leave the machine to whoever sends alerts.
    turn: Arc<Semaphore>,
}

/// Why there is no explanation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotExplained {
    /// The engine does not answer.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// It knows nothing of what was asked.
    #[error(transparent)]
    Unknown(#[from] Unknown),
}

impl Explainer {
    /// Of this engine.
    pub fn new(questions: Questions) -> Self {
        Self { questions, turn: Arc::new(Semaphore::new(WORKED_OUT_MAX)) }
    }

    /// Answers a question. Labels that no known alert has are taken as those of an alert that begins to fire now.
    ///
    /// # Errors
    /// The engine does not answer, or nothing is known of it.
    pub async fn explain(&self, about: About, at: DateTime<Utc>) -> Result<Explained, NotExplained> {
        let labels = if let About::Labels(labels) = &about { Some(labels.clone()) } else { None };
        let asked = move |state: &domain::engine::State| (state.explain(&about, at), Arc::clone(state.policy()));
        let (answer, policy) = self.questions.ask(asked).await?;
        match (answer, labels) {
            (Err(Unknown::Alert(_)), Some(labels)) => {
                let supposed = self.apart(move || explain_labels(&policy, labels, at)).await?;
                Ok(self.questions.ask(move |state| supposed.beside(state, at)).await?)
            }
            (Err(unknown), _) => Err(unknown.into()),
            (Ok(explained), _) if explained.alerts.is_empty() => Ok(explained),
            (Ok(explained), _) => Ok(self.apart(move || explained.with_near_misses(&policy.rules)).await?),
        }
    }

    /// Explains a message as if it came now and nothing else fired.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn explain_batch(&self, batch: Batch, at: DateTime<Utc>) -> Result<Explained, NotExplained> {
        let policy: Arc<Policy> = self.questions.ask(|state| Arc::clone(state.policy())).await?;
        Ok(self.apart(move || explain_payload(&policy, batch, at)).await?)
    }

    async fn apart<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, NoAnswer> {
        let turn = tokio::time::timeout(ANSWER_WAIT, Arc::clone(&self.turn).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(NoAnswer::Busy) };
        let worked_out = tokio::task::spawn_blocking(move || {
            // Kept also if whoever asked has gone: the work goes on.
            let _turn = turn;
            work()
        });
        worked_out.await.map_err(|_| NoAnswer::Failed)
    }
}

/// Reads a message as a sender of alerts would send it: Alertmanager's webhook, or the list of `POST /api/v2/alerts`.
///
/// # Errors
/// It is neither.
pub fn payload(body: &[u8], at: DateTime<Utc>) -> Result<Batch, WireError> {
    match body.trim_ascii_start().first() {
        Some(b'[') => push::batch(SUPPOSED_SOURCE, body, at),
        _ => alertmanager::batch(SUPPOSED_SOURCE, body),
    }
}

/// Reads the number of an alert's row, or its fingerprint.
///
/// # Errors
/// What to write instead.
pub fn alert(text: &str) -> Result<About, String> {
    if let Some(fingerprint) = Fingerprint::parse(text) {
        return Ok(About::Fingerprint(fingerprint));
    }
    let number = text.parse().map_err(|_| {
        let text = domain::text::clean_line(text, 60);
        format!("`{text}` is no alert; write its number (17), its fingerprint (16 hex digits), or its labels")
    });
    number.map(|number| About::Alert(AlertId(number)))
}

/// Reads the number of an incident: `42`, or as people write it, `INC-42` or `#42`.
///
/// # Errors
/// What to write instead.
pub fn incident(text: &str) -> Result<About, String> {
    let digits = text.trim_start_matches('#').trim_start_matches("INC-").trim_start_matches("inc-");
    let number = digits.parse().map_err(|_| {
        format!("`{}` is no incident; write its number, 42 or INC-42", domain::text::clean_line(text, 60))
    });
    number.map(|number| About::Incident(IncidentId(number)))
}

/// Reads the labels of an alert: `{alertname="Down", site="a"}`, with or without braces.
///
/// # Errors
/// What to write instead.
pub fn labels(text: &str) -> Result<Pairs, String> {
    let parsed = matcher::parse(text).map_err(|error| format!("these are no labels: {error}; write {EXAMPLE}"))?;
    if let Some(other) = parsed.matchers.iter().find(|matcher| matcher.op != Op::Equal) {
        return Err(format!("{other} is no label: an alert has one value for each; write {EXAMPLE}"));
    }
    let labels = Pairs::labels(parsed.matchers.iter().map(|matcher| (&matcher.name, &matcher.value)));
    if labels.is_empty() { Err(format!("there is no label; write {EXAMPLE}")) } else { Ok(labels) }
}

const EXAMPLE: &str = "{alertname=\"SiteDown\", severity=\"critical\"}";

#[cfg(test)]
mod tests {
    use super::{alert, incident, labels};

    #[test]
    fn reads_what_people_write() {
        let shown = |read: Result<_, String>| read.map(|about| format!("{about:?}")).unwrap_or_else(|error| error);
        assert_eq!(shown(alert("17")), "Alert(AlertId(17))");
        assert_eq!(shown(alert("00000000000000ff")), "Fingerprint(Fingerprint(255))");
        assert!(shown(alert("SiteDown")).contains("`SiteDown` is no alert; write its number"));
        assert_eq!(shown(incident("INC-42")), shown(incident("#42")));
        assert!(shown(incident("x")).contains("write its number, 42 or INC-42"));
        let read = |text| labels(text).map(|labels| labels.to_string()).unwrap_or_else(|error| error);
        assert_eq!(read("{alertname=\"Down\",site = a}"), "{alertname=\"Down\", site=\"a\"}");
        assert_eq!(read("alertname=Down"), "{alertname=\"Down\"}");
        assert!(read("{alertname=~\"Down|Up\"}").starts_with("alertname=~\"Down|Up\" is no label"));
        assert!(read("{}").starts_with("there is no label"));
        assert!(read("Site Down").starts_with("these are no labels"));
    }
}
