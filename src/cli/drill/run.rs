//! `earlybell drill run`: sends the alerts of a scenario when their time comes, shows what people do, and says how it went.

use super::course::Incidents;
use super::interrupt::Interrupts;
use super::score;
use crate::cli::CliError;
use crate::cli::client::{Ask, Client, ClientArgs};
use crate::cli::output::{self, Format, complain, say};
use crate::clock::{Clock, SystemClock};
use crate::config::read_scenario;
use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use domain::document::entry_text;
use domain::drill::expected::{Course, Judged, Verdict};
use domain::drill::scenario::{Moment, Spell};
use domain::drill::{ALERTS_MAX, DrillName, Scenario};
use domain::duration::Duration;
use domain::incident::Entry;
use domain::text::clean_line;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Instant;

/// Fastest that a scenario is played.
pub const SPEED_MAX: i64 = 10_000;

/// An alert ends by itself so long after its end, in milliseconds, should nobody be there to end it.
const GRACE_MILLIS: u128 = 120_000;

/// Longest wait between two attempts while the server can't be asked.
const WAIT_MAX: std::time::Duration = std::time::Duration::from_secs(30);

/// How often in a row it is asked in vain before that is the end: about ten minutes.
const FAILURES_MAX: u32 = 25;

/// How often it is tried to end what fires when the drill is over; it ends by itself after that.
const LAST_TRIES: u32 = 5;

/// Longest line, in bytes.
const LINE_BYTES_MAX: usize = 4 * 1024;

/// Runs a scenario against a running server: wakes people, and scores what they do
#[derive(Debug, Args)]
#[command(after_help = "\
Its alerts come in like those of any source: rules declare, notices go out, each with DRILL in it.
Ctrl-C ends what it fires. At the end comes the score; exit code 1 unless all that was expected was
done in time. Needs the access role manager.

Examples:
  earlybell drill check config/drills/site-down.yml
  earlybell drill run config/drills/site-down.yml")]
pub struct Run {
    /// Scenario file
    file: PathBuf,
    /// Name of this drill [default: that of the scenario, with the time]
    #[arg(long, value_parser = DrillName::parse)]
    name: Option<DrillName>,
    /// Play it so many times as fast; rules and people stay as they are
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=SPEED_MAX))]
    speed: u32,
    /// How often to look what people do
    #[arg(long, default_value = "2s", value_parser = Duration::parse)]
    every: Duration,
    #[command(flatten)]
    client: ClientArgs,
}

struct Drill<'a> {
    client: &'a Client,
    scenario: &'a Scenario,
    name: DrillName,
    speed: u32,
    // Where the progress goes: for programs standard output is kept clean.
    say: fn(&str),
    // When the server had the first alert.
    began: Option<DateTime<Utc>>,
    // How much its clock is ahead of ours.
    ahead: TimeDelta,
    pending: BTreeMap<Duration, Moment<'a>>,
    firing: Vec<&'a Spell>,
    incidents: Incidents,
    // What was expected and is told already: by place.
    told: BTreeSet<(usize, bool)>,
}

impl Run {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        let scenario = read_scenario(&self.file).map_err(CliError::told)?;
        let client = self.client.client()?;
        let mut interrupts = Interrupts::listen(&client)?;
        let name = self.name.clone().map_or_else(|| named(&scenario), Ok)?;
        let clean = self.client.output == Format::Json || self.client.quiet;
        let mut drill = Drill {
            client: &client,
            scenario: &scenario,
            name,
            speed: self.speed,
            say: if clean { complain } else { say },
            began: None,
            ahead: TimeDelta::zero(),
            pending: scenario.moments(),
            firing: Vec::new(),
            incidents: Incidents::default(),
            told: BTreeSet::new(),
        };
        drill.introduce();
        let went = drill.play(&mut interrupts, self.every.to_std());
        drill.end(&mut interrupts);
        went?;
        let expected = drill.judge();
        let scores = drill.incidents.scores();
        if self.client.output == Format::Json {
            let mut all = score::in_json(&scores, &expected);
            all["drill"] = Value::from(drill.name.as_str());
            output::json(&all);
        } else if !self.client.quiet {
            scores.iter().for_each(score::show);
            score::show_expected(&expected);
        }
        drill.hint();
        if score::is_met(&expected) { Ok(()) } else { Err(CliError::Silent) }
    }
}

