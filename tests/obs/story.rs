//! Incidents as the users of an Open Build Service read them: decided by the engine, told by the channel, and listed by the
//! server after each step. `docs/obs.md` shows it; `UPDATE=1` writes it there.

use crate::channel::{config, open};
use crate::obs::{Obs, PASSWORD, Version};
use crate::page::shows;
use chrono::{DateTime, TimeDelta, Utc};
use domain::access::Role;
use domain::alert::Pairs;
use domain::delivery::{Lane, Outcome};
use domain::engine::{Changes, Input, State};
use domain::ids::{IncidentId, InputSeq};
use domain::incident::room::Part;
use domain::incident::{Act, Actor, CallOffCode, Command, Reply, Severity, Surface};
use earlybell::channels::obs::ObsChannel;
use earlybell::channels::{Attempt, Channel};
use earlybell::clock::{Clock, SystemClock};
use earlybell::config::{Named, Overrides, parse};
use std::fmt::Write;
use std::path::Path;

struct Story {
    obs: Obs,
    channel: ObsChannel,
    state: State,
    now: DateTime<Utc>,
    seq: u64,
    thread: Option<String>,
    transcript: String,
}

impl Story {
    async fn begin(version: Version, keys: &str) -> Self {
        let obs = Obs::start(version);
        let channel = open(&config(&obs));
        let now = DateTime::from_timestamp(1_795_960_800, 0).unwrap();
        let state = State::restore(Default::default());
        let (seq, thread, transcript) = (0, None, String::new());
        let mut story = Self { obs, channel, state, now, seq, thread, transcript };
        let content = format!(
            "receivers: [{{ name: console, console: {{}} }}, {{ name: obs, obs: {{ api_url: '{}', username: Admin, password: {PASSWORD}{keys} }} }}]\n\
             route: {{ receivers: [console, obs] }}\n",
            story.obs.url
        );
        let named = Named { name: "story".to_owned(), content };
        let overrides = Overrides { external_url: "https://bell.example.org".to_owned() };
        let policy = parse(&named, Path::new(""), &overrides).unwrap_or_else(|error| panic!("{error}")).policy;
        story.input(Input::Policy(Box::new(policy))).await;
        story
    }

    async fn input(&mut self, input: Input) -> Vec<Reply> {
        self.seq += 1;
        self.now += TimeDelta::minutes(7);
        let mut changes = Changes::default();
        self.state.step(InputSeq(self.seq), self.now, input, &mut changes);
        let ours = changes.deliveries.iter().filter(|delivery| delivery.receiver == "obs");
        // As the outbox does: the root first, and then the newest words only.
        let root = ours.clone().find(|delivery| delivery.lane == Lane::Root);
        let put = ours.clone().rfind(|delivery| delivery.lane == Lane::Put);
        assert!(ours.clone().all(|delivery| matches!(delivery.lane, Lane::Root | Lane::Put)));
        for delivery in root.into_iter().chain(put) {
            let attempt = Attempt {
                delivery: delivery.clone(),
                number: 1,
                first_attempt_at: SystemClock.now(),
                thread: self.thread.clone(),
                unsure: false,
            };
            let Outcome::Sent { remote_id } = self.channel.send(&attempt).await else { panic!("not sent") };
            if delivery.lane == Lane::Root {
                self.thread = remote_id;
            }
        }
        changes.answers.iter().map(|answer| answer.reply.clone()).collect()
    }

    async fn act(&mut self, words: &str, incident: Option<IncidentId>, act: Act) -> Option<IncidentId> {
        let actor = Actor::person("adrian", Surface::Cli);
        let command = Command { actor, access: Role::Admin, key: None, incident, act };
        let incident = match self.input(Input::Command(command)).await.pop() {
            Some(Reply::Done { incident, .. }) => Some(incident),
            other => panic!("{other:?}"),
        };
        self.write_down(words);
        incident
    }

    // Nothing happens for so long.
    async fn passes(&mut self, words: &str, time: TimeDelta) {
        self.now += time;
        self.input(Input::Tick).await;
        self.write_down(words);
    }

    fn write_down(&mut self, words: &str) {
        writeln!(self.transcript, "--- {words}").unwrap();
        let world = self.obs.world();
        for message in &world.messages {
            writeln!(self.transcript, "{} | {} | {}", message.severity, message.scope, message.user).unwrap();
            // What proves the record is another one with every change of its format.
            let shown = |line: &str| match line.strip_prefix("**Record:** ") {
                Some(_) => "    **Record:** …".to_owned(),
                None => format!("    {line}").trim_end().to_owned(),
            };
            message.text.lines().for_each(|line| writeln!(self.transcript, "{}", shown(line)).unwrap());
        }
        if world.messages.is_empty() {
            writeln!(self.transcript, "(no message)").unwrap();
        }
        writeln!(self.transcript).unwrap();
    }

