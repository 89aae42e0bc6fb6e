//! How it goes with pads.

use super::Metrics;
use super::observe::epoch;
use super::shelf::Shelf;
use crate::app::pads::Event;
use domain::delivery::breaker::Standing;
use prometheus::{Gauge, IntCounter, IntCounterVec, IntGauge};

/// Why a pad was not kept, as the label `reason` of `earlybell_pad_failures_total`.
pub const PAD_REASONS: [&str; 5] = ["down", "kicked", "refused", "store", "busy"];

/// What is counted of pads.
pub(crate) struct PadMetrics {
    looks: IntCounter,
    updates: IntCounter,
    failures: IntCounterVec,
    well_at: Gauge,
    up: IntGauge,
}

impl PadMetrics {
    pub(super) fn new(shelf: &Shelf) -> prometheus::Result<Self> {
        let metrics = Self {
            looks: shelf
                .counter("earlybell_pad_looks_total", "Looks at pads that found, or made, them as they should be.")?,
            updates: shelf.counter("earlybell_pad_updates_total", "Of these, those that wrote something.")?,
            failures: shelf.counters(
                "earlybell_pad_failures_total",
                "Looks at pads that failed, by reason.",
                &["reason"],
            )?,
            well_at: shelf.gauge_of_seconds(
                "earlybell_pad_last_success_timestamp_seconds",
                "When a pad was last found, or made, as it should be; 0 if none ever was.",
            )?,
            up: shelf
                .gauge("earlybell_pad_up", "Whether the server of pads is reached; 1 where none is configured.")?,
        };
        for reason in PAD_REASONS {
            metrics.failures.with_label_values(&[reason]);
        }
        metrics.up.set(1);
        Ok(metrics)
    }
}

impl Metrics {
    /// Something happened to a pad.
    pub fn pad(&self, event: &Event) {
        let pads = &self.pads;
        match event {
            Event::Well { written, at, .. } => {
                pads.looks.inc();
                pads.updates.inc_by(u64::from(*written));
                pads.well_at.set(epoch(*at));
            }
            Event::Failed { reason, .. } => pads.failures.with_label_values(&[reason]).inc(),
            Event::Stands(standing) => pads.up.set(i64::from(*standing == Standing::Well)),
        }
    }

    /// Whether the server of pads is reached, and when a pad was last as it should be, in seconds since 1970.
    pub fn pads_stand(&self) -> (bool, f64) {
        (self.pads.up.get() == 1, self.pads.well_at.get())
    }
}
