//! A test, read: what happens when. Read once, it can be played against any number of rule sets.

use super::model::{ActionKind, ActionModel, ExpectModel, RuleTest, SeriesModel};
use super::series::{self, Run, Value};
use crate::alert::reconcile::Poll;
use crate::alert::{Batch, Fingerprint, Observation, Pairs, SourceName, Status};
use crate::duration::Duration;
use crate::engine::Input;
use crate::incident::roles::{MANAGER, RoleName};
use crate::incident::{Act, CallOffCode};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// Time between two values, where the test does not say.
pub const INTERVAL: Duration = Duration::minutes(1);

/// When a test plays, where it does not say: midnight of a Monday, in seconds of Unix time (2024-01-01).
const START_SECONDS: i64 = 1_704_067_200;

/// Longest test: beyond it the time between two looks is a typing error.
pub const LENGTH_MAX: Duration = Duration::hours(24 * 366);

/// Alerts that fire are said again after this, so that none goes stale.
const REPEAT: TimeDelta = TimeDelta::hours(1);

/// A test, ready to be played.
#[derive(Debug, Clone)]
pub struct Script {
    /// Its name.
    pub name: String,
    /// When it begins.
    pub start: DateTime<Utc>,
    pub(super) steps: Vec<(DateTime<Utc>, Step)>,
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    /// What Alertmanager says.
    Heard(Input),
    /// What a person does to the newest incident of a rule.
    Done { incident: String, action: ActionKind, act: Act },
    /// What is compared.
    Looked(ExpectModel),
}

impl Script {
    /// Reads a test; or says everything that is wrong with it, each with its place, `.input_alerts[0].values`.
    pub fn read(test: &RuleTest) -> Result<Self, Vec<(String, String)>> {
        let mut reader = Reader { wrong: Vec::new(), ends: None };
        let script = reader.script(test);
        if reader.wrong.is_empty() { Ok(script) } else { Err(reader.wrong) }
    }

    /// Whether something is expected of this rule.
    pub fn looks_at(&self, rule: &str) -> bool {
        self.steps.iter().any(|(_, step)| matches!(step, Step::Looked(expected) if expected.incident == rule))
    }

    /// Length of the test up to this time.
    pub(super) fn since_start(&self, at: DateTime<Utc>) -> Duration {
        Duration::between(self.start, at)
    }
}

struct Reader {
    wrong: Vec<(String, String)>,
    // Of the last value of the longest series.
    ends: Option<TimeDelta>,
}

struct Series {
    labels: Pairs,
    fingerprint: Fingerprint,
    runs: Vec<Run>,
}

impl Reader {
    fn script(&mut self, test: &RuleTest) -> Script {
        if test.name.trim().is_empty() {
            self.mistake(".name", "`name` is empty; say what the test shows");
        }
        let interval = test.interval.unwrap_or(INTERVAL);
        if interval.delta() <= TimeDelta::zero() {
            self.mistake(".interval", "`interval` is no time at all; write for example `1m`");
        }
        let start = self.start(test.start.as_deref());
        let series = self.series(&test.input_alerts, interval);
        let mut steps = Vec::new();
        let looks = self.looks(&test.incident_rule_test);
        let acts = self.acts(&test.actions);
        let end = looks.iter().chain(&acts).map(|(at, _)| *at).max().unwrap_or_default();
        // Of one time, alerts come first, then people, then the look at all of it; the sort keeps their order.
        if self.wrong.is_empty() {
            steps.extend(messages(&series, start, interval.delta(), end));
        }
        steps.extend(acts);
        steps.extend(looks);
        steps.sort_by_key(|(at, _)| *at);
        let steps = steps.into_iter().map(|(at, step)| (start + at, step)).collect();
        Script { name: test.name.clone(), start, steps }
    }

    fn start(&mut self, text: Option<&str>) -> DateTime<Utc> {
        let default = DateTime::from_timestamp(START_SECONDS, 0).unwrap_or_default();
        let Some(text) = text else { return default };
        DateTime::parse_from_rfc3339(text).map_or_else(
            |_| {
                let example = "write it as RFC 3339: 2026-03-29T01:30:00+01:00";
                self.mistake(".start", format!("`{text}` is no time; {example}"));
                default
            },
            |start| start.to_utc(),
        )
    }

