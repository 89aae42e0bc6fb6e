//! One delivery at a time, and everything that can go wrong with it.

use crate::attempts::{class, first};
use crate::obs::{MAINTENANCE, Message, Misbehave, Obs, PASSWORD, Version};
use chrono::TimeDelta;
use domain::delivery::status::{MessageScope, MessageSeverity, Status, StatusAct};
use domain::delivery::{Lane, Outcome};
use domain::ids::IncidentId;
use domain::notice::NoticeKind;
use domain::policy::status_messages::StatusMessages;
use earlybell::channels::obs::ObsChannel;
use earlybell::channels::{Attempt, Channel, Deadlines, Finding, http_client};
use earlybell::clock::{Clock, SystemClock};
use earlybell::config::{ObsConfig, ObsProof, Secret};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const MARK: &str = "https://bell.example.org/incidents/4";
const VERSIONS: [Version; 2] = [Version::Old, Version::New];

pub fn config(obs: &Obs) -> ObsConfig {
    ObsConfig {
        api_url: obs.url.clone(),
        username: "Admin".to_owned(),
        proof: ObsProof::Password(Secret::new(PASSWORD)),
        ca_file: None,
        messages: StatusMessages::default(),
    }
}

pub fn open(config: &ObsConfig) -> ObsChannel {
    ObsChannel::new(config, http_client::trusting(config.ca_file.as_deref()).unwrap(), Deadlines::default()).unwrap()
}

fn impatient(config: &ObsConfig) -> ObsChannel {
    let deadlines = Deadlines { step: Duration::from_millis(300), ..Deadlines::default() };
    ObsChannel::new(config, http_client::client().unwrap(), deadlines).unwrap()
}

fn status(severity: MessageSeverity, text: &str) -> Status {
    Status {
        act: StatusAct::Show,
        severity,
        scope: MessageScope::AllUsers,
        mark: MARK.to_owned(),
        headline: text.to_owned(),
        text: format!("**{text}** & <more> \"quoted\" 🚨\n\nFollow it here: <{MARK}>"),
    }
}

fn attempt(lane: Lane, status: &Status, thread: Option<&str>) -> Attempt {
    let mut attempt = first("obs", 1, (lane, NoticeKind::Updated), status.content(), SystemClock.now());
    attempt.delivery.incident = IncidentId(4);
    Attempt { thread: thread.map(str::to_owned), ..attempt }
}

fn again(attempt: &Attempt) -> Attempt {
    Attempt { number: attempt.number + 1, unsure: true, ..attempt.clone() }
}

pub fn root(text: &str) -> Attempt {
    attempt(Lane::Root, &status(MessageSeverity::Red, text), None)
}

fn put(severity: MessageSeverity, text: &str, thread: &str) -> Attempt {
    attempt(Lane::Put, &status(severity, text), Some(thread))
}

fn withdrawal(thread: &str) -> Attempt {
    let gone = Status { act: StatusAct::Withdraw, ..status(MessageSeverity::Green, "Nothing") };
    attempt(Lane::Put, &gone, Some(thread))
}

pub fn remote_id(outcome: Outcome) -> String {
    let Outcome::Sent { remote_id: Some(id) } = outcome else { panic!("not sent: {outcome:?}") };
    id
}

// Id, severity and first line of every message, in the order they came.
fn standing(obs: &Obs) -> Vec<(u64, String, String)> {
    let line = |message: &Message| message.text.split(" & ").next().unwrap().to_owned();
    obs.world().messages.iter().map(|message| (message.id, message.severity.clone(), line(message))).collect()
}

fn message(id: u64, severity: &str, text: &str) -> (u64, String, String) {
    (id, severity.to_owned(), format!("**{text}**"))
}

// Somebody else's message, and one of ours about another incident.
fn others(obs: &Obs) {
    let said = |id, user: &str, text: &str| Message {
        id,
        text: text.to_owned(),
        user: user.to_owned(),
        severity: "information".to_owned(),
        scope: "all_users".to_owned(),
        created_at: SystemClock.now(),
    };
    obs.world().messages.extend([
        said(901, "staffer", &format!("we look at {MARK}")),
        said(902, "Admin", &format!("**Other** & <{MARK}2>")),
    ]);
}

fn without_others(obs: &Obs) -> Vec<(u64, String, String)> {
    let mut all = standing(obs);
    assert_eq!(all.iter().filter(|(id, ..)| *id > 900).count(), 2, "others' messages are theirs");
    all.retain(|(id, ..)| *id < 900);
    all
}

