//! The built program on a real network: what a channel reads, and a person who leads an incident by typing there. What their
//! screen shows stands in docs/irc.md; `UPDATE=1` writes it there.

use crate::client::Client;
use crate::networks::{LOGIN, Network};
use crate::page::shows;
use crate::program::Program;
use earlybell::clock::{Clock, SystemClock};
use serde_json::{Value, json};

const CHANNEL: &str = "#incidents";

// The topic as it was before.
const RESTORED: &str = "TOPIC #incidents :Welcome: be kind";

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
access: {{ chat: {{ roles: {{ anna: manager }}, default_role: responder }} }}
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
    let text = text.split(' ').filter_map(steady_word).collect::<Vec<_>>().join(" ");
    // The hash that proves the record.
    let Some((before, after)) = text.split_once("Record: ") else { return text };
    let end = after.find(". ").map_or(after.len(), |at| at + 1);
    format!("{before}Record: …{}", &after[end..])
}

// How long something took; the day, near midnight.
fn steady_word(word: &str) -> Option<String> {
    let bare = word.trim_end_matches([')', '.', ';', ',']);
    let is_date = bare.len() == 10 && bare.matches('-').count() == 2;
    let seconds = bare.strip_suffix('s').filter(|digits| !digits.is_empty());
    let took = seconds.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    match (is_date, took) {
        (true, _) => None,
        (_, true) => Some(word.replacen(bare, "2m", 1)),
        _ => Some(word.to_owned()),
    }
}

