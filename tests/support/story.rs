//! Stories an operator could write: who said what, when. One line is one event.

use super::world::World;
use chrono::{DateTime, TimeDelta, Utc};
use domain::access::Role;
use domain::alert::drill::{DRILL_LABEL, DRILL_SOURCE};
use domain::alert::reconcile::Poll;
use domain::alert::{Fingerprint, Observation, Pairs, SourceName, Status};
use domain::directory::{Person, Shift};
use domain::drill::Score;
use domain::drill::expected::Course;
use domain::duration::Duration;
use domain::engine::{DeliveryEnd, DeliveryOutcome, Input};
use domain::ids::{DeliveryId, IncidentId};
use domain::incident::{Actor, Command, Surface};
use domain::verbs::{Asked, Spelling, parse};
use earlybell::app::wire::push;
use earlybell::config::{Named, Overrides, read_scenario};
use earlybell::store::InputKind;
use serde_json::{Map, Value, json};
use std::path::Path;

/// Plays a story to its end.
pub fn play(world: &mut World, story: &str, base: &Path) {
    for (at, line) in story.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        event(world, line, base).unwrap_or_else(|problem| panic!("line {} `{line}`: {problem}", at + 1));
    }
}

fn event(world: &mut World, line: &str, base: &Path) -> Result<(), String> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    match word {
        word if word.starts_with('+') => {
            let wait = Duration::parse(&word[1..]).map_err(|e| e.to_string())?;
            world.advance(world.now + wait.delta());
        }
        "at" => world.advance(time(rest)?),
        "say" => world.say(rest),
        "restart" => world.restart(),
        "file" => world.file(IncidentId(number(rest)?)),
        "config" => config(world, base, rest)?,
        // The program was down until now: nothing happened in between.
        "started" => {
            world.now += Duration::parse(rest).map_err(|e| e.to_string())?.delta();
            world.restart();
            world.body(InputKind::Started, "", Vec::new());
        }
        // The machine slept, or its clock jumped.
        "asleep" => world.now += Duration::parse(rest).map_err(|e| e.to_string())?.delta(),
        "refuse" => world.refusing.push(rest.to_owned()),
        "replay" => {
            let (file, until) = rest.split_once(" until ").unwrap_or((rest, ""));
            replay(world, &base.join(file), until)?;
        }
        "recorded" => recorded(world, base, rest)?,
        "storm" => storm(world, rest)?,
        "webhook" => webhook(world, rest)?,
        "push" => push(world, rest)?,
        "drill" => drill(world, rest)?,
        "score" => score(world, base, rest)?,
        "events" => events(world, rest)?,
        "poll" => poll(world, rest)?,
        "lost" => outcome(world, rest, |because| DeliveryEnd::Lost { because })?,
        "published" => outcome(world, rest, |address| DeliveryEnd::Published { address })?,
        "duty" => duty(world, rest)?,
        "people" => people(world, rest),
        name if name.ends_with(':') => command(world, name.trim_end_matches(':'), rest)?,
        _ => return Err("no such event".to_owned()),
    }
    Ok(())
}

// config RULES…: the rule files are others from now on, or none.
fn config(world: &mut World, base: &Path, rest: &str) -> Result<(), String> {
    let mut policy = world.policy.clone();
    let config = format!("rule_files: [{}]\nreceivers: [{{ name: x, console: {{}} }}]\n", rest.trim());
    let named = Named { name: "story".to_owned(), content: config };
    let read = earlybell::config::parse(&named, base, &Overrides::default()).map_err(|e| e.to_string())?;
    policy.rule_files = read.policy.rule_files;
    world.say(&format!("config: {rest}"));
    world.input(Input::Policy(Box::new(policy)));
    Ok(())
}

// duty SQUAD PERSON until TIME: who a calendar says is on duty from now on; `duty SQUAD nobody`.
fn duty(world: &mut World, rest: &str) -> Result<(), String> {
    let (squad, rest) = rest.split_once(' ').ok_or("needs a squad and a person")?;
    let mut directory = world.directory.clone();
    if directory.squad(squad).is_none() {
        return Err(format!("no squad `{squad}`"));
    }
    directory.on_duty.retain(|shift| shift.squad != squad);
    if rest != "nobody" {
        let (person, until) = rest.split_once(" until ").ok_or("needs `until TIME`")?;
        directory.on_duty.push(Shift { squad: squad.to_owned(), person: person.to_owned(), until: time(until)? });
    }
    world.say(&format!("duty: {squad} {rest}"));
    world.know(directory);
    Ok(())
}

