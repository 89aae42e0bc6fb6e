//! IRC: a few short lines in a channel, its topic, and a server's word that it took them.

mod bucket;
mod connection;
mod fault;
mod format;
mod handshake;
pub mod heard;
pub mod job;
mod line;
mod look;
mod memory;
mod network;
mod nick;
mod reader;
mod room;
mod sasl;
mod seats;
mod session;
mod tls;
mod topic;

pub use connection::Waits;
pub use network::Networks;

use super::{Attempt, Channel, Deadlines, Finding, Link};
use crate::config::{IrcConfig, IrcMessage};
use async_trait::async_trait;
use domain::delivery::{Delivery, Lane, Outcome};
use domain::ids::DeliveryId;
use domain::notice::NoticeKind;
use fault::{Fault, FaultKind};
use futures_util::future::join_all;
use job::Request;
use network::Place;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tracing::warn;

/// Notices remembered that some of their channels took.
const HALF_SENT_MAX: usize = 256;

/// Before the words of a notice that may have been read already.
const AGAIN: &str = "(again) ";

/// Said where talk is kept, when that begins and when it ends.
pub const CAPTURED: &str =
    "From here on what is said in this channel is kept in the incident's timeline, for the team only.";
const NOT_CAPTURED: &str = "What is said in this channel is not kept any more.";

/// Tells people in channels of a network.
pub struct IrcChannel {
    networks: Networks,
    network: String,
    place: Place,
    channels: Vec<String>,
    message: IrcMessage,
    topic: bool,
    capture: bool,
    attempt: Duration,
    half_sent: Mutex<VecDeque<HalfSent>>,
}

// What became of a notice in each channel. Forgotten by a restart, after which all of them are told again.
#[derive(Clone)]
struct HalfSent {
    delivery: DeliveryId,
    settled: Vec<String>,
    unsure: Vec<String>,
}

type Told = Result<(), (Fault, Option<Duration>)>;

impl IrcChannel {
    /// Checks server and certificates; connects nowhere.
    pub fn new(
        receiver: &str,
        config: &IrcConfig,
        networks: &Networks,
        storage: &Path,
        deadlines: Deadlines,
    ) -> Result<Self, String> {
        Ok(Self {
            networks: networks.clone(),
            network: config.network.name(),
            place: networks.place(receiver, config, storage)?,
            channels: config.channels.clone(),
            message: config.message,
            topic: config.topic,
            capture: config.capture,
            attempt: deadlines.attempt,
            half_sent: Mutex::default(),
        })
    }

    async fn tell(&self, attempt: &Attempt, until: Instant) -> Outcome {
        let before = self.before(attempt);
        let open: Vec<&String> = self.channels.iter().filter(|channel| !before.settled.contains(channel)).collect();
        let told = join_all(open.iter().map(|channel| {
            let again = before.unsure.contains(channel);
            self.tell_one(&attempt.delivery, channel, again, until)
        }));
        let told: Vec<(String, Told)> = open.iter().map(|channel| (*channel).clone()).zip(told.await).collect();
        self.judge(&attempt.delivery, before, told)
    }

    async fn tell_one(&self, delivery: &Delivery, channel: &str, again: bool, until: Instant) -> Told {
        let lines = lines(delivery, again, self.capture);
        let ask = |done| Request::Tell { channel: channel.to_owned(), lines, how: self.message, done };
        self.place.ask(ask, until).await?;
        if self.capture {
            match captures(delivery) {
                Some(Captures::Begins) => {
                    self.networks.announce(&self.network, channel, delivery.incident);
                }
                Some(Captures::Ends) => self.networks.forget_announced(&self.network, channel, delivery.incident),
                None => {}
            }
        }
        Ok(())
    }

    fn judge(&self, delivery: &Delivery, mut sent: HalfSent, told: Vec<(String, Told)>) -> Outcome {
        let mut faults = Vec::new();
        for (channel, told) in told {
            match told {
                Ok(()) => sent.settled.push(channel),
                // An earlier doubt stays, whatever a later attempt says of itself.
                Err((fault, after)) => {
                    if fault.unsure && !sent.unsure.contains(&channel) {
                        sent.unsure.push(channel);
                    }
                    faults.push((fault, after));
                }
            }
        }
        let again = faults.iter().position(|(fault, _)| fault.unsure || is_passing(fault.kind));
        let Some(at) = again else {
            self.forget(delivery.id);
            return self.last_word(delivery, sent.settled.len(), faults);
        };
        self.remember(sent);
        let (fault, after) = faults.swap_remove(at);
        fault.outcome(after)
    }

