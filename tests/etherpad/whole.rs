//! The whole program beside a real Etherpad: a pad follows its incident, through the death of either.

use crate::etherpad::Etherpad;
use crate::page::shows;
use crate::program::Program;
use earlybell::archive::incident::{Content, read};
use serde_json::{Value, json};

const URL: &str = "https://earlybell.example.org";

fn config(etherpad: &Etherpad) -> String {
    format!("etherpad: {{ url: '{}', prefix: obs-, readers: team }}\n", etherpad.url)
}

fn document(program: &Program, number: u32) -> Option<Value> {
    serde_json::from_str(&program.get(&format!("/incidents/{number}.json")).ok()?).ok()
}

fn name(program: &Program, number: u32) -> Option<String> {
    let url = document(program, number)?["pad"]["url"].as_str()?.to_owned();
    Some(url.rsplit('/').next()?.to_owned())
}

fn act(program: &Program, path: &str, body: Value) {
    program.post(&format!("/api/v1/incidents{path}"), &body.to_string()).unwrap();
}

// The pad, once these words stand in it.
fn pad_with(program: &mut Program, etherpad: &Etherpad, pad: &str, words: &str) -> String {
    let wait = format!("`{words}` does not come to the pad {:?}", etherpad.text(pad));
    program.wait(&wait, |_| {
        std::thread::park_timeout(std::time::Duration::from_millis(100));
        etherpad.text(pad).filter(|text| text.contains(words))
    })
}

fn types(etherpad: &Etherpad, pad: &str, lines: &str) {
    let answer = etherpad.api(
        "appendText",
        &format!("padID={pad}&text=%0A{}", lines.replace(' ', "+").replace('\n', "%0A").replace('!', "%21")),
    );
    assert_eq!(answer["code"], 0, "{answer}");
}

// What differs from run to run: times, and the part of a name that nobody can guess.
fn steady(text: &str) -> String {
    let (mut steady, mut rest) = (String::new(), text);
    while let Some(first) = rest.chars().next() {
        let form: String = rest.chars().take(16).map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        let length = if form == "0000-00-00 00:00" { 16 } else { first.len_utf8() };
        steady.push_str(if length == 16 { "2026-03-10 09:25" } else { &rest[..length] });
        rest = &rest[length..];
    }
    steady
}

// As the page shows it.
fn told(transcript: &[(&str, String)]) -> String {
    transcript.iter().map(|(title, pad)| format!("{title}\n\n```\n{}\n```\n\n", steady(pad).trim_end())).collect()
}

