//! Mail through an SMTP server: one thread per incident, the same bytes on every attempt.

mod fault;
mod letter;
mod server;
mod session;
pub(super) mod socket;

use super::{Attempt, Channel, Deadlines, Finding};
use crate::config::{EmailConfig, Secret, Sent};
use async_trait::async_trait;
use domain::delivery::{Addressee, Delivery, Lane, Outcome};
use domain::ids::DeliveryId;
use domain::text::clean_line;
use fault::{Fault, FaultKind};
use letter::{Addresses, Letter, List};
use lettre::Address;
use lettre::message::Mailbox;
use server::Server;
use session::{Receipt, Refused, Session};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tracing::warn;

/// Longest words of a server that are kept, in bytes.
const QUOTE_BYTES_MAX: usize = 1000;

/// Mails remembered that went to some of their recipients only.
const HALF_SENT_MAX: usize = 256;

/// Attempts for which recipients that the server puts off hold up the incident's next mails; the others get those late.
const PUT_OFF_ATTEMPTS_MAX: u32 = 8;

/// Tells people by mail. Each mail has a connection of its own: an incident sends few, and one that waited for the next
/// could be closed by the server in just that moment.
pub struct EmailChannel {
    server: Server,
    place: String,
    // Of the envelope: who hears of what comes back.
    sender: Address,
    addresses: Addresses,
    sent: Sent,
    deadlines: Deadlines,
    // Forgotten by a restart, after which those who got the mail get it again, with the same Message-ID.
    half_sent: Mutex<VecDeque<HalfSent>>,
    // Who was refused while others were not; asked for as soon as the attempt is over.
    missed: Mutex<BTreeMap<DeliveryId, String>>,
}

struct HalfSent {
    delivery: DeliveryId,
    settled: Vec<Address>,
}

impl EmailChannel {
    /// Checks addresses, names and certificates; connects nowhere.
    pub fn new(config: &EmailConfig, deadlines: Deadlines) -> Result<Self, String> {
        let from = mailbox("from", &config.from)?;
        let to = config.to.iter().map(|address| mailbox("to", address)).collect::<Result<Vec<_>, _>>()?;
        let sender = config.envelope_from.as_deref().map(|address| mailbox("envelope_from", address)).transpose()?;
        let sender = sender.map_or_else(|| from.email.clone(), |mailbox| mailbox.email);
        let list = List { archive: config.archive.clone(), approved: config.approved.clone() };
        Ok(Self {
            server: Server::new(config)?,
            place: config.smarthost.clone(),
            sender,
            addresses: Addresses { from, to, list },
            sent: sent(config),
            deadlines,
            half_sent: Mutex::default(),
            missed: Mutex::default(),
        })
    }

    // Who gets this one: a person, or whom the receiver writes to.
    fn addresses(&self, delivery: &Delivery) -> Result<Addresses, String> {
        let from = self.addresses.from.clone();
        match (&delivery.to, delivery.lane) {
            (Some(to), Lane::Direct) => {
                Ok(Addresses { from, to: vec![mailbox("email", &to.address)?], list: List::default() })
            }
            _ if self.addresses.to.is_empty() => {
                Err("it was written for a list, but this receiver is personal now".to_owned())
            }
            _ => Ok(self.addresses.clone()),
        }
    }

    async fn transfer(&self, attempt: &Attempt, letter: &Letter, addresses: &Addresses) -> Result<Receipt, Fault> {
        let to = self.unsettled(attempt.delivery.id, addresses);
        let mut session = Session::open(&self.server, self.deadlines).await?;
        let sent = session.send(&self.sender, &to, letter).await;
        if !sent.as_ref().is_err_and(|fault| fault.kind == FaultKind::Silence) {
            session.close().await;
        }
        sent
    }

