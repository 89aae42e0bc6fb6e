//! Whether receivers work, asked by a person.

use super::{Server, assert_snapshot, transcript};

// Nobody listens on port 1.
const CONFIG: &str = "\
receivers:
  - name: team
    console: {}
  - name: hook
    fallback: team
    webhook: { url: 'http://127.0.0.1:1/hook', secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw }
  - name: list
    quiet_hours: [night]
    max_per_hour: 12
    email: { to: list@example.org, from: bell@example.org, smarthost: '127.0.0.1:1', tls: none }
route: { receivers: [team, hook, list] }
time_intervals:
  - name: night
    time_intervals: [{ times: [{ start_time: '00:00', end_time: '06:00' }] }]
";

#[test]
fn receivers_are_listed_tried_and_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("earlybell.yml"), CONFIG).unwrap();
    let mut said = vec![transcript(folder.path(), &["check", "config", "--online", "earlybell.yml"])];
    let mut server = Server::start_in(folder, &["--config.file=earlybell.yml"]);
    let runs: [&[&str]; 7] = [
        &["receiver", "list"],
        &["receiver", "list", "-q"],
        &["receiver", "test", "team"],
        &["receiver", "test", "hook"],
        &["receiver", "test", "list"],
        &["receiver", "test", "teem"],
        &["receiver", "test", "team", "-o", "json"],
    ];
    said.extend(runs.iter().map(|words| server.run(words)));
    assert_snapshot("receiver.txt", &said.join("\n"));
    let shown = server.wait_until_said("Nothing is wrong");
    assert!(shown.contains("Earlybell test: team works"), "{shown}");
}
