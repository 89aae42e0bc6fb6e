//! Every channel against everything that can go wrong on the way. What each makes of it is a table in the docs, held to what
//! they really do; none takes longer than it may, and none says that it told somebody where nobody answered.

use crate::attempts::first;
use crate::page::shows;
use crate::server::{Fault, Protocol, Server, tls};
use chrono::DateTime;
use domain::delivery::{Content, Lane, Outcome};
use domain::notice::NoticeKind;
use earlybell::channels::chat::ChatChannel;
use earlybell::channels::email::EmailChannel;
use earlybell::channels::etherpad::{self, Etherpad};
use earlybell::channels::irc::{IrcChannel, Networks};
use earlybell::channels::matrix::MatrixChannel;
use earlybell::channels::obs::ObsChannel;
use earlybell::channels::slack::SlackChannel;
use earlybell::channels::webhook::WebhookChannel;
use earlybell::channels::{Attempt, Channel, Deadlines, http_client};
use earlybell::clock::SystemClock;
use earlybell::config::{
    ChatConfig, ChatProduct, EmailConfig, EtherpadConfig, IrcConfig, IrcLogin, IrcMessage, IrcNetwork, MatrixConfig,
    MatrixMessage, ObsConfig, ObsProof, Secret, SlackConfig, SmtpTls, WebhookConfig,
};
use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

// In the order of the table, by the names it gives them. Pads are no channel, and stand beside them.
const CHANNELS: [&str; 12] = [
    "mail",
    "IRC",
    "Slack",
    "Slack webhook",
    "Mattermost",
    "Rocket.Chat",
    "Discord",
    "Teams",
    "Matrix",
    "OBS",
    "webhook",
    PADS,
];
const PADS: &str = "pads";

// Channels that are tried at once: more would only wait for the processor.
const AT_ONCE: usize = 4;

// Long enough for a busy machine to connect, short enough to see the end of it.
const ATTEMPT: Duration = Duration::from_secs(4);

fn deadlines() -> Deadlines {
    Deadlines { connect: Duration::from_secs(2), step: Duration::from_secs(2), attempt: ATTEMPT }
}

fn protocol(channel: &str) -> Protocol {
    match channel {
        "mail" => Protocol::Smtp,
        "IRC" => Protocol::Irc,
        _ => Protocol::Http,
    }
}

