//! What happens to deliveries, for metrics and tests.

use chrono::TimeDelta;
use domain::delivery::{Delivery, DeliveryState, Outcome};
use domain::policy::ReceiverKind;
use std::sync::Arc;

/// Something that happened to a delivery.
#[derive(Debug)]
pub enum Event<'a> {
    /// An attempt begins.
    HandedOver {
        /// What is told.
        delivery: &'a Delivery,
        /// Which attempt, starting with 1.
        attempt: u32,
        /// How long after the decision.
        after_decision: TimeDelta,
    },
    /// An attempt ended.
    Ended {
        /// What was told.
        delivery: &'a Delivery,
        /// To what kind of receiver.
        kind: ReceiverKind,
        /// How it ended.
        outcome: &'a Outcome,
        /// How the delivery stands now.
        state: DeliveryState,
    },
    /// An attempt ended after its lease was lost: nothing was written, and it may be told twice.
    LeaseLost {
        /// To whom.
        receiver: &'a str,
    },
}

/// Somebody who counts.
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(&Event<'_>) + Send + Sync>);

impl Observer {
    /// Calls this at every event; it must not block.
    pub fn new(see: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(see))
    }

    /// Nobody.
    pub fn none() -> Self {
        Self::new(|_| {})
    }

    /// Something happened.
    pub fn see(&self, event: &Event<'_>) {
        (self.0)(event);
    }
}