#[test]
fn a_pad_follows_its_incident_whoever_dies_in_between() {
    let mut etherpad = Etherpad::start();
    let mut program = Program::start_with(&[&format!("--web.external-url={URL}")], &config(&etherpad), &[]);
    act(&program, "", json!({"title": "Builds are stuck", "severity": "major"}));
    act(&program, "", json!({"title": "Mail is slow", "severity": "minor"}));
    let pad = program.wait("there is no pad", |program| name(program, 1));
    assert!(pad.starts_with("obs-inc-1-") && pad.len() == 26, "{pad}");
    let declared = pad_with(&mut program, &etherpad, &pad, "declared “Builds are stuck");
    assert!(declared.contains(&format!("The whole record: {URL}/incidents/1\n")), "{declared}");
    assert!(
        program.logged().contains(&format!("Pad, to write along: {}/p/{pad}", etherpad.url)),
        "{}",
        program.logged()
    );

    // People write; a line that they marked is on the timeline, once.
    types(&etherpad, &pad, "bert: it is the disk of web1\n!note web1 was restarted");
    // Whatever is said makes us look at once, and not only when the time for it has come.
    act(&program, "/1/update", json!({"text": "It is a disk."}));
    let seen = |program: &Program| {
        let document = document(program, 1)?;
        let people = document["pad"]["people"].as_str()?.to_owned();
        let told = document["timeline"].as_array()?.iter().filter(|line| line["text"] == "note: web1 was restarted");
        (told.count() == 1 && people.contains("bert: it is the disk of web1")).then_some(document)
    };
    let document = program.wait("what people wrote is not seen", seen);
    assert!(document["pad"]["age"].is_string(), "{document}");
    let note = document["timeline"].as_array().unwrap().iter().find(|line| line["text"] == "note: web1 was restarted");
    assert_eq!((&note.unwrap()["by"], &note.unwrap()["private"]), (&json!("somebody on the pad"), &json!(true)));
    let page = program.get("/incidents/1").unwrap();
    assert!(page.contains("From the pad") && page.contains("bert: it is the disk of web1"), "{page}");

    // It dies. Nothing else waits; what was said arrives when it is back.
    etherpad.kill();
    act(&program, "/1/update", json!({"text": "We replace the disk."}));
    program.wait("nobody counts it", |program| (program.metric("earlybell_pad_failures_total")? > 0.0).then_some(()));
    assert!(program.logged().contains("We replace the disk."), "the notice went out all the same");
    assert!(program.get("/-/ready").is_ok());
    // So do we, in the middle of it.
    program.kill();
    etherpad.run();
    program.run();
    assert_eq!(name(&program, 1), Some(pad.clone()), "a pad keeps its name");
    let updated = pad_with(&mut program, &etherpad, &pad, "Last update: We replace the disk.");
    assert!(updated.contains("bert: it is the disk of web1\n!note web1 was restarted"), "{updated}");
    assert_eq!(updated.matches("Earlybell keeps this block").count(), 1, "{updated}");

    act(&program, "/1/resolve", json!({"text": "The disk is new."}));
    act(&program, "/2/calloff", json!({"code": "monitoring-fault", "reason": "The probe was wrong."}));
    let resolved = pad_with(&mut program, &etherpad, &pad, "Status: resolved");
    let other = name(&program, 2).unwrap();
    let called_off = pad_with(&mut program, &etherpad, &other, "Called off: The probe was wrong.");
    let again = document_notes(&program);
    assert_eq!(again, 1, "after a restart, a note is not taken again");
    let saved = etherpad.api("listSavedRevisions", &format!("padID={pad}"));
    assert!(saved["data"]["savedRevisions"].as_array().unwrap().len() >= 2, "{saved}");
    drop(etherpad);
    is_exported(&program);
    let told = told(&[
        ("Declared:", declared),
        ("People wrote below it, Etherpad and Earlybell were killed and started again, updates were said:", updated),
        ("Resolved:", resolved),
        ("Another one, called off:", called_off),
    ]);
    shows("etherpad.md", "transcript", &told);
}

// Once the pad is gone, what people wrote is in the archive; which plays as ever, and goes to another instance and back.
fn is_exported(program: &Program) {
    let file = |program: &Program, name: &str| program.folder.path().join(name);
    let said = program.verb(&["export", "1"], "");
    assert!(said.contains(" inputs, and what people wrote on its pad"), "{said}");
    let archive = std::fs::read(file(program, "inc-1.tar")).unwrap();
    let kept = archived(&archive).pad.unwrap();
    assert_eq!(kept.text, "bert: it is the disk of web1\n!note web1 was restarted");
    assert!(kept.seen_at.is_some());
    assert!(!program.verb(&["export", "2"], "").contains("pad"), "nobody wrote on the other one");
    assert_eq!(archived(&std::fs::read(file(program, "inc-2.tar")).unwrap()).pad, None);
    let said = program.verb(&["replay", "inc-1.tar"], "");
    assert!(said.contains("the same, byte for byte"), "{said}");

    let other = Program::start("", &[]);
    std::fs::write(file(&other, "inc-1.tar"), &archive).unwrap();
    let said = other.verb(&["import", "inc-1.tar"], "");
    assert!(said.contains("imported INC-1"), "{said}");
    other.verb(&["export", "1", "back.tar"], "");
    assert!(std::fs::read(file(&other, "back.tar")).unwrap() == archive, "export, import, export is the identity");
    let changed = String::from_utf8(archive).unwrap().replacen("bert: it is", "carl: it is", 2);
    std::fs::write(file(&other, "changed.tar"), changed).unwrap();
    let said = other.verb(&["import", "changed.tar"], "");
    assert!(said.contains("was changed since"), "{said}");
}

fn archived(bytes: &[u8]) -> Content {
    read(bytes).unwrap().content
}

fn document_notes(program: &Program) -> usize {
    let document = document(program, 1).unwrap();
    document["timeline"].as_array().unwrap().iter().filter(|line| line["text"] == "note: web1 was restarted").count()
}
