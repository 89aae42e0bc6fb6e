//! Text from people and alerts is text wherever it goes: more than five hundred that would like to be more, in every place
//! that takes words, read back from every place that shows them, each taken apart by its own rules.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod chats;
#[path = "../support/elements.rs"]
mod elements;
#[path = "../support/host.rs"]
mod host;
mod irc;
#[path = "../support/notices.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod notices;
#[path = "../support/obs.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod obs;
mod pad;
mod page;
mod payloads;
#[path = "../support/program.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod program;
mod read;
#[path = "../http/site.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod site;
#[path = "../support/slack.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod slack;
#[path = "../support/smtp.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod smtp;
mod terminal;
mod told;
#[path = "../http/wire.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod wire;

use domain::delivery::status::Status;
use domain::delivery::{Delivery, Lane, Outcome};
use domain::policy::status_messages::StatusMessages;
use earlybell::channels::console::{Console, ConsoleChannel};
use earlybell::channels::email::EmailChannel;
use earlybell::channels::obs::ObsChannel;
use earlybell::channels::slack::SlackChannel;
use earlybell::channels::{Attempt, Channel, Deadlines, http_client};
use earlybell::config::{EmailConfig, ObsConfig, ObsProof, Secret, SlackConfig, SmtpTls};
use earlybell::store::Role;
use payloads::shown;
use serde_json::Value;
use site::TestSite;
use std::io::Write;
use std::sync::{Arc, Mutex};
use wire::Request;

// The beginning of what must be there: longer texts are cut, in some places soon.
const COMPARED_CHARS: usize = 40;

// How many mails and messages are sent for real: each is a conversation of its own.
const SENT_MAX: usize = 1500;

fn start(text: &str) -> String {
    text.chars().take(COMPARED_CHARS).collect::<String>().trim_end().to_owned()
}

// That these payloads stand in a text, as text.
fn missing<'a>(what: &str, text: &str, payloads: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let text = payloads::one_line(text);
    // In one line, or in several.
    let as_read = |payload: &String| {
        let lines = payloads::one_line(&domain::text::clean(payload, usize::MAX));
        [shown(payload), lines].iter().any(|read| text.contains(&start(read)))
    };
    let gone = payloads.into_iter().filter(|payload| !as_read(payload));
    gone.map(|payload| format!("{what} lacks {payload:?}")).collect()
}

fn assert_nothing(mut wrong: Vec<String>) {
    let count = wrong.len();
    wrong.truncate(12);
    assert!(wrong.is_empty(), "{count} of:\n{}", wrong.join("\n"));
}

