//! A person at an IRC client: types lines, and sees what others do.

use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(30);

/// A connection of a person.
pub struct Client {
    pub nick: String,
    lines: BufReader<OwnedReadHalf>,
    out: OwnedWriteHalf,
    /// What their screen shows.
    pub screen: Vec<String>,
}

impl Client {
    /// Connects without TLS, and waits for the welcome.
    pub async fn connect(port: u16, nick: &str) -> Self {
        let socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let (from, out) = socket.into_split();
        let mut client = Self { nick: nick.to_owned(), lines: BufReader::new(from), out, screen: Vec::new() };
        client.send(&format!("NICK {nick}")).await;
        client.send(&format!("USER {nick} 0 * :{nick}")).await;
        client.wait(|line| line.contains(" 376 ") || line.contains(" 422 ")).await;
        client
    }

    pub async fn send(&mut self, line: &str) {
        self.out.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
    }

    /// Registers the nick with services, once those are there.
    pub async fn register(&mut self, password: &str) {
        for _ in 0..100 {
            self.send(&format!("PRIVMSG NickServ :REGISTER {password} {}@example.org", self.nick)).await;
            let answer = self.wait(|line| line.contains("NickServ") || line.contains(" 401 ")).await;
            if !answer.contains(" 401 ") {
                assert!(answer.contains("is now registered"), "{answer}");
                return;
            }
            // Services link a moment after the server is up; the answer to a PING is a moment later.
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("services do not come: {:?}", self.screen);
    }

    pub async fn join(&mut self, channel: &str) {
        self.send(&format!("JOIN {channel}")).await;
        self.wait(|line| line.contains(" 366 ")).await;
    }

    /// Says something in a channel.
    pub async fn say(&mut self, channel: &str, text: &str) {
        self.screen.push(format!("<{}> {text}", self.nick));
        self.send(&format!("PRIVMSG {channel} :{text}")).await;
    }

    /// Reads until a line like that comes; it is on the screen, as are those before it.
    pub async fn wait(&mut self, is: impl Fn(&str) -> bool) -> String {
        loop {
            let mut line = String::new();
            let read = timeout(PATIENCE, self.lines.read_line(&mut line)).await;
            let read = read.unwrap_or_else(|_| panic!("it does not come; the screen:\n{}", self.screen.join("\n")));
            assert!(read.unwrap_or(0) > 0, "{} was disconnected:\n{}", self.nick, self.screen.join("\n"));
            let line = line.trim_end().to_owned();
            if let Some(token) = line.strip_prefix("PING ") {
                self.send(&format!("PONG {token}")).await;
                continue;
            }
            self.screen.extend(shown(&line, &self.nick));
            if is(&line) {
                return line;
            }
        }
    }

    /// What is on the screen since the last time; it is empty then.
    pub fn take_screen(&mut self) -> String {
        std::mem::take(&mut self.screen).join("\n")
    }
}

// As clients show it; nothing for what they keep to themselves.
fn shown(line: &str, nick: &str) -> Option<String> {
    let (source, rest) = line.strip_prefix(':')?.split_once(' ')?;
    let from = source.split('!').next()?;
    let (command, rest) = rest.split_once(' ')?;
    let (to, text) = rest.split_once(" :").or_else(|| rest.split_once(' ')).unwrap_or((rest, ""));
    let alone = if to.eq_ignore_ascii_case(nick) { format!(" (to {nick} alone)") } else { String::new() };
    match command {
        "NOTICE" if source.contains('!') => Some(format!("-{from}-{alone} {text}")),
        "PRIVMSG" => Some(format!("<{from}>{alone} {text}")),
        "TOPIC" => Some(format!("*** {from} sets the topic: {text}")),
        "404" | "KICK" | "KILL" => Some(line.to_owned()),
        _ => None,
    }
}
