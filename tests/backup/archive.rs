//! One incident: exported, played again, taken by another instance, deleted.

use crate::program::Program;
use crate::{RULES, done, earlybell, path, refused, text, webhook};
use rusqlite::Connection;
use std::path::PathBuf;

const CONFIG: &str = "rule_files: [rules.yml]\n";

struct Instance {
    program: Program,
    server: String,
    data: String,
}

impl Instance {
    fn start() -> Self {
        let program = Program::start(CONFIG, &[("rules.yml", RULES)]);
        let (data, name) = path(program.folder.path(), "data");
        Self { server: data.join("earlybell.sock").display().to_string(), data: name, program }
    }

    fn file(&self, name: &str) -> (PathBuf, String) {
        path(self.program.folder.path(), name)
    }

    fn done(&self, words: &[&str]) -> String {
        done(&[words, &["--server", &self.server]].concat())
    }

    fn refused(&self, words: &[&str]) -> String {
        refused(&[words, &["--server", &self.server]].concat())
    }

    // Declared by a rule, told, called off by a person once its alert is over.
    fn live_through_one(&mut self) {
        self.program.post("/api/v1/alertmanager", &webhook("web", "firing")).unwrap();
        self.program.wait("it is not declared", |program| program.get("/api/v1/incidents/1").ok());
        self.done(&["incident", "note", "1", "we look at the probe — ещё"]);
        self.done(&["incident", "calloff", "1", "monitoring-fault", "the probe was wrong"]);
        self.program
            .wait("it is not told", |program| (program.metric("earlybell_outbox_queue_length")? == 0.0).then_some(()));
    }
}

#[test]
fn an_incident_goes_to_another_instance_and_back_unchanged() {
    let mut here = Instance::start();
    here.live_through_one();
    let (file, name) = here.file("inc-1.tar");
    let said = here.done(&["export", "1", &name]);
    assert!(said.contains("entries") && !said.contains("not in it"), "{said}");
    assert!(here.refused(&["export", "1", &name]).contains("is there already"));
    let whole = std::fs::read(&file).unwrap();
    let again = earlybell(&["export", "1", "-", "--storage.path", &here.data]);
    assert!(again.stdout == whole, "with and without the server, and twice: {}", text(&again));
    let said = done(&["replay", &name]);
    assert!(said.contains("the same, byte for byte"), "{said}");

    let mut there = Instance::start();
    let said = there.done(&["import", &name]);
    assert!(said.contains("imported INC-1, to be read only"), "{said}");
    let said = there.done(&["import", &name]);
    assert!(said.contains("nothing was changed: INC-1 is this archive already"), "{said}");
    there.done(&["export", "1", &there.file("back.tar").1]);
    assert!(std::fs::read(there.file("back.tar").0).unwrap() == whole, "export, import, export is the identity");
    let page = there.program.get("/incidents/1").unwrap();
    assert!(page.contains("From another instance") && page.contains("the probe was wrong"), "{page}");
    assert!(!page.contains("<form method=\"post\" action=\"/incidents/1/do"), "nothing is offered");
    let said = there.refused(&["incident", "reopen", "1", "again"]);
    assert!(said.contains("it stays as it is"), "{said}");
    assert_eq!(there.program.get("/api/v1/deliveries").unwrap(), r#"{"deliveries":[]}"#);
    // Its number is taken, after a restart as well; and the record still plays.
    there.program.kill();
    there.program.run();
    there.done(&["incident", "declare", "the mail is late"]);
    assert!(there.program.get("/api/v1/incidents/2").unwrap().contains("the mail is late"));
    there
        .program
        .wait("it is not decided", |program| (program.metric("earlybell_engine_lag_inputs")? == 0.0).then_some(()));
    let said = done(&["replay", "--storage.path", &there.data]);
    assert!(said.contains("the same, byte for byte"), "{said}");

    // Where the number is taken it gets another one, and goes as it came.
    let said = here.done(&["import", &name]);
    assert!(said.contains("as INC-2") && said.contains("its number is taken here"), "{said}");
    let (copy, copy_name) = here.file("copy.tar");
    here.done(&["export", "2", &copy_name]);
    assert!(std::fs::read(copy).unwrap() == whole);

    // A file that was changed, or is something else, changes nothing.
    let before = there.program.get("/api/v1/incidents").unwrap();
    let (bad, bad_name) = there.file("bad.tar");
    for (from, to) in
        [("probe was wrong", "probe was right"), ("\"version\": 1", "\"version\": 7"), ("0000600", "0000777")]
    {
        let changed = String::from_utf8(whole.clone()).unwrap().replacen(from, to, 1);
        std::fs::write(&bad, &changed).unwrap();
        assert!(there.refused(&["import", &bad_name]).contains("bad.tar: "), "{from}");
        let answer = there.program.post("/api/v1/import", &changed).unwrap_err();
        assert!(answer.contains("422") && answer.contains("the archive can't be used"), "{answer}");
    }
    assert!(there.refused(&["import", &here.file("earlybell.yml").1]).contains("cut off"));
    assert_eq!(there.program.get("/api/v1/incidents").unwrap(), before);
    here.done(&["incident", "declare", "still going on"]);
    let open = here.file("open.tar").1;
    here.done(&["export", "3", &open]);
    assert!(there.refused(&["import", &open]).contains("was open when it was exported"));
}

#[test]
fn a_replay_gives_the_same_or_shows_the_first_difference() {
    let mut here = Instance::start();
    here.live_through_one();
    let said = done(&["replay", "--storage.path", &here.data]);
    assert!(said.contains("of 1 incident are the same, byte for byte"), "{said}");
    here.program.kill();
    let conn = Connection::open(here.file("data").0.join("earlybell.db")).unwrap();
    conn.execute("UPDATE entries SET fact = replace(fact, 'probe was', 'prone was') WHERE incident = 1", []).unwrap();
    drop(conn);
    let said = refused(&["replay", "--storage.path", &here.data]);
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].contains("gives another entry") && lines[0].contains("of INC-1"), "{said}");
    assert!(lines[1].starts_with("before:   {\"incident\":1"), "{said}");
    let caret = lines[4].find('^').unwrap();
    let at = |line: &str| line.chars().nth(caret).unwrap();
    assert_eq!((at(lines[2]), at(lines[3])), ('n', 'b'), "{said}");
}