// Each run is a drill of its own, so that none finds what the one before left: cooldowns, incidents that might be reopened.
fn named(scenario: &Scenario) -> Result<DrillName, CliError> {
    let name = format!("{}-{}", scenario.name, SystemClock.now().format("%m%dT%H%M%S"));
    DrillName::parse(&name).map_err(CliError::told)
}

impl<'a> Drill<'a> {
    fn introduce(&self) {
        let title = if self.scenario.title.is_empty() { String::new() } else { format!(": {}", self.scenario.title) };
        let speed = if self.speed > 1 { format!(", {} times as fast", self.speed) } else { String::new() };
        self.tell(&format!("drill {}{title} (up to {}{speed}; Ctrl-C ends it)", self.name, self.scenario.lasts));
    }

    // Until it is over, or somebody ends it.
    fn play(&mut self, interrupts: &mut Interrupts, every: std::time::Duration) -> Result<(), CliError> {
        let started = Instant::now();
        let mut failures = 0;
        loop {
            let now = self.as_written(started.elapsed());
            match self.turn(now) {
                Ok(()) => {
                    if failures > 0 {
                        complain("the server answers again");
                    }
                    failures = 0;
                }
                // What never worked will not work in a moment either.
                Err(error) if self.began.is_some() && error.may_pass() && failures < FAILURES_MAX => {
                    failures += 1;
                    if failures == 1 {
                        complain(&format!("{error}; trying again"));
                    }
                }
                Err(error) => return Err(error),
            }
            if now >= self.scenario.lasts || self.is_over() {
                return Ok(());
            }
            let wait = every.saturating_mul(1 << failures.min(10)).min(WAIT_MAX.max(every));
            if interrupts.pause(self.client, wait.min(self.until_next(started.elapsed(), failures))) {
                self.tell("stopped");
                return Ok(());
            }
        }
    }

    fn turn(&mut self, now: Duration) -> Result<(), CliError> {
        while let Some((at, moment)) = self.pending.first_key_value().filter(|(at, _)| **at <= now) {
            let (at, moment) = (*at, moment.clone());
            // Sent before it is taken off the list: if that fails, it is sent again.
            self.send(&moment)?;
            self.pending.remove(&at);
            moment.notes.iter().for_each(|note| self.tell_at(at, note));
            moment.begin.iter().for_each(|spell| self.tell_at(at, &format!("fires {}", spell.labels)));
            let ended = moment.again.iter().chain(&moment.end);
            ended.for_each(|spell| self.tell_at(at, &format!("over  {}", spell.labels)));
        }
        self.look()
    }

    fn send(&mut self, moment: &Moment<'a>) -> Result<(), CliError> {
        self.post(&moment.again.iter().map(|spell| is_over(spell)).collect::<Vec<_>>())?;
        let begin = moment.begin.iter().map(|spell| self.begins(spell));
        let all: Vec<Value> = begin.chain(moment.end.iter().map(|spell| is_over(spell))).collect();
        self.post(&all)?;
        self.firing.extend(&moment.begin);
        self.firing.retain(|spell| !moment.end.contains(spell) && !moment.again.contains(spell));
        Ok(())
    }

    fn post(&mut self, alerts: &[Value]) -> Result<(), CliError> {
        for some in alerts.chunks(ALERTS_MAX) {
            let answer = self.client.json(&Ask::post("/api/v1/drills", &json!({"name": self.name, "alerts": some})))?;
            if let Some(at) = answer["at"].as_str().and_then(|at| at.parse::<DateTime<Utc>>().ok()) {
                self.ahead = at - SystemClock.now();
                self.began.get_or_insert(at);
            }
        }
        Ok(())
    }

    // Should this program be killed, its end comes a little later by itself.
    fn begins(&self, spell: &Spell) -> Value {
        let length = (spell.until.to_std() - spell.from.to_std()).as_millis() / u128::from(self.speed);
        let lasts = format!("{}ms", length + GRACE_MILLIS);
        json!({"labels": spell.labels, "annotations": spell.annotations, "for": lasts})
    }

