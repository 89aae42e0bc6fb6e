//! Past incidents: found by all that may be asked for, and only by whoever may read it.

use crate::fixtures::{alert, at, evidence};
use domain::alert::{AlertState, Pairs};
use domain::document::withheld::shown;
use domain::document::{Audience, Sources, document};
use domain::engine::Changes;
use domain::history::{Outcome, query::wanted};
use domain::ids::{AlertId, IncidentId, InputSeq};
use domain::incident::roles::MANAGER;
use domain::incident::room::Part;
use domain::incident::{Actor, CallOffCode, Entry, Fact, Incident, RuleRef, Severity, Stage, Surface, apply};
use domain::statistics::Past;
use earlybell::store::{Search, Store};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An incident as it goes on.
struct Told {
    incident: Incident,
    entries: Vec<Entry>,
}

impl Told {
    fn begin(id: u64, title: &str, rule: Option<&str>) -> Self {
        let fact = Fact::Declared {
            title: title.to_owned(),
            impact: String::new(),
            severity: Severity::Major,
            confirmed: false,
            rule: rule.map(|name| RuleRef { name: name.to_owned(), version: 1 }),
            correlation: Pairs::new([("cluster", "a")]),
            labels: Pairs::default(),
            receivers: Vec::new(),
            first_alert_at: Some(at(0)),
            because: String::new(),
            explanation: None,
            storm: false,
            drill: id.is_multiple_of(5),
            squad: String::new(),
            next_by: None,
        };
        let actor = Actor::Rule;
        let entry =
            Entry { incident: IncidentId(id), number: 1, at: at(id as i64 * 3600), input: InputSeq(id), actor, fact };
        Self { incident: apply::declared(&entry).unwrap(), entries: vec![entry] }
    }

    fn then(&mut self, by: &str, fact: Fact) {
        let last = self.entries.last().unwrap();
        let (number, at) = (last.number + 1, last.at + chrono::TimeDelta::seconds(1));
        let actor = Actor::person(by, Surface::Cli);
        let entry = Entry { incident: last.incident, number, at, input: last.input, actor, fact };
        apply::apply(&mut self.incident, &entry);
        self.entries.push(entry);
    }
}

fn changes(position: u64, told: &[&Told]) -> Changes {
    Changes {
        position: InputSeq(position),
        at: Some(at(0)),
        incidents: told.iter().map(|told| (told.incident.id, told.incident.clone())).collect(),
        entries: told.iter().flat_map(|told| told.entries.clone()).collect(),
        ..Changes::default()
    }
}

fn text(words: &str) -> Search {
    Search { words: wanted(words).unwrap(), ..Search::all(Audience::Team, 100) }
}

async fn numbers(store: &Arc<dyn Store>, search: Search) -> Vec<u64> {
    store.history().find(search).await.unwrap().iter().map(|incident| incident.id.0).collect()
}

fn note(text: &str) -> Fact {
    Fact::Noted { text: text.to_owned() }
}

