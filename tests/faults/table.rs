//! Every channel against everything that can go wrong on the way. What each makes of it is a table in the docs, held to what
//! they really do; none takes longer than it may, and none says that it told somebody where nobody answered.
//!
//! `UPDATE=1 cargo test --test faults` writes the table; read it before you commit it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../support/attempts.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod attempts;
mod server;

use attempts::first;
use chrono::DateTime;
use domain::delivery::{Content, Lane, Outcome};
use domain::notice::NoticeKind;
use earlybell::channels::chat::ChatChannel;
use earlybell::channels::email::EmailChannel;
use earlybell::channels::irc::{IrcChannel, Networks};
use earlybell::channels::matrix::MatrixChannel;
use earlybell::channels::obs::ObsChannel;
use earlybell::channels::slack::SlackChannel;
use earlybell::channels::webhook::WebhookChannel;
use earlybell::channels::{Attempt, Channel, Deadlines, http_client};
use earlybell::clock::SystemClock;
use earlybell::config::{
    ChatConfig, ChatProduct, EmailConfig, IrcConfig, IrcLogin, IrcMessage, IrcNetwork, MatrixConfig, MatrixMessage,
    ObsConfig, ObsProof, Secret, SlackConfig, SmtpTls, WebhookConfig,
};
use futures_util::future::join_all;
use server::{Fault, Protocol, Server, tls};
use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

const CHANNELS: [&str; 7] = ["mail", "irc", "slack", "mattermost", "matrix", "obs", "webhook"];

// Long enough for a busy machine to connect, short enough to see the end of it.
const ATTEMPT: Duration = Duration::from_secs(4);

fn deadlines() -> Deadlines {
    Deadlines { connect: Duration::from_secs(2), step: Duration::from_secs(2), attempt: ATTEMPT }
}

fn protocol(channel: &str) -> Protocol {
    match channel {
        "mail" => Protocol::Smtp,
        "irc" => Protocol::Irc,
        _ => Protocol::Http,
    }
}

// Over TLS where that is what goes wrong.
fn open(channel: &str, server: &Server, secure: bool, folder: &std::path::Path) -> Arc<dyn Channel> {
    let http = client();
    let (authority, token) = (&server.authority, Secret::new("token"));
    let url = format!("{}://{authority}", if secure { "https" } else { "http" });
    let ca_file = Some(tls("ca.pem"));
    match channel {
        "mail" => {
            let email = EmailConfig {
                smarthost: authority.clone(),
                from: "bell@example.org".into(),
                envelope_from: None,
                archive: None,
                approved: None,
                to: vec!["list@example.org".into()],
                hello: Some("bell.example.org".into()),
                auth: None,
                tls: if secure { SmtpTls::Implicit } else { SmtpTls::None },
                ca_file,
            };
            Arc::new(EmailChannel::new(&email, deadlines()).unwrap())
        }
        "irc" => {
            let network = IrcNetwork {
                server: authority.clone(),
                tls: secure,
                ca_file,
                nick: "bell".into(),
                username: "bell".into(),
                realname: "bell".into(),
                login: IrcLogin::None,
                flood: None,
            };
            let (message, channels) = (IrcMessage::Notice, vec!["#ops".to_owned()]);
            let irc = IrcConfig { network, channels, message, topic: false, capture: false };
            let (networks, _heard) = Networks::new();
            Arc::new(IrcChannel::new("irc", &irc, &networks, folder, deadlines()).unwrap())
        }
        "slack" => {
            let slack = SlackConfig {
                api_url: url,
                bot_token: token,
                channel: Some("C000000001".into()),
                buttons: false,
                broadcast: false,
                external_url: "https://bell.example.org".into(),
            };
            Arc::new(SlackChannel::new(&slack, http, deadlines()).unwrap())
        }
        "mattermost" => {
            let chat =
                ChatConfig { product: ChatProduct::Mattermost, webhook_url: Secret::new(format!("{url}/hooks/x")) };
            Arc::new(ChatChannel::new(&chat, http, deadlines()).unwrap())
        }
        "matrix" => {
            let (room, message_type) = ("!a:example.org".into(), MatrixMessage::Notice);
            let matrix = MatrixConfig { homeserver: url, access_token: token, room, message_type };
            Arc::new(MatrixChannel::new(&matrix, http, deadlines()).unwrap())
        }
        "obs" => {
            let (username, proof) = ("bell".into(), ObsProof::Password(token));
            let obs = ObsConfig { api_url: url, username, proof, messages: Default::default() };
            Arc::new(ObsChannel::new(&obs, http, deadlines()).unwrap())
        }
        _ => {
            let hook = WebhookConfig { url: Secret::new(format!("{url}/hook")), keys: Vec::new(), auth: None };
            Arc::new(WebhookChannel::new(&hook, http, deadlines(), Arc::new(SystemClock)).unwrap())
        }
    }
}