    fn look(&mut self) -> Result<(), CliError> {
        for entry in self.incidents.look(self.client, &self.name)? {
            self.tell_at(self.since_start(entry.at), &line(&entry));
        }
        for (at, one) in self.judge().into_iter().enumerate() {
            let settled = one.verdict.is_settled();
            // What is overdue may still be done, late.
            if (settled || one.verdict == Verdict::Overdue) && self.told.insert((at, settled)) {
                (self.say)(&format!("          {}", clean_line(&score::line(&one), LINE_BYTES_MAX)));
            }
        }
        Ok(())
    }

    fn judge(&self) -> Vec<Judged> {
        let now = SystemClock.now() + self.ahead;
        let timelines = self.incidents.timelines();
        let course = Course { timelines: &timelines, began: self.began.unwrap_or(now), speed: self.speed, now };
        course.judge(&self.scenario.expect)
    }

    // Nothing more begins, all is done that was expected, and nothing is open any more.
    fn is_over(&self) -> bool {
        let more = self.pending.values().any(|moment| !moment.begin.is_empty() || !moment.notes.is_empty());
        let done = self.judge().iter().all(|one| one.verdict.is_settled());
        !more && done && !self.incidents.is_empty() && self.incidents.open().is_empty()
    }

    // What fires is over now, whoever ended the drill.
    fn end(&mut self, interrupts: &mut Interrupts) {
        let firing = std::mem::take(&mut self.firing);
        let alerts: Vec<Value> = firing.iter().map(|spell| is_over(spell)).collect();
        for attempt in 1..=LAST_TRIES {
            let ended = self.post(&alerts).and_then(|()| self.look());
            match ended {
                Ok(()) => return,
                Err(error) if error.may_pass() && attempt < LAST_TRIES => {
                    // Somebody in a hurry need not wait: it ends by itself.
                    if interrupts.pause(self.client, std::time::Duration::from_secs(1 << attempt)) {
                        break;
                    }
                }
                Err(error) => {
                    complain(&format!("could not end what it fires: {error}"));
                    break;
                }
            }
        }
        if !alerts.is_empty() {
            complain(&format!("what it fires ends by itself; or say: earlybell drill stop {}", self.name));
        }
    }

    fn hint(&self) {
        if self.incidents.is_empty() {
            complain("nothing was declared; see why: earlybell drill check, earlybell explain");
        }
        for number in self.incidents.open() {
            complain(&format!(
                "DRILL INC-{number} is still open; when you are done: earlybell drill stop {} --call-off",
                self.name
            ));
        }
    }

    fn until_next(&self, elapsed: std::time::Duration, failures: u32) -> std::time::Duration {
        let end = Some(self.scenario.lasts);
        // What is due and could not be sent waits with the rest.
        let next = self.pending.keys().next().copied().filter(|_| failures == 0).or(end).unwrap_or_default();
        (next.to_std() / self.speed).saturating_sub(elapsed)
    }

    fn as_written(&self, elapsed: std::time::Duration) -> Duration {
        let millis = elapsed.as_millis().saturating_mul(u128::from(self.speed));
        let delta = TimeDelta::milliseconds(i64::try_from(millis).unwrap_or(i64::MAX / 2));
        length(delta)
    }

    fn since_start(&self, at: DateTime<Utc>) -> Duration {
        let since = at - self.began.unwrap_or(at);
        length(since * i32::try_from(self.speed).unwrap_or(i32::MAX))
    }

    fn tell_at(&self, at: Duration, words: &str) {
        let seconds = at.as_seconds();
        self.tell(&format!("{:02}:{:02}:{:02}  {words}", seconds / 3600, seconds / 60 % 60, seconds % 60));
    }

    fn tell(&self, words: &str) {
        (self.say)(&clean_line(words, LINE_BYTES_MAX));
    }
}

fn length(delta: TimeDelta) -> Duration {
    let end = DateTime::UNIX_EPOCH.checked_add_signed(delta);
    Duration::between(DateTime::UNIX_EPOCH, end.unwrap_or(DateTime::<Utc>::MAX_UTC))
}

fn is_over(spell: &Spell) -> Value {
    json!({"labels": spell.labels, "annotations": spell.annotations, "over": true})
}

fn line(entry: &Entry) -> String {
    format!("{}  {}  {}", entry.incident, entry.actor, entry_text(entry))
}
