//! Writes a year of made-up alert observations, as JSON lines in order of time, for `earlybell backtest`:
//!
//! ```text
//! cargo run --release --example history -- 10000000 > year.jsonl         # observations
//! cargo run --release --example history -- 10000000 7 > year.jsonl       # another seed
//! ```
//!
//! The same numbers give the same bytes. 400 hosts in 40 services have 60 alerts; an episode lasts minutes, seldom hours;
//! one in a hundred is critical.

#![expect(clippy::expect_used, reason = "a generator that cannot write ends")]

use chrono::{DateTime, TimeDelta, Utc};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::io::{BufWriter, Write, stdout};

const HOSTS: u32 = 400;
const SERVICES: u32 = 40;
const NAMES: u32 = 60;
const YEAR_SECONDS: i64 = 365 * 86_400;
const START: i64 = 1_735_689_600;

struct World {
    random: fastrand::Rng,
    firing: BTreeSet<u32>,
    // When each ends, the next first.
    ends: BinaryHeap<Reverse<(DateTime<Utc>, u32)>>,
}

fn main() {
    let mut words = std::env::args().skip(1);
    let count: u64 = words.next().map_or(1_000_000, |word| word.parse().expect("a number of observations"));
    let seed: u64 = words.next().map_or(1, |word| word.parse().expect("a seed"));
    let mut world = World { random: fastrand::Rng::with_seed(seed), firing: BTreeSet::new(), ends: BinaryHeap::new() };
    let mut out = BufWriter::with_capacity(1 << 20, stdout().lock());
    let start = DateTime::from_timestamp(START, 0).expect("a time");
    for number in 0..count {
        let at = start + TimeDelta::seconds((number as f64 / count as f64 * YEAR_SECONDS as f64) as i64);
        let (status, alert) = world.next(at);
        write(&mut out, at, status, alert);
    }
    out.flush().expect("it can be written");
}

impl World {
    fn next(&mut self, at: DateTime<Utc>) -> (&'static str, u32) {
        if let Some(Reverse((_, alert))) = self.ends.peek().copied().filter(|Reverse((end, _))| *end <= at) {
            self.ends.pop();
            self.firing.remove(&alert);
            return ("resolved", alert);
        }
        let mut alert = self.random.u32(0..HOSTS * NAMES);
        while !self.firing.insert(alert) {
            alert = self.random.u32(0..HOSTS * NAMES);
        }
        let seconds = match self.random.u32(0..100) {
            0..70 => self.random.i64(60..600),
            70..97 => self.random.i64(600..3_600),
            _ => self.random.i64(3_600..40_000),
        };
        self.ends.push(Reverse((at + TimeDelta::seconds(seconds), alert)));
        ("firing", alert)
    }
}

fn write(out: &mut impl Write, at: DateTime<Utc>, status: &str, alert: u32) {
    let (host, name) = (alert / NAMES, alert % NAMES);
    let service = host % SERVICES;
    // A property of the alert, so that an episode ends with the labels it began with.
    let severity = match alert.wrapping_mul(2_654_435_761) >> 16 & 0x3FF {
        0..10 => "critical",
        10..900 => "warning",
        _ => "info",
    };
    writeln!(
        out,
        r#"{{"at":"{}","status":"{status}","labels":{{"alertname":"Made{name}","severity":"{severity}","service":"service-{service}","instance":"host-{host}:9100","job":"node","cluster":"main"}},"annotations":{{"summary":"Something is odd with host-{host}"}}}}"#,
        at.format("%Y-%m-%dT%H:%M:%SZ"),
    )
    .expect("it can be written");
}