    fn judge(&self, attempt: &Attempt, letter: Letter, receipt: Receipt) -> Outcome {
        let delivery = &attempt.delivery;
        let waits = !receipt.put_off.is_empty();
        if waits && (attempt.number < PUT_OFF_ATTEMPTS_MAX || self.reached(delivery.id, &receipt) == 0) {
            let because = said(&receipt.put_off);
            self.settle(delivery.id, receipt);
            return Outcome::Retry { because, after: None, unsure: false };
        }
        let lost: Vec<Refused> = receipt.refused.into_iter().chain(receipt.put_off).collect();
        let reached = receipt.accepted.len() + self.forget(delivery.id);
        if reached == 0 {
            return Outcome::Fatal { because: said(&lost) };
        }
        if !lost.is_empty() {
            let all = reached + lost.len();
            let because = self.quoted(&format!("it reached {reached} of {all} recipients, but not {}", said(&lost)));
            let (incident, receiver) = (delivery.incident, &delivery.receiver);
            warn!(incident.id = %incident, receiver, "{incident}: {receiver}: {because}");
            let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
            missed.insert(delivery.id, because);
            if missed.len() > HALF_SENT_MAX {
                missed.pop_first();
            }
        }
        Outcome::Sent { remote_id: Some(letter.id) }
    }

    async fn look_at_server(&self) -> Result<Receipt, Fault> {
        let to: Vec<Address> = self.addresses.to.iter().map(|mailbox| mailbox.email.clone()).collect();
        let mut session = Session::open(&self.server, self.deadlines).await?;
        let looked = session.look(&self.sender, &to).await;
        if !looked.as_ref().is_err_and(|fault| fault.kind == FaultKind::Silence) {
            session.close().await;
        }
        looked
    }

    // What a server says may be long, and hold what we sent.
    fn quoted(&self, said: &str) -> String {
        clean_line(&self.sent.hidden_in(said), QUOTE_BYTES_MAX)
    }

    fn unsettled(&self, delivery: DeliveryId, addresses: &Addresses) -> Vec<Address> {
        let half_sent = self.half_sent();
        let settled = half_sent.iter().find(|mail| mail.delivery == delivery).map(|mail| mail.settled.as_slice());
        let all = addresses.to.iter().map(|mailbox| mailbox.email.clone());
        all.filter(|address| !settled.unwrap_or_default().contains(address)).collect()
    }

    fn reached(&self, delivery: DeliveryId, receipt: &Receipt) -> usize {
        let before =
            self.half_sent().iter().find(|mail| mail.delivery == delivery).map_or(0, |mail| mail.settled.len());
        before + receipt.accepted.len()
    }

    fn settle(&self, delivery: DeliveryId, receipt: Receipt) {
        if receipt.accepted.is_empty() {
            return;
        }
        let mut half_sent = self.half_sent();
        match half_sent.iter_mut().find(|mail| mail.delivery == delivery) {
            Some(mail) => mail.settled.extend(receipt.accepted),
            None => half_sent.push_back(HalfSent { delivery, settled: receipt.accepted }),
        }
        if half_sent.len() > HALF_SENT_MAX {
            half_sent.pop_front();
        }
    }

    fn forget(&self, delivery: DeliveryId) -> usize {
        let mut half_sent = self.half_sent();
        let place = half_sent.iter().position(|mail| mail.delivery == delivery);
        place.and_then(|place| half_sent.remove(place)).map_or(0, |mail| mail.settled.len())
    }

