//! The loop of the keeper: waits for a change of shift, a calendar that is due, or a bell.

use super::keeper::{Keeper, Shown, Step};
use crate::clock::Clock;
use std::sync::Arc;
use std::time::Duration;

/// Longest sleep: clocks are put right meanwhile.
const SLEEP_MAX: Duration = Duration::from_secs(60);

/// Steps for as long as it is let; `told` hears how things stand after each. It may be dropped at any time: what was read is
/// read again.
pub async fn keep_running(keeper: Arc<Keeper>, clock: Arc<dyn Clock>, told: impl Fn(&Shown) + Send) {
    loop {
        let Step { next, .. } = keeper.step().await;
        told(&keeper.shown());
        let pause = (next - clock.now()).to_std().unwrap_or_default().min(SLEEP_MAX);
        tokio::select! {
            () = keeper.bell.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}