// Over TLS where that is what goes wrong.
fn open(channel: &str, server: &Server, secure: bool, folder: &Path) -> Arc<dyn Channel> {
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
        "IRC" => {
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
        "Slack" => {
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
        "Matrix" => {
            let (room, message_type) = ("!a:example.org".into(), MatrixMessage::Notice);
            let matrix = MatrixConfig { homeserver: url, access_token: token, room, message_type, ca_file: None };
            Arc::new(MatrixChannel::new(&matrix, http, deadlines()).unwrap())
        }
        "OBS" => {
            let (username, proof) = ("bell".into(), ObsProof::Password(token));
            let obs = ObsConfig { api_url: url, username, proof, ca_file: None, messages: Default::default() };
            Arc::new(ObsChannel::new(&obs, http, deadlines()).unwrap())
        }
        "webhook" => {
            let hook = WebhookConfig { url: Secret::new(format!("{url}/hook")), keys: Vec::new(), auth: None };
            Arc::new(WebhookChannel::new(&hook, http, deadlines(), Arc::new(SystemClock)).unwrap())
        }
        chat => {
            let webhook_url = Secret::new(format!("{url}/hooks/x"));
            Arc::new(ChatChannel::new(&ChatConfig { product: product(chat), webhook_url }, http, deadlines()).unwrap())
        }
    }
}

fn product(chat: &str) -> ChatProduct {
    match chat {
        "Slack webhook" => ChatProduct::Slack,
        "Mattermost" => ChatProduct::Mattermost,
        "Rocket.Chat" => ChatProduct::RocketChat,
        "Discord" => ChatProduct::Discord,
        "Teams" => ChatProduct::Teams,
        other => panic!("{other}"),
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
        "webhook" | "Teams" => r#"{"number": 42}"#.to_owned(),
        "Matrix" => r#"{"body": "words", "format": "org.matrix.custom.html", "formatted_body": "words"}"#.to_owned(),
        "OBS" => {
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

// Without a name there is no TLS either, but nothing is sent in the clear to whoever may answer.
fn is_secure(fault: Fault) -> bool {
    matches!(fault, Fault::Expired | Fault::WrongHost | Fault::NoSuchName)
}

// Nothing, where the other side can't do that.
async fn made_of(channel: &str, fault: Fault) -> &'static str {
    if matches!(fault, Fault::Status(status) if !statuses(protocol(channel)).contains(&status)) {
        return "";
    }
    let server = Server::start(protocol(channel), fault).await;
    let began = Instant::now();
    let made = if channel == PADS { of_pads(&server, fault).await } else { told(channel, &server, fault).await };
    let took = began.elapsed();
    assert!(took < ATTEMPT + Duration::from_secs(3), "{channel}, {fault:?}: {took:?}");
    made
}

async fn told(channel: &str, server: &Server, fault: Fault) -> &'static str {
    let folder = tempfile::tempdir().unwrap();
    let sender = open(channel, server, is_secure(fault), folder.path());
    let outcome = sender.send(&attempt(channel)).await;
    if std::env::var_os("SHOW").is_some() {
        eprintln!("{channel}, {fault:?}: {outcome:?}");
    }
    match outcome {
        // Nobody reads what a program answers: that it took it is enough.
        Outcome::Sent { .. } => "told",
        Outcome::Retry { unsure: true, .. } => "doubt",
        // What we wait by ourselves is a matter of chance.
        Outcome::Retry { after: Some(after), .. } if fault == Fault::Status(429) && after.as_secs() == 7 => "in 7 s",
        Outcome::Retry { .. } => "again",
        Outcome::Fatal { .. } => "lost",
        Outcome::Misconfigured { .. } => "mend",
    }
}

// A visit that came to nothing is repeated, and begins with a look at the pad: there is no doubt.
async fn of_pads(server: &Server, fault: Fault) -> &'static str {
    let scheme = if is_secure(fault) { "https" } else { "http" };
    let config =
        EtherpadConfig { url: format!("{scheme}://{}", server.authority), api: None, auth: None, ca_file: None };
    let etherpad = Etherpad::new(&config, deadlines()).unwrap();
    match etherpad.visit("incident-42").await {
        Ok(_) => "written",
        Err(etherpad::Fault::Down(_) | etherpad::Fault::Kicked(_)) => "again",
        Err(etherpad::Fault::Refused(_)) => "mend",
    }
}

fn faults() -> Vec<Fault> {
    let mut statuses: Vec<u16> =
        [Protocol::Http, Protocol::Smtp, Protocol::Irc].into_iter().flat_map(statuses).copied().collect();
    statuses.sort_unstable();
    statuses.dedup();
    Fault::OF_ALL.into_iter().chain(statuses.into_iter().map(Fault::Status)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_channel_makes_of_each_fault_what_the_docs_say() {
    let faults = faults();
    let columns = CHANNELS.iter().map(|channel| join_all(faults.iter().map(|fault| made_of(channel, *fault))));
    let columns: Vec<Vec<&str>> = stream::iter(columns).buffered(AT_ONCE).collect().await;
    let mut table = format!("| the other side | {} |\n|---|{}\n", CHANNELS.join(" | "), "---|".repeat(CHANNELS.len()));
    for (row, fault) in faults.iter().enumerate() {
        let cells: Vec<&str> = columns.iter().map(|column| column[row]).collect();
        writeln!(table, "| {} | {} |", fault.words(), cells.join(" | ")).unwrap();
    }
    shows("receivers.md", "faults", &table);
}
