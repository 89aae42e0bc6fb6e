//! `earlybell backtest` as people use it: known numbers of a known history, every source, and what it says of mistakes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/program.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod program;
#[path = "support/servers.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod servers;

use chrono::{DateTime, Utc};
use program::Program;
use serde_json::Value;
use servers::Prometheus;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const HISTORY: &str = "year_2025_2026.jsonl";
const TRUTH: &str = "year_2025_2026_truth.json";

/// An alert is an incident for as long as it fires, and each time anew: what a script would count.
const SIMPLE: &str = "
groups:
  - name: simple
    rules:
      - incident: CriticalAtOnce
        correlate_by: [alertname, severity, instance, service]
        when: { alerts: ['severity = critical'] }
        call_off: { if_clear_for: 0s }
        reopen_within: 0s
      - incident: CriticalFor5m
        correlate_by: [alertname, severity, instance, service]
        when: { alerts: ['severity = critical'], for: 5m }
        call_off: { if_clear_for: 0s }
        reopen_within: 0s
      - incident: CriticalFor10m
        correlate_by: [alertname, severity, instance, service]
        when: { alerts: ['severity = critical'], for: 10m }
        call_off: { if_clear_for: 0s }
        reopen_within: 0s
      - incident: AnyFor15m
        correlate_by: [alertname, severity, instance, service]
        when: { alerts: ['severity =~ \".+\"'], for: 15m }
        call_off: { if_clear_for: 0s }
        reopen_within: 0s
      - incident: CriticalReopened
        correlate_by: [alertname, severity, instance, service]
        when: { alerts: ['severity = critical'] }
        call_off: { if_clear_for: 0s }
";

