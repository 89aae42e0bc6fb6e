//! Slack's end of a socket: a server that speaks WebSocket over plain TCP, for as many lines as are opened.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{Bytes, Message, WebSocket};

const PATIENCE: Duration = Duration::from_secs(60);

/// Where lines come in.
pub struct Exchange(TcpListener);

/// A line.
pub struct Line(WebSocket<TcpStream>);

impl Exchange {
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    pub fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    /// The next line that is opened.
    pub fn accept(&self) -> Line {
        let begun = Instant::now();
        let mut stream = loop {
            match self.0.accept() {
                Ok((stream, _)) => break stream,
                Err(_) => assert!(begun.elapsed() < PATIENCE, "nobody opens a line"),
            }
            std::thread::park_timeout(Duration::from_millis(5));
        };
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.extend(byte);
        }
        let whole = String::from_utf8(head).unwrap();
        let head = whole.to_lowercase();
        assert!(head.starts_with("get /link/?ticket=abc http/1.1\r\n"), "{head}");
        assert!(head.contains("upgrade: websocket") && head.contains("sec-websocket-version: 13"), "{head}");
        assert!(!head.contains("authorization"), "a token is sent along: {head}");
        let is_key = |line: &&str| line.to_lowercase().starts_with("sec-websocket-key: ");
        let key = whole.lines().find(is_key).unwrap()["sec-websocket-key: ".len()..].to_owned();
        let accept = digest(&SHA1_FOR_LEGACY_USE_ONLY, format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11").as_bytes());
        let accept = BASE64_STANDARD.encode(accept.as_ref());
        let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
        write!(stream, "{head}Sec-WebSocket-Accept: {accept}\r\n\r\n").unwrap();
        Line(WebSocket::from_raw_socket(stream, Role::Server, None))
    }
}

impl Line {
    pub fn send(&mut self, message: &Value) {
        self.0.send(Message::text(message.to_string())).unwrap();
    }

    pub fn ping(&mut self) {
        self.0.send(Message::Ping(Bytes::from_static(b"are you there"))).unwrap();
    }

    /// The next text that comes; pongs are looked at on the way.
    pub fn receive(&mut self) -> Value {
        loop {
            match self.0.read().unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Pong(data) => assert_eq!(data.as_ref(), b"are you there"),
                other => assert!(other.is_ping(), "{other:?}"),
            }
        }
    }

    /// Hangs up, as Slack does.
    pub fn close(&mut self) {
        self.0.close(None).unwrap();
    }

    /// Whether the other end hangs up.
    pub fn is_closed(&mut self) -> bool {
        loop {
            match self.0.read() {
                Ok(Message::Close(_)) | Err(_) => return true,
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(_) => return false,
            }
        }
    }
}
