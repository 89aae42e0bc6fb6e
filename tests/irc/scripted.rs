//! A server whose every word is written in the test.

use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for connections.
pub struct Scripted {
    pub port: u16,
    listener: TcpListener,
}

/// One connection.
pub struct Talk {
    lines: BufReader<OwnedReadHalf>,
    out: OwnedWriteHalf,
    /// All that was said to us.
    pub heard: Vec<String>,
}

impl Scripted {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { port: listener.local_addr().unwrap().port(), listener }
    }

    /// The next connection.
    pub async fn accept(&self) -> Talk {
        let (socket, _) = timeout(PATIENCE, self.listener.accept()).await.unwrap().unwrap();
        Talk::new(socket)
    }

    /// The next connection, welcomed, in these channels.
    pub async fn welcome(&self, channels: &[&str]) -> Talk {
        let mut talk = self.accept().await;
        talk.register("").await;
        for channel in channels {
            talk.join(channel, "").await;
        }
        talk
    }
}

impl Talk {
    fn new(socket: TcpStream) -> Self {
        let (from, out) = socket.into_split();
        Self { lines: BufReader::new(from), out, heard: Vec::new() }
    }

    /// The next line; nothing at the end.
    pub async fn next(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = timeout(PATIENCE, self.lines.read_line(&mut line)).await.unwrap();
        let line = line.trim_end().to_owned();
        if read.unwrap_or(0) == 0 {
            return None;
        }
        self.heard.push(line.clone());
        Some(line)
    }

    /// The next line that begins so; what comes before it is passed over.
    pub async fn expect(&mut self, beginning: &str) -> String {
        loop {
            match self.next().await {
                Some(line) if line.starts_with(beginning) => return line,
                Some(_) => {}
                None => panic!("{beginning} was not said, but {:?}", self.heard),
            }
        }
    }

    pub async fn say(&mut self, line: &str) {
        self.raw(format!("{line}\r\n").as_bytes()).await;
    }

    pub async fn raw(&mut self, bytes: &[u8]) {
        // Whoever has hung up hears nothing.
        let _ = self.out.write_all(bytes).await;
    }

    /// Everything until the welcome, with these capabilities.
    pub async fn register(&mut self, capabilities: &str) {
        self.expect("USER").await;
        self.say(&format!(":irc.test CAP * LS :{capabilities}")).await;
        if !capabilities.is_empty() {
            let wanted = self.expect("CAP REQ").await;
            let wanted = wanted.trim_start_matches("CAP REQ ").trim_start_matches(':').to_owned();
            self.say(&format!(":irc.test CAP * ACK :{wanted}")).await;
        }
        self.expect("CAP END").await;
        self.let_in("bell").await;
    }

    pub async fn let_in(&mut self, nick: &str) {
        self.say(&format!(":irc.test 001 {nick} :Welcome")).await;
        self.say(&format!(":irc.test 004 {nick} irc.test scripted-1 abc abc")).await;
        self.say(&format!(":irc.test 005 {nick} TOPICLEN=200 CHANTYPES=# :are supported")).await;
        self.say(&format!(":irc.test 422 {nick} :no MOTD")).await;
    }

    /// Lets it into a channel with this topic.
    pub async fn join(&mut self, channel: &str, topic: &str) {
        self.expect(&format!("JOIN {channel}")).await;
        self.say(&format!(":bell!bell@127.0.0.1 JOIN {channel}")).await;
        if !topic.is_empty() {
            self.say(&format!(":irc.test 332 bell {channel} :{topic}")).await;
        }
        self.say(&format!(":irc.test 353 bell = {channel} :@bell anna")).await;
        self.say(&format!(":irc.test 366 bell {channel} :End")).await;
    }

    /// Answers the next PING.
    pub async fn pong(&mut self) {
        let ping = self.expect("PING").await;
        let token = ping.trim_start_matches("PING ").to_owned();
        self.say(&format!(":irc.test PONG irc.test {token}")).await;
    }

    /// What was said to a channel.
    pub fn told(&self) -> Vec<&str> {
        self.heard
            .iter()
            .filter(|line| line.starts_with("NOTICE") || line.starts_with("PRIVMSG"))
            .map(String::as_str)
            .collect()
    }
}
