//! The command line as people use it: help, checks, and everything against a running server.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "cli/audit.rs"]
mod audit;
#[path = "cli/demo.rs"]
mod demo;
#[path = "cli/drill.rs"]
mod drill;
#[path = "cli/incident.rs"]
mod incident;
#[path = "cli/people.rs"]
mod people;
#[path = "cli/postmortem.rs"]
mod postmortem;
#[path = "cli/receivers.rs"]
mod receivers;
#[path = "cli/shell.rs"]
mod shell;

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};
use tempfile::TempDir;

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

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
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
    let verbs: &[&[&str]] = &[
        &["--help"],
        &["serve", "--help"],
        &["demo", "--help"],
        &["check", "config", "--help"],
        &["test", "rules", "--help"],
        &["check", "rules", "--help"],
        &["incident", "list", "--help"],
        &["stats", "--help"],
        &["check", "ready", "--help"],
        &["backtest", "--help"],
        &["alert", "add", "--help"],
        &["incident", "--help"],
        &["incident", "take", "--help"],
        &["incident", "declare", "--help"],
        &["incident", "calloff", "--help"],
        &["incident", "merge", "--help"],
        &["incident", "summary", "--help"],
        &["incident", "watch", "--help"],
        &["drill", "--help"],
        &["drill", "check", "--help"],
        &["drill", "run", "--help"],
        &["drill", "score", "--help"],
        &["incident", "delete", "--help"],
        &["explain", "--help"],
        &["deliveries", "--help"],
        &["deliveries", "release", "--help"],
        &["receiver", "--help"],
        &["export", "--help"],
        &["import", "--help"],
        &["replay", "--help"],
        &["backup", "--help"],
        &["restore", "--help"],
        &["token", "new", "--help"],
        &["user", "--help"],
        &["user", "add", "--help"],
        &["audit", "--help"],
        &["audit", "verify", "--help"],
        &["person", "--help"],
        &["person", "add", "--help"],
        &["person", "link", "--help"],
        &["squad", "--help"],
        &["postmortem", "edit", "--help"],
        &["actions", "--help"],
        &["schema", "--help"],
        &["completion", "--help"],
        &["man", "--help"],
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
    write(
        "classic.yml",
        "groups:\n  - name: g\n    rules:\n      - incident: Down\n        when: { alerts: ['a = b{c}'] }\n",
    );
    write("classic_config.yml", "rule_files: [classic.yml]\n");
    write("bad_rules.yml", "groups:\n  - name: g\n    rules:\n      - incident: Down\n        wen: {}\n");
    let runs: [&[&str]; 9] = [
        &["check", "config"],
        &["check", "config", "good.yml"],
        &["check", "config", "bad.yml", "good.yml"],
        &["check", "config", "missing.yml"],
        &["check", "rules", "rules.yml"],
        &["check", "rules", "bad_rules.yml"],
        &["check", "rules", "missing.yml"],
        &["check", "rules", "classic.yml"],
        &["check", "config", "classic_config.yml"],
    ];
    let said: Vec<String> = runs.iter().map(|words| transcript(folder.path(), words)).collect();
    assert_snapshot("check.txt", &said.join("\n"));
}

const RULES_WITH_LINTS: &str = "\
groups:
  - name: odd
    rules:
      - incident: Queue
        when: { alerts: ['alertname = PassengerQueueFul'], for: 10s }
        receivers: [taem]
      # lint: allow untested, declared-together
      - incident: Frontend
        when:
          all:
            - alerts: ['alertname = PassengerQueueFull', 'instance =~ \"web-.*\"']
            - alerts: ['severity = critical']
        severity: { from_label: severity, map: { critcal: major }, default: minor }
      - incident: Cpu
        when: { alerts: ['alertname = HostCpuHigh'] }
        call_off: { if_clear_for: 1m }
      - incident: Hosts
        when: { alerts: ['alertname = HostCpuHigh', 'service = obs-hosts'] }
        call_off: { if_clear_for: 1m }
";

