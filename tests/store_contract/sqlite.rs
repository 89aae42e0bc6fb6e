//! What is special to SQLite: files, locks, disks, crashes.

use crate::fixtures::{End, at, claim, claim_of, closed, decide, delivery, finish, ids, input, note};
use domain::delivery::Lane;
use domain::engine::Changes;
use domain::ids::{IncidentId, InputSeq};
use earlybell::store::sqlite::SqliteStore;
use earlybell::store::{Appended, InputKind, Store, StoreError};
use futures_util::future::join_all;
use rusqlite::Connection;
use std::future::Future;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::pin::Pin;
use std::process::Command;
use std::sync::Arc;
use std::task::Poll;

const ANY: usize = usize::MAX;

type Appends<'a> = Pin<Box<dyn Future<Output = Vec<Result<Appended, StoreError>>> + 'a>>;

fn open(dir: &Path) -> Arc<dyn Store> {
    Arc::new(SqliteStore::open(dir).unwrap())
}

fn refusal(dir: &Path) -> String {
    SqliteStore::open(dir).err().unwrap().to_string()
}

// Nothing can be committed to this file until the connection is dropped.
fn held(path: &Path) -> Connection {
    let conn = Connection::open(path).unwrap();
    conn.execute_batch("BEGIN IMMEDIATE").unwrap();
    conn
}

// Appends that stand in the queue when this returns.
async fn queued(store: &SqliteStore, callers: usize, bytes: usize) -> Appends<'_> {
    let append = move |_| store.append(input(InputKind::Webhook, &vec![1; bytes], 0));
    let mut all: Appends<'_> = Box::pin(join_all((0..callers).map(append)));
    assert!(std::future::poll_fn(|cx| Poll::Ready(all.as_mut().poll(cx).is_pending())).await);
    all
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    {
        let store = open(dir.path());
        store.append(input(InputKind::Webhook, b"one", 10)).await.unwrap();
        decide(&store, 1, vec![delivery(1, 7, "team", Lane::Root), delivery(2, 7, "team", Lane::Post)]).await;
        store.append(input(InputKind::Webhook, b"two", 20)).await.unwrap();
        claim(&store, 0).await;
        finish(&store, 1, 1, End::Sent(Some("t")), 1).await;
        assert_eq!(claim(&store, 1).await[0].attempt, 1);
    }
    let store = open(dir.path());
    assert_eq!(store.load(at(0)).await.unwrap().position, InputSeq(1));
    let undecided = store.inputs_after(InputSeq(1), 10, ANY).await.unwrap();
    assert_eq!((undecided.len(), &undecided[0].body[..]), (1, &b"two"[..]));
    let again = &claim(&store, 2).await[0];
    assert_eq!((again.attempt, again.unsure, again.thread.as_deref()), (2, true, Some("t")));
    assert_eq!(store.figures(at(0)).await.unwrap().last_seen, [("default".to_owned(), at(20))]);
    let next = store.append(input(InputKind::Tick, b"", 5)).await.unwrap();
    assert_eq!(next, Appended { seq: InputSeq(3), at: at(20) }, "numbers and times go on");
}

#[tokio::test]
async fn what_a_killed_process_was_sending_goes_on_at_once() {
    let dir = tempfile::tempdir().unwrap();
    {
        let store = open(dir.path());
        decide(&store, 1, vec![delivery(1, 7, "team", Lane::Root), delivery(2, 7, "team", Lane::Put)]).await;
        claim(&store, 0).await;
        finish(&store, 1, 1, End::Sent(Some("t")), 0).await;
        claim(&store, 0).await;
        let later = vec![delivery(3, 7, "team", Lane::Put), delivery(4, 8, "list", Lane::Root)];
        decide(&store, 2, later).await;
        decide(&store, 3, vec![delivery(5, 9, "team", Lane::Root), delivery(6, 9, "team", Lane::Post)]).await;
        assert_eq!(ids(&claim(&store, 5).await), [5], "2 is on its way still");
        claim_of(&store, "list", 5, 9).await;
        finish(&store, 4, 1, End::Retry(900), 6).await;
    }
    let store = open(dir.path());
    let again: Vec<_> = claim(&store, 6).await.iter().map(|c| (c.delivery.id.0, c.attempt, c.unsure)).collect();
    assert_eq!(again, [(3, 1, false), (5, 2, true)], "the text that 2 had is overtaken");
    assert!(claim_of(&store, "list", 6, 9).await.is_empty(), "what waits for its next attempt goes on waiting");
    assert!(!finish(&store, 5, 1, End::Dead, 6).await, "the attempt of the dead process is fenced off");
}

