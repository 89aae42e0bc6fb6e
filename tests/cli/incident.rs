//! Incidents on the command line: the number left out, questions instead of guesses, a timeline as it grows.

use super::{Server, assert_snapshot, read_until};
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

#[test]
fn the_number_may_be_left_out_where_one_is_open_and_is_asked_for_where_several_are() {
    let server = Server::start(&[]);
    let runs: [&[&str]; 22] = [
        &["incident", "show", "-q"],
        &["incident", "ack"],
        &["incident", "declare", "Downloads are slow severity=minor team=web"],
        &["incident", "show", "-q"],
        &["incident", "take", "operations", "--as", "bert"],
        &["incident", "update", "We look into it", "--next", "20m", "-q"],
        &["incident", "note", "5 hosts", "are \"down\"", "--as", "bert"],
        &["incident", "impact", "users in Prague"],
        &["incident", "declare", "A game", "--drill", "--severity", "minor", "--label", "team=web", "-q"],
        &["incident", "ack"],
        &["incident", "show"],
        &["incident", "watch"],
        &["incident", "ack", "2", "-q"],
        &["incident", "tkae", "2"],
        &["incident", "calloff", "2", "bored", "really"],
        &["incident", "update", "1", "x", "--nxt", "20m"],
        &["incident", "update", "1", "x", "--next", "soon"],
        &["incident", "assign", "operations", "anna", "#1"],
        &["incident", "merge", "2", "into", "1", "-y"],
        &["incident", "list"],
        &["incident", "why"],
        &["incident", "calloff", "test", "we only practised", "-o", "json"],
    ];
    let said: Vec<String> = runs.iter().map(|words| server.run(words)).collect();
    let address = server.banner.split_whitespace().find(|word| word.starts_with("http://127")).unwrap_or_default();
    let port = address.trim_end_matches('/').rsplit(':').next().unwrap_or_default().split('/').next().unwrap();
    assert_snapshot("number.txt", &said.join("\n").replace(&format!(":{port}/"), ":9797/"));
}

struct Watch {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Watch {
    fn start(server: &Server, words: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_earlybell"));
        command.args(["incident", "watch", "--every", "50ms"]).args(words).current_dir(server.folder.path());
        let mut child = command.env_clear().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, said }
    }
}

#[test]
fn a_timeline_is_followed_through_a_restart_to_its_end() {
    let server = Server::start(&[]);
    server.run(&["incident", "declare", "Downloads are slow", "--as", "ada"]);
    let mut watch = Watch::start(&server, &[]);
    let said = read_until(&mut watch.said, "declared “Downloads are slow”");
    assert!(said.contains("  ada  declared"), "{said}");
    server.run(&["incident", "note", "1", "the disk\nis full", "--as", "bert"]);
    let said = read_until(&mut watch.said, "note: ");
    assert!(said.contains("  bert  note: the disk is full"), "{said}");
    assert!(!said.contains("declared"), "nothing is shown twice: {said}");
    let mut complaints = BufReader::new(watch.child.stderr.take().unwrap()).lines();
    // The folder stays where it is: whoever watches stands in it.
    let folder = server.stop();
    read_until(&mut complaints, "trying again");
    let server = Server::start_in(folder, &[]);
    read_until(&mut complaints, "the server answers again");
    server.run(&["incident", "resolve", "1", "more disk"]);
    let said = read_until(&mut watch.said, "resolved: more disk");
    assert!(!said.contains("note: "), "{said}");
    read_until(&mut complaints, "INC-1 is over: resolved");
    assert_eq!(watch.child.wait().unwrap().code(), Some(0));
    // Afterwards it shows what was, and ends at once.
    let said = server.run(&["incident", "watch", "1", "-o", "json"]);
    let entries: Vec<serde_json::Value> =
        said.lines().filter(|line| line.starts_with('{')).map(|line| serde_json::from_str(line).unwrap()).collect();
    let numbers: Vec<u64> = entries.iter().map(|entry| entry["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3], "{said}");
    let last = server.run(&["incident", "watch", "1", "--last", "1", "-q"]);
    assert_eq!(last, "$ earlybell incident watch 1 --last 1 -q\n3\n(exit 0)\n");
}

#[test]
fn whoever_reads_a_timeline_may_go_away() {
    let server = Server::start(&[]);
    server.run(&["incident", "declare", "Downloads are slow"]);
    let mut watch = Watch::start(&server, &["1"]);
    read_until(&mut watch.said, "declared");
    drop(watch.said);
    server.run(&["incident", "note", "1", "nobody reads this"]);
    assert_eq!(watch.child.wait().unwrap().code(), Some(0));
}
