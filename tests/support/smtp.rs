//! An SMTP server that misbehaves as told, on the runtime of the test, so that its silences cost no real time.

use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Where in a conversation it misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    Greeting,
    Ehlo,
    Auth,
    MailFrom,
    RcptTo,
    Data,
    FinalDot,
}

/// What it does there instead of what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// Says this instead.
    Says(&'static str),
    /// Says nothing, and keeps the connection.
    Hangs,
    /// Says it, one byte a second.
    Drips(&'static str),
    /// Closes the connection.
    Closes,
}

/// The server. It takes one conversation after the other until it is dropped.
pub struct Smtp {
    /// Where it listens on 127.0.0.1.
    pub port: u16,
    /// Everything it was told, one conversation after the other.
    pub heard: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Smtp {
    /// A server that does this whenever it comes to that point.
    pub async fn start(at: At, does: Does) -> Self {
        Self::with(move |place| (place == at).then_some(does)).await
    }

    /// A server that does what this says, and behaves elsewhere.
    pub async fn with(script: impl Fn(At) -> Option<Does> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ears = heard.clone();
        let task = tokio::spawn(async move {
            let mut kept = Vec::new();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                kept.extend(converse(socket, &script, &ears).await);
            }
        });
        Self { port, heard, task }
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        self.task.abort();
    }
}

// Returns the connection if it is to be kept open in silence.
async fn converse(
    socket: TcpStream,
    script: &(impl Fn(At) -> Option<Does> + Sync),
    heard: &Mutex<Vec<String>>,
) -> Option<BufReader<TcpStream>> {
    socket.set_nodelay(true).unwrap();
    let mut socket = BufReader::new(socket);
    let mut place = Some(At::Greeting);
    loop {
        let does = place.map_or(Does::Says("250 ok"), |at| script(at).unwrap_or(Does::Says(manners(at))));
        match does {
            Does::Says(text) => socket.write_all(format!("{text}\r\n").as_bytes()).await.ok()?,
            Does::Hangs => return Some(socket),
            Does::Closes => return None,
            Does::Drips(text) => {
                for byte in text.as_bytes() {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    socket.write_all(&[*byte]).await.ok()?;
                }
            }
        }
        let (end, is_mail) = if place == Some(At::Data) { ("\r\n.\r\n", true) } else { ("\r\n", false) };
        let mut told = String::new();
        while !told.ends_with(end) {
            if socket.read_line(&mut told).await.ok()? == 0 {
                return None;
            }
        }
        place = if is_mail { Some(At::FinalDot) } else { command(&told) };
        heard.lock().unwrap().push(told.trim_end().to_owned());
    }
}

fn manners(at: At) -> &'static str {
    match at {
        At::Greeting => "220 scripted.test",
        At::Ehlo => "250-scripted.test\r\n250 AUTH PLAIN LOGIN",
        At::Auth => "235 ok",
        At::MailFrom | At::RcptTo | At::FinalDot => "250 ok",
        At::Data => "354 go on",
    }
}

fn command(line: &str) -> Option<At> {
    let places =
        [("EHLO", At::Ehlo), ("AUTH", At::Auth), ("MAIL", At::MailFrom), ("RCPT", At::RcptTo), ("DATA", At::Data)];
    places.into_iter().find(|(word, _)| line.starts_with(word)).map(|(_, at)| at)
}