// people NAMES…: these are there from now on, or nobody.
fn people(world: &mut World, rest: &str) {
    let mut directory = world.directory.clone();
    let named = |name: &str| Person { name: name.to_owned(), ..Person::default() };
    directory.people = rest.split_whitespace().map(named).collect();
    world.say(&format!("people: {rest}"));
    world.know(directory);
}

// webhook [group=G] [truncated=N] [source=S] : firing alertname=A severity=critical [@-5m] ; resolved alertname=B
fn webhook(world: &mut World, rest: &str) -> Result<(), String> {
    let (head, alerts) = rest.split_once(':').ok_or("needs `:` before its alerts")?;
    let option = |name: &str| head.split_whitespace().find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
    let alerts: Vec<Value> = alerts.split(';').map(|alert| alert_json(world.now, alert)).collect::<Result<_, _>>()?;
    let body = json!({
        "version": "4", "receiver": "earlybell", "groupKey": option("group").unwrap_or("{}"), "status": "firing",
        "truncatedAlerts": option("truncated").map_or(Ok(0), str::parse::<u64>).map_err(|e| e.to_string())?,
        "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://alertmanager",
        "alerts": alerts,
    });
    world.body(InputKind::Webhook, option("source").unwrap_or("default"), body.to_string().into_bytes());
    Ok(())
}

// push : firing alertname=A severity=critical [@-5m] ; resolved alertname=B
fn push(world: &mut World, rest: &str) -> Result<(), String> {
    let (_, alerts) = rest.split_once(':').ok_or("needs `:` before its alerts")?;
    let alerts: Vec<Value> = alerts.split(';').map(|alert| alert_json(world.now, alert)).collect::<Result<_, _>>()?;
    world.body(InputKind::Push, "default", Value::from(alerts).to_string().into_bytes());
    Ok(())
}

// drill NAME: firing alertname=A severity=critical [@-5m] ; resolved alertname=B: alerts of nothing, for practice.
fn drill(world: &mut World, rest: &str) -> Result<(), String> {
    let (name, alerts) = rest.split_once(':').ok_or("needs `:` before its alerts")?;
    let marked = |alert: &str| alert_json(world.now, &format!("{alert} {DRILL_LABEL}={}", name.trim()));
    let mut alerts: Vec<Value> = alerts.split(';').map(marked).collect::<Result<_, _>>()?;
    for alert in alerts.iter_mut().filter(|alert| alert["status"] == "firing") {
        alert["endsAt"] = json!((world.now + TimeDelta::hours(12)).to_rfc3339());
    }
    world.body(InputKind::Push, DRILL_SOURCE, Value::from(alerts).to_string().into_bytes());
    Ok(())
}

// score INCIDENT [FILE]: how people did, and what came of what was expected.
fn score(world: &mut World, base: &Path, rest: &str) -> Result<(), String> {
    let (incident, file) = rest.split_once(' ').map_or((rest, None), |(incident, file)| (incident, Some(file)));
    let incident = IncidentId(number(incident)?);
    let timeline = world.timeline(incident);
    let score = Score::of(&timeline).ok_or("there is no such incident")?;
    world.say(&format!("score of {incident}:"));
    for (name, words) in score.lines() {
        world.say(&format!("  {name}: {words}"));
    }
    if let Some(file) = file {
        let scenario = read_scenario(&base.join(file)).map_err(|e| e.to_string())?;
        let (timelines, began) = ([timeline], score.declared_at);
        let course = Course { timelines: &timelines, began, speed: 1, now: world.now };
        for one in course.judge(&scenario.expect) {
            world.say(&format!("  {}: {}", one.expected, one.verdict.words()));
        }
    }
    Ok(())
}

// events : created alertname=A [@-5m] ; silenced alertname=A by=silence-1 ; resolved alertname=A: Alertmanager's recorder.
fn events(world: &mut World, rest: &str) -> Result<(), String> {
    let (_, events) = rest.split_once(':').ok_or("needs `:` before its events")?;
    let mut bodies = Vec::new();
    for event in events.split(';').map(str::trim) {
        let (by, words): (Vec<&str>, Vec<&str>) = event.split_whitespace().partition(|word| word.starts_with("by="));
        let alert = alert_json(world.now, &words.join(" "))?;
        let pairs = |of: &Value| -> Vec<Value> {
            of.as_object().into_iter().flatten().map(|(key, value)| json!({"key": key, "value": value})).collect()
        };
        let details = json!({
            "labels": {"labels": pairs(&alert["labels"])}, "annotations": {"labels": pairs(&alert["annotations"])},
            "startsAt": alert["startsAt"], "endsAt": alert["endsAt"],
        });
        let data = match words.first() {
            Some(&"created") => json!({"alertCreated": {"alert": details}}),
            Some(&"resolved") => json!({"alertResolved": {"alert": {"details": details}}}),
            Some(&"silenced") => json!({"silenceMutedAlert": {
                "mutedAlert": details, "silence": {"id": by.first().map_or("", |by| &by[3..])},
            }}),
            _ => return Err("an alert of an event is created, silenced or resolved".to_owned()),
        };
        bodies.push(json!({"@timestamp": world.now.to_rfc3339(), "instance": "am", "data": data}));
    }
    world.body(InputKind::Events, "default", Value::from(bodies).to_string().into_bytes());
    Ok(())
}