#[tokio::test]
async fn callers_share_commits() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path()).unwrap();
    let busy = held(&dir.path().join("inbox.db"));
    let all = queued(&store, 64, 9000).await;
    drop(busy);
    let numbers: Vec<u64> = all.await.into_iter().map(|appended| appended.unwrap().seq.0).collect();
    assert_eq!(numbers, (1..=64).collect::<Vec<_>>());
    // The first may have been on its way alone.
    assert!(store.inbox_commits() <= 2, "{} commits", store.inbox_commits());
}

#[tokio::test]
async fn refuses_what_does_not_fit_into_the_queue_and_takes_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path()).unwrap();
    for (fits, bytes) in [(4096, 10), (64, 1024 * 1024)] {
        let busy = held(&dir.path().join("inbox.db"));
        let all = queued(&store, fits, bytes).await;
        let refused = store.append(input(InputKind::Webhook, &vec![1; bytes], 0)).await;
        assert!(matches!(refused, Err(StoreError::Overloaded { waiting }) if waiting == fits), "{refused:?}");
        drop(busy);
        assert!(all.await.iter().all(Result::is_ok));
        store.append(input(InputKind::Webhook, &vec![1; bytes], 0)).await.unwrap();
    }
}

#[tokio::test]
async fn engine_commits_do_not_hold_up_appends() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path()).unwrap();
    let _busy = held(&dir.path().join("earlybell.db"));
    let mut commit = Box::pin(store.commit(Changes { position: InputSeq(1), ..Changes::default() }));
    assert!(std::future::poll_fn(|cx| Poll::Ready(commit.as_mut().poll(cx).is_pending())).await);
    store.append(input(InputKind::Webhook, b"{}", 0)).await.unwrap();
}

#[tokio::test]
async fn a_directory_has_one_user() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("a/data");
    let first = SqliteStore::open(&data).unwrap();
    let expected = format!(
        "another process (id {}) uses {}; stop it, or choose another directory with --storage.path",
        std::process::id(),
        data.display()
    );
    assert_eq!(refusal(&data), expected);
    first.close();
    assert!(matches!(first.append(input(InputKind::Tick, b"", 0)).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(first.tokens().await, Err(StoreError::Unavailable(_))));
    drop(first);
    SqliteStore::open(&data).unwrap();
    let rights = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((rights(&data), rights(&data.join("inbox.db"))), (0o700, 0o600));
}

#[tokio::test]
async fn closing_leaves_plain_files() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path()).unwrap();
    store.append(input(InputKind::Webhook, b"{}", 0)).await.unwrap();
    store.tokens().await.unwrap();
    store.close();
    let mut files: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["earlybell.db", "earlybell.lock", "inbox.db"]);
}

