//! The audit log on the command line: shown, checked, and what becomes of whoever changes it.

use super::{Server, assert_snapshot, transcript};
use rusqlite::Connection;
use std::path::Path;
use tempfile::TempDir;

// Hashes differ with the times of records: as many letters that are always the same.
fn without_hashes(said: &str) -> String {
    let is_hash = |word: &str| [16, 64].contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let lines = said.lines().map(|line| {
        let words = line.split(' ').map(|word| if is_hash(word) { "f".repeat(word.len()) } else { word.to_owned() });
        words.collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

fn minutes_hidden(said: &str) -> String {
    let cut = said.split(", 20").next().unwrap_or_default();
    let rest = said.split_once(" UTC").map_or("", |(_, rest)| rest);
    if said.contains(" UTC") { format!("{cut}, from then to then{rest}") } else { said.to_owned() }
}

// Incidents, refusals, and what an admin did; the folder, and what the notice of the resolution bears.
fn worked_on() -> (TempDir, String) {
    let mut server = Server::start(&[]);
    let acts: [&[&str]; 5] = [
        &["incident", "declare", "Downloads", "are", "slow", "--as", "ada"],
        &["incident", "severity", "1", "critical", "nobody can log in", "--as", "bob"],
        &["incident", "confirm", "1", "--as", "bob"],
        &["quarantine", "drop", "7", "--as", "eve"],
        &["incident", "resolve", "1", "disk added", "--as", "ada"],
    ];
    acts.iter().for_each(|words| drop(server.run(words)));
    server.request("POST", "/-/reload");
    let told = server.wait_until_said("Record: audit");
    let record = told.lines().last().unwrap().trim().to_owned();
    let shown: [&[&str]; 5] = [
        &["audit"],
        &["audit", "list", "--incident", "1", "--limit", "1", "-o", "extended"],
        &["audit", "--since", "2h", "-q"],
        &["audit", "--since", "yesterday"],
        &["audit", "head", "-q"],
    ];
    let said: Vec<String> = shown.iter().map(|words| without_hashes(&server.run(words))).collect();
    assert_snapshot("audit.txt", &said.join("\n"));
    let holds = server.run(&["audit", "verify", "--head", &record]);
    assert!(holds.contains("the chain holds: 6 records") && holds.contains("(exit 0)"), "{holds}");
    let other = format!("{}0000000", &record[..record.len() - 7]);
    let differs = server.run(&["audit", "verify", "--head", &other]);
    assert!(differs.contains("record 5 is not the one that was written") && differs.contains("(exit 1)"), "{differs}");
    let asked = server.run(&["audit", "verify", "--head", "5"]);
    assert!(asked.contains("at least 8 digits") && asked.contains("(exit 2)"), "{asked}");
    (server.stop(), record)
}

fn verify(folder: &TempDir, more: &[&str]) -> String {
    let words = [&["audit", "verify", "--storage.path", "data"], more].concat();
    minutes_hidden(&super::without_times(&without_hashes(&transcript(folder.path(), &words))))
}

// As somebody with the file at hand would.
fn forge(folder: &Path, sql: &str) {
    let conn = Connection::open(folder.join("data/earlybell.db")).unwrap();
    let triggers = "DROP TRIGGER IF EXISTS audit_never_changes; DROP TRIGGER IF EXISTS audit_never_shrinks;
                    DROP TRIGGER IF EXISTS audit_grows_at_its_end;";
    conn.execute_batch(triggers).unwrap();
    conn.execute_batch(sql).unwrap();
}

#[test]
fn who_did_what_is_shown_and_whoever_changes_it_is_found() {
    let (folder, record) = worked_on();
    let whole = "$ earlybell audit verify --storage.path data\nthe chain holds: 6 records, from then to then\n";
    assert!(verify(&folder, &[]).starts_with(whole), "{}", verify(&folder, &[]));
    let copy = |sql: &str| {
        let copied = tempfile::tempdir().unwrap();
        std::fs::create_dir(copied.path().join("data")).unwrap();
        for file in ["earlybell.db", "inbox.db"] {
            let (from, to) = (folder.path().join("data").join(file), copied.path().join("data").join(file));
            std::fs::copy(from, to).unwrap();
        }
        forge(copied.path(), sql);
        copied
    };
    for (sql, found) in [
        ("UPDATE audit SET who = 'eve' WHERE number = 2", "record 2 does not match its hash"),
        ("UPDATE audit SET changes = '[]' WHERE number = 1", "record 1 does not match its hash"),
        ("DELETE FROM audit WHERE number = 4", "record 4 is missing: 3 is followed by 5"),
        (
            "DELETE FROM audit WHERE number > 4",
            "records up to 6 were written, and are missing at the end: 4 is the last",
        ),
        (
            "UPDATE audit SET number = -number WHERE number > 3; UPDATE audit SET number = 10 + number WHERE number < 0",
            "record 4 does not match its hash",
        ),
        ("UPDATE audit SET surface = 'telephone' WHERE number = 3", "the audit record 3 that can't be read"),
    ] {
        let said = verify(&copy(sql), &[]);
        assert!(said.contains(found) && said.contains("(exit 1)"), "{sql}: {said}");
    }
    // Somebody who cuts the end off, and says that no more was ever written, is found by the notice alone.
    let cut = copy(
        "DELETE FROM audit WHERE number > 3;
         UPDATE position SET audit_number = 3, audit_hash = (SELECT hash FROM audit WHERE number = 3)",
    );
    assert!(verify(&cut, &[]).contains("the chain holds: 3 records"));
    let said = verify(&cut, &["--head", &record]);
    assert!(
        said.contains("records up to 5 were written, and are missing at the end") && said.contains("(exit 1)"),
        "{said}"
    );
}
