//! A world in virtual time around the engine: inputs go in as bytes, what comes out is written down for people.

use super::rows::Rows;
use chrono::{DateTime, Utc};
use domain::delivery::Lane;
use domain::directory::Directory;
use domain::document::Sources;
use domain::engine::{Changes, DeliveryEnd, DeliveryOutcome, Input, Loaded, Shadow, State};
use domain::ids::{IncidentId, InputSeq};
use domain::incident::{Entry, Fact, Reply};
use domain::policy::PolicySource;
use domain::postmortem::{check, draft, file, hints};
use domain::verbs::Spelling;
use domain::verbs::context::{Context, Open, last_of};
use earlybell::app::replay::text;
use earlybell::app::wire;
use earlybell::store::{InputKind, StoredInput};
use std::fmt::Write;

/// Whether the engine is rebuilt from its rows before every input: nobody may be able to tell.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Restarts {
    Never,
    BeforeEveryInput,
}

pub struct World {
    state: State,
    pub now: DateTime<Utc>,
    pub policy: PolicySource,
    /// Who is there, by the configuration of the story and what it tells.
    pub directory: Directory,
    rows: Rows,
    seq: u64,
    restarts: Restarts,
    day: Option<chrono::NaiveDate>,
    transcript: String,
    /// Receivers that accept nothing: their threads never start.
    pub refusing: Vec<String>,
    inputs: Vec<(DateTime<Utc>, Input)>,
}

impl World {
    pub fn new(policy: PolicySource, directory: Directory, now: DateTime<Utc>, restarts: Restarts) -> Self {
        let rows = Rows::default();
        let state = State::restore(rows.loaded(now));
        let transcript = String::new();
        let mut world = Self {
            state,
            now,
            policy: policy.clone(),
            directory: Directory::default(),
            rows,
            seq: 0,
            restarts,
            day: None,
            transcript,
            refusing: Vec::new(),
            inputs: Vec::new(),
        };
        world.input(Input::Policy(Box::new(policy)));
        if directory != Directory::default() {
            world.know(directory);
        }
        world
    }

    /// Other people from now on, or others on duty.
    pub fn know(&mut self, directory: Directory) {
        self.directory = directory.clone();
        self.input(Input::Directory(Box::new(directory)));
    }

    /// What was written down. The same inputs, played by a fresh engine at one go, give the same entries byte for byte.
    pub fn transcript(self) -> String {
        let mut state = State::restore(Loaded::default());
        let mut changes = Changes::default();
        for (seq, (at, input)) in (1..).zip(self.inputs) {
            if let Some(incident) = state.absent(&input).and_then(|id| changes.incidents.get(&id)) {
                state.recall(incident.clone());
            }
            state.step(InputSeq(seq), at, input, &mut changes);
        }
        let text = |entries: &[Entry]| entries.iter().map(text).collect::<Vec<_>>();
        assert_eq!(text(&changes.entries), text(&self.rows.entries), "a replay gives other entries");
        self.transcript
    }

