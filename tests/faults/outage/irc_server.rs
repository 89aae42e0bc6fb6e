//! A small IRC server that behaves, and keeps what is said in its channels.

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The server; it ends with this value.
pub struct IrcServer {
    pub port: u16,
    /// Messages, line by line: what was said until somebody asked whether it came, or left.
    pub told: Arc<Mutex<Vec<Vec<String>>>>,
    /// How often somebody came into a channel.
    pub joined: watch::Receiver<usize>,
    _task: JoinSet<()>,
}

impl IrcServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let told: Arc<Mutex<Vec<Vec<String>>>> = Arc::default();
        let (join, joined) = watch::channel(0);
        let mut task = JoinSet::new();
        let ears = told.clone();
        task.spawn(async move {
            let mut talks = JoinSet::new();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                talks.spawn(talk(socket, ears.clone(), join.clone()));
            }
        });
        Self { port, told, joined, _task: task }
    }
}

async fn talk(socket: TcpStream, told: Arc<Mutex<Vec<Vec<String>>>>, join: watch::Sender<usize>) {
    let mut socket = BufReader::new(socket);
    let mut message = Vec::new();
    let mut line = String::new();
    loop {
        line.clear();
        let is_over = socket.read_line(&mut line).await.unwrap_or(0) == 0;
        let (word, rest) = line.trim_end().split_once(' ').unwrap_or_default();
        if (is_over || word == "PING") && !message.is_empty() {
            told.lock().unwrap().push(std::mem::take(&mut message));
        }
        if is_over {
            return;
        }
        let answer = match word {
            "CAP" if rest.starts_with("LS") => ":irc.test CAP * LS :\r\n".to_owned(),
            "USER" => ":irc.test 001 bell :Welcome\r\n:irc.test 422 bell :no MOTD\r\n".to_owned(),
            "JOIN" => format!(
                ":bell!b@h JOIN {rest}\r\n:irc.test 332 bell {rest} :Be kind\r\n:irc.test 353 bell = {rest} :bell\r\n:irc.test 366 bell {rest} :End\r\n"
            ),
            "TOPIC" => format!(":bell!b@h TOPIC {rest}\r\n"),
            "PING" => format!(":irc.test PONG irc.test :{}\r\n", rest.trim_start_matches(':')),
            "NOTICE" => {
                let words = rest.split_once(' ').unwrap().1;
                message.push(words.strip_prefix(':').unwrap_or(words).to_owned());
                continue;
            }
            _ => continue,
        };
        if socket.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
        if word == "JOIN" {
            join.send_modify(|joined| *joined += 1);
        }
    }
}
