//! The demo: what a newcomer sees first.

use super::text;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

fn demo(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_earlybell"));
    command.arg("demo").args(words).current_dir(folder).env_clear().env("TMPDIR", folder);
    command
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn it_tells_an_incident_and_a_false_alarm_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let words = ["--once", "--pace", "0s", "--web.listen-address=127.0.0.1:0"];
    let output = demo(folder.path(), &words).output().unwrap();
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}{}", text(&output.stderr));
    let mut rest = said.as_str();
    for part in [
        "prometheus$ earlybell alert add ErrorsHigh",
        "anna$ earlybell incident take 1 incident_manager",
        "anna$ earlybell incident resolve 1 \"web1 was out of memory",
        "bert$ earlybell incident calloff 2 planned-work",
        "INC-2   called off",
        "web1 was out of memory",
    ] {
        rest = rest.split_once(part).unwrap_or_else(|| panic!("{part} is not in its place in\n{said}")).1;
    }
    // What the team would be told.
    for heard in ["INC-1 suspected (major)", "INC-1 confirmed (major)", "INC-1 resolved", "Called off by bert"] {
        assert!(said.contains(heard), "{heard} is missing in\n{said}");
    }
    assert!(is_empty(folder.path()));
}

#[test]
fn it_stays_until_somebody_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = demo(folder.path(), &["--pace", "0s", "--web.listen-address=127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(running.stdout.take().unwrap()).lines();
    let mut lines = lines.map_while(Result::ok);
    assert!(lines.any(|line| line.contains("Ctrl-C ends it")));
    assert!(!is_empty(folder.path()));
    let ended = Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap();
    assert!(ended.success());
    assert!(running.wait().unwrap().success());
    assert!(is_empty(folder.path()));
}

#[test]
fn where_its_address_is_taken_it_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("--web.listen-address={}", taken.local_addr().unwrap());
    let output = demo(folder.path(), &[&address]).output().unwrap();
    let said = text(&output.stderr);
    assert!(!output.status.success() && said.contains("in use"), "{said}");
    assert!(is_empty(folder.path()));
}