    fn series(&mut self, models: &[SeriesModel], interval: Duration) -> Vec<Series> {
        let mut found: Vec<Series> = Vec::new();
        let mut understood = true;
        for (at, model) in models.iter().enumerate() {
            let path = format!(".input_alerts[{at}]");
            let labels = series::labels(&model.series).map_err(|e| self.mistake(format!("{path}.series"), e)).ok();
            let runs = series::values(&model.values).map_err(|e| self.mistake(format!("{path}.values"), e)).ok();
            let (Some(labels), Some(runs)) = (labels, runs) else {
                understood = false;
                continue;
            };
            let fingerprint = Fingerprint::of(&labels);
            if found.iter().any(|known| known.fingerprint == fingerprint) {
                self.mistake(format!("{path}.series"), "another series has the same labels: it is the same alert");
            }
            let last = runs.iter().map(|run| run.times).sum::<u64>().saturating_sub(1);
            // Where the interval itself is wrong, nothing more is to be said about times.
            if interval.delta() > TimeDelta::zero() {
                self.ends = self.ends.max(Some(times(interval.delta(), last)));
            }
            found.push(Series { labels, fingerprint, runs });
        }
        // A series that is not understood may be the longest.
        self.ends = self.ends.filter(|_| understood);
        found
    }

    fn looks(&mut self, models: &[ExpectModel]) -> Vec<(TimeDelta, Step)> {
        if models.is_empty() {
            self.mistake(".incident_rule_test", "`incident_rule_test` is empty; say what is expected, and when");
        }
        for (at, model) in models.iter().enumerate() {
            self.within(&format!(".incident_rule_test[{at}].eval_time"), model.eval_time);
        }
        models.iter().map(|model| (model.eval_time.delta(), Step::Looked(model.clone()))).collect()
    }

    fn acts(&mut self, models: &[ActionModel]) -> Vec<(TimeDelta, Step)> {
        let mut acts = Vec::new();
        for (at, model) in models.iter().enumerate() {
            let path = format!(".actions[{at}]");
            self.within(&format!("{path}.at"), model.at);
            if model.code.is_some() && model.action != ActionKind::CallOff {
                self.mistake(format!("{path}.code"), "`code` belongs to `action: call_off`; take it out");
            }
            if model.to.is_some() && model.action != ActionKind::Severity {
                self.mistake(format!("{path}.to"), "`to` belongs to `action: severity`; take it out");
            }
            match act(model) {
                Some(act) => {
                    let step = Step::Done { incident: model.incident.clone(), action: model.action, act };
                    acts.push((model.at.delta(), step));
                }
                None => self.mistake(format!("{path}.to"), "`to` is missing; write minor, major or critical"),
            }
        }
        acts
    }

    // What nobody described can't be judged: an alert whose values have ended is as good as forgotten.
    fn within(&mut self, path: &str, time: Duration) {
        if time > LENGTH_MAX {
            self.mistake(path, format!("`{time}`: a test lasts {LENGTH_MAX} at most"));
        } else if let Some(ends) = self.ends.filter(|ends| time.delta() > *ends) {
            let last = Duration::between(DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH + ends);
            self.mistake(path, format!("`{time}` is after the last value of every series ({last}); write more values"));
        }
    }

    fn mistake(&mut self, path: impl Into<String>, problem: impl Into<String>) {
        self.wrong.push((path.into(), problem.into()));
    }
}

// A length beyond all dates is as good as the longest.
fn times(interval: TimeDelta, number: u64) -> TimeDelta {
    let millis = i64::try_from(number).ok().and_then(|number| interval.num_milliseconds().checked_mul(number));
    TimeDelta::milliseconds(millis.unwrap_or(i64::MAX).min(2 * LENGTH_MAX.delta().num_milliseconds()))
}

fn act(model: &ActionModel) -> Option<Act> {
    let text = "said in a test".to_owned();
    Some(match model.action {
        ActionKind::CallOff => Act::CallOff { code: model.code.unwrap_or(CallOffCode::Other), reason: text },
        ActionKind::TakeRole => Act::Take { role: RoleName::from(MANAGER) },
        ActionKind::Note => Act::Note { text },
        ActionKind::Confirm => Act::Confirm { text },
        ActionKind::Update => Act::Update { text, impact: None, next_in: None },
        ActionKind::Severity => Act::Severity { to: model.to?, text },
        ActionKind::Resolve => Act::Resolve { text },
        ActionKind::Reopen => Act::Reopen { text },
    })
}