#[test]
fn lints_point_out_what_is_allowed_and_seldom_meant() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| std::fs::write(folder.path().join(name), content).unwrap();
    write("rules.yml", RULES_WITH_LINTS);
    write("earlybell.yml", "receivers: [{ name: team, console: {} }]\nroute: { receivers: [team] }\nrule_files: []\n");
    write("alertmanager.yml", "route: { receiver: earlybell, group_wait: 10s }\n");
    let month = std::fs::read_to_string(root().join("tests/fixtures/history/year_2025_2026.jsonl")).unwrap();
    let july: Vec<&str> = month.lines().filter(|line| line.contains("\"at\":\"2026-07-")).collect();
    write("seen.jsonl", &july.join("\n"));
    let lint = ["check", "rules", "--lint"];
    let runs: [&[&str]; 5] = [
        &["rules.yml"],
        &["--allow", "untested", "--alertmanager-config", "alertmanager.yml", "rules.yml"],
        &["--seen", "seen.jsonl", "--config.file", "earlybell.yml", "rules.yml"],
        &["--allow", "unknown", "rules.yml"],
        &["--storage.path", "nowhere", "rules.yml"],
    ];
    let said: Vec<String> = runs.iter().map(|words| transcript(folder.path(), &[&lint, *words].concat())).collect();
    assert_snapshot("lint.txt", &said.join("\n"));
}

#[test]
fn each_lint_is_explained_and_the_shipped_rules_have_none() {
    let text = std::fs::read_to_string(root().join("docs/lints.md")).unwrap();
    for name in domain::rules::lint::NAMES {
        assert!(text.contains(&format!("| `{name}` |")), "docs/lints.md does not explain {name}");
    }
    let rules = root().join("rules");
    let mut files: Vec<_> = rules.read_dir().unwrap().map(|file| file.unwrap().path().display().to_string()).collect();
    files.sort();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let said = transcript(&root(), &[&["check", "rules", "--lint"], files.as_slice()].concat());
    assert!(said.ends_with("  LINT: nothing found\n(exit 0)\n"), "{said}");
}

const RULES_WITH_TESTS: &str = r#"
groups:
  - name: shop
    rules:
      - incident: ShopErrors
        title: "errors in {{ labels.region }}"
        correlate_by: [region]
        when: { alerts: ['alertname = HighErrorRate'], for: 2m }
        call_off: { if_clear_for: 10m }
tests:
  - name: errors declare after two minutes
    input_alerts:
      - { series: '{alertname="HighErrorRate", region="eu"}', values: '1x3 0x12' }
    incident_rule_test:
      - { eval_time: 1m, incident: ShopErrors }
      - { eval_time: 2m, incident: ShopErrors, exp_incidents: [{ exp_state: suspected }] }
      - { eval_time: 14m, incident: ShopErrors, exp_incidents: [{ exp_state: called_off }] }
  - name: two <regions> are two incidents
    input_alerts:
      - { series: '{alertname="HighErrorRate", region="eu"}', values: '1x9' }
      - { series: '{alertname="HighErrorRate", region="us"}', values: '1x9' }
    actions:
      - { at: 1m, incident: ShopErrors, action: call_off }
      - { at: 3m, incident: ShopErrors, action: reopen }
    incident_rule_test:
      - eval_time: 3m
        incident: ShopErrors
        exp_incidents: [{ exp_state: suspected, exp_labels: { region: eu }, exp_title: errors in us }]
"#;

const TESTS_WITH_MISTAKES: &str = r#"
rule_files: [good.yml, "none-*.yml"]
tests:
  - name: nothing is right here
    interval: 0s
    input_alerts:
      - { series: '{alertname=~"High.*"}', values: '1x3' }
      - { series: '{alertname="HighErrorRate"}', values: '1+1x3' }
    actions: [{ at: 1m, incident: ShopErors, action: severity }]
    incident_rule_test: [{ eval_time: 1m, incident: Other }]
"#;

#[test]
fn rule_tests_are_played() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| std::fs::write(folder.path().join(name), content).unwrap();
    write("good.yml", RULES_WITH_TESTS.split("  - name: two").next().unwrap());
    write("shop.yml", RULES_WITH_TESTS);
    write("bad_test.yml", &TESTS_WITH_MISTAKES.replace(", \"none-*.yml\"", ""));
    write("files_test.yml", TESTS_WITH_MISTAKES);
    write("none.yml", "groups: []\n");
    let runs: [&[&str]; 10] = [
        &["test", "rules", "good.yml", "shop.yml"],
        &["test", "rules", "--diff", "shop.yml"],
        &["test", "rules", "--debug", "good.yml"],
        &["test", "rules", "--run", "^errors", "--run", "never", "-o", "extended", "shop.yml", "good.yml"],
        &["test", "rules", "--run", "no such", "shop.yml"],
        &["test", "rules", "--run", "(", "shop.yml"],
        &["test", "rules", "none.yml"],
        &["test", "rules", "bad_test.yml", "files_test.yml", "missing.yml"],
        &["test", "rules", "-o", "json", "shop.yml"],
        &["test", "rules", "--junit", "report.xml", "shop.yml", "missing.yml"],
    ];
    let mut said: Vec<String> = runs.iter().map(|words| transcript(folder.path(), words)).collect();
    said.push(std::fs::read_to_string(folder.path().join("report.xml")).unwrap());
    assert_snapshot("test.txt", &said.join("\n"));
}

