//! The fake answers as the real servers did when they were recorded: the Rails application 2.10.50, and its status messages
//! of July 2025.

use crate::obs::{Obs, PASSWORD, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::Value;
use std::path::Path;

#[tokio::test]
async fn the_fake_answers_as_the_recorded_servers() {
    let (mut cases, http) = (0, reqwest::Client::new());
    for (version, folder) in [(Version::Old, "2.10.50"), (Version::New, "2025-07")] {
        let obs = Obs::start(version);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/obs").join(folder);
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        for file in files {
            let recorded: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
            let (case, expected) = (&recorded["case"], &recorded["response"]);
            let answer = ask(&http, &obs, &recorded).await;
            let shown = format!("{version:?} {case}");
            assert_eq!(answer["status"], expected["status"], "{shown}");
            for name in ["Content-Type", "X-Opensuse-Errorcode", "WWW-Authenticate"] {
                assert_eq!(answer["headers"][name], expected["headers"][name], "{shown}: {name}");
            }
            let body = |of: &Value| comparable(of["body"].as_str().unwrap());
            assert_eq!(body(&answer), body(expected), "{shown}");
            cases += 1;
        }
    }
    assert_eq!(cases, 76);
}

async fn ask(http: &reqwest::Client, obs: &Obs, recorded: &Value) -> Value {
    let request = &recorded["request"];
    let text = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
    let method: Method = text("method").parse().unwrap();
    let url = format!("{}{}", obs.url, text("path"));
    let mut asked = http.request(method, url).header("accept", text("accept")).body(text("body"));
    if let Some(user) = request["auth"].as_str() {
        let password = if recorded["case"] == "create-bad-password" { "wrong" } else { PASSWORD };
        asked = asked.header("authorization", format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))));
    }
    let answer = asked.send().await.unwrap();
    let header = |name: &str| answer.headers().get(name).map(|value| Value::from(value.to_str().unwrap()));
    let headers = ["Content-Type", "X-Opensuse-Errorcode", "WWW-Authenticate"];
    let headers: Value = headers.iter().filter_map(|name| Some(((*name).to_owned(), header(name)?))).collect();
    let status = answer.status().as_u16();
    serde_json::json!({"status": status, "headers": headers, "body": answer.text().await.unwrap()})
}

// Without times, and without the order of what is of the same second. Pages are only told from answers.
fn comparable(body: &str) -> Vec<String> {
    if body.starts_with("<!DOCTYPE html>") {
        return vec!["a page".to_owned()];
    }
    let at = |line: &str| if line.trim().starts_with("<created_at>") { "a time".to_owned() } else { line.to_owned() };
    let timeless: String = body.lines().map(|line| format!("{}\n", at(line))).collect();
    let (head, rest) = match timeless.split_once('\n') {
        Some((head, rest)) if head.starts_with("<status_messages") => (head, rest),
        _ => ("", timeless.as_str()),
    };
    let mut blocks: Vec<String> = rest.split_inclusive("</status_message>\n").map(str::to_owned).collect();
    blocks.sort();
    blocks.push(head.to_owned());
    blocks
}