    async fn declare(&mut self) -> Option<IncidentId> {
        let act = Act::Declare {
            title: "Pages of build.example.org are slow".to_owned(),
            severity: Some(Severity::Minor),
            impact: String::new(),
            labels: Pairs::default(),
            drill: false,
        };
        self.act("declared", None, act).await
    }
}

fn update(text: &str, impact: Option<&str>) -> Act {
    Act::Update { text: text.to_owned(), impact: impact.map(str::to_owned), next_in: None }
}

async fn to_the_end(version: Version) -> String {
    let mut story = Story::begin(version, "").await;
    let it = story.declare().await;
    story.act("updated", it, update("The database is full.\nWe make room, @all: *soon*.", Some("Everyone."))).await;
    let raise = Act::Severity { to: Severity::Critical, text: "no page is answered".to_owned() };
    story.act("raised", it, raise).await;
    story.act("taken (the team's)", it, Act::Take { role: "incident_manager".into() }).await;
    let impact = "Everyone; workers go on.".to_owned();
    story.act("impact corrected", it, Act::Edit { part: Part::Impact, text: impact, version: None }).await;
    story.act("resolved", it, Act::Resolve { text: "the database has room again".to_owned() }).await;
    story.act("reopened", it, Act::Reopen { text: "it is full again".to_owned() }).await;
    story.act("resolved again", it, Act::Resolve { text: "a second disk".to_owned() }).await;
    story.transcript
}

async fn withdrawn_later(version: Version) -> String {
    let mut story = Story::begin(version, ", withdraw_after: 3d").await;
    let it = story.declare().await;
    story.act("resolved", it, Act::Resolve { text: "a second disk".to_owned() }).await;
    story.passes("two days later", TimeDelta::days(2)).await;
    story.passes("three days after the end", TimeDelta::days(1)).await;
    story.act("reopened", it, Act::Reopen { text: "it is full again".to_owned() }).await;
    story.act("resolved again", it, Act::Resolve { text: "a third disk".to_owned() }).await;
    story.passes("a week later", TimeDelta::days(7)).await;
    story.transcript
}

async fn called_off(version: Version, keys: &str) -> String {
    let mut story = Story::begin(version, keys).await;
    let it = story.declare().await;
    let reason = "the probe itself was broken".to_owned();
    story.act("called off", it, Act::CallOff { code: CallOffCode::MonitoringFault, reason }).await;
    story.transcript
}

#[tokio::test]
async fn users_read_one_message_that_tells_how_it_stands() {
    let whole = to_the_end(Version::New).await;
    assert_eq!(whole, to_the_end(Version::Old).await, "older servers show the same");
    let nothing = called_off(Version::New, "").await;
    assert_eq!(nothing, called_off(Version::Old, "").await);
    let withdrawn = called_off(Version::New, ", called_off: withdraw").await;
    assert_eq!(withdrawn, called_off(Version::Old, ", called_off: withdraw").await);
    let block = |title: &str, text: &str| format!("{title}\n\n```text\n{}\n```\n", text.trim_end());
    let shown = [
        block("To the end:", &whole),
        block("It was nothing:", &nothing),
        block("The same with `called_off: withdraw`:", &withdrawn),
    ];
    shows("obs.md", "transcript", &shown.join("\n"));
}

// Titles of steps, and how each message looks then.
fn looks(transcript: &str) -> Vec<&str> {
    let is_look = |line: &&str| line.starts_with("--- ") || line.contains(" | ") || *line == "(no message)";
    transcript.lines().filter(is_look).collect()
}

#[tokio::test]
async fn a_message_goes_a_while_after_the_end_and_comes_again_with_its_incident() {
    let shown = withdrawn_later(Version::New).await;
    assert_eq!(shown, withdrawn_later(Version::Old).await);
    let looks = looks(&shown);
    assert_eq!(
        looks,
        [
            "--- declared",
            "yellow | all_users | Admin",
            "--- resolved",
            "green | all_users | Admin",
            "--- two days later",
            "green | all_users | Admin",
            "--- three days after the end",
            "(no message)",
            "--- reopened",
            "yellow | all_users | Admin",
            "--- resolved again",
            "green | all_users | Admin",
            "--- a week later",
            "(no message)",
        ]
    );
}

#[tokio::test]
async fn whoever_wants_a_banner_or_the_administrators_only_gets_that() {
    let shown = called_off(Version::New, ", severity: { minor: announcement }, scope: logged_in_users").await;
    assert!(shown.contains("announcement | logged_in_users | Admin\n"), "{shown}");
    assert!(shown.contains("green | logged_in_users | Admin\n"), "{shown}");
}
