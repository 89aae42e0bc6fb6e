//! Connections, one for each server and nick, shared by all receivers that use them; and how they are reached.

use super::connection::{Connection, Waits};
use super::fault::Fault;
use super::heard::HeardOn;
use super::job::{Answer, Request, Waiting};
use super::line::fold;
use super::memory::Memory;
use super::seats::{Seat, Seats};
use super::{session, tls};
use crate::channels::{Finding, Link};
use crate::config::{IrcConfig, IrcNetwork};
use domain::ids::IncidentId;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

/// What was heard and not yet looked at, of all networks.
pub const HEARD_MAX: usize = 256;

/// Channels and incidents of which it is remembered that talk is kept; what is forgotten is announced again.
const ANNOUNCED_MAX: usize = 4096;

/// How long the goodbyes may take when the program ends.
const STOP_WAIT: Duration = Duration::from_secs(3);

/// All networks of this program.
#[derive(Clone)]
pub struct Networks {
    heard: mpsc::Sender<HeardOn>,
    waits: Waits,
    live: Arc<Mutex<Vec<Weak<Network>>>>,
    // Network, channel, incident: who was told that their talk is kept.
    announced: Arc<Mutex<BTreeSet<(String, String, IncidentId)>>>,
}

/// How a connection stands.
#[derive(Debug, Clone)]
pub enum State {
    /// It is being made.
    Connecting,
    /// It stands.
    Ready,
    /// It is made again at that time.
    Waiting(Fault, Instant),
}

/// One network.
pub struct Network {
    settings: IrcNetwork,
    requests: mpsc::Sender<Request>,
    state: watch::Receiver<State>,
    seats: watch::Sender<Seats>,
    stop: watch::Sender<bool>,
    task: Mutex<Task>,
}

enum Task {
    // Nothing is connected before somebody has something to say, or listens.
    Ready(Box<Connection>),
    Running(JoinHandle<()>),
    Over,
}

/// A receiver's place on a network; it leaves when this is dropped.
pub struct Place {
    network: Arc<Network>,
    holder: u64,
}

impl Networks {
    /// None yet; what will be heard on them comes out of the receiver.
    pub fn new() -> (Self, mpsc::Receiver<HeardOn>) {
        Self::waiting(Waits::default())
    }

    /// The same with other waits.
    pub fn waiting(waits: Waits) -> (Self, mpsc::Receiver<HeardOn>) {
        let (heard, listener) = mpsc::channel(HEARD_MAX);
        (Self { heard, waits, live: Arc::default(), announced: Arc::default() }, listener)
    }

    /// A place for this receiver, on the network that its configuration names.
    pub fn place(&self, receiver: &str, config: &IrcConfig, storage: &Path) -> Result<Place, String> {
        static HOLDERS: AtomicU64 = AtomicU64::new(0);
        let network = self.network(&config.network, storage)?;
        let holder = HOLDERS.fetch_add(1, Ordering::Relaxed);
        let seats = config.channels.iter().map(|channel| Seat {
            holder,
            receiver: receiver.to_owned(),
            channel: channel.clone(),
            capture: config.capture,
        });
        network.seats.send_modify(|all| all.0.extend(seats));
        Ok(Place { network, holder })
    }

    /// Connects all that are there: from here on people are heard.
    pub fn start(&self) {
        self.lock().iter().filter_map(Weak::upgrade).for_each(|network| network.start());
    }

    /// Says goodbye everywhere.
    pub async fn stop(&self) {
        let live: Vec<Arc<Network>> = self.lock().iter().filter_map(Weak::upgrade).collect();
        for network in &live {
            network.stop.send_replace(true);
        }
        for network in live {
            let task = std::mem::replace(&mut *network.task(), Task::Over);
            if let Task::Running(running) = task {
                let _ = timeout(STOP_WAIT, running).await;
            }
        }
    }

    /// Notes that a channel was told that its talk is kept for this incident; says whether that is new.
    pub fn announce(&self, network: &str, channel: &str, incident: IncidentId) -> bool {
        let mut announced = self.announced.lock().unwrap_or_else(PoisonError::into_inner);
        if announced.len() >= ANNOUNCED_MAX {
            announced.pop_first();
        }
        announced.insert((network.to_owned(), fold(channel), incident))
    }

    /// It is over, and the channel was told that, too.
    pub fn forget_announced(&self, network: &str, channel: &str, incident: IncidentId) {
        let mut announced = self.announced.lock().unwrap_or_else(PoisonError::into_inner);
        announced.remove(&(network.to_owned(), fold(channel), incident));
    }