#[tokio::test]
async fn an_incident_is_one_message_with_its_newest_words() {
    for version in VERSIONS {
        let obs = Obs::start(version);
        others(&obs);
        let channel = open(&config(&obs));
        let first = remote_id(channel.send(&root("Down")).await);
        assert_eq!(first, "1");
        assert_eq!(obs.world().messages.last().unwrap().text, status(MessageSeverity::Red, "Down").text);
        assert_eq!(without_others(&obs), [message(1, "red", "Down")]);
        channel.send(&put(MessageSeverity::Yellow, "Better", &first)).await;
        channel.send(&put(MessageSeverity::Green, "Over", &first)).await;
        // Older ones can't change a message: a new one came for it, and it went.
        let id = if version == Version::Old { 3 } else { 1 };
        assert_eq!(without_others(&obs), [message(id, "green", "Over")], "{version:?}");
        // Repeated, it changes nothing.
        channel.send(&again(&put(MessageSeverity::Green, "Over", &first))).await;
        assert_eq!(without_others(&obs), [message(id, "green", "Over")], "{version:?}");
        assert_eq!(channel.send(&withdrawal(&first)).await, Outcome::Sent { remote_id: None });
        assert_eq!(without_others(&obs), []);
        assert_eq!(channel.send(&withdrawal(&first)).await, Outcome::Sent { remote_id: None });
    }
}

fn losses() -> Vec<Misbehave> {
    vec![
        Misbehave::DoesThenAnswers(500, "<hash/>".to_owned()),
        Misbehave::DoesThenAnswers(502, "<html>bad gateway</html>".to_owned()),
        Misbehave::DoesThenAnswers(504, String::new()),
        Misbehave::DoesThenAnswers(200, "<html>log in</html>".to_owned()),
        Misbehave::DoesThenBreaks,
        Misbehave::DoesThenHangs,
        Misbehave::DoesThenTalks(5 * 1024 * 1024),
    ]
}

#[tokio::test]
async fn what_a_lost_answer_left_is_adopted_and_not_said_twice() {
    for version in VERSIONS {
        for skew in [TimeDelta::zero(), TimeDelta::minutes(-20), TimeDelta::minutes(20)] {
            for misbehave in losses() {
                let obs = Obs::start(version);
                obs.world().skew = skew;
                others(&obs);
                let shown = format!("{version:?} {misbehave:?} {skew}");
                obs.next("POST", misbehave);
                let declared = root("Down");
                let lost = impatient(&config(&obs)).send(&declared).await;
                assert_eq!(class(&lost), "unsure", "{shown}: {lost:?}");
                let found = remote_id(open(&config(&obs)).send(&again(&declared)).await);
                assert_eq!((found.as_str(), without_others(&obs).len()), ("1", 1), "{shown}");
            }
        }
    }
}

#[tokio::test]
async fn what_was_not_done_is_done_again() {
    for version in VERSIONS {
        let obs = Obs::start(version);
        let channel = open(&config(&obs));
        obs.next("POST", Misbehave::Answers(500, Vec::new(), String::new()));
        let declared = root("Down");
        assert_eq!(class(&channel.send(&declared).await), "unsure");
        // A number was given twice, long ago: that message is not this one.
        let old = SystemClock.now() - TimeDelta::days(400);
        let text = status(MessageSeverity::Green, "Long ago").text;
        let (user, severity, scope) = ("Admin".to_owned(), "green".to_owned(), "all_users".to_owned());
        obs.world().messages.push(Message { id: 800, text, user, severity, scope, created_at: old });
        assert_eq!(remote_id(channel.send(&again(&declared)).await), "1");
        // The list itself is out of order: nothing is said before it was looked at.
        let obs = Obs::start(version);
        obs.next("GET", Misbehave::Answers(500, Vec::new(), String::new()));
        let channel = open(&config(&obs));
        assert_eq!(class(&channel.send(&again(&root("Down"))).await), "unsure");
        assert_eq!(standing(&obs), []);
    }
}