fn strings(value: &Value, all: &mut String) {
    match value {
        Value::String(text) => *all = format!("{all}\n{text}"),
        Value::Array(items) => items.iter().for_each(|item| strings(item, all)),
        Value::Object(fields) => fields.values().for_each(|field| strings(field, all)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn there_are_more_than_five_hundred() {
    let all = payloads::all();
    assert!(all.len() >= 500, "{}", all.len());
}

#[tokio::test]
async fn pages_documents_and_answers_show_text_as_text() {
    let site = TestSite::open().await;
    let token = site.token("vera", Role::Admin).await;
    let told = told::everything(site.store.as_ref()).await;
    pad::write_along(&site.running.site, &told).await;
    let mut wrong = Vec::new();
    for (incident, public, private) in &told.texts {
        let number = incident.0;
        match pad::block(site.store.as_ref(), *incident).await {
            Ok(text) => wrong.extend(missing("the pad", &text, public.iter())),
            Err(problem) => wrong.push(format!("the pad of {incident}: {problem}")),
        }
        let get = async |path: String| site.call(Request::get(&path).bearer(&token)).await;
        let html = get(format!("/incidents/{number}")).await;
        match page::read(&html.body) {
            Ok(page) => {
                wrong.extend(missing(&format!("/incidents/{number}"), &page.text, public.iter().chain(private)))
            }
            Err(problem) => wrong.push(format!("/incidents/{number}: {problem}")),
        }
        match read::markdown(&get(format!("/incidents/{number}.md")).await.body) {
            Ok(text) => wrong.extend(missing(&format!("/incidents/{number}.md"), &text, public.iter().chain(private))),
            Err(problem) => wrong.push(format!("/incidents/{number}.md: {problem}")),
        }
        let mut text = String::new();
        strings(&get(format!("/incidents/{number}.json")).await.json(), &mut text);
        wrong.extend(missing("JSON", &text, public.iter().chain(private)));
        let post = get(format!("/api/v1/incidents/{number}/postmortem.md")).await;
        if post.status == 200 {
            match read::post(&post.body) {
                Ok((front, text)) => {
                    wrong.extend(missing("the post", &text, public.iter().skip(1)));
                    // Layouts write it into a page as it is: it goes without what begins a tag or a variable.
                    let title = public[0].replace(['<', '>', '{', '}'], "");
                    wrong.extend(missing("the title of the post", &front["title"], [&title]));
                }
                Err(problem) => wrong.push(format!("the post of {incident}: {problem}")),
            }
        }
        for form in ["/edit", "?before=3"] {
            let page = get(format!("/incidents/{number}{form}")).await;
            wrong.extend(page::read(&page.body).err().map(|problem| format!("{form} of {incident}: {problem}")));
        }
    }
    for path in ["/", "/?before=200", "/receivers", "/deliveries", "/declare", "/people", "/rules", "/rules/Anything"] {
        let page = site.call(Request::get(path).bearer(&token)).await;
        wrong.extend(page::read(&page.body).err().map(|problem| format!("{path}: {problem}")));
    }
    let metrics = site.call(Request::get("/metrics").bearer(&token)).await;
    wrong.extend(read::metrics(&metrics.body).err());
    site.stop().await;
    assert_nothing(wrong);
}

#[tokio::test]
async fn what_is_asked_for_is_repeated_as_text() {
    let site = TestSite::open().await;
    let encoded = |payload: &str| payload.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let mut wrong = Vec::new();
    for payload in payloads::all() {
        let name = encoded(&payload);
        for path in [
            format!("/none/{name}"),
            format!("/incidents/{name}"),
            format!("/rules/{name}"),
            format!("/login?next={name}"),
        ] {
            let answer = site.call(Request::get(&path)).await;
            wrong.extend(page::read(&answer.body).err().map(|problem| format!("{path}: {problem}")));
        }
        for path in
            [format!("/api/v1/incidents/{name}"), format!("/api/v1/explain?about={name}"), format!("/api/v1/{name}")]
        {
            let answer = site.call(Request::get(&path)).await;
            let is_json = serde_json::from_str::<Value>(&answer.body).is_ok()
                && answer.header("content-type") == Some("application/json");
            if !is_json {
                wrong.push(format!("{path}: {} {}", answer.head, answer.body));
            }
        }
        let body = format!("name={name}&password={name}&code=&next={name}");
        let form = Request::post("/login", body).header("Content-Type", "application/x-www-form-urlencoded");
        wrong.extend(
            page::read(&site.call(form).await.body).err().map(|problem| format!("/login with {payload:?}: {problem}")),
        );
    }
    // JSON that no text can be: halves of a character, raw controls, what is not UTF-8.
    for body in [
        &b"{\"alerts\":[{\"labels\":{\"a\":\"\\ud800\"}}]}"[..],
        b"{\"a\":\"\x01\"}",
        b"{\"a\":\"\xFF\xFE\"}",
        b"\"<script>\"",
        b"[\"</title>",
    ] {
        let answer = site.call(Request::post(site::WEBHOOK, body)).await;
        assert!(matches!(answer.status, 200 | 400 | 422), "{answer:?}");
        assert!(serde_json::from_str::<Value>(&answer.body).is_ok(), "{}", answer.body);
    }
    let page = site.call(Request::get("/quarantine")).await;
    wrong.extend(page::read(&page.body).err().map(|problem| format!("/quarantine: {problem}")));
    site.stop().await;
    assert_nothing(wrong);
}

fn attempt(delivery: &Delivery) -> Attempt {
    let lane = if delivery.lane == Lane::Put { Lane::Root } else { delivery.lane };
    let delivery = Delivery { lane, ..delivery.clone() };
    Attempt { first_attempt_at: delivery.decided_at, delivery, number: 1, thread: None, unsure: false }
}

#[derive(Clone, Default)]
struct Screen(Arc<Mutex<Vec<u8>>>);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn build_service() -> (obs::Obs, ObsChannel) {
    let obs = obs::Obs::start(obs::Version::New);
    let config = ObsConfig {
        api_url: obs.url.clone(),
        username: "Admin".to_owned(),
        proof: ObsProof::Password(Secret::new(obs::PASSWORD)),
        ca_file: None,
        messages: StatusMessages::default(),
    };
    let channel = ObsChannel::new(&config, http_client::client().unwrap(), Deadlines::default()).unwrap();
    (obs, channel)
}

#[tokio::test]
async fn notices_show_text_as_text() {
    let store = earlybell::store::sqlite::SqliteStore::open_in_memory().unwrap();
    let told = told::everything(&store).await;
    let (smtp, slack) = (smtp::Smtp::with(|_| None).await, slack::Slack::start());
    let config = SlackConfig {
        api_url: slack.url.clone(),
        bot_token: Secret::new(slack::TOKEN),
        channel: Some("C000000001".into()),
        buttons: true,
        broadcast: true,
        external_url: "https://bell.example.org".into(),
    };
    let to_slack = SlackChannel::new(&config, http_client::client().unwrap(), Deadlines::default()).unwrap();
    let config = EmailConfig {
        smarthost: format!("127.0.0.1:{}", smtp.port),
        from: "Earlybell <incidents@example.test>".into(),
        envelope_from: None,
        archive: None,
        approved: None,
        to: vec!["list@example.test".into()],
        hello: Some("earlybell.test".into()),
        auth: None,
        tls: SmtpTls::None,
        ca_file: None,
    };
    let to_mail = EmailChannel::new(&config, Deadlines::default()).unwrap();
    let (obs, to_obs) = build_service();
    let screen = Screen::default();
    let to_console = ConsoleChannel::new(Console::to(screen.clone()).unwrap());
    // Whatever is more than text is so in the first notice of its kind, too.
    let roots = told.deliveries.iter().filter(|delivery| delivery.lane != Lane::Direct);
    let mut sent = [0; 3];
    let (mut wrong, mut all_slack, mut all_irc, mut all_obs) =
        (Vec::new(), String::new(), String::new(), String::new());
    for delivery in roots {
        let content = &delivery.content;
        if delivery.receiver == "irc" {
            match irc::read(delivery.lane, content) {
                Ok(text) => all_irc.push_str(&format!("{text}\n")),
                Err(problem) => wrong.push(format!("IRC: {problem}")),
            }
            continue;
        }
        let (channel, count): (&dyn Channel, Option<&mut usize>) = match delivery.receiver.as_str() {
            "slack" => {
                match read::slack(&format!("{}\n{}", content.subject, content.body)) {
                    Ok(text) => all_slack.push_str(&format!("{text}\n")),
                    Err(problem) => wrong.push(format!("Slack: {problem}")),
                }
                (&to_slack, Some(&mut sent[0]))
            }
            "mail" => (&to_mail, Some(&mut sent[1])),
            "obs" => {
                match read::status(&Status::read(content).unwrap().text) {
                    Ok(text) => all_obs.push_str(&format!("{text}\n")),
                    Err(problem) => wrong.push(format!("the Open Build Service: {problem}")),
                }
                (&to_obs, Some(&mut sent[2]))
            }
            _ => (&to_console, None),
        };
        if count.is_some_and(|count| {
            *count += 1;
            *count > SENT_MAX
        }) {
            continue;
        }
        let outcome = channel.send(&attempt(delivery)).await;
        if !matches!(outcome, Outcome::Sent { .. }) {
            wrong.push(format!("{} is not told: {outcome:?}: {content:?}", delivery.receiver));
        }
    }
    let mails: Vec<String> =
        smtp.heard.lock().unwrap().iter().filter(|heard| heard.contains("MIME-Version")).cloned().collect();
    assert!(mails.len() >= 500, "{} mails", mails.len());
    let mut all_mail = String::new();
    for mail in &mails {
        match read::mail(mail.trim_end_matches('.')) {
            Ok((subject, body)) => all_mail.push_str(&format!("{subject}\n{body}\n")),
            Err(problem) => wrong.push(format!("a mail: {problem}: {mail}")),
        }
    }
    for message in &slack.world().messages {
        wrong.extend(read::slack(&message.text).err().map(|problem| format!("a message: {problem}")));
    }
    for message in &obs.world().messages {
        wrong.extend(read::status(&message.text).err().map(|problem| format!("a status message: {problem}")));
    }
    assert!(obs.world().messages.len() >= 500, "{} status messages", obs.world().messages.len());
    let screen = String::from_utf8(screen.0.lock().unwrap().clone()).unwrap();
    for line in screen.lines() {
        let ours = line.is_empty() || line.starts_with("   ") || line.starts_with("== INC-");
        if !ours || line.chars().any(|c| c.is_control() || ('\u{202A}'..='\u{202E}').contains(&c)) {
            wrong.push(format!("the console shows {line:?}"));
        }
    }
    let all = payloads::all();
    wrong.extend(missing("mail", &all_mail, &all));
    wrong.extend(missing("Slack", &all_slack, &all));
    wrong.extend(missing("IRC", &all_irc, &all));
    wrong.extend(missing("the Open Build Service", &all_obs, &all));
    wrong.extend(missing("the console", &screen, &all));
    assert_nothing(wrong);
}