#[test]
fn refuses_files_it_must_not_touch() {
    let dir = tempfile::tempdir().unwrap();
    drop(SqliteStore::open(dir.path()).unwrap());
    let inbox = dir.path().join("inbox.db");
    let set_version = |version: i64| {
        Connection::open(&inbox).unwrap().execute("UPDATE schema_version SET version = ?", [version]).unwrap()
    };
    set_version(99);
    let newer = "it was written by a newer Earlybell (schema 99, this one knows 1); start that version again, or \
                 restore the backup made before the upgrade";
    assert_eq!(refusal(dir.path()), format!("{}: {newer}", inbox.display()));
    set_version(1);
    drop(SqliteStore::open(dir.path()).unwrap());

    std::fs::remove_file(&inbox).unwrap();
    Connection::open(&inbox).unwrap().execute_batch("CREATE TABLE places (url TEXT)").unwrap();
    let other = "it is a database of another program; choose another directory with --storage.path";
    assert_eq!(refusal(dir.path()), format!("{}: {other}", inbox.display()));

    std::fs::write(&inbox, "not a database at all, but long enough to look like one".repeat(100)).unwrap();
    assert!(refusal(dir.path()).contains("the database is damaged"), "{}", refusal(dir.path()));
}

#[tokio::test]
async fn finds_damage_at_start() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let entries = (1..=500).map(|number| note(7, number)).collect();
    store.commit(Changes { position: InputSeq(1), entries, ..Changes::default() }).await.unwrap();
    drop(store);
    let path = dir.path().join("earlybell.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let pages = bytes.len() / 4096;
    for page in pages / 2..pages {
        bytes[page * 4096..page * 4096 + 100].fill(0xA5);
    }
    std::fs::write(&path, bytes).unwrap();
    assert!(refusal(dir.path()).contains("the database is damaged"), "{}", refusal(dir.path()));
}

// Nothing is moved out of the log while it is this small, so a copy made at any moment is what a power cut leaves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_made_while_writing_opens_with_all_that_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(dir.path()).unwrap());
    for round in 1..=20_u64 {
        let writer = Arc::clone(&store);
        let appends = tokio::spawn(async move {
            let append = |_| writer.append(input(InputKind::Webhook, &[1; 3000], 0));
            join_all((0..20).map(append)).await
        });
        let decided = (round - 1) * 20;
        if decided > 0 {
            let changes =
                Changes { position: InputSeq(decided), entries: vec![note(7, round as u32)], ..Changes::default() };
            store.commit(changes).await.unwrap();
        }
        let copy = tempfile::tempdir().unwrap();
        for name in ["inbox.db", "inbox.db-wal", "earlybell.db", "earlybell.db-wal"] {
            std::fs::copy(dir.path().join(name), copy.path().join(name)).unwrap();
        }
        let copied = open(copy.path());
        let inputs = copied.inputs_after(InputSeq(0), 1000, ANY).await.unwrap();
        assert!(inputs.len() as u64 >= decided, "{} of {decided} in round {round}", inputs.len());
        assert_eq!(copied.load(at(0)).await.unwrap().position, InputSeq(decided));
        let entries = copied.timeline(IncidentId(7), None, 100).await.unwrap();
        assert_eq!(entries.len() as u64, round - 1);
        assert!(appends.await.unwrap().iter().all(Result::is_ok));
    }
}

#[tokio::test]
async fn an_older_inbox_never_gives_decided_numbers_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for seconds in 0..5 {
        store.append(input(InputKind::Webhook, b"{}", seconds)).await.unwrap();
    }
    let changes = Changes { position: InputSeq(5), at: Some(at(4)), ..Changes::default() };
    store.commit(changes).await.unwrap();
    drop(store);
    std::fs::remove_file(dir.path().join("inbox.db")).unwrap();
    let store = open(dir.path());
    let next = store.append(input(InputKind::Webhook, b"{}", 0)).await.unwrap();
    assert_eq!(next, Appended { seq: InputSeq(6), at: at(4) });
    assert_eq!(store.figures(at(0)).await.unwrap().last_input, InputSeq(6));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_stays_bounded_under_load() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path()).unwrap();
    let mut longest = 0;
    for _ in 0..60 {
        let append = |_| store.append(input(InputKind::Webhook, &[1; 200_000], 0));
        assert!(join_all((0..16).map(append)).await.iter().all(Result::is_ok));
        longest = longest.max(store.figures(at(0)).await.unwrap().wal_bytes);
    }
    assert!(longest <= 64 * 1024 * 1024, "{longest} bytes");
    assert!(store.figures(at(0)).await.unwrap().bytes >= 60 * 16 * 200_000, "nothing is lost on the way");
    assert_eq!(store.inputs_after(InputSeq(959), 10, ANY).await.unwrap().len(), 1);
}

