//! What two receivers that are well feel of a third one that is not: from the POST to the notice, once for each way to be ill.

use super::Effort;
use super::latency::{self, NO_STORM, PATIENCE, QUIET};
use super::server::Server;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

// Between two bytes of an answer without end.
const DRIP: Duration = Duration::from_millis(20);

/// What the third one does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ill {
    Not,
    Hangs,
    Drips,
    Resets,
    Floods,
    Refuses,
}

impl Ill {
    const ALL: [Self; 6] = [Self::Not, Self::Hangs, Self::Drips, Self::Resets, Self::Floods, Self::Refuses];

    fn words(self) -> &'static str {
        match self {
            Self::Not => "is well",
            Self::Hangs => "takes the connection, and says nothing",
            Self::Drips => "answers a byte at a time",
            Self::Resets => "cuts the connection",
            Self::Floods => "answers without end",
            Self::Refuses => "does not listen",
        }
    }
}

pub async fn report(effort: Effort) {
    println!("\n### Faults: POST → mail and Slack, while a third receiver is ill\n");
    println!("| the third one | notices | mail p50 ms | p99 | p99 more | Slack p50 ms | p99 | p99 more |");
    println!("|---|---|---|---|---|---|---|---|");
    let mut well: Option<[f64; 2]> = None;
    for ill in Ill::ALL {
        let [mail, slack] = measure(ill, effort.notices).await;
        let p99 = [percentile(&mail, 99), percentile(&slack, 99)];
        let without = *well.get_or_insert(p99);
        println!(
            "| {} | {} | {:.2} | {:.2} | {:+.2} | {:.2} | {:.2} | {:+.2} |",
            ill.words(),
            mail.len(),
            percentile(&mail, 50),
            p99[0],
            p99[0] - without[0],
            percentile(&slack, 50),
            p99[1],
            p99[1] - without[1]
        );
    }
}

fn percentile(sorted: &[f64], percent: usize) -> f64 {
    sorted[(sorted.len() - 1) * percent / 100]
}

// Milliseconds of each notice by mail and on Slack, sorted.
async fn measure(ill: Ill, notices: usize) -> [Vec<f64>; 2] {
    let mut servers = JoinSet::new();
    let third = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let third_at = third.local_addr().expect("its address");
    match ill {
        Ill::Refuses => drop(third),
        _ => drop(servers.spawn(be_ill(third, ill))),
    }
    let list = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let list_at = list.local_addr().expect("its address");
    let (seen, mut mails) = mpsc::unbounded_channel();
    servers.spawn(take_mail(list, seen));
    let (slack_url, mut posts) = latency::slack().await;
    let config = format!(
        "{NO_STORM}route: {{ receivers: [list, team, third] }}\nreceivers:\n\
         - {{ name: list, email: {{ smarthost: '{list_at}', tls: none, from: a@example.org, to: b@example.org }} }}\n\
         - {{ name: team, slack: {{ channel: C1, bot_token: x, api_url: '{slack_url}' }} }}\n\
         - {{ name: third, mattermost: {{ webhook_url: 'http://{third_at}/hooks/x' }} }}\n"
    );
    let server = Server::earlybell(Some(&config)).await;
    let mut millis = [Vec::new(), Vec::new()];
    for number in 0..notices {
        let (began, mut stream) = latency::declare(&server, number).await;
        for (arrivals, millis) in [&mut mails, &mut posts].into_iter().zip(&mut millis) {
            let arrived = timeout(PATIENCE, arrivals.recv()).await.expect("the notice comes").expect("its server runs");
            millis.push((arrived - began).as_secs_f64() * 1_000.0);
        }
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        // What follows the first notice (its outcome) is over before the next begins.
        while let Ok(Some(_)) = timeout(QUIET, posts.recv()).await {}
        while mails.try_recv().is_ok() {}
    }
    millis.each_mut().map(|millis| {
        millis.sort_by(f64::total_cmp);
        std::mem::take(millis)
    })
}

// A mail is there once its last dot was taken.
async fn take_mail(list: TcpListener, seen: mpsc::UnboundedSender<Instant>) {
    while let Ok((stream, _)) = list.accept().await {
        tokio::spawn(converse(stream, seen.clone()));
    }
}

async fn converse(stream: TcpStream, seen: mpsc::UnboundedSender<Instant>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 here\r\n").await?;
    let mut in_data = false;
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let answer: &[u8] = match (in_data, line.trim_end()) {
            (true, ".") => {
                in_data = false;
                // Nobody listens any more once the measurement is over.
                let _ = seen.send(Instant::now());
                b"250 taken\r\n"
            }
            (true, _) => continue,
            (false, "DATA") => {
                in_data = true;
                b"354 go on\r\n"
            }
            (false, _) => b"250 well\r\n",
        };
        stream.write_all(answer).await?;
    }
}

async fn be_ill(third: TcpListener, ill: Ill) {
    let mut kept = JoinSet::new();
    while let Ok((stream, _)) = third.accept().await {
        kept.spawn(misbehave(stream, ill));
        while kept.try_join_next().is_some() {}
    }
}

async fn misbehave(mut stream: TcpStream, ill: Ill) -> std::io::Result<()> {
    let mut buffer = [0; 65_536];
    while stream.read(&mut buffer).await? > 0 {
        match ill {
            Ill::Not => stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await?,
            Ill::Hangs | Ill::Refuses => {}
            Ill::Resets => return stream.set_zero_linger(),
            Ill::Drips => {
                stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
                loop {
                    stream.write_all(b"x").await?;
                    tokio::time::sleep(DRIP).await;
                }
            }
            Ill::Floods => {
                stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
                loop {
                    stream.write_all(&buffer).await?;
                }
            }
        }
    }
    Ok(())
}