    fn network(&self, settings: &IrcNetwork, storage: &Path) -> Result<Arc<Network>, String> {
        let mut live = self.lock();
        live.retain(|network| network.strong_count() > 0);
        if let Some(network) = live.iter().filter_map(Weak::upgrade).find(|network| network.settings == *settings) {
            return Ok(network);
        }
        tls::check(settings)?;
        let memory = Memory::new(storage, &settings.server, &settings.nick);
        let network = Arc::new(Network::new(settings.clone(), memory, self.heard.clone(), self.waits));
        live.push(Arc::downgrade(&network));
        Ok(network)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<Network>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Network {
    fn new(settings: IrcNetwork, memory: Memory, heard: mpsc::Sender<HeardOn>, waits: Waits) -> Self {
        let (requests, asked) = mpsc::channel(session::WAITING_MAX);
        let (answers, answered) = mpsc::channel::<Answer>(session::WAITING_MAX);
        let (state, standing) = watch::channel(State::Connecting);
        let (seats, seated) = watch::channel(Seats::default());
        let (stop, stopped) = watch::channel(false);
        let connection = Connection {
            network: settings.clone(),
            seats: seated,
            requests: asked,
            answers: answered,
            answer: answers,
            state,
            stop: stopped,
            heard,
            memory,
            waits,
        };
        let task = Mutex::new(Task::Ready(Box::new(connection)));
        Self { settings, requests, state: standing, seats, stop, task }
    }

    /// Connects, if it is not connected.
    fn start(&self) {
        let mut task = self.task();
        *task = match std::mem::replace(&mut *task, Task::Over) {
            Task::Ready(connection) => Task::Running(tokio::spawn(connection.run())),
            running => running,
        };
    }

    fn task(&self) -> MutexGuard<'_, Task> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Network {
    // The task says goodbye and ends by itself.
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

impl Place {
    /// Asks for something that has an end, and waits for it.
    pub async fn ask(
        &self,
        make: impl FnOnce(super::job::Done) -> Request,
        until: Instant,
    ) -> Result<(), (Fault, Option<Duration>)> {
        self.reachable()?;
        let (done, mut waiting) = Waiting::new();
        let late = |begun: bool| {
            let fault = Fault::gone(format!("no end in time on {}", self.network.settings.server));
            Err((if begun { fault.unsure() } else { fault }, None))
        };
        let sent = timeout_at(until, self.network.requests.send(make(done))).await;
        match sent {
            Err(_) => return late(false),
            Ok(Err(_)) => return Err((Fault::gone("the connection was given up"), None)),
            Ok(Ok(())) => {}
        }
        match timeout_at(until, &mut waiting.answer).await {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(Ok(Err(fault))) => Err((fault.quoted(&self.network.settings.sent()), self.wait())),
            Ok(Err(_)) => late(waiting.has_begun()),
            Err(_) => late(waiting.has_begun()),
        }
    }

    /// Looks whether notices would get to these channels.
    pub async fn look(&self, channels: Vec<String>, topic: bool, until: Instant) -> Vec<Finding> {
        if let Err((fault, _)) = self.reachable() {
            return vec![Finding::Wrong(fault.because)];
        }
        let (done, found) = oneshot::channel();
        let request = Request::Look { channels, topic, done };
        let asked = async {
            self.network.requests.send(request).await.ok()?;
            found.await.ok()
        };
        match timeout_at(until, asked).await {
            Ok(Some(findings)) => findings.into_iter().map(|finding| self.quoted(finding)).collect(),
            Ok(None) | Err(_) => {
                vec![Finding::Wrong(format!("no answer of {} in time", self.network.settings.server))]
            }
        }
    }

    /// How the connection stands, once it was begun.
    pub fn link(&self) -> Option<Link> {
        if matches!(*self.network.task(), Task::Ready(_)) {
            return None;
        }
        Some(match &*self.network.state.borrow() {
            State::Ready => Link::Up,
            State::Connecting => Link::Down("it is being made".to_owned()),
            State::Waiting(fault, _) => Link::Down(fault.because.clone()),
        })
    }

    fn quoted(&self, finding: Finding) -> Finding {
        match finding {
            Finding::Well(words) => Finding::Well(words),
            Finding::Wrong(words) => Finding::Wrong(Fault::gone(words).quoted(&self.network.settings.sent()).because),
        }
    }

    // While a connection is waited for, there is no use in asking.
    fn reachable(&self) -> Result<(), (Fault, Option<Duration>)> {
        self.network.start();
        match &*self.network.state.borrow() {
            State::Waiting(fault, _) => Err((fault.clone(), self.wait())),
            State::Connecting | State::Ready => Ok(()),
        }
    }

    fn wait(&self) -> Option<Duration> {
        match &*self.network.state.borrow() {
            State::Waiting(_, until) => Some(until.saturating_duration_since(Instant::now())),
            State::Connecting | State::Ready => None,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.network.seats.send_modify(|all| all.0.retain(|seat| seat.holder != self.holder));
    }
}
