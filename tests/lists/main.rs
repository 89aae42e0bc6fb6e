//! Mail to a list as its readers get it: a real Mailman and HyperKitty, its archive, keep each incident in one thread; it holds
//! what strangers write, and lets through what its moderators approve. `docs/mail.md` shows what it delivered; `UPDATE=1` writes it there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod mailman;
#[path = "../support/page.rs"]
mod page;
#[path = "../support/postfix.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod postfix;

use chrono::{DateTime, TimeDelta, Utc};
use domain::access::Role;
use domain::alert::Pairs;
use domain::delivery::{Delivery, Lane, Outcome};
use domain::engine::{Changes, Input, State};
use domain::ids::{IncidentId, InputSeq};
use domain::incident::{Act, Actor, CallOffCode, Command, Reply, Severity, Surface};
use domain::policy::PolicySource;
use earlybell::channels::email::EmailChannel;
use earlybell::channels::{Attempt, Channel, Deadlines, Finding};
use earlybell::config::{EmailConfig, Named, Overrides, Secret, SmtpTls, parse};
use mailman::{LIST, MODERATORS_PASSWORD, Mailman, READER};
use std::path::Path;

const ARCHIVE: &str = "https://lists.example.org/archives/list/announce@mm.test";

fn config(port: u16, from: &str) -> EmailConfig {
    EmailConfig {
        smarthost: format!("127.0.0.1:{port}"),
        from: from.to_owned(),
        envelope_from: None,
        archive: Some(ARCHIVE.to_owned()),
        approved: None,
        to: vec![LIST.to_owned()],
        hello: Some("earlybell.test".to_owned()),
        auth: None,
        tls: SmtpTls::None,
        ca_file: None,
    }
}

fn channel(config: &EmailConfig) -> EmailChannel {
    EmailChannel::new(config, Deadlines::default()).unwrap()
}

async fn send(channel: &EmailChannel, delivery: &Delivery, thread: Option<&str>) -> String {
    let attempt = Attempt {
        delivery: delivery.clone(),
        number: 1,
        first_attempt_at: delivery.decided_at,
        thread: thread.map(str::to_owned),
        unsure: false,
    };
    let outcome = channel.send(&attempt).await;
    let Outcome::Sent { remote_id: Some(id) } = outcome else { panic!("not sent: {outcome:?}") };
    id
}

fn policy() -> PolicySource {
    let content = format!(
        "receivers: [{{ name: console, console: {{}} }}, {{ name: list, public: true, email: {{ to: {LIST}, from: x@example.test, smarthost: 'localhost:25' }} }}]\n\
         route: {{ receivers: [console, list] }}\nrituals: {{ claim_within: 0, scope_after: 0, watch_promises: false }}\n"
    );
    let named = Named { name: "story".to_owned(), content };
    let overrides = Overrides { external_url: "https://bell.example.org".to_owned() };
    parse(&named, Path::new(""), &overrides).unwrap_or_else(|error| panic!("{error}")).policy
}

struct Engine {
    state: State,
    now: DateTime<Utc>,
    seq: u64,
}

impl Engine {
    fn input(&mut self, input: Input) -> Changes {
        self.seq += 1;
        self.now += TimeDelta::minutes(7);
        let mut changes = Changes::default();
        self.state.step(InputSeq(self.seq), self.now, input, &mut changes);
        changes.deliveries.retain(|delivery| delivery.receiver == "list");
        changes
    }

    fn act(&mut self, incident: Option<IncidentId>, act: Act) -> (Option<IncidentId>, Vec<Delivery>) {
        let actor = Actor::person("adrian", Surface::Cli);
        let changes = self.input(Input::Command(Command { actor, access: Role::Admin, key: None, incident, act }));
        match &changes.answers[0].reply {
            Reply::Done { incident, .. } => (Some(*incident), changes.deliveries),
            other => panic!("{other:?}"),
        }
    }

    // What the list is told of two incidents, one to its end, and one that was none.
    fn stories(&mut self) -> [Vec<Delivery>; 2] {
        let declare = |title: &str| Act::Declare {
            title: title.to_owned(),
            severity: Some(Severity::Major),
            impact: "All users of build.example.org may be affected, because its pages come slowly or not at all."
                .to_owned(),
            labels: Pairs::default(),
            drill: false,
        };
        let text = "The database is full: we make room.".to_owned();
        let (it, mut real) = self.act(None, declare("Pages are slow"));
        real.extend(self.act(it, Act::Update { text, impact: None, next_in: None }).1);
        real.extend(self.act(it, Act::Resolve { text: "the database has room again".to_owned() }).1);
        let (it, mut none) = self.act(None, declare("Nobody can log in"));
        let reason = "the probe itself was broken".to_owned();
        none.extend(self.act(it, Act::CallOff { code: CallOffCode::MonitoringFault, reason }).1);
        [real, none]
    }
}

fn header<'a>(mail: &'a str, name: &str) -> Option<&'a str> {
    let (head, _) = mail.split_once("\n\n").unwrap();
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

// What people and their programs see of it. Headers that are folded are put on one line first.
fn shown(mail: &str) -> String {
    const SEEN: [&str; 12] = [
        "From",
        "To",
        "Date",
        "Subject",
        "Message-ID",
        "In-Reply-To",
        "References",
        "Auto-Submitted",
        "X-Incident-Id",
        "Precedence",
        "List-Id",
        "Message-ID-Hash",
    ];
    let (_, body) = mail.split_once("\n\n").unwrap();
    let head = SEEN.iter().filter_map(|name| Some(format!("{name}: {}\n", header(mail, name)?)));
    // What proves the record is another one with every change of its format.
    let line = |line: &str| if line.starts_with("Record: ") { "Record: …\n".to_owned() } else { format!("{line}\n") };
    format!("{}\n{}", head.collect::<String>(), body.lines().map(line).collect::<String>())
}

