//! From points of `ALERTS` to alerts that begin and end: where points are missing, it did not fire.

use chrono::{DateTime, TimeDelta, Utc};
use domain::alert::{Batch, Fingerprint, Observation, Pairs, SourceName, Status};
use domain::backtest::Moment;
use domain::engine::Input;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

/// What these alerts are called by.
const SOURCE: &str = "prometheus";

/// Labels that Prometheus adds.
const ADDED: [&str; 2] = ["__name__", "alertstate"];

/// An answer of `query_range`.
#[derive(Debug, Deserialize)]
pub struct Answer {
    data: Data,
}

#[derive(Debug, Deserialize)]
struct Data {
    #[serde(default)]
    result: Vec<Series>,
}

#[derive(Debug, Deserialize)]
struct Series {
    metric: BTreeMap<String, String>,
    #[serde(default)]
    values: Vec<(f64, IgnoredAny)>,
}

/// Alerts that fire at the end of what was asked so far.
pub struct Spans {
    source: SourceName,
    step: TimeDelta,
    firing: BTreeMap<Pairs, DateTime<Utc>>,
}

impl Answer {
    /// Reads one.
    pub fn read(body: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(body).map_err(|error| format!("that is no answer of Prometheus: {error}"))
    }
}

impl Spans {
    /// Nothing fires.
    pub fn new(step: TimeDelta) -> Self {
        Self { source: SourceName::from(SOURCE), step, firing: BTreeMap::new() }
    }

    /// What began and ended in the next chunk, in order of time; what happened at one time is one message.
    pub fn take(&mut self, answer: Answer, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<Moment>, String> {
        let mut moments: BTreeMap<DateTime<Utc>, Vec<Observation>> = BTreeMap::new();
        let mut seen: BTreeMap<Pairs, DateTime<Utc>> = BTreeMap::new();
        for series in answer.data.result {
            let labels = series.metric.iter().filter(|(name, _)| !ADDED.contains(&name.as_str()));
            let labels = Pairs::labels(labels);
            let mut last = self.firing.remove(&labels);
            for (seconds, _) in &series.values {
                let at = DateTime::from_timestamp_millis((seconds * 1000.0).round() as i64)
                    .ok_or_else(|| format!("it answered with a time that is none: {seconds}"))?;
                match last {
                    Some(before) if at - before <= self.step => {}
                    Some(before) => {
                        moments.entry(before + self.step).or_default().push(observation(&labels, Status::Resolved));
                        moments.entry(at).or_default().push(observation(&labels, Status::Firing));
                    }
                    None => moments.entry(at).or_default().push(observation(&labels, Status::Firing)),
                }
                last = Some(at);
            }
            if let Some(last) = last {
                seen.insert(labels, last);
            }
        }
        // Those that this chunk knows nothing of ended with the one before.
        let gone = std::mem::take(&mut self.firing);
        let over = seen.iter().filter(|(_, last)| to - **last >= self.step);
        for (labels, last) in gone.iter().chain(over) {
            // A chunk later, the time may lie before what was told meanwhile.
            moments.entry((*last + self.step).max(from)).or_default().push(observation(labels, Status::Resolved));
        }
        seen.retain(|_, last| to - *last < self.step);
        self.firing = seen;
        Ok(moments.into_iter().map(|(at, observations)| self.moment(at, observations)).collect())
    }

    fn moment(&self, at: DateTime<Utc>, observations: Vec<Observation>) -> Moment {
        let source = self.source.clone();
        Moment { at, input: Input::Alerts(Batch { source, group: None, truncated: 0, observations }) }
    }
}

fn observation(labels: &Pairs, status: Status) -> Observation {
    Observation {
        status,
        fingerprint: Fingerprint::of(labels),
        labels: labels.clone(),
        annotations: Pairs::default(),
        starts_at: None,
        ends_at: None,
        generator_url: Box::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Spans};
    use chrono::{DateTime, TimeDelta, Utc};
    use domain::alert::Status;
    use domain::engine::Input;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(minute * 60, 0).unwrap()
    }

    fn chunk(spans: &mut Spans, from: i64, to: i64, series: &[(&str, &[i64])]) -> Vec<String> {
        let series: Vec<_> = series
            .iter()
            .map(|(name, minutes)| {
                let values: Vec<_> = minutes.iter().map(|minute| serde_json::json!([minute * 60, "1"])).collect();
                serde_json::json!({"metric": {"__name__": "ALERTS", "alertstate": "firing", "alertname": name}, "values": values})
            })
            .collect();
        let body = serde_json::json!({"status": "success", "data": {"resultType": "matrix", "result": series}});
        let moments = spans.take(Answer::read(body.to_string().as_bytes()).unwrap(), at(from), at(to)).unwrap();
        moments
            .iter()
            .flat_map(|moment| {
                let Input::Alerts(batch) = &moment.input else { panic!() };
                batch.observations.iter().map(|seen| {
                    let sign = if seen.status == Status::Firing { '+' } else { '-' };
                    format!("{}{sign}{}", moment.at.timestamp() / 60, seen.labels.value("alertname"))
                })
            })
            .collect()
    }

    #[test]
    fn gaps_are_ends_also_across_chunks() {
        let mut spans = Spans::new(TimeDelta::minutes(1));
        let first = chunk(&mut spans, 0, 9, &[("A", &[1, 2, 5, 6]), ("B", &[8, 9]), ("C", &[9])]);
        assert_eq!(first, ["1+A", "3-A", "5+A", "7-A", "8+B", "9+C"]);
        let second = chunk(&mut spans, 10, 19, &[("B", &[10, 11, 15]), ("D", &[19])]);
        assert_eq!(second, ["10-C", "12-B", "15+B", "16-B", "19+D"]);
        assert_eq!(chunk(&mut spans, 20, 29, &[]), ["20-D"]);
        assert_eq!(chunk(&mut spans, 30, 39, &[]), Vec::<String>::new());
    }
}