    // The list is whole after every step, so a panic elsewhere does not spoil it.
    fn half_sent(&self) -> MutexGuard<'_, VecDeque<HalfSent>> {
        self.half_sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Channel for EmailChannel {
    async fn send(&self, attempt: &Attempt) -> Outcome {
        let delivery = &attempt.delivery;
        let written = self.addresses(delivery).and_then(|addresses| {
            let letter = letter::compose(delivery, attempt.thread.as_deref(), &addresses)?;
            Ok((addresses, letter))
        });
        let (addresses, letter) = match written {
            Ok(written) => written,
            Err(because) => return Outcome::Fatal { because },
        };
        let outcome = match self.transfer(attempt, &letter, &addresses).await {
            Ok(receipt) => self.judge(attempt, letter, receipt),
            Err(fault) if delivery.to.is_some() => fault.outcome_of_one(),
            Err(fault) => fault.outcome(),
        };
        in_other_words(outcome, |because| match &delivery.to {
            Some(to) => without_address(self.quoted(&because), to),
            None => self.quoted(&because),
        })
    }

    fn missed(&self, delivery: &Delivery) -> Option<String> {
        self.missed.lock().unwrap_or_else(PoisonError::into_inner).remove(&delivery.id)
    }

    async fn look(&self) -> Vec<Finding> {
        let found = match self.look_at_server().await {
            Ok(receipt) => found(&self.place, &self.sender, receipt),
            Err(fault) => vec![Finding::Wrong(format!("{}: {}", self.place, fault.because))],
        };
        let quoted = |finding| match finding {
            Finding::Well(words) => Finding::Well(words),
            Finding::Wrong(words) => Finding::Wrong(self.quoted(&words)),
        };
        found.into_iter().map(quoted).collect()
    }
}

// What would become of a mail, and what to do about it.
fn found(place: &str, sender: &Address, receipt: Receipt) -> Vec<Finding> {
    let taken = Finding::Well(format!("{place} takes mail from <{sender}>"));
    let accepted = receipt.accepted.iter().map(|address| {
        Finding::Well(format!("<{address}> is taken; a list whose member <{sender}> is not may still hold it"))
    });
    let put_off = receipt.put_off.iter().map(|one| {
        Finding::Wrong(format!("{}; a mail is tried again for a day: look again in some minutes", said_of(one)))
    });
    let refused = receipt.refused.iter().map(|one| {
        Finding::Wrong(format!("{}; if it is a list, make <{sender}> a member of it, or set `approved`", said_of(one)))
    });
    std::iter::once(taken).chain(accepted).chain(put_off).chain(refused).collect()
}

fn said_of(refused: &Refused) -> String {
    format!("<{}>: {}", refused.address, refused.because)
}

fn said(refused: &[Refused]) -> String {
    refused.iter().map(said_of).collect::<Vec<_>>().join("; ")
}

// What a server says names the address, and stands where others read it.
fn without_address(mut said: String, to: &Addressee) -> String {
    // A server may write it in other letters.
    while let Some(at) = said.to_ascii_lowercase().find(&to.address.to_ascii_lowercase()) {
        said.replace_range(at..at + to.address.len(), "their address");
    }
    said
}

fn in_other_words(outcome: Outcome, words: impl Fn(String) -> String) -> Outcome {
    match outcome {
        Outcome::Sent { .. } => outcome,
        Outcome::Retry { because, after, unsure } => Outcome::Retry { because: words(because), after, unsure },
        Outcome::Fatal { because } => Outcome::Fatal { because: words(because) },
        Outcome::Misconfigured { because } => Outcome::Misconfigured { because: words(because) },
    }
}

// The passwords, and what AUTH PLAIN makes of one.
fn sent(config: &EmailConfig) -> Sent {
    let approved = config.approved.as_ref().map(Secret::expose).into_iter();
    let Some((user, password)) = &config.auth else { return Sent::new(approved) };
    let plain = format!("\0{user}\0{}", password.expose());
    Sent::new([password.expose(), &plain].into_iter().chain(approved))
}

fn mailbox(key: &str, address: &str) -> Result<Mailbox, String> {
    let wrong = |because: &str| format!("`{key}`: `{}` is not a mail address: {because}", address.escape_debug());
    let mailbox: Mailbox = address.parse().map_err(|error: lettre::address::AddressError| wrong(&error.to_string()))?;
    // Others need SMTPUTF8 on every server on the way; a domain can be written in its xn-- form.
    if AsRef::<str>::as_ref(&mailbox.email).is_ascii() { Ok(mailbox) } else { Err(wrong("it must be ASCII")) }
}
