//! From the first byte of a POST to the first byte of the notice at a channel: a Slack that answers at once.

use super::Effort;
use super::body::{Body, Severity};
use super::server::Server;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

const ANSWER: &str = "{\"ok\":true,\"channel\":\"C1\",\"ts\":\"1770000000.000001\",\"message\":{}}";
// Longest one notice may take.
pub const PATIENCE: Duration = Duration::from_secs(10);
// Between two of them.
pub const QUIET: Duration = Duration::from_millis(20);

/// So many incidents within minutes would be told as one.
pub const NO_STORM: &str = "timing: { storm_after: 1000000 }\n";

pub async fn report(effort: Effort) {
    let (url, mut arrivals) = slack().await;
    let config = format!(
        "{NO_STORM}route: {{ receiver: team }}\nreceivers: [{{ name: team, slack: {{ channel: C1, bot_token: x, api_url: \"{url}\" }} }}]\n"
    );
    let server = Server::earlybell(Some(&config)).await;
    let mut millis = Vec::new();
    for number in 0..effort.notices {
        millis.push(one(&server, number, &mut arrivals).await);
    }
    millis.sort_by(f64::total_cmp);
    let at = |percent: usize| millis[(millis.len() - 1) * percent / 100];
    println!("\n### Latency: POST → first byte at a channel, one incident each\n");
    println!("| notices | p50 ms | p90 ms | p99 ms | worst ms |");
    println!("|---|---|---|---|---|");
    println!("| {} | {:.2} | {:.2} | {:.2} | {:.2} |", millis.len(), at(50), at(90), at(99), at(100));
}

/// A Slack that answers at once, and says when something arrives.
pub async fn slack() -> (String, mpsc::UnboundedReceiver<Instant>) {
    let slack = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/api", slack.local_addr().expect("its address"));
    let (seen, arrivals) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = slack.accept().await {
            tokio::spawn(answer(stream, seen.clone()));
        }
    });
    (url, arrivals)
}

async fn one(server: &Server, number: usize, arrivals: &mut mpsc::UnboundedReceiver<Instant>) -> f64 {
    while arrivals.try_recv().is_ok() {}
    let (began, mut stream) = declare(server, number).await;
    let arrived = tokio::time::timeout(PATIENCE, arrivals.recv()).await.expect("the notice comes").expect("slack runs");
    let millis = (arrived - began).as_secs_f64() * 1_000.0;
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    // What follows the first notice (its outcome) is over before the next begins.
    let quiet = tokio::time::timeout(QUIET, arrivals.recv()).await;
    drop(quiet);
    millis
}

/// Posts an alert that becomes an incident of its own; when that began, and where its answer comes.
pub async fn declare(server: &Server, number: usize) -> (Instant, TcpStream) {
    let text = String::from_utf8(Body::webhook(1, "firing", Severity::Critical).bytes).expect("text");
    // An alert name of its own is an incident of its own.
    let body = text.replace("HttpErrors", &format!("HttpErrors{number}"));
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).await.expect("it listens");
    stream.set_nodelay(true).expect("nodelay");
    let request = format!(
        "POST /api/v1/alertmanager HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let began = Instant::now();
    stream.write_all(request.as_bytes()).await.expect("it reads");
    (began, stream)
}

async fn answer(mut stream: TcpStream, seen: mpsc::UnboundedSender<Instant>) {
    let mut buffer = vec![0u8; 64 * 1024];
    let mut have = 0;
    loop {
        let more = stream.read(&mut buffer[have..]).await.unwrap_or(0);
        if more == 0 {
            return;
        }
        if have == 0 {
            let _ = seen.send(Instant::now());
        }
        have += more;
        let text = String::from_utf8_lossy(&buffer[..have]).to_ascii_lowercase();
        let Some(head) = text.find("\r\n\r\n") else { continue };
        let length: usize = text
            .split("content-length: ")
            .nth(1)
            .and_then(|rest| rest.lines().next()?.trim().parse().ok())
            .unwrap_or(0);
        if have < head + 4 + length {
            continue;
        }
        have = 0;
        let text = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{ANSWER}",
            ANSWER.len()
        );
        if stream.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}
