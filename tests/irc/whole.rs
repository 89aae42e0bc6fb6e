//! The built program on a real network: what a channel reads, and a person who leads an incident by typing there. What their
//! screen shows stands in docs/irc.md; `UPDATE=1` writes it there.

use crate::client::Client;
use crate::networks::{LOGIN, Network};
use crate::program::Program;
use serde_json::json;
use std::path::Path;

const CHANNEL: &str = "#incidents";

fn earlybell_yml(network: &Network, capture: bool) -> String {
    format!(
        "route: {{ receivers: [console, team-irc] }}
receivers:
  - {{ name: console, console: {{}} }}
  - name: team-irc
    irc:
      server: 127.0.0.1:{}
      ca_file: {}
      nick: incbot
      sasl: {{ username: {}, password: {} }}
      channel: '{CHANNEL}'
      capture: {capture}
      flood: {{ burst: 100, every: 1s }}
people: [{{ name: anna, irc: Anna }}, {{ name: carl, irc: carl }}]
rituals: {{ claim_within: 0, scope_after: 0 }}
",
        network.tls,
        network.file("ca.pem").display(),
        LOGIN.0,
        LOGIN.1
    )
}

// What differs from day to day.
fn steady(screen: &str) -> String {
    let mut text = String::new();
    for line in screen.lines() {
        if line.starts_with("-NickServ-")
            || line.contains("Record: ") && !line.contains(". Record: ") && line.len() < 20
        {
            continue;
        }
        text.push_str(&steady_line(line));
        text.push('\n');
    }
    text
}

fn steady_line(line: &str) -> String {
    let mut signs: Vec<char> = line.chars().collect();
    for at in 0..signs.len().saturating_sub(4) {
        let is_time = [0, 1, 3, 4].iter().all(|step| signs[at + step].is_ascii_digit()) && signs[at + 2] == ':';
        if is_time {
            signs.splice(at..at + 5, "12:30".chars());
        }
    }
    let text: String = signs.into_iter().collect();
    // The hash that proves the record.
    let Some((before, after)) = text.split_once("Record: ") else { return text };
    let end = after.find(". ").map_or(after.len(), |at| at + 1);
    format!("{before}Record: …{}", &after[end..])
}

// A block of docs/irc.md, below `<!-- NAME -->`.
fn compare(name: &str, screen: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/irc.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let mark = format!("<!-- {name} -->\n```text\n");
    let (before, after) = page.split_once(&mark).unwrap_or_else(|| panic!("docs/irc.md has no {mark}"));
    let (written, rest) = after.split_once("```\n").unwrap();
    let screen = steady(screen);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{before}{mark}{screen}```\n{rest}")).unwrap();
        return;
    }
    assert!(written == screen, "docs/irc.md, {name}, does not hold this:\n{screen}");
}

async fn people(network: &Network) -> (Client, Client) {
    let mut anna = Client::connect(network.plain, "anna").await;
    anna.register("annaspassword").await;
    anna.join(CHANNEL).await;
    anna.send(&format!("TOPIC {CHANNEL} :Welcome: be kind")).await;
    anna.wait(|line| line.contains(" TOPIC ")).await;
    let mut guest = Client::connect(network.plain, "carl").await;
    guest.join(CHANNEL).await;
    (anna, guest)
}

async fn arrives(anna: &mut Client) {
    anna.wait(|line| line.contains("JOIN") && line.starts_with(":incbot!")).await;
    anna.send(&format!("MODE {CHANNEL} +o incbot")).await;
    anna.wait(|line| line.contains("+o")).await;
    anna.take_screen();
}

async fn says(person: &mut Client, text: &str, until: &str) {
    person.say(CHANNEL, text).await;
    person.wait(|line| line.contains(until)).await;
}

fn post(program: &Program, path: &str, body: &serde_json::Value) {
    program.post(path, &body.to_string()).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_hears_of_incidents_and_leads_them() {
    let network = Network::inspircd(1000).await;
    let (mut anna, mut carl) = people(&network).await;
    let flags = ["--web.external-url=https://bell.example.org"];
    let program = Program::start_with(&flags, &earlybell_yml(&network, false), &[]);
    arrives(&mut anna).await;

    post(
        &program,
        "/api/v1/incidents",
        &json!({ "title": "Builds are slow", "severity": "major", "impact": "Everybody who builds." }),
    );
    anna.wait(|line| line.contains("sets the topic") || line.contains(" TOPIC ")).await;
    post(&program, "/api/v1/incidents/1/update", &json!({ "text": "The queue is full.\nWe make room." }));
    anna.wait(|line| line.contains("We make room.")).await;
    anna.wait(|line| line.contains("/incidents/1")).await;
    post(&program, "/api/v1/incidents/1/resolve", &json!({ "text": "The queue is empty again." }));
    anna.wait(|line| line.ends_with("TOPIC #incidents :Welcome: be kind")).await;
    compare("resolved", &anna.take_screen());

    let alert = json!({ "status": "firing", "startsAt": "2026-11-29T12:00:00Z",
        "labels": { "alertname": "FrontendErrors", "severity": "critical" },
        "annotations": { "summary": "12% of requests to build.example.org fail" } });
    let body = json!({ "version": "4", "receiver": "bell", "groupKey": "{}", "alerts": [alert] });
    post(&program, "/api/v1/alertmanager", &body);
    anna.wait(|line| line.contains(" TOPIC ")).await;
    says(&mut anna, "!incident calloff monitoring-fault the probe itself was broken", "TOPIC #incidents :Welcome")
        .await;
    compare("called off", &anna.take_screen());

    says(&mut anna, "!incident declare The signing host does not answer severity=critical", " TOPIC ").await;
    says(&mut anna, "!incident take incident_manager", "anna").await;
    says(&mut anna, "!note it answers to ping", "alone").await;
    compare("led", &anna.take_screen());
    carl.take_screen();
    carl.say(CHANNEL, "!incident resolve").await;
    carl.wait(|line| line.contains("NOTICE carl :I listen")).await;
    drop(program);
}
