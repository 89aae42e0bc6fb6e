//! Servers that say back everything they are told, in whatever field of an answer is quoted somewhere.

use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What they heard: a secret that never got there proves nothing.
pub type Heard = Arc<Mutex<String>>;

/// An HTTP server that refuses, and quotes the request in doing so. Under `/oidc` it is a provider whose token endpoint does.
pub fn http(heard: &Heard) -> u16 {
    serve(heard, |stream, heard| {
        let (head, body) = request(stream)?;
        heard.lock().unwrap().push_str(&format!("{head}{body}\n"));
        let base = format!("http://127.0.0.1:{}/oidc", stream.local_addr().ok()?.port());
        let path = head.split(' ').nth(1).unwrap_or_default();
        let (status, answer) = match path {
            "/oidc/.well-known/openid-configuration" => {
                let urls = json!({"issuer": base, "authorization_endpoint": format!("{base}/authorize"),
                    "token_endpoint": format!("{base}/token"), "jwks_uri": format!("{base}/keys")});
                ("200 OK", urls)
            }
            "/oidc/keys" => ("200 OK", json!({"keys": [p256()]})),
            // An Alertmanager's list that is none.
            _ if path.contains("/api/v2/") && !path.starts_with("/refuses") => {
                ("200 OK", json!(format!("{head}{body}")))
            }
            _ if path.contains(".git/") => ("401 Unauthorized\r\nWWW-Authenticate: Basic", quoting(&head, &body)),
            _ => ("400 Bad Request", quoting(&head, &body)),
        };
        let answer = answer.to_string();
        let about = format!("Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close", answer.len());
        write!(stream, "HTTP/1.1 {status}\r\n{about}\r\n\r\n{answer}").ok()
    })
}

fn quoting(head: &str, body: &str) -> serde_json::Value {
    let said = format!("{head}{body}").replace(['\r', '\n'], " ");
    json!({"ok": false, "error": said, "needed": said, "message": said, "errors": [said], "error_description": said})
}

// The point of RFC 7515, A.3: any would do.
fn p256() -> serde_json::Value {
    json!({"kty": "EC", "crv": "P-256", "kid": "k", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})
}

/// A git repository with one commit.
pub fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for words in ["init -q -b main", "-c user.name=a -c user.email=a@b commit -q --allow-empty -m first"] {
        let git = std::process::Command::new("git").args(words.split(' ')).current_dir(folder.path()).status();
        assert!(git.unwrap().success(), "git {words}");
    }
    folder
}

/// An SMTP server that takes no password, and quotes it.
pub fn smtp(heard: &Heard) -> u16 {
    serve(heard, |stream, heard| {
        write!(stream, "220 echo.test\r\n").ok()?;
        let mut lines = BufReader::new(stream.try_clone().ok()?);
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line).ok()? == 0 {
                return None;
            }
            heard.lock().unwrap().push_str(&line);
            let word = line.trim_end();
            let answer = match word.split(' ').next().unwrap_or_default() {
                "EHLO" => "250-echo.test\r\n250 AUTH PLAIN LOGIN".to_owned(),
                "QUIT" => "221 bye".to_owned(),
                _ => format!("535 no: {word}, that is {}", decoded(word.rsplit(' ').next().unwrap_or_default())),
            };
            write!(stream, "{answer}\r\n").ok()?;
        }
    })
}

/// An IRC server that takes no password, neither by SASL nor by NickServ, and quotes it.
pub fn irc(heard: &Heard) -> u16 {
    serve(heard, |stream, heard| {
        let mut lines = BufReader::new(stream.try_clone().ok()?);
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line).ok()? == 0 {
                return None;
            }
            heard.lock().unwrap().push_str(&line);
            let word = line.trim_end();
            let last = word.rsplit(' ').next().unwrap_or_default();
            let long = "so ".repeat(128);
            let answer = match word.split(' ').next().unwrap_or_default() {
                "CAP" if word.starts_with("CAP LS") => ":echo CAP * LS :sasl=PLAIN".to_owned(),
                "CAP" if word.starts_with("CAP REQ") => ":echo CAP * ACK :sasl".to_owned(),
                "CAP" => ":echo 001 other :hello\r\n:echo 422 other :no MOTD".to_owned(),
                "AUTHENTICATE" if last == "PLAIN" => "AUTHENTICATE +".to_owned(),
                "AUTHENTICATE" => format!(":echo 904 bell :{long}{word}, that is {}", decoded(last)),
                "PRIVMSG" => format!(":NickServ!s@s NOTICE other :Invalid password: {long}{word}"),
                _ => continue,
            };
            write!(stream, "{answer}\r\n").ok()?;
        }
    })
}

fn decoded(text: &str) -> String {
    use base64::Engine;
    let bytes = base64::prelude::BASE64_STANDARD.decode(text).unwrap_or_default();
    String::from_utf8_lossy(&bytes).replace('\0', " ")
}

fn serve(heard: &Heard, answer: fn(&mut TcpStream, &Heard) -> Option<()>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = heard.clone();
    // They end with the test.
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let heard = heard.clone();
            std::thread::spawn(move || answer(&mut stream, &heard));
        }
    });
    port
}

fn request(stream: &mut TcpStream) -> Option<(String, String)> {
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
    Some((head, String::from_utf8_lossy(&body).into_owned()))
}
