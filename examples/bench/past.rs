//! Pages over a long history: 10,000 past incidents with 1,000,000 entries, asked as people ask.

use super::Effort;
use super::server::Server;
use chrono::{DateTime, TimeDelta, Utc};
use domain::alert::Pairs;
use domain::engine::Changes;
use domain::ids::{IncidentId, InputSeq};
use domain::incident::roles::MANAGER;
use domain::incident::{Actor, CallOffCode, Entry, Fact, Incident, RuleRef, Severity, Surface, apply};
use earlybell::clock::{Clock, SystemClock};
use earlybell::store::Store;
use earlybell::store::sqlite::SqliteStore;
use std::time::Instant;

const INCIDENTS: u64 = 10_000;
const ENTRIES_EACH: u32 = 100;
// Incidents in one commit.
const COMMIT: u64 = 20;
const WORDS: usize = 5_000;
const WORDS_A_NOTE: usize = 12;

// A page, and what is asked with it.
const PAGES: [(&str, &str); 9] = [
    ("list", "/"),
    ("history", "/history"),
    ("one rare word", "/history?text=word4711"),
    ("two words that are everywhere", "/history?text=word0+word1"),
    ("words that are nowhere together", "/history?text=word4998+word4999+word4997+word4996"),
    ("by person and label, the last page", "/history?person=ada&label=host%3Dweb7&before=300"),
    ("by API", "/api/v1/incidents?text=word12&outcome=flapping"),
    ("statistics of a year", "/stats?months=12"),
    ("statistics by API", "/api/v1/stats?months=12"),
];

pub async fn report(effort: Effort) {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let began = Instant::now();
    fill(&data).await;
    let filled = began.elapsed().as_secs_f64();
    let bytes = std::fs::metadata(data.join("earlybell.db")).map_or(0, |file| file.len());
    let server = Server::earlybell_on(folder, None).await;
    println!("\n### Pages over {INCIDENTS} past incidents with {} entries\n", INCIDENTS * u64::from(ENTRIES_EACH));
    println!("Written in {filled:.0} s, {} MiB.\n", bytes / 1024 / 1024);
    println!("| page | p50 ms | p99 ms | worst ms |");
    println!("|---|---|---|---|");
    for (name, path) in PAGES {
        let mut took: Vec<f64> = Vec::new();
        for _ in 0..effort.notices {
            let began = Instant::now();
            assert!(server.answers(path).await, "{path}");
            took.push(began.elapsed().as_secs_f64() * 1_000.0);
        }
        took.sort_by(f64::total_cmp);
        let at = |share: f64| took[((took.len() - 1) as f64 * share).round() as usize];
        println!("| {name} `{path}` | {:.1} | {:.1} | {:.1} |", at(0.5), at(0.99), at(1.0));
    }
}

async fn fill(data: &std::path::Path) {
    let store = SqliteStore::open(data).expect("a store");
    let mut random = fastrand::Rng::with_seed(1);
    // The newest is some hours old, the oldest nearly a year.
    let start = SystemClock.now() - TimeDelta::days(330);
    let between = TimeDelta::minutes(330 * 24 * 60 / INCIDENTS as i64);
    for commit in 0..INCIDENTS / COMMIT {
        let mut changes = Changes { position: InputSeq(commit + 1), at: Some(start), ..Changes::default() };
        for id in commit * COMMIT + 1..=(commit + 1) * COMMIT {
            let (incident, entries) = past(id, start + between * i32::try_from(id).unwrap_or(0), &mut random);
            changes.incidents.insert(incident.id, incident);
            changes.entries.extend(entries);
        }
        store.commit(changes).await.expect("it is written");
    }
    store.close();
}

// A few words are everywhere, most are rare.
fn words(random: &mut fastrand::Rng) -> String {
    let word = |random: &mut fastrand::Rng| {
        let share = random.f64();
        format!("word{}", (share * share * share * WORDS as f64) as usize)
    };
    (0..WORDS_A_NOTE).map(|_| word(random)).collect::<Vec<_>>().join(" ")
}

fn past(id: u64, at: DateTime<Utc>, random: &mut fastrand::Rng) -> (Incident, Vec<Entry>) {
    let people = ["ada", "bert", "cleo", "dora"];
    let ada = || Actor::person(people[id as usize % people.len()], Surface::Cli);
    let mut entries: Vec<Entry> = Vec::new();
    let mut made: Option<Incident> = None;
    for number in 1..=ENTRIES_EACH {
        let (actor, fact) = match number {
            1 => (Actor::Rule, declared(id, at, random)),
            2 => (ada(), Fact::Confirmed { because: words(random), next_by: None }),
            3 => {
                let person = people[id as usize % people.len()].to_owned();
                (ada(), Fact::Taken { role: MANAGER.into(), person, from: None, because: String::new() })
            }
            ENTRIES_EACH if id.is_multiple_of(3) => {
                (ada(), Fact::CalledOff { code: CallOffCode::ALL[id as usize % 7], reason: words(random) })
            }
            ENTRIES_EACH => (ada(), Fact::Resolved { because: words(random) }),
            public if public % 10 == 0 => {
                (ada(), Fact::Updated { text: words(random), impact: None, next_by: None, promised: None })
            }
            _ => (ada(), Fact::Noted { text: words(random) }),
        };
        let at = at + TimeDelta::seconds(i64::from(number) * 20);
        let entry = Entry { incident: IncidentId(id), number, at, input: InputSeq(id), actor, fact };
        match &mut made {
            Some(incident) => apply::apply(incident, &entry),
            None => made = apply::declared(&entry),
        }
        entries.push(entry);
    }
    (made.expect("the first entry declares it"), entries)
}

fn declared(id: u64, at: DateTime<Utc>, random: &mut fastrand::Rng) -> Fact {
    Fact::Declared {
        title: words(random),
        impact: String::new(),
        severity: Severity::ALL[id as usize % 3],
        confirmed: false,
        rule: Some(RuleRef { name: format!("Rule{}", id % 40), version: 1 }),
        correlation: Pairs::new([("host", format!("web{}", id % 50))]),
        labels: Pairs::new([("team", "ops")]),
        receivers: Vec::new(),
        first_alert_at: Some(at - TimeDelta::seconds(random.i64(10..600))),
        because: "1 alert".to_owned(),
        explanation: None,
        storm: false,
        drill: false,
        squad: String::new(),
        next_by: None,
    }
}