// poll : active alertname=A ; muted alertname=B by=silence-1 ; gone alertname=C: what a listing differs in.
fn poll(world: &mut World, rest: &str) -> Result<(), String> {
    let (_, alerts) = rest.split_once(':').ok_or("needs `:` before its alerts")?;
    let source = SourceName::from("default");
    let mut poll = Poll { source, as_of: world.now, active: Vec::new(), muted: Vec::new(), gone: Vec::new() };
    for alert in alerts.split(';').map(str::trim) {
        let (by, words): (Vec<&str>, Vec<&str>) = alert.split_whitespace().partition(|word| word.starts_with("by="));
        let alert = alert_json(world.now, &words.join(" "))?;
        let labels = alert["labels"].as_object().into_iter().flatten();
        let labels = Pairs::labels(labels.map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default())));
        let seen = Observation {
            status: Status::Firing,
            fingerprint: Fingerprint::of(&labels),
            labels,
            annotations: Pairs::default(),
            starts_at: Some(time(alert["startsAt"].as_str().unwrap_or_default())?),
            ends_at: None,
            generator_url: "".into(),
        };
        match words.first() {
            Some(&"active") => poll.active.push(seen),
            Some(&"muted") => poll.muted.push((seen, by.iter().map(|by| by[3..].to_owned()).collect())),
            Some(&"gone") => poll.gone.push(seen.fingerprint),
            _ => return Err("an alert of a poll is active, muted or gone".to_owned()),
        }
    }
    world.body(InputKind::Poll, "default", push::poll_body(&poll));
    Ok(())
}

// storm MESSAGES ALERTS: so many messages within a minute, each with so many alerts of its own.
fn storm(world: &mut World, rest: &str) -> Result<(), String> {
    let (messages, alerts) = rest.split_once(' ').ok_or("needs two numbers")?;
    let (messages, alerts) = (number(messages)?, number(alerts)?);
    let start = world.now;
    for message in 0..messages {
        let line = |alert| {
            format!("firing alertname=HostDown{message} severity=critical service=obs-frontend instance=i{alert}")
        };
        let all: Vec<String> = (0..alerts).map(line).collect();
        webhook(world, &format!("group=g{message}: {}", all.join("; ")))?;
        let next =
            start + TimeDelta::milliseconds(i64::try_from(60_000 * (message + 1) / messages).unwrap_or(i64::MAX));
        world.advance(next);
    }
    Ok(())
}

fn alert_json(now: DateTime<Utc>, text: &str) -> Result<Value, String> {
    let mut words = text.split_whitespace();
    let status = words.next().ok_or("an alert needs a status")?;
    let mut labels = Map::new();
    let mut annotations = Map::new();
    let mut started = now;
    for word in words {
        if let Some(ago) = word.strip_prefix("@-") {
            started = now - Duration::parse(ago).map_err(|e| e.to_string())?.delta();
        } else if let Some((name, value)) = word.split_once(":=") {
            annotations.insert(name.to_owned(), json!(value.replace('_', " ")));
        } else {
            let (name, value) = word.split_once('=').ok_or_else(|| format!("`{word}` is no label"))?;
            labels.insert(name.to_owned(), json!(value.replace('_', " ")));
        }
    }
    let ends = if status == "resolved" { now.to_rfc3339() } else { "0001-01-01T00:00:00Z".to_owned() };
    Ok(json!({
        "status": status, "labels": labels, "annotations": annotations,
        "startsAt": started.to_rfc3339(), "endsAt": ends, "generatorURL": "",
    }))
}

