//! Drills on the command line: checked without a server, run against one that is stopped meanwhile, ended by Ctrl-C.

use super::{Server, assert_snapshot, read_until, root, transcript};
use serde_json::Value;
use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use tempfile::TempDir;

const CONFIG: &str = "receivers: [{ name: team, console: {} }]\npeople: [{ name: anna }, { name: bert }]\n";

// Sixty times as fast: the alert fires for a second, and people have ten minutes for each act.
const WHOLE: &str = r#"
drill: quick
title: The site is down
lasts: 20h
alerts: [{ series: '{alertname="SiteDown", severity="critical"}', for: 1m }]
notes: [{ text: Tell nobody what comes. }]
expect:
  - { act: declare, rule: CriticalAlert, within: 10h }
  - { act: take, within: 10h }
  - { act: update, within: 10h }
  - { act: handover, within: 10h }
  - { act: resolve, within: 10h }
"#;

const NOBODY: &str = r#"
drill: quiet
alerts: [{ series: '{alertname="SiteDown", severity="critical"}', for: 10h }]
expect: [{ act: declare, within: 10h }, { act: take, within: 1s }]
"#;

const MISTAKES: &str = r#"
drill: wrong things
alerts:
  - series: '{alertname=~"Site.*"}'
  - series: '{alertname="SiteDown"}'
    for: 5m
    until: 4m
expect:
  - { act: update, role: communications, within: 5m }
"#;

struct Run {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
    complaints: Lines<BufReader<ChildStderr>>,
}

impl Run {
    fn start(folder: &Path, words: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_earlybell"));
        command.args(["drill", "run", "--every", "50ms"]).args(words).current_dir(folder);
        let mut child = command.env_clear().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        let complaints = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, said, complaints }
    }

    fn until(&mut self, words: &str) -> String {
        read_until(&mut self.said, words)
    }
}

fn folder(scenario: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("earlybell.yml"), CONFIG).unwrap();
    std::fs::write(folder.path().join("drill.yml"), scenario).unwrap();
    folder
}

#[test]
fn a_drill_is_run_through_a_restart_to_its_score() {
    let server = Server::start_in(folder(WHOLE), &[]);
    let mut run = Run::start(server.folder.path(), &["drill.yml", "--speed", "60"]);
    let begun = run.until("declare (CriticalAlert) within 10h: met");
    assert!(begun.starts_with("drill quick-") && begun.contains(": The site is down (up to 20h, 60 times"), "{begun}");
    assert!(begun.contains("00:00:00  Tell nobody what comes.\n00:00:00  fires {alertname=\"SiteDown\""), "{begun}");
    assert!(begun.contains("INC-1  rule  DRILL: declared"), "{begun}");
    server.run(&["incident", "take", "1", "--as", "anna"]);
    run.until("take incident_manager within 10h: met");
    run.until("  over  {alertname=");
    // The folder stays where it is: whoever runs it stands in it.
    let folder = server.stop();
    read_until(&mut run.complaints, "trying again");
    let server = Server::start_in(folder, &[]);
    read_until(&mut run.complaints, "the server answers again");
    server.run(&["incident", "update", "1", "We restart it", "--as", "anna"]);
    let said = run.until("update within 10h: met");
    assert!(said.contains("INC-1  anna  ") && !said.contains("DRILL: declared"), "nothing is shown twice: {said}");
    server.run(&["incident", "handover", "1", "incident_manager", "bert", "--as", "anna"]);
    server.run(&["incident", "accept", "1", "--as", "bert"]);
    run.until("handover within 10h: met");
    server.run(&["incident", "resolve", "1", "It answers again", "--as", "bert"]);
    let score = run.until("resolve within 10h: met after");
    assert!(score.contains("by bert"), "{score}");
    let score = run.until("Expected: 5 of 5 met");
    for line in [
        "DRILL INC-1: SiteDown",
        "  incident manager  anna after ",
        "  hand-over         incident manager: anna to bert",
    ] {
        assert!(score.contains(line), "{line} in {score}");
    }
    let rest = run.until("  resolve within 10h: met after");
    assert!(!rest.contains("missing"), "{rest}");
    assert_eq!(run.child.wait().unwrap().code(), Some(0));
    // What it came to can be asked for afterwards, with what was expected and without.
    let asked = server.run(&["drill", "score", "1", "--scenario", "drill.yml", "--speed", "60", "-o", "json"]);
    let json: Value =
        serde_json::from_str(asked.split_once('\n').unwrap().1.rsplit_once("(exit 0)").unwrap().0).unwrap();
    assert_eq!((&json["met"], json["expected"].as_array().unwrap().len()), (&Value::from(true), 5), "{asked}");
    assert_eq!(json["scores"][0]["end"]["by"], "bert", "{asked}");
}