pub async fn finds_incidents_by_all_that_is_asked(store: &Arc<dyn Store>) {
    let mut one = Told::begin(1, "The API is down", Some("ApiDown"));
    one.then("Ada", Fact::Confirmed { because: String::new(), next_by: None });
    one.then("bert", Fact::Resolved { because: "swapped the disk of web-01".to_owned() });
    let mut two = Told::begin(2, "Übersicht fehlt", None);
    two.then("ada", note("looked at web 01 \"quoted\""));
    two.then("ada", Fact::CalledOff { code: CallOffCode::Flapping, reason: "came and went".to_owned() });
    let five = Told::begin(5, "Practice", Some("ApiDown"));
    let mut all = changes(1, &[&one, &two, &five]);
    all.alerts = BTreeMap::from([(AlertId(7), Some(alert(7, "default", AlertState::Firing)))]);
    all.evidence = vec![evidence(2, 7)];
    store.commit(all).await.unwrap();
    let team = || Search::all(Audience::Team, 100);
    let labels = |text: &[(&str, &str)]| Pairs::labels(text.iter().copied());
    let cases = [
        (team(), vec![5, 2, 1]),
        (Search { max: 2, ..team() }, vec![5, 2]),
        (Search { before: Some(IncidentId(2)), ..team() }, vec![1]),
        (text("disk"), vec![1]),
        (text("DISK swapped"), vec![1]),
        (text("disk went"), vec![]),
        (text("web-01"), vec![2, 1]),
        (text("disk-of"), vec![1]),
        (text("ubersicht"), vec![2]),
        (text("swa*"), vec![1]),
        (text("swapp*"), vec![1]),
        (text("swa"), vec![]),
        (text("ApiDown"), vec![5, 1]),
        // A value of a label, and one of an alert.
        (text("a"), vec![5, 2, 1]),
        (text("7"), vec![2]),
        (text("\" OR api*"), vec![]),
        (text("NOT"), vec![]),
        (text("public : down"), vec![]),
        (text("\"quoted\""), vec![2]),
        (text("disk') --"), vec![1]),
        (Search { labels: labels(&[("cluster", "a")]), ..team() }, vec![5, 2, 1]),
        (Search { labels: labels(&[("cluster", "a"), ("instance", "7")]), ..team() }, vec![2]),
        (Search { labels: labels(&[("instance", "a")]), ..team() }, vec![]),
        (Search { rule: Some("ApiDown".to_owned()), ..team() }, vec![5, 1]),
        (Search { person: Some("ADA".to_owned()), ..team() }, vec![2, 1]),
        (Search { person: Some("bert".to_owned()), ..team() }, vec![1]),
        (Search { from: Some(at(7200)), ..team() }, vec![5, 2]),
        (Search { to: Some(at(7200)), ..team() }, vec![1]),
        (Search { severity: Some(Severity::Major), drill: Some(false), ..team() }, vec![2, 1]),
        (Search { severity: Some(Severity::Minor), ..team() }, vec![]),
        (Search { drill: Some(true), ..team() }, vec![5]),
        (Search { open: Some(true), ..team() }, vec![5]),
        (Search { open: Some(false), ..team() }, vec![2, 1]),
        (Search { outcome: Some(Outcome::Open), ..team() }, vec![5]),
        (Search { outcome: Some(Outcome::Open), open: Some(false), ..team() }, vec![]),
        (Search { outcome: Some(Outcome::Resolved), ..text("disk") }, vec![1]),
        (Search { outcome: Some(Outcome::CalledOff(None)), ..team() }, vec![2]),
        (Search { outcome: Some(Outcome::CalledOff(Some(CallOffCode::Flapping))), ..team() }, vec![2]),
        (Search { outcome: Some(Outcome::CalledOff(Some(CallOffCode::Test))), ..team() }, vec![]),
        (Search { audience: Audience::Public, ..team() }, vec![1]),
        (Search { audience: Audience::Public, ..text("disk") }, vec![1]),
        (Search { audience: Audience::Public, ..text("ApiDown") }, vec![]),
        (Search { audience: Audience::Public, ..text("went") }, vec![]),
    ];
    for (search, expected) in cases {
        assert_eq!(numbers(store, search.clone()).await, expected, "{search:?}");
    }
}

pub async fn forgets_words_that_were_taken_back(store: &Arc<dyn Store>) {
    let mut one = Told::begin(1, "Down", None);
    one.then("ada", note("it was bert's fault"));
    one.then("ada", note("the fault is ours"));
    store.commit(changes(1, &[&one])).await.unwrap();
    assert_eq!(numbers(store, text("bert")).await, [1]);
    let begun = one.entries.len();
    one.then("ada", Fact::Retracted { entry: 2 });
    let mut next = changes(2, &[&one]);
    next.entries.drain(..begun);
    store.commit(next).await.unwrap();
    assert_eq!(numbers(store, text("bert")).await, [] as [u64; 0]);
    assert_eq!(numbers(store, text("fault")).await, [1], "somebody said it twice");
    // Nothing is left when it is gone.
    one.incident.stage = Stage::Resolved { at: at(9) };
    store.commit(Changes { entries: Vec::new(), ..changes(3, &[&one]) }).await.unwrap();
    while store.past().prune_incidents(at(10), 5).await.unwrap() > 0 {}
    assert_eq!(numbers(store, text("fault")).await, [] as [u64; 0]);
    assert_eq!(numbers(store, Search::all(Audience::Team, 9)).await, [] as [u64; 0]);
}

