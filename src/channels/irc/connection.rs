//! A connection that is kept: made, lived with, and made again when it ends, after a while.

use super::fault::{Fault, FaultKind};
use super::handshake::{Handshake, Welcome};
use super::heard::HeardOn;
use super::job::{Answer, Request};
use super::memory::Memory;
use super::network::State;
use super::reader::Reader;
use super::seats::Seats;
use super::session::{Next, Session};
use super::tls::{self, Socket};
use crate::config::IrcNetwork;
use domain::alert::fingerprint::hash_texts;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout, timeout_at};

/// From the first byte to the welcome: servers look up names and users of those who connect.
const WELCOME_WAIT: Duration = Duration::from_secs(60);

/// For a line to leave.
const WRITE_WAIT: Duration = Duration::from_secs(15);

/// For a goodbye.
const QUIT_WAIT: Duration = Duration::from_secs(1);

const QUIT: &str = "QUIT :Earlybell stops\r\n";

/// How long until a connection is made again.
#[derive(Debug, Clone, Copy)]
pub struct Waits {
    /// After one that stood for longer than `steady`.
    pub blip: Duration,
    /// What counts as one that stood.
    pub steady: Duration,
    /// After the first one that failed; then twice as long, and so on.
    pub first: Duration,
    /// But never longer than this.
    pub longest: Duration,
    /// Longest while nobody answers: that costs no server anything, and notices wait for it.
    pub unreached: Duration,
    /// After a failed login: an account is locked by trying again and again.
    pub login: Duration,
    /// After a ban.
    pub banned: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            blip: Duration::from_secs(1),
            steady: Duration::from_secs(60),
            first: Duration::from_secs(15),
            longest: Duration::from_secs(600),
            unreached: Duration::from_secs(20),
            login: Duration::from_secs(600),
            banned: Duration::from_secs(3600),
        }
    }
}

impl Waits {
    fn after(&self, kind: FaultKind, failures: u32, jitter: u64) -> Duration {
        let doubled = self.first.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1))).min(self.longest);
        let wait = match kind {
            FaultKind::Banned => self.banned,
            FaultKind::Login => self.login,
            FaultKind::Gone if failures == 0 => self.blip,
            FaultKind::Unreached => doubled.min(self.unreached),
            FaultKind::Gone | FaultKind::Throttled | FaultKind::Setup => doubled,
        };
        // Not all of those that a server lost come back at the same moment: up to a quarter later.
        wait + wait * u32::try_from(jitter % 256).unwrap_or(0) / 1024
    }
}

/// One connection, and all ways to it.
pub struct Connection {
    /// Where to, and as whom.
    pub network: IrcNetwork,
    /// Channels, and who uses them.
    pub seats: watch::Receiver<Seats>,
    /// What is asked.
    pub requests: mpsc::Receiver<Request>,
    /// What is answered.
    pub answers: mpsc::Receiver<Answer>,
    /// Given to whoever hears something.
    pub answer: mpsc::Sender<Answer>,
    /// How it stands.
    pub state: watch::Sender<State>,
    /// Whether it is over.
    pub stop: watch::Receiver<bool>,
    /// Where it goes what people say.
    pub heard: mpsc::Sender<HeardOn>,
    /// What is remembered of topics.
    pub memory: Memory,
    /// How long to wait.
    pub waits: Waits,
}

type Incoming = Reader<ReadHalf<Box<dyn Socket>>>;
type Outgoing = WriteHalf<Box<dyn Socket>>;

enum Woke {
    Line(io::Result<super::line::Line>),
    Asked(Request),
    Answered(Answer),
    Seated,
    Time,
    Stopped,
}

impl Connection {
    /// Keeps it until it is told to stop.
    pub async fn run(mut self: Box<Self>) {
        let mut failures = 0;
        loop {
            self.state.send_replace(State::Connecting);
            let begun = Instant::now();
            let Err(fault) = self.once().await else { return };
            let fault = fault.quoted(&self.network.sent());
            failures = match fault.kind {
                _ if begun.elapsed() >= self.waits.steady => 0,
                // Hours without a server say nothing about the first connection after them.
                FaultKind::Unreached => failures.max(1),
                _ => failures + 1,
            };
            let jitter = hash_texts([self.network.nick.as_str(), &self.network.server, &failures.to_string()]);
            let wait = self.waits.after(fault.kind, failures, jitter);
            self.tell(&fault, wait);
            if self.pause(&fault, Instant::now() + wait).await == Pause::Stopped {
                return;
            }
        }
    }

    fn tell(&self, fault: &Fault, wait: Duration) {
        let (server, because, seconds) = (&self.network.server, &fault.because, wait.as_secs());
        match fault.kind {
            FaultKind::Gone | FaultKind::Unreached | FaultKind::Throttled => {
                tracing::warn!(server, "IRC, {server}: {because}; again in {seconds}s");
            }
            // Somebody has to do something, and nobody hears us there.
            _ => tracing::error!(
                server,
                "IRC, {server}: {because}; nothing is told there until that is mended; again in {seconds}s"
            ),
        }
    }