    /// A body as it would stand in the inbox.
    pub fn body(&mut self, kind: InputKind, source: &str, body: Vec<u8>) {
        let stored = StoredInput { seq: InputSeq(0), kind, source: source.to_owned(), body, at: self.now };
        let input = wire::decode(&stored).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&stored.body)));
        self.input(input);
    }

    /// What a line is read with: as in a room where everybody sees everything.
    pub fn context(&self, who: &str) -> Context {
        let open = self.rows.incidents().filter(|incident| incident.stage.is_open());
        let open = open.map(|incident| Open { incident: incident.id, title: incident.title.clone() }).collect();
        let who = self.directory.known_as(who).map_or(who, |person| &person.name);
        Context { open, last: last_of(who, self.rows.incidents()), ..Context::new(Spelling::cli()) }
    }

    /// Decides one input at this time.
    pub fn input(&mut self, input: Input) {
        if self.restarts == Restarts::BeforeEveryInput {
            self.restart();
        }
        self.seq += 1;
        self.inputs.push((self.now, input.clone()));
        let mut changes = Changes::default();
        if let Some(incident) = self.state.absent(&input).and_then(|id| self.rows.incident(id)) {
            self.state.recall(incident);
        }
        self.state.step(InputSeq(self.seq), self.now, input, &mut changes);
        self.rows.absorb(&changes);
        self.write_down(&changes);
        for delivery in changes.deliveries.iter().filter(|delivery| delivery.lane == Lane::Root) {
            if self.refusing.contains(&delivery.receiver) {
                continue;
            }
            self.input(Input::Outcome(DeliveryOutcome {
                delivery: delivery.id,
                incident: delivery.incident,
                receiver: delivery.receiver.clone(),
                person: None,
                notice: delivery.notice.word().to_owned(),
                end: DeliveryEnd::ThreadStarted { remote_id: format!("thread-{}", delivery.id) },
            }));
        }
    }

    /// Writes down the file of a post mortem as it would be published now, and what is missing in it.
    pub fn file(&mut self, id: IncidentId) {
        let Some(incident) = self.rows.incident(id) else { return self.say(&format!("there is no {id}")) };
        let mut entries: Vec<_> = self.rows.entries.iter().filter(|entry| entry.incident == id).cloned().collect();
        entries.reverse();
        let post = draft(&Sources {
            incident: &incident,
            entries: &entries,
            declared: entries.last(),
            alerts: &[],
            notices: &[],
            external_url: "https://bell.example.org",
            policy: &self.policy,
            directory: &self.directory,
            now: self.now,
        });
        let file = file(&post, &self.policy.postmortem);
        self.say(&format!("file {}", file.path));
        for line in file.text.lines() {
            let _ = writeln!(self.transcript, "         | {line}");
        }
        let missing: Vec<String> = check(&post).into_iter().map(|one| one.name).chain(hints(&post)).collect();
        let missing = if missing.is_empty() { "nothing".to_owned() } else { missing.join("; ") };
        self.say(&format!("missing: {missing}"));
    }

    /// All entries of an incident, oldest first.
    pub fn timeline(&self, incident: IncidentId) -> Vec<Entry> {
        self.rows.entries.iter().filter(|entry| entry.incident == incident).cloned().collect()
    }

    /// Lets time pass, waking the engine exactly when it asked for it.
    pub fn advance(&mut self, until: DateTime<Utc>) {
        while let Some(due) = self.state.next_due().filter(|due| *due <= until) {
            self.now = due.max(self.now);
            self.input(Input::Tick);
        }
        self.now = until;
    }

    /// Forgets everything that is not in the rows.
    pub fn restart(&mut self) {
        self.state = State::restore(self.rows.loaded(self.now));
    }

    pub fn say(&mut self, line: &str) {
        let day = self.now.date_naive();
        if self.day != Some(day) {
            self.day = Some(day);
            let _ = writeln!(self.transcript, "== {day}");
        }
        let _ = writeln!(self.transcript, "{} {line}", self.now.format("%H:%M:%S"));
    }

    fn write_down(&mut self, changes: &Changes) {
        for entry in changes.entries.iter().filter(|entry| !matches!(entry.fact, Fact::ThreadStarted { .. })) {
            self.say(&format!("{} {}", entry.incident, domain::document::entry_text(entry)));
        }
        for shadow in changes.shadows.values() {
            self.say(&words_of(shadow));
        }
        for delivery in &changes.deliveries {
            let lane = match delivery.lane {
                Lane::Root => "starts a thread",
                Lane::Post => "posts",
                Lane::Put => "edits",
                Lane::Direct => "tells",
            };
            let (incident, notice) = (delivery.incident, delivery.notice.word());
            let receiver = match &delivery.to {
                Some(to) => format!("{} ({} {})", to.person, delivery.receiver, to.address),
                None => delivery.receiver.clone(),
            };
            self.say(&format!("{incident} → {receiver} {lane} ({notice}): {}", delivery.content.subject));
            for line in delivery.content.body.lines() {
                let _ = writeln!(self.transcript, "         | {line}");
            }
        }
        for answer in &changes.answers {
            let refused = if matches!(answer.reply, Reply::Refused(_)) { "refused: " } else { "" };
            self.say(&format!("answer: {refused}{}", answer.reply.words(&Spelling::cli())));
        }
    }
}

fn words_of(shadow: &Shadow) -> String {
    let until = shadow.until.map_or_else(String::new, |until| format!(" until {}", until.format("%H:%M:%S")));
    let clear =
        shadow.clear_since.map_or_else(String::new, |since| format!(", clear since {}", since.format("%H:%M:%S")));
    let again = if shadow.reopened > 0 { format!(", back {} times", shadow.reopened) } else { String::new() };
    let Shadow { id, severity, title, because, .. } = shadow;
    let (from, alerts) = (shadow.from.format("%H:%M:%S"), shadow.alerts.len());
    format!("shadow {id} “{title}” ({severity}) from {from}{until}: {alerts} alerts{clear}{again}: {because}")
}
