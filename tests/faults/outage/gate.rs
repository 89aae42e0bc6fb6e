//! Stands before a server: lets everything through, or nobody, says that it is in maintenance, or takes what is said and loses the
//! answer to it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// A gate on an address of its own, so that its port is still free when it opens again.
pub struct Gate {
    pub address: SocketAddr,
    to: u16,
    passing: Arc<Mutex<Passing>>,
    open: Option<Open>,
}

// What becomes of whoever connects.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Passing {
    All,
    // Whoever says this word gets no answer.
    Lost(&'static str),
    // An answer of HTTP, to whatever is asked.
    Unavailable,
}

const UNAVAILABLE: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nConnection: close\r\n\r\nsoon";

struct Open {
    close: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Gate {
    /// An open one before this port of 127.0.0.1.
    pub async fn before(port: u16) -> Self {
        // Nobody else listens there: not on 127.0.0.1, from where everybody connects.
        static LAST: AtomicU8 = AtomicU8::new(10);
        let host = LAST.fetch_add(1, Ordering::Relaxed);
        let address = SocketAddr::from(([127, 0, 77, host], 0));
        let mut gate = Self { address, to: port, passing: Arc::new(Mutex::new(Passing::All)), open: None };
        gate.open().await;
        gate
    }

    /// Lets everything through.
    pub async fn open(&mut self) {
        self.open_to(Passing::All).await;
    }

    /// Cuts what stood, and answers 503 from here on.
    pub async fn be_unavailable(&mut self) {
        self.close().await;
        self.open_to(Passing::Unavailable).await;
    }

    async fn open_to(&mut self, passing: Passing) {
        self.close().await;
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.address = listener.local_addr().unwrap();
        *self.passing.lock().unwrap() = passing;
        let (close, closed) = watch::channel(false);
        let task = tokio::spawn(accept(listener, self.to, self.passing.clone(), closed));
        self.open = Some(Open { close, task });
    }

    /// From here on nobody listens; what stood is cut. Returns when that is so.
    pub async fn close(&mut self) {
        let Some(Open { close, task }) = self.open.take() else { return };
        close.send_replace(true);
        task.await.unwrap();
    }

    /// Whatever says this word gets no answer: it is taken, and the connection cut.
    pub fn lose_answers_to(&self, word: &'static str) {
        *self.passing.lock().unwrap() = Passing::Lost(word);
    }
}

async fn accept(listener: TcpListener, to: u16, passing: Arc<Mutex<Passing>>, mut closed: watch::Receiver<bool>) {
    let mut pipes = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (mut client, _) = accepted.unwrap();
                let passing = passing.clone();
                pipes.spawn(async move {
                    let is_open = *passing.lock().unwrap() != Passing::Unavailable;
                    // Whoever is cut off on either side is no failure of the test.
                    let _ = if is_open { pipe(client, to, &passing).await } else { refuse(&mut client).await };
                });
            }
            _ = closed.changed() => break,
        }
    }
    drop(listener);
    pipes.shutdown().await;
}

// To the end of what is asked: who answers earlier may cut it off.
async fn refuse(client: &mut TcpStream) -> std::io::Result<()> {
    let (mut buffer, mut said) = (vec![0; 65_536], Vec::new());
    while !is_whole(&said) {
        let read = client.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        said.extend_from_slice(&buffer[..read]);
    }
    client.write_all(UNAVAILABLE).await?;
    client.shutdown().await
}

fn is_whole(said: &[u8]) -> bool {
    let text = String::from_utf8_lossy(said).to_ascii_lowercase();
    let Some(head) = text.find("\r\n\r\n") else { return false };
    let length = text[..head].lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    said.len() >= head + 4 + length.unwrap_or(0)
}

async fn pipe(client: TcpStream, to: u16, passing: &Mutex<Passing>) -> std::io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", to)).await?;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let is_lost = AtomicBool::new(false);
    let there = async {
        let (mut buffer, mut said) = (vec![0; 65_536], Vec::new());
        loop {
            let read = from_client.read(&mut buffer).await?;
            if read == 0 {
                return to_server.shutdown().await;
            }
            said.extend_from_slice(&buffer[..read]);
            // Before it gets there, or the answer could be quicker.
            let passing = *passing.lock().unwrap();
            if matches!(passing, Passing::Lost(word) if String::from_utf8_lossy(&said).contains(word)) {
                is_lost.store(true, Ordering::SeqCst);
            }
            to_server.write_all(&buffer[..read]).await?;
        }
    };
    let back = async {
        let mut buffer = vec![0; 65_536];
        loop {
            let read = from_server.read(&mut buffer).await?;
            if read == 0 || is_lost.load(Ordering::SeqCst) {
                return Ok(());
            }
            to_client.write_all(&buffer[..read]).await?;
        }
    };
    tokio::select! {
        // Nothing more is asked; what is still to be answered is.
        _ = async { there.await?; std::future::pending::<std::io::Result<()>>().await } => Ok(()),
        done = back => done,
    }
}