#[test]
fn the_worked_examples_of_the_rule_language_check_and_play() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rules");
    let checked = transcript(&folder, &["check", "rules", "frontend.yml"]);
    assert!(checked.ends_with("  SUCCESS: 1 rule, 5 tests\n(exit 0)\n"), "{checked}");
    let played = transcript(&folder, &["test", "rules", "frontend.yml", "unresponsive_test.yml"]);
    assert!(played.matches("  SUCCESS\n").count() == 2 && played.ends_with("(exit 0)\n"), "{played}");
}

#[test]
fn without_a_server_people_are_told_how_to_start_one() {
    let folder = tempfile::tempdir().unwrap();
    let said = transcript(folder.path(), &["incident", "list"]);
    let expected = "$ earlybell incident list\n\
        earlybell: no server at ./data/earlybell.sock; start it with: earlybell serve\n(exit 1)\n";
    assert_eq!(said, expected);
    let said = transcript(folder.path(), &["incident", "watch"]);
    assert!(said.ends_with("earlybell serve\n(exit 1)\n"), "it does not wait for one: {said}");
}

/// `earlybell serve` in a folder of its own, on a port of its own; killed when dropped.
struct Server {
    child: Child,
    folder: TempDir,
    banner: String,
    said: Lines<BufReader<ChildStdout>>,
    logged: Lines<BufReader<ChildStderr>>,
}

