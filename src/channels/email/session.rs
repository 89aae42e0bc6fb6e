//! One conversation with an SMTP server: connect, TLS, AUTH, one mail, goodbye.

use super::fault::{Fault, FaultKind, Stage};
use super::letter::Letter;
use super::server::{Security, Server};
use super::socket::{self, TlsSocket};
use crate::channels::Deadlines;
use lettre::Address;
use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::response::Response;
use lettre::transport::smtp::{Error, extension::ClientId};
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// How long the server's goodbye is waited for; the mail is safe already.
const QUIT_SECONDS_MAX: u64 = 1;

/// A conversation.
pub struct Session {
    connection: AsyncSmtpConnection,
    clock: Clock,
}

/// What became of a mail, by recipient.
#[derive(Debug, Default)]
pub struct Receipt {
    /// The server took it for them.
    pub accepted: Vec<Address>,
    /// It may take it later.
    pub put_off: Vec<Refused>,
    /// It never will.
    pub refused: Vec<Refused>,
}

/// A recipient that the server did not take.
#[derive(Debug)]
pub struct Refused {
    /// Who.
    pub address: Address,
    /// What the server said.
    pub because: String,
}

// Each step has its own limit and all share one.
#[derive(Clone, Copy)]
struct Clock {
    until: Instant,
    step: Duration,
}

impl Clock {
    async fn within<T>(self, stage: Stage, step: impl Future<Output = Result<T, Error>>) -> Result<T, Fault> {
        match timeout_at(self.until.min(Instant::now() + self.step), step).await {
            Ok(done) => done.map_err(|error| Fault::new(stage, &error)),
            Err(_) => Err(Fault::late(stage)),
        }
    }
}

impl Session {
    /// Connects, encrypts and says who we are.
    pub async fn open(server: &Server, deadlines: Deadlines) -> Result<Self, Fault> {
        let clock = Clock { until: Instant::now() + deadlines.attempt, step: deadlines.step };
        let socket = socket::connect(&server.host, server.port, deadlines.connect.min(deadlines.attempt)).await;
        let socket = socket.map_err(|error| Fault::io(Stage::Connect, &error))?;
        let mut connection = match &server.security {
            Security::Implicit(tls, name) => {
                let shaken = timeout_at(clock.until, TlsSocket::new(socket, tls, name.clone())).await;
                let socket =
                    shaken.map_err(|_| Fault::late(Stage::Tls))?.map_err(|error| Fault::io(Stage::Tls, &error))?;
                greet(Box::new(socket), &server.hello, clock).await?
            }
            Security::StartTls(_) | Security::Plain => greet(Box::new(socket), &server.hello, clock).await?,
        };
        if let Security::StartTls(parameters) = &server.security {
            clock.within(Stage::Tls, connection.starttls(parameters.clone(), &server.hello)).await?;
        }
        if let Some(credentials) = &server.credentials {
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            clock.within(Stage::Auth, connection.auth(&mechanisms, credentials)).await?;
        }
        Ok(Self { connection, clock })
    }

    /// Sends one mail to those recipients that the server takes.
    pub async fn send(&mut self, from: &Address, to: &[Address], letter: &Letter) -> Result<Receipt, Fault> {
        let receipt = self.address(from, to).await?;
        if receipt.accepted.is_empty() {
            return Ok(receipt);
        }
        self.command(Stage::Data, Data).await?;
        self.clock.within(Stage::Content, self.connection.message(&letter.bytes)).await?;
        Ok(receipt)
    }

    /// Asks whether mail would be taken, and takes it back: nobody is told.
    pub async fn look(&mut self, from: &Address, to: &[Address]) -> Result<Receipt, Fault> {
        let receipt = self.address(from, to).await?;
        self.command(Stage::Recipient, Rset).await?;
        Ok(receipt)
    }

    async fn address(&mut self, from: &Address, to: &[Address]) -> Result<Receipt, Fault> {
        self.command(Stage::Sender, Mail::new(Some(from.clone()), Vec::new())).await?;
        let mut receipt = Receipt::default();
        for address in to {
            match self.command(Stage::Recipient, Rcpt::new(address.clone(), Vec::new())).await {
                Ok(_) => receipt.accepted.push(address.clone()),
                Err(fault) => receipt.note(address, fault)?,
            }
        }
        Ok(receipt)
    }

    /// Says goodbye. Nothing hangs on the answer.
    pub async fn close(mut self) {
        let _ = timeout(Duration::from_secs(QUIT_SECONDS_MAX), self.connection.command(Quit)).await;
    }

    async fn command(&mut self, stage: Stage, command: impl std::fmt::Display) -> Result<Response, Fault> {
        self.clock.within(stage, self.connection.command(command)).await
    }
}

impl Receipt {
    // 421 and silence end the conversation, missing rights are about us: only a plain refusal is this recipient's.
    fn note(&mut self, address: &Address, fault: Fault) -> Result<(), Fault> {
        let list = match fault.kind {
            FaultKind::Answer(421) | FaultKind::Setup | FaultKind::Denied | FaultKind::Silence => return Err(fault),
            FaultKind::Answer(500..) => &mut self.refused,
            FaultKind::Answer(_) => &mut self.put_off,
        };
        list.push(Refused { address: address.clone(), because: fault.because });
        Ok(())
    }
}

async fn greet(
    socket: Box<dyn AsyncTokioStream>,
    hello: &ClientId,
    clock: Clock,
) -> Result<AsyncSmtpConnection, Fault> {
    clock.within(Stage::Greeting, AsyncSmtpConnection::connect_with_transport(socket, hello)).await
}
