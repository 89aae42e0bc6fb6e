//! Backups of a server that runs, and what a restore does to the world: nothing, until somebody says so.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "backup/archive.rs"]
mod archive;
#[path = "support/clock.rs"]
mod clock;
#[path = "support/host.rs"]
mod host;
#[path = "support/program.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod program;
#[path = "support/slack.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod slack;

use chrono::{DateTime, TimeDelta, Utc};
use clock::TestClock;
use earlybell::app::engine_loop::{EngineLoop, Step};
use earlybell::app::inbox::Inbox;
use earlybell::clock::{Clock, SystemClock};
use earlybell::config::{Named, Overrides, parse};
use earlybell::store::sqlite::SqliteStore;
use earlybell::store::{InputKind, Store};
use program::{Program, call};
use serde_json::Value;
use slack::Slack;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

const RULES: &str = r#"
groups:
  - name: frontend
    rules:
      - incident: Broken
        title: "{{ labels.service }} is broken"
        general_impact: everyone who builds packages
        correlate_by: [service]
        when: { alerts: ['alertname = Broken'] }
        declare_as: confirmed
"#;

fn earlybell(words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_earlybell"));
    command.args(words).env_clear().env("USER", "ada").output().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn done(words: &[&str]) -> String {
    let output = earlybell(words);
    assert!(output.status.success(), "{words:?}: {}", text(&output));
    text(&output)
}

fn refused(words: &[&str]) -> String {
    let output = earlybell(words);
    assert_eq!(output.status.code(), Some(1), "{words:?}: {}", text(&output));
    text(&output)
}

// Fires since now: what fired before the very first start is no news.
fn webhook(service: &str, status: &str) -> String {
    webhook_at(service, status, SystemClock.now())
}

fn webhook_at(service: &str, status: &str, at: DateTime<Utc>) -> String {
    let at = at.to_rfc3339();
    format!(
        r#"{{"version":"4","receiver":"bell","groupKey":"{{}}","truncatedAlerts":0,"status":"{status}","groupLabels":{{}},"commonLabels":{{}},"commonAnnotations":{{}},"externalURL":"","alerts":[{{"status":"{status}","labels":{{"alertname":"Broken","service":"{service}"}},"annotations":{{}},"startsAt":"{at}","endsAt":"0001-01-01T00:00:00Z","generatorURL":""}}]}}"#
    )
}

fn configuration(slack: &Slack) -> String {
    format!(
        "rule_files: [rules.yml]\nroute: {{ receiver: team }}\nreceivers: [{{ name: team, slack: {{ channel: {}, \
         bot_token: {}, api_url: '{}' }} }}]\n",
        slack::CHANNELS[0].0,
        slack::TOKEN,
        slack.url
    )
}

fn path(folder: &Path, name: &str) -> (PathBuf, String) {
    let path = folder.join(name);
    (path.clone(), path.display().to_string())
}

/// A store as a server left it a day ago: one incident told and open, one declared and not told yet.
async fn yesterday(dir: &Path, folder: &Path, config: &str) {
    let clock = TestClock::at("2026-01-01T00:00:00Z");
    clock.advance(SystemClock.now() - TimeDelta::days(1) - clock.now());
    let store = Arc::new(SqliteStore::open(dir).unwrap());
    let inbox = Arc::new(Inbox::new(store.clone(), clock.clone()));
    let mut engine = EngineLoop::load(store.clone(), inbox.clone(), clock.clone(), Box::new(|_| {})).await.unwrap();
    let file = Named { name: "earlybell.yml".to_owned(), content: config.to_owned() };
    let config = parse(&file, folder, &Overrides::default()).unwrap();
    inbox.started().await.unwrap();
    inbox.policy(&config.policy).await.unwrap();
    for service in ["queue", "web"] {
        let body = webhook_at(service, "firing", clock.now()).into_bytes();
        inbox.append(InputKind::Webhook, "default", body).await.unwrap();
        clock.advance(TimeDelta::minutes(5));
    }
    while matches!(engine.step().await.unwrap(), Step::Worked(_)) {}
    assert_eq!(store.figures(clock.now()).await.unwrap().incidents[0].2, 2);
    store.close();
}

#[test]
fn the_restore_of_a_day_old_backup_sends_nothing_until_somebody_says_so() {
    let slack = Slack::start();
    let config = configuration(&slack);
    // Only for its folder and files; its store is replaced.
    let mut program = Program::start(&config, &[("rules.yml", RULES)]);
    program.kill();
    let folder = program.folder.path().to_owned();
    let ((data, data_name), (_, file)) = (path(&folder, "data"), path(&folder, "earlybell.tar"));
    std::fs::remove_dir_all(&data).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(yesterday(&data, &folder, &config));
    let said = done(&["backup", "--storage.path", &data_name, &file]);
    assert!(said.contains("2 incidents (2 open)"), "{said}");
    std::fs::remove_dir_all(&data).unwrap();

    let said = done(&["restore", &file, "--storage.path", &data_name]);
    assert!(said.contains("Nothing is sent yet"), "{said}");
    program.run();
    // A day went by: clocks ring, promises are late; and something new breaks.
    program.post("/api/v1/alertmanager", &webhook("mail", "firing")).unwrap();
    program.wait("the new incident is not declared", |program| {
        let list: Value = serde_json::from_str(&program.get("/api/v1/incidents").ok()?).ok()?;
        (list["incidents"].as_array()?.len() == 3).then_some(())
    });
    program.wait("it does not come to rest", |program| {
        (program.metric("earlybell_engine_lag_inputs")? == 0.0).then_some(())
    });
    assert_eq!(program.metric("earlybell_deliveries_held"), Some(1.0));
    assert!(program.metric("earlybell_outbox_queue_length").unwrap() > 2.0);
    let log = program.last_words();
    assert!(log.contains("NOTHING IS SENT") && log.contains("nothing is sent: this store was restored"), "{log}");
    for page in ["/", "/incidents/1", "/people", "/deliveries"] {
        let html = program.get(page).unwrap();
        assert!(html.contains("was restored from a backup of"), "{page}: {html}");
    }
    let newest: Value = serde_json::from_str(&program.get("/api/v1/incidents").unwrap()).unwrap();
    assert_eq!(newest["incidents"][0]["number"], 103, "numbers that may be on people's minds are left out");
    // Longer than a worker waits before it looks again by itself would prove no more: a claim finds nothing.
    assert!(slack.world().calls.is_empty(), "{:?}", slack.world().calls);

    let socket = data.join("earlybell.sock").display().to_string();
    let said = done(&["deliveries", "release", "--server", &socket]);
    assert!(said.contains("notices are sent again"), "{said}");
    program.wait("the new incident is not told", |_| {
        slack.threads(slack::CHANNELS[0].0).iter().any(|(root, _)| root.contains("INC-103")).then_some(())
    });
    program.wait("it does not come to rest", |program| {
        (program.metric("earlybell_outbox_queue_length")? == 0.0).then_some(())
    });
    let threads = slack.threads(slack::CHANNELS[0].0);
    assert!(!threads.iter().any(|(root, _)| root.contains("declared") && root.contains("INC-1:")), "{threads:?}");
    let timeline = program.get("/incidents/1.md").unwrap();
    assert!(timeline.contains("did not reach team: not sent: it waited when the backup"), "{timeline}");
    assert_eq!(program.metric("earlybell_deliveries_held"), Some(0.0));
    let audit = program.get("/api/v1/audit").unwrap();
    assert!(audit.contains("restored from the backup of") && audit.contains("notices released"), "{audit}");
    let again = refused(&["deliveries", "release", "--server", &socket]);
    assert!(again.contains("nothing is held"), "{again}");
}

#[test]
fn backups_under_load_are_whole() {
    let mut program = Program::start("rule_files: [rules.yml]\n", &[("rules.yml", RULES)]);
    let folder = program.folder.path().to_owned();
    let (address, over, sent) = (program.address, Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let clients: Vec<_> = (0..2)
        .map(|client| {
            let (over, sent) = (over.clone(), sent.clone());
            std::thread::spawn(move || {
                while !over.load(Ordering::SeqCst) {
                    let service = format!("s{client}-{}", sent.fetch_add(1, Ordering::SeqCst) % 20);
                    call(address, "POST", "/api/v1/alertmanager", &webhook(&service, "firing")).unwrap();
                }
            })
        })
        .collect();
    let (_, data) = path(&folder, "data");
    for round in 0..5 {
        let before = sent.load(Ordering::SeqCst);
        program.wait("nothing is taken", |_| (sent.load(Ordering::SeqCst) > before + 20).then_some(()));
        let (_, file) = path(&folder, &format!("{round}.tar"));
        done(&["backup", "--quiet", "--storage.path", &data, &file]);
        // Restoring checks every page and the chain once more.
        let (restored, name) = path(&folder, &format!("restored-{round}"));
        done(&["restore", &file, "--storage.path", &name]);
        assert!(restored.join("earlybell.db").exists() && restored.join("inbox.db").exists());
        assert!(!restored.join(".restoring").exists());
    }
    over.store(true, Ordering::SeqCst);
    clients.into_iter().for_each(|client| client.join().unwrap());
    let parts = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(parts.filter(|name| name.ends_with(".part")).count(), 0, "nothing unfinished is left");
}

#[test]
fn what_is_wrong_changes_nothing() {
    let mut program = Program::start("rule_files: [rules.yml]\n", &[("rules.yml", RULES)]);
    program.post("/api/v1/alertmanager", &webhook("web", "firing")).unwrap();
    program.wait("it is not declared", |program| program.get("/api/v1/incidents/1").ok());
    program.kill();
    let folder = program.folder.path().to_owned();
    let ((_, data), (tar, file)) = (path(&folder, "data"), path(&folder, "b.tar"));
    let (target, target_name) = path(&folder, "new");
    done(&["backup", "--storage.path", &data, &file]);
    assert_eq!(std::os::unix::fs::MetadataExt::mode(&tar.metadata().unwrap()) & 0o777, 0o600);

    let before = std::fs::read(&tar).unwrap();
    let said = refused(&["backup", "--storage.path", &data, &file]);
    assert!(said.contains("is there already") && std::fs::read(&tar).unwrap() == before, "{said}");
    done(&["backup", "--storage.path", &data, &file, "--force"]);
    let said = refused(&["backup", "--storage.path", &target_name, &file, "--force"]);
    assert!(said.contains("there is no store in"), "{said}");
    let said = refused(&["restore", &file, "--storage.path", &data]);
    assert!(said.contains("is not empty"), "{said}");

    let whole = std::fs::read(&tar).unwrap();
    let spoilt = folder.join("spoilt.tar");
    let spoilt_name = spoilt.display().to_string();
    // The manifest, the first database, the second one, the end; and cut off.
    for at in [600, 1024 + 5_000, whole.len() - 40_000, whole.len() - 100] {
        let mut changed = whole.clone();
        changed[at] ^= 0x20;
        std::fs::write(&spoilt, changed).unwrap();
        let said = refused(&["restore", &spoilt_name, "--storage.path", &target_name]);
        assert!(said.contains("is no backup that can be used") && !target.exists(), "{at}: {said}");
    }
    std::fs::write(&spoilt, &whole[..whole.len() / 2]).unwrap();
    let said = refused(&["restore", &spoilt_name, "--storage.path", &target_name]);
    assert!(said.contains("cut off") && !target.exists(), "{said}");
    let newer = String::from_utf8_lossy(&whole[512..2_048]).into_owned();
    let newer = newer.replace("\"version\": 1,", "\"version\": 9,");
    let mut changed = whole.clone();
    changed[512..2_048].copy_from_slice(newer.as_bytes());
    std::fs::write(&spoilt, changed).unwrap();
    let said = refused(&["restore", &spoilt_name, "--storage.path", &target_name]);
    assert!(said.contains("of version 9") && !target.exists(), "{said}");
    done(&["restore", &file, "--storage.path", &target_name]);
}