#[tokio::test]
async fn a_replacement_that_was_cut_off_anywhere_ends_as_one_message() {
    for version in VERSIONS {
        for method in ["PUT", "GET", "POST", "DELETE"] {
            for misbehave in losses() {
                let obs = Obs::start(version);
                others(&obs);
                let channel = impatient(&config(&obs));
                let first = remote_id(channel.send(&root("Down")).await);
                let update = put(MessageSeverity::Green, "Over", &first);
                obs.next(method, misbehave.clone());
                let mut outcome = channel.send(&update).await;
                obs.world().script.clear();
                if class(&outcome) != "sent" {
                    assert_eq!(class(&outcome), "unsure", "{version:?} {method} {misbehave:?}");
                    outcome = open(&config(&obs)).send(&again(&update)).await;
                }
                let shown = format!("{version:?} {method} {misbehave:?}");
                assert_eq!(class(&outcome), "sent", "{shown}");
                let id = without_others(&obs)[0].0;
                assert_eq!(without_others(&obs), [message(id, "green", "Over")], "{shown}");
            }
        }
    }
}

#[tokio::test]
async fn a_message_that_somebody_deleted_comes_again() {
    for version in VERSIONS {
        let obs = Obs::start(version);
        let channel = open(&config(&obs));
        let first = remote_id(channel.send(&root("Down")).await);
        obs.world().messages.clear();
        channel.send(&put(MessageSeverity::Yellow, "Better", &first)).await;
        assert_eq!(standing(&obs), [message(2, "yellow", "Better")]);
        // What follows still names the first one.
        channel.send(&put(MessageSeverity::Green, "Over", &first)).await;
        assert_eq!(standing(&obs).len(), 1);
        channel.send(&withdrawal(&first)).await;
        assert_eq!(standing(&obs), []);
    }
}

#[tokio::test]
async fn a_maintenance_is_waited_for_and_doubts_nothing() {
    for version in VERSIONS {
        let obs = Obs::start(version);
        obs.world().in_maintenance = true;
        let channel = open(&config(&obs));
        let outcome = channel.send(&root("Down")).await;
        let because = "the Open Build Service answers 503 maintainance: We are moving house".to_owned();
        assert_eq!(outcome, Outcome::Retry { because, after: None, unsure: false });
        let Finding::Wrong(found) = &channel.look().await[0] else { panic!("nothing is wrong") };
        assert!(found.ends_with(": the Open Build Service answers 503 maintainance: We are moving house"), "{found}");
        obs.world().in_maintenance = false;
        let headers = vec![("retry-after", "120")];
        obs.next("POST", Misbehave::Answers(503, headers, MAINTENANCE.to_owned()));
        let Outcome::Retry { after, unsure: false, .. } = channel.send(&root("Down")).await else { panic!() };
        assert_eq!(after, Some(Duration::from_secs(120)));
        assert_eq!(remote_id(channel.send(&root("Down")).await), "1");
    }
}

#[tokio::test]
async fn every_answer_has_its_meaning() {
    let no = |code: &str| format!("<status code=\"{code}\"><summary>No.</summary></status>");
    let cases = [
        (200, no("ok"), "sent"),
        (200, "{}".to_owned(), "unsure"),
        (301, String::new(), "misconfigured"),
        (400, no("validation_failed"), "fatal"),
        (401, no("authentication_required"), "misconfigured"),
        (403, no("put_request_no_permission"), "misconfigured"),
        (404, "<!DOCTYPE html>".to_owned(), "misconfigured"),
        (405, String::new(), "misconfigured"),
        (408, String::new(), "unsure"),
        (413, String::new(), "fatal"),
        (418, String::new(), "misconfigured"),
        (429, String::new(), "retry"),
        (500, String::new(), "unsure"),
        (503, "<html>".to_owned(), "unsure"),
        (503, MAINTENANCE.to_owned(), "retry"),
        (599, String::new(), "unsure"),
    ];
    for (status, body, expected) in cases {
        let obs = Obs::start(Version::New);
        let channel = open(&config(&obs));
        obs.next("POST", Misbehave::Answers(status, Vec::new(), body.clone()));
        let outcome = channel.send(&root("Down")).await;
        assert_eq!(class(&outcome), expected, "{status} {body}: {outcome:?}");
    }
}

#[tokio::test]
async fn nobody_there_and_nothing_to_say() {
    let obs = Obs::start(Version::New);
    let gone = config(&obs);
    drop(obs);
    assert_eq!(class(&open(&gone).send(&root("Down")).await), "retry");
    let obs = Obs::start(Version::New);
    let mut nothing = root("Down");
    nothing.delivery.content.body = "words for somebody else".to_owned();
    let outcome = open(&config(&obs)).send(&nothing).await;
    let because = "this is no status message: `Message:` is missing".to_owned();
    assert_eq!(outcome, Outcome::Fatal { because });
    assert_eq!(obs.world().calls, [] as [&str; 0]);
}