#[test]
fn where_nobody_comes_a_drill_can_be_ended_by_whoever_runs_it() {
    let server = Server::start_in(folder(NOBODY), &[]);
    let mut run = Run::start(server.folder.path(), &["drill.yml", "--name", "quiet"]);
    let begun = run.until("take incident_manager within 1s: missing");
    assert!(begun.contains("declare within 10h: met after"), "{begun}");
    assert!(server.run(&["drill", "list"]).contains("quiet  1       INC-1"), "{}", server.run(&["drill", "list"]));
    assert!(Command::new("kill").args(["-INT", &run.child.id().to_string()]).status().unwrap().success());
    let ended = run.until("Expected: 1 of 2 met");
    assert!(ended.contains("stopped\n") && ended.contains("  incident manager  nobody"), "{ended}");
    read_until(
        &mut run.complaints,
        "DRILL INC-1 is still open; when you are done: earlybell drill stop quiet --call-off",
    );
    assert_eq!(run.child.wait().unwrap().code(), Some(1));
    let runs: [&[&str]; 6] = [
        &["drill", "list"],
        &["drill", "stop", "quiet", "--call-off"],
        &["drill", "list"],
        &["drill", "stop", "a b"],
        &["incident", "declare", "The disk dies"],
        &["drill", "score", "2"],
    ];
    let said: Vec<String> = runs.iter().map(|words| server.run(words)).collect();
    assert_snapshot("drill.txt", &said.join("\n"));
}

#[test]
fn without_a_server_a_drill_does_not_begin() {
    let folder = folder(NOBODY);
    let said = transcript(folder.path(), &["drill", "run", "drill.yml", "--name", "x"]);
    assert!(said.contains("start it with: earlybell serve") && said.ends_with("(exit 1)\n"), "{said}");
}

#[test]
fn scenarios_are_checked_and_those_that_are_shipped_fit_the_shipped_rules() {
    let folder = folder(MISTAKES);
    let write = |name: &str, content: &str| std::fs::write(folder.path().join(name), content).unwrap();
    let rules = root().join("rules/obs-*.yml");
    write("obs.yml", &format!("receivers: [{{ name: team, console: {{}} }}]\nrule_files: [\"{}\"]\n", rules.display()));
    write("misspelt.yml", "drill: x\nalerst: []\n");
    write(
        "silent.yml",
        "drill: x\nalerts: [{ series: '{alertname=\"A\"}' }]\nexpect: [{ act: ack, rule: Down, within: 1m }]\n",
    );
    for entry in root().join("config/drills").read_dir().unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    let runs: [&[&str]; 6] = [
        &["drill", "check", "site-down.yml", "false-alarm.yml"],
        &["drill", "check", "--config.file", "obs.yml", "obs-frontend.yml"],
        &["drill", "check", "drill.yml", "misspelt.yml", "missing.yml"],
        &["drill", "check", "silent.yml"],
        &["drill", "run", "drill.yml"],
        &["drill", "run", "site-down.yml", "--speed", "0"],
    ];
    let said: Vec<String> = runs.iter().map(|words| transcript(folder.path(), words)).collect();
    assert_snapshot("drill_check.txt", &said.join("\n"));
}
