//! A server that runs for one test, with a store in memory and a stub where the engine would be.

use crate::wire::{Answer, Request};
use actix_web::http::header::HeaderMap;
use arc_swap::ArcSwap;
use chrono::TimeDelta;
use domain::directory::Directory;
use domain::ids::{IncidentId, InputSeq};
use domain::incident::{Act, Command, Refusal, Reply};
use domain::policy::{PolicySource, ReceiverKind, ReceiverSpec, Route, Subject};
use earlybell::app::directory::{self, Keeper};
use earlybell::app::inbox::Inbox;
use earlybell::app::questions::Questions;
use earlybell::clock::{Clock, SystemClock};
use earlybell::config::{Access, Config, Grants, Source};
use earlybell::http::session::{self, Beginning};
use earlybell::http::token::mint;
use earlybell::http::{Bound, Limits, Parts, Running, serve};
use earlybell::metrics::Metrics;
use earlybell::store::sqlite::SqliteStore;
use earlybell::store::{AccessStore, InputKind, LoginRow, Role, Store, StoredInput, Way};
use futures_util::FutureExt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub const WEBHOOK: &str = "/api/v1/alertmanager";

/// Somebody's browser.
pub struct Session {
    pub cookie: String,
    pub csrf: String,
}

pub struct TestSite {
    pub running: Running,
    pub address: SocketAddr,
    pub store: Arc<SqliteStore>,
    pub metrics: Arc<Metrics>,
    pub socket: PathBuf,
    pub reload_fails: Arc<AtomicBool>,
    _folder: tempfile::TempDir,
    engine: tokio::task::JoinHandle<()>,
}

/// The same token with another last character.
pub fn spoilt(token: &str) -> String {
    let (rest, last) = token.split_at(token.len() - 1);
    format!("{rest}{}", if last == "x" { "y" } else { "x" })
}

pub fn config() -> Config {
    let source = |name: &str| Source {
        name: name.to_owned(),
        alertmanagers: Vec::new(),
        receiver: None,
        poll_every: Duration::from_secs(60),
        auth: None,
        settle: TimeDelta::minutes(5),
    };
    let receiver = ReceiverSpec {
        name: "team".to_owned(),
        kind: ReceiverKind::Console,
        public: false,
        personal: false,
        subject: Subject::default(),
        templates: Default::default(),
        language: None,
    };
    let policy = PolicySource {
        rule_files: Vec::new(),
        receivers: vec![receiver],
        route: Route::default(),
        templates: Default::default(),
        external_url: "https://bell.example.org".to_owned(),
        ..PolicySource::default()
    };
    Config {
        policy,
        receivers: Vec::new(),
        sources: vec![source("default"), source("second")],
        access: Access { local: true, oidc: None, proxy: None, chat: Grants::default() },
        slack_app: None,
        etherpad: None,
        directory: Default::default(),
        duty_lists: Vec::new(),
        hash: 7,
        warnings: Vec::new(),
    }
}

pub fn parts(folder: &tempfile::TempDir, store: Arc<SqliteStore>, reload_fails: Arc<AtomicBool>) -> Parts {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let metrics = Arc::new(Metrics::new().unwrap());
    metrics.config_loaded(&config(), clock.now());
    let reload = Arc::new(move || {
        let failed = reload_fails.load(Ordering::SeqCst);
        async move { if failed { Err("line 3: no such key `recievers`".to_owned()) } else { Ok(()) } }.boxed()
    });
    let inbox = Arc::new(Inbox::new(store.clone(), clock.clone()));
    let client = earlybell::channels::http_client::client().unwrap();
    let shared =
        directory::Shared { store: store.clone(), inbox: inbox.clone(), clock: clock.clone(), client: client.clone() };
    Parts {
        directory: Arc::new(Keeper::new(shared, &config(), Directory::default())),
        store,
        inbox,
        // Nobody answers, unless a test starts an engine.
        questions: Questions::new().0,
        clock,
        client,
        metrics,
        config: Arc::new(ArcSwap::from_pointee(config())),
        reload,
        deliveries: None,
        listen: vec![SocketAddr::from(([127, 0, 0, 1], 0))],
        socket: Some(folder.path().join("earlybell.sock")),
        limits: Limits { workers: 1, password_cost: 4, ..Limits::default() },
    }
}

/// Keeps what this configuration says of people, with the inbox and clock of these parts.
pub fn keeper(parts: &Parts, config: &Config) -> Keeper {
    let Parts { store, inbox, clock, client, .. } = parts.clone();
    Keeper::new(directory::Shared { store, inbox, clock, client }, config, Directory::default())
}

impl TestSite {
    /// A server without tokens.
    pub async fn open() -> Self {
        Self::with(|_| {}).await
    }