fn unfolded(mail: &str) -> String {
    mail.replace("\n\t", " ").replace("\n ", " ")
}

fn last_part(id: &str) -> &str {
    id.trim_matches(['<', '>'])
}

// Each incident is one thread there, found where our links lead, and its page says how it went on.
fn in_the_archive(mailman: &Mailman, mails: &[String]) {
    let hash = |mail: usize| header(&mails[mail], "Message-ID-Hash").unwrap();
    let read = |shown: &str| serde_json::from_str::<Vec<serde_json::Value>>(shown).unwrap_or_default();
    for thread in [0..3, 3..5] {
        let mut expected: Vec<_> = thread.clone().map(|mail| header(&mails[mail], "Subject")).collect();
        expected.sort_unstable();
        mailman.wait_for_archive(
            &format!("/api/list/{LIST}/thread/{}/emails/?format=json", hash(thread.start)),
            |shown| {
                let shown = read(shown);
                let mut subjects: Vec<_> = shown.iter().map(|mail| mail["subject"].as_str()).collect();
                subjects.sort_unstable();
                subjects == expected
            },
        );
    }
    assert_eq!(read(&mailman.archive(&format!("/api/list/{LIST}/threads/?format=json"))).len(), 2);
    assert!(ARCHIVE.ends_with(&format!("/list/{LIST}")));
    let thread = format!("/list/{LIST}/thread/{}", hash(0));
    assert!(mailman.archive(&format!("{thread}/")).contains("[confirmed] INC-1: Pages are slow"));
    let replies = mailman.archive(&format!("{thread}/replies?sort=date&last_view=&offset=0"));
    for subject in ["Re: [confirmed] INC-1: Pages are slow", "Re: [resolved] INC-1: Pages are slow"] {
        assert!(replies.contains(&format!("New subject: [Announce] {subject}")), "{subject}:\n{replies}");
    }
}

#[tokio::test]
async fn a_list_keeps_each_incident_in_one_thread_and_holds_strangers() {
    let mut mailman = tokio::task::spawn_blocking(Mailman::start).await.unwrap();
    let start = DateTime::from_timestamp(1_795_960_800, 0).unwrap();
    let mut engine = Engine { state: State::restore(Default::default()), now: start, seq: 0 };
    engine.input(Input::Policy(Box::new(policy())));
    let stories = engine.stories();
    let port = mailman.postfix.plain;
    let member = channel(&config(port, "Earlybell <incidents@example.test>"));

    // Looking tells nobody.
    assert!(member.look().await.iter().all(|finding| matches!(finding, Finding::Well(_))));

    let mut ids = Vec::new();
    for story in &stories {
        let mut thread: Option<String> = None;
        for delivery in story {
            assert_eq!(delivery.lane == Lane::Root, thread.is_none());
            let id = send(&member, delivery, thread.as_deref()).await;
            thread.get_or_insert(id.clone());
            ids.push(id);
        }
    }
    let mut mails: Vec<String> =
        mailman.postfix.mail_for(READER, ids.len()).iter().map(|mail| unfolded(mail)).collect();
    mails.sort_by_key(|mail| header(mail, "Date").unwrap().to_owned());
    assert_eq!(mails.iter().map(|mail| header(mail, "Message-ID").unwrap()).collect::<Vec<_>>(), ids);
    for (mail, root) in mails.iter().zip([0, 0, 0, 3, 3]) {
        let root = &mails[root];
        let is_reply = header(mail, "Message-ID") != header(root, "Message-ID");
        assert_eq!(header(mail, "References"), is_reply.then(|| header(root, "Message-ID").unwrap()), "{mail}");
        assert!(header(mail, "Return-Path").unwrap().starts_with("<announce-bounces@mm.test>"), "{mail}");
        // The link that we wrote before the list had seen the mail is the one it will have there.
        let link = format!("{ARCHIVE}/thread/{}/\n", header(root, "Message-ID-Hash").unwrap());
        assert!(mail.contains(&link), "{mail}");
    }

    in_the_archive(&mailman, &mails);

    // A stranger's mail is taken, and waits for a moderator. Since robots get no answer, nobody is told.
    let mut stranger = config(port, "Stranger <stranger@lists.test>");
    stranger.envelope_from = Some("bounces@example.test".to_owned());
    let held = send(&channel(&stranger), &stories[0][0], None).await;
    mailman.wait_for_log(&format!("HOLD: {LIST} post from stranger@lists.test held, message-id={held}"));
    // Unless it shows the moderators' password, which the list takes away.
    stranger.approved = Some(Secret::new(MODERATORS_PASSWORD));
    let approved = send(&channel(&stranger), &stories[0][1], None).await;
    let all = mailman.postfix.mail_for(READER, ids.len() + 1);
    let through = all.iter().find(|mail| mail.contains(last_part(&approved))).unwrap();
    assert!(!all.iter().any(|mail| mail.contains(last_part(&held)) && mail.contains("From: Stranger")), "{all:?}");
    assert!(!through.contains(MODERATORS_PASSWORD), "{through}");
    assert!(mailman.postfix.mail_for("bounces@example.test", 0).is_empty());

    let block = |title: &str, mails: &[String]| {
        let mails: Vec<String> = mails.iter().map(|mail| shown(mail)).collect();
        format!("{title}\n\n```text\n{}```\n", mails.join(&format!("{}\n", "-".repeat(72))))
    };
    let shown = format!("{}\n{}", block("To the end:", &mails[..3]), block("It was nothing:", &mails[3..]));
    page::shows("mail.md", "transcript", &shown);
}
