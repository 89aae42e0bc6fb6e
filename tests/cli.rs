//! The command line as people use it: help, checks, and everything against a running server.

use std::path::Path;
use std::process::{Command, Output};

fn earlybell(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_earlybell"));
    command.args(words).current_dir(folder).env_clear().env("USER", "ada").env("COLUMNS", "100");
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Exit code, standard output and standard error, as one text.
fn transcript(folder: &Path, words: &[&str]) -> String {
    let output = earlybell(folder, words);
    let code = output.status.code().unwrap();
    format!("$ earlybell {}\n{}{}(exit {code})\n", words.join(" "), text(&output.stdout), text(&output.stderr))
}

/// Compares with a file; `UPDATE=1` writes it.
fn assert_snapshot(name: &str, said: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/cli").join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, said).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(said == expected, "{} differs (UPDATE=1 writes it anew); said:\n{said}", path.display());
}

#[test]
fn help_teaches() {
    let folder = tempfile::tempdir().unwrap();
    let verbs: [&[&str]; 8] = [
        &["--help"],
        &["serve", "--help"],
        &["check", "config", "--help"],
        &["alert", "add", "--help"],
        &["incident", "--help"],
        &["incident", "calloff", "--help"],
        &["deliveries", "--help"],
        &["token", "new", "--help"],
    ];
    let said: Vec<String> = verbs.iter().map(|words| transcript(folder.path(), words)).collect();
    assert_snapshot("help.txt", &said.join("\n"));
}

#[test]
fn checks_say_what_is_wrong_and_where() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| std::fs::write(folder.path().join(name), content).unwrap();
    write("good.yml", "receivers: [{ name: team, console: {} }]\nrule_files: [rules.yml]\n");
    write("bad.yml", "recievers: []\n");
    write(
        "rules.yml",
        "groups:\n  - name: g\n    rules:\n      - incident: Down\n        when: { alerts: ['a = b'] }\n",
    );
    write("bad_rules.yml", "groups:\n  - name: g\n    rules:\n      - incident: Down\n        wen: {}\n");
    let runs: [&[&str]; 7] = [
        &["check", "config"],
        &["check", "config", "good.yml"],
        &["check", "config", "bad.yml", "good.yml"],
        &["check", "config", "missing.yml"],
        &["check", "rules", "rules.yml"],
        &["check", "rules", "bad_rules.yml"],
        &["check", "rules", "missing.yml"],
    ];
    let said: Vec<String> = runs.iter().map(|words| transcript(folder.path(), words)).collect();
    assert_snapshot("check.txt", &said.join("\n"));
}

#[test]
fn without_a_server_people_are_told_how_to_start_one() {
    let folder = tempfile::tempdir().unwrap();
    let said = transcript(folder.path(), &["incident", "list"]);
    let expected = "$ earlybell incident list\n\
        earlybell: no server at ./data/earlybell.sock; start it with: earlybell serve\n(exit 1)\n";
    assert_eq!(said, expected);
    let said = transcript(folder.path(), &["incident", "calloff", "#7", "bored", "really"]);
    assert!(said.contains("write one of duplicate, flapping") && said.contains("(exit 2)"), "{said}");
}