// All messages up to the end. Time between two changes is passed over but for the repeats, so that a test of a day is
// played as quickly as one of ten minutes.
fn messages(all: &[Series], start: DateTime<Utc>, interval: TimeDelta, end: TimeDelta) -> Vec<(TimeDelta, Step)> {
    let mut changes: BTreeMap<TimeDelta, Vec<(usize, Value)>> = BTreeMap::new();
    for (ix, series) in all.iter().enumerate() {
        let mut index = 0;
        for run in &series.runs {
            changes.entry(times(interval, index)).or_default().push((ix, run.value));
            index += run.times;
        }
    }
    let beyond = changes.split_off(&(end + TimeDelta::milliseconds(1)));
    drop(beyond);
    let ends: Vec<TimeDelta> = changes.keys().skip(1).copied().chain([end]).collect();
    let mut talk = Talk::new(all, start);
    let mut steps = Vec::new();
    for ((at, changed), next) in changes.into_iter().zip(ends) {
        steps.extend(talk.message(at, &changed).map(|input| (at, Step::Heard(input))));
        let mut repeat = at + REPEAT;
        while repeat < next {
            steps.extend(talk.message(repeat, &[]).map(|input| (repeat, Step::Heard(input))));
            repeat += REPEAT;
        }
    }
    steps
}

// What was said of the alerts so far.
struct Talk<'a> {
    all: &'a [Series],
    start: DateTime<Utc>,
    // Silences are seen in listings only, so a test with one hears nothing else: everything of one moment is one input,
    // and no order between alerts can be seen.
    listed: bool,
    known: Vec<Known>,
}

#[derive(Clone, Copy, Default)]
struct Known {
    // Since when it fires, as far as it was said.
    since: Option<TimeDelta>,
    silenced: bool,
    unseen: bool,
}

impl<'a> Talk<'a> {
    fn new(all: &'a [Series], start: DateTime<Utc>) -> Self {
        let listed = all.iter().flat_map(|series| &series.runs).any(|run| run.value == Value::Silenced);
        Self { all, start, listed, known: vec![Known::default(); all.len()] }
    }

    fn message(&mut self, at: TimeDelta, changed: &[(usize, Value)]) -> Option<Input> {
        let mut gone = Vec::new();
        for (ix, value) in changed {
            let known = &mut self.known[*ix];
            known.unseen = *value == Value::Unseen;
            match value {
                Value::Fires | Value::Silenced => {
                    known.since.get_or_insert(at);
                    known.silenced = *value == Value::Silenced;
                }
                Value::Over => gone.extend(known.since.take().map(|since| (*ix, since))),
                Value::Unseen => {}
            }
        }
        let (silenced, fires): (Vec<_>, Vec<_>) = self.firing().partition(|(ix, _)| self.known[*ix].silenced);
        if silenced.is_empty() && fires.is_empty() && gone.is_empty() {
            return None;
        }
        let source = SourceName::from("test");
        let fires = fires.into_iter().map(|(ix, since)| self.seen(ix, since, None));
        if self.listed {
            let by = vec!["silence".to_owned()];
            let muted = silenced.into_iter().map(|(ix, since)| (self.seen(ix, since, None), by.clone())).collect();
            let gone = gone.iter().map(|(ix, _)| self.all[*ix].fingerprint).collect();
            return Some(Input::Poll(Poll { source, as_of: self.start + at, active: fires.collect(), muted, gone }));
        }
        let over = gone.iter().map(|(ix, since)| self.seen(*ix, *since, Some(at)));
        Some(Input::Alerts(Batch { source, group: None, truncated: 0, observations: fires.chain(over).collect() }))
    }

    fn firing(&self) -> impl Iterator<Item = (usize, TimeDelta)> {
        let heard = self.known.iter().enumerate().filter(|(_, known)| !known.unseen);
        heard.filter_map(|(ix, known)| Some((ix, known.since?)))
    }

    fn seen(&self, ix: usize, since: TimeDelta, until: Option<TimeDelta>) -> Observation {
        let Series { labels, fingerprint, .. } = &self.all[ix];
        Observation {
            status: if until.is_some() { Status::Resolved } else { Status::Firing },
            labels: labels.clone(),
            annotations: Pairs::default(),
            starts_at: Some(self.start + since),
            ends_at: until.map(|until| self.start + until),
            generator_url: "".into(),
            fingerprint: *fingerprint,
        }
    }
}
