//! The built program: its log, its terminal, and what its command line prints.

use crate::payloads::{self, one_line};
use crate::program::Program;
use crate::{assert_nothing, missing, read};
use serde_json::json;

/// Each seventh is in another dress.
const STEP: usize = 13;

// What moves a cursor, hides or reorders text.
fn moves(text: &str) -> Option<char> {
    let odd = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || ('\u{202A}'..='\u{202E}').contains(&c)
            || ('\u{2066}'..='\u{2069}').contains(&c)
    };
    text.chars().find(|c| odd(*c))
}

#[test]
fn logs_and_terminals_show_text_as_text() {
    let program = Program::start("", &[]);
    let chosen: Vec<String> = payloads::all().into_iter().step_by(STEP).collect();
    let mut wrong = Vec::new();
    for (at, payload) in chosen.iter().enumerate() {
        let number = at + 1;
        let declared = json!({"title": payload, "impact": payload, "labels": {"place": payload}});
        program.post("/api/v1/incidents", &declared.to_string()).unwrap();
        for (verb, body) in [
            ("note", json!({"text": payload})),
            ("update", json!({"text": payload})),
            ("todo", json!({"text": payload})),
        ] {
            program.post(&format!("/api/v1/incidents/{number}/{verb}"), &body.to_string()).unwrap();
        }
        program.post(&format!("/api/v1/incidents/{number}/resolve"), &json!({"text": payload}).to_string()).unwrap();
    }
    for (at, payload) in chosen.iter().enumerate().step_by(7) {
        let number = (at + 1).to_string();
        for words in [
            vec!["incident", "show", &number],
            vec!["incident", "show", &number, "-o", "extended"],
            vec!["incident", "why", &number],
        ] {
            let said = program.verb(&words, "");
            wrong.extend(moves(&said).map(|c| format!("{words:?} prints {c:?}: {said}")));
            if words[1] == "show" {
                // It prints Markdown, in which some signs are escaped.
                let plain = |text: &str| text.replace('\\', "");
                wrong.extend(missing(&format!("{words:?}"), &plain(&said), [&plain(payload)]));
            }
        }
    }
    for words in [
        vec!["incident", "list"],
        vec!["incident", "list", "-o", "extended"],
        vec!["audit", "list"],
        vec!["deliveries", "list"],
    ] {
        let said = program.verb(&words, "");
        wrong.extend(moves(&said).map(|c| format!("{words:?} prints {c:?}: {said}")));
    }
    let log = program.logged();
    wrong.extend(moves(&log).map(|c| format!("the log has {c:?}")));
    let mut messages = String::new();
    // Before its first line it says hello.
    for line in log.lines().skip_while(|line| !line.contains("listening on")) {
        if line.starts_with("ts=") {
            match read::logfmt(line) {
                Ok(message) => messages.push_str(&format!("{}\n", one_line(&message))),
                Err(problem) => wrong.push(problem),
            }
        } else if !(line.is_empty() || line.starts_with("   ") || line.starts_with("== INC-")) {
            wrong.push(format!("the log has the line {line:?}"));
        }
    }
    wrong.extend(missing("the log", &messages, &chosen));
    assert_nothing(wrong);
}