// What stands on the screen, as a block.
fn block(screen: &str) -> String {
    format!("```text\n{}```\n", steady(screen))
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

// Reads until all of these were seen. An answer, a notice and a topic leave side by side; here they stand in that order.
async fn seen(person: &mut Client, answer: &str, wanted: &[&str]) -> String {
    let mut missing: Vec<&str> = wanted.to_vec();
    missing.extend((!answer.is_empty()).then_some(answer));
    while !missing.is_empty() {
        let line = person.wait(|_| true).await;
        if let Some(at) = missing.iter().position(|wanted| line.contains(wanted)) {
            missing.remove(at);
        }
    }
    let screen = person.take_screen();
    let mut lines: Vec<&str> = screen.lines().collect();
    lines.sort_by_key(|line| match line {
        line if line.starts_with('<') => 0,
        line if !answer.is_empty() && line.contains(answer) => 1,
        line if line.starts_with("***") => 3,
        _ => 2,
    });
    lines.join("\n") + "\n"
}

async fn says(person: &mut Client, text: &str, answer: &str, wanted: &[&str]) -> String {
    person.say(CHANNEL, text).await;
    seen(person, answer, wanted).await
}

fn post(program: &Program, path: &str, body: &Value) {
    program.post(path, &body.to_string()).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_hears_of_incidents_and_leads_them() {
    let network = Network::inspircd(1000).await;
    let (mut anna, mut carl) = people(&network).await;
    let flags = ["--web.external-url=https://bell.example.org"];
    let program = Program::start_with(&flags, &earlybell_yml(&network, false), &[]);
    arrives(&mut anna).await;

    let incident = json!({ "title": "Builds are slow", "severity": "major", "impact": "Everybody who builds." });
    post(&program, "/api/v1/incidents", &incident);
    let mut screen = seen(&mut anna, "", &["/incidents/1", "TOPIC"]).await;
    post(&program, "/api/v1/incidents/1/update", &json!({ "text": "The queue is full.\nWe make room." }));
    screen += &seen(&mut anna, "", &["/incidents/1"]).await;
    post(&program, "/api/v1/incidents/1/resolve", &json!({ "text": "The queue is empty again." }));
    screen += &seen(&mut anna, "", &["/incidents/1", RESTORED]).await;
    shows("irc.md", "resolved", &block(&screen));

    let alert = json!({ "status": "firing", "startsAt": SystemClock.now().to_rfc3339(),
        "labels": { "alertname": "FrontendErrors", "severity": "critical" },
        "annotations": { "summary": "12% of requests to build.example.org fail" } });
    let body = json!({ "version": "4", "receiver": "bell", "groupKey": "{}", "alerts": [alert] });
    post(&program, "/api/v1/alertmanager", &body);
    screen = seen(&mut anna, "", &["/incidents/2", "TOPIC"]).await;
    let call_off = "!incident calloff monitoring-fault the probe itself was broken";
    screen += &says(&mut anna, call_off, "called off INC-2", &["/incidents/2", RESTORED]).await;
    shows("irc.md", "called off", &block(&screen));

    let declare = "!incident declare The signing host does not answer severity=critical";
    screen = says(&mut anna, declare, "declared INC-3", &["/incidents/3", "TOPIC"]).await;
    screen += &says(&mut anna, "!incident take incident_manager", "you are", &["/incidents/3"]).await;
    screen += &says(&mut anna, "!note it answers to ping", "NOTICE anna :", &[]).await;
    screen += &says(&mut anna, "!incident show", "NOTICE anna :", &["/incidents/3"]).await;
    shows("irc.md", "led", &block(&screen));
    carl.say(CHANNEL, "!incident resolve").await;
    carl.wait(|line| line.contains("NOTICE carl :I listen")).await;

    // With two of them open, nobody has to guess.
    says(&mut anna, "!incident declare Another one", "", &["/incidents/4", "TOPIC"]).await;
    let asked = says(&mut anna, "!incident resolve", "say which", &["#4", "#3"]).await;
    assert!(asked.contains("#4") && asked.contains("#3") && asked.contains("(to anna alone)"), "{asked}");
    let one = "TOPIC #incidents :[INC-3";
    says(&mut anna, "!incident resolve #4 it was the same", "", &["/incidents/4", one]).await;
    says(&mut anna, "!incident resolve #3 it answers", "", &["/incidents/3", RESTORED]).await;
    keeps_talk(&network, program, anna, carl).await;
}

// A reload that changes what is kept keeps the connection.
async fn keeps_talk(network: &Network, mut program: Program, mut anna: Client, mut carl: Client) {
    let kept = "From here on what is said in this channel is kept";
    post(&program, "/api/v1/incidents", &json!({ "title": "Disks" }));
    seen(&mut anna, "", &["/incidents/5", "TOPIC"]).await;
    std::fs::write(program.folder.path().join("earlybell.yml"), earlybell_yml(network, true)).unwrap();
    program.post("/-/reload", "").unwrap();
    // It was declared before: the channel must know first.
    carl.say(CHANNEL, "is this kept?").await;
    seen(&mut anna, "", &["is this kept?", kept]).await;
    carl.say(CHANNEL, "the disk is full").await;
    anna.wait(|line| line.contains("the disk is full")).await;
    anna.say(CHANNEL, "I make room").await;
    let notes = |program: &Program| {
        let timeline: Value = serde_json::from_str(&program.get("/api/v1/incidents/5/timeline").ok()?).ok()?;
        let entries = timeline["entries"].as_array()?.clone();
        let noted: Vec<String> = entries.iter().rev().filter_map(said).collect();
        (noted.len() >= 2).then_some(noted)
    };
    let mut noted = program.wait("talk is not kept", notes);
    noted.sort();
    assert_eq!(noted, ["anna: I make room", "carl (on IRC): the disk is full"]);
    assert!(program.get("/incidents/5").unwrap().contains("the disk is full"), "for the team");
    let over = "What is said in this channel is not kept any more";
    says(&mut anna, "!incident resolve there is room", "", &[over]).await;
    post(&program, "/api/v1/incidents", &json!({ "title": "Disks again" }));
    seen(&mut anna, "", &["/incidents/6", kept, "TOPIC"]).await;
    assert_eq!(program.logged().matches("connected as incbot").count(), 1, "{}", program.last_words());
}

fn said(entry: &Value) -> Option<String> {
    let text = entry.to_string();
    let is_note = text.contains("noted") || text.contains("note:");
    if !is_note {
        return None;
    }
    let words = entry["fact"]["text"].as_str()?;
    Some(format!("{}: {words}", entry["actor"]["name"].as_str()?))
}