    // A channel that does not take us keeps nobody else from hearing of it; where none does, that is told elsewhere.
    fn last_word(&self, delivery: &Delivery, reached: usize, mut faults: Vec<(Fault, Option<Duration>)>) -> Outcome {
        match faults.pop() {
            Some((fault, after)) if reached == 0 => fault.outcome(after),
            Some((fault, _)) => {
                let (incident, receiver, because) = (delivery.incident, &delivery.receiver, fault.because);
                warn!(incident.id = %incident, receiver, "{incident}: {receiver} reached {reached} channels, but not all: {because}");
                Outcome::Sent { remote_id: None }
            }
            None => Outcome::Sent { remote_id: None },
        }
    }

    async fn show(&self, delivery: &Delivery, until: Instant) -> Outcome {
        if !self.topic {
            return Outcome::Sent { remote_id: None };
        }
        let shown = join_all(self.channels.iter().map(|channel| {
            let (channel, mark) = (channel.clone(), delivery.content.subject.clone());
            let incident = delivery.incident.to_string();
            self.place.ask(|done| Request::Topic { channel, incident, mark, done }, until)
        }));
        for told in shown.await {
            match told {
                Ok(()) => {}
                Err((fault, after)) if is_passing(fault.kind) => return fault.outcome(after),
                // It repeats what notices tell one by one: nothing is lost.
                Err((fault, _)) => {
                    let (incident, receiver, because) = (delivery.incident, &delivery.receiver, fault.because);
                    warn!(incident.id = %incident, receiver, "{incident}: the topic for {receiver} stays as it is: {because}");
                }
            }
        }
        Outcome::Sent { remote_id: None }
    }

    fn before(&self, attempt: &Attempt) -> HalfSent {
        let delivery = attempt.delivery.id;
        let known = self.half_sent().iter().find(|sent| sent.delivery == delivery).cloned();
        known.unwrap_or_else(|| {
            let unsure = if attempt.unsure { self.channels.clone() } else { Vec::new() };
            HalfSent { delivery, settled: Vec::new(), unsure }
        })
    }

    fn remember(&self, sent: HalfSent) {
        let mut half_sent = self.half_sent();
        half_sent.retain(|known| known.delivery != sent.delivery);
        half_sent.push_back(sent);
        if half_sent.len() > HALF_SENT_MAX {
            half_sent.pop_front();
        }
    }

    fn forget(&self, delivery: DeliveryId) {
        self.half_sent().retain(|known| known.delivery != delivery);
    }

    fn half_sent(&self) -> MutexGuard<'_, VecDeque<HalfSent>> {
        self.half_sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Channel for IrcChannel {
    async fn send(&self, attempt: &Attempt) -> Outcome {
        let until = Instant::now() + self.attempt;
        match attempt.delivery.lane {
            Lane::Put => self.show(&attempt.delivery, until).await,
            Lane::Direct if attempt.delivery.to.is_some() => {
                Outcome::Fatal { because: "a channel reaches nobody in person".to_owned() }
            }
            Lane::Root | Lane::Post | Lane::Direct => self.tell(attempt, until).await,
        }
    }

    async fn look(&self) -> Vec<Finding> {
        self.place.look(self.channels.clone(), self.topic, Instant::now() + self.attempt).await
    }

    fn link(&self) -> Option<Link> {
        self.place.link()
    }
}

// What passes by itself, in a minute or an hour.
fn is_passing(kind: FaultKind) -> bool {
    matches!(kind, FaultKind::Gone | FaultKind::Unreached | FaultKind::Throttled | FaultKind::Login | FaultKind::Banned)
}

fn lines(delivery: &Delivery, again: bool, capture: bool) -> Vec<String> {
    let content = &delivery.content;
    let again = if again { AGAIN } else { "" };
    let first = format!("{again}{}", content.subject);
    let body = content.body.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned);
    let captured = match captures(delivery).filter(|_| capture) {
        Some(Captures::Begins) => Some(CAPTURED.to_owned()),
        Some(Captures::Ends) => Some(NOT_CAPTURED.to_owned()),
        None => None,
    };
    [first].into_iter().chain(body).chain(captured).collect()
}

enum Captures {
    Begins,
    Ends,
}

// Whether talk is kept from this notice on, or not any more.
fn captures(delivery: &Delivery) -> Option<Captures> {
    match (delivery.lane, delivery.notice) {
        (Lane::Direct | Lane::Put, _) => None,
        (_, NoticeKind::CalledOff | NoticeKind::Resolved | NoticeKind::Merged) => Some(Captures::Ends),
        (Lane::Root, _) | (_, NoticeKind::Reopened) => Some(Captures::Begins),
        _ => None,
    }
}
