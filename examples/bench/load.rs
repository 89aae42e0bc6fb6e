//! A load generator that costs little: one connection per client, kept alive, the next request after the last answer.

use super::body::Body;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What came of a run.
#[derive(Default, Clone)]
pub struct Outcome {
    pub requests: u64,
    pub failed: u64,
    pub seconds: f64,
    latencies: Vec<u32>,
}

impl Outcome {
    pub fn per_second(&self) -> f64 {
        self.requests as f64 / self.seconds
    }

    /// In milliseconds.
    pub fn percentile(&mut self, percent: f64) -> f64 {
        if self.latencies.is_empty() {
            return f64::NAN;
        }
        self.latencies.sort_unstable();
        let at = ((self.latencies.len() - 1) as f64 * percent / 100.0).round() as usize;
        f64::from(self.latencies[at]) / 1_000.0
    }
}

/// Posts these bodies in turn over so many connections, for so long.
pub async fn run(port: u16, path: &str, bodies: &[Body], connections: usize, length: Duration) -> Outcome {
    // Numbers start at the clock, so that no two runs against one server share a fingerprint.
    let start = std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_micros() as u64 % 1_000_000_000_000);
    let next = Arc::new(AtomicU64::new(start));
    let began = Instant::now();
    let clients: Vec<_> = (0..connections)
        .map(|_| tokio::spawn(client(port, path.to_owned(), bodies.to_vec(), Arc::clone(&next), began + length)))
        .collect();
    let mut all = Outcome::default();
    for client in clients {
        let one = client.await.expect("a client does not panic");
        all.requests += one.requests;
        all.failed += one.failed;
        all.latencies.extend(one.latencies);
    }
    all.seconds = began.elapsed().as_secs_f64();
    all
}

async fn client(port: u16, path: String, mut bodies: Vec<Body>, next: Arc<AtomicU64>, until: Instant) -> Outcome {
    let mut outcome = Outcome::default();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the server listens");
    stream.set_nodelay(true).expect("nodelay");
    let mut answer = vec![0u8; 16 * 1024];
    let mut turn = 0;
    while Instant::now() < until {
        let which = turn % bodies.len();
        let body = &mut bodies[which];
        turn += 1;
        // Room for every alert of the body.
        let mut number = next.fetch_add(1_000, Ordering::Relaxed);
        body.renumber(&mut number);
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.bytes.len()
        );
        let sent = Instant::now();
        let mut request = head.into_bytes();
        request.extend_from_slice(&body.bytes);
        stream.write_all(&request).await.expect("the server reads");
        let ok = read_answer(&mut stream, &mut answer).await;
        outcome.latencies.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
        outcome.requests += 1;
        outcome.failed += u64::from(!ok);
    }
    outcome
}

// Reads one answer to its end; says whether it was 2xx.
async fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) -> bool {
    let mut have = 0;
    loop {
        let more = stream.read(&mut buffer[have..]).await.unwrap_or(0);
        assert!(more > 0, "the server closed: {}", String::from_utf8_lossy(&buffer[..have]));
        have += more;
        let text = String::from_utf8_lossy(&buffer[..have]);
        let Some(head) = text.find("\r\n\r\n") else { continue };
        let lower = text[..head].to_ascii_lowercase();
        let length = lower.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.trim().parse().ok());
        if have >= head + 4 + length.unwrap_or(0) {
            return lower.starts_with("http/1.1 2");
        }
    }
}
