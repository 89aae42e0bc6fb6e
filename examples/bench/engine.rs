//! Alerts decided and committed per second, from an inbox that is full already.

use super::Effort;
use super::body::{Body, Severity};
use earlybell::app::engine_loop::{EngineLoop, Step};
use earlybell::app::inbox::Inbox;
use earlybell::clock::{Clock, SystemClock};
use earlybell::config::{Overrides, load};
use earlybell::store::sqlite::SqliteStore;
use earlybell::store::{InputKind, Store};
use std::sync::Arc;
use std::time::Instant;

const ALERTS_A_BODY: usize = 100;

pub async fn report(effort: Effort) {
    println!("\n### Engine: decided and committed, {ALERTS_A_BODY} alerts a body, default rules\n");
    println!("| alerts | what they are | alerts/s |");
    println!("|---|---|---|");
    for severity in [Severity::Info, Severity::Critical] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut bench = Bench::open(folder.path()).await;
        let word = if severity == Severity::Info { "match no rule" } else { "belong to one incident" };
        let bodies = effort.engine_alerts / ALERTS_A_BODY;
        let firing = Body::webhook(ALERTS_A_BODY, "firing", severity);
        let resolved = Body::webhook(ALERTS_A_BODY, "resolved", severity);
        let new = bench.decide(&[(&firing, bodies)]).await;
        println!("| {} | all new, {word} | {new:.0} |", bodies * ALERTS_A_BODY);
        let repeated = bench.decide(&[(&firing, bodies)]).await;
        println!("| {} | all repeats, {word} | {repeated:.0} |", bodies * ALERTS_A_BODY);
        let half = bench.decide(&[(&resolved, bodies / 2), (&firing, bodies - bodies / 2)]).await;
        println!("| {} | half resolved, half repeats, {word} | {half:.0} |", bodies * ALERTS_A_BODY);
    }
}

struct Bench {
    inbox: Arc<Inbox>,
    engine: EngineLoop,
}

impl Bench {
    async fn open(folder: &std::path::Path) -> Self {
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(folder).expect("a store"));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let inbox = Arc::new(Inbox::new(Arc::clone(&store), Arc::clone(&clock)));
        let config = load(None, &Overrides::default()).unwrap_or_else(|e| panic!("{e}"));
        let engine = EngineLoop::load(store, Arc::clone(&inbox), clock, Box::new(|_| {})).await.expect("an engine");
        inbox.policy(&config.policy).await.expect("the policy is taken");
        let mut bench = Self { inbox, engine };
        bench.run().await;
        bench
    }

    // Numbers start anew each time: the same bodies bring the same alerts.
    async fn decide(&mut self, what: &[(&Body, usize)]) -> f64 {
        let mut number = 0;
        let mut alerts = 0;
        for (body, times) in what {
            let mut body = (*body).clone();
            for _ in 0..*times {
                body.renumber(&mut number);
                alerts += ALERTS_A_BODY;
                self.inbox.append(InputKind::Webhook, "default", body.bytes.clone()).await.expect("it is taken");
            }
        }
        let began = Instant::now();
        self.run().await;
        alerts as f64 / began.elapsed().as_secs_f64()
    }

    async fn run(&mut self) {
        while let Step::Worked(_) = self.engine.step().await.expect("it decides") {}
    }
}