/// A folder with these files, and the program in it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_earlybell"));
        command.arg("backtest").args(words).current_dir(self.0.path()).env_clear().env("COLUMNS", "100");
        command.output().unwrap()
    }

    fn json(&self, words: &[&str]) -> Value {
        let output = self.run(&[words, &["-o", "json"]].concat());
        assert!(output.status.success(), "{}", said(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

fn said(output: &Output) -> String {
    format!(
        "{}{}(exit {})\n",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
        output.status.code().unwrap()
    )
}

fn fixture(name: &str) -> String {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/history").join(name);
    path.display().to_string()
}

/// The rule of this name in a report.
fn rule<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["rules"].as_array().unwrap().iter().find(|rule| rule["rule"] == name).unwrap()
}

#[test]
fn a_known_history_gives_the_known_numbers() {
    // Many at once are no storm here: what is counted is each alert.
    let folder = Folder::with(&[("simple.yml", SIMPLE), ("earlybell.yml", "timing: { storm_after: 1000 }\n")]);
    let report = folder.json(&[&fixture(HISTORY), "--truth", &fixture(TRUTH), "--rules", "simple.yml"]);
    assert_eq!((&report["observations"], &report["truth_known"]), (&5066.into(), &true.into()));
    // The first four are those of a script over the same files, which knows no engine: each firing that lasted as long as
    // `for` is a declaration, and false if it is none of the listed alerts. The last shows what reopening makes of 25 of
    // them: the same alert back within half an hour is the same incident.
    for (name, right, wrong, lead) in [
        ("CriticalAtOnce", 15, 216, 0.0),
        ("CriticalFor5m", 15, 94, -5.0),
        ("CriticalFor10m", 15, 21, -10.0),
        ("AnyFor15m", 25, 212, 49.0),
        ("CriticalReopened", 15, 191, 0.0),
    ] {
        let rule = rule(&report, name);
        assert_eq!((&rule["right"], &rule["wrong"]), (&right.into(), &wrong.into()), "{name}");
        assert_eq!((&rule["found"], &rule["known"]), (&7.into(), &7.into()), "{name}");
        assert_eq!(rule["lead_minutes_p50"], lead, "{name}");
    }
    let honest = |incident: &&Value| incident["lead_counts"] == true && !incident["lead_minutes"].is_null();
    assert_eq!(report["incidents"].as_array().unwrap().iter().filter(honest).count(), 3);
}

#[test]
fn mistakes_are_told_with_their_line() {
    let good = r#"{"at":"2026-01-01T00:00:00Z","status":"firing","labels":{"alertname":"A"}}"#;
    let late = r#"{"at":"2025-12-31T23:00:00Z","status":"firing","labels":{"alertname":"A"}}"#;
    let many = format!("{}{late}\n", format!("{good}\n").repeat(4098));
    let folder = Folder::with(&[
        ("cut.jsonl", &format!("{good}\n\n{{\"at\":\"2026-01-01T00:00:00Z\",\"status\":\n")),
        ("status.jsonl", &good.replace("firing", "on")),
        ("time.jsonl", &good.replace("2026-01-01", "1 January 2026")),
        ("labels.jsonl", &good.replace("{\"alertname\":\"A\"}", "[]")),
        ("event.jsonl", r#"{"@timestamp":"2026-01-01T00:00:00Z","data":{"alertCreated":{"alert":{}}}}"#),
        ("late.jsonl", &many),
        ("empty.jsonl", "\n"),
        ("good.jsonl", good),
        ("truth.json", r#"{"incidents":[{"id":"a","start":"2026-01-01T00:00:00Z"}]}"#),
        ("backwards.json", r#"{"incidents":[{"id":"a","start":"2026-01-02T00:00:00Z","end":"2026-01-01T00:00:00Z"}]}"#),
        ("bad.yml", "groups:\n  - name: g\n    rules:\n      - incident: Down\n        wen: {}\n"),
    ]);
    let runs: [&[&str]; 14] = [
        &["cut.jsonl"],
        &["status.jsonl"],
        &["time.jsonl"],
        &["labels.jsonl"],
        &["event.jsonl"],
        &["late.jsonl"],
        &["empty.jsonl"],
        &["missing.jsonl"],
        &["good.jsonl", "--truth", "truth.json"],
        &["good.jsonl", "--truth", "backwards.json"],
        &["good.jsonl", "--rules", "bad.yml"],
        &["good.jsonl", "--fail-if", "precision is bad"],
        &["good.jsonl", "--fail-if", "precision < 0.8"],
        &["good.jsonl", "--fail-if", "Nothing.declared < 1"],
    ];
    let told =
        runs.iter().map(|words| format!("$ earlybell backtest {}\n{}", words.join(" "), said(&folder.run(words))));
    assert_snapshot("backtest_mistakes.txt", &told.collect::<Vec<_>>().join("\n"));
}

/// Compares with a file; `UPDATE=1` writes it.
fn assert_snapshot(name: &str, said: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/cli").join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, said).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(said == expected, "{} differs (UPDATE=1 writes it anew); said:\n{said}", path.display());
}

const OLD: &str = "
groups:
  - name: critical
    rules:
      - incident: Critical
        correlate_by: [service]
        when: { alerts: ['severity = critical'] }
        call_off: { if_clear_for: 10m }
        resolve: { automatic_after: 30m }
";

#[test]
fn two_rule_sets_are_compared_and_a_bad_number_fails() {
    let new = OLD.replace("['severity = critical']", "['severity = critical'], for: 10m");
    let folder = Folder::with(&[("old.yml", OLD), ("new.yml", &new)]);
    let (history, truth) = (fixture(HISTORY), fixture(TRUTH));
    let words = |more: &[&'static str]| -> Vec<String> {
        let all = [history.as_str(), "--truth", &truth, "--rules", "new.yml"];
        all.into_iter().chain(more.iter().copied()).map(str::to_owned).collect()
    };
    let run = |more: &[&'static str]| {
        let words = words(more);
        folder.run(&words.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let compared = said(&run(&["--against", "old.yml", "--html", "report.html", "-o", "extended"]));
    assert_snapshot("backtest_against.txt", &compared.replace(&history, HISTORY));
    let page = std::fs::read_to_string(folder.0.path().join("report.html")).unwrap();
    assert!(page.contains("Critical") && page.contains("<svg"), "{}", &page[..500]);
    for (more, expected) in [
        (&["--fail-if", "precision < 0.3", "--fail-if", "Critical.found < 7"][..], ""),
        (&["--fail-if", "Critical.precision < 0.8"][..], "FAILED: Critical.precision < 0.8: it is 0."),
        (&["--fail-if", "lead_minutes_p50 < 0"][..], "FAILED: lead_minutes_p50 < 0: it is -10\n"),
    ] {
        let output = run(more);
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(i32::from(!expected.is_empty())), "{complaint}");
        assert!(complaint.starts_with(expected), "{complaint}");
    }
}

#[test]
fn standard_input_and_the_event_recorder_are_read() {
    let recorded = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/alertmanager/event_recorder_0.33.1.json"),
    )
    .unwrap();
    let requests: Vec<Value> = serde_json::from_str(&recorded).unwrap();
    let lines: Vec<String> = requests.iter().map(|request| request["body"].to_string()).collect();
    let rule = OLD.replace("severity = critical", "alertname = EvAlert").replace("[service]", "[instance]");
    let rule = rule.replace("10m", "1s");
    let folder = Folder::with(&[("events.jsonl", &lines.join("\n")), ("rules.yml", &rule)]);
    let report = folder.json(&["events.jsonl", "--rules", "rules.yml"]);
    let declared: Vec<(&str, &str)> = report["declarations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["correlation"]["instance"].as_str().unwrap(), one["at"].as_str().unwrap()))
        .collect();
    // At the time of `alertCreated`, long before a webhook.
    assert_eq!(declared, [("i1", "2026-11-22T07:02:15.548632Z"), ("i2", "2026-11-22T07:02:15.548642Z")]);
}

#[test]
fn what_was_received_is_played_by_other_rules_and_people_have_judged() {
    let rules = OLD.replace("[service]", "[alertname]");
    let mut server = Program::start("rule_files: [old.yml]\n", &[("old.yml", &rules)]);
    for (name, severity) in [("Down", "critical"), ("Noise", "critical"), ("Slow", "warning"), ("Open", "critical")] {
        let alert = format!(
            r#"{{"version":"4","receiver":"r","groupKey":"{name}","truncatedAlerts":0,"alerts":[{{"status":"firing","labels":{{"alertname":"{name}","severity":"{severity}"}},"annotations":{{}},"endsAt":"0001-01-01T00:00:00Z"}}]}}"#
        );
        server.post("/api/v1/alertmanager", &alert).unwrap();
    }
    server.wait("three are declared", |server| server.get("/api/v1/incidents/3").ok());
    server.post("/api/v1/incidents/1/confirm", r#"{"text":"users see it"}"#).unwrap();
    server.post("/api/v1/incidents/2/calloff", r#"{"code":"no-user-impact","reason":"nobody noticed"}"#).unwrap();

    let folder =
        Folder::with(&[("new.yml", &rules.replace("severity = critical", "severity =~ \"critical|warning\""))]);
    let data = server.folder.path().join("data");
    let report = folder.json(&["--inbox", "--storage.path", data.to_str().unwrap(), "--rules", "new.yml"]);
    let judged: Vec<(&str, &str)> = report["declarations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["correlation"]["alertname"].as_str().unwrap(), one["judgement"].as_str().unwrap()))
        .collect();
    assert_eq!(judged, [("Down", "right"), ("Noise", "wrong"), ("Slow", "unjudged"), ("Open", "unjudged")]);
    assert_eq!((&report["total"]["precision"], &report["total"]["recall"]), (&0.5.into(), &1.0.into()));

    let nowhere = said(&folder.run(&["--inbox"]));
    assert_eq!(nowhere, "earlybell: there is no store in ./data; say where with --storage.path\n(exit 1)\n");
}

// On for four seconds, off for four: what a server remembers of it can be checked whenever it was started.
const ALERTING: &str = "
groups:
  - name: made
    interval: 500ms
    rules:
      - { alert: Always, expr: 'vector(1)', labels: { severity: critical } }
      - { alert: Blinks, expr: 'floor(vector(time() / 4)) % 2 == 1', labels: { severity: critical } }
";

#[test]
fn a_prometheus_is_asked_for_what_it_remembers() {
    let prometheus = Prometheus::start(
        "global: { evaluation_interval: 500ms }\nrule_files: [made.yml]\n",
        &[("made.yml", ALERTING)],
    );
    let rules = OLD.replace("[service]", "[alertname]").replace("10m", "0s") + "        reopen_within: 0s\n";
    let folder = Folder::with(&[("rules.yml", &rules)]);
    let begun = Instant::now();
    let declared = loop {
        let words = ["--prometheus", &prometheus.url, "--from", "10m", "--step", "1s", "--rules", "rules.yml"];
        let output = folder.run(&[&words[..], &["-o", "json"]].concat());
        // Until its first evaluation it knows of none.
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let declared = report["declarations"].as_array().cloned().unwrap_or_default();
        if declared.iter().filter(|one| one["correlation"]["alertname"] == "Blinks").count() >= 2 {
            break declared;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "{}", said(&output));
    };
    for one in &declared {
        let at = one["at"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
        match one["correlation"]["alertname"].as_str().unwrap() {
            "Always" => assert!(one["until"].is_null(), "{one}"),
            // Seen at the next full second at the latest.
            _ => assert!(matches!(at.timestamp() % 8, 4..8 | 0), "{one}"),
        }
    }
    assert_eq!(declared.iter().filter(|one| one["correlation"]["alertname"] == "Always").count(), 1);

    let refused = said(&folder.run(&["--prometheus", "http://127.0.0.1:1", "--from", "1h", "-q"]));
    assert!(refused.starts_with("earlybell: http://127.0.0.1:1: error sending request"), "{refused}");
    assert!(refused.ends_with("(exit 1)\n"), "{refused}");
}

#[test]
fn suggestions_show_what_nothing_beats_and_change_nothing() {
    let folder = Folder::with(&[("rules.yml", OLD), ("earlybell.yml", "rule_files: [rules.yml]\n")]);
    let (history, truth) = (fixture(HISTORY), fixture(TRUTH));
    let words = [history.as_str(), "--truth", &truth, "--suggest"];
    let first = said(&folder.run(&words));
    assert_snapshot("backtest_suggest.txt", &first.replace(&history, HISTORY));
    assert_eq!(first, said(&folder.run(&words)), "the same again, whatever thread was quicker");
    let files: Vec<_> = std::fs::read_dir(folder.0.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files.len(), 2, "{files:?}");
    assert_eq!(std::fs::read_to_string(folder.0.path().join("rules.yml")).unwrap(), OLD);

    let blind = said(&folder.run(&[history.as_str(), "--suggest"]));
    assert!(blind.starts_with("earlybell: --suggest needs to know what was real"), "{blind}");
}
