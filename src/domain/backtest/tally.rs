//! Adds declarations up. Nothing is kept per observation; per declaration only what the report lists.

use super::score::{DECLARATIONS_MAX, Day, Declaration, Judgement, Report, RuleScore, Score, TrueIncident};
use super::truth::Truth;
use crate::duration::Duration;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use std::collections::BTreeMap;

/// Waits longer than this are counted as this: it bounds how many different ones there are.
const WAIT_SECONDS_MAX: u64 = 7 * 86_400;

/// Rates per week of a shorter history are those of so long a one: an hour says little about a week.
const SPAN_MIN: TimeDelta = TimeDelta::days(1);

/// A declaration that nothing can happen to any more.
pub(super) struct Finished {
    /// As it is listed.
    pub declaration: Declaration,
    /// Place of its rule.
    pub rule: usize,
    /// How many were declared before it.
    pub place: u64,
    /// Real incidents that it was about, and since when.
    pub real: Vec<(usize, DateTime<Utc>)>,
}

/// All declarations so far.
#[derive(Debug, Default)]
pub(super) struct Sums {
    rules: Vec<(String, Numbers)>,
    // By rule and place of the real incident: when it was declared first.
    found: BTreeMap<(usize, usize), DateTime<Utc>>,
    days: BTreeMap<NaiveDate, Day>,
    listed: Vec<(u64, Declaration)>,
    span: Option<(DateTime<Utc>, DateTime<Utc>)>,
    observations: u64,
}

#[derive(Debug, Clone, Default)]
struct Numbers {
    declared: u64,
    right: u64,
    wrong: u64,
    unjudged: u64,
    called_off: u64,
    notices: u64,
    // Seconds from the first alert to the declaration, and how often: exact, and bounded by the longest.
    waits: BTreeMap<u64, u64>,
}

impl Sums {
    pub fn new(rules: Vec<String>) -> Self {
        Self { rules: rules.into_iter().map(|rule| (rule, Numbers::default())).collect(), ..Self::default() }
    }

    pub fn rule(&self, name: &str) -> Option<usize> {
        self.rules.iter().position(|(known, _)| known == name)
    }

    pub fn heard(&mut self, at: DateTime<Utc>, observations: u64) {
        self.observations += observations;
        self.span = Some(self.span.map_or((at, at), |(from, to)| (from, to.max(at))));
    }

    /// The last moment so far.
    pub fn until(&self) -> DateTime<Utc> {
        self.span.map_or(DateTime::UNIX_EPOCH, |(_, to)| to)
    }

    pub fn add(&mut self, finished: Finished) {
        let Finished { declaration, rule, place, real } = finished;
        let numbers = &mut self.rules[rule].1;
        numbers.declared += 1;
        let date = declaration.at.date_naive();
        let day = self.days.entry(date).or_insert(Day { day: date, right: 0, wrong: 0, unjudged: 0 });
        let (of_rule, of_day) = match declaration.judgement {
            Judgement::Right => (&mut numbers.right, &mut day.right),
            Judgement::Wrong => (&mut numbers.wrong, &mut day.wrong),
            Judgement::Unjudged => (&mut numbers.unjudged, &mut day.unjudged),
        };
        *of_rule += 1;
        *of_day += 1;
        numbers.called_off += u64::from(declaration.called_off);
        numbers.notices += u64::from(declaration.notices);
        if let Some(first) = declaration.first_alert_at {
            let seconds = Duration::between(first, declaration.at).as_seconds().min(WAIT_SECONDS_MAX);
            *numbers.waits.entry(seconds).or_default() += 1;
        }
        for (real, at) in real {
            let found = self.found.entry((rule, real)).or_insert(at);
            *found = at.min(*found);
        }
        if place < DECLARATIONS_MAX as u64 {
            self.listed.push((place, declaration));
        }
    }

