//! The rule files that are shipped: they are read as users' files are, and each of their tests passes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use domain::rules::trial::{Looks, play};
use earlybell::config::{TestFile, read_tests};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn shipped() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut files: Vec<PathBuf> = folder.read_dir().unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "yml"));
    files.sort();
    files
}

fn read(path: &Path) -> TestFile {
    read_tests(path).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn each_test_of_a_shipped_rule_passes() {
    let mut failures = Vec::new();
    for path in shipped() {
        let file = read(&path);
        for script in &file.scripts {
            for failure in play(&file.policy, script, Looks::Compare).failures {
                let name = path.file_name().unwrap().to_string_lossy();
                failures
                    .push(format!("{name}: {}: {} {}\n  {:?}", script.name, failure.at, failure.incident, failure.why));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn each_shipped_rule_has_a_test_and_a_name_of_its_own() {
    let mut names = Vec::new();
    for path in shipped() {
        let file = read(&path);
        assert_eq!(file.warnings, [], "{}", path.display());
        let [own] = file.rules.as_slice() else { panic!("{} names other files", path.display()) };
        let looks = own.file.tests.iter().flat_map(|test| &test.incident_rule_test);
        let declared: BTreeSet<&str> =
            looks.filter(|look| !look.exp_incidents.is_empty()).map(|look| look.incident.as_str()).collect();
        for rule in own.file.groups.iter().flat_map(|group| &group.rules) {
            assert!(declared.contains(rule.incident.as_str()), "no test declares {}", rule.incident);
            names.push(rule.incident.clone());
        }
    }
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all, "two shipped rules of one name can't be used together");
}

/// What the comment in rules/obs-services.yml says of it.
#[test]
fn the_rules_by_service_find_every_incident_of_the_history_and_nothing_else() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let history = root.join("tests/fixtures/history");
    let output = Command::new(env!("CARGO_BIN_EXE_earlybell"))
        .arg("backtest")
        .arg(history.join("year_2025_2026.jsonl"))
        .arg("--truth")
        .arg(history.join("year_2025_2026_truth.json"))
        .arg("--rules")
        .arg(root.join("rules/obs-services.yml"))
        .args(["--quiet", "-o", "json"])
        .current_dir(std::env::temp_dir())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let total = &report["total"];
    assert_eq!((&total["found"], &total["known"], &total["wrong"]), (&7.into(), &7.into(), &0.into()));
    let incidents = report["incidents"].as_array().unwrap().iter();
    let leads: Vec<_> =
        incidents.filter(|known| known["lead_counts"] == true).map(|known| known["lead_minutes"].as_f64()).collect();
    let leads: Vec<f64> = leads.into_iter().flatten().collect();
    assert_eq!(leads, [56.0, 3.0, 327.0], "minutes before people");
    assert_eq!(total["lead_minutes_p50"], 56.0);
}