impl Server {
    fn start(flags: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), flags)
    }

    fn start_in(folder: TempDir, flags: &[&str]) -> Self {
        Self::start_with(folder, flags, &[])
    }

    fn start_with(folder: TempDir, flags: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_earlybell"));
        command.args(["serve", "--web.listen-address=127.0.0.1:0"]).args(flags).current_dir(folder.path());
        let mut child = command
            .env_clear()
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        let logged = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut server = Self { child, folder, banner: String::new(), said, logged };
        server.banner = server.wait_until_said("See what happened");
        server
    }

    /// Reads standard output up to a line with these words; returns all that was read.
    fn wait_until_said(&mut self, words: &str) -> String {
        read_until(&mut self.said, words)
    }

    /// Reads the log up to a line with these words.
    fn wait_until_logged(&mut self, words: &str) -> String {
        read_until(&mut self.logged, words)
    }

    fn run(&self, words: &[&str]) -> String {
        without_times(&transcript(self.folder.path(), words))
    }

    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// Stops it as systemd does; its folder can be served again.
    fn stop(mut self) -> TempDir {
        self.signal("-TERM");
        self.wait_until_logged("message=stopped");
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap())
    }

    /// One request over the socket, without a body; the whole answer.
    fn request(&self, method: &str, path: &str) -> String {
        self.send(method, path, "")
    }

    fn send(&self, method: &str, path: &str, body: &str) -> String {
        let mut socket = UnixStream::connect(self.folder.path().join("data/earlybell.sock")).unwrap();
        let close = format!("Connection: close\r\nContent-Length: {}", body.len());
        let head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{close}\r\n\r\n");
        socket.write_all((head + body).as_bytes()).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_until(lines: &mut Lines<impl BufRead>, words: &str) -> String {
    let mut read = String::new();
    for line in lines.map_while(Result::ok) {
        read.push_str(&line);
        read.push('\n');
        if line.contains(words) {
            return read;
        }
    }
    panic!("ended without `{words}`:\n{read}");
}

// `2026-11-22 21:24:13` becomes as many characters that are always the same.
fn without_times(said: &str) -> String {
    let shape = "dddd-dd-dd dd:dd:dd";
    let is_time = |text: &str| {
        text.len() == shape.len()
            && text.chars().zip(shape.chars()).all(|(c, s)| if s == 'd' { c.is_ascii_digit() } else { c == s })
    };
    let mut clean = String::new();
    let mut rest = said;
    while let Some(first) = rest.chars().next() {
        if rest.get(..shape.len()).is_some_and(is_time) {
            clean.push_str("YYYY-MM-DD hh:mm:ss");
            rest = &rest[shape.len()..];
        } else {
            clean.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    clean
}

#[test]
fn an_incident_from_declaration_to_reopening() {
    let server = Server::start(&[]);
    let runs: [&[&str]; 21] = [
        &["incident", "list"],
        &["incident", "declare", "Downloads", "are", "slow", "--severity", "minor", "--label", "team=web"],
        &["incident", "list"],
        &["incident", "update", "1", "We look into it", "--next", "20m"],
        &["incident", "severity", "#1", "major", "more users than we thought"],
        &["incident", "note", "INC-1", "only for us"],
        &["incident", "summary", "1", "The mirror in Prague is full."],
        &["incident", "take", "1", "operations"],
        &["incident", "take", "1", "operatoins"],
        &["incident", "edit", "1", "impact", "users in Prague"],
        &["incident", "undo", "1"],
        &["incident", "resolve", "1", "disk added"],
        &["incident", "resolve", "1"],
        &["incident", "reopen", "1", "full again"],
        &["incident", "false-alarm", "1", "monitoring-fault", "the probe was wrong"],
        &["incident", "list"],
        &["incident", "list", "all", "-o", "extended"],
        &["incident", "list", "closed", "-q"],
        &["incident", "confirm", "7"],
        &["incident", "calloff", "1", "test", " "],
        &["incident", "declare", "Once", "--idempotency-key", "k1", "-q"],
    ];
    let mut said: Vec<String> = runs.iter().map(|words| server.run(words)).collect();
    said.push(server.run(&["incident", "declare", "Once", "--idempotency-key", "k1", "-q"]));
    assert_snapshot("incident.txt", &said.join("\n"));
}

#[test]
fn an_alert_is_told_and_called_off_where_it_was_told() {
    let mut server = Server::start(&[]);
    let sent =
        server.run(&["alert", "add", "SiteDown", "severity=critical", "--annotation", "summary=no answer\x1b[2J"]);
    assert!(sent.ends_with("(exit 0)\n"), "{sent}");
    let declared = server.wait_until_said("Follow it here");
    assert!(declared.contains("== INC-1 declared ==") && declared.contains("SiteDown: no answer"), "{declared}");
    assert!(!declared.contains('\x1b'), "the alert moves the cursor: {declared}");
    let list = server.run(&["incident", "list"]);
    assert!(list.contains("INC-1   suspected  major") && list.contains("1 of 1  SiteDown"), "{list}");
    server.run(&["incident", "calloff", "1", "no-user-impact", "the", "probe", "was", "wrong"]);
    let called_off = server.wait_until_said("Reason:");
    assert!(
        called_off.contains("== INC-1 called off ==") && called_off.contains("the probe was wrong"),
        "{called_off}"
    );
    assert!(server.run(&["alert", "add", "SiteDown", "severity=warning", "-q"]).contains("-q\n(exit 0)"));
    assert!(server.run(&["incident", "list"]).contains("no open incidents"));
    assert_eq!(server.run(&["deliveries", "--dead"]), "$ earlybell deliveries --dead\nno deliveries\n(exit 0)\n");
    let told = server.run(&["deliveries", "--incident", "1", "--receiver", "console"]);
    assert!(told.contains("INC-1") && told.contains("called off  sent"), "{told}");
    assert!(server.run(&["deliveries", "retry", "1"]).contains("(exit 1)"), "a sent notice is sent again");
}

#[test]
fn a_body_that_is_no_alert_is_kept_and_can_be_looked_at() {
    let server = Server::start(&[]);
    let refused = server.send("POST", "/api/v1/alertmanager", "{\"version\": \"\u{1b}[2J\"}");
    assert!(refused.starts_with("HTTP/1.1 400"), "{refused}");
    let list = server.run(&["quarantine"]);
    assert!(list.contains("/api/v1/alertmanager  19"), "{list}");
    let shown = server.run(&["quarantine", "show", "1"]);
    assert!(shown.contains("{\"version\": \"\u{FFFD}[2J\"}"), "{shown}");
    assert!(server.run(&["quarantine", "drop", "1"]).contains("forgot 1"));
    assert!(server.run(&["quarantine", "list"]).contains("nothing was refused"));
    assert!(server.run(&["quarantine", "show", "1"]).contains("(exit 1)"));
}

#[test]
fn what_was_said_outlives_a_restart() {
    let server = Server::start(&[]);
    server.run(&["incident", "declare", "Before"]);
    let server = Server::start_in(server.stop(), &["--log.format=json"]);
    assert_eq!(server.run(&["incident", "list", "-q"]), "$ earlybell incident list -q\n1\n(exit 0)\n");
    assert!(server.run(&["incident", "declare", "After", "-q"]).contains("\n2\n"));
}

#[test]
fn a_bad_configuration_leaves_the_old_one_running() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("earlybell.yml");
    std::fs::write(&path, "sources: [{ name: first }]\n").unwrap();
    let mut server = Server::start_in(folder, &["--config.file=earlybell.yml"]);
    std::fs::write(&path, "sources: [{ nmae: second }]\n").unwrap();
    let answer = server.request("POST", "/-/reload");
    assert!(answer.starts_with("HTTP/1.1 500") && answer.contains("did you mean `name`?"), "{answer}");
    assert!(server.request("GET", "/metrics").contains("earlybell_config_last_reload_successful 0"));
    server.signal("-HUP");
    server.wait_until_logged("was not reloaded");
    server.wait_until_logged("was not reloaded");
    assert!(server.run(&["alert", "add", "A", "--source", "first"]).contains("(exit 0)"));
    std::fs::write(&path, "sources: [{ name: second }]\n").unwrap();
    server.signal("-HUP");
    server.wait_until_logged("was reloaded");
    assert!(server.request("GET", "/metrics").contains("earlybell_config_last_reload_successful 1"));
    assert!(server.run(&["alert", "add", "A", "--source", "second"]).contains("(exit 0)"));
    assert!(server.run(&["alert", "add", "A", "--source", "first"]).contains("(exit 1)"));
}

#[test]
fn systemd_is_told_how_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let systemd = UnixDatagram::bind(&path).unwrap();
    let hear = || {
        let mut heard = [0; 500];
        let length = systemd.recv(&mut heard).unwrap();
        text(&heard[..length])
    };
    // Life signs come whenever they come; what else is said has an order.
    let hear_news = || std::iter::repeat_with(hear).find(|heard| heard != "WATCHDOG=1\n").unwrap();
    let environment = [("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "100000")];
    let server = Server::start_with(folder, &[], &environment);
    assert_eq!(hear_news(), "READY=1\n");
    assert_eq!([hear(), hear()], ["WATCHDOG=1\n", "WATCHDOG=1\n"]);
    server.signal("-HUP");
    let reloading = hear_news();
    assert!(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{reloading}");
    assert_eq!(hear_news(), "READY=1\n");
    server.signal("-TERM");
    assert_eq!(hear_news(), "STOPPING=1\n");
}

#[test]
fn a_bad_configuration_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("earlybell.yml"), "recievers: []\n").unwrap();
    let said = transcript(folder.path(), &["serve", "--web.listen-address=127.0.0.1:0"]);
    assert!(said.contains("earlybell.yml:1:1: unknown key `recievers`; did you mean `receivers`?"), "{said}");
    assert!(said.ends_with("(exit 1)\n") && !folder.path().join("data").exists(), "{said}");
}

#[test]
fn tokens_come_before_the_first_start_for_others() {
    let folder = tempfile::tempdir().unwrap();
    let refused = transcript(folder.path(), &["serve", "--web.listen-address=0.0.0.0:0"]);
    assert!(refused.contains("there is no token yet") && refused.ends_with("(exit 1)\n"), "{refused}");
    assert!(!refused.contains("level="), "it had begun already: {refused}");
    let made = earlybell(folder.path(), &["token", "new", "--role", "manager", "ada", "-q"]);
    let token = text(&made.stdout).trim().to_owned();
    let mut server = Server::start_in(folder, &["--web.listen-address=0.0.0.0:0"]);
    let log = server.wait_until_logged("listening on 0.0.0.0");
    let port = log.lines().last().unwrap().split("listening on 0.0.0.0:").nth(1).unwrap();
    let url = format!("http://127.0.0.1:{}", port.split('"').next().unwrap());
    let over_tcp = |words: &[&str]| transcript(server.folder.path(), &[words, &["--server", &url]].concat());
    let refused = over_tcp(&["incident", "list"]);
    assert!(refused.contains("this needs a token") && refused.ends_with("(exit 1)\n"), "{refused}");
    let declared = over_tcp(&["incident", "declare", "By token", "--token", &token]);
    assert!(declared.contains("declared INC-1"), "{declared}");
    assert!(over_tcp(&["token", "list", "--token", &token]).contains("(exit 1)"), "a manager sees tokens");
    assert!(server.run(&["incident", "list", "-o", "extended"]).contains(" ada "), "the token's owner declared it");
}

fn with_input(folder: &Path, words: &[&str], input: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_earlybell"));
    command.args(words).current_dir(folder).env_clear().env("USER", "ada").stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    format!("{}{}(exit {})\n", text(&output.stdout), text(&output.stderr), output.status.code().unwrap())
}

#[test]
fn logins_are_made_before_the_first_start_and_changed_while_it_runs() {
    const PASSWORD: &str = "correct horse battery staple";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("password"), format!("{PASSWORD}\n")).unwrap();
    let add = &["user", "add", "breakglass", "--role", "admin", "--totp", "--password-file", "password"];
    let said = transcript(folder.path(), add);
    assert!(
        said.contains("no server runs there") && said.contains("breakglass may log in as admin. From now on"),
        "{said}"
    );
    assert!(said.contains("otpauth://totp/Earlybell:breakglass?secret=") && !said.contains(PASSWORD), "{said}");
    let short = with_input(folder.path(), &["user", "add", "ada", "--role", "viewer"], "too short\n");
    assert!(short.contains("a password has at least 15 characters") && short.ends_with("(exit 1)\n"), "{short}");
    assert!(transcript(folder.path(), &["user", "add", "x", "--role", "ingest"]).ends_with("(exit 2)\n"));
    let server = Server::start_in(folder, &[]);
    assert!(!server.banner.contains("everyone on it may do everything"), "{}", server.banner);
    let path = server.folder.path();
    let said = with_input(path, &["user", "add", "ada", "--role", "viewer", "-q"], &format!("{PASSWORD}\r\n"));
    assert_eq!(said, "(exit 0)\n");
    let listed = server.run(&["user", "list"]);
    assert!(
        listed.contains("breakglass  admin   password  yes") && listed.contains("ada         viewer  password  no"),
        "{listed}"
    );
    for (words, told) in [
        (&["user", "role", "ada", "manager"][..], "ada has the role manager now"),
        (&["user", "sessions", "ada"], "ada is not signed in anywhere"),
        (&["user", "logout", "ada"], "ada was not signed in anywhere"),
        (&["user", "disable", "ada"], "ada may not do anything any more, and was signed out everywhere"),
        (&["user", "enable", "ada"], "ada may log in again"),
        (
            &["user", "totp", "ada"],
            "ada needs one-time codes of a new secret\nfor the authenticator app, shown only now:",
        ),
        (&["user", "totp", "ada", "--off"], "ada needs no one-time codes any more"),
        (&["user", "password", "ada", "--password-file", "password"], "ada has another password"),
        (&["user", "remove", "ada"], "ada is gone, and was signed out everywhere"),
        (&["user", "remove", "ada"], "nobody called ada may log in"),
    ] {
        let said = server.run(words).replace("(exit", "\n(exit");
        assert!(said.lines().skip(1).collect::<Vec<_>>().join("\n").contains(told.lines().next().unwrap()), "{said}");
    }
    let made = text(
        &earlybell(path, &["token", "new", "--role", "viewer", "ada", "--expires-in", "90d", "-o", "json"]).stdout,
    );
    let id = made.split("\"id\": \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(server.run(&["token", "rotate", &id, "-q"]).contains("eb_"));
    assert!(server.run(&["token", "rotate", &id]).contains("ada has 2 tokens already; revoke the old one first"));
}

#[test]
fn links_and_the_banner_name_the_address_that_was_given() {
    let folder = tempfile::tempdir().unwrap();
    let refused = transcript(folder.path(), &["check", "ready"]);
    assert!(refused.contains("no server at") && refused.ends_with("(exit 1)\n"), "{refused}");
    let mut server = Server::start(&[]);
    assert_eq!(server.run(&["check", "ready"]), "$ earlybell check ready\nready\n(exit 0)\n");
    let log = server.wait_until_logged("listening on 127.0.0.1:");
    let port = log.lines().last().unwrap().split("listening on 127.0.0.1:").nth(1).unwrap();
    let url = format!("http://127.0.0.1:{}", port.split('"').next().unwrap());
    assert!(server.banner.contains(&format!("The page:          {url}/\n")), "{}", server.banner);
    assert!(server.banner.contains(&format!("- url: {url}/api/v1/alertmanager\n")), "{}", server.banner);
    assert!(server.run(&["check", "ready", "--server", &url, "-q"]).ends_with("-q\n(exit 0)\n"));
    server.run(&["incident", "declare", "Down"]);
    server.wait_until_said(&format!("Follow it here: {url}/incidents/1"));
}

#[test]
fn a_second_server_in_the_same_folder_is_refused() {
    let server = Server::start(&[]);
    let said = transcript(server.folder.path(), &["serve", "--web.listen-address=127.0.0.1:0"]);
    assert!(said.contains("uses ./data; stop it") && said.ends_with("(exit 1)\n"), "{said}");
}

const EXPLAINED_RULES: &str = r#"
groups:
  - name: site
    rules:
      - incident: SiteDown
        correlate_by: [site]
        when: { alerts: ['alertname = SiteDown', 'severity = critical'] }
        gather: ['team = web']
      - incident: Slow
        when:
          all:
            - { alerts: ['alertname = Slow'], for: 1h }
            - { alerts: ['alertname = Queue'], at_least: 2 }
      - incident: TryOut
        mode: shadow
        when: { alerts: ['alertname = SiteDown', 'severity = critical'] }
"#;

// Times of day and ages change from run to run.
fn without_clock(said: &str) -> String {
    let is_clock = |word: &str| word.len() >= 5 && word.chars().all(|c| c.is_ascii_digit() || c == ':');
    let mut clean: Vec<&str> = Vec::new();
    for word in said.split(' ') {
        let age = clean.last().is_some_and(|before| before.ends_with("held"));
        clean.push(if age {
            "AGE"
        } else if is_clock(word) && word.contains(':') {
            "hh:mm"
        } else {
            word
        });
    }
    clean.join(" ")
}

#[test]
fn why_something_happened_or_did_not() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| std::fs::write(folder.path().join(name), content).unwrap();
    write("earlybell.yml", "rule_files: [rules.yml]\n");
    write("rules.yml", EXPLAINED_RULES);
    write("message.json", r#"[{"labels": {"alertname": "SiteDown", "severity": "critical", "site": "b"}}]"#);
    write("bad.json", "{]");
    let server = Server::start_in(folder, &["--config.file=earlybell.yml"]);
    let runs: [&[&str]; 25] = [
        &["explain"],
        &["alert", "add", "SiteDown", "severity=warning", "site=a"],
        &["incident", "list"],
        // Nothing happened: which matcher was it?
        &["explain", "1"],
        &["alert", "add", "SiteDown", "severity=critical", "site=a"],
        &["alert", "add", "Slow", "team=web", "site=a"],
        &["explain", "now"],
        &["explain", "INC-1"],
        &["explain", "{alertname=\"Slow\"}"],
        &["explain", "{alertname=SiteDown, site=c, severity=critical}"],
        &["explain", "message.json"],
        &["explain", "message.json", "--rules", "rules.yml"],
        &["explain", "--rule", "Slow"],
        &["incident", "calloff", "1", "no-user-impact", "the probe was wrong"],
        &["explain", "--rule", "SiteDown"],
        &["explain", "#1", "-q"],
        &["explain", "99"],
        &["explain", "SiteDown"],
        &["explain", "{alertname=~\"Site.*\"}"],
        &["explain", "INC-x"],
        &["explain", "bad.json"],
        &["explain", "bad.json", "--rules", "rules.yml"],
        &["explain", "--rules", "rules.yml"],
        &["explain", "message.json", "--rules", "nothing.yml"],
        &["explain", "message.json", "--rules", "rules.yml", "--rule", "Sitedown"],
    ];
    let said: Vec<String> = runs.iter().map(|words| without_clock(&server.run(words))).collect();
    assert_snapshot("explain.txt", &said.join("\n"));
    let json = server.run(&["explain", "INC-1", "-o", "json"]);
    assert!(json.contains("\"verdict\": \"cooldown\"") && json.contains("\"declared\": {"), "{json}");
}
