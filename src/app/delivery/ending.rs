//! Writes how attempts ended, so that a crash between two writes loses no report.

use super::{Event, Shared};
use crate::store::{DeliveryFilter, Finish, StoreError};
use chrono::{DateTime, Utc};
use domain::delivery::verdict::with_older;
use domain::delivery::{Delivery, DeliveryState};
use domain::engine::{DeliveryEnd, DeliveryOutcome};

/// Most notices of one thread that are looked at for those that were told with another one.
const OLDER_MAX: usize = 1000;

/// An attempt that ended, not wholly written yet.
#[derive(Debug)]
pub struct Ending {
    /// To whom.
    pub receiver: String,
    /// For the outbox; `None` once it is there.
    pub finish: Option<Finish>,
    /// For the engine; `None` once it is there, and mostly.
    pub report: Option<DeliveryOutcome>,
    /// Until when nobody else may have tried.
    pub lease_until: DateTime<Utc>,
}

impl Ending {
    /// The report that a notice reached some of its recipients only; how the attempt itself ended is written apart.
    pub fn for_some(delivery: &Delivery, because: String, lease_until: DateTime<Utc>) -> Self {
        let report = DeliveryOutcome {
            delivery: delivery.id,
            incident: delivery.incident,
            receiver: delivery.receiver.clone(),
            person: delivery.to.as_ref().map(|to| to.person.clone()),
            notice: delivery.notice.word().to_owned(),
            end: DeliveryEnd::Lost { because },
        };
        Self { receiver: delivery.receiver.clone(), finish: None, report: Some(report), lease_until }
    }

    /// Writes it. What could not be written is kept, for the next call.
    ///
    /// The report goes first: after a crash between the two, the attempt is repeated and reports again, which the engine
    /// knows already; the other way round, the report would be lost. Only past the lease is the order turned, because
    /// the attempt that took over may tell another story.
    pub async fn write(&mut self, shared: &Shared) -> Result<(), StoreError> {
        if shared.clock.now() <= self.lease_until {
            self.pass_on(shared).await?;
        }
        if let Some(finish) = &self.finish {
            if !shared.store.finish(finish.clone()).await? {
                self.lost(shared, finish);
                self.report = None;
            }
            self.finish = None;
        }
        self.pass_on(shared).await
    }

    async fn pass_on(&mut self, shared: &Shared) -> Result<(), StoreError> {
        if let Some(report) = &self.report {
            let older = older_ones(shared, report).await?;
            let report = DeliveryOutcome { end: with_older(report.end.clone(), older), ..report.clone() };
            shared.inbox.outcome(&report).await?;
            self.report = None;
        }
        Ok(())
    }

    fn lost(&self, shared: &Shared, finish: &Finish) {
        let Finish { id, attempt, .. } = finish;
        let receiver = &self.receiver;
        tracing::warn!(%receiver, "delivery {id} to {receiver}: attempt {attempt} lost its lease; its end is not written");
        shared.observer.see(&Event::LeaseLost { receiver });
    }
}

// How many older notices were told with one that is lost.
async fn older_ones(shared: &Shared, report: &DeliveryOutcome) -> Result<u64, StoreError> {
    if !matches!(report.end, DeliveryEnd::Lost { .. }) {
        return Ok(0);
    }
    let (incident, receiver) = (Some(report.incident), Some(report.receiver.clone()));
    let filter = DeliveryFilter { incident, receiver, states: vec![DeliveryState::Joined], max: OLDER_MAX };
    let joined = shared.store.deliveries(filter).await?;
    Ok(joined.iter().filter(|row| row.joined == Some(report.delivery)).count() as u64)
}
