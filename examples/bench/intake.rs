//! Requests until the durable 200: Earlybell, a bare append, Alertmanager; the same bodies, one after the other.

use super::body::{Body, Severity};
use super::server::Server;
use super::{Effort, load};

const ALERTS: [usize; 4] = [1, 10, 100, 500];
const CONNECTIONS: [usize; 3] = [1, 8, 64];

pub async fn report(effort: Effort) {
    println!("\n### Intake: webhook → durable 200\n");
    println!(
        "| alerts a body | connections | server | requests/s | alerts/s | p50 ms | p99 ms | CPU s per 1,000 alerts | RSS MiB |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for alerts in ALERTS {
        let webhooks =
            [Body::webhook(alerts, "firing", Severity::Info), Body::webhook(alerts, "resolved", Severity::Info)];
        let pushes = [Body::push(alerts, Severity::Info)];
        for connections in CONNECTIONS {
            let case = Case { alerts, connections, effort };
            let bare = case.measure("bare append", Some(Server::bare().await), "/", &webhooks).await;
            let ours = case
                .measure("**Earlybell**", Some(Server::earlybell(None).await), "/api/v1/alertmanager", &webhooks)
                .await;
            let theirs = case.measure("Alertmanager", Server::alertmanager().await, "/api/v2/alerts", &pushes).await;
            let of = |part: Option<f64>, whole: Option<f64>| match (part, whole) {
                (Some(part), Some(whole)) => format!("{:.2}", part / whole),
                _ => "–".to_owned(),
            };
            println!(
                "| {alerts} | {connections} | *Earlybell ÷ bare, ÷ Alertmanager* | {} | {} | | | | |",
                of(ours, bare),
                of(ours, theirs)
            );
        }
    }
}

struct Case {
    alerts: usize,
    connections: usize,
    effort: Effort,
}

impl Case {
    // Prints one line; gives requests per second.
    async fn measure(&self, name: &str, server: Option<Server>, path: &str, bodies: &[Body]) -> Option<f64> {
        let server = server?;
        let before = server.cpu_seconds();
        let mut run = load::run(server.port, path, bodies, self.connections, self.effort.run).await;
        let cpu = server.cpu_seconds() - before;
        let alerts = run.requests as f64 * self.alerts as f64;
        let failed = if run.failed > 0 { format!(" ({} refused)", run.failed) } else { String::new() };
        println!(
            "| {} | {} | {name} | {:.0}{failed} | {:.0} | {:.2} | {:.2} | {:.4} | {:.0} |",
            self.alerts,
            self.connections,
            run.per_second(),
            run.per_second() * self.alerts as f64,
            run.percentile(50.0),
            run.percentile(99.0),
            cpu * 1_000.0 / alerts,
            server.rss_mib(),
        );
        Some(run.per_second())
    }
}