// As the program's own, but for whom it trusts: the CA of these tests.
fn client() -> reqwest::Client {
    http_client::install_crypto();
    let pem = std::fs::read(tls("ca.pem")).unwrap();
    let ca = reqwest::Certificate::from_pem(&pem).unwrap();
    reqwest::Client::builder().tls_certs_only([ca]).connect_timeout(Duration::from_secs(2)).build().unwrap()
}

fn attempt(channel: &str) -> Attempt {
    let at = DateTime::from_timestamp(1_795_331_460, 0).unwrap();
    let body = match channel {
        "webhook" => r#"{"number": 42}"#.to_owned(),
        "matrix" => r#"{"body": "words", "format": "org.matrix.custom.html", "formatted_body": "words"}"#.to_owned(),
        "obs" => {
            domain::delivery::status::Status {
                act: domain::delivery::status::StatusAct::Show,
                severity: domain::delivery::status::MessageSeverity::Red,
                scope: domain::delivery::status::MessageScope::AllUsers,
                mark: "https://bell.example.org/incidents/42".to_owned(),
                headline: "INC-42".to_owned(),
                text: "words".to_owned(),
            }
            .content()
            .body
        }
        _ => "words".to_owned(),
    };
    let content = Content { subject: "INC-42 suspected".to_owned(), body };
    first(channel, 1, (Lane::Root, NoticeKind::Declared), content, at)
}

fn statuses(protocol: Protocol) -> &'static [u16] {
    match protocol {
        Protocol::Http => &[400, 401, 404, 429, 500, 503],
        Protocol::Smtp => &[450, 550],
        // Cannot send to channel.
        Protocol::Irc => &[404],
    }
}

async fn told(channel: &str, fault: Fault) -> String {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(protocol(channel), fault).await;
    // Without a name there is no TLS either, but nothing is sent in the clear to whoever may answer.
    let secure = matches!(fault, Fault::Expired | Fault::WrongHost | Fault::NoSuchName);
    let sender = open(channel, &server, secure, folder.path());
    let began = Instant::now();
    let outcome = sender.send(&attempt(channel)).await;
    let took = began.elapsed();
    assert!(took < ATTEMPT + Duration::from_secs(3), "{channel}, {fault:?}: {took:?}");
    if std::env::var_os("SHOW").is_some() {
        eprintln!("{channel}, {fault:?}: {outcome:?}");
    }
    match outcome {
        // Nobody reads what a program answers: that it took it is enough.
        Outcome::Sent { .. } => "told".to_owned(),
        Outcome::Retry { unsure: true, .. } => "again, after a look".to_owned(),
        // What we wait by ourselves is a matter of chance.
        Outcome::Retry { after: Some(after), .. } if fault == Fault::Status(429) => {
            format!("again, after {}s", after.as_secs())
        }
        Outcome::Retry { .. } => "again".to_owned(),
        Outcome::Fatal { .. } => "lost, and said so".to_owned(),
        Outcome::Misconfigured { .. } => "waits for somebody to mend it".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_channel_makes_of_each_fault_what_the_docs_say() {
    let mut table = String::new();
    for channel in CHANNELS {
        let of_it = statuses(protocol(channel)).iter().map(|status| Fault::Status(*status));
        let faults: Vec<Fault> = Fault::OF_ALL.into_iter().chain(of_it).collect();
        let all = join_all(faults.iter().map(|fault| told(channel, *fault))).await;
        writeln!(table, "\n### {channel}\n\n| the other side | the notice |\n|---|---|").unwrap();
        for (fault, told) in faults.iter().zip(all) {
            writeln!(table, "| {} | {told} |", fault.words()).unwrap();
        }
    }
    golden(&table);
}

// The tables stand at the end of the page, behind their heading.
fn golden(table: &str) {
    const HEADING: &str = "## What each channel makes of each fault\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/receivers.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, now) = page.split_once(HEADING).unwrap();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, format!("{before}{HEADING}{table}")).unwrap();
        return;
    }
    assert!(now == table, "docs/receivers.md does not hold this; UPDATE=1 writes it:\n{table}");
}