pub async fn tells_what_an_older_version_left(store: &Arc<dyn Store>) {
    let mut old = Vec::new();
    for id in 1..=5 {
        let mut told = Told::begin(id, &format!("old {id}"), None);
        told.then("ada", note(&format!("said {id}")));
        old.push(told);
    }
    let told: Vec<&Told> = old.iter().collect();
    let all = changes(1, &told);
    // Entries without their incidents, then incidents without their entries: as if they had always been there.
    store.commit(Changes { incidents: BTreeMap::new(), ..all.clone() }).await.unwrap();
    store
        .commit(Changes {
            entries: Vec::new(),
            evidence: vec![evidence(3, 7)],
            ..Changes { position: InputSeq(2), ..all }
        })
        .await
        .unwrap();
    assert_eq!(store.history().untold().await.unwrap(), 5);
    assert_eq!(store.history().past(at(0), 10).await.unwrap(), []);
    assert_eq!(numbers(store, text("said")).await, [] as [u64; 0]);
    assert_eq!(numbers(store, Search::all(Audience::Team, 9)).await, [5, 4, 3, 2, 1]);
    // What happens meanwhile is not lost.
    let begun = old[0].entries.len();
    old[0].then("bert", note("said since"));
    let mut next = changes(3, &[&old[0]]);
    next.entries.drain(..begun);
    store.commit(next).await.unwrap();
    assert_eq!(store.history().tell_more(4).await.unwrap(), 2, "two have four entries");
    assert_eq!(numbers(store, text("said")).await, [5, 4]);
    while store.history().tell_more(1000).await.unwrap() > 0 {}
    assert_eq!(store.history().untold().await.unwrap(), 0);
    assert_eq!(numbers(store, text("said")).await, [5, 4, 3, 2, 1]);
    assert_eq!(numbers(store, text("since")).await, [1]);
    assert_eq!(store.history().past(at(0), 10).await.unwrap().len(), 4, "all but the drill");
    assert_eq!(numbers(store, Search { person: Some("bert".to_owned()), ..Search::all(Audience::Team, 9) }).await, [1]);
}

pub async fn keeps_numbers_for_statistics(store: &Arc<dyn Store>) {
    let taken = || Fact::Taken { role: MANAGER.into(), person: "ada".to_owned(), from: None, because: String::new() };
    let mut world: Vec<Told> = (1..=5).map(|id| Told::begin(id, "t", Some("ApiDown"))).collect();
    let all: Vec<&Told> = world.iter().collect();
    store.commit(changes(1, &all)).await.unwrap();
    for told in &mut world {
        told.then("ada", taken());
        told.then("ada", Fact::Resolved { because: String::new() });
    }
    let all: Vec<&Told> = world.iter().collect();
    let mut next = changes(2, &all);
    next.entries.retain(|entry| entry.number > 1);
    store.commit(next).await.unwrap();
    let fold = |told: &Told| {
        let mut past = Past::default();
        told.entries.iter().for_each(|entry| past.take(&told.incident, entry));
        past.settle(&told.incident);
        past
    };
    // The fifth is a drill.
    let expected: Vec<Past> = world[..4].iter().rev().map(fold).collect();
    assert_eq!(store.history().past(at(0), 10).await.unwrap(), expected);
    assert_eq!(store.history().past(at(3 * 3600), 10).await.unwrap(), expected[..2]);
    assert_eq!(store.history().past(at(0), 1).await.unwrap(), expected[..1]);
}

const WORDS: [&str; 6] = ["kappa", "lambda", "omicron", "sigma", "upsilon", "omega"];

fn random_words(random: &mut fastrand::Rng) -> String {
    (0..random.usize(1..3))
        .map(|_| WORDS[random.usize(..WORDS.len())])
        .collect::<Vec<_>>()
        .join([" ", "\n", ", "][random.usize(..3)])
}

