//! An Alertmanager API v2 that answers what a test wants: recorded lists, and everything that goes wrong.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How it behaves.
#[derive(Debug, Clone, PartialEq)]
pub enum Manner {
    /// As an Alertmanager does.
    Well,
    /// This status line, headers and body, whatever is asked.
    Says { status: &'static str, header: &'static str, body: &'static str },
    /// More than anybody can read.
    Endless,
    /// Takes the question, and says nothing.
    Silent,
}

pub struct FakeAlertmanager {
    pub url: String,
    world: Arc<Mutex<World>>,
    task: JoinHandle<()>,
}

struct World {
    manner: Manner,
    alerts: Vec<Value>,
    up_since: DateTime<Utc>,
    cluster: &'static str,
    now: DateTime<Utc>,
    asked: Vec<String>,
}

impl FakeAlertmanager {
    /// Up for a day, by its own clock.
    pub async fn start(now: DateTime<Utc>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let world = Arc::new(Mutex::new(World {
            manner: Manner::Well,
            alerts: Vec::new(),
            up_since: now - TimeDelta::days(1),
            cluster: "ready",
            now,
            asked: Vec::new(),
        }));
        let task = tokio::spawn(serve(listener, world.clone()));
        Self { url, world, task }
    }

    pub fn lists(&self, alerts: &[Value]) {
        self.world.lock().unwrap().alerts = alerts.to_vec();
    }

    pub fn behaves(&self, manner: Manner) {
        self.world.lock().unwrap().manner = manner;
    }

    pub fn clock(&self, now: DateTime<Utc>) {
        self.world.lock().unwrap().now = now;
    }

    /// Forgets everything, as Alertmanager does.
    pub fn restarts(&self) {
        let mut world = self.world.lock().unwrap();
        world.alerts.clear();
        world.up_since = world.now;
    }

    pub fn cluster(&self, status: &'static str) {
        self.world.lock().unwrap().cluster = status;
    }

    /// Heads of the requests so far.
    pub fn asked(&self) -> Vec<String> {
        self.world.lock().unwrap().asked.clone()
    }
}

impl Drop for FakeAlertmanager {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The answer to a call as it was recorded, by its title.
pub fn recorded(title: &str) -> Value {
    let file = include_str!("../fixtures/alertmanager_api_v2_0.25.0.json");
    let calls: Vec<Value> = serde_json::from_str(file).unwrap();
    calls.into_iter().find(|call| call["title"] == title).unwrap()["response"].take()
}

async fn serve(listener: TcpListener, world: Arc<Mutex<World>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream, world.clone()));
    }
}

// Whoever asked may go away at any time; that ends the task.
async fn answer(mut stream: TcpStream, world: Arc<Mutex<World>>) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let (manner, text) = {
        let mut world = world.lock().unwrap();
        world.asked.push(head.clone());
        (world.manner.clone(), world.answer(&head))
    };
    match manner {
        Manner::Well => stream.write_all(text.as_bytes()).await,
        Manner::Says { status, header, body } => stream.write_all(response(status, header, body).as_bytes()).await,
        Manner::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[").await?;
            loop {
                stream.write_all(&[b' '; 65_536]).await?;
            }
        }
        // Until the other side hangs up.
        Manner::Silent => stream.read_u8().await.map(drop),
    }
}

impl World {
    fn answer(&self, head: &str) -> String {
        let date = format!("Date: {}\r\n", self.now.format("%a, %d %b %Y %H:%M:%S GMT"));
        match head.split(' ').nth(1) {
            Some("/api/v2/alerts") => response("200 OK", &date, &json!(self.alerts).to_string()),
            Some("/api/v2/receivers") => response("200 OK", &date, &recorded("receivers").to_string()),
            Some("/api/v2/status") => {
                let mut status = recorded("status");
                status["uptime"] = json!(self.up_since.to_rfc3339());
                status["cluster"]["status"] = json!(self.cluster);
                response("200 OK", &date, &status.to_string())
            }
            _ => response("404 Not Found", &date, "{}"),
        }
    }
}

fn response(status: &str, header: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{header}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}
