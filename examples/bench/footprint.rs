//! What it costs to stand there: start, idle memory, memory with 100,000 known alerts.

use super::body::{Body, Severity};
use super::load;
use super::server::Server;
use std::time::Duration;

const KNOWN: u64 = 100_000;

pub async fn report() {
    println!("\n### Footprint\n");
    println!("| what | Earlybell | Alertmanager |");
    println!("|---|---|---|");
    let ours = Server::earlybell(None).await;
    let theirs = Server::alertmanager().await;
    let of = |server: &Option<Server>, number: fn(&Server) -> f64| {
        server.as_ref().map_or("–".to_owned(), |s| format!("{:.0}", number(s)))
    };
    println!(
        "| start to ready, ms | {:.0} | {} |",
        ours.started_in.as_secs_f64() * 1e3,
        of(&theirs, |s| s.started_in.as_secs_f64() * 1e3)
    );
    println!("| idle RSS, MiB | {:.0} | {} |", ours.rss_mib(), of(&theirs, Server::rss_mib));
    let bodies = [Body::webhook(100, "firing", Severity::Info)];
    let mut sent = 0;
    while sent < KNOWN {
        sent +=
            load::run(ours.port, "/api/v1/alertmanager", &bodies, 1, Duration::from_millis(100)).await.requests * 100;
    }
    while ours.metric("earlybell_engine_lag_inputs").await != Some(0.0) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let known = ours.metric("earlybell_alerts_open").await.unwrap_or_default();
    println!("| RSS with {known:.0} known alerts, MiB | {:.0} | |", ours.rss_mib());
}