    // Whoever asks meanwhile is told why it is in vain.
    async fn pause(&mut self, fault: &Fault, until: Instant) -> Pause {
        self.state.send_replace(State::Waiting(fault.clone(), until));
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(until) => return Pause::Over,
                _ = self.stop.wait_for(|stop| *stop) => return Pause::Stopped,
                Some(request) = self.requests.recv() => request.fail(fault),
                Some(_) = self.answers.recv() => {}
            }
        }
    }

    // One connection to its end; `Ok` is a stop that was wanted.
    async fn once(&mut self) -> Result<(), Fault> {
        let mut stop = self.stop.clone();
        let welcomed = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return Ok(()),
            welcomed = timeout(WELCOME_WAIT, welcome(&self.network)) => welcomed,
        };
        let (reader, writer, welcome) = welcomed.map_err(|_| Fault::gone("no welcome in time"))??;
        let (server, nick) = (&self.network.server, &welcome.nick);
        tracing::info!(server, nick, "IRC, {server}: connected as {nick} ({})", welcome.version);
        let seats = self.seats.borrow_and_update().clone();
        let session = Session::new(&self.network, welcome, seats, &self.memory.load(), Instant::now());
        self.state.send_replace(State::Ready);
        self.live(session, reader, writer).await
    }

    async fn live(&mut self, mut session: Session, mut reader: Incoming, mut writer: Outgoing) -> Result<(), Fault> {
        loop {
            let step = self.step(&mut session, &mut reader, &mut writer).await;
            self.pass_on(&mut session);
            match step {
                Ok(true) => {}
                Ok(false) => {
                    let _ = timeout(QUIT_WAIT, writer.write_all(QUIT.as_bytes())).await;
                    let _ = timeout(QUIT_WAIT, writer.shutdown()).await;
                    session.end(&Fault::gone("the connection was given up"));
                    return Ok(());
                }
                Err(fault) => {
                    session.end(&fault.clone().quoted(&self.network.sent()));
                    return Err(fault);
                }
            }
        }
    }

    // Says what may be said now, then waits for whatever comes first; says whether it goes on.
    async fn step(
        &mut self,
        session: &mut Session,
        reader: &mut Incoming,
        writer: &mut Outgoing,
    ) -> Result<bool, Fault> {
        let until = loop {
            match session.next(Instant::now())? {
                Next::Say(line) => say(writer, &line).await?,
                Next::Wait(until) => break until,
            }
        };
        let woke = tokio::select! {
            _ = self.stop.wait_for(|stop| *stop) => Woke::Stopped,
            line = reader.next() => Woke::Line(line),
            Ok(()) = self.seats.changed() => Woke::Seated,
            Some(request) = self.requests.recv(), if session.has_room() => Woke::Asked(request),
            Some(answer) = self.answers.recv(), if session.has_room_for_answers() => Woke::Answered(answer),
            () = tokio::time::sleep_until(until) => Woke::Time,
        };
        match woke {
            Woke::Line(Ok(line)) => session.take(&line, Instant::now())?,
            Woke::Line(Err(error)) => return Err(Fault::gone(error.to_string())),
            Woke::Asked(request) => session.ask(request),
            Woke::Answered(answer) => session.answer(&answer),
            Woke::Seated => {
                let seats = self.seats.borrow_and_update().clone();
                session.seat(seats, &self.memory.load(), Instant::now());
            }
            Woke::Time => {}
            Woke::Stopped => return Ok(false),
        }
        Ok(true)
    }

    fn pass_on(&self, session: &mut Session) {
        if std::mem::take(&mut session.remembers) {
            self.memory.save(&session.remembered());
        }
        for heard in session.heard.drain(..) {
            let network = self.network.name();
            let on = HeardOn { network, heard, answers: self.answer.clone() };
            // Whoever floods us is not heard; nobody waits for us meanwhile.
            if let Err(mpsc::error::TrySendError::Full(lost)) = self.heard.try_send(on) {
                let nick = &lost.heard.nick;
                tracing::warn!(nick, "too much is said on {}; a line of {nick} is left out", lost.network);
            }
        }
    }
}

#[derive(PartialEq, Eq)]
enum Pause {
    Over,
    Stopped,
}

async fn welcome(network: &IrcNetwork) -> Result<(Incoming, Outgoing, Welcome), Fault> {
    let socket = tls::connect(network).await?;
    let (from, mut writer) = tokio::io::split(socket);
    let mut reader = Reader::new(from);
    let (mut handshake, first) = Handshake::begin(network);
    for line in first {
        say(&mut writer, &line).await?;
    }
    loop {
        let line = reader.next().await.map_err(|error| Fault::gone(error.to_string()))?;
        let taken = handshake.take(&line)?;
        for line in &taken.say {
            say(&mut writer, line).await?;
        }
        if taken.done {
            return Ok((reader, writer, handshake.into_welcome()));
        }
    }
}

async fn say(writer: &mut Outgoing, line: &str) -> Result<(), Fault> {
    let bytes = format!("{line}\r\n");
    let until = Instant::now() + WRITE_WAIT;
    let said = async {
        writer.write_all(bytes.as_bytes()).await?;
        writer.flush().await
    };
    match timeout_at(until, said).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Fault::gone(error.to_string())),
        Err(_) => Err(Fault::gone("the server takes nothing any more")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_with_failures_and_are_longest_for_what_people_must_mend() {
        let waits = Waits::default();
        let seconds = |kind, failures| waits.after(kind, failures, 0).as_secs();
        let gone: Vec<u64> = (0..9).map(|failures| seconds(FaultKind::Gone, failures)).collect();
        assert_eq!(gone, [1, 15, 30, 60, 120, 240, 480, 600, 600]);
        let unreached: Vec<u64> = (1..5).map(|failures| seconds(FaultKind::Unreached, failures)).collect();
        assert_eq!(unreached, [15, 20, 20, 20]);
        assert_eq!(seconds(FaultKind::Throttled, 0), 15);
        assert_eq!((seconds(FaultKind::Login, 1), seconds(FaultKind::Banned, 1)), (600, 3600));
        assert!(waits.after(FaultKind::Gone, 1, 255) < Duration::from_secs(19));
    }
}