// JSON lines {at, status, labels, annotations}, each at its own time; with `until TIME`, what came since now and up to then.
fn replay(world: &mut World, file: &Path, until: &str) -> Result<(), String> {
    let part = if until.is_empty() { None } else { Some((world.now, time(until)?)) };
    let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    for line in text.lines() {
        let seen: Value = serde_json::from_str(line).map_err(|e| e.to_string())?;
        let at = time(seen["at"].as_str().unwrap_or_default())?;
        if part.is_some_and(|(from, until)| at <= from || at > until) {
            continue;
        }
        world.advance(at);
        let now = world.now.to_rfc3339();
        let resolved = seen["status"] == "resolved";
        let alert = json!({
            "status": seen["status"], "labels": seen["labels"], "annotations": seen["annotations"], "generatorURL": "",
            // A resolve names the start of its episode; the stream does not, so it names the end for both.
            "startsAt": if resolved { (world.now - TimeDelta::minutes(1)).to_rfc3339() } else { now.clone() },
            "endsAt": if resolved { now.clone() } else { "0001-01-01T00:00:00Z".to_owned() },
        });
        let group = seen["labels"]["alertname"].as_str().unwrap_or_default();
        let body = json!({
            "version": "4", "receiver": "earlybell", "groupKey": format!("{group}/{}", seen["labels"]), "status": seen["status"],
            "truncatedAlerts": 0, "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "",
            "alerts": [alert],
        });
        world.body(InputKind::Webhook, "default", body.to_string().into_bytes());
    }
    if let Some((_, until)) = part {
        world.advance(until);
    }
    Ok(())
}

// Requests recorded from a real Alertmanager, in order, each as long after the first as it was then.
fn recorded(world: &mut World, base: &Path, name: &str) -> Result<(), String> {
    let start = world.now;
    let base = base.join("../fixtures/alertmanager/0.25.0");
    let first = base.join(format!("{name}_01.json"));
    first.exists().then_some(()).ok_or_else(|| format!("no {}", first.display()))?;
    for number in 1.. {
        let Ok(text) = std::fs::read_to_string(base.join(format!("{name}_{number:02}.json"))) else { break };
        let request: Value = serde_json::from_str(&text).map_err(|e| e.to_string())?;
        let seconds = request["since_first_s"].as_f64().unwrap_or_default();
        let received = time(request["request"]["received_at"].as_str().unwrap_or_default())?;
        let at = if number == 1 {
            received.max(start)
        } else {
            world.now.max(start + TimeDelta::milliseconds((seconds * 1000.0) as i64))
        };
        world.advance(at.max(received));
        world.body(InputKind::Webhook, "default", request["body_raw"].as_str().unwrap_or_default().as_bytes().to_vec());
    }
    Ok(())
}

// lost DELIVERY INCIDENT RECEIVER[/PERSON] NOTICE because…; published DELIVERY INCIDENT RECEIVER post ADDRESS
fn outcome(world: &mut World, rest: &str, end: impl Fn(String) -> DeliveryEnd) -> Result<(), String> {
    let words: Vec<&str> = rest.splitn(5, ' ').collect();
    let [delivery, incident, receiver, notice, because] = words[..] else { return Err("needs five words".into()) };
    world.input(Input::Outcome(DeliveryOutcome {
        delivery: DeliveryId(number(delivery)?),
        incident: IncidentId(number(incident)?),
        receiver: receiver.split('/').next().unwrap_or_default().to_owned(),
        person: receiver.split_once('/').map(|(_, person)| person.to_owned()),
        notice: notice.to_owned(),
        end: end(because.to_owned()),
    }));
    Ok(())
}

// `anna: take 1 im`; `anna/responder: …` where it matters what she may do. Said as in a chat, and read by the one grammar;
// `\n` begins another line.
fn command(world: &mut World, who: &str, line: &str) -> Result<(), String> {
    let (who, access) = who.split_once('/').unwrap_or((who, "admin"));
    let access = Role::parse(access).ok_or_else(|| format!("nobody may be `{access}`"))?;
    world.say(&format!("{who}: {line}"));
    match parse(&line.replace("\\n", "\n"), &world.context(who)) {
        Ok(Asked::Act { incident, act }) => {
            let command = Command { actor: Actor::person(who, Surface::Irc), access, key: None, incident, act };
            let body = serde_json::to_vec(&command).map_err(|e| e.to_string())?;
            world.body(InputKind::Command, "", body);
        }
        Ok(Asked::Read(question)) => return Err(format!("{:?} changes nothing", question.verb())),
        Err(trouble) => world.say(&format!("answer: misunderstood: {}", trouble.words(&Spelling::cli()))),
    }
    Ok(())
}

fn number(text: &str) -> Result<u64, String> {
    text.trim_start_matches("INC-").parse().map_err(|_| format!("`{text}` is no number"))
}

fn time(text: &str) -> Result<DateTime<Utc>, String> {
    DateTime::parse_from_rfc3339(text).map(|t| t.to_utc()).map_err(|e| format!("`{text}`: {e}"))
}