#[test]
fn a_deleted_incident_is_gone_and_its_number_with_it() {
    let here = Instance::start();
    here.done(&["incident", "declare", "the mail is late"]);
    let said = here.refused(&["incident", "delete", "1"]);
    assert!(said.contains("INC-1 is open; end it first"), "{said}");
    here.done(&["incident", "resolve", "1", "it came"]);
    let said = here.done(&["incident", "delete", "1"]);
    assert!(said.contains("INC-1 is deleted"), "{said}");
    for path in ["/incidents/1", "/api/v1/incidents/1", "/api/v1/incidents/1/timeline", "/api/v1/incidents/1/export"] {
        let answer = here.program.get(path).unwrap_err();
        assert!(answer.contains("404") && answer.contains("INC-1 was deleted by ada on"), "{path}: {answer}");
    }
    assert!(here.refused(&["incident", "delete", "1"]).contains("was deleted by ada"));
    assert!(here.refused(&["incident", "reopen", "1", "again"]).contains("INC-1"));
    here.done(&["incident", "declare", "the mail is late again"]);
    assert!(here.program.get("/api/v1/incidents/2").is_ok() && here.program.get("/api/v1/incidents/1").is_err());
    assert_eq!(here.program.get("/api/v1/deliveries").unwrap().matches("\"incident\":1,").count(), 0);
    let audit = here.done(&["audit", "--incident", "1"]);
    assert!(audit.contains("INC-1 deleted") && audit.contains("refused: INC-1 is open"), "{audit}");
    // The record of it still plays; what was deleted is not compared.
    let said = done(&["replay", "--storage.path", &here.data]);
    assert!(said.contains("are not compared") && said.contains("the same"), "{said}");
}