// A disk of three megabytes needs a mount of its own, so this runs the test below in a namespace where it may mount.
#[test]
fn a_full_disk_refuses_and_heals() {
    let dir = tempfile::tempdir().unwrap();
    let test = std::env::current_exe().unwrap();
    let script = "mount -t tmpfs -o size=3m tmpfs \"$DISK\" && exec \"$0\" --ignored --exact sqlite::on_a_small_disk";
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
        .arg(test)
        .env("DISK", dir.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[tokio::test]
#[ignore = "a_full_disk_refuses_and_heals runs it on a disk of its own"]
async fn on_a_small_disk() {
    let disk = std::env::var("DISK").unwrap();
    let dir = Path::new(&disk);
    let store = open(&dir.join("data"));
    let ballast = dir.join("ballast");
    std::fs::write(&ballast, vec![0; 1_500_000]).unwrap();
    let mut acknowledged = 0;
    let refusal = loop {
        match store.append(input(InputKind::Webhook, &[1; 9000], 0)).await {
            Ok(appended) => acknowledged = appended.seq.0,
            Err(error) => break error,
        }
    };
    assert!(matches!(refusal, StoreError::Unavailable(_)), "{refusal}");
    assert!(acknowledged > 10);
    for _ in 0..20 {
        assert!(store.append(input(InputKind::Webhook, &[1; 9000], 0)).await.is_err(), "still full");
    }
    let changes = |position| Changes {
        position: InputSeq(position),
        entries: (1..=2000).map(|number| note(position, number)).collect(),
        incidents: [(IncidentId(position), closed(position, 0))].into(),
        ..Changes::default()
    };
    assert!(matches!(store.commit(changes(1)).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.check().await, Err(StoreError::Unavailable(_))));
    assert_eq!(store.inputs_after(InputSeq(0), 1000, ANY).await.unwrap().len() as u64, acknowledged, "reading goes on");

    std::fs::remove_file(&ballast).unwrap();
    let next = store.append(input(InputKind::Webhook, &[1; 9000], 0)).await.unwrap();
    assert_eq!(next.seq.0, acknowledged + 1, "it heals by itself, and nothing was half written");
    store.commit(changes(1)).await.unwrap();
    store.check().await.unwrap();
    assert_eq!(store.timeline(IncidentId(1), None, 10_000).await.unwrap().len(), 2000);
    assert_eq!(store.inputs_after(InputSeq(0), 1000, ANY).await.unwrap().len() as u64, acknowledged + 1);
}

#[tokio::test]
async fn the_audit_log_refuses_whoever_opens_the_file() {
    let dir = tempfile::tempdir().unwrap();
    {
        let store = open(dir.path());
        crate::audit::commit(&store, 1, &crate::audit::chain(3)).await;
    }
    let conn = Connection::open(dir.path().join("earlybell.db")).unwrap();
    for sql in [
        "UPDATE audit SET who = 'eve' WHERE number = 2",
        "UPDATE audit SET number = 9 WHERE number = 3",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE number = 3",
        "INSERT OR REPLACE INTO audit SELECT 2, at, input, 'eve', surface, access, what, incident, changes, outcome,
           because, hash FROM audit WHERE number = 2",
        "INSERT INTO audit SELECT 9, at, input, who, surface, access, what, incident, changes, outcome, because, hash
         FROM audit WHERE number = 2",
    ] {
        let refused = conn.execute(sql, []).unwrap_err().to_string();
        assert!(refused.contains("audit log"), "{refused}: {sql}");
    }
    let (rows, eve): (i64, i64) = conn
        .query_row("SELECT COUNT(*), SUM(who = 'eve') FROM audit", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert_eq!((rows, eve), (3, 0));
}