#[tokio::test]
async fn the_longest_words_there_can_be_are_taken() {
    for version in VERSIONS {
        let obs = Obs::start(version);
        let channel = open(&config(&obs));
        let long = Status { text: "🚨 & ".repeat(100_000), ..status(MessageSeverity::Red, "Down") };
        let first = remote_id(channel.send(&attempt(Lane::Root, &long, None)).await);
        let message = obs.world().messages[0].clone();
        assert!(message.text.len() > 60_000 && message.text.ends_with(&format!("<{MARK}>")));
        channel.send(&put(MessageSeverity::Green, "Over", &first)).await;
        assert_eq!(standing(&obs).len(), 1);
    }
}

#[tokio::test]
async fn who_may_not_is_told_what_is_missing() {
    for version in VERSIONS {
        for (user, password, says) in [
            ("plain", PASSWORD, "; the account needs the role Staff, before 2.11 Admin"),
            ("lockeduser", PASSWORD, " 403 inactive_user: "),
            ("Admin", "wrong", "; is the password right, and the account one of its own?"),
            ("nobody", PASSWORD, " 401 authentication_required: Unknown user 'nobody' or invalid password"),
        ] {
            let obs = Obs::start(version);
            let proof = ObsProof::Password(Secret::new(password));
            let config = ObsConfig { username: user.to_owned(), proof, ..config(&obs) };
            let outcome = open(&config).send(&root("Down")).await;
            let Outcome::Misconfigured { because } = outcome else { panic!("{user}: {outcome:?}") };
            assert!(because.contains(says), "{because}");
        }
    }
}

#[tokio::test]
async fn a_password_that_is_said_back_is_not_repeated() {
    let obs = Obs::start(Version::New);
    let said = format!("<status code=\"x\"><summary>you said {PASSWORD}</summary></status>");
    obs.next("POST", Misbehave::Answers(400, Vec::new(), said));
    let outcome = open(&config(&obs)).send(&root("Down")).await;
    let because = "the Open Build Service answers 400 x: you said <secret>".to_owned();
    assert_eq!(outcome, Outcome::Fatal { because });
}

#[tokio::test]
async fn looking_says_whether_it_is_there_and_tells_nobody() {
    let obs = Obs::start(Version::New);
    let found = open(&config(&obs)).look().await;
    let Finding::Well(words) = &found[0] else { panic!("{found:?}") };
    assert!(
        words.contains("as Admin, and read its status messages; to write some, Admin needs the role Staff"),
        "{words}"
    );
    assert_eq!(obs.world().calls, ["GET /status/messages?limit=30"]);
    let elsewhere = ObsConfig { api_url: format!("{}/elsewhere", obs.url), ..config(&obs) };
    let found = open(&elsewhere).look().await;
    let Finding::Wrong(words) = &found[0] else { panic!("{found:?}") };
    assert!(words.ends_with("`api_url` is the address of its API, like https://api.opensuse.org"), "{words}");
}

fn key(folder: &Path, name: &str) -> std::path::PathBuf {
    let file = folder.join(name);
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"]).arg(&file);
    assert!(command.status().unwrap().success());
    file
}

#[tokio::test]
async fn an_ssh_key_proves_it_where_the_proxy_asks_for_a_signature() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, stranger) = (key(folder.path(), "ours"), key(folder.path(), "stranger"));
    let public = std::fs::read_to_string(ours.with_extension("pub")).unwrap();
    let signers = folder.path().join("signers");
    std::fs::write(&signers, format!("Admin {public}")).unwrap();
    let obs = Obs::start(Version::New);
    obs.world().signatures = Some(("Use your developer account", signers));
    let with = |file: &Path| ObsConfig { proof: ObsProof::SshKey(file.to_owned()), ..config(&obs) };
    let channel = open(&with(&ours));
    let first = remote_id(channel.send(&root("Down")).await);
    channel.send(&put(MessageSeverity::Green, "Over", &first)).await;
    assert_eq!(standing(&obs), [message(1, "green", "Over")]);
    // It was asked once for whom to sign.
    assert_eq!(obs.world().calls.len(), 3);
    assert_eq!(class(&open(&with(&stranger)).send(&root("Down")).await), "misconfigured");
    assert_eq!(class(&open(&config(&obs)).send(&root("Down")).await), "misconfigured");
    let outcome = open(&with(&folder.path().join("none"))).send(&root("Down")).await;
    let Outcome::Misconfigured { because } = outcome else { panic!("{outcome:?}") };
    assert!(because.starts_with("ssh-keygen could not sign with "), "{because}");
}