// Something anybody does; and what takes it back, if they do.
fn random_step(told: &mut Told, random: &mut fastrand::Rng) {
    let words = random_words(random);
    let number = told.entries.last().unwrap().number + 1;
    let part = Part::ALL[random.usize(..Part::ALL.len())];
    let before = told.incident.part(part).to_owned();
    let todo = told.incident.room.todos_ever + 1;
    let (fact, back) = match random.u32(..13) {
        0 | 1 => (note(&words), Some(None)),
        2 => (Fact::Updated { text: words, impact: None, next_by: None, promised: None }, None),
        3 => {
            let impact = Some(random_words(random));
            (Fact::Updated { text: words, impact, next_by: None, promised: None }, None)
        }
        4 | 5 => (Fact::Edited { part, text: words }, Some(Some(Fact::Edited { part, text: before }))),
        6 => (Fact::TodoAdded { todo, text: words, owner: None }, Some(Some(Fact::TodoDropped { todo }))),
        7 => (Fact::Acknowledged { text: words }, Some(None)),
        8 => (Fact::Confirmed { because: words, next_by: None }, None),
        9 => {
            let reopened = Fact::Reopened { because: String::new(), confirmed: false, next_by: None };
            (Fact::CalledOff { code: CallOffCode::Other, reason: words }, Some(Some(reopened)))
        }
        10 => (
            Fact::Resolved { because: words },
            Some(Some(Fact::Reopened { because: String::new(), confirmed: true, next_by: None })),
        ),
        11 => (Fact::Reopened { because: words, confirmed: random.bool(), next_by: None }, None),
        _ => {
            let (from, title, public) = (IncidentId(99), words, random.bool());
            let (receivers, members, took) = (Vec::new(), Vec::new(), Vec::new());
            (Fact::Absorbed { from, title, public, receivers, members, took, first_alert_at: None }, None)
        }
    };
    told.then("ada", fact);
    if let Some(back) = back.filter(|_| random.u32(..3) == 0) {
        told.then("ada", Fact::Retracted { entry: number });
        back.into_iter().for_each(|fact| told.then("ada", fact));
    }
}

// What a reader could find by reading all there is.
fn reads(told: &Told, audience: Audience, word: &str) -> bool {
    if audience == Audience::Public && !told.incident.is_public() {
        return false;
    }
    let entries: Vec<Entry> = told.entries.iter().rev().cloned().collect();
    let sources = Sources {
        incident: &told.incident,
        entries: &entries,
        declared: told.entries.first(),
        alerts: &[],
        notices: &[],
        external_url: "",
        policy: &Default::default(),
        directory: &Default::default(),
        now: at(0),
    };
    let document = serde_json::to_string(&document(&sources, audience)).unwrap();
    // The API shows the team each entry, too.
    let shows = |entry: &Entry| serde_json::to_string(&shown(&told.incident, entry.clone())).unwrap().contains(word);
    document.contains(word) || (audience == Audience::Team && entries.iter().any(shows))
}

/// Random words said in random ways: searching finds what reading everything would.
pub async fn finds_what_its_reader_can_read(store: &Arc<dyn Store>) {
    for seed in 0..12 {
        let mut random = fastrand::Rng::with_seed(seed);
        let base = seed * 100;
        let mut world: Vec<Told> = Vec::new();
        for id in 1..=4 {
            let mut told = Told::begin(base + id, &random_words(&mut random), None);
            if let Fact::Declared { impact, because, .. } = &mut told.entries[0].fact {
                (*impact, *because) = (random_words(&mut random), random_words(&mut random));
            }
            told.incident = apply::declared(&told.entries[0]).unwrap();
            world.push(told);
        }
        let mut written = [0; 4];
        for round in 0..4 {
            for told in &mut world {
                (0..random.u32(..4)).for_each(|_| random_step(told, &mut random));
            }
            let all: Vec<&Told> = world.iter().collect();
            let mut next = changes(seed * 10 + round + 1, &all);
            next.entries.retain(|entry| entry.number > written[(entry.incident.0 - base - 1) as usize]);
            for (at, told) in world.iter().enumerate() {
                written[at] = told.incident.entries;
            }
            store.commit(next).await.unwrap();
            for (audience, word) in [Audience::Team, Audience::Public].into_iter().flat_map(|a| WORDS.map(|w| (a, w))) {
                let mut found = numbers(store, Search { audience, ..text(word) }).await;
                found.retain(|number| *number > base && *number < base + 100);
                let read = world.iter().rev().filter(|told| reads(told, audience, word));
                let expected: Vec<u64> = read.map(|told| told.incident.id.0).collect();
                assert_eq!(found, expected, "seed {seed}, round {round}, {word} for {audience:?}");
            }
        }
    }
}

