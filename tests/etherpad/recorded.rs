//! Its API, as versions that no registry has were recorded to answer: 2.5.3 with a key and with single sign-on, 3.3.1.

use crate::people::client;
use earlybell::channels::etherpad::Fault;
use earlybell::config::{ApiAccess, Secret};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

const SECRET: &str = "the-secret-of-the-client";
const PAD: &str = "inc-7";

// A server that answers as it was recorded; whatever it has no case for, it answers as to an unknown function.
struct Recorded {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

fn cases(version: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/etherpad/{version}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

impl Recorded {
    // The first so many tokens are of a server that was started anew since: they are not taken any more.
    fn start(version: &str, old_tokens: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let (kept, cases) = (asked.clone(), cases(version));
        std::thread::spawn(move || {
            let mut tokens = 0;
            for mut stream in listener.incoming().flatten() {
                let Some((line, head, body)) = request(&mut stream) else { continue };
                let form: Vec<(String, String)> =
                    reqwest::Url::parse(&format!("http://x/?{body}")).unwrap().query_pairs().into_owned().collect();
                let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
                let path = line.split(' ').nth(1).unwrap();
                kept.lock().unwrap().push(path.trim_start_matches("/api/1.2.13/").to_owned());
                let (status, answer) = if path == "/oidc/token" {
                    // Without `resource` this version refuses.
                    assert!(field("grant_type") == Some("client_credentials") && field("resource").is_some());
                    if field("client_secret") == Some(SECRET) {
                        tokens += 1;
                        let mut token = cases["oidc-token"]["body"].clone();
                        token["access_token"] = format!("token{tokens}").into();
                        (200, token)
                    } else {
                        (401, serde_json::json!({"error": "invalid_client"}))
                    }
                } else {
                    let by_token = head.contains(&format!("authorization: Bearer token{}", old_tokens + 1));
                    let is_open = field("apikey") == Some(SECRET) || by_token;
                    let case = match path.rsplit('/').next().unwrap() {
                        _ if !is_open => "auth-wrong-key",
                        "getText" if field("padID") != Some(PAD) => "getText-missing-pad",
                        "getText" => "getText-ok",
                        "getRevisionsCount" => "getRevisionsCount",
                        "padUsersCount" => "padUsersCount",
                        "saveRevision" => "saveRevision",
                        "createPad" if field("padID") == Some("taken") => "createPad-duplicate",
                        "createPad" => "createPad-ok",
                        "setText" => "setText-ok",
                        "checkToken" => "checkToken",
                        _ => "unknown-function",
                    };
                    let answer = &cases[case];
                    (answer["status"].as_u64().unwrap(), answer["body"].clone())
                };
                let answer = answer.to_string();
                let about =
                    format!("Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close", answer.len());
                let _ = write!(stream, "HTTP/1.1 {status} X\r\n{about}\r\n\r\n{answer}");
            }
        });
        Self { url, asked }
    }
}

fn request(stream: &mut TcpStream) -> Option<(String, String, String)> {
    let mut lines = BufReader::new(stream.try_clone().ok()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if lines.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    lines.read_exact(&mut body).ok()?;
    Some((head.lines().next()?.to_owned(), head, String::from_utf8(body).ok()?))
}

fn key(key: &str) -> Option<ApiAccess> {
    Some(ApiAccess::Key(Secret::new(key)))
}

fn sso(secret: &str) -> Option<ApiAccess> {
    Some(ApiAccess::Client { id: "bell".into(), secret: Secret::new(secret) })
}

#[tokio::test]
async fn newer_versions_are_read_and_marked_with_a_key_and_by_single_sign_on() {
    for (version, access) in [("2.5.3-apikey", key(SECRET)), ("3.3.1-apikey", key(SECRET)), ("2.5.3-sso", sso(SECRET))]
    {
        let server = Recorded::start(version, 0);
        let ours = client(&server.url, access);
        let read = ours.read(PAD).await.unwrap_or_else(|fault| panic!("{version}: {fault:?}"));
        assert_eq!(read.text, "Incident 1\n\n== Timeline ==\n\n", "{version}");
        assert_eq!((read.people, read.untouched), (0, true), "{version}");
        ours.save_revision(PAD).await.unwrap();
        let asked = server.asked.lock().unwrap().join(" ").replace("/oidc/token ", "");
        assert_eq!(asked, "getText getRevisionsCount padUsersCount saveRevision", "{version}");
    }
}

#[tokio::test]
async fn a_wrong_key_is_a_matter_of_the_configuration_and_is_not_repeated() {
    for (version, access) in [("2.5.3-apikey", key("no")), ("3.3.1-apikey", key("no")), ("2.5.3-sso", sso("no"))] {
        let server = Recorded::start(version, 0);
        let fault = client(&server.url, access).read(PAD).await.unwrap_err();
        assert!(matches!(fault, Fault::Refused(_)), "{version}: {fault:?}");
        assert_eq!(server.asked.lock().unwrap().len(), 1, "{version}");
    }
}

#[tokio::test]
async fn after_a_restart_of_the_server_a_new_token_is_asked_for_once() {
    let server = Recorded::start("2.5.3-sso", 1);
    let ours = client(&server.url, sso(SECRET));
    ours.save_revision(PAD).await.unwrap();
    let asked = server.asked.lock().unwrap().join(" ");
    assert_eq!(asked, "/oidc/token saveRevision /oidc/token saveRevision");
    let hopeless = Recorded::start("2.5.3-sso", 9);
    let fault = client(&hopeless.url, sso(SECRET)).save_revision(PAD).await.unwrap_err();
    assert!(matches!(fault, Fault::Refused(_)), "{fault:?}");
    assert_eq!(hopeless.asked.lock().unwrap().len(), 4);
}
