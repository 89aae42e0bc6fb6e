//! A client that writes bytes: what browsers and libraries would never send can be sent too.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

/// Nothing on loopback takes as long, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    /// The sentence of a refusal.
    pub fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_else(|| panic!("no error in {}", self.body)).to_owned()
    }
}

/// A request that is built piece by piece.
#[derive(Clone)]
pub struct Request {
    line: String,
    headers: Vec<String>,
    body: Vec<u8>,
}

impl Request {
    pub fn new(method: &str, path: &str) -> Self {
        Self { line: format!("{method} {path} HTTP/1.1\r\n"), headers: Vec::new(), body: Vec::new() }
    }

    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub fn post(path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..Self::new("POST", path) }
    }

    pub fn put(path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..Self::new("PUT", path) }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push(format!("{name}: {value}\r\n"));
        self
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut head = self.line.clone();
        let said = |name: &str| self.headers.iter().any(|header| header.to_lowercase().starts_with(name));
        if !said("host:") {
            head += "Host: 127.0.0.1\r\n";
        }
        if !said("content-length:") && !said("transfer-encoding:") {
            head += &format!("Content-Length: {}\r\n", self.body.len());
        }
        head += &self.headers.concat();
        head += "\r\n";
        [head.as_bytes(), &self.body].concat()
    }

    pub async fn to(&self, address: SocketAddr) -> Answer {
        let mut stream = TcpStream::connect(address).await.unwrap();
        send(&mut stream, &self.bytes()).await;
        one_answer(&mut stream, self.line.starts_with("HEAD")).await
    }

    pub async fn to_socket(&self, path: &Path) -> Answer {
        let mut stream = UnixStream::connect(path).await.unwrap();
        send(&mut stream, &self.bytes()).await;
        one_answer(&mut stream, self.line.starts_with("HEAD")).await
    }
}

/// Writes; a server that has answered already may have stopped to read.
pub async fn send(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) {
    let _ = stream.write_all(bytes).await;
}

pub async fn answer(stream: &mut (impl AsyncRead + Unpin)) -> Answer {
    one_answer(stream, false).await
}

async fn one_answer(stream: &mut (impl AsyncRead + Unpin), head_only: bool) -> Answer {
    let reading = async {
        let mut bytes = Vec::new();
        let head_end = loop {
            if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(
                stream.read_buf(&mut bytes).await.unwrap() > 0,
                "closed after {:?}",
                String::from_utf8_lossy(&bytes)
            );
        };
        let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut found = Answer { status, head, body: String::new() };
        let length: usize = found.header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = bytes[head_end..].to_vec();
        // One byte at a time over the end would take the beginning of the next answer.
        while !head_only && body.len() < length {
            let mut more = vec![0; length - body.len()];
            let read = stream.read(&mut more).await.unwrap();
            assert!(read > 0, "closed inside a body");
            body.extend_from_slice(&more[..read]);
        }
        found.body = String::from_utf8_lossy(&body).into_owned();
        found
    };
    tokio::time::timeout(PATIENCE, reading).await.expect("no answer")
}

/// Everything until the server hangs up.
pub async fn until_closed(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    // A reset instead of an end is a hang-up too.
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("not closed");
    String::from_utf8_lossy(&bytes).into_owned()
}