// The tables as the version before this one left them.
fn older(dir: &std::path::Path) -> rusqlite::Connection {
    std::fs::create_dir_all(dir).unwrap();
    let conn = rusqlite::Connection::open(dir.join("earlybell.db")).unwrap();
    let migrations = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/migrations/sqlite");
    for version in 1..=8 {
        let sql = std::fs::read_to_string(migrations.join(format!("earlybell_{version:04}.sql"))).unwrap();
        conn.execute_batch(&sql).unwrap();
    }
    let version =
        "CREATE TABLE schema_version (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL) STRICT;
                   INSERT INTO schema_version VALUES (1, 8);";
    conn.execute_batch(version).unwrap();
    conn
}

#[tokio::test]
async fn a_store_of_the_version_before_is_brought_up_to_date() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let conn = older(&data);
    let mut public = Told::begin(1, "seen by all", Some("ApiDown"));
    public.then("ada", Fact::Confirmed { because: String::new(), next_by: None });
    public.then("ada", Fact::Resolved { because: "mended".to_owned() });
    let mut inner = Told::begin(2, "seen by the team", None);
    inner.then("ada", Fact::CalledOff { code: CallOffCode::Test, reason: "a test".to_owned() });
    let suspected = Told::begin(5, "a drill", None);
    let json = |value: &serde_json::Value| value.to_string();
    for Told { incident, entries } in [&public, &inner, &suspected] {
        let row = "INSERT INTO incidents (id, stage, severity, closed_at, incident, drill) VALUES (?, ?, ?, ?, ?, ?)";
        let closed_at = incident.stage.closed_at().map(|at| at.timestamp_micros());
        let (id, text) = (incident.id.0 as i64, json(&serde_json::to_value(incident).unwrap()));
        let (stage, severity) = (incident.stage.word(), incident.severity.word());
        conn.execute(row, rusqlite::params![id, stage, severity, closed_at, text, incident.drill]).unwrap();
        for entry in entries {
            let row = "INSERT INTO entries (incident, number, at, input, actor, fact) VALUES (?, ?, ?, 1, ?, ?)";
            let [actor, fact] =
                [serde_json::to_value(&entry.actor), serde_json::to_value(&entry.fact)].map(Result::unwrap);
            let at = entry.at.timestamp_micros();
            conn.execute(row, rusqlite::params![id, entry.number, at, json(&actor), json(&fact)]).unwrap();
        }
    }
    drop(conn);
    let store: Arc<dyn Store> = Arc::new(earlybell::store::sqlite::SqliteStore::open(&data).unwrap());
    // What needs no reading of entries works at once.
    let team = || Search::all(Audience::Team, 9);
    for (search, found) in [
        (team(), &[5, 2, 1][..]),
        (Search::all(Audience::Public, 9), &[1]),
        (Search { open: Some(true), ..team() }, &[5]),
        (Search { drill: Some(true), ..team() }, &[5]),
        (Search { rule: Some("ApiDown".to_owned()), ..team() }, &[1]),
        (Search { outcome: Some(Outcome::CalledOff(Some(CallOffCode::Test))), ..team() }, &[2]),
        (Search { from: Some(at(7200)), ..team() }, &[5, 2]),
        (Search { to: Some(at(7200)), ..team() }, &[1]),
        (text("seen"), &[]),
    ] {
        assert_eq!(numbers(&store, search.clone()).await, found, "{search:?}");
    }
    while store.history().tell_more(2).await.unwrap() > 0 {}
    assert_eq!(numbers(&store, text("seen")).await, [2, 1]);
    assert_eq!(store.history().past(at(0), 9).await.unwrap().len(), 2);
}