    pub fn report(mut self, source: &str, truth: Option<&Truth>) -> Report {
        let (from, to) = self.span.unwrap_or_default();
        let weeks = (to - from).max(SPAN_MIN).as_seconds_f64() / TimeDelta::weeks(1).as_seconds_f64();
        let incidents: Vec<TrueIncident> = truth.map_or(Vec::new(), |truth| {
            let known = (0..).zip(&truth.real).filter(|(_, known)| known.start <= to && known.end >= from);
            known.map(|(real, known)| self.incident(real, known)).collect()
        });
        let known = incidents.len() as u64;
        let rules = (0..).zip(&self.rules).map(|(at, (rule, numbers)): (usize, _)| {
            let found: Vec<(usize, DateTime<Utc>)> =
                self.found.range((at, 0)..(at + 1, 0)).map(|((_, real), at)| (*real, *at)).collect();
            let score = numbers.score(weeks, known, found.len() as u64, lead(&found, truth));
            RuleScore { rule: rule.clone(), score }
        });
        let rules: Vec<RuleScore> = rules.collect();
        let mut all = Numbers::default();
        self.rules.iter().for_each(|(_, numbers)| all.add(numbers));
        let first: Vec<(usize, DateTime<Utc>)> =
            self.first_found().into_iter().map(|(real, (at, _))| (real, at)).collect();
        let total = all.score(weeks, known, first.len() as u64, lead(&first, truth));
        self.listed.sort_by_key(|(place, _)| *place);
        Report {
            source: source.to_owned(),
            from,
            to,
            observations: self.observations,
            truth_known: truth.is_some(),
            more_declarations: all.declared - self.listed.len() as u64,
            total,
            rules,
            incidents,
            declarations: self.listed.into_iter().map(|(_, declaration)| declaration).collect(),
            days: self.days.into_values().collect(),
        }
    }

    // By real incident: when and by which rule it was declared first.
    fn first_found(&self) -> BTreeMap<usize, (DateTime<Utc>, usize)> {
        let mut first: BTreeMap<usize, (DateTime<Utc>, usize)> = BTreeMap::new();
        for ((rule, real), at) in &self.found {
            let known = first.entry(*real).or_insert((*at, *rule));
            *known = (*known).min((*at, *rule));
        }
        first
    }

    fn incident(&self, real: usize, known: &super::Known) -> TrueIncident {
        let found = self.first_found().get(&real).copied();
        TrueIncident {
            id: known.id.clone(),
            start: known.start,
            end: known.end,
            by_people: known.declared_by_humans_at,
            by_rules: found.map(|(at, _)| at),
            rule: found.map(|(_, rule)| self.rules[rule].0.clone()),
            lead_minutes: found.and_then(|(at, _)| lead_minutes(known, at)),
            lead_counts: known.first_timed_real_alert_at.is_some(),
        }
    }
}

impl Numbers {
    fn add(&mut self, more: &Self) {
        self.declared += more.declared;
        self.right += more.right;
        self.wrong += more.wrong;
        self.unjudged += more.unjudged;
        self.called_off += more.called_off;
        self.notices += more.notices;
        for (seconds, times) in &more.waits {
            *self.waits.entry(*seconds).or_default() += times;
        }
    }

    fn score(&self, weeks: f64, known: u64, found: u64, lead_minutes_p50: Option<f64>) -> Score {
        Score {
            declared: self.declared,
            right: self.right,
            wrong: self.wrong,
            unjudged: self.unjudged,
            called_off: self.called_off,
            found,
            known,
            precision: share(self.right, self.right + self.wrong),
            recall: share(found, known),
            to_declare_p50: self.wait(0.5),
            to_declare_p90: self.wait(0.9),
            lead_minutes_p50,
            wrong_per_week: self.wrong as f64 / weeks,
            notices_per_week: self.notices as f64 / weeks,
        }
    }

    // The shortest that so large a part does not exceed.
    fn wait(&self, part: f64) -> Option<Duration> {
        let rank = (self.waits.values().sum::<u64>() as f64 * part).ceil();
        let mut before = 0;
        let found = self.waits.iter().find(|(_, times)| {
            before += **times;
            before as f64 >= rank
        });
        found.map(|(seconds, _)| Duration::seconds(u32::try_from(*seconds).unwrap_or(u32::MAX)))
    }
}

fn share(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

fn lead_minutes(known: &super::Known, at: DateTime<Utc>) -> Option<f64> {
    known.declared_by_humans_at.map(|people| (people - at).as_seconds_f64() / 60.0)
}

// The median over incidents whose first sign is a measured time.
fn lead(found: &[(usize, DateTime<Utc>)], truth: Option<&Truth>) -> Option<f64> {
    let truth = truth?;
    let honest = found.iter().map(|(real, at)| (&truth.real[*real], *at));
    let honest = honest.filter(|(known, _)| known.first_timed_real_alert_at.is_some());
    let mut minutes: Vec<f64> = honest.filter_map(|(known, at)| lead_minutes(known, at)).collect();
    minutes.sort_by(f64::total_cmp);
    let middle = minutes.len() / 2;
    match minutes.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(minutes[middle]),
        _ => Some(f64::midpoint(minutes[middle - 1], minutes[middle])),
    }
}