    /// A server on files, whose store can be closed under it: from then on it refuses everything.
    pub async fn on_disk() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path()).unwrap();
        Self::on(folder, store, |_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Parts)) -> Self {
        Self::on(tempfile::tempdir().unwrap(), SqliteStore::open_in_memory().unwrap(), change).await
    }

    async fn on(folder: tempfile::TempDir, store: SqliteStore, change: impl FnOnce(&mut Parts)) -> Self {
        let store = Arc::new(store);
        let reload_fails = Arc::new(AtomicBool::new(false));
        let mut parts = parts(&folder, store.clone(), reload_fails.clone());
        change(&mut parts);
        let socket = parts.socket.clone().unwrap();
        let (metrics, inbox) = (parts.metrics.clone(), parts.inbox.clone());
        let engine = tokio::spawn(stub_engine(store.clone(), inbox));
        let bound = Bound::bind(&parts.listen).unwrap();
        let running = serve(parts, bound).await.unwrap();
        let address = running.addresses[0];
        Self { running, address, store, metrics, socket, reload_fails, _folder: folder, engine }
    }

    /// Adds a token to the store, as another process would, and lets the server see it.
    pub async fn token(&self, name: &str, role: Role) -> String {
        let made = mint(name, role, SystemClock.now()).unwrap();
        self.store.add_token(made.row).await.unwrap();
        self.running.site.tokens.refresh(self.store.as_ref()).await.unwrap();
        made.text
    }

    /// Begins a session of somebody, who is added if they are not there; what its cookie and its forms carry.
    pub async fn session(&self, name: &str, role: Role) -> Session {
        let site = &self.running.site;
        let login = LoginRow {
            name: name.to_owned(),
            role,
            vouched: None,
            password: None,
            totp: None,
            created_at: site.now(),
            used_at: None,
            disabled_at: None,
        };
        self.store.add_login(login).await.unwrap();
        let headers = HeaderMap::new();
        let who = Beginning { name, way: Way::Password, token: None, headers: &headers };
        let begun = session::begin(site, who).await.unwrap();
        let csrf = site.forms.token(&session::form_subject(&begun.id));
        Session { cookie: format!("__Host-earlybell={}", begun.secret), csrf }
    }

    /// From now on commands are answered by an engine, or not at all.
    pub fn without_stub(&self) {
        self.engine.abort();
    }

    pub async fn call(&self, request: Request) -> Answer {
        request.to(self.address).await
    }

    pub async fn inputs(&self) -> Vec<StoredInput> {
        self.store.inputs_after(InputSeq(0), 1000, usize::MAX >> 1).await.unwrap()
    }

    /// One metric's line, without its name and labels.
    pub async fn metric(&self, line: &str) -> f64 {
        let text = self.metrics.scrape(
            Some(&self.store.figures(SystemClock.now()).await.unwrap()),
            &Default::default(),
            &Default::default(),
            SystemClock.now(),
        );
        let text = text.unwrap();
        let found = text.lines().find_map(|known| known.strip_prefix(line)?.strip_prefix(' '));
        found.unwrap_or_else(|| panic!("no {line} in\n{text}")).parse().unwrap()
    }

    pub async fn stop(self) {
        self.running.stop().await;
        self.engine.abort();
    }
}

/// Answers commands by what they say: `refuse: …` gets that refusal, everything else is done.
async fn stub_engine(store: Arc<SqliteStore>, inbox: Arc<Inbox>) {
    let mut position = InputSeq(0);
    loop {
        let arrived = inbox.arrived.notified();
        for input in store.inputs_after(position, 100, 1 << 20).await.unwrap_or_default() {
            position = input.seq;
            if input.kind == InputKind::Command {
                let command: Command = serde_json::from_slice(&input.body).unwrap();
                inbox.answered(input.seq, reply(&command));
            }
        }
        arrived.await;
    }
}

fn reply(command: &Command) -> Reply {
    let incident = command.incident.unwrap_or(IncidentId(1));
    let stage = "resolved".to_owned();
    match &command.act {
        Act::Note { text } => match text.as_str() {
            "refuse: unknown" => Reply::Refused(Refusal::Unknown { incident }),
            "refuse: not open" => Reply::Refused(Refusal::NotOpen { incident, number: incident.0, stage }),
            "refuse: words" => {
                Reply::Refused(Refusal::Words { field: "text".to_owned(), problem: "is missing".to_owned() })
            }
            _ => Reply::Done { incident, text: format!("noted by {}", command.actor), next: None },
        },
        Act::Resolve { .. } => Reply::Refused(Refusal::StillFiring { incident, firing: 3, alerts: 7 }),
        other => Reply::Done { incident, text: format!("{other:?} by {:?}", command.actor), next: None },
    }
}
